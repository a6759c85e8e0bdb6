/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every CPU keeps a shared vmalloc area in its TLB and keeps flushing it from
 * everybody's: touch each of its pages, then flush_tlb_kernel_range over it.
 * Above the ceiling (33 pages) the flush is a full one, and the next touches
 * miss everywhere.
 */
#include "mm/tlbflush.h"
#include "mm/vmalloc.h"
#include "workloads/keys.h"

enum { KEY_PAGES };
enum { OP_TOUCH, OP_FLUSH };

static vaddr_t area;

static const char *setup(struct run *run)
{
	const char *why = pages_are_free(run, run_key(run, KEY_PAGES));

	if (why)
		return why;
	area = vmalloc(run_key(run, KEY_PAGES) << PAGE_SHIFT);
	return area ? NULL : "memory";
}

static void teardown(struct run *run)
{
	vfree(area);
}

static bool loop(struct worker *w)
{
	u64 pages = run_key(w->run, KEY_PAGES);
	u64 sum = 0;
	u64 t = op_begin(w, OP_TOUCH);

	for (u64 i = 0; i < pages; i++)
		sum += vm_load(area + (i << PAGE_SHIFT), 8);
	op_end_many(w, OP_TOUCH, t, pages);
	t = op_begin(w, OP_FLUSH);
	flush_tlb_kernel_range(area, area + (pages << PAGE_SHIFT));
	op_end(w, OP_FLUSH, t);
	WRITE_ONCE(w->data, (void *)sum);
	return true;
}

static const struct workload_key keys[] = {
	[KEY_PAGES] = { "pages", KEY_UINT, "16", 1, 1 << 16, NULL,
			"pages touched and flushed; above 33 all is flushed" },
	{ 0 },
};

const struct workload workload_tlb_storm = {
	.name		= "tlb_storm",
	.summary	= "touch a shared mapping, flush it on every CPU",
	.keys		= keys,
	.ops		= { "touch", "flush" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 200,
	.setup		= setup,
	.teardown	= teardown,
};
