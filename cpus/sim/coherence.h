/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the directory and its queues (coherence.c), what a transaction does
 * and costs (below, transaction.c, distance.c) and the caches
 * (coherence_cache.c).
 */
#ifndef CPUS_SIM_COHERENCE_H
#define CPUS_SIM_COHERENCE_H

#include "cpus/sim/sim.h"

/*
 * What is known of a line: all zero is a line in memory only. Numbers of CPUs
 * are one more than the CPU's, 0 is none.
 */
struct line {
	u64	queue : 13;	/* number of who waits, and one */
	u64	until : 51;	/* when its last transaction is done */
	u32	sharers;	/* a compact set: below */
	u16	owner;		/* has it writable; then nobody shares it */
	u16	l3s;		/* bit i: L3s i, i + 16 ... may have it */
};

static_assert(sizeof(struct line) == 16, "a quarter of what it describes");

/* ---- coherence.c */
extern struct line *sim_lines;		/* by number; NULL: flat costs */
/* A hit in the CPU's own caches, L1 or not; returns the ticks. */
u32 sim_hit(struct sim_cpu *me, struct line *at, u64 line, unsigned kind);

/* ---- distance.c */
void sim_distances_create(const struct machine_config *config);
/* How far a line travels from a CPU to another. */
enum sim_distance sim_way(const struct sim_cpu *to, const struct sim_cpu *from,
			  u64 line);
/* Its ticks, by that way. */
u32 sim_way_cost(const struct sim_cpu *to, const struct sim_cpu *from,
		 u64 line, enum sim_distance way);
/* Ticks of a line that comes, where sim.nodes_count; sets to->miss_way. */
u32 sim_transfer_by_nodes(struct sim_cpu *to, const struct sim_cpu *from,
			  u64 line);

/* Ticks of a line that comes; sets to->miss_way. */
static always_inline u32 sim_transfer(struct sim_cpu *to,
				      const struct sim_cpu *from, u64 line)
{
	if (unlikely(sim.nodes_count))
		return sim_transfer_by_nodes(to, from, line);
	to->miss_way = (u8)sim_distance(to, from);
	return sim.cost.c2c[to->miss_way];
}

/* Ticks of a line that is in no cache. */
u32 sim_from_memory(const struct sim_cpu *cpu, u64 line);
/* The same of a line among many in a row: by bandwidth. */
u32 sim_from_stream(const struct sim_cpu *cpu, u64 line);

/* ---- transaction.c */
void sim_transactions_create(void);
/* Has a thread of the core fetched it to read? Then all have it. */
bool sim_core_shares(const struct sim_cpu *me, const struct line *at);

static always_inline void sim_put_l1(struct sim_cpu *cpu, u64 line,
				     bool writable)
{
	cpu->l1[line & sim.l1_mask] =
		(u32)(line >> sim.l1_shift) << 1 | writable;
}

/* In this CPU's own caches, with the right to do it. */
static always_inline bool sim_has(const struct sim_cpu *me,
				  const struct line *at, unsigned kind)
{
	return at->owner == me->id + 1 ||
	       (!(kind & SIM_WRITE) && sim_core_shares(me, at));
}

/* ---- coherence_cache.c: sharers */
/*
 * Up to two CPUs in 13 bits each; more are a bitmap of a pool; when that is
 * exhausted, everybody.
 */
void sim_sharers_create(void);
bool sim_sharers_have(u32 set, unsigned cpu);
u32 sim_sharers_add(u32 set, unsigned cpu);
u32 sim_sharers_remove(u32 set, unsigned cpu);
/* Calls visit for each; frees what the set took. */
void sim_sharers_drain(u32 set, void (*visit)(void *arg, unsigned cpu),
		       void *arg);
/* The CPU after from that shares, nr_cpu_ids if none; from ~0: the first. */
unsigned sim_sharers_next(u32 set, unsigned from);

/* ---- coherence_cache.c: tags */
void sim_caches_create(const struct topology *topology);
/* Of one cache. A tag is the line's number divided by the sets', plus one. */
struct sim_tags {
	u64	last;		/* the line that came last, plus one */
	u32	*tag;		/* sets * ways */
	u8	*next;		/* of each set, the way that is replaced next */
	u64	sets;		/* 0: there is no such cache */
	u64	reciprocal;	/* 2^64 / sets, rounded up */
	unsigned ways;
};

extern struct sim_tags *sim_l2;		/* by core */
extern struct sim_tags *sim_l3;		/* by L3 */

u64 sim_cache_fill_new(struct sim_tags *cache, u64 line);

/* A cache holds the line from now on; returns the line that gave way, or ~0.
 * Often it is the one that came last, and nothing has displaced it. */
static always_inline u64 sim_cache_fill(struct sim_tags *cache, u64 line)
{
	if (likely(cache->last == line + 1))
		return ~0UL;
	return sim_cache_fill_new(cache, line);
}

/* The CPU's L2 and L3 hold the line, as that which came last. */
static always_inline bool sim_caches_expect(const struct sim_cpu *cpu, u64 line)
{
	return sim_l2[cpu->core].last == line + 1 &&
		sim_l3[cpu->l3].last == line + 1;
}

bool sim_cache_has_l3(unsigned l3, u64 line);
void sim_cache_drop_l3(unsigned l3, u64 line);

/* ---- a transaction ---- */
/*
 * Inline is what a line costs that all want to change: millions of times a
 * second. The rest is in transaction.c: of a write to a line that nobody owns,
 * and of a read. Each takes the line at clock now and returns the latency in
 * ticks.
 */
u32 sim_write_shared(struct sim_cpu *me, struct line *at, u64 line,
		     unsigned kind, u64 now);
u32 sim_read(struct sim_cpu *me, struct line *at, u64 line, u64 now);
/* What gives way, in which caches, to a line that me has come to own. Returns
 * the latency that it is given, for its caller to end in. */
u32 sim_fill_caches(struct sim_cpu *me, struct line *at, u64 line, u32 latency);

static always_inline void sim_drop_l1(struct sim_cpu *cpu, u64 line)
{
	u32 *entry = &cpu->l1[line & sim.l1_mask];

	if (*entry >> 1 == (u32)(line >> sim.l1_shift))
		*entry = ~0u;
}

/* me owns the line from clock now on; it is busy until it has come. Mostly the
 * caches have room for it, of its last visit. Returns the latency. */
static always_inline u32 sim_own(struct sim_cpu *me, struct line *at, u64 line,
				 unsigned kind, u64 now, u32 latency)
{
	/* Distances are told of locked operations, which hold the line for a
	 * part of the time. */
	at->until = now + latency + (kind & SIM_LOCKED ? 0 : sim.cost.hold);
	at->owner = (u16)(me->id + 1);
	sim_put_l1(me, line, true);
	if (unlikely(!sim_caches_expect(me, line) || sim.nr_l3s > 16))
		return sim_fill_caches(me, at, line, latency);
	at->l3s = (u16)(1u << me->l3 % 16);
	return latency;
}

/* Takes a line that sim_has() denies, at clock now, when it is free; returns
 * the latency for this CPU and sets how long the line is busy. */
static always_inline u32 sim_transact(struct sim_cpu *me, struct line *at,
				      u64 line, unsigned kind, u64 now)
{
	struct sim_cpu *owner;

	if (!(kind & SIM_WRITE))
		return sim_read(me, at, line, now);
	if (!at->owner)
		return sim_write_shared(me, at, line, kind, now);
	owner = &sim.cpus[at->owner - 1];
	me->took_from_core = true;
	sim_drop_l1(owner, line);
	return sim_own(me, at, line, kind, now, sim_transfer(me, owner, line));
}

#endif
