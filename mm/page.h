/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct page, page frames and their addresses. The memmap is one virtually
 * contiguous array, lazily backed: an all-zero struct page is a valid page
 * that is head of nothing; its node and zone follow from its frame number.
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "cpus/machine.h"

#define MAX_PAGE_ORDER		10
#define NR_PAGE_ORDERS		(MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES	(1UL << MAX_PAGE_ORDER)
#define PAGE_ALLOC_COSTLY_ORDER	3
#define pageblock_order		9
#define pageblock_nr_pages	(1UL << pageblock_order)

/* What a page is for: the owner tag of B21 (slub spec 6.2). */
enum page_type {
	PAGE_TYPE_NONE,		/* allocated, owner unknown; or reserved */
	PAGE_TYPE_BUDDY,	/* head of a free block */
	PAGE_TYPE_PCP,		/* on a per-CPU list */
	PAGE_TYPE_SLAB,
	PAGE_TYPE_LARGE_KMALLOC,
	PAGE_TYPE_VMALLOC,
	PAGE_TYPE_TABLE,
};

#define PG_head		0x1u	/* first of a compound page */
#define PG_tail		0x2u	/* head pfn is in compound_head */
#define PG_slab_partial	0x4u	/* slab is on its node's partial list */
#define PG_pfmemalloc	0x8u	/* from the emergency reserves */
#define PG_lru		0x10u	/* user memory: allocated with __GFP_MOVABLE */

/* 64 bytes; slab.h overlays bytes 8 to 47 with struct slab. */
struct page {
	u32	flags;			/* PG_*: changed by the owner only */
	u8	order;			/* of a free block or compound page */
	u8	migratetype;		/* while free: the list it is on */
	u8	type;			/* enum page_type */
	u8	converted;		/* retyped while free: mm/pageblock.c */
	union {
		struct {
			struct list_head lru;		/* free lists */
			u64		compound_head;	/* tail: head's pfn */
			u64		private;	/* the owner's */
			u64		index;		/* the owner's */
		};
		u64	slab_words[5];
	};
	u32	_refcount;		/* atomics; 0: free */
	u32	rcu_stamp;	/* checked builds: not to be reused before that
				 * grace period is over; 0: at any time */
	u32	buddy;		/* order + 1 while head of a free block, else
				 * 0; under zone->lock */
	u32	shadow;		/* of a slab: mm/slab_shadow.c */
};

static_assert(sizeof(struct page) == 64, "one line a page, as in the kernel");

#define memmap			((struct page *)machine_vmemmap)
#define pfn_to_page(pfn)	(memmap + (pfn))
#define page_to_pfn(page)	((u64)((page) - memmap))
#define page_address(page)	\
	((void *)(machine_direct_map + (page_to_pfn(page) << PAGE_SHIFT)))
#define virt_to_pfn(p)		\
	((u64)((const char *)(p) - machine_direct_map) >> PAGE_SHIFT)
#define virt_to_page(p)		pfn_to_page(virt_to_pfn(p))
#define __pa(p)			((u64)((const char *)(p) - machine_direct_map))

/* The head of the compound page that page belongs to (itself if none). */
static inline struct page *compound_head(struct page *page)
{
	/* A slab's list bit may change under us, PG_tail does not. */
	if (READ_ONCE(page->flags) & PG_tail)
		return pfn_to_page(page->compound_head);
	return page;
}

#define virt_to_head_page(p)	compound_head(virt_to_page(p))

static inline unsigned get_order(u64 size)
{
	return size <= PAGE_SIZE ? 0 : fls64((size - 1) >> PAGE_SHIFT);
}

/* Node of a frame; from the pfn alone. */
unsigned pfn_to_nid(u64 pfn);
#define page_to_nid(page)	pfn_to_nid(page_to_pfn(page))

struct zone;
struct zone *page_zone(struct page *page);

/* One past the last frame of physical memory. */
extern u64 max_pfn;

#endif
