/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator alone. repeat: the same block again and again; bulk:
 * count blocks, then all CPUs together free theirs; rand: likewise, freed in
 * random order. (The three loops of the llfree and buddy benchmarks.)
 */
#include "workloads/keys.h"

enum { KEY_MODE, KEY_ORDER, KEY_COUNT, KEY_GFP, KEY_NODE };
enum { OP_ALLOC, OP_FREE };
enum { MODE_REPEAT, MODE_BULK, MODE_RAND };

static struct page *take(struct worker *w, unsigned order)
{
	gfp_t gfp = gfp_choice(run_key(w->run, KEY_GFP));
	int node = node_choice(run_key(w->run, KEY_NODE));
	u64 t = op_begin(w, OP_ALLOC);
	struct page *page = alloc_pages_node(node, gfp, order);

	op_end(w, OP_ALLOC, t);
	if (unlikely(!page))
		op_failed(w, OP_ALLOC);
	return page;
}

static void give(struct worker *w, struct page *page, unsigned order)
{
	u64 t = op_begin(w, OP_FREE);

	__free_pages(page, order);
	op_end(w, OP_FREE, t);
}

static void shuffle(struct worker *w, struct page **pages, u64 nr)
{
	for (u64 i = nr; i > 1; i--)
		swap(pages[i - 1], pages[rng_below(&w->rng, i)]);
}

static bool repeat(struct worker *w, unsigned order)
{
	for (u64 i = 0; i < run_key(w->run, KEY_COUNT); i++) {
		struct page *page = take(w, order);

		if (unlikely(!page))
			return false;
		give(w, page, order);
	}
	return true;
}

static bool all_then_all(struct worker *w, unsigned order, bool random)
{
	struct page **pages = w->data;
	u64 nr = 0;

	while (nr < run_key(w->run, KEY_COUNT)) {
		pages[nr] = take(w, order);
		if (unlikely(!pages[nr]))
			break;
		nr++;
	}
	if (random)
		shuffle(w, pages, nr);
	run_barrier(w->run);
	for (u64 i = 0; i < nr; i++)
		give(w, pages[i], order);
	return nr == run_key(w->run, KEY_COUNT);
}

static bool loop(struct worker *w)
{
	unsigned order = run_key(w->run, KEY_ORDER);
	u64 mode = run_key(w->run, KEY_MODE);

	if (mode == MODE_REPEAT)
		return repeat(w, order);
	return all_then_all(w, order, mode == MODE_RAND);
}

static const char *setup(struct run *run)
{
	u64 blocks = run_key(run, KEY_MODE) == MODE_REPEAT ? 1 :
		run_key(run, KEY_COUNT);
	u64 bytes = run->nr_cpus * blocks << (run_key(run, KEY_ORDER) +
					      PAGE_SHIFT);

	return memory_fits(run, bytes, run->memory_bytes / 4 * 3,
			   "three quarters of memory are");
}

static void prepare(struct worker *w)
{
	w->data = w->run->alloc(run_key(w->run, KEY_COUNT) * sizeof(void *));
}

static const char *const modes[] = { "repeat", "bulk", "rand", NULL };

static const struct workload_key keys[] = {
	[KEY_MODE] = { "mode", KEY_ENUM, "repeat", 0, 0, modes,
		       "one block again and again; all then all; random" },
	[KEY_ORDER] = { "order", KEY_UINT, "0", 0, MAX_PAGE_ORDER, NULL,
			"blocks of 2^order pages" },
	[KEY_COUNT] = { "count", KEY_UINT, "512", 1, 1 << 20, NULL,
			"blocks of each CPU in one loop" },
	[KEY_GFP] = GFP_KEY,
	[KEY_NODE] = NODE_KEY(NULL),
	{ 0 },
};

const struct workload workload_page_alloc = {
	.name		= "page_alloc",
	.summary	= "alloc_pages and __free_pages, three patterns",
	.keys		= keys,
	.ops		= { "alloc_pages", "free_pages" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 20,
	.lockstep	= true,
	.setup		= setup,
	.prepare	= prepare,
};
