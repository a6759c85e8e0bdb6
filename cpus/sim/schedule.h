/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who runs next on the simulated machine: the CPU with the lowest clock, of
 * equals the lowest number. A winner tree over the keys clock << 12 | cpu; a
 * CPU that waits for nothing but others has the key of all ones.
 */
#ifndef CPUS_SIM_SCHEDULE_H
#define CPUS_SIM_SCHEDULE_H

#include "cpus/cpu.h"

#define SIM_CPU_BITS	12
static_assert(NR_CPUS_MAX <= 1 << SIM_CPU_BITS, "a key holds a CPU number");

#define SIM_KEY_PARKED	(~0UL)

static always_inline u64 sim_key(u64 clock, unsigned cpu)
{
	return clock << SIM_CPU_BITS | cpu;
}

static always_inline u64 sim_key_clock(u64 key)
{
	return key >> SIM_CPU_BITS;
}

static always_inline unsigned sim_key_cpu(u64 key)
{
	return key & ((1u << SIM_CPU_BITS) - 1);
}

/* A tree whose leaves are the next power of two; all parked at first. */
struct sim_tree {
	unsigned	nr_leaves;
	u64		*keys;		/* keys[1] is the winner */
};

/* Dies when the host gives no memory. */
void sim_tree_create(struct sim_tree *tree, unsigned nr_cpus);
/* Sets one key; returns the lowest of all others. O(log n). */
u64 sim_tree_set(struct sim_tree *tree, unsigned cpu, u64 key);

static always_inline u64 sim_tree_key(const struct sim_tree *tree, unsigned cpu)
{
	return tree->keys[tree->nr_leaves + cpu];
}

/* A digest of all switches so far: equal histories have equal ones. */
u64 sim_trace_hash(void);

#endif
