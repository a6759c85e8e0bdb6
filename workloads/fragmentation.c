/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc of many pages against vmalloc of the same size when free memory is
 * fragmented to a given degree: the unusable free index at order 9, a pageblock
 * (slub spec 5.17), in thousandths.
 *
 * The state is made, not pretended: all blocks larger than the holes are
 * allocated, as user memory would be; some pageblocks are then freed whole, and
 * of others every second run of 2^hole pages. How many of which follows from
 * the index and from what was free besides; what was reached is measured on the
 * free lists of all zones.
 */
#include "mm/fragmentation.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "workloads/workload.h"

enum { KEY_DEGREE, KEY_OBJECT_SIZE, KEY_HOLE, KEY_BLOCKS };
enum { OP_KMALLOC, OP_KFREE, OP_VMALLOC, OP_VFREE };

#define HALF_BLOCK	(pageblock_nr_pages / 2)

/* Of CPU 0 before the workers start and after they have ended. */
static struct {
	struct list_head	whole;	/* pageblocks, taken */
	struct list_head	pages;	/* runs of 2^hole pages between holes */
	struct list_head	rest[pageblock_order];	/* what was smaller */
	u64			nr_whole;
} state;

static struct page *take_from(struct list_head *list)
{
	struct page *page = list_first_entry(list, struct page, lru);

	list_del(&page->lru);
	return page;
}

/* All free blocks of that order and above: no watermark stops this. */
static u64 take_all(unsigned order, struct list_head *list)
{
	const gfp_t gfp = GFP_NOWAIT | __GFP_MOVABLE | __GFP_MEMALLOC;
	struct page *page;
	u64 nr = 0;

	INIT_LIST_HEAD(list);
	while ((page = alloc_pages(gfp, order))) {
		list_add(&page->lru, list);
		nr++;
		cond_resched();
	}
	return nr;
}

static void free_all(struct list_head *list, unsigned order)
{
	while (!list_empty(list))
		__free_pages(take_from(list), order);
}

static void free_whole(u64 nr)
{
	while (nr--)
		__free_pages(take_from(&state.whole), pageblock_order);
}

/* Every second run of 2^hole pages becomes free. */
static void break_pageblock(unsigned hole)
{
	struct page *block = take_from(&state.whole);
	u64 run = 1UL << hole;

	split_page(block, pageblock_order);
	for (u64 i = 0; i < pageblock_nr_pages; i++) {
		if (i & run)
			list_add(&block[i].lru, &state.pages);
		else
			__free_pages(&block[i], 0);
	}
}

/*
 * Of nr pageblocks so many are to be broken, the others freed whole, that the
 * index becomes degree: with U pages unusable of F free besides,
 *	(U + 256 b) / (F + 256 b + 512 (nr - b)) = degree / 1000.
 */
static u64 nr_to_break(u64 nr, u64 degree)
{
	struct contig_page_info info = contig_page_info_of_all(pageblock_order);
	u64 unusable = info.free_pages -
		       (info.free_blocks_suitable << pageblock_order);
	u64 want = degree * (info.free_pages + nr * pageblock_nr_pages);

	if (want <= 1000 * unusable)
		return 0;
	return min((want - 1000 * unusable + HALF_BLOCK * (1000 + degree) / 2) /
		   (HALF_BLOCK * (1000 + degree)), nr);
}

static int index_now(void)
{
	struct contig_page_info info;

	drain_all_pages();
	info = contig_page_info_of_all(pageblock_order);
	return unusable_free_index(pageblock_order, &info);
}

static const char *setup(struct run *run)
{
	struct contig_page_info info;
	u64 nr, broken;

	unsigned hole = (unsigned)run_key(run, KEY_HOLE);

	INIT_LIST_HEAD(&state.pages);
	state.nr_whole = take_all(pageblock_order, &state.whole);
	drain_all_pages();
	for (unsigned order = pageblock_order - 1; order > hole; order--)
		take_all(order, &state.rest[order]);
	nr = min(state.nr_whole, run_key(run, KEY_BLOCKS));
	broken = nr_to_break(nr, run_key(run, KEY_DEGREE));
	for (u64 i = 0; i < broken; i++)
		break_pageblock(hole);
	free_whole(nr - broken);
	run_figure(run, "target", run_key(run, KEY_DEGREE));
	run_figure(run, "achieved", (u64)index_now());
	run_figure(run, "pageblocks_broken", broken);
	run_figure(run, "pageblocks_free", nr - broken);
	info = contig_page_info_of_all(get_order(run_key(run,
							 KEY_OBJECT_SIZE)));
	run_figure(run, "unusable_at_size", (u64)unusable_free_index(
		get_order(run_key(run, KEY_OBJECT_SIZE)), &info));
	return NULL;
}

static void teardown(struct run *run)
{
	run_figure(run, "achieved_at_end", (u64)index_now());
	free_all(&state.pages, 0);
	for (unsigned order = pageblock_order - 1;
	     order > run_key(run, KEY_HOLE); order--)
		free_all(&state.rest[order], order);
	free_all(&state.whole, pageblock_order);
}

/* Asked as kvmalloc asks: without a fight for it. */
static bool kmalloc_loop(struct worker *w)
{
	u64 t = op_begin(w, OP_KMALLOC);
	void *p = kmalloc(run_key(w->run, KEY_OBJECT_SIZE),
			  GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);

	op_end(w, OP_KMALLOC, t);
	if (!p) {
		op_failed(w, OP_KMALLOC);
		return true;
	}
	t = op_begin(w, OP_KFREE);
	kfree(p);
	op_end(w, OP_KFREE, t);
	return true;
}

static bool vmalloc_loop(struct worker *w)
{
	u64 t = op_begin(w, OP_VMALLOC);
	vaddr_t p = vmalloc(run_key(w->run, KEY_OBJECT_SIZE));

	op_end(w, OP_VMALLOC, t);
	if (!p) {
		op_failed(w, OP_VMALLOC);
		return true;
	}
	t = op_begin(w, OP_VFREE);
	vfree(p);
	op_end(w, OP_VFREE, t);
	return true;
}

static const struct workload_key keys[] = {
	[KEY_DEGREE] = { "degree", KEY_UINT, "500", 0, 1000, NULL,
			 "unusable free index at order 9, in thousandths" },
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "64K", 8193, 4 << 20, NULL,
			      "bytes of a request, above the slab caches" },
	[KEY_HOLE] = { "hole", KEY_UINT, "0", 0, pageblock_order - 1, NULL,
		       "order of the holes in a broken pageblock" },
	[KEY_BLOCKS] = { "blocks", KEY_UINT, "512", 1, 1 << 20, NULL,
			 "pageblocks (2M) that are free or broken; the rest "
			 "of memory is taken" },
	{ 0 },
};

const struct workload workload_fragmentation = {
	.name		= "fragmentation",
	.summary	= "high-order kmalloc against vmalloc in fragmented "
			  "memory",
	.keys		= keys,
	.ops		= { "kmalloc", "kfree", "vmalloc", "vfree" },
	.phases		= { { "kmalloc", kmalloc_loop, 0x3 },
			    { "vmalloc", vmalloc_loop, 0xc } },
	.loops		= 200,
	.setup		= setup,
	.teardown	= teardown,
};
