/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What repetitions of a point say together: the means of their operations and
 * rates, with confidence intervals; and which points a noisy host spoiled.
 */
#ifndef EMU_SUMMARY_H
#define EMU_SUMMARY_H

#include <jansson.h>
#include <stdbool.h>

/*
 * The member "summary" of a result: an object for each setting that was
 * measured more than once (points that differ in seed and repeat only), in the
 * order of the points. A new array, or NULL if nothing was repeated.
 */
json_t *summary_create(const json_t *points);

/* "noisy host in 2 of 6 points: size=64: ...", or NULL. To free. */
char *summary_noise(const json_t *points);

/*
 * "2 of 6 points were not run: size=64M: memory: needs ...", or NULL. To free.
 */
char *summary_not_run(const json_t *points);

/* There are points, and none of them was run. */
bool summary_nothing_run(const json_t *points);

#endif
