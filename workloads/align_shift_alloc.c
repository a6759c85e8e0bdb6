/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's align_shift_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 64): a zeroed page aligned to
 * 2^0, 2^1 ... 2^63, until one cannot be had. Failing is its purpose: a search
 * for size + align - 1 bytes gives up before the space does. The shift at which
 * it failed is how many operations did not.
 */
#include "workloads/vmalloc_ops.h"

#define SHIFTS	64

static bool loop(struct worker *w)
{
	for (unsigned shift = 0; shift < SHIFTS; shift++) {
		vaddr_t area = take_aligned(w, 1, 1UL << shift);

		if (!area)
			return false;
		give_area(w, area);
	}
	return true;
}

static const struct workload_key keys[] = {
	VMALLOC_KEYS("0"),
	{ 0 },
};

const struct workload workload_align_shift_alloc = {
	.name		= "align_shift_alloc",
	.summary	= "a page aligned to every power of 2"
			  " (test_vmalloc, bit 64)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1,
};
