/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `shootdown topo` says of a topology, as one JSON document
 * (schema/result.schema.json); the text is made from it.
 */
#ifndef EMU_TOPO_H
#define EMU_TOPO_H

#include <jansson.h>
#include <stdio.h>

#include "emu/profile.h"
#include "emu/topology_input.h"

/* Of a topology with at most so many PUs the cost of each pair is told, and of
 * one with at most so many nodes that between each two. */
#define TOPO_MATRIX_PUS		16
#define TOPO_MATRIX_NODES	32

/* Which cost profile, and who chose it. */
struct topo_profile {
	struct cost_profile	cost;
	const char		*from;		/* "option" or "nearest" */
	char			why[200];	/* of the nearest */
	const char		*file;		/* of one that is not shipped */
};

/*
 * spec: as the user wrote it. placement: NULL for none. A new object, or NULL
 * for want of memory.
 */
json_t *topo_document(const struct topology_input *input, const char *spec,
		      const struct topo_profile *profile,
		      const char *placement);

/* The members "profile", "classes" and, if it is small, "matrix" and "between"
 * (nodes). */
void topo_add_costs(json_t *document, const struct topology *topology,
		    const struct topo_profile *profile);

void topo_print(const json_t *document, bool color, FILE *file);

/*
 * Draws with lstopo into file: format is its name of one. STATUS_DONE,
 * or STATUS_HOST after the message: lstopo is not there, or fails.
 */
enum status topo_draw(const struct topology *topology, const char *format,
		      FILE *file);

#endif
