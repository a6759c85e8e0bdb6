/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events of pages (vmalloc-tlb-ipi spec 9; trace/events/kmem.h, 6.12).
 * Bulk allocation has none, as in 6.12, and nothing here frees in batches
 * (mm_page_free_batched).
 */
#ifndef MM_TRACE_PAGE_H
#define MM_TRACE_PAGE_H

#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"

/* Where x86-64 with 4 levels has struct page, of 64 bytes. */
#define VMEMMAP_PRINT_BASE	0xffffea0000000000UL

static inline u64 trace_page_address(const struct page *page)
{
	return page ? VMEMMAP_PRINT_BASE + page_to_pfn(page) * 64 : 0;
}

/* Of a failed allocation too: page 0. */
TRACE_EVENT(mm_page_alloc,
	TP_PROTO(const struct page *page, unsigned order, gfp_t gfp,
		 unsigned migratetype),
	TP_VALUES(trace_page_address(page), page ? page_to_pfn(page) : 0,
		  order, migratetype, gfp),
	"page=%p pfn=0x%lx order=%d migratetype=%d gfp_flags=%pGg");

TRACE_EVENT(mm_page_free,
	TP_PROTO(const struct page *page, unsigned order),
	TP_VALUES(trace_page_address(page), page_to_pfn(page), order),
	"page=%p pfn=0x%lx order=%d");

/* Taken from a zone's lists; percpu_refill as 6.12 has it: could be for one. */
TRACE_EVENT(mm_page_alloc_zone_locked,
	TP_PROTO(const struct page *page, unsigned order, unsigned migratetype),
	TP_VALUES(trace_page_address(page), page_to_pfn(page), order,
		  migratetype, pcp_allowed_order(order) &&
		  migratetype < MIGRATE_PCPTYPES),
	"page=%p pfn=0x%lx order=%u migratetype=%d percpu_refill=%d");

/* Given back to a zone's lists by a CPU's. */
TRACE_EVENT(mm_page_pcpu_drain,
	TP_PROTO(const struct page *page, unsigned order, unsigned migratetype),
	TP_VALUES(trace_page_address(page), page_to_pfn(page), order,
		  migratetype),
	"page=%p pfn=0x%lx order=%d migratetype=%d");

/* From the lists of another type: a claim changes the pageblock's owner. */
TRACE_EVENT(mm_page_alloc_extfrag,
	TP_PROTO(const struct page *page, unsigned alloc_order,
		 unsigned fallback_order, unsigned alloc_type,
		 unsigned fallback_type, bool change_ownership),
	TP_VALUES(trace_page_address(page), page_to_pfn(page), alloc_order,
		  fallback_order, pageblock_order, alloc_type, fallback_type,
		  fallback_order < pageblock_order, change_ownership),
	"page=%p pfn=0x%lx alloc_order=%d fallback_order=%d "
	"pageblock_order=%d alloc_migratetype=%d fallback_migratetype=%d "
	"fragmenting=%d change_ownership=%d");

#endif
