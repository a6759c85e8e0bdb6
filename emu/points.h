/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading the points of a result: what was measured at which setting, and
 * which points differ in one setting only (a series).
 */
#ifndef EMU_POINTS_H
#define EMU_POINTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* What is below an object by a path such as "time_in.total_ns", or NULL. */
const json_t *json_at(const json_t *object, const char *path);

/* The number there, or 0. */
double json_number_at(const json_t *object, const char *path);

/* The point ran and measured something. */
bool point_measured(const json_t *point);

/*
 * Why a point has not run ("memory: needs 1.5G, free are 16M"), into the
 * buffer; NULL if it has, or has failed.
 */
const char *point_not_run(const json_t *point, char *buffer, size_t size);

/* A number of the setting ("cpus", "size"), or 0. */
double point_setting(const json_t *point, const char *name);

/* The operation of that name, or NULL. */
const json_t *point_op(const json_t *point, const char *name);

/*
 * Mean ns of an operation, for comparing: of the fastest 99 %, so that what a
 * busy host adds to a few does not decide. 0 if it was not timed.
 */
double op_mean_ns(const json_t *op);

/* Sum of the operations' counts. */
double point_nr_ops(const json_t *point);

/*
 * Two points belong to one series if their settings are equal but for
 * `varying` and for seed and repeat.
 */
bool points_same_series(const json_t *a, const json_t *b, const char *varying);

/* Whether the points have more than one value of a setting. */
bool points_vary(const json_t *points, const char *name);

/*
 * "size=4K depth=64": the settings that vary over points, without those named
 * in `except` (words divided by blanks). To free; NULL: out of memory.
 */
char *point_label(const json_t *points, const json_t *point,
		  const char *except);

/* Appends to *text (NULL at first), which grows; NULL after ENOMEM. */
__attribute__((format(printf, 2, 3)))
void text_append(char **text, const char *format, ...);

#endif
