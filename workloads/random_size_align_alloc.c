/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's random_size_align_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 32): 1 to 10 zeroed
 * pages, aligned to 1 B to 4 MiB, both from one random byte.
 */
#include "workloads/vmalloc_ops.h"

#define MOST_PAGES	10

static const char *setup(struct run *run)
{
	return depth_fits(run, run_key(run, KEY_DEPTH),
			  MOST_PAGES << PAGE_SHIFT);
}

static vaddr_t take(struct worker *w)
{
	u64 random = rng_below(&w->rng, 256);

	return take_aligned(w, random % MOST_PAGES + 1, 1UL << random % 23);
}

static bool loop(struct worker *w)
{
	return take_and_give(w, take);
}

static const struct workload_key keys[] = {
	DEPTH_KEYS("0"),
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
	.setup		= setup,
	.prepare	= prepare_depth,
};
