/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk memory: one event for any number of bytes, charged by lines and by
 * bandwidth, and where the arena lies.
 */
#include "cpus/sim/sim.h"

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

u64 sim_range_cost(const void *p, size_t size)
{
	if (size <= 16)
		return COST_PLAIN;
	return nr_lines(p, size) * COST_PLAIN +
	       size * TICKS_PER_NS / BYTES_PER_NS;
}

void sim_note_range(struct sim_cpu *me, const void *p, size_t size, bool write)
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

static bool is_private(struct sim_cpu *me, const void *p)
{
	return !sim_is_shared((uintptr_t)p);
}

static void charge(struct sim_cpu *me, u64 cost, bool private)
{
	me->events++;
	if (private)
		sim_charge_private(me, cost);
	else
		sim_charge(me, cost);
}

void sim_range(const void *p, size_t size, bool write)
{
	struct sim_cpu *me = sim.self;

	if (me->inert)
		return;
	charge(me, sim_range_cost(p, size), is_private(me, p));
	sim_note_range(me, p, size, write);
}

void *machine_memset(void *dst, int value, size_t size)
{
	sim_range(dst, size, true);
	return memset(dst, value, size);
}

/* Bytes are paid for once, lines on both sides. */
static void copy_event(const void *dst, const void *src, size_t size)
{
	struct sim_cpu *me = sim.self;

	if (me->inert)
		return;
	charge(me, sim_range_cost(dst, size) + nr_lines(src, size) * COST_PLAIN,
	       is_private(me, dst) && is_private(me, src));
	sim_note_range(me, src, size, false);
	sim_note_range(me, dst, size, true);
}

void *machine_memcpy(void *dst, const void *src, size_t size)
{
	copy_event(dst, src, size);
	return memcpy(dst, src, size);
}

void *machine_memmove(void *dst, const void *src, size_t size)
{
	copy_event(dst, src, size);
	return memmove(dst, src, size);
}

int machine_memcmp(const void *a, const void *b, size_t size)
{
	struct sim_cpu *me = sim.self;

	if (!me->inert) {
		charge(me, sim_range_cost(a, size) +
		       nr_lines(b, size) * COST_PLAIN,
		       is_private(me, a) && is_private(me, b));
		sim_note_range(me, a, size, false);
		sim_note_range(me, b, size, false);
	}
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
