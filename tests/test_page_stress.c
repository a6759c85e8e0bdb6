/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator on many CPUs at once, with interrupts that allocate, and
 * each of its planted faults against the checks and the audit.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "tests/test.h"

static void boot(void)
{
	lockclass_init();
	percpu_init();
	page_alloc_init();
}

/* ---- many CPUs ---- */
#define POOL	64

static struct pool {
	spinlock_t	lock;
	/* Under lock: */
	struct page	*pages[POOL];
	unsigned	orders[POOL];
} pool;

/* Puts page in a slot of the pool and takes what was there: so most pages are
 * freed by another CPU than the one that allocated them. */
static struct page *exchange(struct page *page, unsigned *order, unsigned slot)
{
	struct page *old;

	spin_lock(&pool.lock);
	old = pool.pages[slot];
	pool.pages[slot] = page;
	swap(pool.orders[slot], *order);
	spin_unlock(&pool.lock);
	return old;
}

static gfp_t random_gfp(struct rng *rng)
{
	static const gfp_t kinds[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_MOVABLE, GFP_ATOMIC, GFP_NOWAIT,
		GFP_KERNEL | __GFP_RECLAIMABLE, GFP_KERNEL | GFP_DMA,
		GFP_KERNEL | __GFP_COMP, GFP_KERNEL | __GFP_THISNODE,
	};

	return kinds[rng_below(rng, ARRAY_SIZE(kinds))] | __GFP_NOWARN;
}

static void stress(void *arg, unsigned cpu)
{
	unsigned steps = machine_is_virtual() ? 300 : 20000, i;
	struct rng rng;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	for (i = 0; i < steps; i++) {
		unsigned order = rng_chance(&rng, 70) ? 0 : rng_below(&rng, 11);
		int nid = (int)rng_below(&rng, machine_nr_nodes + 1) - 1;
		struct page *page = alloc_pages_node(nid, random_gfp(&rng),
						     order);
		u64 *word;

		if (page) {
			word = page_address(page);
			*word = page_to_pfn(page);
		}
		page = exchange(page, &order, (unsigned)rng_below(&rng, POOL));
		if (page) {
			word = page_address(page);
			must(*word == page_to_pfn(page));
			__free_pages(page, order);
		}
		if (rng_below(&rng, 500) == 0)
			drain_all_pages();
		if (rng_below(&rng, 20) == 0)
			machine_kick((unsigned)rng_below(&rng, nr_cpu_ids),
				     CPU_IRQ_DEVICE);
	}
}

/* An interrupt in the middle of anything. */
static void device(void)
{
	struct page *pages[3];
	unsigned i;

	for (i = 0; i < 3; i++)
		pages[i] = alloc_pages(GFP_ATOMIC | __GFP_NOWARN, i);
	for (i = 0; i < 3; i++)
		if (pages[i])
			__free_pages(pages[i], i);
}

static void nothing(void *info)
{
}

/* Until every interrupt that was under way has been taken: one that arrives
 * together with the first call may be taken after it. */
static void wait_for_interrupts(void)
{
	on_each_cpu(nothing, NULL, true);
	on_each_cpu(nothing, NULL, true);
}

static void run_stress(void *arg)
{
	unsigned i;

	boot();
	spin_lock_init(&pool.lock, LOCK_CLASS_NONE);
	machine_set_device_handler(device);
	on_all_cpus(stress, NULL);
	wait_for_interrupts();
	page_alloc_audit();
	for (i = 0; i < POOL; i++)
		if (pool.pages[i])
			__free_pages(pool.pages[i], pool.orders[i]);
	page_alloc_audit();
	drain_all_pages();
	page_alloc_audit();
	must(nr_free_pages() == totalram_pages());
}

static void many_cpus_keep_the_invariants(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .nodes = 2, .seeds = 100 },
		run_stress, NULL);
}

/* ---- planted faults ---- */
static void run_a_bit_of_everything(void *arg)
{
	struct page *pages[300];
	unsigned i, orders[300];

	boot();
	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		orders[i] = i % 7 ? i % 3 : i % 11;
		pages[i] = alloc_pages(i % 5 ? GFP_KERNEL :
				       GFP_KERNEL | GFP_DMA, orders[i]);
	}
	for (i = 0; i < ARRAY_SIZE(pages); i += 2)
		if (pages[i])
			__free_pages(pages[i], orders[i]);
	drain_all_pages();
	for (i = 1; i < ARRAY_SIZE(pages) / 2; i += 2)
		if (pages[i])
			__free_pages(pages[i], orders[i]);
	page_alloc_audit();
}

/* Not drained: the list would be searched for ever, as the kernel's is. */
static void run_one_page(void *arg)
{
	boot();
	must(alloc_pages(GFP_KERNEL | GFP_DMA, 0));
	page_alloc_audit();
}

static void run_two_pages(void *arg)
{
	boot();
	alloc_pages(GFP_KERNEL, 0);
	alloc_pages(GFP_KERNEL, 0);
}

/* More on one list than one hold may give back. */
static void run_drain(void *arg)
{
	static struct page *pages[2000];
	struct per_cpu_pages *pcp;

	boot();
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		must(pages[i] = alloc_pages(GFP_KERNEL, 0));
	pcp = this_cpu_ptr(page_zone(pages[0])->pageset);
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], 0);
	must(pcp->count > (pcp->batch << 5) + 512);
	drain_all_pages();
}

/* The last that is given without a right leaves min behind. */
static void run_dry(void *arg)
{
	boot();
	while (alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 4))
		;
	page_alloc_audit();
}

static void planted_faults_are_caught(void **state)
{
	static const struct {
		const char	*fault, *text;
		int		status;
	} cases[] = {
		{ "pcp_lose_page", "invariant B1 violated", 6 },
		{ "buddy_miscount", "invariant B2 violated", 6 },
		{ "buddy_nr_free", "invariant B3 violated", 6 },
		{ "buddy_wrong_half", "block_is_sound", 70 },	/* B4 */
		{ "buddy_no_merge", "merged_fully", 70 },	/* B5 */
		{ "buddy_no_block_merge", "merged_fully", 70 },	/* B5 */
		{ "buddy_wrong_list", "block_is_sound", 70 },	/* B6 */
		{ "buddy_no_mark", "page->buddy == order + 1", 70 }, /* B7 */
		{ "managed_off_by_one", "invariant B9 violated", 6 },
		{ "highatomic_miscount", "invariant B14 violated", 6 },
		{ "pgfree_uncounted", "invariant B15 violated", 6 },
		{ "wmark_order", "invariant B16 violated", 6 },
		{ "zonelist_ascending", "visit_in_order", 70 },	/* B17 */
		{ "reserve_without_block", "invariant B18 violated", 6 },
		{ "owner_tag_kept", "BUG: Bad page state", 6 },	/* B21 */
	};
	unsigned i;

	emulate(&(struct emulation){ .fault = "pcp_miscount", .expect_exit = 6,
				     .expect_text = "invariant B8 violated" },
		run_one_page, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, run_one_page, NULL);
	emulate(&(struct emulation){ .fault = "pcp_hand_out_twice", /* B12 */
				     .expect_exit = 6,
				     .expect_text = "nonzero _refcount" },
		run_two_pages, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, run_two_pages, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, run_drain, NULL);
	emulate(&(struct emulation){ .fault = "pcp_drain_at_once",
				     .expect_exit = 6,
				     .expect_text = "invariant B19 violated" },
		run_drain, NULL);
	emulate(&(struct emulation){ .cpus = 3, .memory_bytes = 1UL << 30 },
		run_dry, NULL);
	emulate(&(struct emulation){ .cpus = 3, .memory_bytes = 1UL << 30,
				     .fault = "wmark_ignored",
				     .expect_exit = 6,
				     .expect_text = "invariant B13 violated" },
		run_dry, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, run_a_bit_of_everything,
		NULL);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		emulate(&(struct emulation){ .fault = cases[i].fault,
					     .expect_exit = cases[i].status,
					     .expect_text = cases[i].text },
			run_a_bit_of_everything, NULL);
}

TEST_MAIN(
	cmocka_unit_test(many_cpus_keep_the_invariants),
	cmocka_unit_test(planted_faults_are_caught),
)
