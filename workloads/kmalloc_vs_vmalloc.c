/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same request to both allocators: depth objects of one size are
 * allocated, each of their pages is touched, and they are freed in the order
 * of allocation. First kmalloc on all CPUs, then vmalloc on all CPUs.
 */
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "workloads/workload.h"

enum { KEY_OBJECT_SIZE, KEY_DEPTH, KEY_ZERO };
enum { OP_KMALLOC, OP_KMALLOC_TOUCH, OP_KFREE,
       OP_VMALLOC, OP_VMALLOC_TOUCH, OP_VFREE };

#define LIVE_LIMIT	(512UL << 20)	/* bytes of host memory touched */

/* What one object really takes of emulated memory. */
static u64 footprint(u64 size)
{
	return max(ALIGN(size, PAGE_SIZE), (u64)kmalloc_size_roundup(size));
}

static const char *setup(struct run *run)
{
	u64 limit = min_t(u64, run->memory_bytes / 4, LIVE_LIMIT);
	u64 each = footprint(run_key(run, KEY_OBJECT_SIZE)) * run->nr_cpus;

	if (each > limit)
		return "memory";
	run->depth_used = min(run_key(run, KEY_DEPTH), limit / each);
	return NULL;
}

static void prepare(struct worker *w)
{
	w->data = w->run->alloc(w->run->depth_used * sizeof(u64));
}

static bool kmalloc_loop(struct worker *w)
{
	u64 size = run_key(w->run, KEY_OBJECT_SIZE);
	gfp_t gfp = GFP_KERNEL | (run_key(w->run, KEY_ZERO) ? __GFP_ZERO : 0);
	char **objects = w->data;
	u64 nr, t;

	for (nr = 0; nr < w->run->depth_used; nr++) {
		t = op_begin(w, OP_KMALLOC);
		objects[nr] = kmalloc(size, gfp);
		op_end(w, OP_KMALLOC, t);
		if (unlikely(!objects[nr])) {
			op_failed(w, OP_KMALLOC);
			break;
		}
	}
	for (u64 i = 0; i < nr; i++) {
		t = op_begin(w, OP_KMALLOC_TOUCH);
		for (u64 at = 0; at < size; at += PAGE_SIZE)
			WRITE_ONCE(objects[i][at], 1);
		op_end(w, OP_KMALLOC_TOUCH, t);
	}
	for (u64 i = 0; i < nr; i++) {
		t = op_begin(w, OP_KFREE);
		kfree(objects[i]);
		op_end(w, OP_KFREE, t);
	}
	return true;
}

/* Beyond kmalloc's limit there is nothing to compare with. */
static bool kmalloc_loop_to_limit(struct worker *w)
{
	if (run_key(w->run, KEY_OBJECT_SIZE) > KMALLOC_MAX_SIZE)
		return true;
	return kmalloc_loop(w);
}

static bool vmalloc_loop(struct worker *w)
{
	u64 size = run_key(w->run, KEY_OBJECT_SIZE);
	bool zero = run_key(w->run, KEY_ZERO);
	vaddr_t *areas = w->data;
	u64 nr, t;

	for (nr = 0; nr < w->run->depth_used; nr++) {
		t = op_begin(w, OP_VMALLOC);
		areas[nr] = zero ? vzalloc(size) : vmalloc(size);
		op_end(w, OP_VMALLOC, t);
		if (unlikely(!areas[nr])) {
			op_failed(w, OP_VMALLOC);
			break;
		}
	}
	for (u64 i = 0; i < nr; i++) {
		t = op_begin(w, OP_VMALLOC_TOUCH);
		for (u64 at = 0; at < size; at += PAGE_SIZE)
			vm_store(areas[i] + at, 1, 1);
		op_end(w, OP_VMALLOC_TOUCH, t);
	}
	for (u64 i = 0; i < nr; i++) {
		t = op_begin(w, OP_VFREE);
		vfree(areas[i]);
		op_end(w, OP_VFREE, t);
	}
	return true;
}

static const struct workload_key keys[] = {
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "4096", 1, 1UL << 30, NULL,
			      "bytes of an object; kmalloc up to 4M" },
	[KEY_DEPTH] = { "depth", KEY_UINT, "1", 1, 1 << 20, NULL,
			"live objects of each CPU, lowered to fit memory" },
	[KEY_ZERO] = { "zero", KEY_BOOL, "0", 0, 1, NULL,
		       "kzalloc and vzalloc" },
	{ 0 },
};

const struct workload workload_kmalloc_vs_vmalloc = {
	.name		= "kmalloc_vs_vmalloc",
	.summary	= "the same sizes from kmalloc and from vmalloc",
	.keys		= keys,
	.ops		= { "kmalloc", "kmalloc_touch", "kfree",
			    "vmalloc", "vmalloc_touch", "vfree" },
	.phases		= { { "kmalloc", kmalloc_loop_to_limit, 0x07 },
			    { "vmalloc", vmalloc_loop, 0x38 } },
	.loops		= 100,
	.setup		= setup,
	.prepare	= prepare,
};
