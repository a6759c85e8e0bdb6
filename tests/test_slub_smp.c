/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB on many CPUs: objects freed where they were not allocated, interrupts
 * that allocate in the middle of everything, flushing and destroying while
 * others work; and every planted fault, which its invariant must catch.
 */
#include <string.h>

#include "cpus/boot.h"
#include "mm/slab_def.h"
#include "tests/kernel.h"
#include "tests/slab_stress.h"
#include "tests/test.h"

static struct kmem_cache *s;

static void wait_for(u32 *word, u32 value)
{
	while (smp_load_acquire(word) != value)
		cpu_relax();
}

/* ---- remote frees, one by one ---- */
#define PER_SLAB	16	/* 2 CPUs: 1024 bytes, order 2 (spec 2.3) */

static void *handed[4 * PER_SLAB];
static u32 turn;

static u64 count(enum stat_item item)
{
	return slub_stat_of(s, item);
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kmem_cache_free(s, handed[i]);
}

/* CPU 1 frees what CPU 0 has allocated, into each kind of slab. */
static void free_for_the_other(void)
{
	wait_for(&turn, 1);
	/* a: the slab that CPU 0 is allocating from. */
	give(0, 3);
	must(count(FREE_SLOWPATH) == 3 && count(FREE_FROZEN) == 3);
	smp_store_release(&turn, 2);
	wait_for(&turn, 3);
	/* c, then b: a full slab comes to this CPU's chain. */
	give(0, 2);
	must(count(CPU_PARTIAL_FREE) == 1 && count(FREE_FROZEN) == 3);
	must(this_cpu_ptr(s->cpu_slab)->partial ==
	     page_slab(virt_to_head_page(handed[0])));
	smp_store_release(&turn, 4);
}

static void allocate_for_the_other(void)
{
	for (unsigned i = 0; i < PER_SLAB; i++)
		handed[i] = kmem_cache_alloc(s, GFP_KERNEL);
	must(count(ALLOC_SLAB) == 1);
	smp_store_release(&turn, 1);
	wait_for(&turn, 2);
	/* The three come back in one go. */
	for (unsigned i = 0; i < 3; i++)
		handed[i] = kmem_cache_alloc(s, GFP_KERNEL);
	must(count(ALLOC_REFILL) == 1 && count(ALLOC_SLAB) == 1);
	/* Another slab becomes this CPU's; the first is full and nobody's. */
	handed[PER_SLAB] = kmem_cache_alloc(s, GFP_KERNEL);
	must(count(DEACTIVATE_BYPASS) == 1 && count(ALLOC_SLAB) == 2);
	smp_store_release(&turn, 3);
	wait_for(&turn, 4);
	give(2, PER_SLAB - 1);
}

static void two_cpus(void *arg, unsigned cpu)
{
	if (cpu)
		free_for_the_other();
	else
		allocate_for_the_other();
}

static void hand_over(void *arg)
{
	s = kmem_cache_create("remote", 1024, 0, 0, NULL);
	must(s->lay.oo.objects == PER_SLAB);
	on_all_cpus(two_cpus, NULL);
	slab_audit();
	/* What CPU 1 has on its chain is flushed there. */
	kmem_cache_destroy(s);
}

static void remote_frees_climb_their_ladder(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 20 },
		hand_over, NULL);
}

/* ---- any history on all CPUs ---- */
/* Identities of spec 4.1. */
static void identities_hold(u64 made, u64 live)
{
	must(slab_stress_sum(ALLOC_FASTPATH) +
	     slab_stress_sum(ALLOC_SLOWPATH) == made);
	must(slab_stress_sum(FREE_FASTPATH) +
	     slab_stress_sum(FREE_SLOWPATH) == made - live);
	must(slab_stress_sum(FREE_FROZEN) + slab_stress_sum(CPU_PARTIAL_FREE) <=
	     slab_stress_sum(FREE_SLOWPATH));
	must(slab_stress_sum(ALLOC_REFILL) +
	     slab_stress_sum(CPU_PARTIAL_ALLOC) +
	     slab_stress_sum(ALLOC_FROM_PARTIAL) +
	     slab_stress_sum(ALLOC_SLAB) <= slab_stress_sum(ALLOC_SLOWPATH));
}

static void all_cpus_agree_under_stress(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 60 },
		slab_stress, identities_hold);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
		.seeds = 40 }, slab_stress, identities_hold);
}

static void sixteen_cpus_agree(void **state)
{
	emulate(&(struct emulation){ .kernel = 1,
		.cpus = machine_is_virtual() ? 16 : 4, .nodes = 4,
		.seeds = 4 }, slab_stress, identities_hold);
}

/* ---- the detectors of misuse, against a race ---- */
static void free_the_same(void *arg, unsigned cpu)
{
	kmem_cache_free(s, handed[0]);
}

static void free_on_two_cpus(void *arg)
{
	s = kmem_cache_create("twice", 64, 0, 0, NULL);
	handed[0] = kmem_cache_alloc(s, GFP_KERNEL);
	on_all_cpus(free_the_same, NULL);
}

static void a_racing_double_free_is_found(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 20,
		.expect_exit = 6, .expect_text =
		"BUG twice (Not tainted): Object already free" },
		free_on_two_cpus, NULL);
}

/* ---- planted faults ---- */
static void *kept[64 * PER_SLAB];

static void take_kept(unsigned first, unsigned nr, gfp_t gfp, int node)
{
	for (unsigned i = first; i < first + nr; i++)
		kept[i] = kmem_cache_alloc_node(s, gfp, node);
}

static void give_kept(unsigned first, unsigned nr, unsigned step)
{
	for (unsigned i = first; i < first + nr; i += step)
		kmem_cache_free(s, kept[i]);
}

/* A step; nothing after the first report, for the kernel is broken then. */
#define STEP(what) do { \
		what; \
		slab_audit(); \
		if (nr_kernel_bugs()) \
			return; \
	} while (0)

/*
 * Goes once over every rung; what each fault spoils is then found by the audit
 * or was found on the way.
 */
static void walk_the_ladders(void *arg)
{
	s = kmem_cache_create("faulty", 1024, 256, 0, NULL);
	STEP(take_kept(0, 1, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE));
	STEP(take_kept(1, PER_SLAB, GFP_KERNEL, NUMA_NO_NODE));
	STEP(take_kept(1 + PER_SLAB, 23 * PER_SLAB, GFP_KERNEL, NUMA_NO_NODE));
	STEP(give_kept(0, 24 * PER_SLAB, 8));
	for (unsigned i = 0; i < 3 * PER_SLAB; i++)
		STEP(take_kept(30 * PER_SLAB + i, 1, GFP_KERNEL,
			       NUMA_NO_NODE));
	STEP(take_kept(40 * PER_SLAB, 1, GFP_KERNEL | __GFP_THISNODE, 1));
	STEP(take_kept(41 * PER_SLAB, 1, GFP_KERNEL | __GFP_THISNODE, 0));
	STEP(kmem_cache_shrink(s));
}

/* The CPU's slab is full when another node's takes its place. */
static void displace_a_full_slab(void *arg)
{
	s = kmem_cache_create("faulty", 1024, 256, 0, NULL);
	STEP(take_kept(0, PER_SLAB, GFP_KERNEL, NUMA_NO_NODE));
	STEP(take_kept(PER_SLAB, 1, GFP_KERNEL | __GFP_THISNODE, 1));
}

/* Frees more than nodes keep, so that slabs are discarded. */
static void empty_everything(void *arg)
{
	s = kmem_cache_create("faulty", 1024, 256, 0, NULL);
	take_kept(0, 24 * PER_SLAB, GFP_KERNEL, NUMA_NO_NODE);
	STEP(give_kept(0, 12 * PER_SLAB, PER_SLAB));
	for (unsigned i = 0; i < 12; i++)
		STEP(give_kept(i * PER_SLAB + 1, PER_SLAB - 1, 1));
	STEP(kmem_cache_shrink(s));
}

static void make_an_odd_cache(void *arg)
{
	s = kmem_cache_create("faulty", 1000, 256, 0, NULL);
	STEP(take_kept(0, 2, GFP_KERNEL, NUMA_NO_NODE));
}

/* Sizes at the top of their class, which is then the one below. */
static void kmalloc_some(void *arg)
{
	for (size_t size = 9; size <= 8192; size *= 2)
		kfree(kmalloc(size, GFP_KERNEL));
}

/* Both free into slabs the other takes from. */
static void ping_pong(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 3000; i++) {
		void *p = xchg(&handed[i % 8], kmem_cache_alloc(s, GFP_ATOMIC));

		if (p)
			kmem_cache_free(s, p);
		cpu_poll();
	}
}

static void race_on_slabs(void *arg)
{
	s = kmem_cache_create("faulty", 1024, 0, 0, NULL);
	on_all_cpus(ping_pong, NULL);
	slab_audit();
}

static const struct plant {
	const char	*fault, *text;
	void		(*fn)(void *arg);
} planted[] = {
	{ "slub_one_too_many", "invariant I1 violated", walk_the_ladders },
	{ "slub_deactivate_short", "invariant I2 violated", walk_the_ladders },
	{ "slub_free_miscounts", "invariant I2 violated", walk_the_ladders },
	{ "slub_crossed_link", "invariant I3 violated", walk_the_ladders },
	{ "slub_keep_head", "invariant I4 violated", walk_the_ladders },
	{ "slub_keep_chained", "invariant I5 violated", walk_the_ladders },
	{ "slub_no_list_mark", "invariant I6 violated", walk_the_ladders },
	{ "slub_not_frozen", "invariant I7 violated", walk_the_ladders },
	{ "slub_list_full", "invariant I8 violated", displace_a_full_slab },
	{ "slub_lose_count", "invariant I9 violated", walk_the_ladders },
	{ "slub_discard_eagerly", "invariant I10 violated", empty_everything },
	{ "slub_chain_count", "invariant I11 violated", walk_the_ladders },
	{ "slub_lose_objects", "invariant I12 violated", empty_everything },
	{ "slub_drop_slab", "invariant I13 violated", walk_the_ladders },
	{ "slub_lose_pages", "invariant I14 violated", empty_everything },
	{ "slab_wrong_align", "invariant I15 violated", make_an_odd_cache },
	{ "kmalloc_small_class", "invariant I15 violated", kmalloc_some },
	{ "slab_zero_half", "invariant I16 violated", walk_the_ladders },
	{ "slub_any_node", "invariant I17 violated", walk_the_ladders },
	{ "slub_stale_tid", "invariant I18 violated", walk_the_ladders },
	{ "slub_flush_keeps_tid", "invariant I18 violated", walk_the_ladders },
	{ "slab_two_owners", "invariant I19 violated", walk_the_ladders },
	{ "slub_free_uncounted", "invariant I21 violated", empty_everything },
	{ "slub_discard_locked", "invariant I24 violated", empty_everything },
};

/* The boot is sound: what is spoilt is spoilt here. */
static void spoil(void *arg)
{
	const struct plant *plant = arg;

	must(fault_set(plant->fault, true) == 0);
	plant->fn(NULL);
}

static void planted_faults_are_caught(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(planted); i++)
		emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
			.nodes = 2, .expect_exit = 6,
			.expect_text = planted[i].text }, spoil,
			(void *)&planted[i]);
	/* Unspoilt, the same steps are sound. */
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .nodes = 2 },
		walk_the_ladders, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .nodes = 2 },
		empty_everything, NULL);
}

static void a_torn_exchange_is_caught(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, race_on_slabs,
		NULL);
	if (!machine_is_virtual())
		return;
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 5,
		.expect_exit = 6, .expect_text = "invariant I" },
		spoil, &(struct plant){ "slub_split_exchange", "",
		race_on_slabs });
}

TEST_MAIN(cmocka_unit_test(remote_frees_climb_their_ladder),
	  cmocka_unit_test(all_cpus_agree_under_stress),
	  cmocka_unit_test(sixteen_cpus_agree),
	  cmocka_unit_test(a_racing_double_free_is_found),
	  cmocka_unit_test(planted_faults_are_caught),
	  cmocka_unit_test(a_torn_exchange_is_caught))
