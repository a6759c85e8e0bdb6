/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The finding: what limits the run, in words, with the numbers that say so.
 *
 * A bottleneck is a thing on which the CPUs spend a tenth or more of their
 * time: waiting for locks (named by the class with most of the wait), waiting
 * for other CPUs to acknowledge an interrupt, or zeroing memory. It begins at
 * the lowest number of CPUs at which that is so at any setting; the first is
 * the one that begins lowest, of those the largest.
 */
#ifndef EMU_FINDING_H
#define EMU_FINDING_H

#include <jansson.h>

#define FINDING_SHARE	0.10	/* of the CPUs' time */

/*
 * A pure function of the array points[] of a result. Text of one or more
 * sentences, to free; NULL: out of memory.
 */
char *finding_text(const json_t *points);

/*
 * From which size on vmalloc+vfree is cheaper than kmalloc+kfree, by series
 * of points over size; "" if the points do not compare the two. To free.
 */
char *finding_crossover(const json_t *points);

#endif
