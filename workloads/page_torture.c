/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A long life of the page allocator: blocks of mixed orders and migratetypes
 * come and go at a given fill of memory, and some of them stay for long in the
 * middle of what is freed around them. With `think` between the loops hours
 * pass on the simulated machine, and with them what the kernel does by the
 * clock. At the end pages must add up, with all that survives still there, and
 * once more when it has been given back.
 */
#include "mm/fragmentation.h"
#include "mm/page_alloc.h"
#include "workloads/workload.h"

enum { KEY_FILL, KEY_ORDER, KEY_KEEP, KEY_BURST };
enum { OP_ALLOC, OP_FREE };

/* A survivor that is picked goes only one time in so many. */
#define SURVIVOR_LUCK	50

struct block {
	struct page	*page;
	u8		order;
	bool		survives;
};

/* One CPU's. */
struct holding {
	struct block	*blocks;
	u64		nr, most;	/* blocks; room for them */
	u64		pages, target;
};

static u64 free_before;		/* of CPU 0, at rest */

/* All that is free, wherever it is: no CPU has any on its lists. */
static u64 free_now(void)
{
	drain_all_pages();
	return nr_free_pages();
}

static u64 unusable_at(unsigned order)
{
	struct contig_page_info info = contig_page_info_of_all(order);

	return (u64)unusable_free_index(order, &info);
}

/* ---- one loop ---- */
/* User memory, the kernel's own, its caches: by halves, thirds, sixths. */
static gfp_t some_gfp(struct rng *rng)
{
	static const gfp_t types[] = {
		GFP_HIGHUSER_MOVABLE, GFP_HIGHUSER_MOVABLE,
		GFP_HIGHUSER_MOVABLE, GFP_KERNEL, GFP_KERNEL,
		GFP_KERNEL | __GFP_RECLAIMABLE,
	};

	return types[rng_below(rng, ARRAY_SIZE(types))] | __GFP_NORETRY |
	       __GFP_NOWARN;
}

/* Each order half as often as the one below it. */
static unsigned some_order(struct rng *rng, unsigned most)
{
	unsigned order = 0;

	while (order < most && rng_chance(rng, 50))
		order++;
	return order;
}

static bool take(struct worker *w, struct holding *h)
{
	unsigned order = some_order(&w->rng, (unsigned)run_key(w->run,
							       KEY_ORDER));
	gfp_t gfp = some_gfp(&w->rng);
	bool survives = rng_below(&w->rng, 1000) < run_key(w->run, KEY_KEEP);
	u64 t = op_begin(w, OP_ALLOC);
	struct page *page = alloc_pages(gfp, order);

	op_end(w, OP_ALLOC, t);
	if (!page) {
		op_failed(w, OP_ALLOC);
		return false;
	}
	h->blocks[h->nr++] = (struct block){ page, (u8)order, survives };
	h->pages += 1UL << order;
	return true;
}

static void give(struct holding *h, u64 i)
{
	struct block *block = &h->blocks[i];

	__free_pages(block->page, block->order);
	h->pages -= 1UL << block->order;
	*block = h->blocks[--h->nr];
}

static void give_any(struct worker *w, struct holding *h)
{
	u64 i = rng_below(&w->rng, h->nr), t;

	if (h->blocks[i].survives && rng_below(&w->rng, SURVIVOR_LUCK))
		return;
	t = op_begin(w, OP_FREE);
	give(h, i);
	op_end(w, OP_FREE, t);
}

static bool loop(struct worker *w)
{
	struct holding *h = w->data;

	for (u64 i = 0; i < run_key(w->run, KEY_BURST); i++) {
		if (h->pages < h->target && h->nr < h->most && take(w, h))
			continue;
		/* Refused, or full: some of it goes, and some more. */
		for (unsigned n = 0; n < 8 && h->nr; n++)
			give_any(w, h);
	}
	return true;
}

/* ---- around it ---- */
static const char *setup(struct run *run)
{
	free_before = free_now();
	run_figure(run, "unusable_order_9_before", unusable_at(9));
	return NULL;
}

static void prepare(struct worker *w)
{
	struct holding *h = w->run->alloc(sizeof(*h));

	h->target = free_before / 100 * run_key(w->run, KEY_FILL) /
		    w->run->nr_cpus;
	h->most = h->target + 1;
	h->blocks = w->run->alloc(h->most * sizeof(*h->blocks));
	w->data = h;
}

static u64 held_by_all(const struct run *run)
{
	u64 sum = 0;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct holding *h = run->workers[cpu].data;

		sum += h->pages;
	}
	return sum;
}

static u64 distance(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

static void say_how_fragmented(struct run *run)
{
	struct contig_page_info info = contig_page_info_of_all(9);
	u64 survivors = 0;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct holding *h = run->workers[cpu].data;

		for (u64 i = 0; i < h->nr; i++)
			survivors += h->blocks[i].survives;
	}
	run_figure(run, "held_pages", held_by_all(run));
	run_figure(run, "survivors", survivors);
	run_figure(run, "unusable_order_3", unusable_at(3));
	run_figure(run, "unusable_order_9", unusable_at(9));
	/* -1000: a request of that order would be served. */
	if (fragmentation_index(9, &info) >= 0)
		run_figure(run, "extfrag_order_9",
			   (u64)fragmentation_index(9, &info));
	run_figure(run, "claims", sum_vm_event(FALLBACK_CLAIM));
	run_figure(run, "steals", sum_vm_event(FALLBACK_STEAL));
}

/* On CPU 0; the others have ended. */
static void teardown(struct run *run)
{
	u64 missing = distance(free_now() + held_by_all(run), free_before);

	say_how_fragmented(run);
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		struct holding *h = run->workers[cpu].data;

		while (h->nr)
			give(h, h->nr - 1);
	}
	run_figure(run, "pages_missing", missing);
	run_figure(run, "pages_missing_at_end",
		   distance(free_now(), free_before));
	run_figure(run, "unusable_order_9_at_end", unusable_at(9));
}

static const struct workload_key keys[] = {
	[KEY_FILL] = { "fill", KEY_UINT, "80", 1, 95, NULL,
		       "per cent of free memory that is held" },
	[KEY_ORDER] = { "order", KEY_UINT, "6", 0, MAX_PAGE_ORDER, NULL,
			"blocks of up to 2^order pages" },
	[KEY_KEEP] = { "keep", KEY_UINT, "50", 0, 1000, NULL,
		       "blocks in a thousand that stay for long" },
	[KEY_BURST] = { "burst", KEY_UINT, "64", 1, 1 << 20, NULL,
			"blocks taken or given in a loop" },
	{ 0 },
};

const struct workload workload_page_torture = {
	.name		= "page_torture",
	.summary	= "pages of all kinds come, go and stay: hours with "
			  "think=1s",
	.keys		= keys,
	.ops		= { "alloc_pages", "free_pages" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare,
	.teardown	= teardown,
};
