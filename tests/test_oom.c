/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory runs out, for each kind of client, on several CPUs at once: every
 * request ends, the last ones in NULL and the kernel's report; when all is
 * given back nothing is left over, and as much can be had again. With
 * allocations that fail on purpose in between, too. Most of the memory is gone
 * before it begins, so that a run is short and the order of accesses can vary
 * many times.
 */
#include "mm/audit.h"
#include "mm/fault_inject.h"
#include "mm/pageblock.h"
#include "tests/kernel.h"
#include "tests/leftovers.h"
#include "tests/test.h"

#define NR_CPUS		3
#define LEFT_PAGES	512
#define TAKEN_ORDER	5
#define BULK		20
#define OBJECT_BYTES	1000
/* For a bulk there is too little on each CPU; two pages for new tables. */
#define SLACK_PAGES	(NR_CPUS * (BULK - 1) * OBJECT_BYTES / PAGE_SIZE + 2)

struct thing {
	struct rcu_head	rcu;
	struct thing	*next;
	char		rest[100];
};

/* What a CPU has: linked through the memory itself. */
static struct {
	void		*objects;
	struct thing	*things;
	vaddr_t		areas;
	struct list_head pages[NR_PAGE_ORDERS];
} had[NR_CPUS_MAX];

static struct kmem_cache *cache;

static unsigned me(void)
{
	return smp_processor_id();
}

/* ---- clients: each takes until it cannot, and gives all back ---- */
/* How many were taken; of pages, how many there are in them. */
static u64 keep(void *object)
{
	*(void **)object = had[me()].objects;
	had[me()].objects = object;
	return 1;
}

static void *kept(void)
{
	void *object = had[me()].objects;

	if (object)
		had[me()].objects = *(void **)object;
	return object;
}

static u64 take_kmalloc(size_t size, gfp_t gfp)
{
	void *object;
	u64 nr = 0;

	while ((object = kmalloc(size, gfp)))
		nr += keep(object);
	return nr;
}

static u64 take_small(void)
{
	return take_kmalloc(192, GFP_KERNEL);
}

static u64 take_large(void)
{
	return take_kmalloc(64 << 10, GFP_KERNEL);
}

static void give_kmalloc(void)
{
	void *object;

	while ((object = kept()))
		kfree(object);
}

static u64 take_bulk_objects(void)
{
	void *objects[BULK];
	u64 nr = 0;

	while (kmem_cache_alloc_bulk(cache, GFP_KERNEL, BULK, objects))
		for (unsigned i = 0; i < BULK; i++)
			nr += keep(objects[i]);
	return nr;
}

static void give_bulk_objects(void)
{
	void *objects[BULK];
	unsigned n;

	do {
		for (n = 0; n < BULK && (objects[n] = kept()); n++)
			;
		if (n)
			kmem_cache_free_bulk(cache, n, objects);
	} while (n == BULK);
}

static u64 take_vmalloc(void)
{
	u64 nr = 0;
	vaddr_t area;

	while ((area = vmalloc(9 * PAGE_SIZE))) {
		vm_store(area, 8, had[me()].areas);
		had[me()].areas = area;
		nr++;
	}
	return nr;
}

static void give_vmalloc(void)
{
	vaddr_t area = had[me()].areas, next;

	for (; area; area = next) {
		next = vm_load(area, 8);
		vfree(area);
	}
	had[me()].areas = 0;
}

static u64 keep_page(struct page *page, unsigned order)
{
	list_add(&page->lru, &had[me()].pages[order]);
	return 1UL << order;
}

/* Orders from the largest down. */
static u64 take_pages_with(gfp_t gfp)
{
	u64 nr = 0;

	for (unsigned order = NR_PAGE_ORDERS; order-- > 0;) {
		struct page *page;

		while ((page = alloc_pages(gfp, order)))
			nr += keep_page(page, order);
	}
	return nr;
}

static u64 take_pages(void)
{
	return take_pages_with(GFP_KERNEL);
}

static void give_pages(void)
{
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		struct list_head *list = &had[me()].pages[order];

		while (!list_empty(list)) {
			struct page *page = list_first_entry(list, struct page,
							     lru);

			list_del(&page->lru);
			__free_pages(page, order);
		}
	}
}

static u64 take_bulk_pages(void)
{
	struct page *pages[30];
	unsigned long got;
	u64 nr = 0;

	do {
		for (unsigned i = 0; i < 30; i++)
			pages[i] = NULL;
		got = alloc_pages_bulk_array_node(GFP_KERNEL, NUMA_NO_NODE, 30,
						  pages);
		for (unsigned i = 0; i < got; i++)
			nr += keep_page(pages[i], 0);
	} while (got);
	return nr;
}

/* What is left below min, in an interrupt. */
static void take_in_interrupt(void *nr)
{
	must(in_hardirq() || num_online_cpus() == 1);
	*(u64 *)nr += take_pages_with(GFP_ATOMIC);
}

static u64 take_atomic(void)
{
	u64 nr = take_pages_with(GFP_NOWAIT | __GFP_NOWARN);

	smp_call_function_single((me() + 1) % num_online_cpus(),
				 take_in_interrupt, &nr, true);
	return nr;
}

/* When there is no page left for kvfree_rcu() to note them in. */
static u64 take_things(void)
{
	struct thing *thing;
	u64 nr = 0;

	while ((thing = kmalloc(sizeof(*thing), GFP_KERNEL))) {
		thing->next = had[me()].things;
		had[me()].things = thing;
		nr++;
	}
	return nr;
}

static void give_things(void)
{
	struct thing *thing = had[me()].things, *next;

	for (unsigned i = 0; thing; thing = next, i++) {
		next = thing->next;
		if (i % 1000)
			kvfree_rcu(thing, rcu);
		else
			kvfree_rcu_mightsleep(thing);
		if (i % 32 == 0)
			cond_resched();
	}
	had[me()].things = NULL;
}

/* ---- all of it ---- */
static const struct client {
	const char	*name;
	u64		bytes;		/* of each that it takes */
	u64		(*take)(void);
	void		(*give)(void);
	const char	*text;		/* of the report */
} clients[] = {
	{ "kmalloc", 192, take_small, give_kmalloc,
	  "cache: kmalloc-192, object size: 192, buffer size: 192, default "
	  "order: 0, min order: 0" },
	{ "large kmalloc", 64 << 10, take_large, give_kmalloc,
	  "page allocation failure: order:4, "
	  "mode:0x40cc0(GFP_KERNEL|__GFP_COMP)" },
	{ "slab bulk", OBJECT_BYTES, take_bulk_objects, give_bulk_objects,
	  "cache: oom, object size: 1000" },
	{ "vmalloc", 9 * PAGE_SIZE, take_vmalloc, give_vmalloc,
	  "vmalloc error: size " },
	{ "pages", PAGE_SIZE, take_pages, give_pages,
	  "page allocation failure: order:10, mode:0xcc0(GFP_KERNEL)" },
	{ "page bulk", PAGE_SIZE, take_bulk_pages, give_pages,
	  "page allocation failure: order:0, mode:0xcc0(GFP_KERNEL)" },
	{ "atomic", PAGE_SIZE, take_atomic, give_pages,
	  "page allocation failure: order:10, mode:0x820(GFP_ATOMIC)" },
	{ "kvfree_rcu", sizeof(struct thing), take_things, give_things,
	  "SLUB: Unable to allocate memory on CPU" },
};

static const struct client *client;
static u64 taken;	/* atomics */

static void take_all(void *arg, unsigned cpu)
{
	__atomic_fetch_add(&taken, client->take(), __ATOMIC_RELAXED);
}

static void give_all(void *arg, unsigned cpu)
{
	client->give();
}

/* How many pages there are for it, all CPUs together: those that it takes,
 * until not even what CPUs keep to themselves helps, and those that stay free.
 */
static u64 take_and_give(void)
{
	u64 before, left;

	taken = 0;
	do {
		before = taken;
		on_all_cpus(take_all, NULL);
		drain_all_pages();
	} while (taken > before);
	left = nr_free_pages();
	on_all_cpus(give_all, NULL);
	return left + taken * client->bytes / PAGE_SIZE;
}

static void audit(const struct leftovers *before)
{
	struct audit_result result;

	must_leave(before);
	audit_run(&result);
	must(!result.violated);
}

static u64 nr_injected(void)
{
	return sum_vm_event(FAILSLAB) + sum_vm_event(FAIL_PAGE_ALLOC);
}

/* Of few requests none may have failed in one round. */
static void fail_on_purpose(void)
{
	u64 before = nr_injected();

	must(!setup_fault_attr(&failslab.attr, "1,1,0,-1"));
	must(!setup_fault_attr(&fail_page_alloc.attr, "1,1,0,-1"));
	failslab.attr.verbose = fail_page_alloc.attr.verbose = 0;
	failslab.ignore_gfp_wait = fail_page_alloc.ignore_gfp_wait = false;
	fail_page_alloc.min_order = 0;
	injection_start();
	do {
		on_all_cpus(take_all, NULL);
		on_all_cpus(give_all, NULL);
	} while (nr_injected() == before);
	injection_stop();
}

/* As much can be had the second time, but for what is too little to be used. */
static void run_out_of(const struct client *which)
{
	struct leftovers before = leftovers();
	u64 first, again;

	client = which;
	first = take_and_give();
	must(taken);
	audit(&before);
	again = take_and_give();
	printk("%s: %lu pages, again %lu", client->name, first, again);
	must(again + SLACK_PAGES >= first);
	audit(&before);
	fail_on_purpose();
	audit(&before);
}

/* All but a little of each of the two zones is taken. */
static void prepare(void)
{
	unsigned cpu;

	for_each_online_cpu(cpu)
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
			INIT_LIST_HEAD(&had[cpu].pages[order]);
	cache = kmem_cache_create("oom", OBJECT_BYTES, 0, 0, NULL);
	must(cache);
	/* A boost keeps what was there before from the second time. */
	watermark_boost_factor = 0;
	while (nr_free_pages() > LEFT_PAGES)
		must(alloc_pages(GFP_DMA, TAKEN_ORDER) &&
		     alloc_pages(GFP_KERNEL, TAKEN_ORDER));
}

static void run_out(void *arg)
{
	prepare();
	for (unsigned i = 0; i < ARRAY_SIZE(clients); i++)
		run_out_of(&clients[i]);
}

static void memory_ends_for_every_client(void **state)
{
	emulate(&(struct emulation){ .cpus = NR_CPUS, .kernel = 1,
			.memory_bytes = 32UL << 20 }, run_out, NULL);
}

static void run_out_once(void *arg)
{
	prepare();
	client = arg;
	take_and_give();
	must(taken);
	kvfree_rcu_barrier();	/* the audit at the end waits for none */
}

/* Each in a run of its own: such reports are limited in time. */
static void every_client_is_told(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(clients); i++)
		emulate(&(struct emulation){ .kernel = 1,
				.memory_bytes = 32UL << 20,
				.expect_text = clients[i].text },
			run_out_once, (void *)&clients[i]);
}

TEST_MAIN(cmocka_unit_test(memory_ends_for_every_client),
	  cmocka_unit_test(every_client_is_told))
