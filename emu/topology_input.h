/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_TOPOLOGY_INPUT_H
#define EMU_TOPOLOGY_INPUT_H

#include "cpus/topology.h"
#include "emu/status.h"

/* A topology that a user names; what is opened is to close in any case. */
struct topology_input {
	enum topology_kind	kind;
	char			*path;		/* of the XML, or the string */
	int			fd;		/* of a spooled stdin, or -1 */
	struct topology		*topology;
};

/*
 * Loads it. STATUS_DONE, or the message, with its place in spec, and another
 * status.
 */
enum status topology_input_open(struct topology_input *input,
				const char *spec);
void topology_input_close(struct topology_input *input);

/*
 * What is wrong with a placement of `length` characters, at its place.
 * STATUS_USAGE.
 */
enum status refuse_place(const char *word, size_t length,
			 const struct topology_error *err);

/* "host", "xml" or "synthetic". */
const char *topology_kind_name(enum topology_kind kind);

#endif
