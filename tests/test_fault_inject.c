/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations that fail on purpose: which, how often, what is said; and that
 * whatever fails in the middle of something leaves nothing behind.
 */
#include "mm/fault_inject.h"
#include "mm/kvfree_rcu.h"
#include "mm/page_alloc.h"
#include "mm/slab_def.h"
#include "mm/vmalloc.h"
#include "mm/vmap_block.h"
#include "mm/xarray.h"
#include "tests/kernel.h"
#include "tests/leftovers.h"
#include "tests/test.h"

static void set(struct fault_attr *attr, const char *text)
{
	must(!setup_fault_attr(attr, text));
	attr->verbose = 0;
}

/* ---- the kernel's syntax ---- */
static void words_of_the_command_line(void **state)
{
	static const char *const wrong[] = {
		"", "1", "1,100,0", "1,100,0,-1,", "1,100,0,-1 ", "1,100,0,x",
		"-1,100,0,1", "1,-1,0,1", "a", ",,,", "1,100,0,4294967296",
		"1;100;0;1", "99999999999999999999,1,1,1",
	};
	struct fault_attr attr = FAULT_ATTR_INITIALIZER;

	assert_int_equal(setup_fault_attr(&attr, "10,50,4096,-1"), 0);
	assert_int_equal(attr.interval, 10);
	assert_int_equal(attr.probability, 50);
	assert_int_equal(attr.space, 4096);
	assert_int_equal(attr.times, -1);
	assert_int_equal(attr.verbose, 2);
	assert_int_equal(setup_fault_attr(&attr, " 1, 2,+3, -4"), 0);
	assert_int_equal(attr.times, -4);
	for (unsigned i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(setup_fault_attr(&attr, wrong[i]), -EINVAL);
		assert_int_equal(attr.probability, 2);
	}
}

/* ---- which, and how many ---- */
static unsigned failures(unsigned n, size_t size, gfp_t gfp)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < n; i++) {
		void *object = kmalloc(size, gfp);

		failed += !object;
		kfree(object);
	}
	return failed;
}

static void fail_by_rule(void *arg)
{
	unsigned failed;

	/* Off, started or not. */
	must(!failures(100, 64, GFP_ATOMIC));
	injection_start();
	must(!failures(100, 64, GFP_ATOMIC));
	injection_stop();
	/* Set, not started. */
	set(&failslab.attr, "1,100,0,-1");
	must(!failures(100, 64, GFP_ATOMIC));

	injection_start();
	must(failures(100, 64, GFP_ATOMIC) == 100);
	must(!failures(100, 64, GFP_KERNEL));
	failslab.ignore_gfp_wait = false;
	must(failures(100, 64, GFP_KERNEL) == 100);
	must(!failures(100, 64, GFP_KERNEL | __GFP_NOFAIL));
	must(kmalloc(0, GFP_KERNEL) == ZERO_SIZE_PTR);
	/* No slab object. */
	must(!failures(100, 10000, GFP_KERNEL));
	must(sum_vm_event(FAILSLAB) == 200);

	set(&failslab.attr, "5,100,0,-1");
	must(failures(100, 64, GFP_KERNEL) == 20);
	set(&failslab.attr, "1,100,0,7");
	must(failures(100, 64, GFP_KERNEL) == 7);
	must(failslab.attr.times == 0);
	/* 64 bytes each: the last of them is not more than what is left. */
	set(&failslab.attr, "1,100,640,-1");
	must(failures(100, 64, GFP_KERNEL) == 100 - 9);
	set(&failslab.attr, "1,10,0,-1");
	failed = failures(10000, 64, GFP_KERNEL);
	must(failed > 850 && failed < 1150);	/* 1000 and 5 sigma */
	injection_stop();
	must(!failures(100, 64, GFP_KERNEL));
}

static void failslab_obeys_its_attributes(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .seeds = 3 }, fail_by_rule,
		NULL);
}

static void fail_by_cache(void *arg)
{
	struct kmem_cache *s, *other;
	void *objects[10];

	s = kmem_cache_create("marked", 64, 0, SLAB_FAILSLAB, NULL);
	other = kmem_cache_create("other", 64, 0, 0, NULL);
	must(s && other);
	set(&failslab.attr, "1,100,0,-1");
	failslab.ignore_gfp_wait = false;
	failslab.cache_filter = true;
	injection_start();
	must(!kmem_cache_alloc(s, GFP_KERNEL));
	must(!kmem_cache_alloc_node(s, GFP_KERNEL, 0));
	must(!kmem_cache_alloc_bulk(s, GFP_KERNEL, 10, objects));
	must(kmem_cache_alloc_bulk(other, GFP_KERNEL, 10, objects) == 10);
	kmem_cache_free_bulk(other, 10, objects);
	/* All but the cache of caches. */
	failslab.cache_filter = false;
	must(!kmem_cache_create("third", 64, 0, 0, NULL));
	must(!kmem_cache_alloc_bulk(other, GFP_KERNEL, 10, objects));
	objects[0] = kmem_cache_alloc(kmem_cache, GFP_KERNEL);
	must(objects[0]);
	kmem_cache_free(kmem_cache, objects[0]);
	injection_stop();
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

static void caches_can_be_chosen(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, fail_by_cache, NULL);
}

static unsigned page_failures(gfp_t gfp, unsigned order)
{
	unsigned failed = 0;

	for (unsigned i = 0; i < 20; i++) {
		struct page *page = alloc_pages(gfp, order);

		failed += !page;
		if (page)
			__free_pages(page, order);
	}
	return failed;
}

static void fail_pages(void *arg)
{
	struct page *pages[8] = { NULL };

	set(&fail_page_alloc.attr, "1,100,0,-1");
	injection_start();
	must(!page_failures(GFP_ATOMIC, 0));
	must(page_failures(GFP_ATOMIC, 1) == 20);
	must(!page_failures(GFP_KERNEL, 1));
	fail_page_alloc.ignore_gfp_wait = false;
	must(page_failures(GFP_KERNEL, 1) == 20);
	must(!page_failures(GFP_KERNEL | __GFP_NOFAIL, 1));
	fail_page_alloc.min_order = 0;
	must(page_failures(GFP_KERNEL, 0) == 20);
	must(!page_failures(GFP_HIGHUSER, 0));
	fail_page_alloc.ignore_gfp_highmem = false;
	must(page_failures(GFP_HIGHUSER, 0) == 20);
	must(!alloc_pages_bulk_array_node(GFP_KERNEL, NUMA_NO_NODE, 8, pages));
	must(!kmalloc(20000, GFP_KERNEL) && !vmalloc(PAGE_SIZE));
	/* Of pages first so many succeed. */
	set(&fail_page_alloc.attr, "1,100,9,-1");
	must(page_failures(GFP_KERNEL, 2) == 18);
	injection_stop();
	must(!page_failures(GFP_KERNEL, 2));
}

static void fail_page_alloc_obeys_its_attributes(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, fail_pages, NULL);
}

static void fail_and_tell(void *arg)
{
	must(!setup_fault_attr(&failslab.attr, "2,100,0,3"));
	injection_start();
	must(failures(2, 64, GFP_NOWAIT) == 1);		/* silently */
	must(failures(2, 64, GFP_ATOMIC) == 1);
}

static void each_failure_is_told(void **state)
{
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "FAULT_INJECTION: forcing a failure." },
		fail_and_tell, NULL);
	/* times is what was left before it. */
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "name failslab, interval 2, probability 100, "
			       "space 0, times 2\n" }, fail_and_tell, NULL);
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "Call Trace:" }, fail_and_tell, NULL);
}

/* ---- nothing is left behind ---- */
struct rcu_thing {
	struct rcu_head	rcu;
	u64		rest[5];
};

static void use_kmalloc(struct rng *rng)
{
	size_t size = rng_below(rng, 20000);
	char *p = kmalloc(size, GFP_KERNEL | (size & 1 ? __GFP_ZERO : 0));
	char *q = krealloc(p, size * 2, GFP_KERNEL);

	kfree(q ? q : p);
	kvfree(kvmalloc(size * 8, GFP_KERNEL));
}

static void use_vmalloc(struct rng *rng)
{
	vaddr_t area = vmalloc(1 + rng_below(rng, 40 * PAGE_SIZE));

	if (area)
		vm_store(area, 1, 1);
	vfree(area);
	/* The array of its pages does not fit into a page. */
	vfree(vmalloc(600 * PAGE_SIZE));
}

static void use_pages(struct rng *rng)
{
	struct page *pages[16] = { NULL };
	unsigned n = 1 + (unsigned)rng_below(rng, 16), got;
	vaddr_t area;

	got = (unsigned)alloc_pages_bulk_array_node(GFP_KERNEL, NUMA_NO_NODE,
						    n, pages);
	if (got == n) {
		area = vmap(pages, n, VM_MAP, 3);
		vunmap(area);
		area = vm_map_ram(pages, n, NUMA_NO_NODE);
		if (area)
			vm_unmap_ram(area, n);
	}
	for (unsigned i = 0; i < got; i++)
		__free_pages(pages[i], 0);
}

static void use_caches(struct rng *rng)
{
	struct kmem_cache *s;
	void *objects[30];
	unsigned n = 1 + (unsigned)rng_below(rng, 30);

	s = kmem_cache_create("short", 8 + (unsigned)rng_below(rng, 3000), 0,
			      rng_chance(rng, 50) ? SLAB_TYPESAFE_BY_RCU : 0,
			      NULL);
	if (!s)
		return;
	if (kmem_cache_alloc_bulk(s, GFP_KERNEL, n, objects))
		kmem_cache_free_bulk(s, n, objects);
	kmem_cache_destroy(s);
}

static void use_rcu(struct rng *rng)
{
	struct rcu_thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);
	struct rcu_thing *far = (struct rcu_thing *)vmalloc(PAGE_SIZE);

	kvfree_rcu(thing, rcu);
	if (rng_chance(rng, 50))
		kvfree_rcu_mightsleep(far);
	else
		kvfree_rcu(far, rcu);
}

static void use_all(void *arg, unsigned cpu)
{
	static void (*const uses[])(struct rng *) = {
		use_kmalloc, use_vmalloc, use_pages, use_caches, use_rcu,
	};
	unsigned steps = machine_is_virtual() ? 60 : 400;
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	for (unsigned i = 0; i < steps; i++) {
		uses[rng_below(&rng, ARRAY_SIZE(uses))](&rng);
		cond_resched();
	}
}

static void fail_in_the_middle(void *arg)
{
	char text[32];
	struct leftovers before;

	/* What is made at first use and kept. */
	on_all_cpus(use_all, NULL);
	before = leftovers();
	must(!before.vmalloc_pages);
	snprintf(text, sizeof(text), "1,%u,0,-1",
		 10 + (unsigned)(test_seed() * 7 % 40));
	set(&failslab.attr, text);
	set(&fail_page_alloc.attr, text);
	failslab.ignore_gfp_wait = false;
	fail_page_alloc.ignore_gfp_wait = false;
	fail_page_alloc.min_order = 0;
	injection_start();
	on_all_cpus(use_all, NULL);
	injection_stop();
	must(sum_vm_event(FAILSLAB) && sum_vm_event(FAIL_PAGE_ALLOC));
	must_leave(&before);
}

static void failures_leave_nothing_behind(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .kernel = 1, .seeds = 20 },
		fail_in_the_middle, NULL);
}

/* ---- what one made and another was faster with ---- */
#define ROUNDS	20
static struct xarray nodes;

static void insert_beside(void *arg, unsigned cpu)
{
	for (u64 i = 0; i < ROUNDS; i++)
		must(!xa_insert(&nodes, i << 6 | cpu, &nodes, GFP_KERNEL));
}

static void erase_beside(void *arg, unsigned cpu)
{
	for (u64 i = 0; i < ROUNDS; i++)
		must(xa_erase(&nodes, i << 6 | cpu) == &nodes);
}

/* A node is had only where sleeping is allowed, without the lock: all CPUs
 * make one for the same place. */
static void insert_at_once(void *arg)
{
	struct leftovers before = leftovers();

	xa_init(&nodes, LOCK_XARRAY);
	set(&failslab.attr, "1,100,0,-1");
	injection_start();
	on_all_cpus(insert_beside, NULL);
	injection_stop();
	must(sum_vm_event(FAILSLAB) > ROUNDS);
	on_all_cpus(erase_beside, NULL);
	must_leave(&before);
}

static void nodes_made_in_vain_are_freed(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .kernel = 1 }, insert_at_once,
		NULL);
}

TEST_MAIN(cmocka_unit_test(words_of_the_command_line),
	  cmocka_unit_test(failslab_obeys_its_attributes),
	  cmocka_unit_test(caches_can_be_chosen),
	  cmocka_unit_test(fail_page_alloc_obeys_its_attributes),
	  cmocka_unit_test(each_failure_is_told),
	  cmocka_unit_test(failures_leave_nothing_behind),
	  cmocka_unit_test(nodes_made_in_vain_are_freed))
