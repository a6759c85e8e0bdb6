/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What vmap nodes do and other members do not: pools, owners, helpers. */
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/vmap_core.h"
#include "tests/kernel.h"
#include "tests/test.h"
#include "tests/vmap_areas.h"

static void latest_first(void *arg)
{
	u64 a = get_addr(3), b = get_addr(3), c = get_addr(3), d;
	struct vmap_stat stat;

	d = get_addr(3);
	put(b);
	put(a);
	put(d);
	put(c);
	/* Purged in order of address, each put at the head. */
	must(vmap_purge_all(false));
	must(vmap_where_is(a) == VMAP_POOL);
	must(get_addr(3) == d && get_addr(3) == c);
	must(get_addr(3) == b && get_addr(3) == a);
	vmap_stat_read(&stat);
	must(stat.pool_hits == 4 && stat.pool_misses == 4);
}

static void pools_are_last_in_first_out(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, latest_first,
		NULL);
}

/* Areas of n pooled ones that are left after another purge. */
static u64 left_of(unsigned n)
{
	u64 addr[16], hits;
	struct vmap_stat stat;
	unsigned i;

	for (i = 0; i < n; i++)
		addr[i] = get_addr(5);
	for (i = 0; i < n; i++)
		put(addr[i]);
	must(vmap_purge_all(false));
	must(!vmap_purge_all(false));
	vmap_stat_reset();
	for (i = 0; i < n; i++)
		addr[i] = get_addr(5);
	vmap_stat_read(&stat);
	hits = stat.pool_hits;
	for (i = 0; i < n; i++)
		put(addr[i]);
	vmap_purge_all(true);
	return hits;
}

static void decay_by_a_quarter(void *arg)
{
	static const u64 left[] = { 0, 0, 0, 0, 3, 4, 5, 6, 6, 7, 8, 9, 9 };
	unsigned n;

	/* 1 to 3: all of them (C11). From 4 on floor(n / 4). */
	for (n = 1; n < ARRAY_SIZE(left); n++)
		must(left_of(n) == left[n]);
}

static void pools_decay_as_the_kernel_does(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 },
		decay_by_a_quarter, NULL);
}

static void misaligned_rotates(void *arg)
{
	struct vmap_request r = request(1, 2 * PAGE_SIZE);
	u64 a = get_addr(1), b = get_addr(1), c = get_addr(1);
	struct vmap_area *va;

	must(a % (2 * PAGE_SIZE) == 0);
	put(a);
	put(b);
	put(c);
	get_addr(1);
	must(vmap_purge_all(false));
	/* c is first and fits; then b, which does not: a miss; then a. */
	must(!vmap_ops->alloc(&r, &va) && va->va_start == c);
	must(!vmap_ops->alloc(&r, &va) && va->va_start > c);
	must(!vmap_ops->alloc(&r, &va) && va->va_start == a);
	must(get_addr(1) == b);
}

static void misaligned_pool_entry_goes_to_the_tail(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 },
		misaligned_rotates, NULL);
}

static void own_pool(void *arg, unsigned cpu)
{
	struct vmap_request r = request(2, 1);
	struct vmap_area *va = get(2);

	must(va->flags >> 8 == cpu % vmap_nr_nodes() + 1);
	r.vend -= PAGE_SIZE - 1;
	must(!vmap_ops->alloc(&r, &va));
	must(va->flags >> 8 == 0);
}

static void owners(void *arg)
{
	must(vmap_nr_nodes() == 3);
	on_all_cpus(own_pool, NULL);
}

static void areas_carry_their_allocators_node(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes,
		.vmap_nodes = 3 };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4 }, owners, NULL);
}

static void above_256_pages(void *arg)
{
	u64 largest = get_addr(256), larger = get_addr(257);

	put(largest);
	put(larger);
	must(vmap_purge_all(false));
	must(vmap_where_is(largest) == VMAP_POOL);
	must(vmap_where_is(larger) == VMAP_FREE);
}

static void pools_hold_up_to_256_pages(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 },
		above_256_pages, NULL);
}

/* Nine times the threshold lies there when the purge comes: helpers work. */
static void free_nine_times(void *arg, unsigned cpu)
{
	u64 addr[9];
	unsigned i;

	for (i = 0; i < 9; i++)
		addr[i] = get_addr(16);
	for (i = 0; i < 9; i++)
		put(addr[i]);
}

static void pile_up_and_purge(void *arg)
{
	on_all_cpus(free_nine_times, NULL);
	vmap_purge_all(false);
	flush_all_workqueues();
	must(atomic_long_read(&vmap_lazy_nr) == 0);
}

static void helpers_publish_too(void **state)
{
	kernel_config = (struct mm_config){ .vmap = &vmap_nodes,
		.lazy_max_pages = 16 };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 60 },
		pile_up_and_purge, NULL);
}

TEST_MAIN(
	cmocka_unit_test(pools_are_last_in_first_out),
	cmocka_unit_test(pools_decay_as_the_kernel_does),
	cmocka_unit_test(misaligned_pool_entry_goes_to_the_tail),
	cmocka_unit_test(areas_carry_their_allocators_node),
	cmocka_unit_test(pools_hold_up_to_256_pages),
	cmocka_unit_test(helpers_publish_too))
