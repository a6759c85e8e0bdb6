/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of areas (vmalloc-tlb-ipi spec 9; trace/events/vmalloc.h). */
#ifndef MM_TRACE_VMALLOC_H
#define MM_TRACE_VMALLOC_H

#include "mm/vmap.h"

/* Each search, of pools too: addr is vend when it has failed. */
TRACE_EVENT(alloc_vmap_area,
	TP_PROTO(u64 addr, const struct vmap_request *r),
	TP_VALUES(addr, r->size, r->align, r->vstart, r->vend,
		  addr == r->vend),
	"va_start: %lu size=%lu align=%lu vstart=0x%lx vend=0x%lx failed=%d");

TRACE_EVENT(free_vmap_area_noflush,
	TP_PROTO(u64 va_start, u64 nr_lazy, u64 nr_lazy_max),
	TP_VALUES(va_start, nr_lazy, nr_lazy_max),
	"va_start=0x%lx nr_lazy=%lu nr_lazy_max=%lu");

/* Of a purge that found nothing, too. */
TRACE_EVENT(purge_vmap_area_lazy,
	TP_PROTO(u64 start, u64 end, u64 npurged),
	TP_VALUES(start, end, npurged),
	"start=0x%lx end=0x%lx num_purged=%u");

#endif
