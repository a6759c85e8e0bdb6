/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a block between the free lists and its owner. Internal. */
#ifndef MM_PAGE_PREP_H
#define MM_PAGE_PREP_H

#include "mm/gfp.h"
#include "mm/page.h"
#include "mm/page_alloc.h"

#ifdef WITH_FAULTS
extern struct fault fault_owner_tag_kept;	/* page_prep.c */
#endif

/* The checks of a debug kernel; in if_checked() or checked_ok(). */
bool new_page_is_good(const struct page *page, unsigned order);
bool freed_page_is_good(const struct page *page, unsigned order);
/* In if_checked(): nobody may have the block before a grace period that begins
 * from now on is over; and whether that is so (I20). */
void page_note_rcu(struct page *page, unsigned order);
void page_check_rcu(struct page *page, unsigned order);
void prep_compound_page(struct page *page, unsigned order);
void destroy_compound_page(struct page *page, unsigned order);

/* A block just taken off a free list becomes its owner's: one reference,
 * compound with __GFP_COMP, zeroed with __GFP_ZERO. */
static always_inline void prep_new_page(struct page *page, unsigned order,
					gfp_t gfp)
{
	if_checked((void)new_page_is_good(page, order));
	if_checked(page_check_rcu(page, order));
	if (!FAULT(owner_tag_kept))
		page->type = PAGE_TYPE_NONE;
	static_assert(__GFP_MOVABLE << 1 == PG_lru, "the flag shifted");
	page->flags = (gfp & __GFP_MOVABLE) << 1;
	WRITE_ONCE(page->order, order);
	/* Its order is seen by who finds it live: page_is_live(). */
	smp_store_release(&page->_refcount, 1);
	if (unlikely(gfp & __GFP_ZERO))
		clear_pages(page, 1UL << order);
	if (order && (gfp & __GFP_COMP))
		prep_compound_page(page, order);
}

/* A block on its way back; false (and the kernel's report) if it is not in a
 * state to be freed: then it is left alone. */
static always_inline bool free_pages_prepare(struct page *page, unsigned order)
{
	if (!checked_ok(freed_page_is_good(page, order)))
		return false;
	if (order && (page->flags & PG_head))
		destroy_compound_page(page, order);
	page->flags = 0;
	return true;
}

#endif
