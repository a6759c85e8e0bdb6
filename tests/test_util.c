/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * krealloc and kvmalloc families: content survives, limits, what is zero, and
 * which allocator an answer came from.
 */
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define NR_STEPS	600
#define NR_BLOCKS	24

/* ---- krealloc against a model ---- */
struct block {
	u8	*memory;
	size_t	size;
	u8	fill;
	bool	zeroed;
};

static size_t random_size(struct rng *rng)
{
	return rng_chance(rng, 80) ? rng_below(rng, 3000) :
				     rng_below(rng, 60000);
}

static bool holds(const u8 *memory, size_t from, size_t to, u8 value)
{
	for (size_t i = from; i < to; i++)
		if (memory[i] != value)
			return false;
	return true;
}

static void resize(struct block *b, struct rng *rng)
{
	size_t size = random_size(rng), kept = min(size, b->size);
	gfp_t gfp = GFP_KERNEL | (b->zeroed ? __GFP_ZERO : 0);
	size_t room = ksize(b->memory);
	u8 *memory = krealloc(b->memory, size, gfp);

	must(memory);
	if (!size) {
		must(memory == ZERO_SIZE_PTR);
		*b = (struct block){ .zeroed = rng_chance(rng, 50) };
		return;
	}
	must(ksize(memory) >= size);
	/* Never to a smaller class (spec 1.4). */
	if (room >= size)
		must(memory == b->memory);
	must(holds(memory, 0, kept, b->fill));
	if (b->zeroed)
		must(holds(memory, kept, size, 0));
	b->memory = memory;
	b->size = size;
	b->fill = (u8)rng_below(rng, 256);
	for (size_t i = 0; i < size; i++)
		memory[i] = b->fill;
}

static void grow_and_shrink(void *arg)
{
	struct block blocks[NR_BLOCKS] = { 0 };
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (unsigned i = 0; i < NR_BLOCKS; i++)
		blocks[i].zeroed = i % 2;
	for (unsigned step = 0; step < NR_STEPS; step++)
		resize(&blocks[rng_below(&rng, NR_BLOCKS)], &rng);
	for (unsigned i = 0; i < NR_BLOCKS; i++)
		kfree(blocks[i].memory);
}

static void krealloc_keeps_content(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1, .seeds = 8 },
		grow_and_shrink, NULL);
}

static void fail_to_grow(void *arg)
{
	u8 *memory = kmalloc(64, GFP_KERNEL);

	memory[63] = 7;
	must(!krealloc(memory, 16UL << 20, GFP_KERNEL | __GFP_NOWARN));
	must(memory[63] == 7);
	must(!krealloc_array(memory, ~0UL / 2, 3, GFP_KERNEL));
	must(memory[63] == 7);
	kfree_sensitive(memory);
	must(!kmalloc_array(~0UL / 8 + 1, 8, GFP_KERNEL));
	must(!kcalloc(2, ~0UL, GFP_KERNEL));
	memory = kcalloc(10, 10, GFP_KERNEL);
	must(memory && holds(memory, 0, 100, 0));
	kfree(memory);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
}

static void failure_leaves_the_old_block(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, fail_to_grow,
		NULL);
}

/* ---- kvmalloc ---- */
static bool from_vmalloc(const void *p)
{
	return is_vmalloc_addr((vaddr_t)p);
}

static void either_kind(void *arg)
{
	void *small = kvmalloc(PAGE_SIZE, GFP_KERNEL);
	void *easy = kvzalloc(64 << 10, GFP_KERNEL);
	/* More than the page allocator ever gives at once. */
	void *large = kvzalloc(8UL << 20, GFP_KERNEL);

	must(small && !from_vmalloc(small));
	must(easy && !from_vmalloc(easy));
	must(holds(easy, 0, 64 << 10, 0));
	must(large && from_vmalloc(large));
	must(vm_load((u64)large, 8) == 0 &&
	     vm_load((u64)large + (8UL << 20) - 8, 8) == 0);
	/* vmalloc may sleep, so who must not gets nothing. */
	must(!kvmalloc(8UL << 20, GFP_ATOMIC));
	must(!kvmalloc((1UL << 31) + PAGE_SIZE, GFP_KERNEL));
	kvfree(small);
	kvfree(easy);
	kvfree(large);
	kvfree(NULL);
	must(!nr_kernel_bugs());
}

static void kvmalloc_falls_back(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, either_kind,
		NULL);
}

TEST_MAIN(cmocka_unit_test(krealloc_keeps_content),
	  cmocka_unit_test(failure_leaves_the_old_block),
	  cmocka_unit_test(kvmalloc_falls_back))
