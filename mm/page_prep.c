/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preparing pages for their owner and for the free lists: references, compound
 * pages, zeroing, and the checks of a debug kernel (B12, B21; slub spec 5.5).
 */
#include "mm/page_prep.h"
#include "mm/audit.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/zeroing.h"

DEFINE_FAULT(owner_tag_kept, "B21",
	     "an allocated page is still tagged as cached");

/* ---- zeroing ---- */
void clear_pages(struct page *page, unsigned long nr)
{
	char *p = page_address(page);

	for (unsigned long i = 0; i < nr; i++)
		zero_memory(p + (i << PAGE_SHIFT), PAGE_SIZE);
}

void clear_page(struct page *page)
{
	clear_pages(page, 1);
}

/* ---- checks ---- */
static noinline void bad_page(const struct page *page, const char *why)
{
	kernel_bug("BUG: Bad page state in process %s  pfn:%05lx",
		   current->comm, (unsigned long)page_to_pfn(page));
	printk("page: refcount:%u type:%u order:%u flags:%#x",
	       READ_ONCE(page->_refcount), page->type, page->order,
	       page->flags);
	printk("page dumped because: %s", why);
	dump_stack();
}

/* Acquire pairs with the release in prep_new_page(): its order is seen. */
static inline bool page_is_live(const struct page *page)
{
	return smp_load_acquire(&page->_refcount) != 0;
}

/* B12: no block that begins before it and covers it is in use. Which page is
 * live there may change meanwhile, but never to one that covers ours. */
static inline bool covered_by_live_block(const struct page *page,
					 unsigned order)
{
	u64 pfn = page_to_pfn(page);
	unsigned o;

	for (o = order + 1; o <= MAX_PAGE_ORDER; o++) {
		const struct page *head = pfn_to_page(pfn & ~((1UL << o) - 1));

		if (head != page && page_is_live(head) &&
		    READ_ONCE(head->order) >= o)
			return true;
	}
	return false;
}

noinline bool new_page_is_good(const struct page *page, unsigned order)
{
	const char *why = NULL;

	if (page_is_live(page))
		why = "nonzero _refcount";
	else if (!IS_ALIGNED(page_to_pfn(page), 1UL << order))
		why = "misaligned";
	else if (covered_by_live_block(page, order))
		why = "overlaps an allocated block";
	if (why)
		bad_page(page, why);
	return !why;
}

noinline bool freed_page_is_good(const struct page *page, unsigned order)
{
	const char *why = NULL;

	if (page->type != PAGE_TYPE_NONE)
		why = "still tagged by its owner";
	else if (page->flags & ~(PG_head | PG_pfmemalloc | PG_lru))
		why = "PAGE_FLAGS_CHECK_AT_FREE flag(s) set";
	else if (page->order != order)
		why = "freed with another order";
	else if (covered_by_live_block(page, order))
		why = "part of an allocated block";
	if (why)
		bad_page(page, why);
	return !why;
}

static bool any_rcu_noted;

void page_note_rcu(struct page *page, unsigned order)
{
	u32 stamp;

	stamp = (u32)get_state_synchronize_rcu();
	for (unsigned long i = 0; i < 1UL << order; i++)
		page[i].rcu_stamp = max(stamp, 1u);
	WRITE_ONCE(any_rcu_noted, true);
}

void page_check_rcu(struct page *page, unsigned order)
{
	unsigned long i, early = 0;

	if (!READ_ONCE(any_rcu_noted))
		return;
	for (i = 0; i < 1UL << order; i++) {
		u32 stamp = page[i].rcu_stamp;

		early += stamp && (s32)((u32)rcu_completed() - stamp) < 0;
		page[i].rcu_stamp = 0;
	}
	if (early)
		audit_violated("I20", "pfn %05lx is given out while readers "
			       "may be in it",
			       (unsigned long)page_to_pfn(page));
}

/* ---- compound pages ---- */
void prep_compound_page(struct page *page, unsigned order)
{
	u64 pfn = page_to_pfn(page);
	unsigned long i;

	page->flags |= PG_head;
	for (i = 1; i < 1UL << order; i++) {
		page[i].flags = PG_tail;
		page[i].compound_head = pfn;
	}
}

void destroy_compound_page(struct page *page, unsigned order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++) {
		page[i].flags = 0;
		page[i].compound_head = 0;
	}
}

/* ---- splitting ---- */
void split_page(struct page *page, unsigned order)
{
	unsigned long i;

	must(!(page->flags & (PG_head | PG_tail)));
	WRITE_ONCE(page->order, 0);
	for (i = 1; i < 1UL << order; i++) {
		page[i].type = page->type;
		page[i].flags = page->flags & PG_lru;
		WRITE_ONCE(page[i].order, 0);
		WRITE_ONCE(page[i]._refcount, 1);
	}
}
