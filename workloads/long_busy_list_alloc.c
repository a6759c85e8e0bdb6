/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's long_busy_list_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 4): a large and a small area each time, while
 * each CPU keeps many. What a list of busy areas suffers from.
 */
#include "mm/page_alloc.h"
#include "workloads/vmalloc_ops.h"

enum { KEY_BUSY = NR_VMALLOC_KEYS };

#define LARGE_PAGES	100

static const char *setup(struct run *run)
{
	u64 pages = (run_key(run, KEY_BUSY) + LARGE_PAGES) * run->nr_cpus;

	return pages_are_free(run, pages);
}

static void prepare(struct worker *w)
{
	w->data = (void *)keep_areas(run_key(w->run, KEY_BUSY));
}

static bool loop(struct worker *w)
{
	vaddr_t large, small;

	if (!w->data) {
		op_failed(w, OP_VMALLOC);
		return false;
	}
	large = take_area(w, LARGE_PAGES);
	if (!large)
		return false;
	small = take_area(w, 1);
	if (!small) {
		give_area(w, large);
		return false;
	}
	vm_store(large, 1, 0);
	vm_store(small, 1, 1);
	give_area(w, large);
	give_area(w, small);
	return true;
}

static void finish(struct worker *w)
{
	drop_areas((vaddr_t)w->data, run_key(w->run, KEY_BUSY));
}

static const struct workload_key keys[] = {
	VMALLOC_KEYS(NULL),
	[KEY_BUSY] = { "busy", KEY_UINT, "15000", 1, 1 << 22, NULL,
		       "areas of a page that each CPU keeps" },
	{ 0 },
};

const struct workload workload_long_busy_list_alloc = {
	.name		= "long_busy_list_alloc",
	.summary	= "areas while many are busy (test_vmalloc, bit 4)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare,
	.finish		= finish,
};
