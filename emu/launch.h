/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the points of a sweep: some engines at once, each watched by its
 * heartbeat; a deadline for all; Ctrl-C once stops in good order, twice kills.
 */
#ifndef EMU_LAUNCH_H
#define EMU_LAUNCH_H

#include <stdbool.h>

#include "emu/process.h"

/* An engine that is silent for longer hangs (engine-protocol.md). */
#define LAUNCH_HEARTBEAT_NS	10000000000ull

struct launch {
	const char	*engine;
	size_t		nr_points;
	unsigned	jobs;			/* engines at once */
	uint64_t	timeout_ns;		/* of all; 0: none */
	bool		progress;		/* say it on stderr */
	/* The request of a point, and where its events go or -1; a new object,
	 * or NULL: out of memory. */
	json_t		*(*request)(void *context, size_t point, int *events);
	/* Called once for each point that ended, in the order they end. */
	void		(*done)(void *context, size_t point,
				const struct outcome *outcome);
	void		*context;
};

enum launch_end {
	LAUNCH_COMPLETE,	/* every point has ended, well or not */
	LAUNCH_INTERRUPTED,	/* a signal; some points have not run */
	LAUNCH_TIMEOUT,		/* the deadline; some points have not run */
	LAUNCH_REFUSED,		/* an engine said that the request is wrong */
};

/* Runs all; catches SIGINT, SIGTERM and SIGHUP until it returns. */
enum launch_end launch_run(const struct launch *launch);

#endif
