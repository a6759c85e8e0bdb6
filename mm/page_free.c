/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving pages back (slub spec 5.5; mm/page_alloc.c, 6.12). */
#include "mm/buddy.h"
#include "mm/page_alloc.h"
#include "mm/page_prep.h"
#include "mm/pcp.h"
#include "mm/trace_page.h"

static always_inline void free_unref_page(struct page *page, unsigned order)
{
	if (unlikely(!free_pages_prepare(page, order)))
		return;
	if (likely(pcp_allowed_order(order)))
		free_unref_page_commit(page, order);
	else
		free_one_page(page_zone(page), page, order);
}

static always_inline void free_traced_page(struct page *page, unsigned order)
{
	trace_mm_page_free(page, order);
	free_unref_page(page, order);
}

/*
 * The last reference to a block that is not compound is somebody's speculative
 * one: all but the first page are ours to free, by halves (spec 5.5). The
 * holder then frees the first.
 */
static noinline void free_all_but_first(struct page *page, unsigned order)
{
	WRITE_ONCE(page->order, 0);
	while (order-- > 0) {
		page[1UL << order].type = PAGE_TYPE_NONE;
		WRITE_ONCE(page[1UL << order].order, order);
		free_traced_page(page + (1UL << order), order);
	}
}

/* free_last frees a block that nobody refers to any more. */
static always_inline void put_page(struct page *page, unsigned order,
				   void (*free_last)(struct page *, unsigned))
{
	/* Read before the reference is dropped. */
	bool head = page->flags & PG_head;
	u32 left = __atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_SEQ_CST);

	if (likely(left == 0)) {
		free_last(page, order);
		return;
	}
	if (unlikely(left == ~0u)) {
		WRITE_ONCE(page->_refcount, 0);
		kernel_bug("BUG: Bad page state in process %s  pfn:%05lx",
			   current->comm, (unsigned long)page_to_pfn(page));
		dump_stack();
		return;
	}
	if (!head)
		free_all_but_first(page, order);
}

static noinline void free_observed(struct page *page, unsigned order)
{
	unsigned was = op_part_enter(OP_PAGE_ALLOC);

	put_page(page, order, free_traced_page);
	op_part_leave(was);
}

void __free_pages(struct page *page, unsigned order)
{
	if (trace_wanted() || unlikely(this_op_time()))
		free_observed(page, order);
	else
		put_page(page, order, free_unref_page);
}

void free_pages(unsigned long addr, unsigned order)
{
	if (addr)
		__free_pages(virt_to_page(addr), order);
}
