/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's fix_size_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 1): vmalloc, write byte 0, vfree.
 */
#include "mm/vmalloc.h"
#include "workloads/workload.h"

enum { KEY_NR_PAGES };
enum { OP_VMALLOC, OP_VFREE };

static bool loop(struct worker *w)
{
	u64 pages = max_t(u64, run_key(w->run, KEY_NR_PAGES), 1);
	u64 t = op_begin(w, OP_VMALLOC);
	vaddr_t p = vmalloc(pages << PAGE_SHIFT);

	op_end(w, OP_VMALLOC, t);
	if (!p) {
		op_failed(w, OP_VMALLOC);
		return false;
	}
	vm_store(p, 1, 0);
	t = op_begin(w, OP_VFREE);
	vfree(p);
	op_end(w, OP_VFREE, t);
	return true;
}

static const struct workload_key keys[] = {
	[KEY_NR_PAGES] = { "nr_pages", KEY_UINT, "1", 0, 1 << 20, NULL,
			   "data pages of an area; 0 counts as 1" },
	{ 0 },
};

const struct workload workload_fix_size_alloc = {
	.name		= "fix_size_alloc",
	.summary	= "vmalloc, write a byte, vfree (test_vmalloc, bit 1)",
	.keys		= keys,
	.ops		= { "vmalloc", "vfree" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1000,
};
