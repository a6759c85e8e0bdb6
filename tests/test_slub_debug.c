/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging caches (slub spec 2.2, 2.6, 3.6) that are used as they should be:
 * any history, the counters of their paths, and which caches slab_debug= makes
 * such. What they report is test_slub_reports.c's.
 */
#include <string.h>

#include "mm/slub_debug.h"
#include "tests/kernel.h"
#include "tests/slub_report.h"
#include "tests/test.h"

/* ---- no error: as any other cache ---- */
#define NR_LIVE		300

static void any_history(void *arg)
{
	static const u32 kinds[] = { FZPU, SLAB_CONSISTENCY_CHECKS,
		SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER,
		SLAB_RED_ZONE | SLAB_POISON };
	static u8 *live[NR_LIVE];
	unsigned nr = 0, size;
	struct rng rng;

	rng_seed(&rng, test_seed());
	size = 1 + (unsigned)rng_below(&rng, 300);
	victim = kmem_cache_create("history", size, 0,
			      kinds[rng_below(&rng, ARRAY_SIZE(kinds))], NULL);
	for (unsigned step = 0; step < 2000; step++) {
		unsigned chance = step / 250 % 2 ? 30 : 70;

		if (nr < NR_LIVE && rng_chance(&rng, chance)) {
			live[nr] = kmem_cache_alloc(victim, GFP_KERNEL);
			memset(live[nr], (int)nr & 0xff, size);
			live[nr++][size - 1] = (u8)size;
		} else if (nr) {
			unsigned i = (unsigned)rng_below(&rng, nr);

			must(live[i][size - 1] == (u8)size);
			kmem_cache_free(victim, live[i]);
			live[i] = live[--nr];
		}
		if (step % 250 == 0)
			slab_audit();
	}
	must(slub_stat_of(victim, ALLOC_FASTPATH) == 0 &&
	     slub_stat_of(victim, FREE_FASTPATH) == 0);
	kmem_cache_free_bulk(victim, nr, (void **)live);
	kmem_cache_destroy(victim);
}

static void without_errors_there_is_no_report(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 60 }, any_history,
		NULL);
}

#define RING		64

static void *ring[RING];

static void all_cpus(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 31 + cpu);
	for (unsigned i = 0; i < 300; i++) {
		size_t size = 1 + rng_below(&rng, 2000);
		u8 *p = kmalloc(size, GFP_KERNEL);

		memset(p, 0xff, size);
		kfree(xchg(&ring[rng_below(&rng, RING)], (void *)p));
	}
}

static void everything_debugged(void *arg)
{
	on_all_cpus(all_cpus, NULL);
	slab_audit();
	for (unsigned i = 0; i < RING; i++)
		kfree(ring[i]);
}

static void all_caches_can_be_debugged(void **state)
{
	kernel_config.slab_debug = "";
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 10 },
		everything_debugged, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
		.topology = "pack:2 numa:1 core:2 pu:1", .seeds = 3 },
		everything_debugged, NULL);
	/* Whatever is behind the others. */
	slab_ops = &slab_sheaves;
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 5 },
		everything_debugged, NULL);
	slab_ops = &slab_slub;
	kernel_config.slab_debug = NULL;
}

static void poisoned_short(void *arg)
{
	make_victim(FZPU);
	kmem_cache_free(victim, kmem_cache_alloc(victim, GFP_KERNEL));
}

static void a_free_object_without_poison_is_seen(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.fault = "slub_poison_short",
		.expect_text = "invariant I23 violated" }, poisoned_short,
		NULL);
}

/* ---- the counters of the paths (spec 3.6) ---- */
static u64 stat_of(enum stat_item item)
{
	return slub_stat_of(victim, item);
}

static void lists(void *arg)
{
	char *p[PER_SLAB];
	struct kmem_cache_node *n;

	make_victim(FZPU);
	n = victim->node[0];
	for (unsigned i = 0; i < PER_SLAB; i++)
		p[i] = owner_allocates();
	must(n->nr_partial == 0 && !list_empty(&n->full));
	owner_frees(p[3]);
	must(n->nr_partial == 1 && list_empty(&n->full));
	must(stat_of(ALLOC_SLOWPATH) == PER_SLAB && stat_of(ALLOC_SLAB) == 1 &&
	     stat_of(FREE_SLOWPATH) == 1 && stat_of(FREE_ADD_PARTIAL) == 1 &&
	     stat_of(ALLOC_FROM_PARTIAL) == 0);
	for (unsigned i = 0; i < PER_SLAB; i++)
		if (i != 3)
			owner_frees(p[i]);
	/* Kept, though empty: a node keeps five. */
	must(n->nr_partial == 1 && stat_of(FREE_SLAB) == 0);
	must(victim->lay.cpu_partial == 0 &&
	     victim->lay.cpu_partial_slabs == 0);
}

static void slabs_move_between_partial_and_full(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, lists, NULL);
}

static void empties(void *arg)
{
	static char *p[7 * PER_SLAB];
	struct kmem_cache_node *n;

	make_victim(FZPU);
	n = victim->node[0];
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = owner_allocates();
	for (unsigned i = 0; i < ARRAY_SIZE(p); i++)
		owner_frees(p[i]);
	/* One that is about to be empty is among the five. */
	must(n->nr_partial == 4 && stat_of(FREE_SLAB) == 3 &&
	     stat_of(FREE_REMOVE_PARTIAL) == 3);
	must(kmem_cache_shrink(victim) == 0 && n->nr_partial == 0);
}

static void empty_slabs_are_discarded_at_five(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, empties, NULL);
}

/* ---- slab_debug= ---- */
#define F	SLAB_CONSISTENCY_CHECKS
#define Z	SLAB_RED_ZONE
#define P	SLAB_POISON
#define U	SLAB_STORE_USER
#define T	SLAB_TRACE

static const struct {
	const char	*options, *name;
	u32		flags;
} table[] = {
	{ "", "kmalloc-64", F | Z | P | U },
	{ "-", "kmalloc-64", 0 },
	{ "P", "dentry", P },
	{ "fzput", "dentry", F | Z | P | U | T },
	{ "FZ-P", "dentry", P },
	{ "Z,dentry", "dentry", Z },
	{ "Z,dentry", "dentry_x", 0 },
	{ "Z,dentry", "dentr", 0 },
	{ "Z,dentry", "kmalloc-8", 0 },
	{ ",kmalloc-*,dentry", "kmalloc-8", F | Z | P | U },
	{ ",kmalloc-*,dentry", "dentry", F | Z | P | U },
	{ ",kmalloc-*,dentry", "dma-kmalloc-8", 0 },
	{ "FZ;-,zs_handle,zspage", "zspage", 0 },
	{ "FZ;-,zs_handle,zspage", "task_struct", F | Z },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "kmalloc-64", P | U },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "kmalloc-96", F },
	{ "PU,kmalloc-64;F,kmalloc-*;;Z", "inode_cache", Z },
	{ "O", "kmalloc-4k", 0 },
	{ "U,*", "anything", U },
};

static void options_are_read_as_the_kernel_does(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		u32 flags;

		slab_debug_setup(table[i].options);
		flags = kmem_cache_flags(0, table[i].name);
		if (flags != table[i].flags)
			print_error("slab_debug=%s, %s: %#x\n",
				    table[i].options, table[i].name, flags);
		assert_int_equal(flags, table[i].flags);
	}
	slab_debug_setup("-");
}

static void a_name_that_is_no_caches_is_told(void **state)
{
	const char *name;
	size_t n;

	slab_debug_setup("P,kmalloc-8,kmaloc-64;Z,dentry*,inode");
	(void)kmem_cache_flags(0, "kmalloc-8");
	(void)kmem_cache_flags(0, "dentry_cache");
	name = slab_debug_unused(&n);
	assert_true(name && n == 9 && !strncmp(name, "kmaloc-64", n));
	(void)kmem_cache_flags(0, "kmaloc-64");
	name = slab_debug_unused(&n);
	assert_true(name && n == 5 && !strncmp(name, "inode", n));
	(void)kmem_cache_flags(0, "inode");
	assert_null(slab_debug_unused(&n));
	slab_debug_setup("-");
	assert_null(slab_debug_unused(&n));
}

static void no_higher_order(void *arg)
{
	struct kmem_cache *big = kmem_cache_create("big", 4096, 0, 0, NULL);
	struct kmem_cache *small = kmem_cache_create("small", 64, 0, 0, NULL);

	/* 4096 + 8 + 8 + 64 + 16 need a second page, 64 do not. */
	must((big->flags & SLAB_DEBUG_FLAGS) == F && big->lay.size == 4096);
	must((small->flags & SLAB_DEBUG_FLAGS) == (F | Z | P | U));
}

static void the_order_may_be_kept(void **state)
{
	kernel_config.slab_debug = "OFZPU";
	emulate(&(struct emulation){ .kernel = 1 }, no_higher_order, NULL);
	kernel_config.slab_debug = NULL;
}

/* ---- slab_debug=T ---- */
static void traced(void *arg)
{
	char *p;

	make_victim(FZPU | SLAB_TRACE);
	log_begin();
	p = owner_allocates();
	owner_frees(p);
	log_end();
	expect_f("TRACE victim alloc 0x%016lx inuse=1 fp=0x%016lx", shown(p),
		 shown(p + STRIDE));
	expect_stack();
	expect_f("TRACE victim free 0x%016lx inuse=1 fp=0x%016lx", shown(p),
		 shown(p + STRIDE));
	for (unsigned i = 0; i < SIZE; i += 16)
		expect_glob("Object   ffff*: 6b 6b*");
	expect_stack();
	expect_nothing_more();
}

static void each_step_can_be_traced(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, traced, NULL);
}

TEST_MAIN(
	cmocka_unit_test(without_errors_there_is_no_report),
	cmocka_unit_test(all_caches_can_be_debugged),
	cmocka_unit_test(a_free_object_without_poison_is_seen),
	cmocka_unit_test(slabs_move_between_partial_and_full),
	cmocka_unit_test(empty_slabs_are_discarded_at_five),
	cmocka_unit_test(options_are_read_as_the_kernel_does),
	cmocka_unit_test(a_name_that_is_no_caches_is_told),
	cmocka_unit_test(the_order_may_be_kept),
	cmocka_unit_test(each_step_can_be_traced))
