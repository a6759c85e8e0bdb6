/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any history on all CPUs, for every engine behind object caches. */
#ifndef TESTS_SLAB_STRESS_H
#define TESTS_SLAB_STRESS_H

#include "mm/slab.h"

/*
 * For emulate(): caches of five sizes; CPUs allocate, hand objects on and free
 * what others allocated, while interrupts do the same. Objects are held against
 * what was written into them. arg: a function that is called when all is quiet,
 * with how many objects have been allocated and how many of them live.
 */
void slab_stress(void *arg);
/* A statistic of those caches, for that function. */
u64 slab_stress_sum(enum stat_item item);

#endif
