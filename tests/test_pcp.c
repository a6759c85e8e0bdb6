/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The per-CPU page lists against the numbers that kernels print and against a
 * model of slub spec 5.4 written from its text: after every single allocation
 * and free, count, high, alloc_factor and free_count must be as predicted, and
 * so must what went to and from the buddy lists.
 */
#include "mm/buddy.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "mm/percpu.h"
#include "mm/watermark.h"
#include "tests/test.h"

#define MIB_PAGES(n)	((u64)(n) << 8)

static void boot(void)
{
	lockclass_init();
	percpu_init();
	page_alloc_init();
}

/* ---- formulas ---- */
static void batch_is_what_kernels_print(void **state)
{
	/* Spec 5.4; 3840, 243284, 765920: zoneinfo of 6.12 guests. */
	assert_int_equal(zone_batchsize(3840), 1);
	assert_int_equal(zone_batchsize(MIB_PAGES(256)), 15);
	assert_int_equal(zone_batchsize(MIB_PAGES(512)), 31);
	assert_int_equal(zone_batchsize(243284), 63);
	assert_int_equal(zone_batchsize(765920), 63);
	assert_int_equal(zone_batchsize(MIB_PAGES(1 << 20)), 63);
}

static void high_is_what_kernels_print(void **state)
{
	/* DMA32 of the 8-CPU, 4 GiB guest: low 16151, "high: 2018". */
	assert_int_equal(zone_highsize(765920, 16151, 63, 8, 0), 2018);
	/* Spec 5.4 [L18]: never under four batches. */
	assert_int_equal(zone_highsize(765920, 100, 63, 8, 0), 252);
	assert_int_equal(zone_highsize(3840, 80, 1, 8, 0), 10);
	assert_int_equal(zone_highsize(765920, 16151, 63, 8, 8), 11967);
	/* A node without CPUs is divided by those online; never by 0. */
	assert_int_equal(zone_highsize(3840, 80, 1, 0, 0), 80);
}

/* ---- the model ---- */
struct model {
	int	count, high, high_min, high_max, batch;
	int	alloc_factor, free_count;
	bool	previous_had_order, keep_batch;
	int	listed[NR_PCP_LISTS];	/* blocks */
	u64	refilled, drained;	/* pages */
};

static int pages_of(int list)
{
	return list >= 12 ? 512 : 1 << list / 3;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static void model_clamp(struct model *m)
{
	m->high = smaller(larger(m->high, m->high_min), m->high_max);
}

/* "N" of the spec: blocks. */
static int model_refill(struct model *m, unsigned order, u32 flags)
{
	int b = m->batch, most;

	model_clamp(m);
	if (m->high < m->batch)
		return 1;
	if (!order)
		b = m->batch << m->alloc_factor;
	if (m->high_min != m->high_max && !(flags & ZONE_BELOW_HIGH))
		m->high = smaller(m->high + b, m->high_max);
	if (!order) {
		most = larger(m->high - m->count - m->batch, m->batch);
		if (b <= most && m->alloc_factor < 5)
			m->alloc_factor++;
		b = smaller(b, most);
	}
	return b > 1 ? larger(b >> order, 2) : b;
}

static void model_alloc(struct model *m, int list, unsigned order,
			u32 flags)
{
	m->free_count /= 2;
	if (!m->listed[list]) {
		int n = model_refill(m, order, flags);

		m->listed[list] = n;
		m->count += n * pages_of(list);
		m->refilled += n * pages_of(list);
	}
	m->listed[list]--;
	m->count -= pages_of(list);
}

/* Takes k pages off, list by list from the given one on. */
static void model_drain(struct model *m, int k, int list)
{
	k = smaller(k, m->count);
	for (; k > 0; list = (list + 1) % NR_PCP_LISTS)
		for (; k > 0 && m->listed[list]; m->listed[list]--) {
			k -= pages_of(list);
			m->count -= pages_of(list);
			m->drained += pages_of(list);
		}
}

/* "H" of the spec. */
static int model_limit(struct model *m, bool free_high, u32 flags)
{
	int limit, need;

	model_clamp(m);
	limit = m->high;
	if (free_high) {
		m->high = larger(m->high - m->batch * 32, m->high_min);
		return 0;
	}
	if (flags & ZONE_RECLAIM_ACTIVE) {
		m->high = larger(m->high - larger(m->free_count, m->batch),
				 m->high_min);
		return smaller(4 * m->batch, m->high);
	}
	if (m->high_min == m->high_max)
		return limit;
	if (flags & ZONE_BELOW_HIGH) {
		m->high = larger(m->high - larger(m->free_count, m->batch),
				 m->high_min);
		return larger(m->count, m->high_min);
	}
	need = m->free_count + m->batch;
	if (m->count >= m->high && m->high < need)
		m->high = smaller(larger(need, m->high_min), m->high_max);
	return limit;
}

static void model_free(struct model *m, int list, unsigned order,
		       u32 flags)
{
	bool free_high = order >= 1 && order <= 3 &&
		m->free_count >= m->batch && m->previous_had_order &&
		(!m->keep_batch || m->count + (1 << order) >= m->batch);
	int limit, k;

	m->alloc_factor /= 2;
	m->listed[list]++;
	m->count += 1 << order;
	m->previous_had_order = order >= 1 && order <= 3;
	if (m->free_count < m->batch * 32)
		m->free_count += 1 << order;
	limit = model_limit(m, free_high, flags);
	if (m->count < limit)
		return;
	if (free_high)
		k = smaller(m->count, m->batch * 32);
	else if (limit < m->batch)
		k = 1;
	else
		k = smaller(larger(m->free_count, m->batch), limit - m->batch);
	model_drain(m, k, list);
}

static void model_agrees(const struct model *m, struct zone *zone)
{
	const struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);

	must(pcp->count == m->count);
	must(pcp->high == m->high);
	must(pcp->alloc_factor == m->alloc_factor);
	must(pcp->free_count == m->free_count);
	must(sum_vm_event(PCP_REFILL) == m->refilled);
	must(sum_vm_event(PCP_DRAIN) == m->drained);
}

/* ---- sequences ---- */
#define MAX_LIVE	6000

static struct { struct page *page; unsigned order, list; } live[MAX_LIVE];
static unsigned nr_live;

static unsigned list_of(unsigned order, gfp_t type)
{
	if (order == 9)
		return type == __GFP_MOVABLE ? 13 : 12;
	return 3 * order + (type == __GFP_MOVABLE ? 1 :
			    type == __GFP_RECLAIMABLE ? 2 : 0);
}

static void step_alloc(struct model *m, struct zone *zone, unsigned order,
		       gfp_t type)
{
	u32 flags = zone->flags;
	struct page *page;

	if (nr_live == MAX_LIVE)
		return;
	page = rmqueue_pcplist(zone, order, type >> 3, 0);
	must(page);
	page->type = PAGE_TYPE_NONE;
	live[nr_live].page = page;
	live[nr_live].order = order;
	live[nr_live++].list = list_of(order, type);
	model_alloc(m, (int)list_of(order, type), order, flags);
	model_agrees(m, zone);
}

/* The list is that of the page's pageblock now. */
static void step_free(struct model *m, struct zone *zone, unsigned i)
{
	u64 pfn = page_to_pfn(live[i].page);
	unsigned type = get_pageblock_migratetype(zone, pfn);
	unsigned order = live[i].order;
	u32 flags = zone->flags;

	free_unref_page_commit(live[i].page, order);
	model_free(m, (int)list_of(order, (gfp_t)type << 3), order, flags);
	model_agrees(m, zone);
	live[i] = live[--nr_live];
}

static void model_init(struct model *m, struct zone *zone)
{
	const struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);

	*m = (struct model){
		.batch = (int)zone_batchsize(zone->managed_pages),
	};
	m->high_min = larger((int)zone->watermark[WMARK_LOW], 4 * m->batch);
	m->high_max = larger((int)zone->managed_pages / 8, 4 * m->batch);
	must(pcp->batch == m->batch && pcp->high_min == m->high_min &&
	     pcp->high_max == m->high_max && pcp->high == 0);
	m->keep_batch = pcp->flags & PCPF_FREE_HIGH_BATCH;
}

static void run_random(void *arg)
{
	static const gfp_t types[] = { 0, __GFP_MOVABLE, __GFP_RECLAIMABLE };
	static const unsigned chances[] = { 75, 20, 100, 0 };
	unsigned steps = machine_is_virtual() ? 12000 : 100000, i;
	struct model model;
	struct zone *zone;
	struct rng rng;

	this_cpu()->own.data_slice_bytes = *(u64 *)arg;
	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	model_init(&model, zone);
	rng_seed(&rng, test_seed());
	for (i = 0; i < steps; i++) {
		/* Runs of one order, growing and shrinking. */
		unsigned order = i / 250 % 5 == 4 ? rng_below(&rng, 4) :
				 i / 250 % 5 == 3 ? 2 : 0;
		gfp_t type = types[rng_below(&rng, 20) % 3];

		if (rng_below(&rng, 400) == 0)
			order = 9;
		/* A free that spills takes the first away again. */
		if (rng_below(&rng, 300) == 0)
			zone->flags |= ZONE_BELOW_HIGH;
		zone->flags &= ~ZONE_RECLAIM_ACTIVE;
		if (i % 5000 < 20)
			zone->flags |= ZONE_RECLAIM_ACTIVE;
		if (!nr_live || rng_chance(&rng, chances[i / 1500 % 4]))
			step_alloc(&model, zone, order, type);
		else
			step_free(&model, zone, nr_live - 1 -
				  rng_below(&rng, min(nr_live, 8u)));
	}
	while (nr_live)
		step_free(&model, zone, nr_live - 1);
	drain_all_pages();
	must(zone_free_pages_snapshot(zone) == zone->managed_pages);
	/* Everything has merged again. */
	must(zone->free_area[0].nr_free <= 1);
	must(zone->free_area[1].nr_free <= 1);
}

static void agrees_with_model(void **state)
{
	u64 slice = 0;

	emulate(&(struct emulation){ .seeds = 10, .memory_bytes = 512UL << 20 },
		run_random, &slice);
	slice = 1UL << 20;
	emulate(&(struct emulation){ .seeds = 5, .memory_bytes = 512UL << 20 },
		run_random, &slice);
}

/* Each CPU's part of the last-level cache against 3 batches: 3 * 63 pages are
 * less than 3 MiB for 4 CPUs, and more than 2 MiB. */
static void run_slice(void *arg)
{
	const u64 *expected = arg;
	const struct per_cpu_pages *pcp;

	if (!machine_is_virtual())
		return;		/* the host's own */
	boot();
	pcp = this_cpu_ptr(NODE_DATA(0)->node_zones[ZONE_DMA32].pageset);
	must(pcp->batch == 63);
	must(this_cpu()->own.data_slice_bytes == *expected);
	must(!!(pcp->flags & PCPF_FREE_HIGH_BATCH) ==
	     (*expected > 3 * 63 * PAGE_SIZE));
}

static void a_large_cache_keeps_a_batch(void **state)
{
	static const struct {
		const char	*topology;
		unsigned	cpus;
		u64		slice;
	} caches[] = {
		{ "l3:2(size=3145728) core:4 pu:1", 8, 3 << 18 },
		{ "l3:2(size=2097152) core:4 pu:1", 8, 1 << 19 },
		/* Only who is online shares it. */
		{ "l3:2(size=2097152) core:4 pu:1", 2, 1 << 20 },
		/* Without an L3 a core has its L2 to itself. */
		{ "l2:4(size=1048576) core:1 pu:2", 8, 1 << 19 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(caches); i++)
		emulate(&(struct emulation){ .topology = caches[i].topology,
			.cpus = machine_is_virtual() ? caches[i].cpus : 1,
			.memory_bytes = 2UL << 30 }, run_slice,
			(void *)&caches[i].slice);
}

/* ---- by hand ---- */
static void run_first_allocs(void *arg)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;
	unsigned i;
	int batch;

	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	pcp = this_cpu_ptr(zone->pageset);
	batch = pcp->batch;
	must(batch == 31);
	/* A batch, then twice, four times ... as long as nothing is freed. */
	for (i = 0; i < 31 + 62 + 124 + 1; i++)
		must(rmqueue_pcplist(zone, 0, MIGRATE_MOVABLE, 0));
	must(sum_vm_event(PCP_REFILL) == 31 + 62 + 124 + 248);
	must(pcp->count == 247 && pcp->alloc_factor == 4);
	/* One hold of zone->lock each; in order of address. */
	must(pcp->high == pcp->high_min + 31 + 62 + 124 + 248);
}

static void refills_double(void **state)
{
	/* DMA32 has some 550 MiB. */
	emulate(&(struct emulation){ .memory_bytes = 576UL << 20 },
		run_first_allocs, NULL);
}

static void run_trylock(void *arg)
{
	struct per_cpu_pages *pcp;
	struct zone *zone;
	struct page *page;

	boot();
	zone = &NODE_DATA(0)->node_zones[ZONE_DMA32];
	pcp = this_cpu_ptr(zone->pageset);
	/* As an interrupt in the middle of the list finds it. */
	spin_lock(&pcp->lock);
	must(!rmqueue_pcplist(zone, 0, MIGRATE_MOVABLE, 0));
	page = alloc_pages(GFP_ATOMIC, 0);
	must(page && pcp->count == 0 && sum_vm_event(PCP_REFILL) == 0);
	__free_pages(page, 0);
	must(pcp->count == 0);
	spin_unlock(&pcp->lock);
	must(nr_free_pages() == totalram_pages());
}

static void locked_list_is_bypassed(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_trylock, NULL);
}

static void fill_lists(void *arg, unsigned cpu)
{
	struct page *pages[64];
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		must(pages[i] = alloc_pages(GFP_KERNEL, i < 32 ? i % 4 : 0));
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], i < 32 ? i % 4 : 0);
}

static void run_drain(void *arg)
{
	boot();
	on_all_cpus(fill_lists, NULL);
	must(nr_free_pages() < totalram_pages());
	drain_all_pages();
	must(nr_free_pages() == totalram_pages());
	fill_lists(NULL, 0);
	drain_local_pages();
	must(nr_free_pages() == totalram_pages());
}

static void drains_leave_nothing(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .seeds = 10 }, run_drain, NULL);
}

/* ---- fixed lists (slub spec, addendum on 6.1) ---- */
/* 2000 pages each way: a batch at a time, and high where it was. */
static void use_fixed_lists(void *arg)
{
	static struct page *pages[2000];
	const struct zone *zone;
	struct per_cpu_pages *pcp;
	int batch, high, count;
	unsigned i;

	boot();
	pages[0] = alloc_pages(GFP_KERNEL, 0);
	zone = page_zone(pages[0]);
	pcp = this_cpu_ptr(zone->pageset);
	batch = pcp->batch;
	high = (int)zone_highsize(zone->managed_pages,
				  zone->watermark[WMARK_LOW],
				  (unsigned)batch, 1, 0);
	must(batch > 2 && pcp->high == high && pcp->high_max == high);
	must(high < (int)ARRAY_SIZE(pages));
	for (i = 1; i < ARRAY_SIZE(pages); i++) {
		count = pcp->count;
		pages[i] = alloc_pages(GFP_KERNEL, 0);
		must(pcp->count == (count ? count : batch) - 1);
		must(pcp->high == high && !pcp->alloc_factor);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		count = pcp->count + 1;
		__free_pages(pages[i], 0);
		must(pcp->count == (count < high ? count : count - batch));
		must(pcp->high == high);
	}
}

static void fixed_lists_move_a_batch(void **state)
{
	pcp_ops = &pcp_fixed;
	emulate(&(struct emulation){ .memory_bytes = 512 << 20 },
		use_fixed_lists, NULL);
	pcp_ops = &pcp_tuned;
}

static void alloc_and_free_many(void *arg)
{
	struct page *pages[3000];
	unsigned i;

	boot();
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages(GFP_KERNEL, 0);
	for (i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], 0);
}

static void faults_are_caught_at_once(void **state)
{
	emulate(&(struct emulation){ .fault = "pcp_high_unbounded",
				     .expect_exit = 70,
				     .expect_text = "pcp_is_sound" },
		alloc_and_free_many, NULL);
	emulate(&(struct emulation){ .fault = "pcp_no_spill",
				     .expect_exit = 70,
				     .expect_text = "pcp->count < before" },
		alloc_and_free_many, NULL);
}

TEST_MAIN(
	cmocka_unit_test(batch_is_what_kernels_print),
	cmocka_unit_test(high_is_what_kernels_print),
	cmocka_unit_test(agrees_with_model),
	cmocka_unit_test(a_large_cache_keeps_a_batch),
	cmocka_unit_test(refills_double),
	cmocka_unit_test(locked_list_is_bypassed),
	cmocka_unit_test(drains_leave_nothing),
	cmocka_unit_test(fixed_lists_move_a_batch),
	cmocka_unit_test(faults_are_caught_at_once),
)
