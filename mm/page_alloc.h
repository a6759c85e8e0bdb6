/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page allocator's calls (slub spec 5). */
#ifndef MM_PAGE_ALLOC_H
#define MM_PAGE_ALLOC_H

#include "mm/gfp.h"
#include "mm/page.h"

#define NUMA_NO_NODE	(-1)

/*
 * 2^order contiguous pages, refcount 1, owner tag PAGE_TYPE_NONE. NULL when the
 * zones that gfp allows cannot give them. Blocking gfp: task context that may
 * sleep (reported else); atomic gfp: any context but NMI. nid: preferred node,
 * NUMA_NO_NODE for the local one; strict with __GFP_THISNODE.
 */
struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order);
struct page *alloc_pages(gfp_t gfp, unsigned order);
/* Drops a reference; the last one frees. order as allocated. Any context. */
void __free_pages(struct page *page, unsigned order);

/* Whether a request with gfp may use the last reserve, here and now. */
bool gfp_pfmemalloc_allowed(gfp_t gfp);

/* By address; 0 when there is none. */
unsigned long __get_free_pages(gfp_t gfp, unsigned order);
void free_pages(unsigned long addr, unsigned order);

/*
 * Fills NULL slots of array[0..nr) with order-0 pages; returns how many slots
 * are filled from the front. May stop short: the caller loops (spec 5.15).
 */
unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr,
					  struct page **array);
/* Turns one block into 2^order single pages, each with its own reference. */
void split_page(struct page *page, unsigned order);

/* Zeroes a page in the direct map; accounts the time (sampled natively). */
void clear_page(struct page *page);
void clear_pages(struct page *page, unsigned long nr);

/* Returns this CPU's, or every CPU's, per-CPU pages to the buddy lists. */
void drain_local_pages(void);
void drain_all_pages(void);

/* Pages managed by the buddy allocator, all zones. */
u64 totalram_pages(void);
u64 nr_free_pages(void);

/* Boot: zones, memmap, zonelists, watermarks; all free memory to the buddy. */
void page_alloc_init(void);

/* Counted per CPU, summed by the reader at quiescence. */
enum vm_event {
	PGALLOC_DMA, PGALLOC_DMA32, PGALLOC_NORMAL,
	PGFREE,
	PCP_REFILL,		/* pages per-CPU lists took from the buddy */
	PCP_DRAIN,		/* and given back */
	FALLBACK_CLAIM, FALLBACK_STEAL,
	ALLOC_FAILED,
	FAILSLAB, FAIL_PAGE_ALLOC,	/* on purpose: mm/fault_inject.c */
	ALLOC_RESERVE,		/* given below min, by a right to */
	HIGHATOMIC_RESERVED, HIGHATOMIC_UNRESERVED,	/* times */
	PGRECLAIM_NEEDED,	/* failed where reclaim would have been tried */
	PAGEOUTRUN,		/* passes of kswapd */
	VMALLOC_PAGES,		/* nr_vmalloc_pages */
	TABLE_PAGES,		/* page-table pages */
	NR_VM_EVENTS,
};

DECLARE_PER_CPU(u64[NR_VM_EVENTS], vm_events);
#ifdef WITH_FAULTS
/* A planted one puts the CPUs' words side by side (mm/vmstat.c). */
u64 *vm_event_of_this_cpu(enum vm_event event);
#else
#define vm_event_of_this_cpu(e)	(&(*this_cpu_ptr(&vm_events))[e])
#endif
#define count_vm_events(e, n)	\
	this_cpu_field_add(*vm_event_of_this_cpu(e), n)
#define count_vm_event(e)	count_vm_events(e, 1)
u64 sum_vm_event(enum vm_event event);
void vm_events_reset(void);

/* By zone, since boot: where allocations were served. Hit and miss are told by
 * the node that was asked for, local and other by the CPU's. */
enum numa_stat_item {
	NUMA_HIT, NUMA_MISS, NUMA_FOREIGN, NUMA_INTERLEAVE, NUMA_LOCAL,
	NUMA_OTHER, NR_NUMA_STAT_ITEMS,
};

u64 sum_numa_event(enum numa_stat_item item);

/* By node: pages in use now. */
enum node_stat_item {
	NR_SLAB_RECLAIMABLE, NR_SLAB_UNRECLAIMABLE,
	NR_LARGE_KMALLOC,	/* unreclaimable as well */
	NR_VM_NODE_STAT_ITEMS,
};

/* Adds to the node of page. Any context. */
void mod_node_page_state(struct page *page, enum node_stat_item item,
			 long delta);
u64 node_page_state(unsigned nid, enum node_stat_item item);
u64 global_node_page_state(enum node_stat_item item);

#endif
