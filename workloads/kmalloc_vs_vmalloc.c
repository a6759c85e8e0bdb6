/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same request to both allocators: depth objects of one size are
 * allocated, each of their pages is touched, and they are freed in the order
 * of allocation. First kmalloc on all CPUs, then vmalloc on all CPUs.
 */
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "workloads/keys.h"

enum { KEY_OBJECT_SIZE, KEY_DEPTH, KEY_ZERO, KEY_GFP, KEY_NODE,
       KEY_AREA_ALIGN };
enum { OP_KMALLOC, OP_KMALLOC_TOUCH, OP_KFREE,
       OP_VMALLOC, OP_VMALLOC_TOUCH, OP_VFREE };

/* What one object really takes of emulated memory. */
static u64 footprint(u64 size)
{
	return max(ALIGN(size, PAGE_SIZE), (u64)kmalloc_size_roundup(size));
}

static const char *setup(struct run *run)
{
	u64 each = footprint(run_key(run, KEY_OBJECT_SIZE));
	const char *why = memory_fits(run, each * run->nr_cpus, LIVE_LIMIT,
				      "touched are at most");

	if (why)
		return why;
	return depth_fits(run, run_key(run, KEY_DEPTH), each);
}

static void prepare(struct worker *w)
{
	w->data = w->run->alloc(w->run->depth_used * sizeof(u64));
}

static gfp_t gfp_of(const struct run *run)
{
	return gfp_choice(run_key(run, KEY_GFP)) |
		(run_key(run, KEY_ZERO) ? __GFP_ZERO : 0);
}

static bool kmalloc_loop(struct worker *w)
{
	u64 size = run_key(w->run, KEY_OBJECT_SIZE);
	gfp_t gfp = gfp_of(w->run);
	int node = node_choice(run_key(w->run, KEY_NODE));
	char **objects = w->data;
	u64 nr, t;

	for (nr = 0; nr < w->run->depth_used; nr++) {
		t = op_begin(w, OP_KMALLOC);
		objects[nr] = kmalloc_node(size, gfp, node);
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
	u64 align = run_key(w->run, KEY_AREA_ALIGN);
	gfp_t gfp = gfp_of(w->run);
	int node = node_choice(run_key(w->run, KEY_NODE));
	vaddr_t *areas = w->data;
	u64 nr, t;

	for (nr = 0; nr < w->run->depth_used; nr++) {
		t = op_begin(w, OP_VMALLOC);
		areas[nr] = __vmalloc_node(size, align, gfp, node, _RET_IP_);
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
	[KEY_DEPTH] = DEPTH_KEY,
	[KEY_ZERO] = { "zero", KEY_BOOL, "0", 0, 1, NULL,
		       "kzalloc and vzalloc" },
	[KEY_GFP] = GFP_SLEEPING_KEY,
	[KEY_NODE] = NODE_KEY(NULL),
	[KEY_AREA_ALIGN] = ALIGN_KEY("1"),
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
