/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pageblocks that change their type: claimed by a request of another type, or
 * reserved for high-order atomic ones (slub spec 5.3, 5.9, 5.16). Internal to
 * the page allocator.
 */
#ifndef MM_PAGEBLOCK_H
#define MM_PAGEBLOCK_H

#include "mm/gfp.h"
#include "mm/mmzone.h"

/* The boost's limit, in 1/10000 of the high watermark; 0: none. sysctl. */
extern unsigned watermark_boost_factor;		/* 15000 */

/* All pageblocks of a block of at least their order. */
void change_pageblock_range(struct zone *zone, u64 pfn, unsigned order,
			    unsigned type) must_hold(zone->lock);
/*
 * Retypes the pageblock that holds pfn, which lies in no free block above its
 * order, and moves its free blocks to the tails of the new type's lists.
 * Returns how many pages are free in it, or -ERANGE and does nothing if a part
 * of it is outside of the zone.
 */
int move_freepages_block(struct zone *zone, u64 pfn, unsigned from,
			 unsigned to) must_hold(zone->lock);
/*
 * The pageblock that holds a free block of type from is worth becoming type
 * to's, and has become it: half of it is free or of to's kind. Boosts the
 * watermarks in any case, for types mix now.
 */
bool claim_part_block(struct zone *zone, u64 pfn, unsigned from, unsigned to,
		      unsigned alloc_flags) must_hold(zone->lock);

/* After an allocation by right of ALLOC_HIGHATOMIC; takes zone->lock. */
void reserve_highatomic_pageblock(struct page *page, unsigned order,
				  struct zone *zone);
/*
 * One free HighAtomic pageblock of the zone becomes type's; the last one only
 * if forced. True if it gave pages. Takes zone->lock.
 */
bool unreserve_highatomic_pageblock(struct zone *zone, unsigned type,
				    bool force);

#endif
