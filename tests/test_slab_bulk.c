/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk allocation and free: all or nothing, no object twice, groups counted as
 * the spec says, against a set of what is out.
 */
#include "mm/page_alloc.h"
#include "mm/slab_def.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define MAX_OUT		3000
#define BATCH_MAX	200
#define NR_STEPS	400

static u64 stat_of(enum stat_item item)
{
	u64 sums[NR_SLUB_STAT_ITEMS];

	slub_stat_sum(sums);
	return sums[item];
}

/* ---- random batches ---- */
struct out {
	void		*objects[MAX_OUT];
	unsigned	nr;
};

static void mark(void *object, unsigned size, unsigned cpu)
{
	u64 *words = object;

	words[0] = (u64)object ^ cpu;
	words[size / 8 - 1] = (u64)object ^ cpu;
}

static bool is_marked(const void *object, unsigned size, unsigned cpu)
{
	const u64 *words = object;

	return words[0] == ((u64)object ^ cpu) &&
	       words[size / 8 - 1] == ((u64)object ^ cpu);
}

static void take_batch(struct kmem_cache *s, struct out *out, struct rng *rng,
		       unsigned size, unsigned cpu)
{
	unsigned n = 1 + (unsigned)rng_below(rng, BATCH_MAX);
	bool zero = rng_chance(rng, 30);

	if (out->nr + n > MAX_OUT)
		return;
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL | (zero ? __GFP_ZERO : 0), n,
				   &out->objects[out->nr]) == n);
	for (unsigned i = 0; i < n; i++) {
		u64 *words = out->objects[out->nr + i];

		must(!zero || (!words[0] && !words[size / 8 - 1]));
		mark(words, size, cpu);
	}
	out->nr += n;
}

static void give_batch(struct kmem_cache *s, struct out *out, struct rng *rng,
		       unsigned size, unsigned cpu)
{
	unsigned n = (unsigned)rng_below(rng, BATCH_MAX);

	n = min(n, out->nr);
	for (unsigned i = 0; i < n; i++) {
		swap(out->objects[out->nr - 1 - i],
		     out->objects[rng_below(rng, out->nr - i)]);
		must(is_marked(out->objects[out->nr - 1 - i], size, cpu));
	}
	if (rng_chance(rng, 50))
		kmem_cache_free_bulk(s, n, &out->objects[out->nr - n]);
	else
		kfree_bulk(n, &out->objects[out->nr - n]);
	out->nr -= n;
}

static struct kmem_cache *cache;
static unsigned cache_size;

static void batches_on(void *arg, unsigned cpu)
{
	static struct out outs[8];
	struct out *out = &outs[cpu];
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	/* On sim a hundred seeds. */
	for (unsigned step = machine_is_virtual() ? 7 * NR_STEPS / 8 : 0;
	     step < NR_STEPS; step++) {
		if (rng_chance(&rng, 52))
			take_batch(cache, out, &rng, cache_size, cpu);
		else
			give_batch(cache, out, &rng, cache_size, cpu);
	}
	while (out->nr)
		give_batch(cache, out, &rng, cache_size, cpu);
}

static void batches(void *arg)
{
	static const unsigned sizes[] = { 16, 64, 256, 1024 };
	const struct kmem_cache_args args = { .sheaf_capacity = 20 };

	cache_size = sizes[test_seed() % ARRAY_SIZE(sizes)];
	cache = __kmem_cache_create_args("batches", cache_size, &args, 0);
	must(cache);
	on_all_cpus(batches_on, NULL);
	kmem_cache_destroy(cache);
}

static void objects_are_out_once(void **state)
{
	static const struct slab_ops *const engines[] = {
		&slab_sheaves, &slab_layered, &slab_slub,
	};

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		slab_ops = engines[i];
		emulate(&(struct emulation){ .cpus = 4, .kernel = 1,
			.seeds = 12 }, batches, NULL);
	}
}

static void miscounted_groups_are_seen(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1,
		.fault = "bulk_group_miscounts", .expect_exit = 6,
		.expect_text = "I2" }, batches, NULL);
}

/* ---- counters ---- */
#define PER_SLAB	64		/* objects of 64 bytes in a page */

/* One slab's objects are one free, fast or slow (spec 3.5, D1 and D2). */
static void count_groups(void *arg)
{
	void *objects[4 * PER_SLAB];
	u64 fast, slow;

	cache = kmem_cache_create("groups", 64, 64, SLAB_NO_MERGE, NULL);
	must(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 4 * PER_SLAB,
				   objects) == 4 * PER_SLAB);
	fast = stat_of(FREE_FASTPATH);
	slow = stat_of(FREE_SLOWPATH);
	/* In order of address: four runs, of which the last is the CPU's. */
	kmem_cache_free_bulk(cache, 4 * PER_SLAB, objects);
	must(stat_of(FREE_FASTPATH) - fast == PER_SLAB);
	must(stat_of(FREE_SLOWPATH) - slow == 3);
	kmem_cache_destroy(cache);
}

static void a_group_is_one_free(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, count_groups,
		NULL);
}

/* The third object of another slab ends the search: groups of the last slab
 * in a mix of many slabs stay small. */
static void look_ahead(void *arg)
{
	void *objects[8 * PER_SLAB], *mixed[8 * PER_SLAB];
	u64 slow;

	cache = kmem_cache_create("mixed", 64, 64, SLAB_NO_MERGE, NULL);
	must(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 8 * PER_SLAB,
				   objects) == 8 * PER_SLAB);
	for (unsigned i = 0; i < 8 * PER_SLAB; i++)
		mixed[i] = objects[i % 8 * PER_SLAB + i / 8];
	slow = stat_of(FREE_SLOWPATH);
	kmem_cache_free_bulk(cache, 8 * PER_SLAB, mixed);
	/* The next of the same slab is 8 away, the search sees 3 others. */
	must(stat_of(FREE_SLOWPATH) - slow >= 7 * PER_SLAB - 8);
	kmem_cache_destroy(cache);
}

static void the_search_ends_at_the_third_other(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, look_ahead,
		NULL);
}

/* ---- all or nothing ---- */
static void run_out(void *arg)
{
	static void *objects[40000];
	u64 before;

	cache = kmem_cache_create("huge", 4096, 8, SLAB_NO_MERGE, NULL);
	must(cache);
	drain_all_pages();
	before = nr_free_pages();
	must(!kmem_cache_alloc_bulk(cache, GFP_KERNEL | __GFP_NOWARN, 40000,
				    objects));
	kmem_cache_destroy(cache);
	drain_all_pages();
	must(nr_free_pages() + 64 > before);
	must(!kmem_cache_alloc_bulk(NULL, GFP_KERNEL, 0, objects));
}

static void all_or_nothing(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, run_out, NULL);
}

/* kfree_bulk takes blocks of the page allocator, too. */
static void mixed_sizes(void *arg)
{
	void *objects[60];

	for (unsigned i = 0; i < 60; i++)
		objects[i] = kmalloc(i % 3 == 0 ? 20000 : i % 3 == 1 ? 64 : 100,
				     GFP_KERNEL);
	kfree_bulk(60, objects);
}

static void kfree_bulk_takes_any_kmalloc(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, mixed_sizes,
		NULL);
}

TEST_MAIN(cmocka_unit_test(objects_are_out_once),
	  cmocka_unit_test(miscounted_groups_are_seen),
	  cmocka_unit_test(a_group_is_one_free),
	  cmocka_unit_test(the_search_ends_at_the_third_other),
	  cmocka_unit_test(all_or_nothing),
	  cmocka_unit_test(kfree_bulk_takes_any_kmalloc))
