/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics that the ladders' own tests do not come by (slub spec 4.1): lost
 * exchanges, slabs that others have freed to when they are given up, and all
 * that caches of 7.0 count beneath their sheaves. The others are in
 * test_slub.c, test_slub_cost.c, test_layered.c, test_sheaves.c and
 * test_sheaf_rcu.c.
 */
#include "cpus/boot.h"
#include "mm/page_alloc.h"
#include "mm/sheaf.h"
#include "tests/kernel.h"
#include "tests/slab_counts.h"
#include "tests/test.h"

#define SIZE		1024
#define PER_SLAB	8	/* one CPU; 16 with two (slub spec 2.3) */

static void *objects[400];

static void create(const char *name, u32 flags)
{
	s = kmem_cache_create(name, SIZE, 0, flags | SLAB_NO_MERGE, NULL);
	must(s);
	note_counts();
}

static void take(unsigned first, unsigned nr, gfp_t gfp)
{
	for (unsigned i = first; i < first + nr; i++)
		must((objects[i] = kmem_cache_alloc(s, gfp)));
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kmem_cache_free(s, objects[i]);
}

static void run(const struct slab_ops *engine, const struct emulation *e,
		void (*fn)(void *arg))
{
	slab_ops = engine;
	emulate(e, fn, NULL);
	slab_ops = &slab_slub;
}

/* ---- a CPU slab that others have freed to ---- */
static void give_one(void *arg)
{
	kmem_cache_free(s, arg);
}

static void flush_after_remote_free(void *arg)
{
	create("remote", 0);
	take(0, 2, GFP_KERNEL);
	note_counts();
	task_join(task_create(1, "giver", give_one, objects[0]));
	MOVED({ FREE_SLOWPATH, 1 }, { FREE_FROZEN, 1 });
	slab_ops->flush_cpu(s);
	MOVED({ CPUSLAB_FLUSH, 1 }, { DEACTIVATE_REMOTE_FREES, 1 },
	      { DEACTIVATE_TO_TAIL, 1 });
	give(1, 1);
	kmem_cache_destroy(s);
}

static void remote_frees_are_seen_when_a_slab_is_given_up(void **state)
{
	run(&slab_slub, &(struct emulation){ .kernel = 1, .cpus = 2 },
	    flush_after_remote_free);
}

/* ---- lost exchanges ---- */
#define ROUNDS	3000

static u64 nr_interrupts;

static void interrupt(void)
{
	void *p = kmem_cache_alloc(s, GFP_ATOMIC);

	must(p);
	kmem_cache_free(s, p);
	WRITE_ONCE(nr_interrupts, nr_interrupts + 1);
}

static void take_and_give(void)
{
	take(0, 1, GFP_ATOMIC);
	give(0, 1);
}

/* Another CPU interrupts the first, anywhere in its operations. */
static void be_interrupted(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (cpu) {
			ndelay(rng_below(&rng, 100));
			machine_kick(0, CPU_IRQ_DEVICE);
		} else {
			take_and_give();
		}
		cpu_poll();
	}
}

static u64 stored_here(void)
{
	struct machine_stat machine;

	machine_stat_read(&machine);
	return machine.local_exchanges;
}

/* Every exchange is counted as done or as lost; natively none is lost, since
 * interrupts come between operations. */
static void lose_on_one_cpu(void *arg)
{
	u64 stored;

	create("lost", 0);
	take(0, 1, GFP_KERNEL);
	give(0, 1);
	note_counts();
	for (unsigned i = 0; i < ROUNDS; i++)
		take_and_give();
	MOVED({ ALLOC_FASTPATH, ROUNDS }, { FREE_FASTPATH, ROUNDS });
	machine_set_device_handler(interrupt);
	stored = stored_here();
	on_all_cpus(be_interrupted, NULL);
	schedule_timeout_ns(1000000);
	machine_set_device_handler(NULL);
	must(nr_interrupts > 0);
	must(slub_stat_of(s, ALLOC_FASTPATH) - was[ALLOC_FASTPATH] +
	     slub_stat_of(s, ALLOC_SLOWPATH) - was[ALLOC_SLOWPATH] ==
	     ROUNDS + nr_interrupts);
	if (machine_is_virtual()) {
		must(slub_stat_of(s, ALLOC_FASTPATH) - was[ALLOC_FASTPATH] +
		     slub_stat_of(s, FREE_FASTPATH) - was[FREE_FASTPATH] ==
		     stored_here() - stored);
		must(slub_stat_of(s, CMPXCHG_DOUBLE_CPU_FAIL) > 0);
	} else {
		must(!slub_stat_of(s, CMPXCHG_DOUBLE_CPU_FAIL));
	}
	kmem_cache_destroy(s);
}

/* Objects of one slab, which is another CPU's, freed by all at once. */
static void give_mine(void *arg, unsigned cpu)
{
	for (unsigned i = cpu; i < s->lay.oo.objects - 1; i += nr_cpu_ids)
		if (cpu)
			kmem_cache_free(s, objects[i]);
}

static u64 stored_anywhere(void)
{
	struct machine_stat machine;

	machine_stat_read(&machine);
	return machine.locked_exchanges;
}

/* A free that loses its exchange tries again: it is one free all the same. */
static void lose_between_cpus(void *arg)
{
	u64 lost = 0, freed, stored;

	create("raced", 0);
	for (unsigned round = 0; round < 200 && !lost; round++) {
		take(0, s->lay.oo.objects - 1, GFP_KERNEL);
		note_counts();
		stored = stored_anywhere();
		on_all_cpus(give_mine, NULL);
		freed = slub_stat_of(s, FREE_SLOWPATH) - was[FREE_SLOWPATH];
		must(slub_stat_of(s, FREE_FROZEN) - was[FREE_FROZEN] == freed);
		must(stored_anywhere() - stored == freed ||
		     !machine_is_virtual());
		lost = slub_stat_of(s, CMPXCHG_DOUBLE_FAIL);
		for (unsigned i = 0; i < s->lay.oo.objects - 1;
		     i += nr_cpu_ids)
			give(i, 1);
	}
	must(lost > 0 || !machine_is_virtual());
	kmem_cache_destroy(s);
}

static void lost_exchanges_are_counted(void **state)
{
	run(&slab_slub, &(struct emulation){ .kernel = 1, .cpus = 2 },
	    lose_on_one_cpu);
	run(&slab_slub, &(struct emulation){ .kernel = 1, .cpus = 4 },
	    lose_between_cpus);
}

/* ---- slabs of other nodes (slub spec 3.3) ---- */
#define FAR		8	/* slabs of node 1 */
#define SEARCHES	2000

/* All with a free object, on node 1's list; this CPU, of node 0, has none. */
static void fill_far_list(void)
{
	unsigned per_slab, i;

	create("far", 0);
	per_slab = s->lay.oo.objects;
	for (i = 0; i < FAR * per_slab; i++)
		must((objects[i] = kmem_cache_alloc_node(s, GFP_KERNEL |
							 __GFP_THISNODE, 1)));
	for (i = 0; i < FAR; i++)
		give(i * per_slab, 1);
	slab_ops->flush_cpu(s);
	must(get_node(s, 1)->nr_partial == FAR && !get_node(s, 0)->nr_partial);
}

/* One object from nowhere: of an old slab, or of a new one? */
static bool finds_old_slab(void)
{
	u64 before = slub_stat_of(s, ALLOC_SLAB);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	bool old = slub_stat_of(s, ALLOC_SLAB) == before;

	must(object);
	must(slab_nid(page_slab(virt_to_head_page(object))) == old);
	kmem_cache_free(s, object);
	slab_ops->flush_cpu(s);
	return old;
}

static void search_far_list(void *arg)
{
	unsigned skipped = 0;

	fill_far_list();
	s->remote_node_defrag_ratio = 0;
	must(!finds_old_slab());
	kmem_cache_shrink(s);
	/* Never skipped; but node 1 may keep as many as it has. */
	s->remote_node_defrag_ratio = 1024;
	s->lay.min_partial = FAR;
	must(!finds_old_slab());
	kmem_cache_shrink(s);
	s->lay.min_partial = FAR - 1;
	must(finds_old_slab());
	/* By default 23 times of 1024: 45 of 2000, and 4 sigma are 27. */
	s->remote_node_defrag_ratio = 1000;
	s->lay.min_partial = 0;
	for (unsigned i = 0; i < SEARCHES; i++) {
		ndelay(i * 7 % 64);
		skipped += !finds_old_slab();
	}
	must(skipped >= 45 - 27 && skipped <= 45 + 27);
}

static void slabs_of_other_nodes_are_taken_now_and_then_not(void **state)
{
	run(&slab_slub, &(struct emulation){ .kernel = 1, .cpus = 2,
	    .nodes = 2 }, search_far_list);
}

/* ---- 7.0, beneath sheaves: a cache that has none ---- */
static void climb_slabs(void *arg)
{
	create("bare", SLAB_NOLEAKTRACE);
	must(!s->sheaves && s->no_cpu_slabs && s->lay.oo.objects == PER_SLAB);
	take(0, 1, GFP_KERNEL);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 });
	take(1, PER_SLAB - 1, GFP_KERNEL);
	MOVED({ ALLOC_SLOWPATH, PER_SLAB - 1 });
	/* It was full: to the list's tail. */
	give(0, 1);
	MOVED({ FREE_SLOWPATH, 1 }, { FREE_ADD_PARTIAL, 1 });
	give(1, PER_SLAB - 2);
	MOVED({ FREE_SLOWPATH, PER_SLAB - 2 });
	s->lay.min_partial = 0;
	give(PER_SLAB - 1, 1);
	MOVED({ FREE_SLOWPATH, 1 }, { FREE_REMOVE_PARTIAL, 1 },
	      { FREE_SLAB, 1 });
	/* Bulk allocation adds objects, and takes whole freelists. */
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 2 * PER_SLAB, objects));
	MOVED({ ALLOC_SLOWPATH, 2 * PER_SLAB }, { ALLOC_SLAB, 2 });
	/* All of a full slab at once: it was never listed. */
	kfree_bulk(PER_SLAB, objects);
	MOVED({ FREE_SLOWPATH, PER_SLAB }, { FREE_SLAB, 1 });
	kmem_cache_free_bulk(s, PER_SLAB, objects + PER_SLAB);
	MOVED({ FREE_SLOWPATH, PER_SLAB }, { FREE_SLAB, 1 });
	kmem_cache_destroy(s);
}

/* What a refill takes too many goes back as a free. */
static void refill_too_many(void *arg)
{
	create("surplus", SLAB_NOLEAKTRACE);
	take(0, PER_SLAB, GFP_KERNEL);
	give(0, PER_SLAB - 1);
	note_counts();
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 3, objects));
	MOVED({ ALLOC_SLOWPATH, 3 }, { FREE_SLOWPATH, PER_SLAB - 1 - 3 },
	      { FREE_ADD_PARTIAL, 1 });
	give(0, 3);
	give(PER_SLAB - 1, 1);
	kmem_cache_destroy(s);
}

/* Asked for another node, or holding another's: the slab path. */
static void mismatch(void *arg)
{
	create("nodes", 0);
	objects[0] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	MOVED({ ALLOC_NODE_MISMATCH, 1 }, { ALLOC_SLOWPATH, 1 },
	      { ALLOC_SLAB, 1 });
	/* Not this CPU's to keep. */
	give(0, 1);
	MOVED({ FREE_SLOWPATH, 1 });
	kmem_cache_destroy(s);
}

static void fall_back_to_smaller_slabs(void *arg)
{
	static struct page *pages[1u << 15];
	unsigned nr = 0;

	create("small", SLAB_NOLEAKTRACE);
	while (nr < ARRAY_SIZE(pages) &&
	       (pages[nr] = alloc_pages(GFP_NOWAIT | __GFP_MEMALLOC, 0)))
		nr++;
	must(nr < ARRAY_SIZE(pages));
	for (unsigned i = 0; i < nr; i++)
		if (page_to_pfn(pages[i]) % 2)
			__free_pages(pages[i], 0);
	take(0, 1, GFP_KERNEL);
	MOVED({ ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 }, { ORDER_FALLBACK, 1 });
	give(0, 1);
}

static void slabs_without_cpus_move_their_counters(void **state)
{
	const struct emulation one = { .kernel = 1 };

	run(&slab_sheaves, &one, climb_slabs);
	run(&slab_sheaves, &one, refill_too_many);
	run(&slab_sheaves, &one, fall_back_to_smaller_slabs);
	run(&slab_sheaves, &(struct emulation){ .kernel = 1, .cpus = 2,
	    .nodes = 2 }, mismatch);
}

/* ---- lent sheaves that cannot be this CPU's spare ---- */
static void return_slowly(void *arg)
{
	const struct kmem_cache_args asks = { .sheaf_capacity = 12 };
	struct slab_sheaf *one, *other, *third;
	struct node_barn *barn;

	s = __kmem_cache_create_args("lent", SIZE, &asks, SLAB_NO_MERGE);
	barn = get_barn(s);
	one = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 12);
	other = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 12);
	third = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 12);
	must(one && other && third);
	note_counts();
	kmem_cache_return_sheaf(s, GFP_KERNEL, one);
	MOVED({ SHEAF_RETURN_FAST, 1 });
	/* There is a spare: full again, to the barn. It is full. */
	kmem_cache_return_sheaf(s, GFP_KERNEL, other);
	MOVED({ SHEAF_RETURN_SLOW, 1 }, { BARN_PUT, 1 });
	must(barn->nr_full == 1);
	/* The barn has enough of them: emptied and freed. */
	barn->nr_full += MAX_FULL_SHEAVES;
	kmem_cache_return_sheaf(s, GFP_KERNEL, third);
	barn->nr_full -= MAX_FULL_SHEAVES;
	must(slub_stat_of(s, SHEAF_RETURN_SLOW) == was[SHEAF_RETURN_SLOW] + 1);
	must(slub_stat_of(s, SHEAF_FLUSH) == was[SHEAF_FLUSH] + 12);
	must(slub_stat_of(s, SHEAF_FREE) == was[SHEAF_FREE] + 1);
	kmem_cache_destroy(s);
}

static void sheaves_return_fast_or_slowly(void **state)
{
	run(&slab_layered, &(struct emulation){ .kernel = 1 }, return_slowly);
	run(&slab_sheaves, &(struct emulation){ .kernel = 1 }, return_slowly);
}

TEST_MAIN(cmocka_unit_test(remote_frees_are_seen_when_a_slab_is_given_up),
	  cmocka_unit_test(lost_exchanges_are_counted),
	  cmocka_unit_test(slabs_of_other_nodes_are_taken_now_and_then_not),
	  cmocka_unit_test(slabs_without_cpus_move_their_counters),
	  cmocka_unit_test(sheaves_return_fast_or_slowly))
