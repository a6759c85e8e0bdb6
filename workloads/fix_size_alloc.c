/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's fix_size_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 1): vmalloc, write byte 0, vfree.
 */
#include "workloads/vmalloc_ops.h"

enum { KEY_NR_PAGES };

static bool loop(struct worker *w)
{
	u64 pages = max_t(u64, run_key(w->run, KEY_NR_PAGES), 1);
	vaddr_t area = take_area(w, pages);

	if (!area)
		return false;
	vm_store(area, 1, 0);
	give_area(w, area);
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
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
};
