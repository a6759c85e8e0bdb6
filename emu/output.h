/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a result goes: standard output, or a file that appears whole or not
 * at all: written without a name, or beside it, and renamed at the end.
 */
#ifndef EMU_OUTPUT_H
#define EMU_OUTPUT_H

#include <stdio.h>

#include "emu/status.h"

struct output {
	FILE	*file;
	const char *name;	/* for messages; the caller's */
	char	*path;		/* the target; NULL: written directly */
	char	*temporary;	/* NULL: it has no name yet */
};

/*
 * Opens the way to `path` (NULL or "-": standard output) before the run, so
 * that a directory one cannot write to is known at once. What is no regular
 * file (a pipe, /dev/null) is written directly. STATUS_DONE, or a message and
 * STATUS_HOST, STATUS_USAGE for an empty path.
 */
enum status output_open(struct output *output, const char *path);

/* Makes it all visible. STATUS_DONE, or a message and STATUS_HOST. */
enum status output_commit(struct output *output);

/* Leaves nothing behind; after output_commit it does nothing. */
void output_abandon(struct output *output);

#endif
