/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent memory. A directory knows of each line who owns it, who shares it
 * and until when it is busy; each CPU has a table of the lines in its L1, which
 * is all that a hit needs. An access that is no hit is a transaction on its
 * line (transaction.c). Transactions on one line follow one another: the line
 * is busy
 *
 *  - while it moves: to a new owner, or from its owner to a first reader;
 *  - for fill_ns for each further reader, whose latencies overlap.
 *
 * A CPU that finds the line busy waits in a queue (line_queue.h); when the line
 * is free the arbiter says whose it is next (arbiter_*.c). Granting needs no
 * fiber.
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
 */
#include "cpus/sim/grant.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NR_OTHER	(1u << 16)	/* lines outside of arena and globals */

struct line *sim_lines;
static u64 other_line;			/* index of the first of these */
static uintptr_t *other_key;		/* open addressing: address >> 6 */
static u32 *other_number;
static unsigned nr_other;
static const struct arbiter_ops *const arbiters[] = { &arbiter_nearest,
						      &arbiter_fifo };
const struct arbiter_ops *sim_arbiter = &arbiter_nearest;

/* ---- waiting for a line ---- */
static void join(struct line *at, u64 line, struct sim_cpu *me)
{
	struct line_queue *queue;

	if (!at->queue)
		at->queue = line_queue_take(line) + 1;
	queue = sim_queue_of(at);
	me->arrived = sim_key(me->clock, me->id);
	me->passed_by = 0;
	me->waits = true;
	line_queue_add(queue, me);
	if (!queue->stands)
		sim_stand(queue, me, sim_next_grant(at, queue));
	else if (queue->oldest == me->arrived &&
		 sim_next_grant(at, queue) < queue->grant)
		sim_stand(queue, queue->stands, sim_next_grant(at, queue));
}

u32 sim_hit(struct sim_cpu *me, struct line *at, u64 line, unsigned kind)
{
	u32 cost = sim_hits(me, line, kind) ? sim.cost.l1 : sim.cost.l2;

	if (at->owner != me->id + 1)
		at->sharers = sim_sharers_add(at->sharers, me->id);
	sim_put_l1(me, line, at->owner == me->id + 1);
	me->took_from_core = false;
	return kind & SIM_LOCKED ? max(cost, sim.cost.rmw) : cost;
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
	return min(latency, sim_from_stream(me, line));
}

/* The branch out of a spin was predicted not to leave it, and is known to be
 * wrong when the line that a write has invalidated is there again. */
static always_inline u32 leaving_spin(struct sim_cpu *me)
{
	u32 ticks = me->leaving;

	me->leaving = 0;
	return ticks;
}

static always_inline void charge(struct sim_cpu *me, u64 line,
				 unsigned kind, u64 issued, u32 latency)
{
	if (!(kind & SIM_ATOMIC))
		latency = streamed(me, line, latency);
	if ((kind & (SIM_READ | SIM_WRITE | SIM_LOCKED)) == SIM_WRITE)
		post_store(me, &sim_lines[line], issued, latency);
	else
		me->clock += latency + leaving_spin(me);
}

static u64 flat_cost(unsigned kind)
{
	return kind & SIM_LOCKED ? sim.cost.rmw : sim.cost.l1;
}

static always_inline void count_miss(struct sim_cpu *me, unsigned kind,
				     u64 issued)
{
	if (unlikely(sim.count_lines) &&
	    (me->miss_waited || me->miss_way < NR_SIM_DISTANCES))
		sim_line_moved(me, kind, me->clock - issued);
}

/* The line is busy, or has a queue. */
static noinline void wait_and_access(struct sim_cpu *me, struct line *at,
				     u64 line, unsigned kind)
{
	u64 issued = me->clock;

	me->miss_way = NR_SIM_DISTANCES;
	me->wait_kind = (u8)kind;
	join(at, line, me);
	sim_wait_granted(me);
	me->miss_waited = me->clock > issued;
	charge(me, line, kind, issued, me->granted);
	count_miss(me, kind, issued);
}

static void miss(struct sim_cpu *me, struct line *at, u64 line, unsigned kind)
{
	u64 start = me->clock;

	if (at->queue || at->until > start) {
		wait_and_access(me, at, line, kind);
		return;
	}
	me->miss_way = NR_SIM_DISTANCES;
	me->miss_waited = false;
	charge(me, line, kind, start, sim_transact(me, at, line, kind, start));
	count_miss(me, kind, start);
}

static void access_own(struct sim_cpu *me, struct line *at, u64 line,
		       unsigned kind)
{
	me->clock += sim_hit(me, at, line, kind);
	if (kind & SIM_WRITE && me->drained > me->clock)
		sim_store_follows(me, line);
}

/* Its turn has come. */
static noinline void access_now(struct sim_cpu *me, struct line *at, u64 line,
				unsigned kind)
{
	if (sim_hits(me, line, kind))
		sim_charge_hit(me, line, kind);
	else if (sim_has(me, at, kind))
		access_own(me, at, line, kind);
	else
		miss(me, at, line, kind);
}

/* Will it have to wait at the clock that it has, whatever others do until
 * then? Because it has not the line, or will have lost it to the next. */
static bool must_wait_to_write(const struct sim_cpu *me, const struct line *at)
{
	if (at->owner != me->id + 1)
		return at->queue || at->until > me->clock;
	return at->queue &&
		sim_next_grant(at, sim_queue_of(at)) <= me->clock;
}

static bool must_wait_to_read(const struct sim_cpu *me, const struct line *at)
{
	return (at->queue || at->until > me->clock) &&
		!sim_has(me, at, SIM_READ);
}

static noinline void access_in_turn(struct sim_cpu *me, struct line *at,
				    u64 line, unsigned kind)
{
	if (!(kind & SIM_WRITE) && me->clock < me->window &&
	    must_wait_to_read(me, at)) {
		wait_and_access(me, at, line, kind);
		return;
	}
	sim_pass(me);
	access_now(me, at, line, kind);
}

static noinline void access_flat(struct sim_cpu *me, u64 line, unsigned kind)
{
	if (me->clock >= me->limit)
		sim_pass(me);
	if (sim_hits(me, line, kind))
		sim_charge_hit(me, line, kind);
	else
		me->clock += flat_cost(kind);
}

/* In the order of clocks; but who must wait for a line queues at once. */
void sim_slow_access(struct sim_cpu *me, u64 line, unsigned kind)
{
	struct line *at;

	if (unlikely(!sim_lines)) {
		access_flat(me, line, kind);
		return;
	}
	at = &sim_lines[line];
	if (me->clock < me->limit)
		access_now(me, at, line, kind);
	else if (kind & SIM_WRITE && me->clock < me->window &&
		 must_wait_to_write(me, at))
		wait_and_access(me, at, line, kind);
	else
		access_in_turn(me, at, line, kind);
}

void sim_store_follows(struct sim_cpu *me, u64 line)
{
	struct line *at = sim_lines ? &sim_lines[line] : NULL;

	if (at)
		at->until = max((u64)at->until, me->drained);
}

u64 sim_fetch(struct sim_cpu *me, u64 line, unsigned kind, bool *missed)
{
	struct line *at;
	u64 start, ticks;

	*missed = false;
	if (!sim_lines)
		return sim.cost.l1;
	at = &sim_lines[line];
	if (sim_has(me, at, kind))
		return sim_hits(me, line, kind) ? sim.cost.l1 : sim.cost.l2;
	*missed = true;
	me->miss_way = NR_SIM_DISTANCES;
	start = max(me->clock, (u64)at->until);
	me->miss_waited = start > me->clock;
	ticks = start - me->clock + sim_transact(me, at, line, kind, start);
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

	if (!sim_lines)
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
	sim_lines = mmap(NULL, nr * sizeof(*sim_lines), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	must(sim_lines != MAP_FAILED);
	other_key = zeroed(2 * NR_OTHER, sizeof(*other_key));
	other_number = zeroed(2 * NR_OTHER, sizeof(*other_number));
}

static void choose_arbiter(const char *name)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(arbiters); i++)
		if (!strcmp(arbiters[i]->name, name))
			sim_arbiter = arbiters[i];
}

void sim_coherence_create(const struct machine_config *config)
{
	sim_distances_create(config);
	sim.l1_shift = 0;
	sim.l1_mask = 0;
	if (config->profile && !config->profile->flat) {
		choose_arbiter(config->profile->arbiter);
		sim_caches_create(config->topology);
		sim_transactions_create();
		sim_sharers_create();
		line_queues_create();
		create_directory();
	}
	create_l1s();
}
