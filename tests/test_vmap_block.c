/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_map_ram: where a mapping lies is what a model of bump-allocated blocks
 * says; unmapped addresses are flushed when somebody asks and not used again
 * before; many CPUs unmap what others have mapped; planted faults.
 */
#include <stdlib.h>

#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmap_block.h"
#include "mm/vmap_core.h"
#include "mm/xarray.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define NR_PAGES	80
#define NR_STEPS	1000
#define MAX_BLOCKS	64
#define MAX_LIVE	60

static struct page *pages[NR_PAGES];

static void get_pages(void)
{
	for (unsigned i = 0; i < NR_PAGES; i++) {
		pages[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
		must(pages[i]);
		*(u64 *)page_address(pages[i]) = i;
	}
}

static void put_pages(void)
{
	for (unsigned i = 0; i < NR_PAGES; i++)
		__free_pages(pages[i], 0);
}

/* Maps count pages, looks at each through the mapping. */
static vaddr_t map(unsigned first, unsigned count)
{
	vaddr_t addr = vm_map_ram(&pages[first], count, NUMA_NO_NODE);

	must(addr && IS_ALIGNED(addr, PAGE_SIZE));
	for (unsigned i = 0; i < count; i++)
		must(vm_load(addr + i * PAGE_SIZE, 8) == first + i);
	return addr;
}

/* ---- sizes --------------------------------------------------------------- */
static void sizes_are_of_the_spec(void **state)
{
	/* Spec 3.5's table; a number of CPUs counts as the next power of 2. */
	static const unsigned table[][2] = {
		{ 1, 1024 }, { 64, 1024 }, { 2048, 1024 }, { 2049, 512 },
		{ 4096, 512 }, { 8192, 256 }, { 16384, 128 }, { 65536, 128 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(vmap_bbmap_bits(table[i][0], true),
				 table[i][1]);
	/* 32 bits: 32 Ki pages over 16 blocks a CPU; never below 64. */
	assert_int_equal(vmap_bbmap_bits(1, false), 1024);
	assert_int_equal(vmap_bbmap_bits(4, false), 512);
	assert_int_equal(vmap_bbmap_bits(64, false), 64);
}

/* ---- the array ----------------------------------------------------------- */
static struct xarray array;
static u64 entries[256];
static bool present[256];

static u64 index_of(unsigned i)
{
	/* Small, and two, three and eight levels up. */
	static const u64 bases[] = { 0, 60, 4000, 260000, 1UL << 45 };

	return bases[i % 5] + i / 5;
}

static void look_at_all(void)
{
	unsigned seen = 0, expected = 0;
	u64 index, *entry, last = 0;

	for (unsigned i = 0; i < 256; i++) {
		must(xa_load(&array, index_of(i)) ==
		     (present[i] ? &entries[i] : NULL));
		expected += present[i];
	}
	xa_for_each(&array, index, entry) {
		must(!seen || index > last);
		must(present[entry - entries]);
		must(index == index_of((unsigned)(entry - entries)));
		last = index;
		seen++;
	}
	must(seen == expected);
}

static void array_history(void *arg)
{
	struct rng rng;

	rng_seed(&rng, test_seed());
	xa_init(&array, LOCK_CLASS_NONE);
	for (unsigned step = 0; step < 3000; step++) {
		unsigned i = (unsigned)rng_below(&rng, 256);
		/* Nearly empty at times: levels go. */
		bool grow = rng_chance(&rng, step / 500 % 2 ? 10 : 60);

		if (grow) {
			must(xa_insert(&array, index_of(i), &entries[i],
				       GFP_KERNEL) ==
			     (present[i] ? -EBUSY : 0));
			present[i] = true;
		} else {
			must(xa_erase(&array, index_of(i)) ==
			     (present[i] ? &entries[i] : NULL));
			present[i] = false;
		}
		if (step % 20 == 0)
			look_at_all();
	}
	for (unsigned i = 0; i < 256; i++)
		xa_erase(&array, index_of(i));
	must(!array.xa_head);
	rcu_barrier();
}

/*
 * Levels that only lead to their first slot go with that slot in use; who gets
 * their nodes next, three below the head of another array, finds them as the
 * constructor has left them.
 */
static void nodes_are_used_again(void *arg)
{
	static struct xarray other;
	const u64 at = 7 << 12 | 5 << 6 | 9;

	xa_init(&array, LOCK_CLASS_NONE);
	xa_init(&other, LOCK_CLASS_NONE);
	must(!xa_insert(&other, (1 << 24) - 1, &entries[2], GFP_KERNEL));
	must(!xa_insert(&array, 0, &entries[0], GFP_KERNEL));
	must(!xa_insert(&array, 5000, &entries[1], GFP_KERNEL));
	must(xa_erase(&array, 5000) == &entries[1]);
	must(array.xa_head == &entries[0]);
	rcu_barrier();
	must(!xa_insert(&other, at, &entries[3], GFP_KERNEL));
	for (u64 i = 0; i < 1 << 16; i += i < 64 || i >= at - 64 ? 1 : 64)
		must(xa_load(&other, i) == (i == at ? &entries[3] : NULL));
	must(xa_erase(&other, at) == &entries[3]);
	must(xa_erase(&other, (1 << 24) - 1) == &entries[2]);
	must(xa_erase(&array, 0) == &entries[0]);
	must(!other.xa_head && !array.xa_head);
	rcu_barrier();
}

static void array_is_as_a_set(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, nodes_are_used_again,
		NULL);
	emulate(&(struct emulation){ .kernel = 1, .seeds = 4 }, array_history,
		NULL);
}

static void insert_and_erase(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 64 + cpu);
	for (unsigned step = 0; step < 200; step++) {
		/* Each CPU's own entries, among the others'. */
		unsigned i = (unsigned)rng_below(&rng, 64) * 4 + cpu;
		u64 index, *entry;

		if (!present[i])
			must(!xa_insert(&array, index_of(i), &entries[i],
					GFP_KERNEL));
		else
			must(xa_erase(&array, index_of(i)) == &entries[i]);
		present[i] = !present[i];
		must(xa_load(&array, index_of(i)) ==
		     (present[i] ? &entries[i] : NULL));
		if (step % 40)
			continue;
		rcu_read_lock();
		xa_for_each(&array, index, entry)
			must(index_of((unsigned)(entry - entries)) == index);
		rcu_read_unlock();
	}
}

static void array_from_all_cpus(void *arg)
{
	xa_init(&array, LOCK_CLASS_NONE);
	on_all_cpus(insert_and_erase, NULL);
	look_at_all();
	rcu_barrier();
}

static void array_is_walked_while_it_changes(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 15 },
		array_from_all_cpus, NULL);
}

/* ---- against the model --------------------------------------------------- */
/* One CPU: a list of blocks in order of their making. */
struct model_block {
	u64		start;
	unsigned	free, dirty;
};

static struct model_block blocks[MAX_BLOCKS];
static unsigned nr_blocks;
static struct { u64 addr; unsigned first, count; } live[MAX_LIVE];
static unsigned nr_live;
static u64 bits;

static unsigned slots_of(unsigned count)
{
	unsigned slots = 1;

	while (slots < count)
		slots *= 2;
	return slots;
}

static struct model_block *first_with(unsigned slots)
{
	for (unsigned i = 0; i < nr_blocks; i++)
		if (blocks[i].free >= slots)
			return &blocks[i];
	return NULL;
}

static struct model_block *block_at(u64 addr)
{
	for (unsigned i = 0; i < nr_blocks; i++)
		if (addr - blocks[i].start < bits * PAGE_SIZE)
			return &blocks[i];
	return NULL;
}

static void forget_block(struct model_block *block)
{
	/* In order: the list is. */
	for (nr_blocks--; block < blocks + nr_blocks; block++)
		*block = block[1];
}

static void step_map(struct rng *rng)
{
	unsigned count = rng_chance(rng, 5) ? 65 : 1 +
		(unsigned)rng_below(rng, rng_chance(rng, 50) ? 64 : 4);
	unsigned first = (unsigned)rng_below(rng, NR_PAGES - count + 1);
	unsigned slots = slots_of(count);
	struct model_block *block = first_with(slots);
	u64 addr;

	if (nr_live == MAX_LIVE || nr_blocks == MAX_BLOCKS)
		return;
	addr = map(first, count);
	live[nr_live].addr = addr;
	live[nr_live].first = first;
	live[nr_live++].count = count;
	if (count > 64) {
		must(!block_at(addr));
		return;
	}
	if (!block) {
		must(IS_ALIGNED(addr, bits * PAGE_SIZE) && !block_at(addr));
		block = &blocks[nr_blocks++];
		*block = (struct model_block){ addr, (unsigned)bits, 0 };
	}
	must(addr == block->start + (bits - block->free) * PAGE_SIZE);
	block->free -= slots;
}

static void step_unmap(struct rng *rng)
{
	unsigned i = (unsigned)rng_below(rng, max(nr_live, 1u));
	struct model_block *block;

	if (!nr_live)
		return;
	for (unsigned page = 0; page < live[i].count; page++)
		must(vm_load(live[i].addr + page * PAGE_SIZE, 8) ==
		     live[i].first + page);
	vm_unmap_ram(live[i].addr, live[i].count);
	must(!vmalloc_to_page(live[i].addr));
	block = block_at(live[i].addr);
	must(!block == (live[i].count > 64));
	if (block) {
		block->dirty += slots_of(live[i].count);
		must(vmap_block_slot_is_dirty(live[i].addr) ==
		     (block->dirty < bits));
		if (block->dirty == bits)
			forget_block(block);
	}
	live[i] = live[--nr_live];
}

static void find_stale(void *arg, u64 addr, u64 pfn)
{
	struct page *page = vmalloc_to_page(addr);

	must(page && page_to_pfn(page) == pfn);
}

/* Fragmented blocks go: all (forced), or those mostly used. */
static void step_flush(struct rng *rng)
{
	bool force = rng_chance(rng, 30);
	unsigned i = 0;

	if (rng_chance(rng, 40))
		while (nr_live)
			step_unmap(rng);
	if (force)
		vmap_purge_all(true);
	else
		vm_unmap_aliases();
	while (i < nr_blocks) {
		struct model_block *b = &blocks[i];

		if (b->free + b->dirty == bits &&
		    (force || b->free < bits / 4))
			forget_block(b);
		else
			i++;
	}
	if (!force)
		tlb_for_each(0, find_stale, NULL);
}

static void random_history(void *arg)
{
	struct vmap_block_stat stat;
	struct rng rng;

	rng_seed(&rng, test_seed());
	bits = vmap_block_pages();
	get_pages();
	for (unsigned step = 0; step < NR_STEPS; step++) {
		if (rng_chance(&rng, 4))
			step_flush(&rng);
		else if (rng_chance(&rng, step / 150 % 2 ? 40 : 65))
			step_map(&rng);
		else
			step_unmap(&rng);
		if (step % 100 == 0)
			vmalloc_audit();
	}
	while (nr_live)
		step_unmap(&rng);
	vmap_block_stat_read(&stat);
	must(stat.blocks_made - stat.blocks_freed == nr_blocks);
	must(stat.blocks_made > 4 && stat.blocks_purged > 2);
	put_pages();
}

static void mappings_are_as_the_model(void **state)
{
	/* Blocks of 128 slots: two mappings of 64 fill one. */
	kernel_config = (struct mm_config){ .nr_cpus = 1 << 14 };
	emulate(&(struct emulation){ .kernel = 1, .seeds = 20 },
		random_history, NULL);
	kernel_config.vmap = &vmap_augmented;
	emulate(&(struct emulation){ .kernel = 1, .seeds = 4 },
		random_history, NULL);
}

/* ---- what the spec counts ------------------------------------------------ */
static void pairs(void *arg)
{
	struct vmap_block_stat stat;
	struct lock_stat vb, vbq, xa;

	get_pages();
	lock_stat_enable();
	lock_stat_reset();
	for (unsigned i = 0; i < 5000; i++)
		vm_unmap_ram(map(0, 1), 1);
	lock_stat_read(LOCK_VMAP_BLOCK, &vb);
	lock_stat_read(LOCK_VMAP_BLOCK_QUEUE, &vbq);
	lock_stat_read(LOCK_XARRAY, &xa);
	vmap_block_stat_read(&stat);
	/* [Q]: 5 blocks of 4 MiB, 3 holds a pair but for the first of each. */
	must(stat.blocks_made == 5 && stat.blocks_freed == 4);
	must(vb.acquired == 3 * 5000 - 5);
	must(vbq.acquired == 5 + 4 && xa.acquired == 5 + 4);
	put_pages();
}

static void locks_are_taken_as_often_as_in_the_kernel(void **state)
{
	kernel_config = (struct mm_config){ 0 };
	emulate(&(struct emulation){ .kernel = 1 }, pairs, NULL);
}

/* ---- many CPUs ----------------------------------------------------------- */
/* Mappings left for anybody to unmap: tag in the low bits is the count. */
static u64 shelf[32];

static void map_and_unmap(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 64 + cpu);
	for (unsigned step = 0; step < 120; step++) {
		unsigned count = 1 + (unsigned)rng_below(&rng, 33), first = cpu;
		u64 mine = map(first, count) | count, other;

		other = xchg(&shelf[rng_below(&rng, 32)], mine);
		if (other)
			vm_unmap_ram(other & PAGE_MASK, other & ~PAGE_MASK);
		if (rng_chance(&rng, 2))
			vm_unmap_aliases();
		if (rng_chance(&rng, 1))
			vmap_purge_all(true);
		cond_resched();
	}
}

static void from_all_cpus(void *arg)
{
	struct vmap_block_stat stat;

	get_pages();
	on_all_cpus(map_and_unmap, NULL);
	vmalloc_audit();
	for (unsigned i = 0; i < ARRAY_SIZE(shelf); i++)
		if (shelf[i])
			vm_unmap_ram(shelf[i] & PAGE_MASK,
				     shelf[i] & ~PAGE_MASK);
	vmap_purge_all(true);
	vmap_block_stat_read(&stat);
	must(stat.blocks_made == stat.blocks_freed);
	put_pages();
}

static void cpus_unmap_what_others_have_mapped(void **state)
{
	kernel_config = (struct mm_config){ .nr_cpus = 1 << 14 };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 25 },
		from_all_cpus, NULL);
}

/* ---- a full address space ------------------------------------------------ */
static void refused(void *arg)
{
	u64 above = VMALLOC_START + (4UL << 20);
	struct vmap_area *all;

	get_pages();
	must(!vmap_ops->alloc(&(struct vmap_request){
			.size = VMALLOC_END + 1 - PAGE_SIZE - above,
			.align = 1, .vstart = above,
			.vend = VMALLOC_END, .gfp = GFP_KERNEL,
			.node = NUMA_NO_NODE }, &all));
	/* One block fits; its fragment is purged for the area behind. */
	vm_unmap_ram(map(0, 3), 3);
	must(vm_map_ram(pages, 65, NUMA_NO_NODE));
	must(!vm_map_ram(pages, 1, NUMA_NO_NODE));
}

static void overflow_purges_fragments(void **state)
{
	kernel_config = (struct mm_config){ 0 };
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "vmalloc_node_range for size 4194304 failed" },
		refused, NULL);
}

/* ---- use after unmap ----------------------------------------------------- */
static void use_after(void *arg)
{
	vaddr_t addr;

	get_pages();
	addr = map(3, 4);
	vm_unmap_ram(addr, 4);
	vm_load(addr + 2 * PAGE_SIZE, 8);
}

static void use_after_unmap_is_the_clients_fault(void **state)
{
	if (!CHECKS_ON) {
		test_skip("needs checks");
		return;
	}
	kernel_config = (struct mm_config){ 0 };
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG: use after vm_unmap_ram" }, use_after,
		NULL);
}

/* ---- planted faults ------------------------------------------------------ */
static void keep_one_unmap_one(void *arg)
{
	vaddr_t addr;

	get_pages();
	map(0, 4);
	addr = map(4, 5);
	vm_unmap_ram(addr, 5);
}

/* 8 slots, all mapped: the last one's translation is stale. */
static void unmap_eight(void *arg)
{
	get_pages();
	vm_unmap_ram(map(0, 8), 8);
}

static void flush_dirty(void *arg)
{
	keep_one_unmap_one(arg);
	vm_unmap_aliases();
}

static void map_two(void *arg)
{
	get_pages();
	map(0, 4);
	vm_map_ram(&pages[8], 4, NUMA_NO_NODE);
	vm_map_ram(&pages[8], 4, NUMA_NO_NODE);
}

static void map_one(void *arg)
{
	get_pages();
	map(0, 4);
}

static void caught(void (*fn)(void *arg), const char *fault, const char *id)
{
	char text[64];

	kernel_config = (struct mm_config){ 0 };
	snprintf(text, sizeof(text), "invariant %s violated", id);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2,
		.expect_exit = 0 }, fn, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .fault = fault,
		.expect_exit = 6, .expect_text = text }, fn, NULL);
}

static void faults_are_caught(void **state)
{
	caught(map_two, "vb_slot_given_twice", "INV-M4");
	caught(map_one, "vb_wrong_queue", "INV-A5");
	caught(keep_one_unmap_one, "vb_dirty_uncounted", "INV-A1");
	caught(keep_one_unmap_one, "vb_keeps_mapping", "INV-M2");
	caught(unmap_eight, "vb_dirty_range_short", "INV-T11");
	caught(flush_dirty, "aliases_forget_dirty", "INV-T5");
}

TEST_MAIN(
	cmocka_unit_test(sizes_are_of_the_spec),
	cmocka_unit_test(array_is_as_a_set),
	cmocka_unit_test(array_is_walked_while_it_changes),
	cmocka_unit_test(mappings_are_as_the_model),
	cmocka_unit_test(locks_are_taken_as_often_as_in_the_kernel),
	cmocka_unit_test(cpus_unmap_what_others_have_mapped),
	cmocka_unit_test(overflow_purges_fragments),
	cmocka_unit_test(use_after_unmap_is_the_clients_fault),
	cmocka_unit_test(faults_are_caught))
