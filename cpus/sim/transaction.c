/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One transaction (sim_transact() in coherence.h): what an access that is no
 * hit changes in the directory and in the caches, what it costs its CPU and how
 * long the line is busy.
 *
 * An invalidation takes as long as the farthest sharer needs, and ack_ns for
 * each but the first.
 */
#include "cpus/sim/coherence.h"

#include <stdlib.h>

/* ---- what caches hold ---- */
/* It may be read still. */
static void downgrade_l1(struct sim_cpu *cpu, u64 line)
{
	u32 *entry = &cpu->l1[line & sim.l1_mask];

	if (*entry >> 1 == (u32)(line >> sim.l1_shift))
		*entry &= ~1u;
}

/* The line has left cpu's private caches. */
static void drop_private(struct line *at, u64 line, struct sim_cpu *cpu)
{
	sim_drop_l1(cpu, line);
	if (at->owner == cpu->id + 1)
		at->owner = 0;
	at->sharers = sim_sharers_remove(at->sharers, cpu->id);
}

static bool in_l3(const struct line *at, unsigned l3, u64 line)
{
	return at->l3s >> l3 % 16 & 1 && sim_cache_has_l3(l3, line);
}

static void put_l3(struct line *at, unsigned l3, u64 line)
{
	at->l3s |= (u16)(1u << l3 % 16);
	sim_cache_fill(&sim_l3[l3], line);
}

/* A core's threads have their numbers side by side in the topology's order,
 * but not in every placement: the core's list says who they are. */
static struct sim_cpu **core_first;	/* by core; chained by core_next */
static struct sim_cpu **core_next;	/* by CPU */

/* What gives way in a core's L2 is in its L3 still. */
static void put_private(struct sim_cpu *cpu, struct line *at, u64 line)
{
	u64 victim = sim_cache_fill(&sim_l2[cpu->core], line);
	struct sim_cpu *thread;

	put_l3(at, cpu->l3, line);
	if (likely(victim == ~0UL))
		return;
	for (thread = core_first[cpu->core]; thread;
	     thread = core_next[thread->id])
		drop_private(&sim_lines[victim], victim, thread);
}

/* ---- a transaction ---- */
struct invalidation {
	struct sim_cpu	*by;
	u64		line;
	u32		farthest;
	unsigned	nr_cores;	/* not the writer's own */
	unsigned	last_core;
};

static void invalidate(void *arg, unsigned cpu)
{
	struct invalidation *inv = arg;
	struct sim_cpu *other = &sim.cpus[cpu];
	enum sim_distance way;
	u32 ticks;

	if (other == inv->by)
		return;
	sim_drop_l1(other, inv->line);
	way = sim_way(inv->by, other, inv->line);
	ticks = sim_way_cost(inv->by, other, inv->line, way);
	if (ticks >= inv->farthest) {
		inv->farthest = ticks;
		inv->by->miss_way = way;
	}
	if (other->core == inv->by->core || other->core == inv->last_core)
		return;
	inv->last_core = other->core;
	inv->nr_cores++;
}

/* Where a bit stands for several, the tags must go as well. */
static void drop_other_l3s(struct line *at, struct sim_cpu *me, u64 line)
{
	unsigned bits, l3;

	for (bits = at->l3s; sim.nr_l3s > 16 && bits; bits &= bits - 1)
		for (l3 = (unsigned)__builtin_ctz(bits); l3 < sim.nr_l3s;
		     l3 += 16)
			if (l3 != me->l3)
				sim_cache_drop_l3(l3, line);
	at->l3s = (u16)(1u << me->l3 % 16);
}

/* A line that no core has: from an L3, or from memory. */
static u32 fetch_idle(struct sim_cpu *me, const struct line *at, u64 line)
{
	if (in_l3(at, me->l3, line))
		return sim.cost.l3;
	return sim_from_memory(me, line);
}

/* Of several the first. */
static const struct sim_cpu *nearest_sharer(const struct sim_cpu *me,
					    const struct line *at)
{
	unsigned cpu = sim_sharers_next(at->sharers, ~0u);
	const struct sim_cpu *best = &sim.cpus[cpu];

	for (; cpu < nr_cpu_ids && sim_distance(me, best) > SIM_L3;
	     cpu = sim_sharers_next(at->sharers, cpu)) {
		const struct sim_cpu *other = &sim.cpus[cpu];

		if (sim_distance(me, other) < sim_distance(me, best))
			best = other;
	}
	return best;
}

/* A clean copy, of the nearest who has one. */
static u32 fetch_shared(struct sim_cpu *me, const struct line *at, u64 line)
{
	if (in_l3(at, me->l3, line)) {
		me->miss_way = SIM_L3;
		return sim.cost.l3;
	}
	return min(sim_transfer(me, nearest_sharer(me, at), line),
		   max(sim_from_memory(me, line), sim.cost.c2c[SIM_L3]));
}

/* Each returns the latency and sets how long the line is busy. */
static u32 take_to_read(struct sim_cpu *me, struct line *at, u64 line,
			u32 *busy)
{
	u32 latency;

	if (at->owner) {
		struct sim_cpu *owner = &sim.cpus[at->owner - 1];

		latency = sim_transfer(me, owner, line);
		*busy = latency;
		downgrade_l1(owner, line);
		put_l3(at, owner->l3, line);
		at->owner = 0;
		at->sharers = sim_sharers_add(at->sharers, owner->id);
		at->sharers = sim_sharers_add(at->sharers, me->id);
		return latency;
	}
	if (at->sharers) {
		latency = fetch_shared(me, at, line);
		at->sharers = sim_sharers_add(at->sharers, me->id);
	} else {
		latency = fetch_idle(me, at, line);
		at->owner = (u16)(me->id + 1);
	}
	*busy = sim.cost.fill;
	return latency;
}

static u32 take_from_sharers(struct sim_cpu *me, struct line *at, u64 line)
{
	struct invalidation inv = { .by = me, .line = line,
				    .last_core = ~0u };
	u32 latency = 0;

	if (!sim_sharers_have(at->sharers, me->id))
		latency = fetch_shared(me, at, line);
	sim_sharers_drain(at->sharers, invalidate, &inv);
	at->sharers = 0;
	me->took_from_core = inv.nr_cores;
	latency = max(latency, inv.farthest);
	if (!inv.nr_cores)
		return latency;
	return max(latency, inv.farthest + (inv.nr_cores - 1) * sim.cost.ack);
}

u32 sim_fill_caches(struct sim_cpu *me, struct line *at, u64 line, u32 latency)
{
	drop_other_l3s(at, me, line);
	put_private(me, at, line);
	return latency;
}

u32 sim_write_shared(struct sim_cpu *me, struct line *at, u64 line,
		     unsigned kind, u64 now)
{
	u32 latency;

	if (at->sharers) {
		latency = take_from_sharers(me, at, line);
	} else {
		latency = fetch_idle(me, at, line);
		me->took_from_core = false;
	}
	return sim_own(me, at, line, kind, now, latency);
}

u32 sim_read(struct sim_cpu *me, struct line *at, u64 line, u64 now)
{
	u32 busy, latency = take_to_read(me, at, line, &busy);

	at->until = now + busy;
	put_private(me, at, line);
	sim_put_l1(me, line, at->owner == me->id + 1);
	return latency;
}

/* A core's threads share its caches: what one has fetched to read, the others
 * have too. */
bool sim_core_shares(const struct sim_cpu *me, const struct line *at)
{
	const struct sim_cpu *thread = core_first[me->core];

	for (; at->sharers && thread; thread = core_next[thread->id])
		if (sim_sharers_have(at->sharers, thread->id))
			return true;
	return false;
}

/* ---- making ---- */
static void *zeroed(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	must(p);
	return p;
}

void sim_transactions_create(void)
{
	unsigned cpu, nr_cores = 0;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		nr_cores = max(nr_cores, sim.cpus[cpu].core + 1u);
	core_first = zeroed(nr_cores, sizeof(*core_first));
	core_next = zeroed(nr_cpu_ids, sizeof(*core_next));
	for (cpu = nr_cpu_ids; cpu--; ) {
		struct sim_cpu *self = &sim.cpus[cpu];

		core_next[cpu] = core_first[self->core];
		core_first[self->core] = self;
	}
}
