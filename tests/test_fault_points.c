/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every allocation on a way fails once: the first of a freshly booted kernel,
 * then in another one the second, and so on until a run meets no failure, of
 * slab objects and then of pages. Whatever failed, the way ends, nothing is
 * left behind, and all invariants hold.
 */
#include <unistd.h>

#include "mm/audit.h"
#include "mm/fault_inject.h"
#include "mm/percpu.h"
#include "mm/vm_area.h"
#include "mm/vmap_block.h"
#include "tests/kernel.h"
#include "tests/leftovers.h"
#include "tests/test.h"

#define MOST_POINTS	400

/* What the machine, a child of this process, is to do; through the pipe it says
 * whether it has met the failure. */
static unsigned nth_fails;
static bool pages_fail;		/* else objects */
static int met[2];

struct thing {
	struct rcu_head	rcu;
	char		rest[40];
};

/* ---- the ways: true if everything was had ---- */
static bool kmalloc_way(void)
{
	static const size_t sizes[] = { 8, 200, 3000, 8192, 9000, 300000 };
	void *first[ARRAY_SIZE(sizes)], *more;
	bool all = true;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		first[i] = kmalloc(sizes[i], GFP_KERNEL | __GFP_ZERO);
		more = krealloc(first[i], 2 * sizes[i], GFP_KERNEL);
		all &= first[i] && more;
		if (more)
			first[i] = more;
	}
	more = kvmalloc(1 << 20, GFP_KERNEL);
	all &= !!more;
	kvfree(more);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		kfree(first[i]);
	return all;
}

static void set_up(void *object)
{
	*(u64 *)object = 1;
}

/* With and without a constructor, one by one and many at once. */
static bool use_cache(unsigned flags, void (*ctor)(void *object))
{
	struct kmem_cache *s = kmem_cache_create("way", 700, 0, flags, ctor);
	void *objects[50], *one;
	bool all;

	if (!s)
		return false;
	one = kmem_cache_alloc(s, GFP_KERNEL);
	all = kmem_cache_alloc_bulk(s, GFP_KERNEL, 50, objects);
	if (all)
		kmem_cache_free_bulk(s, 50, objects);
	all &= !!one;
	if (one)
		kmem_cache_free(s, one);
	kmem_cache_destroy(s);
	return all;
}

static bool cache_way(void)
{
	bool all = use_cache(0, NULL);

	all &= use_cache(SLAB_TYPESAFE_BY_RCU, set_up);
	return all;
}

static bool vmalloc_way(void)
{
	/* The second has an array of pages that is vmalloc'ed itself. */
	vaddr_t small = vmalloc(5 * PAGE_SIZE);
	vaddr_t large = vmalloc(600 * PAGE_SIZE);
	vaddr_t moved = small ? vrealloc(small, 9 * PAGE_SIZE, GFP_KERNEL) : 0;
	bool all = small && large && moved;

	if (large)
		vm_store(large + 599 * PAGE_SIZE, 8, 1);
	vfree(moved ? moved : small);
	vfree(large);
	return all;
}

static bool map_way(void)
{
	struct page *pages[16] = { NULL };
	unsigned got = (unsigned)alloc_pages_bulk_array_node(
		GFP_KERNEL, NUMA_NO_NODE, 16, pages);
	bool all = got == 16;
	vaddr_t area;

	if (all) {
		area = vmap(pages, 16, VM_MAP, 3);
		all = area;
		vunmap(area);
		/* In a block, and an area of its own. */
		area = vm_map_ram(pages, 3, NUMA_NO_NODE);
		all &= !!area;
		if (area)
			vm_unmap_ram(area, 3);
	}
	for (unsigned i = 0; i < got; i++)
		__free_pages(pages[i], 0);
	return all;
}

/* More than there is: what was made for it goes back. */
static bool no_space_way(void)
{
	must(!get_vm_area(1UL << 46, PAGE_SIZE, VM_MAP, GFP_KERNEL,
			  NUMA_NO_NODE, _RET_IP_));
	return true;
}

static bool page_way(void)
{
	struct page *pages[MAX_PAGE_ORDER + 1];
	bool all = true;

	for (unsigned order = 0; order <= MAX_PAGE_ORDER; order++) {
		pages[order] = alloc_pages(GFP_KERNEL, order);
		all &= !!pages[order];
	}
	for (unsigned order = 0; order <= MAX_PAGE_ORDER; order++)
		if (pages[order])
			__free_pages(pages[order], order);
	return all;
}

/* More than two sheaves of objects, a prefilled one, and one for RCU. */
static bool sheaf_way(void)
{
	struct kmem_cache_args args = { .sheaf_capacity = 32 };
	struct kmem_cache *s = __kmem_cache_create_args("sheafy",
			sizeof(struct thing), &args, SLAB_NO_MERGE);
	struct slab_sheaf *sheaf;
	struct thing *things[100];
	bool all = true;

	if (!s)
		return false;
	for (unsigned i = 0; i < 100; i++) {
		things[i] = kmem_cache_alloc(s, GFP_KERNEL);
		all &= !!things[i];
	}
	sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 20);
	all &= !!sheaf;
	if (sheaf)
		kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	for (unsigned i = 0; i < 100; i++)
		if (i < 50)
			kfree_rcu(things[i], rcu);
		else if (things[i])
			kmem_cache_free(s, things[i]);
	kmem_cache_destroy(s);
	return all;
}

/* All three channels; who may sleep waits where there is no page. */
static bool rcu_way(void)
{
	bool all = true;

	for (unsigned i = 0; i < 20; i++) {
		struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);
		struct thing *area = (struct thing *)vmalloc(PAGE_SIZE);

		all &= thing && area;
		if (i % 2)
			kvfree_rcu_mightsleep(thing);
		else
			kvfree_rcu(thing, rcu);
		kvfree_rcu_mightsleep(area);
		if (i == 10)
			kvfree_rcu_barrier();
	}
	return all;
}

/* ---- one machine ---- */
static void fail_nth(struct fault_attr *attr)
{
	char text[32];

	snprintf(text, sizeof(text), "%u,100,0,1", nth_fails);
	must(!setup_fault_attr(attr, text));
	attr->verbose = 0;
}

static void go_way(void *arg)
{
	bool (*const *way)(void) = arg;
	struct audit_result result;
	struct leftovers before = leftovers();
	bool all, hit;

	if (pages_fail)
		fail_nth(&fail_page_alloc.attr);
	else
		fail_nth(&failslab.attr);
	failslab.ignore_gfp_wait = false;
	fail_page_alloc.ignore_gfp_wait = false;
	fail_page_alloc.ignore_gfp_highmem = false;
	fail_page_alloc.min_order = 0;
	injection_start();
	all = (*way)();
	injection_stop();
	hit = sum_vm_event(FAILSLAB) + sum_vm_event(FAIL_PAGE_ALLOC);
	must(write(met[1], hit ? "!" : ".", 1) == 1);
	must(hit || all);
	must_leave(&before);
	audit_run(&result);
	must(!result.violated);
	/* And again, with nothing in the way. */
	must((*way)());
}

/* How many allocations there are on the way. */
static unsigned nr_points(bool (*way)(void), bool pages)
{
	char mark = '!';

	pages_fail = pages;
	assert_int_equal(pipe(met), 0);
	for (nth_fails = 0; mark == '!'; ) {
		assert_true(++nth_fails < MOST_POINTS);
		emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, go_way,
			&way);
		assert_int_equal(read(met[0], &mark, 1), 1);
	}
	close(met[0]);
	close(met[1]);
	return nth_fails - 1;
}

static void each_allocation_may_fail(void **state)
{
	static const struct {
		bool		(*way)(void);
		const char	*name;
		unsigned	objects, pages;	/* at least */
	} ways[] = {
		/* Four of slabs, three of which grow into another; six are
		 * of pages. */
		{ kmalloc_way, "kmalloc", 4 + 3, 6 },
		{ cache_way, "caches", 2 * 2, 2 * 2 },
		/* Area records and descriptors; a page at least of each bulk
		 * of 100, and tables. */
		{ vmalloc_way, "vmalloc", 6, 8 },
		{ map_way, "vmap", 3, 1 },
		/* The same, and a record for a split to come. */
		{ no_space_way, "no space", 3, 0 },
		{ page_way, "pages", 0, MAX_PAGE_ORDER + 1 },
		{ rcu_way, "kvfree_rcu", 40, 20 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
		unsigned objects = nr_points(ways[i].way, false);
		unsigned pages = nr_points(ways[i].way, true);

		print_message("# %s: %u objects, %u times pages\n",
			      ways[i].name, objects, pages);
		assert_true(objects >= ways[i].objects);
		assert_true(pages >= ways[i].pages);
	}
}

static void sheaves_may_fail(void **state)
{
	unsigned objects, pages;

	slab_ops = &slab_layered;
	objects = nr_points(sheaf_way, false);
	pages = nr_points(sheaf_way, true);
	print_message("# sheaves: %u objects, %u times pages\n", objects,
		      pages);
	/* 100 objects and the sheaves they come in. */
	assert_true(objects > 100);
	assert_true(pages >= 3);
	slab_ops = &slab_slub;
}

/* ---- room that is not pages ---- */
/* Per-CPU room ends before memory does: caches are refused, and that is all. */
static void fill_percpu(void *arg)
{
	static struct kmem_cache *caches[4000];
	unsigned nr = 0;
	struct audit_result result;
	void *last;

	while (nr < ARRAY_SIZE(caches) &&
	       (caches[nr] = kmem_cache_create("many", 64, 0, SLAB_NO_MERGE,
					       NULL)))
		nr++;
	must(nr > 10 && nr < ARRAY_SIZE(caches));
	must(!__alloc_percpu(PAGE_SIZE, 8));
	kmem_cache_destroy(caches[--nr]);
	caches[nr] = kmem_cache_create("again", 64, 0, SLAB_NO_MERGE, NULL);
	must(caches[nr]);
	last = kmem_cache_alloc(caches[nr], GFP_KERNEL);
	must(last);
	kmem_cache_free(caches[nr++], last);
	while (nr)
		kmem_cache_destroy(caches[--nr]);
	must(!percpu_audit());
	audit_run(&result);
	must(!result.violated);
}

static void percpu_room_ends(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
				     .memory_bytes = 512UL << 20 },
		fill_percpu, NULL);
}

TEST_MAIN(cmocka_unit_test(each_allocation_may_fail),
	  cmocka_unit_test(sheaves_may_fail),
	  cmocka_unit_test(percpu_room_ends))
