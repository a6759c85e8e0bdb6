/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's exit statuses, which are part of its interface: scripts and CI
 * tell a broken kernel from a broken host by them.
 */
#ifndef EMU_STATUS_H
#define EMU_STATUS_H

enum status {
	STATUS_DONE		= 0,	/* done, all expectations hold */
	STATUS_WORSE		= 1,	/* an expectation failed */
	STATUS_USAGE		= 2,	/* the user's words are wrong */
	STATUS_NOISE		= 3,	/* inconclusive */
	STATUS_HOST		= 4,	/* this host cannot do it */
	STATUS_INTERRUPTED	= 5,	/* a partial result was written */
	STATUS_BROKEN		= 6,	/* the kernel broke an invariant */
	STATUS_BUG		= 70,	/* ours, or an engine crashed or hung */
};

/*
 * The more severe of two: 70 > 6 > 5 > 4 > 1 > 3 > 0. STATUS_USAGE ends a run
 * at once, so it ranks above all.
 */
enum status status_worst(enum status a, enum status b);

#endif
