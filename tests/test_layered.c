/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves above CPU slabs, as in 6.18: which caches have them, and each step by
 * its counters (slub spec 3S.1, 3S.3, 4.1). One CPU has 8 objects of 1024 bytes
 * in a slab; the sheaves here hold 12.
 */
#include "cpus/boot.h"
#include "mm/sheaf.h"
#include "tests/kernel.h"
#include "tests/slab_counts.h"
#include "tests/slab_stress.h"
#include "tests/test.h"

#define SIZE		1024
#define CAPACITY	12

static const struct kmem_cache_args asks = { .sheaf_capacity = CAPACITY };
static void *objects[40 * CAPACITY];

static void run(const struct emulation *emulation, void (*fn)(void *arg),
		void *arg)
{
	slab_ops = &slab_layered;
	emulate(emulation, fn, arg);
	slab_ops = &slab_slub;
}

static void take(unsigned first, unsigned nr, gfp_t gfp)
{
	for (unsigned i = first; i < first + nr; i++) {
		objects[i] = kmem_cache_alloc(s, gfp);
		must(objects[i]);
	}
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kmem_cache_free(s, objects[i]);
}

static void create(void)
{
	s = __kmem_cache_create_args("asking", SIZE, &asks, 0);
	must(s && s->sheaves && s->sheaf_capacity == CAPACITY);
	must(s->lay.oo.objects == 8 || nr_cpu_ids > 1);
	note_counts();
}

/* ---- who has them ---- */
static void look_at_caches(void *arg)
{
	const struct kmem_cache_args none = { 0 }, ctor = { .align = 64 };
	struct kmem_cache *plain, *other, *asking, *debugged;
	const struct kmem_cache *any;

	list_for_each_entry(any, &slab_caches, list)
		must(!any->sheaves && !any->sheaf_capacity);
	plain = __kmem_cache_create_args("plain", SIZE, &none, 0);
	other = __kmem_cache_create_args("other", SIZE, &ctor, 0);
	asking = __kmem_cache_create_args("asking", SIZE, &asks, 0);
	debugged = __kmem_cache_create_args("debugged", SIZE, &asks,
					    SLAB_CONSISTENCY_CHECKS);
	must(plain == other && !plain->sheaves);
	/* CPU partial lists still apply (slub spec 3S.1). */
	must(asking != plain && asking->sheaves);
	must(asking->sheaf_capacity == CAPACITY && asking->lay.cpu_partial);
	must(debugged != asking && !debugged->sheaves);
	must(!debugged->sheaf_capacity);
	/* Nor is a later one folded into it. */
	kmem_cache_destroy(other);
	kmem_cache_destroy(plain);
	must(__kmem_cache_create_args("late", SIZE, &none, 0) != asking);
}

/* In 6.12 there is nothing to ask for. */
static void ask_in_vain(void *arg)
{
	const struct kmem_cache_args none = { 0 };
	struct kmem_cache *plain, *asking;

	plain = __kmem_cache_create_args("plain", SIZE, &none, 0);
	asking = __kmem_cache_create_args("asking", SIZE, &asks, 0);
	must(asking == plain && !plain->sheaves);
	kmem_cache_destroy(asking);
	kmem_cache_destroy(plain);
}

static void those_have_them_that_ask(void **state)
{
	kernel_config = (struct mm_config){ 0 };
	run(&(struct emulation){ .kernel = 1 }, look_at_caches, NULL);
	emulate(&(struct emulation){ .kernel = 1 }, ask_in_vain, NULL);
	kernel_config = (struct mm_config){ .slab_nomerge = true };
}

/* ---- step by step ---- */
static void climb_allocation(void *arg)
{
	create();
	/* Main is empty, the barn has none, and nothing may block: 6.12's new
	 * slab, then its fast path. */
	take(0, 1, GFP_ATOMIC);
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 });
	take(1, 1, GFP_ATOMIC);
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_FASTPATH, 1 });
	/* A new sheaf is filled by the bulk path: 6 of the CPU slab, one by
	 * way of a new slab, 5 more of that. */
	take(2, 1, GFP_KERNEL);
	MOVED({ BARN_GET_FAIL, 1 }, { SHEAF_ALLOC, 1 }, { SHEAF_REFILL, 12 },
	      { ALLOC_FASTPATH, 11 }, { ALLOC_SLOWPATH, 1 },
	      { DEACTIVATE_BYPASS, 1 }, { ALLOC_SLAB, 1 }, { ALLOC_PCS, 1 });
	take(3, CAPACITY - 1, GFP_ATOMIC);
	MOVED({ ALLOC_PCS, CAPACITY - 1 });
	must(this_cpu_ptr(s->cpu_slab)->slab);
	slab_audit();
	give(0, 14);
	slab_audit();
	kmem_cache_destroy(s);
}

static void climb_freeing(void *arg)
{
	create();
	/* No sheaf has any: of 10 slabs, the first object of each slowly. */
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 80, objects) == 80);
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_SLOWPATH, 10 }, { ALLOC_SLAB, 10 },
	      { ALLOC_FASTPATH, 70 }, { DEACTIVATE_BYPASS, 9 });
	give(0, CAPACITY);
	MOVED({ FREE_PCS, CAPACITY });
	give(CAPACITY, CAPACITY);
	MOVED({ FREE_PCS, CAPACITY }, { SHEAF_ALLOC, 1 });
	/* As many as two sheaves hold are swapped in. */
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 24, objects) == 24);
	MOVED({ ALLOC_PCS, 24 });
	kmem_cache_free_bulk(s, 24, objects);
	MOVED({ FREE_PCS, 24 });
	/* 24 objects of 3 full slabs, one in both sheaves, by this CPU's chain
	 * to the node's list. */
	kmem_cache_shrink(s);
	MOVED({ SHEAF_FLUSH, 24 }, { SHEAF_FREE, 1 }, { FREE_SLOWPATH, 4 },
	      { CPU_PARTIAL_FREE, 3 }, { FREE_ADD_PARTIAL, 3 },
	      { CPUSLAB_FLUSH, 1 },
	      { DEACTIVATE_FULL, 1 });
	slab_audit();
	kmem_cache_free_bulk(s, 56, objects + 24);
	kmem_cache_destroy(s);
}

/* kfree_bulk() knows no cache, and goes past its sheaves (slub spec 1.5). */
static void free_in_bulk_without_cache(void *arg)
{
	create();
	take(0, 2, GFP_ATOMIC);
	note_counts();
	kfree_bulk(2, objects);
	MOVED({ FREE_FASTPATH, 2 });
	kmem_cache_destroy(s);
}

/* CPU 0 is of node 0. */
static void use_the_other_node(void *arg)
{
	create();
	objects[0] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	/* Past the sheaves, to a new slab; no CPU slab to mismatch. */
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 });
	must(slab_nid(page_slab(virt_to_head_page(objects[0]))) == 1);
	kmem_cache_free(s, objects[0]);
	MOVED({ FREE_FASTPATH, 1 });
	objects[1] = kmem_cache_alloc_node(s, GFP_KERNEL, 0);
	must(slub_stat_of(s, ALLOC_PCS) == 0 ||
	     slab_nid(page_slab(virt_to_head_page(objects[1]))) == 0);
	kmem_cache_free(s, objects[1]);
	kmem_cache_destroy(s);
}

static void each_step_moves_its_counters(void **state)
{
	const struct emulation one = { .kernel = 1 };

	run(&one, climb_allocation, NULL);
	run(&one, climb_freeing, NULL);
	run(&one, free_in_bulk_without_cache, NULL);
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .nodes = 2 },
	    use_the_other_node, NULL);
}

/* ---- memory that runs out ---- */
static void exhaust(void *arg)
{
	void **last = NULL, **block;

	create();
	while ((block = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN))) {
		*block = last;
		last = block;
	}
	slab_audit();
	for (; last; last = block) {
		block = *last;
		kmem_cache_free(s, last);
	}
	kmem_cache_destroy(s);
}

static void running_out_ends_cleanly(void **state)
{
	run(&(struct emulation){ .kernel = 1 }, exhaust, NULL);
}

/* ---- any history on all CPUs ---- */
/* What sheaves were filled with was counted beneath, too. */
static void identities_hold(u64 made, u64 live)
{
	u64 beneath = slab_stress_sum(ALLOC_FASTPATH) +
		      slab_stress_sum(ALLOC_SLOWPATH);

	must(live <= made);
	must(slab_stress_sum(ALLOC_PCS) + beneath -
	     slab_stress_sum(SHEAF_REFILL) == made);
	must(slab_stress_sum(ALLOC_PCS) > 0 && slab_stress_sum(FREE_PCS) > 0);
	must(slab_stress_sum(SHEAF_FLUSH) > 0);
}

static void all_cpus_agree_under_stress(void **state)
{
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 40 },
	    slab_stress, identities_hold);
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
	    .seeds = 20 }, slab_stress, identities_hold);
	kernel_config.slab_freelist_hardened = true;
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 10 },
	    slab_stress, identities_hold);
	kernel_config.slab_freelist_hardened = false;
}

TEST_MAIN(cmocka_unit_test(those_have_them_that_ask),
	  cmocka_unit_test(each_step_moves_its_counters),
	  cmocka_unit_test(running_out_ends_cleanly),
	  cmocka_unit_test(all_cpus_agree_under_stress))
