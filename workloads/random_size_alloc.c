/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's random_size_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 8): 1 to 100 pages, uniform.
 */
#include "workloads/vmalloc_ops.h"

#define MOST_PAGES	100

static bool loop(struct worker *w)
{
	vaddr_t area = take_area(w, 1 + rng_below(&w->rng, MOST_PAGES));

	if (!area)
		return false;
	vm_store(area, 1, 1);
	give_area(w, area);
	return true;
}

static const struct workload_key keys[] = {
	{ 0 },
};

const struct workload workload_random_size_alloc = {
	.name		= "random_size_alloc",
	.summary	= "areas of 1 to 100 pages (test_vmalloc, bit 8)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
};
