/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GFP_DMA until ZONE_DMA has nothing more to give: every CPU takes blocks and
 * keeps them until it gets none, then all give back. Nothing stands behind the
 * zone, so the end is an allocation failure with the kernel's report; the other
 * zones go on.
 */
#include "mm/mmzone.h"
#include "mm/slab.h"
#include "workloads/workload.h"

enum { KEY_OBJECT_SIZE };
enum { OP_KMALLOC, OP_KFREE };

static u64 sum_of_zones(u64 (*of)(const struct zone *zone))
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		if (zone->idx == ZONE_DMA)
			sum += of(zone);
	return sum;
}

static u64 managed(const struct zone *zone)
{
	return zone->managed_pages;
}

static const char *setup(struct run *run)
{
	u64 pages = sum_of_zones(managed);

	if (!pages)
		return "no ZONE_DMA";
	run_figure(run, "dma_managed_pages", pages);
	return NULL;
}

/* The blocks are a list through their first words. */
static bool loop(struct worker *w)
{
	u64 size = run_key(w->run, KEY_OBJECT_SIZE), t;
	void **blocks = NULL, **block;

	for (;;) {
		t = op_begin(w, OP_KMALLOC);
		block = kmalloc(size, GFP_KERNEL | GFP_DMA);
		op_end(w, OP_KMALLOC, t);
		if (!block)
			break;
		must(page_zone(virt_to_page(block))->idx == ZONE_DMA);
		*block = blocks;
		blocks = block;
		cond_resched();
	}
	op_failed(w, OP_KMALLOC);
	/* Nobody gives back before all have seen the end. */
	run_barrier(w->run);
	if (w->cpu == 0)
		run_figure(w->run, "dma_pages_left",
			   sum_of_zones(zone_free_pages));
	run_barrier(w->run);
	while ((block = blocks)) {
		blocks = *block;
		t = op_begin(w, OP_KFREE);
		kfree(block);
		op_end(w, OP_KFREE, t);
	}
	return true;
}

static const struct workload_key keys[] = {
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "4K", 8, 4 << 20, NULL,
			      "bytes of a block" },
	{ 0 },
};

const struct workload workload_dma_exhaust = {
	.name		= "dma_exhaust",
	.summary	= "GFP_DMA until ZONE_DMA is empty",
	.keys		= keys,
	.ops		= { "kmalloc", "kfree" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1,
	.lockstep	= true,
	.setup		= setup,
};
