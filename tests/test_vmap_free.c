/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The free tree of vmalloc-tlb-ipi spec 2c against a sorted array of blocks:
 * the same answers, the same blocks after each operation.
 */
#include "mm/page_alloc.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define WINDOW_PAGES	96
#define NR_STEPS	1500
#define MAX_BLOCKS	(WINDOW_PAGES + 4)
#define MAX_TAKEN	WINDOW_PAGES

struct block {
	u64	start, end;
};

static struct model {
	struct block	blocks[MAX_BLOCKS];	/* free; ascending, maximal */
	unsigned	nr_blocks;
	struct block	taken[MAX_TAKEN];
	unsigned	nr_taken;
	u64		not_lowest, not_found;	/* for align > PAGE_SIZE */
	u64		full, left, right, middle;	/* kinds of split */
} model;

static u64 window_start(void)
{
	return VMALLOC_START;
}

static u64 window_end(void)
{
	return VMALLOC_START + WINDOW_PAGES * PAGE_SIZE;
}

static struct vmap_request request(u64 size, u64 align)
{
	return (struct vmap_request){
		.size = size, .align = align, .gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
		.vstart = window_start(), .vend = window_end(),
	};
}

/* Where size would go in a block, or 0. */
static u64 fit(const struct block *b, u64 size, u64 align)
{
	u64 addr = b->start > window_start() ? b->start : window_start();

	addr = (addr + align - 1) / align * align;
	return addr + size <= b->end ? addr : 0;
}

static int lowest_fit(u64 size, u64 align, u64 *addr)
{
	unsigned i;

	for (i = 0; i < model.nr_blocks; i++) {
		*addr = fit(&model.blocks[i], size, align);
		if (*addr)
			return *addr + size <= window_end() ? (int)i : -1;
	}
	return -1;
}

static void remove_block(unsigned at)
{
	model.nr_blocks--;
	for (; at < model.nr_blocks; at++)
		model.blocks[at] = model.blocks[at + 1];
}

static void insert_block(unsigned at, u64 start, u64 end)
{
	unsigned i;

	must(model.nr_blocks < MAX_BLOCKS);
	for (i = model.nr_blocks++; i > at; i--)
		model.blocks[i] = model.blocks[i - 1];
	model.blocks[at] = (struct block){ start, end };
}

static void model_take(u64 addr, u64 size)
{
	struct block b;
	unsigned i = 0;

	while (model.blocks[i].end <= addr)
		i++;
	b = model.blocks[i];
	must(b.start <= addr && addr + size <= b.end);
	remove_block(i);
	if (b.end > addr + size)
		insert_block(i, addr + size, b.end);
	if (b.start < addr)
		insert_block(i, b.start, addr);
	model.full += b.start == addr && b.end == addr + size;
	model.left += b.start == addr && b.end > addr + size;
	model.right += b.start < addr && b.end == addr + size;
	model.middle += b.start < addr && b.end > addr + size;
	model.taken[model.nr_taken++] = (struct block){ addr, addr + size };
}

static void model_give(unsigned which)
{
	struct block b = model.taken[which];
	unsigned i = 0;

	model.taken[which] = model.taken[--model.nr_taken];
	while (model.blocks[i].end < b.start)
		i++;
	/* blocks[i] ends at b.start or lies behind it. */
	if (model.blocks[i].end == b.start) {
		model.blocks[i].end = b.end;
		if (i + 1 < model.nr_blocks &&
		    model.blocks[i + 1].start == b.end) {
			model.blocks[i].end = model.blocks[i + 1].end;
			remove_block(i + 1);
		}
	} else if (model.blocks[i].start == b.end) {
		model.blocks[i].start = b.start;
	} else {
		insert_block(i, b.start, b.end);
	}
}

static void compare(void *arg, const struct vmap_area *va,
		    enum vmap_where where)
{
	unsigned *i = arg;

	must(*i < model.nr_blocks);
	must(va->va_start == model.blocks[*i].start);
	must(va->va_end == model.blocks[*i].end);
	++*i;
}

static void tree_is_as_the_model(void)
{
	unsigned nr = 0;

	machine_quiet_begin();
	vmap_free_walk(compare, &nr);
	must(nr == model.nr_blocks);
	vmap_free_audit();
	machine_quiet_end();
}

static void give(u64 start, u64 end)
{
	struct list_head list = LIST_HEAD_INIT(list);
	struct vmap_area *va = vmap_area_alloc(GFP_KERNEL, NUMA_NO_NODE);

	must(va);
	va->va_start = start;
	va->va_end = end;
	list_add(&va->list, &list);
	vmap_free_give(&list);
}

static void take(u64 size, u64 align)
{
	struct vmap_request r = request(size, align);
	u64 addr = 0, lowest = 0;
	bool exists = lowest_fit(size, align, &lowest) >= 0;
	int err = vmap_free_take(&r, &addr);

	must(err == 0 || err == -EBUSY);
	if (align <= PAGE_SIZE) {
		must((err == 0) == exists);
		must(err || addr == lowest);
	} else if (err) {
		model.not_found += exists;
	} else {
		must(addr % align == 0 && addr >= lowest);
		model.not_lowest += addr > lowest;
	}
	if (!err)
		model_take(addr, size);
}

static bool is_free(u64 start, u64 end)
{
	unsigned i;

	for (i = 0; i < model.nr_blocks; i++)
		if (model.blocks[i].start <= start &&
		    model.blocks[i].end >= end)
			return true;
	return false;
}

/* A window of the request's own size is found if and only if it is free,
 * whatever the alignment. */
static void take_exact_window(u64 size, u64 at)
{
	struct vmap_request r = request(size, size);
	u64 addr;

	r.vstart = window_start() + at * size;
	r.vend = r.vstart + size;
	must((vmap_free_take(&r, &addr) == 0) == is_free(r.vstart, r.vend));
	if (is_free(r.vstart, r.vend)) {
		must(addr == r.vstart);
		model_take(addr, size);
	}
}

static void start_model(void)
{
	model = (struct model){
		.blocks = { { 1, ULONG_MAX } }, .nr_blocks = 1,
	};
	tree_is_as_the_model();
}

static void random_operations(unsigned max_align_shift)
{
	struct rng rng;
	unsigned step;

	rng_seed(&rng, test_seed());
	for (step = 0; step < NR_STEPS; step++) {
		if (model.nr_taken && rng_chance(&rng, 45)) {
			unsigned i = (unsigned)rng_below(&rng, model.nr_taken);

			give(model.taken[i].start, model.taken[i].end);
			model_give(i);
		} else if (rng_chance(&rng, 15)) {
			u64 size = PAGE_SIZE << rng_below(&rng, 4);

			take_exact_window(size, rng_below(&rng, WINDOW_PAGES *
							  PAGE_SIZE / size));
		} else {
			take((1 + rng_below(&rng, 4)) << PAGE_SHIFT,
			     1UL << (rng_below(&rng, max_align_shift + 1)));
		}
		tree_is_as_the_model();
	}
	while (model.nr_taken) {
		give(model.taken[0].start, model.taken[0].end);
		model_give(0);
		tree_is_as_the_model();
	}
	must(model.nr_blocks == 1);
}

static void small_aligns(void *arg)
{
	start_model();
	random_operations(PAGE_SHIFT);
	must(model.full && model.left && model.right && model.middle);
}

static void lowest_fit_and_splits_and_merges(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 4 }, small_aligns,
		NULL);
}

static void large_aligns(void *arg)
{
	start_model();
	random_operations(PAGE_SHIFT + 2);
	/* The padded length prunes what fits by luck only. */
	must(model.not_lowest + model.not_found > 0);
}

static void large_aligns_may_miss_but_never_lie(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 4 }, large_aligns,
		NULL);
}

/* The only free window is as large as the request, between two neighbours. */
static void exact_window(void *arg)
{
	u64 size = 8 * PAGE_SIZE, addr = 0;
	struct vmap_request r = request(WINDOW_PAGES * PAGE_SIZE, 1);

	must(!vmap_free_take(&r, &addr) && addr == window_start());
	give(window_start() + 2 * size, window_start() + 3 * size);
	r = request(size, size);
	r.vstart = window_start() + 2 * size;
	r.vend = r.vstart + size;
	must(!vmap_free_take(&r, &addr) && addr == r.vstart);
	must(vmap_free_take(&r, &addr) == -EBUSY);
	give(window_start(), window_end());
}

static void window_of_the_exact_size_is_found(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, exact_window, NULL);
}

/* Overlapping blocks are refused with the kernel's words. */
static void give_twice(void *arg)
{
	give(VMALLOC_START, VMALLOC_START + PAGE_SIZE);
}

static void overlap_is_refused(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "vmalloc bug: 0xffffc90000000000-"
			       "0xffffc90000001000 overlaps with 0x1-" },
		give_twice, NULL);
}

/* No model here: with a fault nothing agrees with it. */
static void shuffle(void *arg)
{
	struct block taken[32];
	unsigned nr = 0, step;
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (step = 0; step < 60; step++) {
		struct vmap_request r = request((1 + rng_below(&rng, 3)) <<
						PAGE_SHIFT, 1);
		u64 addr;

		if (nr == 32 || (nr && rng_chance(&rng, 45))) {
			unsigned i = (unsigned)rng_below(&rng, nr);

			give(taken[i].start, taken[i].end);
			taken[i] = taken[--nr];
		} else if (!vmap_free_take(&r, &addr)) {
			taken[nr++] = (struct block){ addr, addr + r.size };
		}
	}
	vmap_free_audit();
	while (nr--)
		give(taken[nr].start, taken[nr].end);
}

static void caught(const char *fault, const char *id)
{
	char text[64];

	snprintf(text, sizeof(text), "invariant %s violated", id);
	emulate(&(struct emulation){ .kernel = 1, .fault = fault,
		.expect_exit = 6, .expect_text = text }, shuffle, NULL);
}

static void faults_are_caught(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, shuffle, NULL);
	caught("vmap_merge_skips_prev", "INV-A2");
	caught("vmap_list_misplaced", "INV-A3");
	caught("vmap_no_propagate", "INV-A4");
	caught("vmap_search_skips_left", "INV-A8");
}

TEST_MAIN(
	cmocka_unit_test(lowest_fit_and_splits_and_merges),
	cmocka_unit_test(large_aligns_may_miss_but_never_lie),
	cmocka_unit_test(window_of_the_exact_size_is_found),
	cmocka_unit_test(overlap_is_refused),
	cmocka_unit_test(faults_are_caught))
