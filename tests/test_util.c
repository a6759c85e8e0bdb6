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
	must(!kvmalloc((1UL << 31) + PAGE_SIZE, GFP_KERNEL | __GFP_NOWARN));
	must(!kvmalloc_array(~0UL / 2, 3, GFP_KERNEL));
	must(!kvcalloc(2, ~0UL, GFP_KERNEL));
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

static void too_much(void *arg)
{
	must(!kvmalloc((1UL << 31) + PAGE_SIZE, GFP_KERNEL));
	must(!kvmalloc((1UL << 31) + PAGE_SIZE, GFP_KERNEL));
	must(nr_kernel_bugs() == 1);
}

static void two_gigabytes_are_too_much(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
				     .expect_text = "__kvmalloc_node" },
		too_much, NULL);
}

/* From a slab to pages to an area, to a larger one, and in it. */
static void grow(void *arg)
{
	static const size_t sizes[] = { 100, 9000, 5UL << 20, 9UL << 20 };
	u8 *p = NULL;
	size_t had = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = kvrealloc(p, sizes[i], GFP_KERNEL);
		must(p && from_vmalloc(p) == (i >= 2));
		for (size_t at = 0; at < had; at += 97)
			must(from_vmalloc(p) ? vm_load((u64)p + at, 1) == 7 :
			     p[at] == 7);
		had = sizes[i];
		if (from_vmalloc(p))
			vm_memset((u64)p, 7, had);
		else
			machine_memset(p, 7, had);
	}
	/* The array of its pages is an area of 5 pages. */
	must(vmalloc_nr_pages() == (had >> PAGE_SHIFT) + 5);
	/* It stays where it is; what is given up is zeroed if asked. */
	must(kvrealloc(p, PAGE_SIZE + 8, GFP_KERNEL | __GFP_ZERO) == p);
	must(vm_load((u64)p + PAGE_SIZE + 7, 1) == 7);
	must(vm_load((u64)p + PAGE_SIZE + 8, 8) == 0);
	must(vm_load((u64)p + had - 8, 8) == 0);
	/* More than there is: as it was. */
	must(!vrealloc((vaddr_t)p, 1UL << 40, GFP_KERNEL));
	must(vm_load((u64)p, 1) == 7);
	must(!kvrealloc(p, 0, GFP_KERNEL) && vmalloc_nr_pages() == 0);
}

static void kvrealloc_keeps_content(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, grow, NULL);
}

TEST_MAIN(cmocka_unit_test(krealloc_keeps_content),
	  cmocka_unit_test(failure_leaves_the_old_block),
	  cmocka_unit_test(kvmalloc_falls_back),
	  cmocka_unit_test(two_gigabytes_are_too_much),
	  cmocka_unit_test(kvrealloc_keeps_content))
