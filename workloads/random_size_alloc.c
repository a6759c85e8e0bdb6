/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's random_size_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 8): 1 to 100 pages, uniform.
 */
#include "workloads/vmalloc_ops.h"

#define MOST_PAGES	100

static const char *setup(struct run *run)
{
	return depth_fits(run, run_key(run, KEY_DEPTH),
			  MOST_PAGES << PAGE_SHIFT);
}

static vaddr_t take(struct worker *w)
{
	vaddr_t area = take_area(w, 1 + rng_below(&w->rng, MOST_PAGES));

	if (likely(area))
		vm_store(area, 1, 1);
	return area;
}

static bool loop(struct worker *w)
{
	return take_and_give(w, take);
}

static const struct workload_key keys[] = {
	DEPTH_KEYS(NULL),
	{ 0 },
};

const struct workload workload_random_size_alloc = {
	.name		= "random_size_alloc",
	.summary	= "areas of 1 to 100 pages (test_vmalloc, bit 8)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare_depth,
};
