/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run-time per-CPU memory: every CPU has its own zeroed copy, allocations are
 * aligned and disjoint, the lowest hole that fits is taken, and what is freed
 * can be had again.
 */
#include "mm/lockclass.h"
#include "mm/percpu.h"
#include "tests/test.h"

#define MAX_LIVE	200
#define GRAIN		16u

struct live {
	char	*ptr;
	size_t	size;
	u8	value;
};

static struct live live[MAX_LIVE];
static unsigned nr_live;

static void fill(const struct live *l)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		machine_memset(per_cpu_ptr(l->ptr, cpu), l->value + (int)cpu,
			       l->size);
}

static void intact(const struct live *l)
{
	unsigned cpu;
	size_t i;

	for_each_possible_cpu(cpu)
		for (i = 0; i < l->size; i++)
			must((u8)per_cpu_ptr(l->ptr, cpu)[i] ==
			     (u8)(l->value + cpu));
}

static bool overlaps_live(const char *ptr, size_t size)
{
	unsigned i;

	for (i = 0; i < nr_live; i++)
		if (ptr < live[i].ptr + ALIGN(live[i].size, GRAIN) &&
		    live[i].ptr < ptr + ALIGN(size, GRAIN))
			return true;
	return false;
}

/* By trying every place from the first. */
static char *reference_first_fit(size_t size, size_t align)
{
	char *at = machine_percpu_base + ALIGN(machine_percpu_static_size,
					       GRAIN);
	char *end = machine_percpu_base + machine_percpu_unit_size;

	for (; at + ALIGN(size, GRAIN) <= end; at += GRAIN)
		if (IS_ALIGNED((size_t)(at - machine_percpu_base), align) &&
		    !overlaps_live(at, size))
			return at;
	return NULL;
}

static void step_alloc(struct rng *rng, u8 value)
{
	size_t size = 1 + rng_below(rng, rng_chance(rng, 90) ? 200 : 6000);
	size_t align = 1UL << rng_below(rng, 8);
	struct live *l = &live[nr_live];
	char *expected = reference_first_fit(size, align);
	unsigned cpu;
	size_t i;

	l->ptr = __alloc_percpu(size, align);
	must(l->ptr == expected);
	if (!l->ptr)
		return;
	for_each_possible_cpu(cpu)
		for (i = 0; i < size; i++)
			must(per_cpu_ptr(l->ptr, cpu)[i] == 0);
	l->size = size;
	l->value = value;
	fill(l);
	nr_live++;
}

static void step_free(unsigned i)
{
	intact(&live[i]);
	free_percpu(live[i].ptr);
	live[i] = live[--nr_live];
}

static void run_random(void *arg)
{
	unsigned steps = machine_is_virtual() ? 150 : 2000, i;
	struct rng rng;

	lockclass_init();
	percpu_init();
	rng_seed(&rng, test_seed());
	for (i = 0; i < steps; i++) {
		if (!nr_live || (nr_live < MAX_LIVE && rng_chance(&rng, 60)))
			step_alloc(&rng, (u8)i);
		else
			step_free((unsigned)rng_below(&rng, nr_live));
		must(percpu_audit() == 0);
	}
	while (nr_live)
		step_free(0);
	must(percpu_audit() == 0);
}

static void agrees_with_first_fit(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .seeds = 10 }, run_random,
		NULL);
}

static void run_full(void *arg)
{
	size_t room;

	lockclass_init();
	percpu_init();
	room = machine_percpu_unit_size -
	       ALIGN(machine_percpu_static_size, GRAIN);
	must(!__alloc_percpu(room + 1, 1));
	live[0].ptr = __alloc_percpu(room, 1);
	must(live[0].ptr && !__alloc_percpu(1, 1));
	free_percpu(NULL);
	free_percpu(live[0].ptr);
	must(alloc_percpu(u64));
}

static void full_units_give_null(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, run_full, NULL);
}

static void run_free_twice(void *arg)
{
	u64 *p;

	lockclass_init();
	percpu_init();
	p = alloc_percpu(u64);
	free_percpu(p);
	free_percpu(p);
}

static void freeing_twice_is_caught(void **state)
{
	emulate(&(struct emulation){ .expect_exit = 70 }, run_free_twice, NULL);
}

static struct { u64 *counter; } shared;

static void count(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < 100 + cpu; i++)
		this_cpu_add(*shared.counter, 1);
}

static void run_counters(void *arg)
{
	unsigned cpu;

	lockclass_init();
	percpu_init();
	shared.counter = alloc_percpu(u64);
	on_all_cpus(count, NULL);
	for_each_possible_cpu(cpu)
		must(*per_cpu_ptr(shared.counter, cpu) == 100 + cpu);
}

static void each_cpu_has_its_own(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .seeds = 5 }, run_counters,
		NULL);
}

TEST_MAIN(
	cmocka_unit_test(agrees_with_first_fit),
	cmocka_unit_test(full_units_give_null),
	cmocka_unit_test(freeing_twice_is_caught),
	cmocka_unit_test(each_cpu_has_its_own),
)
