/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events of objects (vmalloc-tlb-ipi spec 9; trace/events/kmem.h, 6.12).
 * The bulk calls have none, as in 6.12.
 */
#ifndef MM_TRACE_SLAB_H
#define MM_TRACE_SLAB_H

#include "mm/slab_def.h"

/* What the object takes, with what debugging adds. */
static inline size_t trace_bytes_alloc(const void *ptr, size_t bytes_req)
{
	const struct page *page = ptr ? virt_to_head_page(ptr) : NULL;

	return page && page->type == PAGE_TYPE_SLAB ?
		page_slab(page)->slab_cache->lay.size :
		kmalloc_size_roundup(bytes_req);
}

TRACE_EVENT(kmalloc,
	TP_PROTO(unsigned long call_site, const void *ptr, size_t bytes_req,
		 gfp_t gfp, int node),
	TP_VALUES(call_site, trace_address(ptr), bytes_req,
		  trace_bytes_alloc(ptr, bytes_req), gfp, node,
		  gfp & __GFP_ACCOUNT),
	"call_site=%pS ptr=%p bytes_req=%lu bytes_alloc=%lu gfp_flags=%pGg "
	"node=%d accounted=%B");

TRACE_EVENT(kmem_cache_alloc,
	TP_PROTO(unsigned long call_site, const void *ptr,
		 const struct kmem_cache *s, gfp_t gfp, int node),
	TP_VALUES(call_site, trace_address(ptr), slab_object_size(s),
		  s->lay.size, gfp, node, gfp & __GFP_ACCOUNT),
	"call_site=%pS ptr=%p bytes_req=%lu bytes_alloc=%lu gfp_flags=%pGg "
	"node=%d accounted=%B");

/* Of NULL, too. */
TRACE_EVENT(kfree,
	TP_PROTO(unsigned long call_site, const void *ptr),
	TP_VALUES(call_site, trace_address(ptr)),
	"call_site=%pS ptr=%p");

TRACE_EVENT_DATA(kmem_cache_free,
	TP_PROTO(unsigned long call_site, const void *ptr,
		 const struct kmem_cache *s),
	TP_DATA(s->name, trace_text_size(s->name)),
	TP_VALUES(call_site, trace_address(ptr)),
	"call_site=%pS ptr=%p name=%s");

#endif
