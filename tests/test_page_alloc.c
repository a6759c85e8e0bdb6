/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator as its callers see it: zones, reserves, nodes, the end of
 * memory, references and shapes, and what it says when it is misused.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "mm/watermark.h"
#include "tests/test.h"

#define MIB	(1UL << 20)
#define GIB	(1UL << 30)

static void boot(void)
{
	lockclass_init();
	percpu_init();
	page_alloc_init();
}

static struct zone *zone_of(unsigned nid, enum zone_type idx)
{
	return &NODE_DATA(nid)->node_zones[idx];
}

/* ---- where memory comes from ---- */
static void run_zones(void *arg)
{
	struct page *page;

	boot();
	must(max_pfn == 5 * GIB >> PAGE_SHIFT && nr_populated_zones == 3);
	must(zone_of(0, ZONE_DMA)->start_pfn == 1);
	must(zone_of(0, ZONE_DMA)->managed_pages == 4095);
	must(zone_of(0, ZONE_DMA32)->managed_pages == MAX_DMA32_PFN - 4096);
	/* The memmap is paid for. */
	must(totalram_pages() <= max_pfn - max_pfn / 64);
	must(nr_free_pages() == totalram_pages());

	page = alloc_pages(GFP_KERNEL, 0);
	must(page_zone(page) == zone_of(0, ZONE_NORMAL));
	must(page_to_pfn(page) >= MAX_DMA32_PFN && page_to_nid(page) == 0);
	page = alloc_pages(GFP_KERNEL | GFP_DMA32, 3);
	must(page_zone(page) == zone_of(0, ZONE_DMA32));
	must(page_to_pfn(page) >= MAX_DMA_PFN &&
	     page_to_pfn(page) < MAX_DMA32_PFN);
	page = alloc_pages(GFP_KERNEL | GFP_DMA, 5);
	must(page_zone(page) == zone_of(0, ZONE_DMA));
	must(page_to_pfn(page) < MAX_DMA_PFN);
	page = alloc_pages(GFP_HIGHUSER_MOVABLE, 0);
	must(page_zone(page) == zone_of(0, ZONE_NORMAL));
	must(sum_vm_event(PGALLOC_NORMAL) == 2);
	must(sum_vm_event(PGALLOC_DMA32) == 8);
	must(sum_vm_event(PGALLOC_DMA) == 32);
	must(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER + 1));
	page_alloc_audit();
}

static void flags_choose_the_zone(void **state)
{
	emulate(&(struct emulation){ .memory_bytes = 5 * GIB }, run_zones,
		NULL);
}

static void run_lowmem(void *arg)
{
	struct zone *normal, *dma32, *dma;
	u64 reserve;

	boot();
	normal = zone_of(0, ZONE_NORMAL);
	dma32 = zone_of(0, ZONE_DMA32);
	dma = zone_of(0, ZONE_DMA);
	must(dma32->lowmem_reserve[ZONE_NORMAL] == normal->managed_pages / 256);
	must(dma->lowmem_reserve[ZONE_NORMAL] ==
	     (normal->managed_pages + dma32->managed_pages) / 256);
	must(dma->lowmem_reserve[ZONE_DMA32] == dma32->managed_pages / 256);
	must(dma->lowmem_reserve[ZONE_DMA] == 0);

	/* Who could have had Normal leaves the lower zones their reserve. */
	while (alloc_pages(GFP_KERNEL | __GFP_NOWARN, MAX_PAGE_ORDER))
		;
	reserve = dma32->lowmem_reserve[ZONE_NORMAL];
	must(zone_free_pages_snapshot(dma32) > dma32->watermark[WMARK_MIN] +
	     reserve);
	must(zone_free_pages_snapshot(dma32) < dma32->watermark[WMARK_MIN] +
	     reserve + 2 * 1024 + 1024);
	must(zone_free_pages_snapshot(dma) == dma->managed_pages);
	must(sum_vm_event(PGRECLAIM_NEEDED) == 1);
	must(sum_vm_event(ALLOC_FAILED) == 1);
	page_alloc_audit();
}

static void lower_zones_keep_their_reserve(void **state)
{
	emulate(&(struct emulation){ .memory_bytes = 6 * GIB }, run_lowmem,
		NULL);
}

static void run_zonelists(void *arg)
{
	static const unsigned order[4][4] = {
		{ 0, 1, 2, 3 }, { 1, 2, 3, 0 }, { 2, 3, 0, 1 }, { 3, 0, 1, 2 },
	};
	unsigned nid, i;

	boot();
	for (nid = 0; nid < 4; nid++) {
		struct zoneref *ref =
			NODE_DATA(nid)->node_zonelists[0].zonerefs;

		for (i = 0; i < 4; i++) {
			must(ref->zone == zone_of(order[nid][i], ZONE_DMA32));
			ref++;
			if (order[nid][i])
				continue;
			must(ref->zone == zone_of(0, ZONE_DMA));
			ref++;
		}
		must(!ref->zone);
		ref = NODE_DATA(nid)->node_zonelists[1].zonerefs;
		must(ref[0].zone == zone_of(nid, ZONE_DMA32));
		must(!ref[nid ? 1 : 2].zone);
	}
}

static void equal_nodes_are_rotated(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .nodes = 4 }, run_zonelists,
		NULL);
}

/* Spec 5.10, word by word, for nodes with one zone at equal distance. */
static void run_loads(void *arg)
{
	unsigned nid, n, i, load[8] = { 0 };

	boot();
	for (nid = 0; nid < 8; nid++) {
		const struct zoneref *ref =
			NODE_DATA(nid)->node_zonelists[0].zonerefs;
		unsigned used = 1u << nid;

		must(ref->zone->node == nid);
		for (i = 1; i < 8; i++) {
			unsigned best = 8, best_value = ~0u;

			for (n = 0; n < 8; n++) {
				unsigned value = (20 + (n < nid) +
					machine_nodes[n].has_cpus) * 64 +
					load[n];

				if (used >> n & 1 || value >= best_value)
					continue;
				best = n;
				best_value = value;
			}
			while (ref->zone->node != best) {
				must(used >> ref->zone->node & 1);
				ref++;
			}
			load[best] += i == 1;
			used |= 1u << best;
		}
	}
	must(load[1] + load[2] + load[3] + load[4] + load[5] + load[6] > 1);
}

static void first_choices_are_spread(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .nodes = 8 }, run_loads, NULL);
}

static void run_nodes(void *arg)
{
	struct page *page;

	boot();
	page = alloc_pages_node(1, GFP_KERNEL, 0);
	must(page_to_nid(page) == 1);
	must(sum_numa_event(NUMA_HIT) == 1 && sum_numa_event(NUMA_OTHER) == 1);
	while (alloc_pages_node(1, GFP_KERNEL | __GFP_THISNODE | __GFP_NOWARN,
				0))
		;
	must(zone_free_pages_snapshot(zone_of(0, ZONE_DMA32)) ==
	     zone_of(0, ZONE_DMA32)->managed_pages);
	must(sum_numa_event(NUMA_MISS) == 0);
	/* Without THISNODE the next node helps. */
	page = alloc_pages_node(1, GFP_KERNEL, 0);
	must(page_to_nid(page) == 0);
	must(sum_numa_event(NUMA_MISS) == 1);
	must(sum_numa_event(NUMA_FOREIGN) == 1);
	must(sum_numa_event(NUMA_LOCAL) == 1);
	page_alloc_audit();
}

static void thisnode_stays(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .nodes = 2 }, run_nodes, NULL);
	emulate(&(struct emulation){ .cpus = 2, .nodes = 2,
				     .fault = "thisnode_leaves",
				     .expect_exit = 70,
				     .expect_text = "visit_in_order" },
		run_nodes, NULL);
}

/* ---- the end of memory ---- */
static u64 drain_memory(gfp_t gfp)
{
	u64 nr = 0;

	while (alloc_pages(gfp | __GFP_NOWARN, 0))
		nr++;
	return nr;
}

static void run_exhaustion(void *arg)
{
	struct zone *zone;
	u64 mark, spread;

	mm_config.pcp_batch = 1;
	boot();
	zone = zone_of(0, ZONE_DMA32);
	mark = zone->watermark[WMARK_MIN];
	/* A refill goes as far as it has begun, at most batch << 5, and the
	 * counter that is tested may be off by a threshold. */
	spread = 32 + calculate_normal_threshold(zone->managed_pages, 1);
	must(drain_memory(GFP_NOWAIT) > 10000);
	must(sum_vm_event(PGRECLAIM_NEEDED) == 0);
	must(zone_free_pages_snapshot(zone) <= mark);
	must(zone_free_pages_snapshot(zone) + spread > mark);
	must(drain_memory(GFP_KERNEL) == 0);
	must(sum_vm_event(PGRECLAIM_NEEDED) == 1);

	/* Half of the reserve, 5/8, all. */
	must(drain_memory(GFP_KERNEL | __GFP_HIGH) > 0);
	must(zone_free_pages_snapshot(zone) <= mark - mark / 2);
	must(zone_free_pages_snapshot(zone) + spread > mark - mark / 2);
	mark = mark - mark / 2;
	mark = mark - mark / 4;
	must(drain_memory(GFP_ATOMIC) > 0);
	must(zone_free_pages_snapshot(zone) <= mark);
	must(zone_free_pages_snapshot(zone) + spread > mark);
	must(drain_memory(GFP_ATOMIC) == 0);
	must(drain_memory(GFP_ATOMIC | __GFP_MEMALLOC | __GFP_NOMEMALLOC) == 0);
	must(drain_memory(GFP_ATOMIC | __GFP_MEMALLOC) > 0);
	must(nr_free_pages() == 0);
	page_alloc_audit();
	alloc_pages(GFP_KERNEL, 2);
}

static void end_of_memory_is_null(void **state)
{
	/* Some of slub spec 5.18, at memory's end. */
	static const char *const report[] = {
		"Call Trace:\n", "]  alloc_pages", "Mem-Info:\n",
		"] active_anon:0 inactive_anon:0 isolated_anon:0\n",
		"]  slab_reclaimable:0 slab_unreclaimable:0\n",
		"]  free:0 free_pcp:0 free_cma:0\n",
		"] Node 0 active_anon:0kB inactive_anon:0kB active_file:0kB ",
		"] Node 0 DMA32 free:", " mlocked:0kB ",
		"] Node 0 DMA32: 0*4kB 0*8kB 0*16kB 0*32kB 0*64kB 0*128kB "
		"0*256kB 0*512kB 0*1024kB 0*2048kB 0*4096kB = 0kB\n",
		"] 0 total pagecache pages\n", "] Free swap  = 0kB\n",
		"] 65535 pages RAM\n", "] 0 pages HighMem/MovableOnly\n",
	};

	emulate(&(struct emulation){ .memory_bytes = 256 * MIB, .expect_text =
		"page allocation failure: order:2, mode:0xcc0(GFP_KERNEL), "
		"nodemask=(null),cpuset=/,mems_allowed=0\n" },
		run_exhaustion, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(report); i++)
		emulate(&(struct emulation){ .memory_bytes = 256 * MIB,
			.seeds = 1, .expect_text = report[i] },
			run_exhaustion, NULL);
	emulate(&(struct emulation){ .memory_bytes = 256 * MIB, .expect_text =
		"reclaim is not emulated, the allocation fails" },
		run_exhaustion, NULL);
}

static void run_atomic_failure(void *arg)
{
	boot();
	drain_memory(GFP_ATOMIC);
	preempt_disable();
	must(!alloc_pages(GFP_ATOMIC, 0));
	preempt_enable();
}

/* What cannot be promised, once. */
static void run_nofail(void *arg)
{
	boot();
	drain_memory(GFP_ATOMIC);
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL | __GFP_NOWARN, 2);
	must(nr_kernel_bugs() == 1);
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL | __GFP_NOWARN, 2);
	must(nr_kernel_bugs() == 1);
}

static void nofail_is_for_small_blocks(void **state)
{
	emulate(&(struct emulation){ .expect_exit = 6, .expect_text =
		" __alloc_pages_slowpath\n" }, run_nofail, NULL);
}

static void run_sleep_in_atomic(void *arg)
{
	boot();
	preempt_disable();
	alloc_pages(GFP_KERNEL, 0);
	preempt_enable();
}

static void atomic_allocations_never_sleep(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_atomic_failure, NULL);
	emulate(&(struct emulation){ .fault = "atomic_may_sleep",
		.expect_exit = 6, .expect_text =
		"BUG: sleeping function called from invalid context" },
		run_atomic_failure, NULL);
	emulate(&(struct emulation){ .expect_exit = 6, .expect_text =
		"BUG: sleeping function called from invalid context" },
		run_sleep_in_atomic, NULL);
}

/* ---- references and shapes ---- */
static bool all_bytes_are(struct page *page, unsigned order, u8 value)
{
	u8 *p = page_address(page);
	size_t i;

	for (i = 0; i < PAGE_SIZE << order; i++)
		if (p[i] != value)
			return false;
	return true;
}

static void run_shapes(void *arg)
{
	struct page *page, *again;
	u64 managed, i;

	boot();
	managed = totalram_pages();
	/* A compound page's tails know their head; the last put frees it. */
	page = alloc_pages(GFP_KERNEL | __GFP_COMP, 4);
	must(page->order == 4 && compound_head(page + 15) == page);
	must(virt_to_head_page((char *)page_address(page) + 40000) == page);
	__atomic_fetch_add(&page->_refcount, 1, __ATOMIC_RELAXED);
	__free_pages(page, 4);
	must(nr_free_pages() == managed - 16);
	__free_pages(page, 4);
	must(nr_free_pages() == managed);
	must(compound_head(page + 15) == page + 15);

	/* Not compound: who looks at the first page keeps only that. */
	page = alloc_pages(GFP_KERNEL, 3);
	__atomic_fetch_add(&page->_refcount, 1, __ATOMIC_RELAXED);
	__free_pages(page, 3);
	drain_all_pages();
	must(nr_free_pages() == managed - 1);
	page_alloc_audit();
	__free_pages(page, 0);

	/* Split, each page has its own reference. */
	page = alloc_pages(GFP_KERNEL, 3);
	split_page(page, 3);
	for (i = 0; i < 8; i++)
		__free_pages(page + i, 0);
	drain_all_pages();
	must(nr_free_pages() == managed);

	page = alloc_pages(GFP_KERNEL, 2);
	machine_memset(page_address(page), 0x5a, 4 * PAGE_SIZE);
	__free_pages(page, 2);
	again = alloc_pages(GFP_KERNEL | __GFP_ZERO, 2);
	must(again == page && all_bytes_are(again, 2, 0));
	must(this_cpu()->own.time_ns[CPU_TIME_ZEROING] > 0);
	free_pages((unsigned long)page_address(again), 2);
	free_pages(0, 0);
	page_alloc_audit();
}

static void blocks_have_the_shape_asked_for(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_shapes, NULL);
}

static void run_bulk(void *arg)
{
	struct page *pages[100] = { NULL }, *first;
	unsigned long got = 0, i;

	boot();
	first = alloc_pages(GFP_KERNEL, 0);
	pages[3] = first;
	while (got < 100)
		got = alloc_pages_bulk_array_node(GFP_KERNEL, 0, 100, pages);
	must(pages[3] == first);
	must(sum_vm_event(PGALLOC_DMA32) == 100);
	must(sum_numa_event(NUMA_HIT) == 100);
	must(sum_numa_event(NUMA_LOCAL) == 100);
	must(alloc_pages_bulk_array_node(GFP_KERNEL, 0, 100, pages) == 100);
	must(sum_vm_event(PGALLOC_DMA32) == 100);
	for (i = 0; i < 100; i++)
		__free_pages(pages[i], 0);
	page_alloc_audit();
}

static void bulk_fills_the_holes(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_bulk, NULL);
}

static void run_wrong_order(void *arg)
{
	boot();
	__free_pages(alloc_pages(GFP_KERNEL, 2), 3);
}

static void run_owned(void *arg)
{
	struct page *page;

	boot();
	page = alloc_pages(GFP_KERNEL, 0);
	page->type = PAGE_TYPE_SLAB;
	__free_pages(page, 0);
}

static void run_twice(void *arg)
{
	struct page *page;

	boot();
	page = alloc_pages(GFP_KERNEL, 0);
	__free_pages(page, 0);
	__free_pages(page, 0);
}

static void wrong_frees_are_reported(void **state)
{
	static void (*const wrong[])(void *) = {
		run_wrong_order, run_owned, run_twice,
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		emulate(&(struct emulation){ .expect_exit = 6, .expect_text =
			"BUG: Bad page state in process " }, wrong[i], NULL);
}

TEST_MAIN(
	cmocka_unit_test(flags_choose_the_zone),
	cmocka_unit_test(lower_zones_keep_their_reserve),
	cmocka_unit_test(equal_nodes_are_rotated),
	cmocka_unit_test(first_choices_are_spread),
	cmocka_unit_test(thisnode_stays),
	cmocka_unit_test(end_of_memory_is_null),
	cmocka_unit_test(atomic_allocations_never_sleep),
	cmocka_unit_test(nofail_is_for_small_blocks),
	cmocka_unit_test(blocks_have_the_shape_asked_for),
	cmocka_unit_test(bulk_fills_the_holes),
	cmocka_unit_test(wrong_frees_are_reported),
)
