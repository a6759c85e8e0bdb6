/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preparing pages for their owner and for the free lists: references, compound
 * pages, zeroing, and the checks of a debug kernel (B12, B21; slub spec 5.5).
 */
#include "mm/page_prep.h"
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

static bool new_page_is_good(const struct page *page, unsigned order)
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

static bool freed_page_is_good(const struct page *page, unsigned order)
{
	const char *why = NULL;

	if (page->type != PAGE_TYPE_NONE)
		why = "still tagged by its owner";
	else if (page->flags & ~(PG_head | PG_pfmemalloc))
		why = "PAGE_FLAGS_CHECK_AT_FREE flag(s) set";
	else if (page->order != order)
		why = "freed with another order";
	else if (covered_by_live_block(page, order))
		why = "part of an allocated block";
	if (why)
		bad_page(page, why);
	return !why;
}

/* ---- compound pages ---- */
static void prep_compound_page(struct page *page, unsigned order)
{
	u64 pfn = page_to_pfn(page);
	unsigned long i;

	page->flags |= PG_head;
	for (i = 1; i < 1UL << order; i++) {
		page[i].flags = PG_tail;
		page[i].compound_head = pfn;
	}
}

static void destroy_compound_page(struct page *page, unsigned order)
{
	unsigned long i;

	for (i = 1; i < 1UL << order; i++) {
		page[i].flags = 0;
		page[i].compound_head = 0;
	}
}

/* ---- the two ways ---- */
void prep_new_page(struct page *page, unsigned order, gfp_t gfp)
{
	if (CHECKS_ON) {
		machine_quiet_begin();
		(void)new_page_is_good(page, order);
		machine_quiet_end();
	}
	if (!FAULT(owner_tag_kept))
		page->type = PAGE_TYPE_NONE;
	page->flags = 0;
	WRITE_ONCE(page->order, order);
	smp_store_release(&page->_refcount, 1);
	if (gfp & __GFP_ZERO)
		clear_pages(page, 1UL << order);
	if (order && (gfp & __GFP_COMP))
		prep_compound_page(page, order);
}

bool free_pages_prepare(struct page *page, unsigned order)
{
	if (CHECKS_ON) {
		bool good;

		machine_quiet_begin();
		good = freed_page_is_good(page, order);
		machine_quiet_end();
		if (!good)
			return false;
	}
	if (order && (page->flags & PG_head))
		destroy_compound_page(page, order);
	page->flags = 0;
	return true;
}

void split_page(struct page *page, unsigned order)
{
	unsigned long i;

	must(!(page->flags & (PG_head | PG_tail)));
	WRITE_ONCE(page->order, 0);
	for (i = 1; i < 1UL << order; i++) {
		page[i].type = page->type;
		page[i].flags = 0;
		WRITE_ONCE(page[i].order, 0);
		WRITE_ONCE(page[i]._refcount, 1);
	}
}
