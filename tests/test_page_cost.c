/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which locks and atomic operations each way through the page allocator takes,
 * and what it counts: slub spec 5.3 to 5.5, 5.15, 5.16 and the lock table of
 * 7.1, way by way. Locks are counted by lock_stat, on both machines; atomic
 * operations on the zone's counter on the simulated one.
 */
#include "cpus/boot.h"
#include "mm/lockclass.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "mm/watermark.h"
#include "tests/kernel.h"
#include "tests/test.h"

/* What spec 5.4 and 5.8 give for 1 GiB and 2 CPUs: */
#define BATCH		63
#define THRESHOLD	16	/* 2 * fls(2) * (1 + fls(some 253000 >> 15)) */
/* percpu_pagelist_high_fraction so large that high is 4 batches: the spill of
 * the 252nd page is then of 252 freed ones, but leaves a batch. */
#define HIGH		(4 * BATCH)
#define SPILL		(HIGH - BATCH)
#define MOST		600

static struct zone *zone;
static struct per_cpu_pages *pcp;
static struct page *pages[MOST];
static struct page *array[MOST];

struct cost {
	unsigned	pcp;	/* pcp->lock */
	unsigned	zone;	/* zone->lock */
	unsigned	drain;	/* pcpu_drain_mutex */
	unsigned	calls;	/* interrupts to other CPUs */
	unsigned	folds;	/* atomic additions to the zone's counter */
};

struct moved {
	enum vm_event	event;
	unsigned	by;	/* 0: the end */
};

/* ---- measuring ---- */
static u64 events[NR_VM_EVENTS];
static struct cost so_far;

static unsigned nr_acquired(unsigned class)
{
	struct lock_stat stat;

	lock_stat_read(class, &stat);
	return (unsigned)stat.acquired;
}

static struct cost read_costs(void)
{
	struct machine_stat machine;
	struct smp_stat smp;

	machine_stat_read(&machine);
	smp_stat_read(&smp);
	return (struct cost){
		.pcp = nr_acquired(LOCK_PCP),
		.zone = nr_acquired(LOCK_ZONE),
		.drain = nr_acquired(LOCK_PCPU_DRAIN),
		.calls = (unsigned)smp.targets,
		.folds = (unsigned)machine.rmws_counted,
	};
}

static void begin(void)
{
	for (unsigned i = 0; i < NR_VM_EVENTS; i++)
		events[i] = sum_vm_event(i);
	so_far = read_costs();
}

static bool differs(const char *way, const char *what, u64 is, u64 wanted)
{
	if (is != wanted)
		printk("%s: %s %lu, not %lu", way, what, is, wanted);
	return is != wanted;
}

static bool costs_differ(const char *way, const struct cost *wanted)
{
	struct cost now = read_costs();
	bool wrong = differs(way, "pcp->lock", now.pcp - so_far.pcp,
			     wanted->pcp);

	wrong |= differs(way, "zone->lock", now.zone - so_far.zone,
			 wanted->zone);
	wrong |= differs(way, "pcpu_drain_mutex", now.drain - so_far.drain,
			 wanted->drain);
	wrong |= differs(way, "calls", now.calls - so_far.calls,
			 wanted->calls);
	if (machine_is_virtual())
		wrong |= differs(way, "folds", now.folds - so_far.folds,
				 wanted->folds);
	return wrong;
}

static bool events_differ(const char *way, const struct moved *moved)
{
	bool wrong = false;
	char what[16];

	for (unsigned i = 0; i < NR_VM_EVENTS; i++) {
		unsigned by = 0;

		for (const struct moved *m = moved; m->by; m++)
			if (m->event == i)
				by = m->by;
		snprintf(what, sizeof(what), "event %u", i);
		wrong |= differs(way, what, sum_vm_event(i) - events[i], by);
	}
	return wrong;
}

/* ---- where each way begins ---- */
static void take(unsigned nr, unsigned order, gfp_t gfp)
{
	for (unsigned i = 0; i < nr; i++)
		must(pages[i] = alloc_pages(gfp, order));
}

static void nothing(void)
{
}

static void one_taken(void)
{
	take(1, 0, GFP_KERNEL);
}

static void three_taken(void)
{
	take(3, 0, GFP_KERNEL);
}

static void order_4_taken(void)
{
	take(1, 4, GFP_KERNEL);
}

static void order_10_taken(void)
{
	take(1, 10, GFP_HIGHUSER_MOVABLE);
}

/* One free is missing to high; all that is there has been freed. */
static void list_nearly_full(void)
{
	unsigned i;

	for (i = 0; i < HIGH || pcp->count; i++)
		must(i < MOST && (pages[i] = alloc_pages(GFP_KERNEL, 0)));
	for (i = 1; i < HIGH; i++)
		__free_pages(pages[i], 0);
	must(pcp->count == HIGH - 1 && pcp->high == HIGH);
}

/* Runs of order 3 that come back: after a batch they go on at once. */
static void order_3_run(void)
{
	take(20, 3, GFP_KERNEL);
	for (unsigned i = 1; pcp->free_count < BATCH; i++)
		__free_pages(pages[i], 3);
}

static void use_list(void *arg)
{
	struct page *page = alloc_pages(GFP_ATOMIC, 0);

	must(page);
	__free_pages(page, 0);
}

static void two_lists(void)
{
	use_list(NULL);
	smp_call_function_single(1, use_list, NULL, true);
}

static void give_0(void)
{
	__free_pages(pages[0], 0);
}

/* As many as high; the worker that is run before the step lowers it to that. */
static void full_list(void)
{
	list_nearly_full();
	pcp->high++;
	pcp->high_max++;
	give_0();
	must(pcp->count == HIGH && pcp->high == HIGH + 1);
}

/* All that tasks may take is taken, by blocks without lists. */
static void nothing_for_tasks(void)
{
	while (alloc_pages(GFP_NOWAIT, 4))
		;
	while (alloc_pages(GFP_NOWAIT | __GFP_DMA, 4))
		;
	refresh_cpu_vm_stats();
}

/* ---- the ways ---- */
static void take_0(void)
{
	must(alloc_pages(GFP_KERNEL, 0));
}

/* As an interrupt finds it that comes while its CPU has the lock. */
static void take_0_meanwhile(void)
{
	spin_lock(&pcp->lock);
	must(alloc_pages(GFP_NOWAIT, 0));
	spin_unlock(&pcp->lock);
}

static void give_0_meanwhile(void)
{
	spin_lock(&pcp->lock);
	give_0();
	spin_unlock(&pcp->lock);
}

static void take_3(void)
{
	must(alloc_pages(GFP_KERNEL, 3));
}

static void take_4(void)
{
	must(alloc_pages(GFP_KERNEL, 4));
}

static void take_9(void)
{
	must(alloc_pages(GFP_HIGHUSER_MOVABLE, 9));
}

static void take_10(void)
{
	must(alloc_pages(GFP_HIGHUSER_MOVABLE, 10));
}

static void take_reclaimable(void)
{
	must(alloc_pages(GFP_KERNEL | __GFP_RECLAIMABLE, 4));
}

static void take_atomic(void)
{
	must(alloc_pages(GFP_ATOMIC, 4));
}

static void take_in_vain(void)
{
	must(!alloc_pages(GFP_NOWAIT, 4));
}

static void take_10_at_once(void)
{
	must(alloc_pages_bulk_array_node(GFP_KERNEL, 0, 10, array) == 10);
}

static void take_100_at_once(void)
{
	must(alloc_pages_bulk_array_node(GFP_KERNEL, 0, 100, array) == 100);
}

static void give_3(void)
{
	__free_pages(pages[0], 3);
}

static void give_4(void)
{
	__free_pages(pages[0], 4);
}

static void give_10(void)
{
	__free_pages(pages[0], 10);
}

static void decay(void)
{
	pcp->high_min = BATCH;
	decay_pcp_high(zone, pcp);
}

/* Pages counted one by one from 0 on, folded when there are more than the
 * threshold. */
#define FOLDS(blocks)	((blocks) / (THRESHOLD + 1))
#define PGALLOC		PGALLOC_DMA32

static const struct way {
	const char	*name;
	void		(*prepare)(void);
	void		(*step)(void);
	struct cost	cost;
	struct moved	moved[6];
} ways[] = {
	/* 5.4: a list that has pages. */
	{ "alloc", three_taken, take_0, { .pcp = 1 }, { { PGALLOC, 1 } } },
	/* One that is empty: N pages under one hold, which nests inside. */
	{ "alloc, refill", nothing, take_0,
	  { .pcp = 1, .zone = 1, .folds = FOLDS(BATCH) },
	  { { PGALLOC, 1 }, { PCP_REFILL, BATCH } } },
	/* N = max(batch >> 3, 2) blocks of 8: every third is folded. */
	{ "alloc order 3, refill", nothing, take_3,
	  { .pcp = 1, .zone = 1, .folds = 7 / 3 },
	  { { PGALLOC, 8 }, { PCP_REFILL, 7 * 8 } } },
	/* N = 2, each above the threshold. */
	{ "alloc order 9, refill", nothing, take_9,
	  { .pcp = 1, .zone = 1, .folds = 2 },
	  { { PGALLOC, 512 }, { PCP_REFILL, 1024 } } },
	/* 5.12: orders without lists. */
	{ "alloc order 4", nothing, take_4, { .zone = 1 },
	  { { PGALLOC, 16 } } },
	{ "alloc order 10", nothing, take_10, { .zone = 1, .folds = 1 },
	  { { PGALLOC, 1024 } } },
	/* 5.4: the trylock fails; the one that counts is the test's own. */
	{ "alloc, list locked", three_taken, take_0_meanwhile,
	  { .pcp = 1, .zone = 1 }, { { PGALLOC, 1 } } },
	/* 5.3: no list of the type: the largest pageblock changes hands. */
	{ "alloc, claim", nothing, take_reclaimable, { .zone = 1 },
	  { { PGALLOC, 16 }, { FALLBACK_CLAIM, 1 } } },
	/* 5.16: given by right, and a pageblock kept for the next: a second
	 * hold. */
	{ "alloc atomic, reserve", nothing_for_tasks, take_atomic,
	  { .zone = 2 },
	  { { PGALLOC, 16 }, { ALLOC_RESERVE, 1 },
	    { HIGHATOMIC_RESERVED, 1 } } },
	/* 5.8: watermarks are tested without a lock. */
	{ "alloc in vain", nothing_for_tasks, take_in_vain, { .pcp = 0 },
	  { { ALLOC_FAILED, 1 } } },
	/* 5.15: one lock, and a refill inside when the list runs out. */
	{ "alloc bulk", one_taken, take_10_at_once, { .pcp = 1 },
	  { { PGALLOC, 10 } } },
	{ "alloc bulk, two refills", nothing, take_100_at_once,
	  { .pcp = 1, .zone = 2, .folds = FOLDS(3 * BATCH) },
	  { { PGALLOC, 100 }, { PCP_REFILL, 3 * BATCH } } },
	/* 5.5 */
	{ "free", one_taken, give_0, { .pcp = 1 }, { { PGFREE, 1 } } },
	{ "free, spill", list_nearly_full, give_0,
	  { .pcp = 1, .zone = 1, .folds = FOLDS(SPILL) },
	  { { PGFREE, 1 }, { PCP_DRAIN, SPILL } } },
	{ "free order 4", order_4_taken, give_4, { .zone = 1 },
	  { { PGFREE, 16 } } },
	/* 5.2: two pageblocks under one hold. */
	{ "free order 10", order_10_taken, give_10,
	  { .zone = 1, .folds = 2 }, { { PGFREE, 1024 } } },
	{ "free, list locked", one_taken, give_0_meanwhile,
	  { .pcp = 1, .zone = 1 }, { { PGFREE, 1 } } },
	/* free_high: min(count, batch << 5) pages, so all of the list: of 21
	 * blocks refilled, 7 at a time, 20 were taken. 17 a fold: 3 blocks. */
	{ "free order 3, all at once", order_3_run, give_3,
	  { .pcp = 1, .zone = 1, .folds = 10 / 3 },
	  { { PGFREE, 8 }, { PCP_DRAIN, 10 * 8 } } },
	/* Remote lists under their own lock, without an interrupt. */
	{ "drain all", two_lists, drain_all_pages,
	  { .pcp = 2, .zone = 2, .drain = 1, .folds = FOLDS(2 * BATCH) },
	  { { PCP_DRAIN, 2 * BATCH } } },
	/* high falls by an eighth, 252 to 221: 31 pages are above it, less
	 * than a batch. */
	{ "decay", full_list, decay,
	  { .pcp = 1, .zone = 1, .folds = FOLDS(HIGH - 221) },
	  { { PCP_DRAIN, HIGH - 221 } } },
};

/* With empty lists, nothing to fold, and the counter's word watched. */
static void go(void *arg)
{
	const struct way *way = arg;
	unsigned cpu;
	bool wrong;

	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	pcp = this_cpu_ptr(zone->pageset);
	must(pcp->batch == BATCH && pcp->high_min == HIGH);
	must(this_cpu_ptr(zone->zonestat)->stat_threshold == THRESHOLD);
	lock_stat_enable();
	drain_all_pages();
	refresh_cpu_vm_stats();
	for_each_online_cpu(cpu)
		per_cpu_ptr(zone->pageset, cpu)->alloc_factor = 0;
	way->prepare();
	refresh_cpu_vm_stats();
	machine_count_atomics(&zone->free_pages, sizeof(zone->free_pages));
	begin();
	way->step();
	wrong = costs_differ(way->name, &way->cost);
	wrong |= events_differ(way->name, way->moved);
	must(!wrong);
}

static void each_way_takes_what_the_spec_says(void **state)
{
	percpu_pagelist_high_fraction = 100000;
	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++)
		emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
					     .memory_bytes = 1UL << 30 },
			go, (void *)&ways[i]);
}

TEST_MAIN(cmocka_unit_test(each_way_takes_what_the_spec_says))
