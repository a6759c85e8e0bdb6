/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run-time per-CPU allocations: first fit over the dynamic part of the boot
 * units, the same offset on every CPU (mm/percpu.c, 6.12, with its first chunk
 * only). Two bits say all there is to know of each 16 bytes, as the kernel's
 * alloc_map and bound_map: taken, and first of an allocation. pcpu_alloc_mutex
 * protects both.
 */
#include "mm/percpu.h"
#include "mm/audit.h"
#include "mm/lockclass.h"

#define GRAIN		16u
#define MAX_GRAINS	(1u << 17)	/* units up to 2 MiB */
#define MAP_WORDS	(MAX_GRAINS / BITS_PER_LONG)

static struct mutex pcpu_alloc_mutex;
/* Under pcpu_alloc_mutex: */
static unsigned long alloc_map[MAP_WORDS];	/* taken */
static unsigned long bound_map[MAP_WORDS];	/* an allocation begins */
static unsigned first_grain, nr_grains, nr_free_grains;

static bool map_test(const unsigned long *map, unsigned bit)
{
	return map[bit / BITS_PER_LONG] >> (bit % BITS_PER_LONG) & 1;
}

static void map_flip(unsigned long *map, unsigned bit)
{
	map[bit / BITS_PER_LONG] ^= BIT(bit % BITS_PER_LONG);
}

static unsigned free_run(unsigned from, unsigned most)
{
	unsigned n = 0;

	while (n < most && from + n < nr_grains &&
	       !map_test(alloc_map, from + n))
		n++;
	return n;
}

/* The lowest aligned run of n free grains, or nr_grains. */
static unsigned find_first_fit(unsigned n, unsigned align)
{
	unsigned at = ALIGN(first_grain, align);

	while (at + n <= nr_grains) {
		unsigned run = free_run(at, n);

		if (run == n)
			return at;
		at = ALIGN(at + run + 1, align);
	}
	return nr_grains;
}

void *__alloc_percpu(size_t size, size_t align)
{
	unsigned n = (unsigned)DIV_ROUND_UP(size, GRAIN);
	unsigned at, i;
	char *ptr = NULL;

	must(align && !(align & (align - 1)) && align <= PAGE_SIZE);
	if (!size || size > machine_percpu_unit_size)
		return NULL;
	mutex_lock(&pcpu_alloc_mutex);
	at = find_first_fit(n, (unsigned)max(align / GRAIN, (size_t)1));
	if (at < nr_grains) {
		map_flip(bound_map, at);
		for (i = at; i < at + n; i++)
			map_flip(alloc_map, i);
		nr_free_grains -= n;
		ptr = machine_percpu_base + (size_t)at * GRAIN;
	}
	mutex_unlock(&pcpu_alloc_mutex);
	if (!ptr)
		return NULL;
	if (machine_notes_allocs())
		machine_note_alloc(ptr, size, _RET_IP_);
	for_each_possible_cpu(i)
		machine_memset(per_cpu_ptr(ptr, i), 0, size);
	return ptr;
}

void free_percpu(void *ptr)
{
	unsigned at = (unsigned)(((char *)ptr - machine_percpu_base) / GRAIN);

	if (!ptr)
		return;
	mutex_lock(&pcpu_alloc_mutex);
	must(at >= first_grain && at < nr_grains && map_test(bound_map, at));
	map_flip(bound_map, at);
	do {
		map_flip(alloc_map, at++);
		nr_free_grains++;
	} while (at < nr_grains && map_test(alloc_map, at) &&
		 !map_test(bound_map, at));
	mutex_unlock(&pcpu_alloc_mutex);
}

size_t percpu_free_bytes(void)
{
	return (size_t)nr_free_grains * GRAIN;
}

void percpu_init(void)
{
	mutex_init(&pcpu_alloc_mutex, LOCK_PCPU_ALLOC);
	first_grain = (unsigned)DIV_ROUND_UP(machine_percpu_static_size, GRAIN);
	nr_grains = (unsigned)(machine_percpu_unit_size / GRAIN);
	must(nr_grains <= MAX_GRAINS);
	must(((uintptr_t)machine_percpu_base & (CACHELINE - 1)) == 0);
	nr_free_grains = nr_grains - first_grain;
}

/* Every allocation begins once, every taken grain belongs to one, and what is
 * neither is free. */
unsigned percpu_audit(void)
{
	unsigned at, nr_free = 0, wrong = 0;
	bool inside = false;

	for (at = first_grain; at < nr_grains; at++) {
		bool taken = map_test(alloc_map, at);

		if (map_test(bound_map, at))
			inside = true;
		wrong += taken && !inside;
		wrong += !taken && map_test(bound_map, at);
		inside = inside && taken;
		nr_free += !taken;
	}
	wrong += nr_free != nr_free_grains;
	if (wrong)
		audit_violated("percpu", "%u grains, %u free, %u counted",
			       wrong, nr_free, nr_free_grains);
	return wrong;
}
