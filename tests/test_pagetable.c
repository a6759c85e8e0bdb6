/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mm/pagetable against an array of frames, and against the hardware. */
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/tlbflush.h"
#include "mm/vmalloc.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define NR_SLOTS	64
#define NR_PAGES	16
#define NR_STEPS	1500
#define FAR		(1UL << 39)	/* a top-level entry on */

static struct page *pages[NR_PAGES];
static struct page *slots[NR_SLOTS];	/* what is mapped, or NULL */

/* Slots lie on both sides of a boundary of the table above the lowest. */
static u64 slot_addr(unsigned i)
{
	return VMALLOC_START + FAR + (1UL << 30) +
		((u64)i - NR_SLOTS / 2) * PAGE_SIZE;
}

static void get_pages(void)
{
	unsigned i;

	for (i = 0; i < NR_PAGES; i++) {
		pages[i] = alloc_pages(GFP_KERNEL, 0);
		must(pages[i]);
		*(u64 *)page_address(pages[i]) = i;
	}
}

static void put_pages(void)
{
	unsigned i;

	for (i = 0; i < NR_PAGES; i++)
		__free_pages(pages[i], 0);
}

static void compare(void)
{
	unsigned i;
	u64 pfn;

	for (i = 0; i < NR_SLOTS; i++) {
		bool mapped = kernel_lookup_address(slot_addr(i), &pfn);

		must(mapped == (slots[i] != NULL));
		must(!mapped || pfn == page_to_pfn(slots[i]));
	}
}

static void map_some(struct rng *rng)
{
	unsigned first = (unsigned)rng_below(rng, NR_SLOTS), nr = 0;
	struct page *wanted[NR_SLOTS];

	while (first + nr < NR_SLOTS && !slots[first + nr] &&
	       rng_chance(rng, 80)) {
		wanted[nr] = pages[rng_below(rng, NR_PAGES)];
		slots[first + nr] = wanted[nr];
		nr++;
	}
	must(!vmap_pages_range_noflush(slot_addr(first), wanted, nr,
				       PAGE_KERNEL));
}

static void unmap_some(struct rng *rng)
{
	unsigned first = (unsigned)rng_below(rng, NR_SLOTS), nr, i;

	nr = (unsigned)rng_below(rng, NR_SLOTS - first + 1);
	for (i = first; i < first + nr; i++)
		slots[i] = NULL;
	vunmap_range_noflush(slot_addr(first), slot_addr(first + nr));
}

static void random_history(void *arg)
{
	struct rng rng;
	unsigned step;
	u64 tables;

	rng_seed(&rng, test_seed());
	get_pages();
	for (step = 0; step < NR_STEPS; step++) {
		if (rng_chance(&rng, 60))
			map_some(&rng);
		else
			unmap_some(&rng);
		if (step % 8 == 0)
			compare();
	}
	tables = sum_vm_event(TABLE_PAGES);
	vunmap_range_noflush(slot_addr(0), slot_addr(NR_SLOTS));
	/* Tables stay. Two lowest ones and two above: it is a boundary. */
	must(sum_vm_event(TABLE_PAGES) == tables);
	must(tables == 1 + 64 + 2 + 2);
	flush_tlb_all();
	put_pages();
}

static void mappings_are_as_the_model(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 4 },
		random_history, NULL);
}

static void through_the_tlb(void *arg)
{
	u64 addr = slot_addr(0);
	unsigned i;

	get_pages();
	must(!vmap_pages_range_noflush(addr, pages, NR_PAGES, PAGE_KERNEL));
	for (i = 0; i < NR_PAGES; i++)
		must(vm_load(addr + i * PAGE_SIZE, 8) == i);
	vm_store(addr + PAGE_SIZE + 8, 8, 77);
	must(((u64 *)page_address(pages[1]))[1] == 77);
	vunmap_range_noflush(addr, addr + NR_PAGES * PAGE_SIZE);
	flush_tlb_all();
	put_pages();
}

static void the_hardware_walks_them(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, through_the_tlb, NULL);
}

static void read_only(void *arg)
{
	get_pages();
	must(!vmap_pages_range_noflush(slot_addr(0), pages, 1, PROT_READ));
	must(vm_load(slot_addr(0), 8) == 0);
	vm_store(slot_addr(0), 8, 5);
	must(*(u64 *)page_address(pages[0]) == 0);
	vunmap_range_noflush(slot_addr(0), slot_addr(1));
}

static void read_only_pages_are_not_written(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG: unable to handle page fault for address" },
		read_only, NULL);
}

static void map_twice(void *arg)
{
	get_pages();
	must(!vmap_pages_range_noflush(slot_addr(3), pages, 1, PAGE_KERNEL));
	must(vmap_pages_range_noflush(slot_addr(2), pages, 4, PAGE_KERNEL) ==
	     -EBUSY);
	vunmap_range_noflush(slot_addr(2), slot_addr(4));
	flush_tlb_all();
	put_pages();
}

static void present_entries_are_busy(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "vmap_pages_pte_range" }, map_twice, NULL);
}

/* Each CPU its own pages, all in the same tables: one installs, all use. */
static void map_beside(void *arg, unsigned cpu)
{
	u64 far;

	for (far = 1; far < 20; far++) {
		u64 addr = VMALLOC_START + far * FAR + cpu * PAGE_SIZE;

		must(!vmap_pages_range_noflush(addr, &pages[cpu], 1,
					       PAGE_KERNEL));
		must(vm_load(addr, 8) == cpu);
		vunmap_range_noflush(addr, addr + PAGE_SIZE);
	}
}

static void race_for_tables(void *arg)
{
	get_pages();
	on_all_cpus(map_beside, NULL);
	/* In each of 19 places one table of the two lower levels. */
	must(sum_vm_event(TABLE_PAGES) == 1 + 64 + 19 * 2);
	flush_tlb_all();
	put_pages();
}

static void tables_are_installed_once(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 20 },
		race_for_tables, NULL);
}

static void two_areas_in_a_table(void *arg)
{
	vaddr_t a = vmalloc(PAGE_SIZE), b = vmalloc(PAGE_SIZE);

	must(a && b);
	vfree(a);
}

static void caught(const char *fault, const char *id)
{
	char text[64];

	snprintf(text, sizeof(text), "invariant %s violated", id);
	emulate(&(struct emulation){ .kernel = 1, .fault = fault,
		.expect_exit = 6, .expect_text = text },
		two_areas_in_a_table, NULL);
}

static void faults_are_caught(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, two_areas_in_a_table,
		NULL);
	caught("unmap_skips_first", "INV-M2");
	caught("unmap_frees_table", "INV-M5");
}

TEST_MAIN(
	cmocka_unit_test(mappings_are_as_the_model),
	cmocka_unit_test(the_hardware_walks_them),
	cmocka_unit_test(read_only_pages_are_not_written),
	cmocka_unit_test(present_entries_are_busy),
	cmocka_unit_test(tables_are_installed_once),
	cmocka_unit_test(faults_are_caught))
