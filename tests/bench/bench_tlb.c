/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loads through the emulated TLB against the cheapest lookup there is: a
 * direct-mapped array of 1024 entries of 32 bytes, one compare and one add,
 * inlined, without statistics, interrupts or stale entries. All pages of the
 * area are one frame, so that the host's caches hold what both load and the
 * lookups are what differs.
 */
#include "cpus/rng.h"
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/vmap_core.h"
#include "tests/bench/bench.h"

#define NR_ADDRESSES	65536		/* no predictor learns them */
#define HOT_PAGES	48		/* all in the 64-entry L1 */
#define WARM_PAGES	1000		/* all in the 1536-entry L2 */
#define FLUSHES		2000
#define DIRECT_ENTRIES	1024

static struct direct_entry {
	u64		tag;		/* page address */
	u64		write_tag;
	char		*addend;	/* host address - address */
	u64		unused;
} direct[DIRECT_ENTRIES] cacheline_aligned;

static u64 addresses[2][NR_ADDRESSES];
static vaddr_t area;

static void fill_direct(vaddr_t addr)
{
	struct direct_entry *e =
		&direct[(addr >> PAGE_SHIFT) % DIRECT_ENTRIES];

	e->tag = e->write_tag = addr;
	e->addend = (char *)page_address(vmalloc_to_page(addr)) - addr;
}

static void choose_addresses(u64 *out, unsigned nr_pages)
{
	struct rng rng;

	rng_seed(&rng, nr_pages);
	for (unsigned i = 0; i < NR_ADDRESSES; i++)
		out[i] = area + rng_below(&rng, nr_pages) * PAGE_SIZE +
			 rng_below(&rng, PAGE_SIZE / 8) * 8;
}

void bench_tlb_setup(void)
{
	struct page *pages[WARM_PAGES];
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	for (unsigned i = 0; i < WARM_PAGES; i++)
		pages[i] = page;
	area = vmap(pages, WARM_PAGES, VM_MAP, PAGE_KERNEL);
	must(area);
	for (unsigned i = 0; i < WARM_PAGES; i++)
		fill_direct(area + i * PAGE_SIZE);
	choose_addresses(addresses[0], HOT_PAGES);
	choose_addresses(addresses[1], WARM_PAGES);
}

static double tlb_loads(unsigned long warm)
{
	const u64 *at = addresses[warm];
	u64 start, sum = 0;

	for (unsigned i = 0; i < WARM_PAGES; i++)
		sum += vm_load(area + i * PAGE_SIZE, 8);
	for (unsigned i = 0; i < HOT_PAGES; i++)
		sum += vm_load(area + i * PAGE_SIZE, 8);
	start = sched_clock_ordered();
	for (unsigned i = 0; i < NR_ADDRESSES; i++)
		sum += vm_load(at[i], 8);
	bench_keep(sum);
	return (double)(sched_clock_ordered() - start) / NR_ADDRESSES;
}

static noinline u64 direct_miss(u64 addr)
{
	must(!addr);
	return 0;
}

static always_inline u64 direct_load(u64 addr)
{
	const struct direct_entry *e =
		&direct[(addr >> PAGE_SHIFT) % DIRECT_ENTRIES];

	if (unlikely(e->tag != (addr & PAGE_MASK)))
		return direct_miss(addr);
	return READ_ONCE(*(u64 *)(e->addend + addr));
}

static double direct_loads(unsigned long warm)
{
	const u64 *at = addresses[warm];
	u64 start = sched_clock_ordered(), sum = 0;

	for (unsigned i = 0; i < NR_ADDRESSES; i++)
		sum += direct_load(at[i]);
	bench_keep(sum);
	return (double)(sched_clock_ordered() - start) / NR_ADDRESSES;
}

/* Full: the caches hold pages before each flush. */
static double flushes(unsigned long pages)
{
	u64 spent = 0;

	for (unsigned i = 0; i < FLUSHES / 20; i++) {
		u64 start;

		for (unsigned p = 0; p < pages; p++)
			bench_keep(vm_load(area + p * PAGE_SIZE, 8));
		start = sched_clock_ordered();
		for (unsigned n = 0; n < 20; n++)
			tlb_flush_all();
		spent += sched_clock_ordered() - start;
	}
	return (double)spent / FLUSHES;
}

const struct bench_goal bench_tlb_goals[] = {
	{ "the emulated TLB", "hit, 48 pages",
	  { "vm_load", tlb_loads, 0 }, { { "direct-mapped", direct_loads, 0 } },
	  1.6, 1.3 },
	{ "the emulated TLB", "L1 miss that hits L2, 1000 pages",
	  { "vm_load", tlb_loads, 1 }, { { "direct-mapped", direct_loads, 1 } },
	  6.5 },
	{ "the emulated TLB", "full flush of a full TLB",
	  { "1000 pages", flushes, WARM_PAGES }, { { "one page", flushes, 1 } },
	  1.5 },
	{ 0 },
};
