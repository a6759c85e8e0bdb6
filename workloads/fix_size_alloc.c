/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's fix_size_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 1): vmalloc, write byte 0, vfree.
 */
#include "workloads/vmalloc_ops.h"

enum { KEY_AREA_ALIGN = NR_DEPTH_KEYS, KEY_NR_PAGES };

static u64 bytes_of(const struct run *run)
{
	return max_t(u64, run_key(run, KEY_NR_PAGES), 1) << PAGE_SHIFT;
}

static const char *setup(struct run *run)
{
	return depth_fits(run, run_key(run, KEY_DEPTH), bytes_of(run));
}

static vaddr_t take(struct worker *w)
{
	vaddr_t area = take_flagged(w, bytes_of(w->run),
				    run_key(w->run, KEY_AREA_ALIGN), 0);

	if (likely(area))
		vm_store(area, 1, 0);
	return area;
}

static bool loop(struct worker *w)
{
	return take_and_give(w, take);
}

static const struct workload_key keys[] = {
	DEPTH_KEYS(NULL),
	[KEY_AREA_ALIGN] = ALIGN_KEY("1"),
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
	.setup		= setup,
	.prepare	= prepare_depth,
};
