/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Run-time per-CPU allocations, from the dynamic part of the boot units. */
#ifndef MM_PERCPU_H
#define MM_PERCPU_H

#include "cpus/machine.h"

/*
 * A zeroed per-CPU pointer (per_cpu_ptr, this_cpu_ptr), or NULL when the units
 * are full. align: power of two up to a page. May sleep.
 */
void *__alloc_percpu(size_t size, size_t align);
void free_percpu(void *ptr);
#define alloc_percpu(type)	\
	((type *)__alloc_percpu(sizeof(type), __alignof__(type)))

/* Bytes of a unit that nobody has; of every unit as many. At quiescence. */
size_t percpu_free_bytes(void);

void percpu_init(void);
unsigned percpu_audit(void);

#endif
