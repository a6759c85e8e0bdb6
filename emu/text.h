/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A result for people. A pure function of the document, so that a stored
 * result prints as the run did.
 */
#ifndef EMU_TEXT_H
#define EMU_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "emu/table.h"

/* color: may use the terminal's attributes. */
void text_write(const json_t *document, bool color, FILE *file);

/*
 * For text_write: points that compare kmalloc with vmalloc as a table over
 * size, one for each setting of the rest.
 */
bool text_is_versus(const json_t *points);
void text_versus(const json_t *points, bool color, FILE *file);

/* Means over repetitions, with their intervals; NULL: nothing to print. */
void text_summary(const json_t *summary, bool color, FILE *file);

/* Where the time of each operation of the last measured point went, if the
 * result says so. */
void text_parts(const json_t *points, FILE *file);

/* The cache lines of the last point that has them (--explain-lines). */
void text_lines(const json_t *points, FILE *file);

/*
 * Events of a kind for each operation: what the op itself was charged with
 * (its phase's, "per_op.NAME"), else the point's total by all operations.
 * -1: not counted.
 */
double text_per_op(const json_t *point, const json_t *op, const char *name);

/* A cell that says why a point has no operations. */
void text_no_ops(struct table *table, const json_t *point);

/* "cpu3/cpu0 1.12x" of an operation, or "". */
void text_spread(const json_t *op, char *buffer, size_t size);

#endif
