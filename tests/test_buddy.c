/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy lists against a bitmap of free pages: with maximal merging, what
 * lies on the lists follows from the bitmap alone. Then the rules one by one.
 * All on one zone, without the per-CPU lists.
 */
#include "mm/audit.h"
#include "mm/buddy.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "mm/watermark.h"
#include "tests/test.h"

#define STEPS		4000
#define MAX_LIVE	512
#define ZONE_PAGES	MAX_DMA_PFN

struct live {
	struct page	*page;
	unsigned	order;
};

static bool page_free[ZONE_PAGES];	/* the reference */
static struct live live[MAX_LIVE];
static unsigned nr_live;

static struct zone *boot(void)
{
	lockclass_init();
	percpu_init();
	page_alloc_init();
	return &NODE_DATA(0)->node_zones[ZONE_DMA];
}

static void mark(u64 pfn, unsigned order, bool is_free)
{
	u64 i;

	for (i = pfn; i < pfn + (1UL << order); i++) {
		must(page_free[i] != is_free);
		page_free[i] = is_free;
	}
}

/* Order of the largest aligned block of free pages that holds pfn; -1: none. */
static int reference_order(u64 pfn)
{
	int best = -1;
	unsigned o;
	u64 i;

	for (o = 0; o <= MAX_PAGE_ORDER; o++) {
		u64 start = pfn & ~((1UL << o) - 1);

		for (i = start; i < start + (1UL << o); i++)
			if (!page_free[i])
				return best;
		best = (int)o;
	}
	return best;
}

static void reference_count(u64 nr[NR_PAGE_ORDERS])
{
	unsigned o;
	u64 pfn = 0;

	for (o = 0; o < NR_PAGE_ORDERS; o++)
		nr[o] = 0;
	while (pfn < ZONE_PAGES) {
		int order = reference_order(pfn);

		if (order >= 0)
			nr[order]++;
		pfn += order >= 0 ? 1UL << order : 1;
	}
}

static void lists_follow_from_bitmap(struct zone *zone)
{
	u64 nr[NR_PAGE_ORDERS], pages = 0;
	unsigned o;

	reference_count(nr);
	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		must(zone->free_area[o].nr_free == nr[o]);
		pages += nr[o] << o;
	}
	must(zone_free_pages_snapshot(zone) == pages);
}

/* Smallest order >= order that has a free block; -1: none. */
static int smallest_fit(unsigned order)
{
	u64 nr[NR_PAGE_ORDERS];

	reference_count(nr);
	for (; order < NR_PAGE_ORDERS; order++)
		if (nr[order])
			return (int)order;
	return -1;
}

static void step_alloc(struct zone *zone, unsigned order)
{
	int fit = smallest_fit(order);
	struct page *page = rmqueue_buddy(zone, order, MIGRATE_MOVABLE, 0);
	u64 pfn;

	must(!page == (fit < 0));
	if (!page)
		return;
	pfn = page_to_pfn(page);
	must(reference_order(pfn) == fit);
	must(IS_ALIGNED(pfn, 1UL << fit));	/* the lowest piece of it */
	mark(pfn, order, false);
	live[nr_live++] = (struct live){ page, order };
}

static void step_free(struct zone *zone, unsigned i)
{
	mark(page_to_pfn(live[i].page), live[i].order, true);
	free_one_page(zone, live[i].page, live[i].order);
	live[i] = live[--nr_live];
}

static void run_random(void *arg)
{
	struct zone *zone = boot();
	struct rng rng;
	unsigned i;
	u64 pfn;

	for (pfn = 1; pfn < ZONE_PAGES; pfn++)
		page_free[pfn] = true;
	rng_seed(&rng, test_seed());
	lists_follow_from_bitmap(zone);
	for (i = 0; i < STEPS / (machine_is_virtual() ? 8 : 1); i++) {
		bool grow = rng_chance(&rng, i / 200 % 2 ? 35 : 65);

		if (nr_live == 0 || (grow && nr_live < MAX_LIVE))
			step_alloc(zone, rng_chance(&rng, 80) ?
				   rng_below(&rng, 4) :
				   rng_below(&rng, NR_PAGE_ORDERS));
		else
			step_free(zone, rng_below(&rng, nr_live));
		if (i % 16 == 0)
			lists_follow_from_bitmap(zone);
	}
	while (nr_live)
		step_free(zone, 0);
	lists_follow_from_bitmap(zone);
	must(zone->free_area[MAX_PAGE_ORDER].nr_free == 3);
}

static void agrees_with_bitmap(void **state)
{
	emulate(&(struct emulation){ .seeds = 20 }, run_random, NULL);
}

/* ---- where a freed block is put ---- */
static void run_head_and_tail(void *arg)
{
	struct zone *zone = boot();
	struct page *block, *other;

	/* Two blocks of 8 pages, taken apart. */
	block = rmqueue_buddy(zone, 3, MIGRATE_MOVABLE, 0);
	other = rmqueue_buddy(zone, 3, MIGRATE_MOVABLE, 0);
	while (zone->free_area[1].nr_free)
		must(rmqueue_buddy(zone, 1, MIGRATE_MOVABLE, 0));

	/* Hot: what was freed last is taken first. */
	free_one_page(zone, other, 1);
	free_one_page(zone, block + 6, 1);
	must(rmqueue_buddy(zone, 1, MIGRATE_MOVABLE, 0) == block + 6);
	free_one_page(zone, block + 6, 1);
	free_one_page(zone, block + 4, 1);
	must(zone->free_area[1].nr_free == 1);

	/* {2,3} would merge with {4..7} if only {0,1} came: it is kept. */
	free_one_page(zone, block + 2, 1);
	must(rmqueue_buddy(zone, 1, MIGRATE_MOVABLE, 0) == other);
	must(rmqueue_buddy(zone, 1, MIGRATE_MOVABLE, 0) == block + 2);
}

static void block_that_may_merge_soon_goes_to_the_tail(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_head_and_tail, NULL);
}

/* ---- falling back ---- */
static unsigned type_of(const struct zone *zone, const struct page *page)
{
	return get_pageblock_migratetype(zone, page_to_pfn(page));
}

static void run_claim(void *arg)
{
	struct zone *zone = boot();
	struct page *u, *r, *m;

	must(type_of(zone, pfn_to_page(pageblock_nr_pages)) == MIGRATE_MOVABLE);
	r = rmqueue_buddy(zone, 0, MIGRATE_RECLAIMABLE, 0);
	must(sum_vm_event(FALLBACK_CLAIM) == 1);
	/* The largest block was taken, and all its pageblocks. */
	must(IS_ALIGNED(page_to_pfn(r), 1UL << MAX_PAGE_ORDER));
	must(type_of(zone, r) == MIGRATE_RECLAIMABLE);
	must(type_of(zone, r + pageblock_nr_pages) == MIGRATE_RECLAIMABLE);
	m = rmqueue_buddy(zone, 0, MIGRATE_MOVABLE, 0);
	must(sum_vm_event(FALLBACK_CLAIM) == 1);
	free_one_page(zone, r, 0);

	/* Unmovable falls back on Reclaimable before Movable. */
	u = rmqueue_buddy(zone, 3, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT);
	must(u == r && sum_vm_event(FALLBACK_CLAIM) == 2);
	must(type_of(zone, u) == MIGRATE_UNMOVABLE);
	must(type_of(zone, m) == MIGRATE_MOVABLE);
	free_one_page(zone, u, 3);
	free_one_page(zone, m, 0);
	/* Freed, it stays Unmovable, and does not become Movable's first. */
	must(rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE, 0) != u);
	must(sum_vm_event(FALLBACK_STEAL) == 0);
}

static void empty_type_claims_the_largest_pageblocks(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_claim, NULL);
}

static void run_steal(void *arg)
{
	struct zone *zone = boot();
	struct page *page, *first = NULL;
	unsigned order;

	/* Leave three Movable blocks: 2 pages, 16 pages, 2 pages. */
	for (order = MAX_PAGE_ORDER + 1; order-- > 0; )
		while ((page = rmqueue_buddy(zone, order, MIGRATE_MOVABLE, 0)))
			first = order == MAX_PAGE_ORDER ? page : first;
	must(zone_free_pages_snapshot(zone) == 0);
	/* User memory: nothing in there is like an unmovable page. */
	for (u64 i = 0; i < pageblock_nr_pages; i++)
		first[i].flags = PG_lru;
	free_one_page(zone, first, 4);
	free_one_page(zone, first + 32, 1);

	must(!rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, ALLOC_NOFRAGMENT));
	page = rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, 0);
	must(page == first + 32);		/* of the smallest */
	must(type_of(zone, page) == MIGRATE_MOVABLE);
	must(sum_vm_event(FALLBACK_STEAL) == 1);
	must(zone->free_area[0].nr_free == 1);
	must(zone->free_area[4].nr_free == 1);
	page = rmqueue_buddy(zone, 1, MIGRATE_RECLAIMABLE, 0);
	must(page == first && sum_vm_event(FALLBACK_STEAL) == 2);
	must(zone->free_area[1].nr_free == 1);
	must(zone->free_area[2].nr_free == 1);
	must(zone->free_area[3].nr_free == 1);
	must(!rmqueue_buddy(zone, 4, MIGRATE_UNMOVABLE, 0));
}

static void rest_is_stolen_smallest_first(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_steal, NULL);
}

static void run_types(void *arg)
{
	struct zone *zone = boot();
	const unsigned most = MAX_PAGE_ORDER;
	struct page *a = rmqueue_buddy(zone, most, MIGRATE_MOVABLE, 0);
	struct page *b = rmqueue_buddy(zone, most, MIGRATE_MOVABLE, 0);
	struct free_area *area9 = &zone->free_area[pageblock_order];
	u64 before = area9->nr_free;
	u64 second = page_to_pfn(a) + pageblock_nr_pages;

	/* Each pageblock is freed with its own type: these do not merge. */
	set_pageblock_migratetype(zone, second, MIGRATE_HIGHATOMIC);
	free_one_page(zone, a, MAX_PAGE_ORDER);
	must(area9->nr_free == before + 2);
	must(list_is_singular(&area9->free_list[MIGRATE_HIGHATOMIC]));
	must(zone->nr_free_highatomic == pageblock_nr_pages);
	/* Only who has the right gets it, or who would otherwise fail. */
	must(rmqueue_buddy(zone, 0, MIGRATE_UNMOVABLE, ALLOC_HIGHATOMIC) ==
	     pfn_to_page(second));
	must(zone->nr_free_highatomic == pageblock_nr_pages - 1);

	/* These two do, and the buddy's pageblock takes our type. */
	second = page_to_pfn(b) + pageblock_nr_pages;
	set_pageblock_migratetype(zone, second, MIGRATE_UNMOVABLE);
	free_one_page(zone, b, MAX_PAGE_ORDER);
	must(get_pageblock_migratetype(zone, second) == MIGRATE_UNMOVABLE);
	must(type_of(zone, b) == MIGRATE_UNMOVABLE);
	must(rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, 0) == b);
}

/* Two free pageblocks of one type, not merged: made by hand. */
static void keep_two_pageblocks_apart(void *arg)
{
	struct zone *zone = boot();
	struct page *page = rmqueue_buddy(zone, MAX_PAGE_ORDER,
					  MIGRATE_MOVABLE, 0);
	struct free_area *area9 = &zone->free_area[pageblock_order];
	u64 second = page_to_pfn(page) + pageblock_nr_pages;

	count_vm_events(PGALLOC_DMA, 1UL << MAX_PAGE_ORDER);
	set_pageblock_migratetype(zone, second, MIGRATE_HIGHATOMIC);
	zone->nr_reserved_highatomic = pageblock_nr_pages;
	free_one_page(zone, page, MAX_PAGE_ORDER);
	page_alloc_audit();
	must(nr_kernel_bugs() == 0);
	set_pageblock_migratetype(zone, second, MIGRATE_MOVABLE);
	zone->nr_reserved_highatomic = 0;
	zone->nr_free_highatomic = 0;
	page = pfn_to_page(second);
	page->migratetype = MIGRATE_MOVABLE;
	list_move(&page->lru, &area9->free_list[MIGRATE_MOVABLE]);
	page_alloc_audit();
	must(nr_kernel_bugs() == 1);
}

static void pageblocks_merge_by_type(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_types, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
				     .expect_text = "invariant B5 violated" },
		keep_two_pageblocks_apart, NULL);
}

/* ---- blocks that boot deferred ---- */
static struct page *first_of(struct list_head *list)
{
	return list_first_entry(list, struct page, lru);
}

static u64 list_length(const struct list_head *head)
{
	const struct list_head *entry;
	u64 n = 0;

	for (entry = head->next; entry != head; entry = entry->next)
		n++;
	return n;
}

static void run_deferred(void *arg)
{
	struct zone *zone;
	struct free_area *area;
	struct list_head *list;
	struct page *page;
	u64 nr, pfn, i;

	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	area = &zone->free_area[MAX_PAGE_ORDER];
	list = &area->free_list[MIGRATE_MOVABLE];
	nr = area->nr_free;
	must(nr > 50 && list_length(list) == 1);
	page = first_of(list);
	pfn = page_to_pfn(page);
	/* A block freed in between goes in front of them. */
	must(rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE, 0) == page);
	free_one_page(zone, page, MAX_PAGE_ORDER);
	must(first_of(list) == page && area->nr_free == nr);
	count_vm_events(PGALLOC_DMA32, (nr + 1) << MAX_PAGE_ORDER);
	/* By address, and some are always to be seen till all are gone. */
	for (i = 0; i < nr; i++) {
		must(!list_empty(list) && area->nr_free == nr - i);
		page = rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_MOVABLE, 0);
		must(page_to_pfn(page) == pfn + i * MAX_ORDER_NR_PAGES);
	}
	must(list_empty(list));
	for (i = 0; i < nr; i++)
		free_one_page(zone, pfn_to_page(pfn + i * MAX_ORDER_NR_PAGES),
			      MAX_PAGE_ORDER);
	must(area->nr_free == nr && list_length(list) == nr);
	page_alloc_audit();
}

/* Another type claims them as well. */
static void run_deferred_claims(void *arg)
{
	struct zone *zone;
	u64 nr, i;

	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	nr = zone->free_area[MAX_PAGE_ORDER].nr_free;
	for (i = 0; i < nr; i++)
		must(rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_UNMOVABLE,
				   0));
	must(!rmqueue_buddy(zone, MAX_PAGE_ORDER, MIGRATE_UNMOVABLE, 0));
	must(zone->first_deferred_pfn == zone->end_deferred_pfn);
}

static void large_memory_is_not_touched_at_boot(void **state)
{
	const struct emulation large = { .cpus = 1,
					 .memory_bytes = 256UL << 20 };

	emulate(&large, run_deferred, NULL);
	emulate(&large, run_deferred_claims, NULL);
}

static void faults_are_caught_at_once(void **state)
{
	static const char *const faults[] = {
		"buddy_wrong_half", "buddy_no_merge", "buddy_wrong_list",
		"buddy_no_mark", "buddy_no_block_merge",
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		emulate(&(struct emulation){ .fault = faults[i],
					     .expect_exit = 70 },
			run_random, NULL);
}

TEST_MAIN(
	cmocka_unit_test(agrees_with_bitmap),
	cmocka_unit_test(block_that_may_merge_soon_goes_to_the_tail),
	cmocka_unit_test(empty_type_claims_the_largest_pageblocks),
	cmocka_unit_test(rest_is_stolen_smallest_first),
	cmocka_unit_test(pageblocks_merge_by_type),
	cmocka_unit_test(large_memory_is_not_touched_at_boot),
	cmocka_unit_test(faults_are_caught_at_once),
)
