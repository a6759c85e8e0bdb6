/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pageblocks that change their type (slub spec 5.3, 5.9, 5.16;
 * mm/page_alloc.c, 6.12).
 *
 * What a pageblock that is claimed holds besides free pages is counted by
 * PG_lru, which stands for a user page: who allocates with __GFP_MOVABLE here
 * has such pages in mind. The scan of a whole pageblock under zone->lock is
 * the kernel's, and so is its cost.
 *
 * Blocks that are retyped while free may be left beside a free buddy of their
 * own type; they merge when one of the two is freed the next time. They are
 * marked for the audit (B5).
 */
#include "mm/pageblock.h"
#include "mm/buddy.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

DEFINE_FAULT(claim_forgets_block, "B6",
	     "a claimed pageblock leaves a free block on the old list");
DEFINE_FAULT(claim_counts_on, "B19",
	     "a pageblock is counted again and again before it is claimed");
DEFINE_FAULT(highatomic_kept, "B18",
	     "a pageblock given back stays counted as reserved");

unsigned watermark_boost_factor = 15000;

void change_pageblock_range(struct zone *zone, u64 pfn, unsigned order,
			    unsigned type)
{
	u64 end = pfn + (1UL << order);

	for (; pfn < end; pfn += pageblock_nr_pages)
		set_pageblock_migratetype(zone, pfn, type);
}

static bool pageblock_in_zone(const struct zone *zone, u64 start)
{
	return start >= zone->start_pfn &&
	       start + pageblock_nr_pages <=
	       zone->start_pfn + zone->spanned_pages;
}

int move_freepages_block(struct zone *zone, u64 pfn, unsigned from,
			 unsigned to)
{
	u64 at = ALIGN_DOWN(pfn, pageblock_nr_pages);
	u64 end = at + pageblock_nr_pages;
	int moved = 0;

	if (!pageblock_in_zone(zone, at))
		return -ERANGE;
	if_checked(zone_hold_scans(zone));
	set_pageblock_migratetype(zone, at, to);
	while (at < end) {
		struct page *page = pfn_to_page(at);
		unsigned order = page->buddy ? page->buddy - 1 : 0;

		if (page->buddy) {
			if (!moved || !FAULT(claim_forgets_block))
				buddy_change_list(page, zone, order, from, to);
			moved += 1 << order;
		}
		at += 1UL << order;
	}
	return moved;
}

/* ---- claiming ---- */
/* Adds to the watermarks; true if it did. */
static bool boost_watermark(struct zone *zone) must_hold(zone->lock)
{
	u64 most, boost = zone->watermark_boost;

	if (!watermark_boost_factor)
		return false;
	/* Half of a small zone would be out of reach at once. */
	if (pageblock_nr_pages * 4 > zone->managed_pages)
		return false;
	most = zone->watermark[WMARK_HIGH] * watermark_boost_factor / 10000;
	if (!most)
		return false;
	most = max(most, (u64)pageblock_nr_pages);
	WRITE_ONCE(zone->watermark_boost,
		   min(boost + pageblock_nr_pages, most));
	return true;
}

static bool is_user_page(struct page *page)
{
	return compound_head(page)->flags & PG_lru;
}

struct pageblock_use {
	unsigned	free, movable;
};

static struct pageblock_use count_pageblock(struct zone *zone, u64 pfn)
	must_hold(zone->lock);

static struct pageblock_use count_pageblock(struct zone *zone, u64 pfn)
{
	struct pageblock_use use = { .free = 0 };
	u64 at = ALIGN_DOWN(pfn, pageblock_nr_pages);
	u64 end = at + pageblock_nr_pages;

	if_checked(zone_hold_scans(zone));
	while (at < end) {
		struct page *page = pfn_to_page(at);

		if (page->buddy) {
			use.free += 1u << (page->buddy - 1);
			at += 1UL << (page->buddy - 1);
			continue;
		}
		use.movable += is_user_page(page);
		at++;
	}
	return use;
}

bool claim_part_block(struct zone *zone, u64 pfn, unsigned from, unsigned to,
		      unsigned alloc_flags)
{
	struct pageblock_use use;
	unsigned alike = 0;

	if (boost_watermark(zone) && (alloc_flags & ALLOC_KSWAPD))
		__atomic_fetch_or(&zone->flags, ZONE_BOOSTED_WATERMARK,
				  __ATOMIC_RELAXED);
	if (!pageblock_in_zone(zone, ALIGN_DOWN(pfn, pageblock_nr_pages)))
		return false;
	if (FAULT(claim_counts_on))
		for (unsigned i = 0; i < NR_PAGE_ORDERS; i++)
			count_pageblock(zone, pfn);
	use = count_pageblock(zone, pfn);
	if (to == MIGRATE_MOVABLE)
		alike = use.movable;
	else if (from == MIGRATE_MOVABLE)
		alike = pageblock_nr_pages - use.free - use.movable;
	/* Of an unmovable block nobody knows which of the two kinds it holds,
	 * so such pages count for neither. */
	if (use.free + alike < pageblock_nr_pages / 2 &&
	    !page_group_by_mobility_disabled)
		return false;
	return move_freepages_block(zone, pfn, from, to) >= 0;
}

/* ---- HighAtomic ---- */
/* 1 % of the zone, in whole pageblocks; none if that is less than one. */
static u64 highatomic_limit(const struct zone *zone)
{
	u64 percent = zone->managed_pages / 100;

	return percent < pageblock_nr_pages ? 0 :
		ALIGN(percent, pageblock_nr_pages);
}

static void reserve_locked(struct zone *zone, u64 pfn, unsigned order)
	must_hold(zone->lock)
{
	unsigned type = get_pageblock_migratetype(zone, pfn);
	u64 size = max(pageblock_nr_pages, 1UL << order);

	if (zone->nr_reserved_highatomic >= highatomic_limit(zone) ||
	    type >= MIGRATE_PCPTYPES)
		return;
	if (order >= pageblock_order)
		change_pageblock_range(zone, pfn, order, MIGRATE_HIGHATOMIC);
	else if (move_freepages_block(zone, pfn, type,
				      MIGRATE_HIGHATOMIC) < 0)
		return;
	WRITE_ONCE(zone->nr_reserved_highatomic,
		   zone->nr_reserved_highatomic + size);
	count_vm_event(HIGHATOMIC_RESERVED);
}

void reserve_highatomic_pageblock(struct page *page, unsigned order,
				  struct zone *zone)
{
	bool flags;

	if (READ_ONCE(zone->nr_reserved_highatomic) >= highatomic_limit(zone))
		return;
	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	reserve_locked(zone, page_to_pfn(page), order);
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* The free block's pageblock, or pageblocks, become type's. */
static bool unreserve_block(struct zone *zone, struct page *page,
			    unsigned order, unsigned type)
	must_hold(zone->lock)
{
	u64 size = max(pageblock_nr_pages, 1UL << order);
	u64 pfn = page_to_pfn(page);

	if (!FAULT(highatomic_kept))
		WRITE_ONCE(zone->nr_reserved_highatomic,
			   zone->nr_reserved_highatomic - size);
	count_vm_event(HIGHATOMIC_UNRESERVED);
	if (order < pageblock_order)
		return move_freepages_block(zone, pfn, MIGRATE_HIGHATOMIC,
					    type) > 0;
	change_pageblock_range(zone, pfn, order, type);
	buddy_change_list(page, zone, order, MIGRATE_HIGHATOMIC, type);
	page->converted = true;
	return true;
}

bool unreserve_highatomic_pageblock(struct zone *zone, unsigned type,
				    bool force)
{
	bool flags, done = false;
	unsigned order;

	if (READ_ONCE(zone->nr_reserved_highatomic) <=
	    (force ? 0 : pageblock_nr_pages))
		return false;
	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	for (order = 0; order < NR_PAGE_ORDERS && !done; order++) {
		struct free_area *area = &zone->free_area[order];
		struct page *page = list_first_entry_or_null(
			&area->free_list[MIGRATE_HIGHATOMIC], struct page,
			lru);

		if (page)
			done = unreserve_block(zone, page, order, type);
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	return done;
}
