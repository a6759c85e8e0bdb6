/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What repetitions of a point say together: the means of their operations and
 * rates, with confidence intervals; and which points a noisy host spoiled.
 */
#ifndef EMU_SUMMARY_H
#define EMU_SUMMARY_H

#include <jansson.h>

/*
 * The member "summary" of a result: an object for each setting that was
 * measured more than once (points that differ in seed and repeat only), in the
 * order of the points. A new array, or NULL if nothing was repeated.
 */
json_t *summary_create(const json_t *points);

/* "noisy host in 2 of 6 points: size=64: ...", or NULL. To free. */
char *summary_noise(const json_t *points);

#endif
