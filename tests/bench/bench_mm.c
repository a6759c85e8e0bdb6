/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages and areas. */
#include "mm/page_alloc.h"
#include "mm/vmap_core.h"
#include "tests/bench/bench.h"

#define PAGES		2000000
#define AREAS		2000
#define BUSY_MAX	10000

/* ---- order-0 pages ----------------------------------------------------- */
static double page_pair(unsigned long unused)
{
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < PAGES; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, 0);

		bench_keep(page);
		__free_pages(page, 0);
	}
	return (double)(sched_clock_ordered() - start) / PAGES;
}

static double exchange(unsigned long unused)
{
	static u64 word cacheline_aligned;
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < PAGES; i++)
		bench_keep(xchg(&word, i));
	return (double)(sched_clock_ordered() - start) / PAGES;
}

/* ---- areas -------------------------------------------------------------- */
static struct vmap_area *busy[BUSY_MAX];
static unsigned nr_busy;

static struct vmap_area *get_area(void)
{
	struct vmap_request request = {
		.size = 2 * PAGE_SIZE, .align = PAGE_SIZE, .gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE, .vstart = VMALLOC_START,
		.vend = VMALLOC_END,
	};
	struct vmap_area *va;

	must(!vmap_ops->alloc(&request, &va));
	return va;
}

static void put_area(const struct vmap_area *va)
{
	struct vmap_area *mine = vmap_ops->unlink(va->va_start);

	must(mine == va);
	vmap_ops->free_lazy(mine);
}

static void keep_busy(unsigned nr)
{
	while (nr_busy < nr)
		busy[nr_busy++] = get_area();
	while (nr_busy > nr)
		put_area(busy[--nr_busy]);
}

static double area_pair(unsigned long nr)
{
	u64 start;

	keep_busy((unsigned)nr);
	start = sched_clock_ordered();
	for (unsigned i = 0; i < AREAS; i++)
		put_area(get_area());
	return (double)(sched_clock_ordered() - start) / AREAS;
}

const struct bench_goal bench_mm_goals[] = {
	{ "order-0 page alloc+free through the per-CPU lists", "page pair",
	  { "alloc_pages", page_pair }, { { "atomic exchange", exchange } },
	  5.0 },
	{ "area alloc+free with many busy areas", "10 000 busy areas",
	  { "10 000", area_pair, 10000 }, { { "100 areas", area_pair, 100 } },
	  3.0 },
	{ 0 },
};
