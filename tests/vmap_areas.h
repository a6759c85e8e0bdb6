/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking and giving back areas of the chosen vmap member, for its tests. */
#ifndef TESTS_VMAP_AREAS_H
#define TESTS_VMAP_AREAS_H

#include "mm/page_alloc.h"
#include "mm/vmap_core.h"

static inline struct vmap_request request(u64 pages, u64 align)
{
	return (struct vmap_request){
		.size = pages * PAGE_SIZE, .align = align, .gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE, .vstart = VMALLOC_START,
		.vend = VMALLOC_END,
	};
}

static inline struct vmap_area *get(u64 pages)
{
	struct vmap_request r = request(pages, 1);
	struct vmap_area *va;

	must(!vmap_ops->alloc(&r, &va));
	return va;
}

static inline u64 get_addr(u64 pages)
{
	return get(pages)->va_start;
}

static inline void put(u64 addr)
{
	struct vmap_area *va = vmap_ops->unlink(addr);

	must(va);
	vmap_ops->free_lazy(va);
}

#endif
