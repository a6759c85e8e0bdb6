/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two operations of test_vmalloc's workloads, timed. */
#ifndef WORKLOADS_VMALLOC_OPS_H
#define WORKLOADS_VMALLOC_OPS_H

#include "mm/vmalloc.h"
#include "workloads/workload.h"

enum { OP_VMALLOC, OP_VFREE };
#define VMALLOC_OPS	{ "vmalloc", "vfree" }
#define VMALLOC_PHASES(loop)	{ { "loop", loop, 3 } }

/* 0 when there is none: counted as failed. */
static inline vaddr_t take_area(struct worker *w, u64 pages)
{
	u64 t = op_begin(w, OP_VMALLOC);
	vaddr_t area = vmalloc(pages << PAGE_SHIFT);

	op_end(w, OP_VMALLOC, t);
	if (unlikely(!area))
		op_failed(w, OP_VMALLOC);
	return area;
}

/* As the module's __vmalloc_node(..., GFP_KERNEL | __GFP_ZERO, 0). */
static inline vaddr_t take_aligned(struct worker *w, u64 pages, u64 align)
{
	u64 t = op_begin(w, OP_VMALLOC);
	vaddr_t area = __vmalloc_node(pages << PAGE_SHIFT, align,
				      GFP_KERNEL | __GFP_ZERO, 0);

	op_end(w, OP_VMALLOC, t);
	if (unlikely(!area))
		op_failed(w, OP_VMALLOC);
	return area;
}

static inline void give_area(struct worker *w, vaddr_t area)
{
	u64 t = op_begin(w, OP_VFREE);

	vfree(area);
	op_end(w, OP_VFREE, t);
}

/* Not measured: nr areas of a page, their addresses in an array that is an
 * area itself, as in the module. What could not be had is 0. */
static inline vaddr_t keep_areas(u64 nr)
{
	vaddr_t array = vmalloc(nr * sizeof(vaddr_t));

	for (u64 i = 0; array && i < nr; i++)
		vm_store(array + i * 8, 8, vmalloc(PAGE_SIZE));
	return array;
}

static inline void drop_areas(vaddr_t array, u64 nr)
{
	for (u64 i = 0; array && i < nr; i++)
		vfree(vm_load(array + i * 8, 8));
	vfree(array);
}

#endif
