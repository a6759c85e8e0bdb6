/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU variables. Each CPU has a unit in the arena on its own node: a copy
 * of the static section, then room that mm/percpu hands out at run time. A
 * per-CPU pointer is an address in the static section's space; a CPU's copy
 * is that plus the CPU's offset, as in the kernel.
 */
#ifndef CPUS_PERCPU_H
#define CPUS_PERCPU_H

#include "cpus/compiler.h"

/* Initialised like any variable. Counters are u64 (this_cpu_add). */
#define DEFINE_PER_CPU(type, name) \
	__attribute__((section("percpu_data"))) __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	__attribute__((section("percpu_data"), aligned(CACHELINE))) \
	__typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name

#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((uintptr_t)(ptr) + cpus[cpu]->own.percpu_offset))
#define this_cpu_ptr(ptr) \
	((__typeof__(ptr))((uintptr_t)(ptr) + this_cpu_offset()))
#define per_cpu(var, cpu)	(*per_cpu_ptr(&(var), cpu))
#define this_cpu_var(var)	(*this_cpu_ptr(&(var)))
#define this_cpu_add(var, n)	this_cpu_field_add(this_cpu_var(var), n)
#define this_cpu_inc(var)	this_cpu_add(var, 1)

/* The per-CPU pointer of a unit's first byte, the end of what DEFINE_PER_CPU
 * and smp_init() took (a multiple of a line), and the size of a unit. */
extern char *machine_percpu_base;
extern size_t machine_percpu_static_size;
extern size_t machine_percpu_unit_size;

#endif
