/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The result document (schema/result.schema.json, shipped): one JSON object,
 * the order of its keys fixed, no key without a value. The text format and
 * the finding are made from it, so nothing is said that is not in it.
 */
#ifndef EMU_RESULT_H
#define EMU_RESULT_H

#include <stdio.h>

#include "emu/config.h"
#include "emu/process.h"

#define RESULT_SCHEMA	"shootdown.result/1"

/* {"version", "git", "compiler"}: what made a document. A new object. */
json_t *result_tool(void);

/* What host this is, and the date. A new object. */
json_t *result_host(void);

/*
 * The element of points[] for one ended point: the engine's members in our
 * order, `point` and `status` before them. A new object; takes point over.
 */
json_t *result_point(json_t *point, const struct outcome *outcome);

/*
 * The whole document. points: one object a point, taken over. complete: all
 * points of the sweep are there. argv: as the program got it.
 */
json_t *result_create(const struct config *config, json_t *points,
		      bool complete, int argc, char **argv);

/* Writes a document: indented, a newline at its end. 0 or -EIO. */
int result_write(const json_t *document, FILE *file);

/* The same on one line, for readers that take lines as they come. */
int result_write_line(const json_t *document, FILE *file);

#endif
