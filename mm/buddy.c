/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buddy allocator of a zone: free blocks of 2^0 to 2^10 pages, one list a
 * pageblock type and order, merged as far as they go when freed, the smallest
 * that fits split when taken (slub spec 5.2, 5.3; mm/page_alloc.c, 6.12).
 * Everything is under zone->lock; pageblock types are read without it by who
 * can live with a stale one.
 *
 * A request whose own lists are empty may CLAIM whole pageblocks of another
 * type, largest first, or one that is half free or half of its own kind
 * (mm/pageblock.c); or STEAL the smallest block and leave its type alone.
 *
 * Boot does not write the struct page of each block of a large machine: as with
 * the kernel's CONFIG_DEFERRED_STRUCT_PAGE_INIT, that waits until the block is
 * needed. Deferred blocks are the end of the list of order-10 blocks of boot's
 * type: nothing is ever put behind them, for a freed block of order 10 goes to
 * the front. The last block in front of them makes the next one come in before
 * it leaves, so who takes blocks, or asks whether there are any, sees no
 * difference.
 */
#include "mm/buddy.h"
#include "mm/page_alloc.h"
#include "mm/pageblock.h"
#include "mm/trace_page.h"
#include "mm/watermark.h"

DEFINE_FAULT(buddy_miscount, "B2", "freeing does not raise the free counter");
DEFINE_FAULT(buddy_nr_free, "B3", "a block put on a list is not counted");
DEFINE_FAULT(buddy_wrong_half, "B4", "a merged block begins at its upper half");
DEFINE_FAULT(buddy_no_merge, "B5", "order-3 blocks are not merged");
DEFINE_FAULT(buddy_no_block_merge, "B5", "free pageblocks are not merged");
DEFINE_FAULT(buddy_wrong_list, "B6", "a split-off half goes to another type");
DEFINE_FAULT(buddy_no_mark, "B7",
	     "a split-off order-1 half is not marked free");
DEFINE_FAULT(highatomic_miscount, "B14",
	     "order-0 frees count as HighAtomic as well");

const u8 migrate_fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES - 1] = {
	[MIGRATE_UNMOVABLE]	= { MIGRATE_RECLAIMABLE, MIGRATE_MOVABLE },
	[MIGRATE_MOVABLE]	= { MIGRATE_RECLAIMABLE, MIGRATE_UNMOVABLE },
	[MIGRATE_RECLAIMABLE]	= { MIGRATE_UNMOVABLE, MIGRATE_MOVABLE },
};

/* How far a request has got; remembered while a CPU's list is refilled. */
enum rmqueue_mode { RMQUEUE_NORMAL, RMQUEUE_STEAL };

/* ---- lists ---- */
static inline void account_freepages(struct zone *zone, long nr, unsigned type)
{
	if (nr < 0 || !FAULT(buddy_miscount))
		mod_zone_free_pages(zone, nr);
	if (type == MIGRATE_HIGHATOMIC ||
	    (nr == 1 && FAULT(highatomic_miscount)))
		WRITE_ONCE(zone->nr_free_highatomic,
			   zone->nr_free_highatomic + nr);
}

/* B4 and B6 at insertion. */
static inline bool block_is_sound(struct zone *zone, u64 pfn,
				  unsigned order, unsigned type)
{
	u64 end = pfn + (1UL << order);

	return order <= MAX_PAGE_ORDER && IS_ALIGNED(pfn, 1UL << order) &&
	       pfn >= zone->start_pfn &&
	       end <= zone->start_pfn + zone->spanned_pages &&
	       get_pageblock_migratetype(zone, pfn) == type &&
	       get_pageblock_migratetype(zone, end - 1) == type;
}

static void mark_buddy(struct page *page, struct zone *zone, unsigned order,
		       unsigned type)
{
	check(block_is_sound(zone, page_to_pfn(page), order, type));
	page->type = PAGE_TYPE_BUDDY;
	WRITE_ONCE(page->order, order);
	page->migratetype = type;
	page->converted = false;
	page->buddy = order + 1;
}

static void add_to_free_list(struct page *page, struct zone *zone,
			     unsigned order, unsigned type, bool tail)
	must_hold(zone->lock)
{
	struct free_area *area = &zone->free_area[order];

	check(lock_held(&zone->lock));
	mark_buddy(page, zone, order, type);
	if (tail)
		list_add_tail(&page->lru, &area->free_list[type]);
	else
		list_add(&page->lru, &area->free_list[type]);
	WRITE_ONCE(area->nr_free, area->nr_free + 1 - !!FAULT(buddy_nr_free));
}

/* The next deferred block comes in, if only one is in front of it. Boot's work:
 * no virtual time. */
static noinline void pull_deferred_block(struct zone *zone)
	must_hold(zone->lock)
{
	u64 pfn = zone->first_deferred_pfn;
	struct list_head *list;
	unsigned type;

	machine_quiet_begin();
	type = get_pageblock_migratetype(zone, pfn);
	list = &zone->free_area[MAX_PAGE_ORDER].free_list[type];
	if (list_is_singular(list)) {
		mark_buddy(pfn_to_page(pfn), zone, MAX_PAGE_ORDER, type);
		list_add_tail(&pfn_to_page(pfn)->lru, list);
		zone->first_deferred_pfn = pfn + MAX_ORDER_NR_PAGES;
	}
	machine_quiet_end();
}

static void del_from_free_list(struct page *page, struct zone *zone,
			       unsigned order) must_hold(zone->lock)
{
	struct free_area *area = &zone->free_area[order];

	check(page->buddy == order + 1 && page->order == order);
	if (order == MAX_PAGE_ORDER &&
	    zone->first_deferred_pfn < zone->end_deferred_pfn)
		pull_deferred_block(zone);
	list_del(&page->lru);
	page->buddy = 0;
	page->type = PAGE_TYPE_NONE;
	WRITE_ONCE(area->nr_free, area->nr_free - 1);
}

void buddy_change_list(struct page *page, struct zone *zone, unsigned order,
		       unsigned from, unsigned to)
{
	long nr = 1L << order;

	check(page->buddy == order + 1 && page->migratetype == from);
	list_move_tail(&page->lru, &zone->free_area[order].free_list[to]);
	page->migratetype = to;
	if (from == MIGRATE_HIGHATOMIC)
		nr = -nr;
	if (from == MIGRATE_HIGHATOMIC || to == MIGRATE_HIGHATOMIC)
		WRITE_ONCE(zone->nr_free_highatomic,
			   zone->nr_free_highatomic + nr);
}

/* The free block of that order that makes one twice as large with page's. */
static inline struct page *find_buddy(struct page *page, u64 pfn,
				      unsigned order)
{
	struct page *buddy = page + ((pfn ^ (1UL << order)) - pfn);

	return buddy->buddy == order + 1 ? buddy : NULL;
}

/* ---- freeing ---- */
/* From a pageblock up, only types that fall back on each other merge. */
static bool types_mergeable(unsigned type, unsigned buddy_type)
{
	return type == buddy_type ||
	       (type < MIGRATE_PCPTYPES && buddy_type < MIGRATE_PCPTYPES);
}

/* True if the buddy was taken off its list to merge with a block of type. */
static bool take_buddy(struct page *buddy, struct zone *zone, unsigned order,
		       unsigned type) must_hold(zone->lock)
{
	u64 pfn = page_to_pfn(buddy);
	unsigned buddy_type = type;

	if (order >= pageblock_order) {
		buddy_type = get_pageblock_migratetype(zone, pfn);
		if (!types_mergeable(type, buddy_type))
			return false;
	}
	del_from_free_list(buddy, zone, order);
	if (buddy_type != type)
		change_pageblock_range(zone, pfn, order, type);
	return true;
}

/* The block would merge again if its buddy, being in use, were freed: then it
 * goes to the tail, to be taken last. */
static bool buddy_merge_likely(struct page *page, u64 pfn, unsigned order)
{
	u64 parent = pfn & ~(1UL << order);

	if (order >= MAX_PAGE_ORDER - 1)
		return false;
	return find_buddy(page - (pfn - parent), parent, order + 1);
}

/* B5: maximal merging, but for types that must not mix. */
static bool merged_fully(struct page *page, struct zone *zone,
			 unsigned order, unsigned type)
{
	u64 pfn = page_to_pfn(page);

	if (order == MAX_PAGE_ORDER || !find_buddy(page, pfn, order))
		return true;
	return order >= pageblock_order && !types_mergeable(type,
		get_pageblock_migratetype(zone, pfn ^ (1UL << order)));
}

void __free_one_page(struct page *page, struct zone *zone, unsigned order,
		     unsigned type, bool tail)
{
	u64 pfn = page_to_pfn(page);
	struct page *buddy;

	check(lock_held(&zone->lock));
	if_checked(zone_hold_counts(zone));
	account_freepages(zone, 1L << order, type);
	while (order < MAX_PAGE_ORDER) {
		buddy = find_buddy(page, pfn, order);
		if (order == pageblock_order && FAULT(buddy_no_block_merge))
			break;
		if (!buddy || !take_buddy(buddy, zone, order, type))
			break;
		if (order == 3 && FAULT(buddy_no_merge)) {
			add_to_free_list(buddy, zone, order, type, false);
			break;
		}
		page -= pfn & (1UL << order);
		pfn &= ~(1UL << order);
		if (FAULT(buddy_wrong_half)) {
			page += 1UL << order;
			pfn += 1UL << order;
		}
		order++;
	}
	tail = tail || buddy_merge_likely(page, pfn, order);
	add_to_free_list(page, zone, order, type, tail);
	check(merged_fully(page, zone, order, type));
}

void free_one_page(struct zone *zone, struct page *page, unsigned order)
{
	unsigned step = min(order, (unsigned)pageblock_order);
	struct page *end = page + (1UL << order);
	bool flags;

	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	for (; page < end; page += 1UL << step)
		__free_one_page(page, zone, step,
				get_pageblock_migratetype(zone,
							  page_to_pfn(page)),
				false);
	if_checked(zone_hold_ends(zone));
	spin_unlock_irqrestore(&zone->lock, flags);
	count_vm_events(PGFREE, 1UL << order);
}

void buddy_release_blocks(struct zone *zone, u64 pfn, unsigned order, u64 nr)
{
	unsigned type = get_pageblock_migratetype(zone, pfn);
	struct free_area *area = &zone->free_area[order];
	bool flags;

	must(nr == 1 || (order == MAX_PAGE_ORDER && !area->nr_free));
	spin_lock_irqsave(&zone->lock, flags);
	account_freepages(zone, (long)(nr << order), type);
	add_to_free_list(pfn_to_page(pfn), zone, order, type, true);
	WRITE_ONCE(area->nr_free, area->nr_free + nr - 1);
	if (nr > 1) {
		zone->first_deferred_pfn = pfn + (1UL << order);
		zone->end_deferred_pfn = pfn + (nr << order);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	count_vm_events(PGFREE, nr << order);
}

/* ---- taking ---- */
/* Cuts a block of order high down to low, upper halves back on the lists. */
static void expand(struct zone *zone, struct page *page, unsigned low,
		   unsigned high, unsigned type) must_hold(zone->lock)
{
	while (high > low) {
		high--;
		add_to_free_list(page + (1UL << high), zone, high,
				 type ^ !!FAULT(buddy_wrong_list), false);
		if (high == 1 && FAULT(buddy_no_mark))
			page[2].buddy = 0;
	}
}

static struct page *take_and_expand(struct zone *zone, struct page *page,
				    unsigned low, unsigned high, unsigned type)
	must_hold(zone->lock)
{
	del_from_free_list(page, zone, high);
	expand(zone, page, low, high, type);
	account_freepages(zone, -(1L << low), type);
	return page;
}

static struct page *first_free(struct free_area *area, unsigned type)
{
	return list_first_entry_or_null(&area->free_list[type], struct page,
					lru);
}

static struct page *rmqueue_smallest(struct zone *zone, unsigned order,
				     unsigned type) must_hold(zone->lock)
{
	unsigned o;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		struct page *page = first_free(&zone->free_area[o], type);

		if (!page)
			continue;
		page = take_and_expand(zone, page, order, o, type);
		trace_mm_page_alloc_zone_locked(page, order, type);
		return page;
	}
	return NULL;
}

/* The first type type falls back on that has a block of this order. */
static struct page *find_fallback(struct free_area *area, unsigned type,
				  unsigned *fallback)
{
	unsigned i;

	if (!area->nr_free || type >= MIGRATE_PCPTYPES)
		return NULL;
	for (i = 0; i < MIGRATE_PCPTYPES - 1; i++) {
		struct page *page;

		*fallback = migrate_fallbacks[type][i];
		page = first_free(area, *fallback);
		if (page)
			return page;
	}
	return NULL;
}

/* Smaller blocks of another type are not worth its pageblock to Movable, which
 * does no lasting harm by stealing. */
static bool may_claim(unsigned order, unsigned type)
{
	return order >= pageblock_order / 2 || type != MIGRATE_MOVABLE ||
	       page_group_by_mobility_disabled;
}

/* The block, and the pageblocks it covers or lies in, become type's. */
static struct page *claim_block(struct zone *zone, struct page *page,
				unsigned block_order, unsigned order,
				unsigned type, unsigned fallback,
				unsigned alloc_flags) must_hold(zone->lock)
{
	u64 pfn = page_to_pfn(page);

	if (block_order < pageblock_order) {
		if (!claim_part_block(zone, pfn, fallback, type, alloc_flags))
			return NULL;
		return rmqueue_smallest(zone, order, type);
	}
	del_from_free_list(page, zone, block_order);
	change_pageblock_range(zone, pfn, block_order, type);
	expand(zone, page, order, block_order, type);
	account_freepages(zone, -(1L << order), type);
	return page;
}

/* Pageblocks of other types, those with the largest free blocks first. */
static struct page *rmqueue_claim(struct zone *zone, unsigned order,
				  unsigned type, unsigned alloc_flags)
	must_hold(zone->lock)
{
	unsigned least = order, o = NR_PAGE_ORDERS, fallback;

	if (alloc_flags & ALLOC_NOFRAGMENT)
		least = max(order, (unsigned)pageblock_order);
	while (o-- > least) {
		struct page *page = find_fallback(&zone->free_area[o], type,
						  &fallback);

		if (!page)
			continue;
		if (!may_claim(o, type))
			break;
		page = claim_block(zone, page, o, order, type, fallback,
				   alloc_flags);
		if (!page)
			continue;
		count_vm_event(FALLBACK_CLAIM);
		trace_mm_page_alloc_extfrag(page, order, o, type, fallback,
					    true);
		return page;
	}
	return NULL;
}

/* The smallest block of another type, which keeps its type. */
static struct page *rmqueue_steal(struct zone *zone, unsigned order,
				  unsigned type) must_hold(zone->lock)
{
	unsigned o, fallback;

	for (o = order; o < NR_PAGE_ORDERS; o++) {
		struct page *page = find_fallback(&zone->free_area[o], type,
						  &fallback);

		if (!page)
			continue;
		count_vm_event(FALLBACK_STEAL);
		page = take_and_expand(zone, page, order, o, fallback);
		trace_mm_page_alloc_extfrag(page, order, o, type, fallback,
					    false);
		return page;
	}
	return NULL;
}

static struct page *__rmqueue(struct zone *zone, unsigned order, unsigned type,
			      unsigned alloc_flags, enum rmqueue_mode *mode)
	must_hold(zone->lock)
{
	struct page *page;

	if (*mode == RMQUEUE_NORMAL) {
		page = rmqueue_smallest(zone, order, type);
		if (!page)
			page = rmqueue_claim(zone, order, type, alloc_flags);
		if (page)
			return page;
	}
	if (alloc_flags & ALLOC_NOFRAGMENT)
		return NULL;
	page = rmqueue_steal(zone, order, type);
	if (page)
		*mode = RMQUEUE_STEAL;
	return page;
}

struct page *rmqueue_buddy(struct zone *zone, unsigned order, unsigned type,
			   unsigned alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page = NULL;
	bool flags;

	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	if (alloc_flags & ALLOC_HIGHATOMIC)
		page = rmqueue_smallest(zone, order, MIGRATE_HIGHATOMIC);
	if (!page) {
		page = __rmqueue(zone, order, type, alloc_flags, &mode);
		/* The last resort of those who must not fail. */
		if (!page && (alloc_flags & (ALLOC_OOM | ALLOC_NON_BLOCK)))
			page = rmqueue_smallest(zone, order,
						MIGRATE_HIGHATOMIC);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return page;
}

unsigned rmqueue_bulk(struct zone *zone, unsigned order, unsigned count,
		      struct list_head *list, unsigned type,
		      unsigned alloc_flags)
{
	enum rmqueue_mode mode = RMQUEUE_NORMAL;
	struct page *page;
	unsigned i;
	bool flags;

	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	for (i = 0; i < count; i++) {
		page = __rmqueue(zone, order, type, alloc_flags, &mode);
		if (!page)
			break;
		if_checked(zone_hold_counts(zone));
		page->type = PAGE_TYPE_PCP;
		WRITE_ONCE(page->order, order);
		list_add_tail(&page->lru, list);
	}
	if_checked(zone_hold_ends(zone));
	spin_unlock_irqrestore(&zone->lock, flags);
	return i;
}
