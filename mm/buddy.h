/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buddy lists of a zone (slub spec 5.2, 5.3). Internal. */
#ifndef MM_BUDDY_H
#define MM_BUDDY_H

#include "mm/mmzone.h"

/*
 * Frees a block, merging it as far as it goes; tail: it is put behind all
 * others (fresh memory). type is that of its pageblock, read under the lock.
 */
void __free_one_page(struct page *page, struct zone *zone, unsigned order,
		     unsigned type, bool tail) must_hold(zone->lock);
/* Takes the lock itself; cuts what is above a pageblock. Counts PGFREE. */
void free_one_page(struct zone *zone, struct page *page, unsigned order);
/* Boot: nr blocks, one after the other, that have no free buddy; touches the
 * head of the first only, so nr > 1 must be of order 10, and the only ones. */
void buddy_release_blocks(struct zone *zone, u64 pfn, unsigned order, u64 nr);

/* A free block goes from one type's list to the tail of another's; its
 * pageblock's type is the caller's to change. */
void buddy_change_list(struct page *page, struct zone *zone, unsigned order,
		       unsigned from, unsigned to) must_hold(zone->lock);

/* One block, or NULL; takes the lock. */
struct page *rmqueue_buddy(struct zone *zone, unsigned order, unsigned type,
			   unsigned alloc_flags);
/* Appends up to count blocks to list under one hold; returns how many. */
unsigned rmqueue_bulk(struct zone *zone, unsigned order, unsigned count,
		      struct list_head *list, unsigned type,
		      unsigned alloc_flags);

/* The types tried when a list of that type is empty, best first. */
extern const u8 migrate_fallbacks[MIGRATE_PCPTYPES][MIGRATE_PCPTYPES - 1];

#endif
