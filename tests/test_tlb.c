/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation caches and walker: a stale entry stays usable until flushed,
 * ASIDs and global entries, capacity of the two levels, faults.
 */
#include "cpus/boot.h"
#include "tests/test.h"

#define TABLES_PFN	4096	/* page tables from 16 MiB on */
#define FRAMES_PFN	6144	/* and frames to map from 24 MiB on */
#define BASE		0xffffc90000000000UL
#define ASID_A		1
#define ASID_B		2

static u64 next_table;

static u64 *table_at(u64 pfn)
{
	return (u64 *)(machine_direct_map + (pfn << PAGE_SHIFT));
}

/* The leaf entry of addr, tables made on the way. */
static u64 *entry_of(u64 root, u64 addr)
{
	u64 pfn = root;

	for (unsigned level = arch->levels - 1; level; level--) {
		unsigned shift = PAGE_SHIFT + level * arch->bits_per_level;
		u64 *entry = &table_at(pfn)[(addr >> shift) & 511];

		if (!arch->present(READ_ONCE(*entry)))
			WRITE_ONCE(*entry, arch->make_table(next_table++));
		pfn = arch->pfn(READ_ONCE(*entry));
	}
	return &table_at(pfn)[(addr >> PAGE_SHIFT) & 511];
}

static void map(u64 root, u64 addr, u64 pfn, unsigned prot)
{
	WRITE_ONCE(*entry_of(root, addr), arch->make_leaf(pfn, prot));
}

static void unmap(u64 root, u64 addr)
{
	WRITE_ONCE(*entry_of(root, addr), 0);
}

/* Each frame tells its number in its first word. */
static void number_frames(u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		*table_at(FRAMES_PFN + i) = i;
}

static u64 new_root(void)
{
	return next_table++;
}

static struct tlb_stat stat_now(void)
{
	struct tlb_stat stat;

	tlb_stat_read(&stat);
	return stat;
}

static u64 page(u64 i)
{
	return BASE + (i << PAGE_SHIFT);
}

/* ---- staleness ---- */
static void use_stale(void *arg)
{
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(2);
	map(root, BASE, FRAMES_PFN, PAGE_KERNEL);
	tlb_load_root(root, ASID_A);
	must(vm_load(BASE, 8) == 0);
	map(root, BASE, FRAMES_PFN + 1, PAGE_KERNEL);
	must(vm_load(BASE, 8) == 0);		/* the old frame, still */
	unmap(root, BASE);
	must(vm_load(BASE, 8) == 0);		/* and without an entry */
	map(root, BASE, FRAMES_PFN + 1, PAGE_KERNEL);
	tlb_flush_one(BASE + 5);		/* any byte of the page */
	must(vm_load(BASE, 8) == 1);
	map(root, BASE, FRAMES_PFN, PAGE_KERNEL);
	tlb_flush_all();
	must(vm_load(BASE, 8) == 0);
	must(stat_now().misses == 3);
}

static void stale_until_flushed(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, use_stale, NULL);
}

static void flush_elsewhere(void *arg)
{
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(3);
	map(root, page(0), FRAMES_PFN, PAGE_KERNEL);
	map(root, page(16), FRAMES_PFN + 1, PAGE_KERNEL);	/* same set */
	tlb_load_root(root, ASID_A);
	vm_load(page(0), 8);
	vm_load(page(16), 8);
	tlb_flush_one(page(16));
	vm_load(page(0), 8);
	must(stat_now().misses == 2 && stat_now().hits == 1);
	vm_load(page(16), 8);
	must(stat_now().misses == 3);
}

static void flush_of_a_page_leaves_the_others(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, flush_elsewhere, NULL);
}

/* ---- the array in front ---- */
#define FRONT_PAGES	2048		/* more than the L2 holds */
#define FRONT_STEPS	30000
#define FAR		8192		/* as far apart share all slots */

static u64 front_frame(u64 n)
{
	return (n + n / FAR) % 64;
}

static void never_stale(u64 addr, u64 pfn)
{
}

/* The same accesses and flushes whatever stands in front: what was counted. */
static struct tlb_stat mixed_accesses(u64 root, bool front)
{
	struct rng rng;

	rng_seed(&rng, test_seed());
	tlb_set_stale_handler(front ? NULL : never_stale);
	tlb_load_root(root, ASID_A);
	tlb_flush_all();
	tlb_stat_reset();
	for (unsigned i = 0; i < FRONT_STEPS; i++) {
		u64 n = rng_below(&rng, rng_chance(&rng, 50) ? 80 : 300);

		if (rng_chance(&rng, 5))
			n = rng_below(&rng, FRONT_PAGES);
		if (rng_chance(&rng, 10))
			n += FAR;
		if (rng_chance(&rng, 1))
			tlb_flush_one(page(n));
		if (rng_below(&rng, 5000) == 0)
			tlb_flush_all();
		if (rng_chance(&rng, 20))
			vm_store(page(n), 8, front_frame(n));
		must(vm_load(page(n), 8) == front_frame(n));
	}
	return stat_now();
}

static void with_and_without_front(void *arg)
{
	struct tlb_stat with, without;
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(64);
	for (u64 i = 0; i < FAR + FRONT_PAGES; i++)
		if (i % FAR < FRONT_PAGES)
			map(root, page(i), FRAMES_PFN + front_frame(i),
			    i % 3 ? PAGE_KERNEL : PROT_READ | PROT_WRITE);
	without = mixed_accesses(root, false);
	with = mixed_accesses(root, true);
	must(with.hits == without.hits && with.hits > FRONT_STEPS / 4);
	must(with.l2_hits == without.l2_hits && with.l2_hits > 1000);
	must(with.misses == without.misses && with.misses > 1000);
}

static void what_stands_in_front_changes_no_count(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .seeds = 5 },
		with_and_without_front, NULL);
}

/* ---- address spaces ---- */
static void switch_spaces(void *arg)
{
	u64 a, b;

	next_table = TABLES_PFN;
	a = new_root();
	b = new_root();
	number_frames(4);
	map(a, page(0), FRAMES_PFN, PROT_READ);
	map(b, page(0), FRAMES_PFN + 1, PROT_READ);
	map(a, page(1), FRAMES_PFN + 2, PROT_READ | PROT_GLOBAL);
	tlb_load_root(a, ASID_A);
	must(vm_load(page(0), 8) == 0 && vm_load(page(1), 8) == 2);
	tlb_load_root(b, ASID_B);
	must(vm_load(page(0), 8) == 1);
	must(vm_load(page(1), 8) == 2);		/* global: no walk of b */
	must(stat_now().misses == 3);
	tlb_load_root(a, ASID_A);
	must(vm_load(page(0), 8) == 0);		/* kept over the switch */
	must(stat_now().misses == 3);
	tlb_flush_all();
	vm_load(page(0), 8);
	vm_load(page(1), 8);
	must(stat_now().misses == 5);
}

static void asids_keep_apart_and_global_is_shared(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, switch_spaces, NULL);
}

/* ---- capacity ---- */
#define L1_ENTRIES	64
#define L2_ENTRIES	1536

static void touch(u64 nr)
{
	for (u64 i = 0; i < nr; i++)
		must(vm_load(page(i), 8) == i % 512);
}

static void fill_levels(void *arg)
{
	struct tlb_stat before, after;
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(512);
	for (u64 i = 0; i <= L2_ENTRIES; i++)
		map(root, page(i), FRAMES_PFN + i % 512, PAGE_KERNEL);
	tlb_load_root(root, ASID_A);
	touch(L1_ENTRIES);
	before = stat_now();
	touch(L1_ENTRIES);
	after = stat_now();
	must(after.hits - before.hits == L1_ENTRIES);
	touch(L2_ENTRIES);
	before = stat_now();
	touch(L2_ENTRIES);
	after = stat_now();
	must(after.misses == before.misses);
	must(after.l2_hits - before.l2_hits == L2_ENTRIES);
	touch(L2_ENTRIES + 1);			/* one set has 13 pages now */
	before = stat_now();
	touch(L2_ENTRIES + 1);
	after = stat_now();
	must(after.misses - before.misses == 13);
}

static void levels_hold_64_and_1536(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, fill_levels, NULL);
}

/*
 * A full flush takes two context numbers of 2^19. When they begin again a
 * translation from the first time round must not match: page 5 is loaded then,
 * and again only after the last flushes before and the first after the wrap.
 */
#define WRAP	((1UL << 19) / 2)

static void flush_for_long(void *arg)
{
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(2);
	tlb_load_root(root, ASID_A);
	map(root, page(5), FRAMES_PFN, PAGE_KERNEL);
	must(vm_load(page(5), 8) == 0);
	map(root, page(5), FRAMES_PFN + 1, PAGE_KERNEL);
	for (u64 i = 0; i < WRAP + 100; i++) {
		if (i % 1024 == 0) {
			map(root, BASE, FRAMES_PFN + i / 1024 % 2,
			    PAGE_KERNEL);
			must(vm_load(BASE, 8) == i / 1024 % 2);
		}
		tlb_flush_all();
		if (i > WRAP - 10 && i < WRAP)
			must(vm_load(page(5), 8) == 1);
	}
}

static void contexts_can_run_out(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, flush_for_long, NULL);
}

/* ---- faults ---- */
static void fault(void *arg)
{
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(1);
	map(root, BASE, FRAMES_PFN, PROT_READ | PROT_GLOBAL);
	tlb_load_root(root, ASID_A);
	must(vm_load(page(1), 8) == 0);
	vm_store(BASE, 8, 42);
	must(vm_load(BASE, 8) == 0);
	must(stat_now().faults == 2 && nr_kernel_bugs() == 2);
}

static void faults_are_told(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: unable to handle page fault for address: "
			       "ffffc90000001000" }, fault, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "error_code(0x0003) - permissions violation" },
		fault, NULL);
}

/* Empty entries are of page 0 and of no context: they are no translation. */
static void fault_at_null(void *arg)
{
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	number_frames(1);
	for (u64 i = 1; i <= 4; i++)		/* page 0's set of the L1 */
		map(root, page(16 * i), FRAMES_PFN, PAGE_KERNEL);
	tlb_load_root(root, ASID_A);
	tlb_set_stale_handler(never_stale);
	for (u64 i = 1; i <= 4; i++)
		must(vm_load(page(16 * i), 8) == 0);
	must(vm_load(8, 8) == 0);
	must(stat_now().faults == 1);
}

static void null_faults(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: unable to handle page fault for address: "
			       "0000000000000008" }, fault_at_null, NULL);
}

/* ---- bulk access crosses pages ---- */
static void copy(void *arg)
{
	static char out[3 * 4096];
	u64 root;

	next_table = TABLES_PFN;
	root = new_root();
	for (u64 i = 0; i < 4; i++)		/* scattered, backwards */
		map(root, page(i), FRAMES_PFN + 9 - 2 * i, PAGE_KERNEL);
	tlb_load_root(root, ASID_A);
	vm_memset(BASE, 0x11, 4 * PAGE_SIZE);
	vm_memset(BASE + 100, 0x22, 2 * PAGE_SIZE);
	vm_memcpy_from(out, BASE, sizeof(out));
	for (unsigned i = 0; i < sizeof(out); i++)
		must(out[i] == (i >= 100 && i < 100 + 2 * PAGE_SIZE ?
				0x22 : 0x11));
	out[0] = 0x33;
	vm_memcpy_to(BASE + PAGE_SIZE - 1, out, 2);
	must(vm_load(BASE + PAGE_SIZE - 1, 1) == 0x33);
	must(vm_load(BASE + PAGE_SIZE, 1) == 0x11);
	must(*(char *)table_at(FRAMES_PFN + 7) == 0x11);
}

static void bulk_access_follows_the_pages(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, copy, NULL);
}

TEST_MAIN(cmocka_unit_test(stale_until_flushed),
	  cmocka_unit_test(what_stands_in_front_changes_no_count),
	  cmocka_unit_test(flush_of_a_page_leaves_the_others),
	  cmocka_unit_test(asids_keep_apart_and_global_is_shared),
	  cmocka_unit_test(levels_hold_64_and_1536),
	  cmocka_unit_test(contexts_can_run_out),
	  cmocka_unit_test(faults_are_told),
	  cmocka_unit_test(null_faults),
	  cmocka_unit_test(bulk_access_follows_the_pages))
