/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk memory: one event for any number of bytes, charged by lines and by
 * bandwidth, and where the arena lies.
 */
#include "cpus/sim/coherence.h"

#include <string.h>
#include <sys/mman.h>

#define ARENA_BASE	(1UL << 45)
#define ARENA_LIMIT	(1UL << 45)

static u64 nr_lines(const void *p, size_t size)
{
	uintptr_t first = (uintptr_t)p >> SIM_LINE_SHIFT;

	return size ? (((uintptr_t)p + size - 1) >> SIM_LINE_SHIFT) - first + 1
		    : 0;
}

static void note_range(struct sim_cpu *me, const void *p, size_t size,
		       bool write)
{
	uintptr_t line = (uintptr_t)p >> SIM_LINE_SHIFT;
	u64 left;

	for (left = nr_lines(p, size); left; left--, line++) {
		if (write && sim.nr_watches)
			sim_wrote_line(me, line);
		else if (!write && me->nr_watched <= SIM_WATCH_MAX)
			sim_watch_line(me, line);
		else
			break;
	}
}

static bool is_private(const void *p)
{
	return !sim_is_shared((uintptr_t)p);
}

/* The first miss in full; the others overlap with it, by bandwidth. */
static u64 range_cost(struct sim_cpu *me, const void *p, size_t size,
		      bool write)
{
	uintptr_t addr = (uintptr_t)p & -(uintptr_t)CACHELINE;
	u64 left = nr_lines(p, size), sum = 0;
	unsigned kind = write ? SIM_WRITE : SIM_READ;
	bool missed, first = true;

	if (is_private(p))
		return left * sim.cost.plain;
	for (; left; left--, addr += CACHELINE) {
		u64 line = sim_line_of(addr), cost;

		me->miss_addr = addr;
		cost = sim_fetch(me, line, kind, &missed);
		if (missed && !first)
			cost = max(cost / sim.cost.misses,
				   (u64)sim_from_stream(me, line));
		if (missed)
			first = false;
		sum += cost;
	}
	return sum;
}

/* The profile without coherence counts bytes: 10 a nanosecond. */
static u64 flat_bytes(size_t size)
{
	return size <= 16 || sim.cost.l2 ? 0 : size;
}

static void order(struct sim_cpu *me, bool private)
{
	me->events++;
	if (!private)
		sim_order(me);
	else if (unlikely(me->clock >= me->window))
		sim_window(me);
}

void sim_range(const void *p, size_t size, bool write)
{
	struct sim_cpu *me = sim.self;

	if (me->inert)
		return;
	order(me, is_private(p));
	me->clock += range_cost(me, p, size, write) + flat_bytes(size);
	note_range(me, p, size, write);
}

void sim_hardware(const void *p, size_t size, bool write)
{
	struct sim_cpu *me = sim.self;

	if (me->inert)
		return;
	me->events++;
	if (me->clock >= me->limit)
		sim_yield(me);
	me->clock += range_cost(me, p, size, write) + flat_bytes(size);
	note_range(me, p, size, write);
}

void *machine_memset(void *dst, int value, size_t size)
{
	sim.self->miss_ip = _RET_IP_;
	sim_range(dst, size, true);
	return memset(dst, value, size);
}

/* Two ranges at once; bytes are paid for once. */
static void pair_event(const void *a, bool write, const void *b, size_t size)
{
	struct sim_cpu *me = sim.self;

	if (me->inert)
		return;
	order(me, is_private(a) && is_private(b));
	me->clock += range_cost(me, b, size, false) +
		     range_cost(me, a, size, write) + flat_bytes(size);
	note_range(me, b, size, false);
	note_range(me, a, size, write);
}

void *machine_memcpy(void *dst, const void *src, size_t size)
{
	sim.self->miss_ip = _RET_IP_;
	pair_event(dst, true, src, size);
	return memcpy(dst, src, size);
}

void *machine_memmove(void *dst, const void *src, size_t size)
{
	sim.self->miss_ip = _RET_IP_;
	pair_event(dst, true, src, size);
	return memmove(dst, src, size);
}

int machine_memcmp(const void *a, const void *b, size_t size)
{
	sim.self->miss_ip = _RET_IP_;
	pair_event(a, false, b, size);
	return memcmp(a, b, size);
}

/* ---- the arena ---- */
size_t machine_arena_limit(void)
{
	return ARENA_LIMIT;
}

char *machine_reserve_arena(size_t size)
{
	void *p;

	if (size > ARENA_LIMIT) {
		errno = ENOMEM;
		return NULL;
	}
	p = mmap((void *)ARENA_BASE, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
		 MAP_FIXED_NOREPLACE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (p != (void *)ARENA_BASE) {
		/* A kernel older than 4.17 takes the flag for a hint. */
		munmap(p, size);
		errno = EEXIST;
		return NULL;
	}
	return p;
}

void machine_place_memory(size_t offset, size_t size, unsigned node)
{
	/* The line directory asks arena_node_of() instead. */
}
