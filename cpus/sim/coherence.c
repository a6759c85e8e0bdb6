/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent memory. A directory knows of each line who owns it, who shares it
 * and until when it is busy; each CPU has a table of the lines in its L1, which
 * is all that a hit needs. An access that is no hit is a transaction on its
 * line. Transactions on one line follow one another: the line is busy
 *
 *  - while it moves: to a new owner, or from its owner to a first reader;
 *  - for fill_ns for each further reader, whose latencies overlap.
 *
 * A CPU that finds the line busy waits in a queue; when the line is free the
 * arbiter says whose it is next (arbiter_*.c). The first of the queue stands in
 * the scheduler's tree for all of them; granting needs no fiber.
 *
 * An access happens at the start of its transaction, in the order of clocks;
 * what it costs is charged after. So a load gets the value that the line had
 * when its turn came, and a store is in memory at once, but nobody gets at the
 * line before it would have been visible. A CPU does not wait for its own
 * stores, be it that the line is far or that others are at it: they lie in its
 * store buffer. It waits for a place there, among misses_nr, and before a
 * locked operation or fence for all of them. A store to a busy line is made
 * when its turn has come, as any access; its CPU then goes on from the clock
 * at which it had issued it, which lies behind that of others by as much as
 * it has waited.
 *
 * Latency is by the distance between requester and owner; with home_nr, a line
 * that leaves its L3 goes by way of its home node, and the farthest of the
 * three distances counts (design: published core-to-core matrices of EPYC).
 * An invalidation takes as long as the farthest sharer needs, and ack_ns for
 * each but the first.
 */
#include "cpus/sim/coherence.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NR_OTHER	(1u << 16)	/* lines outside of arena and globals */

static struct line *lines;
static u64 other_line;			/* index of the first of these */
static uintptr_t *other_key;		/* open addressing: address >> 6 */
static u32 *other_number;
static unsigned nr_other;
static u16 node_package[MAX_NUMNODES];
static bool node_has_package[MAX_NUMNODES];
static const struct arbiter_ops *const arbiters[] = { &arbiter_nearest,
						      &arbiter_fifo };
static const struct arbiter_ops *arbiter = &arbiter_nearest;

/* ---- distances ---- */
enum sim_distance sim_distance(const struct sim_cpu *a,
			       const struct sim_cpu *b)
{
	if (a->package != b->package)
		return SIM_CROSS;
	if (a->core == b->core)
		return SIM_SMT;
	return a->l3 == b->l3 ? SIM_L3 : SIM_PACKAGE;
}

static unsigned home_of(u64 line)
{
	return line < sim.globals_line ?
	       arena_node_of(line << SIM_LINE_SHIFT) : 0;
}

static bool is_remote(const struct sim_cpu *cpu, unsigned node)
{
	return !node_has_package[node] || node_package[node] != cpu->package;
}

/* How far a line travels. */
static enum sim_distance way(const struct sim_cpu *to,
			     const struct sim_cpu *from, u64 line)
{
	enum sim_distance distance = sim_distance(to, from);

	if (sim.cost.home && distance == SIM_PACKAGE &&
	    is_remote(to, home_of(line)))
		distance = SIM_CROSS;
	return distance;
}

/* The same, of a line that comes. */
static u32 transfer(struct sim_cpu *to, const struct sim_cpu *from, u64 line)
{
	to->miss_way = way(to, from, line);
	return sim.cost.c2c[to->miss_way];
}

static u32 from_memory(const struct sim_cpu *cpu, u64 line)
{
	return sim.cost.dram[is_remote(cpu, home_of(line))];
}

/* ---- what caches hold ---- */
static void put_l1(struct sim_cpu *cpu, u64 line, bool writable)
{
	cpu->l1[line & sim.l1_mask] =
		(u32)(line >> sim.l1_shift) << 1 | writable;
}

static void drop_l1(struct sim_cpu *cpu, u64 line)
{
	u32 *entry = &cpu->l1[line & sim.l1_mask];

	if (*entry >> 1 == (u32)(line >> sim.l1_shift))
		*entry = ~0u;
}

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
	drop_l1(cpu, line);
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
	sim_cache_fill_l3(l3, line);
}

/* A core's threads have their numbers side by side in the topology's order,
 * but not in every placement: the core's list says who they are. */
static struct sim_cpu **core_first;	/* by core; chained by core_next */
static struct sim_cpu **core_next;	/* by CPU */

/* What gives way in a core's L2 is in its L3 still. */
static void put_private(struct sim_cpu *cpu, struct line *at, u64 line)
{
	u64 victim = sim_cache_fill_l2(cpu->core, line);
	struct sim_cpu *thread = core_first[cpu->core];

	put_l3(at, cpu->l3, line);
	if (victim == ~0UL)
		return;
	for (; thread; thread = core_next[thread->id])
		drop_private(&lines[victim], victim, thread);
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
	enum sim_distance distance;

	if (other == inv->by)
		return;
	drop_l1(other, inv->line);
	distance = way(inv->by, other, inv->line);
	if (sim.cost.c2c[distance] >= inv->farthest) {
		inv->farthest = sim.cost.c2c[distance];
		inv->by->miss_way = distance;
	}
	if (other->core == inv->by->core || other->core == inv->last_core)
		return;
	inv->last_core = other->core;
	inv->nr_cores++;
}

static void drop_other_l3s(struct line *at, struct sim_cpu *me, u64 line)
{
	unsigned l3;

	for (l3 = 0; at->l3s & ~(1u << me->l3 % 16) && l3 < sim.nr_l3s; l3++)
		if (l3 != me->l3 && at->l3s >> l3 % 16 & 1)
			sim_cache_drop_l3(l3, line);
	at->l3s = (u16)(1u << me->l3 % 16);
}

/* A line that no core has: from an L3, or from memory. */
static u32 fetch_idle(struct sim_cpu *me, const struct line *at, u64 line)
{
	if (in_l3(at, me->l3, line))
		return sim.cost.l3;
	return from_memory(me, line);
}

/* A clean copy, of the nearest who has one. */
static u32 fetch_shared(struct sim_cpu *me, const struct line *at, u64 line)
{
	struct sim_cpu *other;

	if (in_l3(at, me->l3, line)) {
		me->miss_way = SIM_L3;
		return sim.cost.l3;
	}
	other = &sim.cpus[sim_sharers_next(at->sharers, ~0u)];
	return min(transfer(me, other, line),
		   max(from_memory(me, line), sim.cost.c2c[SIM_L3]));
}

/* Each returns the latency and sets how long the line is busy. */
static u32 take_to_read(struct sim_cpu *me, struct line *at, u64 line,
			u32 *busy)
{
	u32 latency;

	if (at->owner) {
		struct sim_cpu *owner = &sim.cpus[at->owner - 1];

		latency = transfer(me, owner, line);
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

static u32 take_to_write(struct sim_cpu *me, struct line *at, u64 line)
{
	struct invalidation inv = { .by = me, .line = line,
				    .last_core = ~0u };
	bool mine = sim_sharers_have(at->sharers, me->id);
	u32 latency = 0;

	if (at->owner) {
		struct sim_cpu *owner = &sim.cpus[at->owner - 1];

		latency = transfer(me, owner, line);
		drop_l1(owner, line);
	} else if (at->sharers) {
		if (!mine)
			latency = fetch_shared(me, at, line);
		sim_sharers_drain(at->sharers, invalidate, &inv);
		at->sharers = 0;
		latency = max(latency, inv.farthest);
		if (inv.nr_cores)
			latency = max(latency, inv.farthest +
				      (inv.nr_cores - 1) * sim.cost.ack);
	} else {
		latency = fetch_idle(me, at, line);
	}
	me->took_from_core = at->owner || inv.nr_cores;
	drop_other_l3s(at, me, line);
	at->owner = (u16)(me->id + 1);
	return latency;
}

/* At clock now; returns the latency. */
static u32 transact(struct sim_cpu *me, u64 line, unsigned kind, u64 now)
{
	struct line *at = &lines[line];
	u32 latency, busy;

	if (kind & SIM_WRITE) {
		busy = take_to_write(me, at, line);
		/* A locked operation takes the time that it holds the line. */
		latency = kind & SIM_LOCKED ? busy :
			  busy - min(sim.cost.hold, busy);
	} else {
		latency = take_to_read(me, at, line, &busy);
	}
	at->until = now + busy;
	put_private(me, at, line);
	put_l1(me, line, at->owner == me->id + 1);
	return latency;
}

/* A core's threads share its caches: what one has fetched to read, the others
 * have too. */
static bool thread_shares(struct sim_cpu *me, struct line *at)
{
	struct sim_cpu *thread = core_first[me->core];

	for (; at->sharers && thread; thread = core_next[thread->id])
		if (sim_sharers_have(at->sharers, thread->id)) {
			at->sharers = sim_sharers_add(at->sharers, me->id);
			return true;
		}
	return false;
}

/* In this CPU's own caches, with the right to do it. */
static bool has(struct sim_cpu *me, struct line *at, unsigned kind)
{
	return at->owner == me->id + 1 ||
	       (!(kind & SIM_WRITE) && thread_shares(me, at));
}

/* ---- waiting for a line ---- */
static struct sim_cpu *first_of(const struct line *at)
{
	return at->queue ? &sim.cpus[at->queue - 1] : NULL;
}

static void lead(struct line *at, struct sim_cpu *cpu)
{
	at->queue = cpu->id + 1;
	cpu->leads = true;
	sim_set_key(cpu, at->until);
}

static void join(struct line *at, struct sim_cpu *me)
{
	struct sim_cpu *first = first_of(at);

	me->wait_next = NULL;
	me->wait_tail = me;
	me->passed_by = 0;
	me->waits = true;
	if (!first) {
		lead(at, me);
		return;
	}
	first->wait_tail->wait_next = me;
	first->wait_tail = me;
	sim_set_key(me, NEVER);
}

static void leave(struct line *at, struct sim_cpu *cpu)
{
	struct sim_cpu *first = first_of(at), *before = first;

	cpu->waits = false;
	if (cpu == first) {
		cpu->leads = false;
		at->queue = 0;
		if (cpu->wait_next)
			cpu->wait_next->wait_tail = cpu->wait_tail;
		return;
	}
	while (before->wait_next != cpu)
		before = before->wait_next;
	before->wait_next = cpu->wait_next;
	if (first->wait_tail == cpu)
		first->wait_tail = before;
}

static const struct sim_cpu *last_of(const struct line *at)
{
	if (at->owner)
		return &sim.cpus[at->owner - 1];
	if (!at->sharers)
		return NULL;
	return &sim.cpus[sim_sharers_next(at->sharers, ~0u)];
}

void sim_grant(struct sim_cpu *leader)
{
	u64 line = leader->wait_line;
	struct line *at = &lines[line];
	u64 now = at->until;
	struct sim_cpu *cpu = arbiter->pick(leader, last_of(at));
	struct sim_cpu *next;

	must(leader->leads && first_of(at) == leader);
	leave(at, cpu);
	next = cpu == leader ? cpu->wait_next : leader;
	cpu->granted = has(cpu, at, cpu->wait_kind) ? sim.cost.l2 :
		       transact(cpu, line, cpu->wait_kind, now);
	cpu->clock = max(cpu->clock, now);
	sim_set_key(cpu, cpu->clock);
	if (next)
		lead(at, next);
}

/* ---- an access ---- */
/*
 * A store's latency is nobody's but the line's, and so is its wait for the line
 * since issued, as long as few are in flight; what it costs is that of a hit.
 * Stores are seen in their order. Lines that no other core has are fetched at
 * once for all of them; one that others have is fetched when its store's turn
 * has come: fetched early it would be gone again.
 */
static void post_store(struct sim_cpu *me, struct line *at, u64 issued,
		       u32 latency)
{
	u64 *slot = &me->stores[me->nr_stores++ %
				min(sim.cost.misses, (u32)SIM_STORES_MAX)];
	u64 retired = max(issued, *slot);
	u64 start = max(me->clock, *slot);

	*slot = max(start, me->drained) + latency;
	if (!me->took_from_core)
		*slot = max(start + latency, me->drained);
	me->drained = *slot;
	at->until = max((u64)at->until, me->drained);
	me->clock = retired + sim.cost.l1;
}

/* Lines in a row are fetched ahead: by bandwidth, not by latency. */
static u32 streamed(struct sim_cpu *me, u64 line, u32 latency)
{
	bool follows = line - me->streamed + 1 <= 2;

	me->streamed = line;
	if (!follows)
		return latency;
	return min(latency, sim.cost.stream[is_remote(me, home_of(line))]);
}

static void charge(struct sim_cpu *me, u64 line, unsigned kind, u64 issued,
		   u32 latency)
{
	if (!(kind & SIM_ATOMIC))
		latency = streamed(me, line, latency);
	if ((kind & (SIM_READ | SIM_WRITE | SIM_LOCKED)) == SIM_WRITE)
		post_store(me, &lines[line], issued, latency);
	else
		me->clock += latency;
}

static u64 flat_cost(unsigned kind)
{
	return kind & SIM_LOCKED ? sim.cost.rmw : sim.cost.l1;
}

void sim_miss(struct sim_cpu *me, u64 line, unsigned kind)
{
	u64 start = me->clock;
	struct line *at;
	u32 latency;

	if (!lines) {
		me->clock += flat_cost(kind);
		return;
	}
	at = &lines[line];
	if (has(me, at, kind)) {
		put_l1(me, line, at->owner == me->id + 1);
		me->clock += kind & SIM_LOCKED ? max(sim.cost.l2, sim.cost.rmw)
					       : sim.cost.l2;
		return;
	}
	me->miss_way = NR_SIM_DISTANCES;
	me->miss_waited = at->until > me->clock || at->queue;
	if (me->miss_waited) {
		me->wait_line = line;
		me->wait_kind = kind;
		join(at, me);
		sim_wait_granted(me);
		latency = me->granted;
	} else {
		latency = transact(me, line, kind, me->clock);
	}
	charge(me, line, kind, start, latency);
	if (unlikely(sim.count_lines) &&
	    (me->miss_waited || me->miss_way < NR_SIM_DISTANCES))
		sim_line_moved(me, kind, me->clock - start);
}

void sim_store_follows(struct sim_cpu *me, u64 line)
{
	if (lines)
		lines[line].until = max((u64)lines[line].until, me->drained);
}

u64 sim_fetch(struct sim_cpu *me, u64 line, unsigned kind, bool *missed)
{
	struct line *at;
	u64 start, ticks;

	*missed = false;
	if (!lines)
		return sim.cost.l1;
	at = &lines[line];
	if (has(me, at, kind))
		return sim_hits(me, line, kind) ? sim.cost.l1 : sim.cost.l2;
	*missed = true;
	me->miss_way = NR_SIM_DISTANCES;
	start = max(me->clock, (u64)at->until);
	me->miss_waited = start > me->clock;
	ticks = start - me->clock + transact(me, line, kind, start);
	if (unlikely(sim.count_lines) && me->miss_way < NR_SIM_DISTANCES)
		sim_line_moved(me, kind, ticks);
	return ticks;
}

/* ---- lines elsewhere ---- */
/* Numbered in the order of their first use: host addresses decide nothing. When
 * there are too many, they share. */
u64 sim_other_line(uintptr_t addr)
{
	uintptr_t key = addr >> SIM_LINE_SHIFT;
	u32 slot = (u32)((key * 0x9e3779b97f4a7c15UL) >> 48) % (2 * NR_OTHER);

	if (!lines)
		return 0;
	while (other_key[slot] && other_key[slot] != key)
		slot = (slot + 1) % (2 * NR_OTHER);
	if (!other_key[slot]) {
		if (nr_other == NR_OTHER)
			return other_line;
		other_key[slot] = key;
		other_number[slot] = nr_other++;
	}
	return other_line + other_number[slot];
}

/* ---- making ---- */
static void *zeroed(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	must(p);
	return p;
}

static void locate(const struct machine_config *config, struct sim_cpu *cpu)
{
	const struct topology_pu *pu =
		&config->topology->pus[cpu->cpu->own.pu];

	cpu->core = (u16)pu->core;
	cpu->l3 = (u16)pu->l3;
	cpu->package = (u16)pu->package;
	cpu->node = (u16)pu->node;
	sim.nr_l3s = max(sim.nr_l3s, pu->l3 + 1);
}

static void locate_nodes(const struct topology *topology)
{
	unsigned i;

	for (i = topology->nr_pus; i--; ) {
		const struct topology_pu *pu = &topology->pus[i];

		node_package[pu->node] = (u16)pu->package;
		node_has_package[pu->node] = true;
	}
}

static void chain_cores(void)
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

static void create_l1s(void)
{
	/* A line more: one index of all CPUs would lie in one set of the
	 * host's caches. */
	size_t stride = sim.l1_mask + 1UL + CACHELINE / sizeof(u32);
	size_t size = stride * sizeof(u32);
	u32 *l1 = aligned_alloc(CACHELINE, ALIGN(nr_cpu_ids * size, CACHELINE));
	unsigned cpu;

	must(l1);
	memset(l1, 0xff, nr_cpu_ids * size);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		sim.cpus[cpu].l1 = l1 + cpu * stride;
}

static void create_directory(void)
{
	u64 nr;

	sim.globals_line = DIV_ROUND_UP(arena_size(), CACHELINE);
	other_line = sim.globals_line + sim.globals_size / CACHELINE + 2;
	nr = other_line + NR_OTHER;
	lines = mmap(NULL, nr * sizeof(*lines), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(lines != MAP_FAILED);
	other_key = zeroed(2 * NR_OTHER, sizeof(*other_key));
	other_number = zeroed(2 * NR_OTHER, sizeof(*other_number));
}

static void choose_arbiter(const char *name)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(arbiters); i++)
		if (!strcmp(arbiters[i]->name, name))
			arbiter = arbiters[i];
}

void sim_coherence_create(const struct machine_config *config)
{
	unsigned cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		locate(config, &sim.cpus[cpu]);
	sim.l1_shift = 0;
	sim.l1_mask = 0;
	if (config->profile && !config->profile->flat) {
		choose_arbiter(config->profile->arbiter);
		sim_caches_create(config->topology);
		locate_nodes(config->topology);
		chain_cores();
		sim_sharers_create();
		create_directory();
	}
	create_l1s();
}
