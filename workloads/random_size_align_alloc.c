/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's random_size_align_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 32): 1 to 10 zeroed
 * pages, aligned to 1 B to 4 MiB, both from one random byte.
 */
#include "workloads/vmalloc_ops.h"

static bool loop(struct worker *w)
{
	u64 random = rng_below(&w->rng, 256);
	vaddr_t area = take_aligned(w, random % 10 + 1, 1UL << random % 23);

	if (!area)
		return false;
	give_area(w, area);
	return true;
}

static const struct workload_key keys[] = {
	{ 0 },
};

const struct workload workload_random_size_align_alloc = {
	.name		= "random_size_align_alloc",
	.summary	= "random sizes and alignments"
			  " (test_vmalloc, bit 32)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
};
