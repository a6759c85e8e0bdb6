/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel flush invalidates, on whom, and how. */
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/tlbflush.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define NR_PAGES	40

static struct page *page;

static u64 base(void)
{
	return VMALLOC_START + (1UL << 40);
}

static void map(void)
{
	unsigned i;

	page = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	must(page);
	for (i = 0; i < NR_PAGES; i++)
		must(!vmap_pages_range_noflush(base() + i * PAGE_SIZE, &page,
					       1, PAGE_KERNEL));
}

static void load_all(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < NR_PAGES; i++)
		must(vm_load(base() + i * PAGE_SIZE, 8) == 0);
}

struct seen {
	u64	lowest, highest;
	unsigned nr;
};

static void note(void *arg, u64 addr, u64 pfn)
{
	struct seen *seen = arg;

	seen->lowest = addr < seen->lowest ? addr : seen->lowest;
	seen->highest = addr > seen->highest ? addr : seen->highest;
	seen->nr++;
}

static struct seen seen_by(unsigned cpu)
{
	struct seen seen = { .lowest = ~0UL };

	tlb_for_each(cpu, note, &seen);
	return seen;
}

/* Maps, has every CPU translate all of it, unmaps, flushes nr pages. */
static void flush_first(u64 nr)
{
	struct flush_stat before, after;
	unsigned cpu;
	bool full = nr > tlb_single_page_flush_ceiling;

	on_all_cpus(load_all, NULL);
	tlb_stat_reset();
	flush_stat_read(&before);
	vunmap_range_noflush(base(), base() + nr * PAGE_SIZE);
	flush_tlb_kernel_range(base(), base() + nr * PAGE_SIZE);
	flush_stat_read(&after);
	must(after.full - before.full == full);
	must(after.ranged - before.ranged == !full);
	must(after.pages - before.pages == (full ? 0 : nr));
	for_each_online_cpu(cpu) {
		struct seen seen = seen_by(cpu);

		if (full)
			must(seen.nr == 0);
		else
			must(seen.nr > 0 && seen.lowest ==
			     base() + nr * PAGE_SIZE);
	}
}

static void tlbs_count(u64 full, u64 pages)
{
	struct tlb_stat stat;

	tlb_stat_read(&stat);
	must(stat.flush_full == full && stat.pages_flushed == pages);
}

static void unmap(void)
{
	vunmap_range_noflush(base(), base() + NR_PAGES * PAGE_SIZE);
	flush_tlb_all();
	__free_pages(page, 0);
}

static void up_to_33_pages(void *arg)
{
	map();
	flush_first(33);
	tlbs_count(0, 33 * num_online_cpus());
	unmap();
}

static void from_34_pages(void *arg)
{
	map();
	flush_first(34);
	tlbs_count(num_online_cpus(), 0);
	unmap();
}

static void ceiling_of_33_pages(void **state)
{
	kernel_config = (struct mm_config){ 0 };
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4 },
		up_to_33_pages, NULL);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4 },
		from_34_pages, NULL);
}

static void ceiling_of_5(void *arg)
{
	must(tlb_single_page_flush_ceiling == 5);
	map();
	flush_first(5);
	unmap();
	map();
	flush_first(6);
	unmap();
}

static void ceiling_can_be_chosen(void **state)
{
	kernel_config = (struct mm_config){
		.tlb_ceiling = 5,
		.tlb_ceiling_set = true,
	};
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, ceiling_of_5,
		NULL);
	kernel_config = (struct mm_config){ 0 };
}

/* Part of a page counts as one, and the end marker means all. */
static void odd_ranges(void *arg)
{
	tlb_stat_reset();
	flush_tlb_kernel_range(base(), base() + 1);
	tlbs_count(0, num_online_cpus());
	tlb_stat_reset();
	flush_tlb_kernel_range(base(), TLB_FLUSH_ALL);
	tlbs_count(num_online_cpus(), 0);
	tlb_stat_reset();
	flush_tlb_all();
	tlbs_count(num_online_cpus(), 0);
}

static void odd_ranges_are_flushed(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 3 }, odd_ranges,
		NULL);
}

/* All flush at once: each waits for the others and serves them meanwhile. */
static void flush_often(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		flush_tlb_kernel_range(base() + cpu * PAGE_SIZE,
				       base() + (cpu + 1 + i) * PAGE_SIZE);
}

static void cross(void *arg)
{
	struct flush_stat stat;

	on_all_cpus(flush_often, NULL);
	flush_stat_read(&stat);
	must(stat.ranged == 20 * num_online_cpus() && stat.full == 0);
	must(stat.pages == 210 * num_online_cpus());
}

static void crossing_flushes_end(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 20 },
		cross, NULL);
}

static void flush_33(void *arg)
{
	map();
	on_all_cpus(load_all, NULL);
	vunmap_range_noflush(base(), base() + 33 * PAGE_SIZE);
	flush_tlb_kernel_range(base(), base() + 33 * PAGE_SIZE);
	unmap();
}

static void caught(const char *fault, const char *id)
{
	char text[64];

	snprintf(text, sizeof(text), "invariant %s violated", id);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .fault = fault,
		.expect_exit = 6, .expect_text = text }, flush_33, NULL);
}

static void faults_are_caught(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, flush_33, NULL);
	caught("flush_skips_cpu", "INV-T7");
	caught("flush_truncated", "INV-T7");
	caught("flush_truncated", "INV-T9");
	caught("flush_ceiling_off_by_one", "INV-T8");
	caught("flush_in_flush", "INV-I9");
	caught("boot_translates", "INV-T10");
}

TEST_MAIN(
	cmocka_unit_test(ceiling_of_33_pages),
	cmocka_unit_test(ceiling_can_be_chosen),
	cmocka_unit_test(odd_ranges_are_flushed),
	cmocka_unit_test(crossing_flushes_end),
	cmocka_unit_test(faults_are_caught))
