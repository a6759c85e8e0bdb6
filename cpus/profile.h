/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What things cost on the simulated machine: one number for each, with where it
 * comes from. doc/profiles.md describes the constants and the file format.
 */
#ifndef CPUS_PROFILE_H
#define CPUS_PROFILE_H

#include "cpus/compiler.h"

/*
 * X(name, least, most, what). Names end in the unit of the file: _ns (kept in
 * picoseconds), _mbps (10^6 bytes a second) or _nr (a count).
 */
#define PROFILE_CONSTANTS(X) \
X(plain_ns, 0, 100, "access to own stack and own per-CPU state") \
X(block_ns, 0, 100, "basic block of the kernel, beside its accesses") \
X(l1_ns, 0, 100, "load or store that hits L1") \
X(l2_ns, 0, 1000, "load that misses L1 and hits L2") \
X(l3_ns, 0, 1000, "load of a line that lies clean in the own L3") \
X(dram_local_ns, 0, 100000, "load from the nearest memory") \
X(dram_remote_ns, 0, 100000, "load from another package's memory") \
X(rmw_ns, 0, 1000, "locked operation on a line owned by the CPU") \
X(fence_ns, 0, 1000, "full fence with nothing to wait for") \
X(pause_ns, 0, 1000, "PAUSE") \
X(mispredict_ns, 0, 1000, "a mispredicted branch: leaving a spin loop") \
X(clock_ns, 0, 1000, "reading the time stamp counter") \
X(c2c_smt_ns, 0, 10000, "line from the other thread of the core") \
X(c2c_l3_ns, 0, 10000, "line from a core that shares the L3") \
X(c2c_package_ns, 0, 10000, "line from another L3 of the package") \
X(c2c_cross_ns, 0, 100000, "line from another package") \
X(fill_ns, 0, 1000, "a shared line is busy for each further core that reads") \
X(ack_ns, 0, 1000, "invalidation: each sharer after the first") \
X(hold_ns, 0, 1000, "a new owner keeps the line so long at least") \
X(home_nr, 0, 1, "1: lines between L3s travel by their home node") \
X(streak_nr, 1, 1000000, "transfers within a package before others get one") \
X(misses_nr, 1, 1000, "independent misses in flight on one CPU") \
X(stream_mbps, 1, 10000000, "bulk memory of one CPU, local memory") \
X(stream_remote_mbps, 1, 10000000, "the same, another package's memory") \
X(ipi_send_ns, 0, 1000000, "interrupting one CPU, on the sender") \
X(ipi_deliver_ns, 0, 1000000, "until a CPU of the package sees it") \
X(ipi_deliver_cross_ns, 0, 1000000, "until a CPU of another package does") \
X(irq_entry_ns, 0, 1000000, "entering a handler") \
X(irq_exit_ns, 0, 1000000, "leaving it") \
X(idle_wake_ns, 0, 10000000, "waking a halted CPU, on top of delivery") \
X(invlpg_ns, 0, 100000, "INVLPG") \
X(flush_ns, 0, 100000, "flushing the whole TLB")

enum profile_constant {
#define X(name, least, most, what) PROFILE_##name,
	PROFILE_CONSTANTS(X)
#undef X
	NR_PROFILE_CONSTANTS
};

enum profile_source {
	PROFILE_ASSUMED,
	PROFILE_DERIVED,	/* from published or measured ones */
	PROFILE_PUBLISHED,	/* the note says where */
	PROFILE_MEASURED,	/* on a machine of this kind, by us */
};

struct profile_value {
	u64			value;	/* ps, MB/s or a count */
	enum profile_source	source;
	char			note[160];	/* whence */
};

struct cost_profile {
	char			name[64];
	char			summary[160];
	char			arbiter[16];	/* cpus/sim/arbiter_*.c */
	bool			flat;	/* nothing is coherent; all equal */
	struct profile_value	of[NR_PROFILE_CONSTANTS];
};

/* Assumed where the topology has no such cache; of L3 for each core. */
#define PROFILE_L1_BYTES	(32UL << 10)
#define PROFILE_L1_BYTES_MAX	(64UL << 10)	/* modelled, of each PU */
#define PROFILE_L2_BYTES	(1UL << 20)
#define PROFILE_L3_CORE_BYTES	(2UL << 20)

/* Who may decide whose a line is next; the first is the default. */
#define PROFILE_ARBITERS { "nearest", "fifo" }

#endif
