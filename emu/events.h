/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --events FILE: where the engines write the events of their points. One point
 * writes FILE; each of several FILE.1, FILE.2 ..., by its place in the sweep.
 * As every output, a file appears whole when its point has ended well, or not
 * at all.
 */
#ifndef EMU_EVENTS_H
#define EMU_EVENTS_H

#include <jansson.h>

#include "emu/config.h"
#include "emu/output.h"
#include "emu/process.h"

struct events_file {
	char		*name;
	struct output	output;
};

struct events {
	const char		*path;		/* NULL: no events */
	uint64_t		buffer_bytes;	/* of each CPU */
	struct events_file	*files;		/* by point */
	size_t			nr_files;
	json_int_t		lost;		/* events, of all points */
};

/* Reads the options, and opens the first point's file, so that a folder that
 * cannot be written to is known at once. STATUS_DONE or after a message. */
enum status events_init(struct events *events, struct config *config,
			size_t nr_points);
/*
 * Before a point's engine starts: a descriptor for it, and its request says
 * so. -1 if there are no events, or after a message.
 */
int events_begin(struct events *events, size_t point, json_t *request);
/* When it has ended: keeps the file if all went well. Its status, after a
 * message. */
enum status events_end(struct events *events, size_t point,
		       const struct outcome *outcome);
void events_exit(struct events *events);

#endif
