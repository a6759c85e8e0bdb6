/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of verbs: for the command line, --help, the manual pages and
 * completion. A new verb is a line in verbs.c and a file cmd_NAME.c.
 */
#ifndef EMU_VERBS_H
#define EMU_VERBS_H

#include "emu/options.h"

struct verb {
	const char	*name;
	const char	*synopsis;	/* words and options behind the name */
	const char	*help;		/* one line */
	unsigned	options;	/* its bit in option_spec.verbs */
	enum status	(*run)(const struct options *options, int argc,
			       char **argv);
};

extern const struct verb verb_table[];
extern const size_t nr_verbs;

/* Verbs of the design that this version does not have; NULL ends. */
extern const char *const verbs_planned[];

#endif
