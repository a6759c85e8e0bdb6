/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pageblocks that change their type: claimed when half of them is free or of
 * the same kind, the watermark boost that this costs, the HighAtomic reserve;
 * and the fragmentation indices, against a count made page by page.
 */
#include "mm/audit.h"
#include "mm/buddy.h"
#include "mm/fragmentation.h"
#include "mm/kswapd.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/pageblock.h"
#include "mm/percpu.h"
#include "mm/watermark.h"
#include "tests/test.h"

#define MIB	(1UL << 20)

static struct zone *boot(void)
{
	lockclass_init();
	percpu_init();
	page_alloc_init();
	return &NODE_DATA(0)->node_zones[ZONE_DMA];
}

static unsigned type_of(const struct zone *zone, const struct page *page)
{
	return get_pageblock_migratetype(zone, page_to_pfn(page));
}

/*
 * Takes the whole zone; then one pageblock of user memory has its first
 * nr_free pages free (a multiple of 16, so that blocks of order 4 are there)
 * and nr_other pages that are not user memory.
 */
static struct page *one_pageblock(struct zone *zone, unsigned nr_free,
				  unsigned nr_other)
{
	struct page *page, *block = NULL;

	for (unsigned order = NR_PAGE_ORDERS; order-- > 0; )
		while ((page = rmqueue_buddy(zone, order, MIGRATE_MOVABLE, 0)))
			if (order == MAX_PAGE_ORDER)
				block = page;
	must(block && type_of(zone, block) == MIGRATE_MOVABLE);
	for (unsigned i = 0; i < pageblock_nr_pages; i++)
		block[i].flags = i < pageblock_nr_pages - nr_other ? PG_lru : 0;
	for (unsigned i = 0; i < nr_free; i += 16)
		free_one_page(zone, block + i, 4);
	return block;
}

/* What spec 5.3 says of it: 256 free or unlike user memory. */
static void claim_at(unsigned nr_free, unsigned nr_other, unsigned type,
		     bool claimed)
{
	struct zone *zone = boot();
	struct page *block = one_pageblock(zone, nr_free, nr_other);
	struct page *page = rmqueue_buddy(zone, 0, type, 0);

	must(page);
	must(type_of(zone, block) == (claimed ? type : MIGRATE_MOVABLE));
	must(sum_vm_event(FALLBACK_CLAIM) == claimed);
	must(sum_vm_event(FALLBACK_STEAL) == !claimed);
	/* Tried, and so paid for. */
	must(zone->watermark_boost == 0 ||
	     zone->watermark_boost >= pageblock_nr_pages);
}

static void claim_free(void *arg)
{
	claim_at(256, 0, MIGRATE_UNMOVABLE, true);
}

static void claim_alike(void *arg)
{
	claim_at(16, 240, MIGRATE_RECLAIMABLE, true);
}

static void claim_too_little(void *arg)
{
	claim_at(240, 15, MIGRATE_UNMOVABLE, false);
}

/* With NOFRAGMENT parts of a pageblock are not even looked at. */
static void claim_nothing(void *arg)
{
	struct zone *zone = boot();

	one_pageblock(zone, 256, 0);
	must(!rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT));
	must(zone->watermark_boost == 0);
}

static void half_a_pageblock_is_claimed(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, claim_free, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, claim_alike, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, claim_too_little, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, claim_nothing, NULL);
	emulate(&(struct emulation){ .fault = "claim_counts_on",
				     .expect_exit = 6,
				     .expect_text = "invariant B19 violated" },
		claim_too_little, NULL);
}

/* ---- boost ---- */
static void run_boost(void *arg)
{
	struct zone *zone = boot();
	u64 most = max(zone->watermark[WMARK_HIGH] * 15000 / 10000,
		       (u64)pageblock_nr_pages);
	u64 low = zone->watermark[WMARK_LOW];

	one_pageblock(zone, 256, 0);
	must(rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, ALLOC_KSWAPD));
	must(zone->watermark_boost == min((u64)512, most));
	must(wmark_pages(zone, WMARK_LOW) == low + zone->watermark_boost);
	must(READ_ONCE(zone->flags) & ZONE_BOOSTED_WATERMARK);
	/* kswapd is woken once, and takes back what it saw. */
	wake_for_boost(zone);
	must(!(READ_ONCE(zone->flags) & ZONE_BOOSTED_WATERMARK));
	flush_work(&NODE_DATA(0)->kswapd);
	must(zone->watermark_boost == 0);
	wake_for_boost(zone);
	must(!work_pending(&NODE_DATA(0)->kswapd));
}

/* Allocations that find less than low wake it until it has failed 16 times; a
 * boost does even then. */
static void run_hopeless(void *arg)
{
	struct zone *zone = boot();
	struct pglist_data *pgdat = zone->pgdat;

	watermark_boost_factor = 0;
	must(alloc_pages(GFP_KERNEL, 0));
	must(!sum_vm_event(PAGEOUTRUN));
	while (alloc_pages(GFP_NOWAIT & ~__GFP_KSWAPD_RECLAIM, 4))
		;
	must(!sum_vm_event(PAGEOUTRUN) && !work_pending(&pgdat->kswapd));
	for (unsigned i = 0; i < 40; i++) {
		must(!alloc_pages(GFP_NOWAIT, 4));
		must(work_pending(&pgdat->kswapd) == (i < 16));
		flush_work(&pgdat->kswapd);
		must(!(READ_ONCE(zone->flags) & ZONE_RECLAIM_ACTIVE));
	}
	must(sum_vm_event(PAGEOUTRUN) == 16 && pgdat->kswapd_failures == 16);
	zone->watermark_boost = 512;
	must(!alloc_pages(GFP_NOWAIT, 4));
	flush_work(&pgdat->kswapd);
	must(sum_vm_event(PAGEOUTRUN) == 17 && !zone->watermark_boost);
	must(!alloc_pages(GFP_KERNEL, 4));
}

static void kswapd_is_woken_while_there_is_hope(void **state)
{
	emulate(&(struct emulation){ .cpus = 1,
				     .expect_text = "all_unreclaimable? yes" },
		run_hopeless, NULL);
}

static void run_boost_off(void *arg)
{
	struct zone *zone = boot();

	watermark_boost_factor = 0;
	one_pageblock(zone, 256, 0);
	must(rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, ALLOC_KSWAPD));
	must(zone->watermark_boost == 0);
	must(!(READ_ONCE(zone->flags) & ZONE_BOOSTED_WATERMARK));
}

static void mixing_boosts_the_watermarks(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_boost, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, run_boost_off, NULL);
}

/* ---- HighAtomic ---- */
/* 1 % of a zone of 256 MiB is one pageblock and a bit: two may be reserved. */
static void run_reserve(void *arg)
{
	struct zone *zone;
	struct page *page[3];

	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	must(zone->managed_pages / 100 > 512 &&
	     zone->managed_pages / 100 < 1024);
	for (unsigned i = 0; i < 3; i++) {
		page[i] = rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE,
					0);
		count_vm_events(PGALLOC_DMA32, MAX_ORDER_NR_PAGES);
		/* Of the first pageblock all but 8 pages. */
		WRITE_ONCE(page[i]->order, 3);
		WRITE_ONCE(page[i]->_refcount, 1);
		for (unsigned at = 8; at < MAX_ORDER_NR_PAGES; at += 8)
			free_one_page(zone, page[i] + at, 3);
		reserve_highatomic_pageblock(page[i], 3, zone);
		must(type_of(zone, page[i]) ==
		     (i < 2 ? MIGRATE_HIGHATOMIC : MIGRATE_MOVABLE));
		must(type_of(zone, page[i] + 512) == MIGRATE_MOVABLE);
		must(zone->nr_reserved_highatomic == min(i + 1, 2u) * 512);
		page_alloc_audit();
	}
	must(zone->nr_free_highatomic == 2 * 504);
	/* Freed to where it belongs now. */
	WRITE_ONCE(page[0]->_refcount, 0);
	free_one_page(zone, page[0], 3);
	must(zone->nr_free_highatomic == 512 + 504);
	/* The last is kept, unless nothing else helps. */
	must(unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, false));
	must(!unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, false));
	must(zone->nr_reserved_highatomic == 512);
	page_alloc_audit();
	must(unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, true));
	must(!unreserve_highatomic_pageblock(zone, MIGRATE_UNMOVABLE, true));
	must(zone->nr_reserved_highatomic == 0 &&
	     zone->nr_free_highatomic == 0);
	must(type_of(zone, page[0]) == MIGRATE_UNMOVABLE &&
	     type_of(zone, page[1]) == MIGRATE_UNMOVABLE);
	page_alloc_audit();
}

/* Through the front door: an order-1 atomic request in need makes a reserve,
 * and one that may block and is in need gets it. */
static void run_need(void *arg)
{
	struct page *page;

	boot();
	while ((page = alloc_pages(GFP_NOWAIT, 0)))
		;
	must(sum_vm_event(ALLOC_RESERVE) == 0);
	page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, 1);
	must(page && sum_vm_event(ALLOC_RESERVE) == 1);
	must(sum_vm_event(HIGHATOMIC_RESERVED) == 1);
	must(type_of(page_zone(page), page) == MIGRATE_HIGHATOMIC);
	alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY, 0);
	must(sum_vm_event(HIGHATOMIC_UNRESERVED) == 0);
	alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
	must(sum_vm_event(HIGHATOMIC_UNRESERVED) == 1);
	page_alloc_audit();
}

static void atomic_requests_make_a_reserve(void **state)
{
	const u64 memory = 256 * MIB;

	emulate(&(struct emulation){ .memory_bytes = memory }, run_reserve,
		NULL);
	emulate(&(struct emulation){ .memory_bytes = memory }, run_need, NULL);
	emulate(&(struct emulation){ .memory_bytes = memory, .expect_exit = 6,
		.fault = "highatomic_kept",
		.expect_text = "invariant B18 violated" }, run_need, NULL);
}

/* Every second block of 16 pages of the first pageblock that is all taken. */
static void run_forgotten(void *arg)
{
	const gfp_t gfp = GFP_DMA | GFP_NOWAIT | __GFP_MEMALLOC;
	struct page *page, *last = NULL;

	boot();
	while ((page = alloc_pages(gfp | __GFP_MOVABLE, 4)))
		if (IS_ALIGNED(page_to_pfn(page), pageblock_nr_pages))
			last = page;
	must(last);
	for (unsigned i = 0; i < pageblock_nr_pages; i += 32)
		__free_pages(last + i, 4);
	page_alloc_audit();
	must(nr_kernel_bugs() == 0);
	page = alloc_pages(gfp, 4);
	must(page && sum_vm_event(FALLBACK_CLAIM) == 1);
	must(type_of(page_zone(page), last) == MIGRATE_UNMOVABLE);
	page_alloc_audit();
}

static void a_block_left_behind_is_found(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_forgotten, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.fault = "claim_forgets_block",
		.expect_text = "invariant B6 violated" }, run_forgotten, NULL);
}

/* ---- indices ---- */
static void indices_are_the_kernels(void **state)
{
	/* 10 blocks of 1 page, 5 of 4: nothing of 8. */
	const struct contig_page_info small = { 30, 15, 0 };
	/* and one of 512: 64 times 8. */
	const struct contig_page_info large = { 542, 16, 64 };
	const struct contig_page_info none = { 0, 0, 0 };

	assert_int_equal(unusable_free_index(3, &small), 1000);
	assert_int_equal(unusable_free_index(3, &large), 55);
	assert_int_equal(unusable_free_index(3, &none), 1000);
	/* 1000 - (1000 + 3750) / 15 */
	assert_int_equal(fragmentation_index(3, &small), 684);
	assert_int_equal(fragmentation_index(3, &large), -1000);
	assert_int_equal(fragmentation_index(3, &none), 0);
	assert_int_equal(extfrag_for_order(3, &small), 100);
	assert_int_equal(extfrag_for_order(3, &large), 5);
	assert_int_equal(extfrag_for_order(3, &none), 0);
}

TEST_MAIN(
	cmocka_unit_test(half_a_pageblock_is_claimed),
	cmocka_unit_test(mixing_boosts_the_watermarks),
	cmocka_unit_test(kswapd_is_woken_while_there_is_hope),
	cmocka_unit_test(atomic_requests_make_a_reserve),
	cmocka_unit_test(a_block_left_behind_is_found),
	cmocka_unit_test(indices_are_the_kernels),
)
