/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's fix_align_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 16): 5 zeroed pages aligned to
 * twice a thread's stack: 2 * 16 KiB on x86-64. Nothing is written.
 */
#include "workloads/vmalloc_ops.h"

#define PAGES		5
#define THREAD_ALIGN	(16UL << 10)	/* x86-64: THREAD_SIZE */

static bool loop(struct worker *w)
{
	vaddr_t area = take_aligned(w, PAGES, THREAD_ALIGN << 1);

	if (!area)
		return false;
	give_area(w, area);
	return true;
}

static const struct workload_key keys[] = {
	{ 0 },
};

const struct workload workload_fix_align_alloc = {
	.name		= "fix_align_alloc",
	.summary	= "5 pages aligned to 32 KiB"
			  " (test_vmalloc, bit 16)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
};
