/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two operations of test_vmalloc's workloads, timed, and the keys that all
 * of them have: the first in each one's table, those of DEPTH_KEYS behind.
 */
#ifndef WORKLOADS_VMALLOC_OPS_H
#define WORKLOADS_VMALLOC_OPS_H

#include "mm/vmalloc.h"
#include "workloads/keys.h"

enum { OP_VMALLOC, OP_VFREE };
#define VMALLOC_OPS	{ "vmalloc", "vfree" }
#define VMALLOC_PHASES(loop)	{ { "loop", loop, 3 } }

enum { KEY_GFP, KEY_NODE, NR_VMALLOC_KEYS, KEY_DEPTH = NR_VMALLOC_KEYS,
       NR_DEPTH_KEYS };
/* As in the module zeroed areas are wanted from node 0, others from any. */
#define VMALLOC_KEYS(node) \
	[KEY_GFP] = GFP_SLEEPING_KEY, \
	[KEY_NODE] = NODE_KEY(node)
#define DEPTH_KEYS(node) \
	VMALLOC_KEYS(node), \
	[KEY_DEPTH] = DEPTH_KEY

/* As vmalloc(), but for the keys. 0 when there is none: counted as failed. */
static inline vaddr_t take_flagged(struct worker *w, u64 bytes, u64 align,
				   gfp_t flags)
{
	gfp_t gfp = gfp_choice(run_key(w->run, KEY_GFP)) | flags;
	int node = node_choice(run_key(w->run, KEY_NODE));
	u64 t = op_begin(w, OP_VMALLOC);
	vaddr_t area = __vmalloc_node(bytes, align, gfp, node, _RET_IP_);

	op_end(w, OP_VMALLOC, t);
	if (unlikely(!area))
		op_failed(w, OP_VMALLOC);
	return area;
}

/* From any byte on, as vmalloc() does. */
static inline vaddr_t take_area(struct worker *w, u64 pages)
{
	return take_flagged(w, pages << PAGE_SHIFT, 1, 0);
}

/* As the module's __vmalloc_node(..., GFP_KERNEL | __GFP_ZERO, 0). */
static inline vaddr_t take_aligned(struct worker *w, u64 pages, u64 align)
{
	return take_flagged(w, pages << PAGE_SHIFT, align, __GFP_ZERO);
}

static inline void give_area(struct worker *w, vaddr_t area)
{
	u64 t = op_begin(w, OP_VFREE);

	vfree(area);
	op_end(w, OP_VFREE, t);
}

/* For prepare, of workloads with DEPTH_KEYS and depth_fits() in setup. */
static inline void prepare_depth(struct worker *w)
{
	w->data = w->run->alloc(w->run->depth_used * sizeof(vaddr_t));
}

/* A loop: as many areas as `depth` says, then none. One at a time by default,
 * as in the module. False when one could not be had. */
static always_inline bool take_and_give(struct worker *w,
					vaddr_t (*take)(struct worker *w))
{
	vaddr_t *areas = w->data;
	u64 nr;

	for (nr = 0; nr < w->run->depth_used; nr++) {
		areas[nr] = take(w);
		if (unlikely(!areas[nr]))
			break;
	}
	for (u64 i = 0; i < nr; i++)
		give_area(w, areas[i]);
	return nr == w->run->depth_used;
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
