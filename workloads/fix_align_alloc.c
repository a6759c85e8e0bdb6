/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's fix_align_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 16): 5 zeroed pages aligned to
 * twice a thread's stack: 2 * 16 KiB on x86-64. Nothing is written.
 */
#include "workloads/vmalloc_ops.h"

#define PAGES		5
#define THREAD_ALIGN_2	"32K"	/* x86-64: twice THREAD_SIZE */

enum { KEY_AREA_ALIGN = NR_DEPTH_KEYS };

static const char *setup(struct run *run)
{
	return depth_fits(run, run_key(run, KEY_DEPTH), PAGES << PAGE_SHIFT);
}

static vaddr_t take(struct worker *w)
{
	return take_aligned(w, PAGES, run_key(w->run, KEY_AREA_ALIGN));
}

static bool loop(struct worker *w)
{
	return take_and_give(w, take);
}

static const struct workload_key keys[] = {
	DEPTH_KEYS("0"),
	[KEY_AREA_ALIGN] = ALIGN_KEY(THREAD_ALIGN_2),
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
	.setup		= setup,
	.prepare	= prepare_depth,
};
