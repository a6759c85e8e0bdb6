/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves: capacities, each step of the ladders of slub spec 3S.3 and 3S.4 by
 * its counters, any history on many CPUs with interrupts, and every planted
 * fault. One CPU has 8 objects of 1024 bytes in a slab, 12 in a sheaf.
 */
#include "cpus/boot.h"
#include "mm/page_alloc.h"
#include "mm/sheaf.h"
#include "tests/kernel.h"
#include "tests/slab_counts.h"
#include "tests/slab_stress.h"
#include "tests/test.h"

#define SIZE		1024
#define PER_SLAB	8
#define CAPACITY	12

static void *objects[40 * CAPACITY];

static void run(const struct emulation *emulation, void (*fn)(void *arg),
		void *arg)
{
	slab_ops = &slab_sheaves;
	emulate(emulation, fn, arg);
}

/* ---- capacities ---- */
static void capacities_are_those_of_the_spec(void **state)
{
	/* stride, asked for, capacity */
	static const unsigned rows[][3] = {
		{ 8, 0, 60 }, { 255, 0, 60 }, { 256, 0, 28 }, { 1023, 0, 28 },
		{ 1024, 0, 12 }, { 4095, 0, 12 }, { 4096, 0, 4 },
		{ 8192, 0, 4 },
		/* asked for last, after what fits the class */
		{ 64, 100, 100 }, { 64, 32, 60 }, { 4096, 32, 32 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(calculate_sheaf_capacity(rows[i][0],
							  rows[i][1]),
				 rows[i][2]);
}

/* ---- step by step ---- */
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
	s = kmem_cache_create("sheafy", SIZE, 0, SLAB_NO_MERGE, NULL);
	must(s && s->sheaves && s->sheaf_capacity == CAPACITY);
	note_counts();
}

static void climb_allocation(void *arg)
{
	create();
	must(s->lay.oo.objects == PER_SLAB);
	/* 4c without blocking, then 6: the slab path, a new slab. */
	take(0, 1, GFP_ATOMIC);
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 });
	take(1, 1, GFP_ATOMIC);
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_SLOWPATH, 1 });
	/* 4c with a new sheaf: 6 of the listed slab, 6 of a new one. The empty
	 * main becomes the spare. */
	take(2, 1, GFP_KERNEL);
	MOVED({ BARN_GET_FAIL, 1 }, { SHEAF_ALLOC, 1 }, { SHEAF_REFILL, 12 },
	      { ALLOC_SLAB, 1 }, { ALLOC_FASTPATH, 1 });
	must(this_cpu_ptr(s->sheaves->cpu)->spare);
	/* 3 */
	take(3, CAPACITY - 1, GFP_ATOMIC);
	MOVED({ ALLOC_FASTPATH, CAPACITY - 1 });
	/* 4c: the empty spare is filled; 2 of the listed, 10 of new ones. */
	take(14, 1, GFP_KERNEL);
	MOVED({ BARN_GET_FAIL, 1 }, { SHEAF_REFILL, 12 }, { ALLOC_SLAB, 2 },
	      { ALLOC_FASTPATH, 1 });
	slab_audit();
	/* a wrong node is no node of this machine: the slab path */
	give(0, 15);
	slab_audit();
	kmem_cache_destroy(s);
}

static void climb_freeing(void *arg)
{
	struct node_barn *barn;

	create();
	barn = get_barn(s);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10 * CAPACITY, objects));
	/* No sheaf had any: all from slabs, 15 of them full. */
	MOVED({ BARN_GET_FAIL, 1 }, { ALLOC_SLOWPATH, 10 * CAPACITY },
	      { ALLOC_SLAB, 15 });
	give(0, CAPACITY);
	MOVED({ FREE_FASTPATH, CAPACITY });
	/* 4, no spare, an empty barn: a new sheaf, main becomes the spare. */
	give(CAPACITY, CAPACITY);
	MOVED({ FREE_FASTPATH, CAPACITY }, { SHEAF_ALLOC, 1 });
	must(this_cpu_ptr(s->sheaves->cpu)->spare->size == CAPACITY);
	/* Both full and no empty one: a new one, main goes to the barn. */
	give(2 * CAPACITY, CAPACITY);
	MOVED({ FREE_FASTPATH, CAPACITY }, { SHEAF_ALLOC, 1 }, { BARN_PUT, 1 });
	must(barn->nr_full == 1 && !barn->nr_empty);
	slab_audit();
	/* Allocating swaps, then gets the full one for an empty main. */
	take(0, 2 * CAPACITY, GFP_ATOMIC);
	MOVED({ ALLOC_FASTPATH, 2 * CAPACITY });
	take(2 * CAPACITY, 1, GFP_ATOMIC);
	MOVED({ ALLOC_FASTPATH, 1 }, { BARN_GET, 1 });
	must(!barn->nr_full && barn->nr_empty == 1);
	slab_audit();
	give(0, 2 * CAPACITY + 1);
	kmem_cache_free_bulk(s, 7 * CAPACITY, objects + 3 * CAPACITY);
	kmem_cache_destroy(s);
}

/* A barn has 10 full sheaves: then the spare goes back to its slabs. */
static void overfill_the_barn(void *arg)
{
	enum { SHEAVES = MAX_FULL_SHEAVES + 3 };
	struct node_barn *barn;

	create();
	barn = get_barn(s);
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, SHEAVES * CAPACITY, objects));
	note_counts();
	give(0, (SHEAVES - 1) * CAPACITY);
	MOVED({ FREE_FASTPATH, (SHEAVES - 1) * CAPACITY },
	      { SHEAF_ALLOC, SHEAVES - 2 }, { BARN_PUT, MAX_FULL_SHEAVES });
	must(barn->nr_full == MAX_FULL_SHEAVES);
	/* 12 objects to full slabs: the first of each lists it. */
	give((SHEAVES - 1) * CAPACITY, 1);
	must(slub_stat_of(s, BARN_PUT_FAIL) == was[BARN_PUT_FAIL] + 1);
	must(slub_stat_of(s, SHEAF_FLUSH) == was[SHEAF_FLUSH] + CAPACITY);
	must(slub_stat_of(s, FREE_FASTPATH) == was[FREE_FASTPATH] + 1);
	slab_audit();
	give((SHEAVES - 1) * CAPACITY + 1, CAPACITY - 1);
	kmem_cache_shrink(s);
	must(!barn->nr_full && !barn->nr_empty);
	must(!atomic_long_read(&get_node(s, 0)->nr_slabs));
	kmem_cache_destroy(s);
}

static void each_step_moves_its_counters(void **state)
{
	const struct emulation one = { .kernel = 1 };

	run(&one, climb_allocation, NULL);
	run(&one, climb_freeing, NULL);
	run(&one, overfill_the_barn, NULL);
}

/* ---- caches that have none ---- */
static void look_at_boot_caches(void *arg)
{
	must(!kmem_cache->sheaves && !kmem_cache_node->sheaves);
	/* kmalloc-512 is what sheaves of 60 are made of */
	for (size_t size = 8; size <= 8192; size *= 2) {
		void *p = kmalloc(size, GFP_KERNEL);
		struct slab *slab = page_slab(virt_to_head_page(p));

		must(slab->slab_cache->sheaves);
		kfree(p);
	}
}

static void boot_caches_have_none(void **state)
{
	run(&(struct emulation){ .kernel = 1 }, look_at_boot_caches, NULL);
}

/* ---- lent sheaves ---- */
static void lend(void *arg)
{
	struct slab_sheaf *sheaf;

	create();
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	must(sheaf && sheaf->size >= 5);
	MOVED({ SHEAF_PREFILL_SLOW, 1 }, { SHEAF_ALLOC, 1 },
	      { SHEAF_REFILL, 12 }, { ALLOC_SLAB, 2 });
	for (unsigned i = 0; i < 5; i++) {
		objects[i] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf);
		must(objects[i]);
	}
	MOVED({ ALLOC_FASTPATH, 5 });
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	MOVED({ SHEAF_RETURN_FAST, 1 });
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 12);
	must(sheaf && sheaf->size == 12);
	must(slub_stat_of(s, SHEAF_PREFILL_FAST) == 1);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 100);
	must(sheaf && sheaf->size == 100);
	must(slub_stat_of(s, SHEAF_PREFILL_OVERSIZE) == 1);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	give(0, 5);
	slab_audit();
	kmem_cache_destroy(s);
}

/* One by one of a cache that has none: as large as asked for. */
static void lend_debugged(void *arg)
{
	struct slab_sheaf *sheaf;

	s = kmem_cache_create("debugged", SIZE, 0, SLAB_NO_MERGE |
			      (SLAB_DEBUG_FLAGS & ~SLAB_TRACE), NULL);
	must(s && !s->sheaves);
	note_counts();
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	must(sheaf && sheaf->size == 5);
	must(slub_stat_of(s, SHEAF_PREFILL_OVERSIZE) == 1);
	objects[0] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf);
	must(objects[0] && sheaf->size == 4);
	slab_audit();
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	give(0, 1);
	slab_audit();
	must(!kmem_cache_prefill_sheaf(s, GFP_KERNEL, 0));
	kmem_cache_destroy(s);
}

/* Even who may have the last pages fills no sheaf with them. */
static void lend_without_memory(void *arg)
{
	struct page *list = NULL, *page;

	create();
	while ((page = alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0))) {
		page->private = (u64)list;
		list = page;
	}
	must(kmem_cache_prefill_sheaf(s, GFP_NOWAIT | __GFP_MEMALLOC |
				      __GFP_NOWARN, 12) == NULL);
	must(kmem_cache_prefill_sheaf(s, GFP_NOWAIT | __GFP_MEMALLOC |
				      __GFP_NOWARN, 100) == NULL);
	page = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0);
	must(page);
	__free_pages(page, 0);
	while ((page = list)) {
		list = (struct page *)page->private;
		__free_pages(page, 0);
	}
	kmem_cache_destroy(s);
}

static void lent_sheaves_come_back(void **state)
{
	run(&(struct emulation){ .kernel = 1 }, lend, NULL);
	run(&(struct emulation){ .kernel = 1 }, lend_debugged, NULL);
	run(&(struct emulation){ .kernel = 1 }, lend_without_memory, NULL);
}

/* What objects are to be made of is not what sheaves are made of. */
static void look_at_sheaves(void *arg)
{
	const struct slub_percpu_sheaves *pcs;
	const struct slab *slab;

	create();
	take(0, 1, GFP_KERNEL | __GFP_RECLAIMABLE | __GFP_ACCOUNT);
	pcs = this_cpu_ptr(s->sheaves->cpu);
	must(pcs->main->size && pcs->spare);
	slab = page_slab(virt_to_head_page(pcs->main));
	must(!(slab->slab_cache->flags &
	       (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_ACCOUNT)));
	give(0, 1);
	kmem_cache_destroy(s);
}

static void sheaves_are_of_plain_memory(void **state)
{
	run(&(struct emulation){ .kernel = 1 }, look_at_sheaves, NULL);
}

/* ---- an object of another cache ---- */
static void free_elsewhere(void *arg)
{
	struct kmem_cache *other;

	create();
	other = kmem_cache_create("other", 64, 0, SLAB_NO_MERGE, NULL);
	take(0, 1, GFP_KERNEL);
	note_counts();
	kmem_cache_free(other, objects[0]);
	if (mm_config.version)
		MOVED({ FREE_FASTPATH, 0 });	/* lost */
	else
		MOVED({ FREE_FASTPATH, 1 });
	slab_audit();
}

static void an_object_of_another_cache_is_lost(void **state)
{
	const struct emulation reports = {
		.kernel = 1, .expect_exit = 6, .expect_text =
		"Wrong slab cache. other but object is from sheafy",
	};

	run(&reports, free_elsewhere, NULL);
	kernel_config.version = KERNEL_VERSION(7, 0);
	run(&reports, free_elsewhere, NULL);
	kernel_config.version = 0;
}

/* ---- any history on all CPUs ---- */
/* Each object that went out was counted once, and none by a CPU slab. */
static void identities_hold(u64 made, u64 live)
{
	must(live <= made);
	must(slab_stress_sum(ALLOC_FASTPATH) +
	     slab_stress_sum(ALLOC_SLOWPATH) == made);
	must(!slab_stress_sum(FREE_FROZEN) && !slab_stress_sum(ALLOC_REFILL) &&
	     !slab_stress_sum(CPUSLAB_FLUSH) &&
	     !slab_stress_sum(CPU_PARTIAL_FREE));
	must(slab_stress_sum(SHEAF_REFILL) > 0 &&
	     slab_stress_sum(SHEAF_FLUSH) > 0);
}

static void all_cpus_agree_under_stress(void **state)
{
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 60 },
	    slab_stress, identities_hold);
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
	    .seeds = 40 }, slab_stress, identities_hold);
	run(&(struct emulation){ .kernel = 1,
	    .cpus = machine_is_virtual() ? 16 : 4, .nodes = 4, .seeds = 4 },
	    slab_stress, identities_hold);
}

/* ---- memory that runs out ---- */
/* The first word of each block links to the one before. */
static void exhaust(void *arg)
{
	void **last = NULL, **block;
	u64 nr = 0;

	create();
	while ((block = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOWARN))) {
		*block = last;
		last = block;
		nr++;
	}
	must(nr > 10000);	/* of 64 MiB */
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

/* ---- planted faults ---- */
struct plant {
	const char	*fault, *text;
	void		(*fn)(void);
};

/* Full sheaves come out of the barn. */
static void empty_the_barn(void)
{
	take(0, 4 * CAPACITY, GFP_KERNEL);
}

static void take_one(void)
{
	take(0, 1, GFP_KERNEL);
}

/* More than the sheaves have, so that one is filled from slabs. */
static void take_more(void)
{
	take(0, 6 * CAPACITY, GFP_KERNEL);
}

/* Groups go to their slabs: several with 7 free objects, which are more than
 * a sheaf of 12 takes. */
static void refill_from_listed(void)
{
	kmem_cache_shrink(s);
	for (unsigned slab = 8; slab < 12; slab++)
		kfree_bulk(PER_SLAB - 1, &objects[slab * PER_SLAB]);
	take(0, 1, GFP_KERNEL);
}

/* Full sheaves in the barn, and on this CPU; then the kernel is spoilt. */
static void spoil(void *arg)
{
	const struct plant *plant = arg;

	create();
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 10 * CAPACITY, objects));
	give(0, 5 * CAPACITY);
	slab_audit();
	must(!nr_kernel_bugs() && fault_set(plant->fault, true) == 0);
	plant->fn();
	fault_set(plant->fault, false);
	slab_audit();
}

static void planted_faults_are_caught(void **state)
{
	static const struct plant planted[] = {
		{ "barn_miscounts", "invariant I22 violated", empty_the_barn },
		{ "sheaf_spare_is_main", "invariant I22 violated", take_more },
		{ "sheaf_keeps_popped", "invariant I4 violated", take_one },
		{ "sheaf_surplus_kept", "invariant I13 violated",
		  refill_from_listed },
	};

	for (size_t i = 0; i < ARRAY_SIZE(planted); i++)
		run(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		    .expect_text = planted[i].text }, spoil,
		    (void *)&planted[i]);
}

TEST_MAIN(cmocka_unit_test(capacities_are_those_of_the_spec),
	  cmocka_unit_test(each_step_moves_its_counters),
	  cmocka_unit_test(boot_caches_have_none),
	  cmocka_unit_test(lent_sheaves_come_back),
	  cmocka_unit_test(sheaves_are_of_plain_memory),
	  cmocka_unit_test(an_object_of_another_cache_is_lost),
	  cmocka_unit_test(all_cpus_agree_under_stress),
	  cmocka_unit_test(running_out_ends_cleanly),
	  cmocka_unit_test(planted_faults_are_caught))
