/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the vmstat worker does each second (slub spec 5.4, "Decay", and 5.8):
 * differences are folded, a list that is not used shrinks to high_min by the
 * spec's formula, a remote zone's pages go back; and who makes it do so.
 */
#include "cpus/boot.h"
#include "mm/lockclass.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define SECOND	1000000000UL

static struct page *pages[12000];

static struct zone *zone_of(struct page *page)
{
	return page_zone(page);
}

/* Allocating so many in a row raises high; freed, they lie on the list. */
static struct per_cpu_pages *raise_high(struct zone **zone)
{
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		must(pages[i] = alloc_pages(GFP_KERNEL, 0));
	*zone = zone_of(pages[0]);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], 0);
	return this_cpu_ptr((*zone)->pageset);
}

static int largest(int a, int b, int c)
{
	return max(max(a, b), c);
}

/* Spec: high = max(count - (batch << 5), high - high/8, high_min); then
 * count - high pages go back, a batch under each lock. */
static void decay_by_formula(void *arg)
{
	struct zone *zone;
	struct per_cpu_pages *pcp = raise_high(&zone);
	struct lock_stat before, after;
	unsigned rounds = 0, left;

	lock_stat_enable();
	must(pcp->high > 2 * pcp->high_min);
	do {
		int high = pcp->high, count = pcp->count, excess;

		if (high > pcp->high_min)
			high = largest(count - (pcp->batch << 5),
				       high - high / 8, pcp->high_min);
		excess = max(count - high, 0);
		lock_stat_read(LOCK_PCP, &before);
		left = decay_pcp_high(zone, pcp);
		lock_stat_read(LOCK_PCP, &after);
		must(pcp->high == high && pcp->count == count - excess);
		must(after.acquired - before.acquired ==
		     DIV_ROUND_UP((unsigned)excess, (unsigned)pcp->batch));
		must(!left == (high == pcp->high_min && !excess));
		must(rounds++ < 100);
	} while (left);
	must(pcp->high == pcp->high_min && pcp->count <= pcp->high_min);
	/* Halving by eighths takes more than five. */
	must(rounds > 5);
}

static void idle_lists_decay_by_the_formula(void **state)
{
	emulate(&(struct emulation){ .kernel = 1,
				     .memory_bytes = 1UL << 30 },
		decay_by_formula, NULL);
}

/* An order without lists; the threshold of 2 CPUs and a zone of somewhat less
 * than 2 GiB is 2 * fls(2) * (1 + fls(15)) = 20 (spec 5.8), so that 16 pages
 * stay this CPU's affair. */
#define TWO_GIB	(2UL << 30)

static struct page *leave_difference(void)
{
	struct per_cpu_zonestat *stat;
	struct page *page;

	refresh_cpu_vm_stats();
	page = alloc_pages(GFP_KERNEL, 4);
	must(page);
	stat = this_cpu_ptr(zone_of(page)->zonestat);
	must(stat->stat_threshold == 20 && stat->free_pages_diff == -16);
	return page;
}

static void fold(void *arg)
{
	struct page *page = leave_difference();
	struct zone *zone = zone_of(page);
	struct per_cpu_zonestat *stat = this_cpu_ptr(zone->zonestat);
	u64 exact = zone_free_pages_snapshot(zone);

	must(refresh_cpu_vm_stats());
	must(!stat->free_pages_diff && zone_free_pages(zone) == exact);
	must(zone_free_pages_snapshot(zone) == exact);
	/* Nothing more to do, now that the lists are small. */
	drain_all_pages();
	refresh_cpu_vm_stats();
	must(!refresh_cpu_vm_stats());
	__free_pages(page, 4);
}

static void fold_only(void *arg)
{
	__free_pages(leave_difference(), 4);
	refresh_cpu_vm_stats();
}

static void differences_are_folded(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
				     .memory_bytes = TWO_GIB }, fold, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
				     .memory_bytes = TWO_GIB,
				     .fault = "fold_loses_diff",
				     .expect_exit = 6,
				     .expect_text = "invariant B2" },
		fold_only, NULL);
}

/* CPU 0 is of node 0; a page of node 1 leaves a batch on its list there. */
static void expire_remote(void *arg)
{
	struct per_cpu_pages *pcp, *local;
	struct page *page;
	int count;

	must(numa_node_id() == 0 && page_to_nid(pages[0] = alloc_pages_node(
		0, GFP_KERNEL | __GFP_THISNODE, 0)) == 0);
	page = alloc_pages_node(1, GFP_KERNEL | __GFP_THISNODE, 0);
	must(page && page_to_nid(page) == 1);
	pcp = this_cpu_ptr(zone_of(page)->pageset);
	local = this_cpu_ptr(zone_of(pages[0])->pageset);
	__free_pages(page, 0);
	__free_pages(pages[0], 0);
	count = pcp->count;
	must(count > 0 && local->count > 0);
	/* It was used in the interval before the first. */
	must(refresh_cpu_vm_stats() && pcp->count == count);
	must(refresh_cpu_vm_stats() && pcp->count == count);
	must(refresh_cpu_vm_stats());
	must(pcp->count == count - min(count, pcp->batch));
	count = local->count;
	for (unsigned i = 0; i < 10; i++)
		refresh_cpu_vm_stats();
	must(local->count == count);
}

static void remote_zones_expire(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .nodes = 2, .kernel = 1 },
		expire_remote, NULL);
}

/* ---- the worker ---- */
static void leave_on_cpu_1(void *arg, unsigned cpu)
{
	if (cpu == 1)
		*(struct page **)arg = leave_difference();
}

/* CPU 1 idles: the shepherd, on CPU 0, sends its item to it. */
static void be_shepherded(void *arg)
{
	struct per_cpu_zonestat *stat;
	struct page *page;

	on_all_cpus(leave_on_cpu_1, &page);
	stat = per_cpu_ptr(zone_of(page)->zonestat, 1);
	for (unsigned i = 0; i < 8; i++)
		schedule_timeout_ns(SECOND / 4);
	must(!READ_ONCE(stat->free_pages_diff));
	__free_pages(page, 4);
}

static void the_shepherd_finds_other_cpus(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
				     .memory_bytes = TWO_GIB },
		be_shepherded, NULL);
}

/* Virtual minutes pass; natively what happens in two seconds. */
static void be_left_alone(void *arg)
{
	unsigned seconds = machine_is_virtual() ? 60 : 3;
	struct zone *zone;
	struct per_cpu_pages *pcp = raise_high(&zone);
	int high = pcp->high;

	for (unsigned i = 0; i < 4 * seconds; i++)
		schedule_timeout_ns(SECOND / 4);
	must(pcp->high < high);
	must(!machine_is_virtual() || (pcp->high == pcp->high_min &&
				       pcp->count <= pcp->high));
}

static void the_worker_comes_back_until_all_is_done(void **state)
{
	emulate(&(struct emulation){ .kernel = 1,
				     .memory_bytes = 1UL << 30 },
		be_left_alone, NULL);
}

TEST_MAIN(cmocka_unit_test(idle_lists_decay_by_the_formula),
	  cmocka_unit_test(differences_are_folded),
	  cmocka_unit_test(remote_zones_expire),
	  cmocka_unit_test(the_shepherd_finds_other_cpus),
	  cmocka_unit_test(the_worker_comes_back_until_all_is_done))
