/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB on one CPU: against a reference model, and each rung of its ladders by
 * the counters it must move (slub spec 3.2, 3.2b, 3.5, 4.1). The caches here
 * have 1024-byte objects: 8 in a slab of order 1, chains of 6 slabs, and a
 * node keeps 5 (spec 2.3, 2.4, one CPU).
 */
#include <string.h>

#include "mm/show_mem.h"
#include "tests/kernel.h"
#include "tests/slab_counts.h"
#include "tests/test.h"

#define SIZE		1024
#define PER_SLAB	8
#define CHAIN		6
#define KEEP		5
#define SPARE		(63 * PER_SLAB)	/* of objects[], for those not freed */

/* ---- any history, against a model ---- */
#define NR_LIVE		400
#define NR_STEPS	4000

struct model {
	struct kmem_cache	*s;
	unsigned		size;
	u64			nr_allocs;
	unsigned		nr_live;
	u64			*live[NR_LIVE];
};

/* What a live object holds, to its last word, tells whose it is. */
static void model_alloc(struct model *m, gfp_t gfp)
{
	u64 *p = kmem_cache_alloc(m->s, gfp);

	must(p);
	m->nr_allocs++;
	for (unsigned w = 0; w < m->size / 8; w++) {
		must(!(gfp & __GFP_ZERO) || !p[w]);
		p[w] = (u64)p + w;
	}
	m->live[m->nr_live++] = p;
}

static void model_free(struct model *m, unsigned i)
{
	u64 *p = m->live[i];

	for (unsigned w = 0; w < m->size / 8; w++)
		must(p[w] == (u64)p + w);
	kmem_cache_free(m->s, p);
	m->live[i] = m->live[--m->nr_live];
}

static void agree_on_live_objects(const struct model *m)
{
	u64 allocs = slub_stat_of(m->s, ALLOC_FASTPATH) +
		     slub_stat_of(m->s, ALLOC_SLOWPATH);
	u64 frees = slub_stat_of(m->s, FREE_FASTPATH) +
		    slub_stat_of(m->s, FREE_SLOWPATH);

	must(allocs == m->nr_allocs);
	must(allocs - frees == m->nr_live);
}

static void model_random(void *arg)
{
	static const unsigned sizes[] = { 8, 24, 120, 256, 1000, 4096 };
	static struct model m;
	u64 pages = global_node_page_state(NR_SLAB_UNRECLAIMABLE);
	struct rng rng;

	rng_seed(&rng, test_seed());
	m.size = sizes[rng_below(&rng, ARRAY_SIZE(sizes))];
	m.s = kmem_cache_create("model", m.size, 0, 0, NULL);
	must(m.s);
	for (unsigned step = 0; step < NR_STEPS; step++) {
		/* Waves: mostly filling, then mostly emptying. */
		unsigned chance = step / 500 % 2 ? 30 : 70;

		if (m.nr_live < NR_LIVE && rng_chance(&rng, chance))
			model_alloc(&m, rng_chance(&rng, 20) ?
				    GFP_KERNEL | __GFP_ZERO : GFP_ATOMIC);
		else if (m.nr_live)
			model_free(&m, (unsigned)rng_below(&rng, m.nr_live));
		if (step % 500 == 0) {
			agree_on_live_objects(&m);
			slab_audit();
		}
	}
	while (m.nr_live)
		model_free(&m, m.nr_live - 1);
	agree_on_live_objects(&m);
	slab_audit();
	kmem_cache_destroy(m.s);
	/* What is left is what creating a cache itself has cached. */
	must(global_node_page_state(NR_SLAB_UNRECLAIMABLE) <= pages + 3);
}

static void agrees_with_the_model(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 100 }, model_random,
		NULL);
}

/* ---- each rung by its counters ---- */
static void *objects[64 * PER_SLAB];

static void take(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++) {
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		must(objects[i]);
	}
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kmem_cache_free(s, objects[i]);
}

static struct slab *slab_of(const void *object)
{
	return page_slab(virt_to_head_page(object));
}

static void make(void)
{
	s = kmem_cache_create("ladder", SIZE, 0, 0, NULL);
	must(s && s->lay.oo.objects == PER_SLAB);
	must(s->lay.cpu_partial_slabs == CHAIN && s->lay.min_partial == KEEP);
	note_counts();
}

static void fast_and_new_slab(void *arg)
{
	make();
	take(0, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 });
	take(1, PER_SLAB - 1);
	MOVED({ ALLOC_FASTPATH, PER_SLAB - 1 });
	/* Ascending in a fresh slab: no randomisation. */
	for (unsigned i = 0; i < PER_SLAB; i++)
		must((char *)objects[i] == (char *)objects[0] + i * SIZE);
	give(0, 1);
	MOVED({ FREE_FASTPATH, 1 });
	/* Last in, first out. */
	must(kmem_cache_alloc(s, GFP_ATOMIC) == objects[0]);
	MOVED({ ALLOC_FASTPATH, 1 });
	/* The CPU's slab is full and nobody has freed into it. */
	take(PER_SLAB, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	      { ALLOC_SLAB, 1 });
	give(0, PER_SLAB + 1);
	kmem_cache_destroy(s);
}

static void chains(void *arg)
{
	make();
	take(0, 3 * PER_SLAB);
	note_counts();
	/* c: a full slab that is not the CPU's. b: the same again. */
	give(0, 1);
	MOVED({ FREE_SLOWPATH, 1 }, { CPU_PARTIAL_FREE, 1 });
	give(1, 1);
	MOVED({ FREE_SLOWPATH, 1 });
	/* d, not listed: all free, and stays on the chain. */
	give(2, PER_SLAB - 2);
	MOVED({ FREE_SLOWPATH, PER_SLAB - 2 });
	must(this_cpu_ptr(s->cpu_slab)->partial == slab_of(objects[0]));
	/* From the chain. */
	take(0, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	      { CPU_PARTIAL_ALLOC, 1 });
	take(1, PER_SLAB - 1);
	MOVED({ ALLOC_FASTPATH, PER_SLAB - 1 });
	give(0, 3 * PER_SLAB);
	kmem_cache_destroy(s);
}

/* One free each into nr full slabs: one goes to the chain each time. */
static void give_one_of_each(unsigned first_slab, unsigned nr)
{
	for (unsigned i = first_slab; i < first_slab + nr; i++)
		give(i * PER_SLAB, 1);
}

static void drains(void *arg)
{
	struct kmem_cache_node *n;

	make();
	n = get_node(s, 0);
	take(0, 21 * PER_SLAB);
	note_counts();
	give_one_of_each(0, CHAIN);
	MOVED({ FREE_SLOWPATH, CHAIN }, { CPU_PARTIAL_FREE, CHAIN });
	must(this_cpu_ptr(s->cpu_slab)->partial->slabs == CHAIN);
	/* The seventh finds the chain full: it goes to the node as a whole. */
	give_one_of_each(CHAIN, 1);
	MOVED({ FREE_SLOWPATH, 1 }, { CPU_PARTIAL_FREE, 1 },
	      { CPU_PARTIAL_DRAIN, 1 }, { FREE_ADD_PARTIAL, CHAIN });
	must(n->nr_partial == CHAIN);
	must(this_cpu_ptr(s->cpu_slab)->partial->slabs == 1);
	/* d, listed, and the node has KEEP without it: discarded. */
	give(1, PER_SLAB - 1);
	MOVED({ FREE_SLOWPATH, PER_SLAB - 1 }, { FREE_REMOVE_PARTIAL, 1 },
	      { FREE_SLAB, 1 });
	must(n->nr_partial == KEEP);
	/* The next one is still more than min_partial ... */
	give(PER_SLAB + 1, PER_SLAB - 1);
	MOVED({ FREE_SLOWPATH, PER_SLAB - 1 }, { FREE_REMOVE_PARTIAL, 1 },
	      { FREE_SLAB, 1 });
	must(n->nr_partial == KEEP - 1);
	/* ... and then empty ones are kept. */
	give(2 * PER_SLAB + 1, PER_SLAB - 1);
	MOVED({ FREE_SLOWPATH, PER_SLAB - 1 });
	must(n->nr_partial == KEEP - 1);
	give(3 * PER_SLAB + 1, PER_SLAB - 1);
	give(4 * PER_SLAB + 1, PER_SLAB - 1);
	give(5 * PER_SLAB + 1, PER_SLAB - 1);
	give(6 * PER_SLAB + 1, PER_SLAB - 1);
	give(7 * PER_SLAB, 14 * PER_SLAB);
	kmem_cache_destroy(s);
}

static void node_lists(void *arg)
{
	struct kmem_cache_node *n;

	make();
	n = get_node(s, 0);
	take(0, 15 * PER_SLAB);
	/* Two drained chains on the node, one slab on the chain. */
	give_one_of_each(0, 2 * CHAIN + 1);
	must(n->nr_partial == 2 * CHAIN);
	note_counts();
	/* The chain first, whose slab has one object. */
	take(SPARE, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	      { CPU_PARTIAL_ALLOC, 1 });
	/* Then the head of what was drained first, which was its newest, and
	 * CHAIN / 2 + 1 more for the chain. */
	take(SPARE, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	      { ALLOC_FROM_PARTIAL, 1 }, { CPU_PARTIAL_NODE, CHAIN / 2 + 1 });
	must(slab_of(objects[SPARE]) ==
	     slab_of(objects[(CHAIN - 1) * PER_SLAB + 1]));
	must(n->nr_partial == 2 * CHAIN - 1 - (CHAIN / 2 + 1));
	must(this_cpu_ptr(s->cpu_slab)->partial->slabs == CHAIN / 2 + 1);
	slab_audit();
	for (unsigned i = 0; i < CHAIN / 2 + 1; i++) {
		take(SPARE, 1);
		MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
		      { CPU_PARTIAL_ALLOC, 1 });
	}
	/* Without chains a node gives one slab at a time. */
	s->lay.cpu_partial_slabs = 0;
	take(SPARE, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	      { ALLOC_FROM_PARTIAL, 1 });
	must(n->nr_partial == 2 * CHAIN - 2 - (CHAIN / 2 + 1));
	slab_audit();
}

static void flushes(void *arg)
{
	struct kmem_cache_node *n;

	make();
	n = get_node(s, 0);
	take(0, 3 * PER_SLAB + 1);
	give_one_of_each(0, 2);
	note_counts();
	/* The CPU's slab has objects: to the head. The chain: to the tail. */
	must(kmem_cache_shrink(s) == 1);
	MOVED({ CPUSLAB_FLUSH, 1 }, { DEACTIVATE_TO_HEAD, 1 },
	      { FREE_ADD_PARTIAL, 2 });
	must(n->nr_partial == 3);
	/* The fullest come first: 1 free, 1 free, 7 free. */
	must(list_last_entry(&n->partial, struct slab, slab_list) ==
	     slab_of(objects[3 * PER_SLAB]));
	/* A full CPU slab is nobody's; the other two went to the chain. */
	take(0, 1);
	must(slab_of(objects[0]) != slab_of(objects[3 * PER_SLAB]));
	note_counts();
	must(kmem_cache_shrink(s) == 1);
	MOVED({ CPUSLAB_FLUSH, 1 }, { DEACTIVATE_FULL, 1 },
	      { FREE_ADD_PARTIAL, 2 });
	slab_audit();
	give(0, PER_SLAB);
	give(PER_SLAB + 1, 2 * PER_SLAB);
	/* Shrinking counts no FREE_SLAB. */
	note_counts();
	must(kmem_cache_shrink(s) == 0);
	must(slub_stat_of(s, FREE_SLAB) == was[FREE_SLAB]);
	must(atomic_long_read(&n->nr_slabs) == 0 && !n->nr_partial);
	slab_audit();
	kmem_cache_destroy(s);
}

static void each_rung_moves_its_counters(void **state)
{
	static void (*const ladders[])(void *arg) = {
		fast_and_new_slab, chains, drains, node_lists, flushes,
	};

	for (size_t i = 0; i < ARRAY_SIZE(ladders); i++)
		emulate(&(struct emulation){ .kernel = 1 }, ladders[i], NULL);
}

/* ---- nodes ---- */
static void other_nodes(void *arg)
{
	s = kmem_cache_create("nodes", SIZE, 0, 0, NULL);
	take(0, 1);
	must(slab_nid(slab_of(objects[0])) == 0);
	note_counts();
	objects[1] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	must(slab_nid(slab_of(objects[1])) == 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_NODE_MISMATCH, 1 },
	      { DEACTIVATE_TO_HEAD, 1 }, { ALLOC_SLAB, 1 });
	/* The CPU slab is node 1's now: any node will do for the next. */
	take(2, 1);
	must(slab_nid(slab_of(objects[2])) == 1);
	MOVED({ ALLOC_FASTPATH, 1 });
	/* Node 0 has a partial slab: no new one. */
	objects[3] = kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE, 0);
	must(slab_nid(slab_of(objects[3])) == 0);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_NODE_MISMATCH, 1 },
	      { DEACTIVATE_TO_HEAD, 1 }, { ALLOC_FROM_PARTIAL, 1 });
	give(0, 4);
	kmem_cache_destroy(s);
}

/* Node 1 has no free page left: preferred falls back, THISNODE fails. */
static void a_full_node(void *arg)
{
	u64 nr = 0;

	while (alloc_pages_node(1, GFP_NOWAIT | __GFP_THISNODE |
				__GFP_MEMALLOC, 0))
		nr++;
	must(nr > 1000);
	s = kmem_cache_create("nodes", SIZE, 0, 0, NULL);
	must(!kmem_cache_alloc_node(s, GFP_NOWAIT | __GFP_THISNODE, 1));
	objects[0] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	must(objects[0] && slab_nid(slab_of(objects[0])) == 0);
	give(0, 1);
	kmem_cache_destroy(s);
}

/* THISNODE without a node means this CPU's: however much another has. */
static void strict_without_a_node(void *arg)
{
	unsigned per_slab, nr;

	s = kmem_cache_create("nodes", SIZE, 0, 0, NULL);
	per_slab = s->lay.oo.objects;
	nr = (KEEP + 3) * per_slab;
	for (unsigned i = 0; i < nr; i++)
		objects[i] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	for (unsigned i = 0; i < nr; i += per_slab)
		give(i, 1);
	must(kmem_cache_shrink(s) == 1);
	must(get_node(s, 1)->nr_partial > KEEP);
	for (unsigned i = 0; i < 3; i++) {
		void *p = kmem_cache_alloc(s, GFP_KERNEL | __GFP_THISNODE);

		must(slab_nid(slab_of(p)) == 0);
		kmem_cache_free(s, p);
		must(kmem_cache_shrink(s) == 1);
	}
	for (unsigned i = 0; i < nr; i += per_slab)
		give(i + 1, per_slab - 1);
	kmem_cache_destroy(s);
}

static void nodes_are_preferred_or_strict(void **state)
{
	const struct emulation two = { .kernel = 1, .cpus = 2, .nodes = 2 };

	emulate(&two, other_nodes, NULL);
	emulate(&two, a_full_node, NULL);
	emulate(&two, strict_without_a_node, NULL);
}

/* ---- memory is short ---- */
/* Free memory is single pages only: slabs of order 1 cannot be had. */
static void fragment_memory(void *arg)
{
	static struct page *pages[1u << 15];
	unsigned nr = 0;

	make();
	while (nr < ARRAY_SIZE(pages) &&
	       (pages[nr] = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0)))
		nr++;
	must(nr < ARRAY_SIZE(pages));
	for (unsigned i = 0; i < nr; i++)
		if (page_to_pfn(pages[i]) % 2)
			__free_pages(pages[i], 0);
	take(0, 1);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 }, { ORDER_FALLBACK, 1 });
	must(slab_counters(slab_of(objects[0])).objects == 4);
	must(slab_order(slab_of(objects[0])) == 0);
	take(1, 20);
	slab_audit();
	give(0, 21);
}

static void exhaust_memory(void *arg)
{
	make();
	while (alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0))
		;
	must(!kmem_cache_alloc(s, GFP_ATOMIC));
	MOVED({ ALLOC_SLOWPATH, 1 });
	must(!kmem_cache_alloc(s, GFP_NOWAIT));
	must(!kmalloc(20000, GFP_NOWAIT));
}

/* The one partial slab is of emergency memory: not for this caller. */
static void exhaust_but_for_the_reserve(void *arg)
{
	make();
	/* kswapd takes watermark boosts back, which gives pages again. */
	do {
		flush_all_workqueues();
		while (alloc_pages(GFP_NOWAIT, 0))
			;
		flush_all_workqueues();
	} while (alloc_pages(GFP_NOWAIT, 0));
	objects[0] = kmem_cache_alloc(s, GFP_NOWAIT | __GFP_MEMALLOC);
	must(objects[0] && kmem_cache_shrink(s) == 1);
	must(get_node(s, 0)->nr_partial == 1);
	must(!kmem_cache_alloc(s, __GFP_KSWAPD_RECLAIM));
	give(0, 1);
}

static void reports_are_rationed(void *arg)
{
	static struct ratelimit_state rs = { .interval_ns = 1000000,
					     .burst = 3 };
	unsigned said = 0;

	for (unsigned i = 0; i < 10; i++)
		said += __ratelimit(&rs);
	must(said == 3 || !machine_is_virtual());
	ndelay(1000001);
	must(__ratelimit(&rs));
}

static void short_memory_falls_back_then_fails(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, fragment_memory, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_text =
		"SLUB: Unable to allocate memory on CPU 0 (of node 0) on node "
		"-1, gfp=0x820(GFP_ATOMIC)" }, exhaust_memory, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_text =
		"  cache: ladder, object size: 1024, buffer size: 1024, "
		"default order: 1, min order: 0" }, exhaust_memory, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_text =
		"  node 0: slabs: 1, objs: 8, free: 7" },
		exhaust_but_for_the_reserve, NULL);
	emulate(&(struct emulation){ .kernel = 1 }, reports_are_rationed,
		NULL);
}

/* ---- constructors ---- */
static unsigned nr_constructed;

static void construct(void *object)
{
	*(u64 *)object = 0x600d;
	nr_constructed++;
}

static void construct_once(void *arg)
{
	s = kmem_cache_create("ctor", 120, 0, 0, construct);
	for (unsigned round = 0; round < 3; round++) {
		take(0, s->lay.oo.objects);
		must(nr_constructed == s->lay.oo.objects);
		for (unsigned i = 0; i < s->lay.oo.objects; i++)
			must(*(u64 *)objects[i] == 0x600d);
		give(0, s->lay.oo.objects);
	}
	kmem_cache_destroy(s);
}

static void construct_and_zero(void *arg)
{
	s = kmem_cache_create("ctor", 120, 0, 0, construct);
	must(kmem_cache_alloc(s, GFP_KERNEL | __GFP_ZERO));
}

static void a_constructor_runs_once_an_object(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_text =
		"WARNING: ctor: zeroing wipes what the constructor has made" },
		construct_and_zero, NULL);
	emulate(&(struct emulation){ .kernel = 1 }, construct_once, NULL);
}

/* ---- what a caller does wrong ---- */
static void destroy_in_use(void *arg)
{
	char name[] = "in_use";

	s = kmem_cache_create(name, 100, 0, 0, NULL);
	name[0] = 'x';	/* the cache has a copy */
	take(0, 1);
	kmem_cache_destroy(s);
	give(0, 1);
	slab_audit();
}

static void free_to_another(void *arg)
{
	struct kmem_cache *other = kmem_cache_create("b", 64, 0, 0, NULL);
	void *p;

	s = kmem_cache_create("a", 64, 0, 0, NULL);
	p = kmem_cache_alloc(other, GFP_KERNEL);
	kmem_cache_free(s, p);
	/* It went to where it belongs. */
	must(kmem_cache_alloc(other, GFP_KERNEL) == p);
}

static void create_nonsense(void *arg)
{
	must(!kmem_cache_create("none", 0, 0, 0, NULL));
	must(!kmem_cache_create("odd", 64, 24, 0, NULL));
	must(!kmem_cache_create("huge", (4u << 20) + 1, 0, 0, NULL));
	must(!kmem_cache_create("flag", 64, 0, 1, NULL));
}

/* An alias keeps the cache. */
static void destroy_one_of_two(void *arg)
{
	s = kmem_cache_create("shared", 100, 0, 0, NULL);
	s->refcount++;
	kmem_cache_destroy(s);
	must(s->refcount == 1 &&
	     list_first_entry(&slab_caches, struct kmem_cache, list) == s);
	take(0, 1);
	give(0, 1);
	kmem_cache_destroy(s);
	must(list_first_entry(&slab_caches, struct kmem_cache, list) != s);
}

static void misuse_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, destroy_one_of_two, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "kmem_cache_destroy in_use: Slab cache still "
		"has objects" }, destroy_in_use, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Wrong slab cache. a but object is from b" },
		free_to_another, NULL);
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "failed with error -22" }, create_nonsense,
		NULL);
}

/* ---- the caches of the boot ---- */
static void look_at_boot(void *arg)
{
	u64 sums[NR_SLUB_STAT_ITEMS];
	unsigned nr = 0;

	slab_audit();
	must(!strcmp(kmem_cache_name(kmem_cache), "kmem_cache"));
	list_for_each_entry(s, &slab_caches, list) {
		must(slab_of(s)->slab_cache == kmem_cache);
		must(slab_of(get_node(s, 0))->slab_cache == kmem_cache_node);
		nr++;
	}
	must(nr >= 2 + 3 * 13);
	slub_stat_reset();
	slub_stat_sum(sums);
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		must(!sums[i] && slub_stat_names[i]);
	kfree(kmalloc(100, GFP_KERNEL));
	slub_stat_sum(sums);
	must(sums[ALLOC_FASTPATH] + sums[ALLOC_SLOWPATH] == 1);
	must(sums[FREE_FASTPATH] == 1);
	slab_audit();
}

static void caches_lie_in_caches(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, look_at_boot, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 4 },
		look_at_boot, NULL);
}

TEST_MAIN(cmocka_unit_test(agrees_with_the_model),
	  cmocka_unit_test(each_rung_moves_its_counters),
	  cmocka_unit_test(nodes_are_preferred_or_strict),
	  cmocka_unit_test(short_memory_falls_back_then_fails),
	  cmocka_unit_test(a_constructor_runs_once_an_object),
	  cmocka_unit_test(misuse_is_reported),
	  cmocka_unit_test(caches_lie_in_caches))
