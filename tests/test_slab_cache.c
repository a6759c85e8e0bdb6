/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches as such: which there are after boot, which of them kmalloc takes,
 * which requests are one cache, whose slabs wait for RCU, and how they end.
 */
#include <string.h>

#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/slab_def.h"
#include "tests/kernel.h"
#include "tests/test.h"

static void merge_on(void)
{
	kernel_config = (struct mm_config){ 0 };
}

/* ---- the caches of the boot ---- */
/* Oldest first: what kernels/linux-6.12-*.txt of the reference dumps print,
 * but for caches that are not modelled. */
static const char *const sizes[] = {
	"96", "192", "8", "16", "32", "64", "128", "256", "512", "1k", "2k",
	"4k", "8k",
};
static const char *const families[] = {
	"kmalloc-", "kmalloc-rcl-", "dma-kmalloc-", "kmalloc-cg-",
};

static struct kmem_cache *next_older(struct kmem_cache *s, const char *name)
{
	must(!strcmp(s->name, name) && s->refcount == 1);
	return list_entry(s->list.prev, struct kmem_cache, list);
}

static void boot_order(void *arg)
{
	unsigned nr_families = mm_config.no_memcg ? 3 : 4;
	struct kmem_cache *s;
	char name[32];

	s = list_entry(slab_caches.prev, struct kmem_cache, list);
	s = next_older(s, "kmem_cache");
	s = next_older(s, "kmem_cache_node");
	for (unsigned family = 0; family < nr_families; family++) {
		for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
			snprintf(name, sizeof(name), "%s%s", families[family],
				 sizes[i]);
			s = next_older(s, name);
		}
	}
	must(!strcmp(s->name, "radix_tree_node"));
	/* "radix_tree_node 576 584 8" of stock 6.12 guests: its constructor
	 * puts the free pointer outside. */
	must(s->lay.object_size == 576 && s->lay.size == 584 &&
	     s->lay.align == 8);
}

static void boot_makes_what_real_kernels_show(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, boot_order, NULL);
	merge_on();
	emulate(&(struct emulation){ .kernel = 1 }, boot_order, NULL);
	kernel_config.no_memcg = true;
	emulate(&(struct emulation){ .kernel = 1 }, boot_order, NULL);
	kernel_config = (struct mm_config){ .slab_nomerge = true };
}

static always_inline const char *cache_of(size_t size, gfp_t gfp)
{
	void *object = kmalloc(size, gfp);
	struct kmem_cache *s;

	must(object);
	s = page_slab(virt_to_head_page(object))->slab_cache;
	kfree(object);
	return s->name;
}

static bool is(const char *a, const char *b)
{
	return !strcmp(a, b);
}

/* Spec 1.2: DMA, then RECLAIMABLE, then ACCOUNT. */
static void families_by_flags(void *arg)
{
	const gfp_t a = GFP_KERNEL | __GFP_ACCOUNT, r = __GFP_RECLAIMABLE;

	must(is(cache_of(70, GFP_KERNEL), "kmalloc-96"));
	must(is(cache_of(70, GFP_ATOMIC), "kmalloc-96"));
	must(is(cache_of(70, GFP_KERNEL | r), "kmalloc-rcl-96"));
	must(is(cache_of(70, a | r), "kmalloc-rcl-96"));
	must(is(cache_of(70, a | r | GFP_DMA), "dma-kmalloc-96"));
	must(is(cache_of(70, GFP_KERNEL | GFP_DMA), "dma-kmalloc-96"));
	must(is(cache_of(8192, a), mm_config.no_memcg ? "kmalloc-8k" :
		"kmalloc-cg-8k"));
}

static void flags_choose_the_family(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, families_by_flags, NULL);
	kernel_config.no_memcg = true;
	emulate(&(struct emulation){ .kernel = 1 }, families_by_flags, NULL);
	kernel_config.no_memcg = false;
}

/* Each from a call of its own: 16 places, as the hash sees them. */
#define NAME_1	{ const char *n = cache_of(70, GFP_KERNEL); names[nr++] = n; }
#define NAME_4	NAME_1 NAME_1 NAME_1 NAME_1
#define NAME_16	NAME_4 NAME_4 NAME_4 NAME_4

static unsigned nr_caches_of_calls(void)
{
	const char *names[64];
	unsigned nr = 0, different = 0;

	NAME_16 NAME_16 NAME_16 NAME_16
	for (unsigned i = 0, k; i < nr; i++) {
		must(is(names[i], "kmalloc-96") ||
		     (strlen(names[i]) == strlen("kmalloc-rnd-01-96") &&
		      !strncmp(names[i], "kmalloc-rnd-", 12) &&
		      is(names[i] + 14, "-96")));
		for (k = 0; k < i && names[k] != names[i]; k++)
			;
		different += k == i;
	}
	return different;
}

static void choose_a_copy(void *arg)
{
	const char *first = NULL;

	/* 64 calls to 16 caches: 4 each, so 15.7 are expected to be hit. */
	must(nr_caches_of_calls() >= 12);
	/* One call is one cache, whatever happens. */
	for (unsigned i = 0; i < 20; i++) {
		const char *name = cache_of(70, GFP_KERNEL);

		must(!first || first == name);
		first = name;
	}
	/* The other families have none. */
	must(is(cache_of(70, GFP_KERNEL | __GFP_ACCOUNT), "kmalloc-cg-96"));
	must(is(cache_of(70, GFP_KERNEL | GFP_DMA), "dma-kmalloc-96"));
	slab_audit();
}

static void random_copies_go_by_caller(void **state)
{
	kernel_config.random_kmalloc = true;
	emulate(&(struct emulation){ .kernel = 1, .seeds = 12 },
		choose_a_copy, NULL);
	kernel_config.random_kmalloc = false;
}

/* ---- merging ---- */
static struct kmem_cache *make(const char *name, unsigned size, unsigned align,
			       u32 flags)
{
	struct kmem_cache *s = kmem_cache_create(name, size, align, flags,
						 NULL);

	must(s);
	return s;
}

static void ctor(void *object)
{
	*(u64 *)object = 42;
}

/* 1000 bytes: no kmalloc cache and no boot cache is like it. */
static void merge_and_part(void *arg)
{
	struct kmem_cache *a = make("a", 1001, 0, 0), *b, *c;
	struct slab_alias *alias;
	void *object;

	must(a->lay.size == 1008 && a->lay.object_size == 1001);
	b = make("b", 1008, 0, 0);
	must(b == a && a->refcount == 2 && is(kmem_cache_name(b), "a"));
	must(a->lay.object_size == 1008 && a->lay.inuse == 1008);
	must(make("c", 1003, 8, SLAB_PANIC) == a && a->refcount == 3);
	must(a->lay.object_size == 1008);
	alias = list_first_entry(&a->aliases, struct slab_alias, list);
	must(is(alias->name, "b"));
	slab_audit();

	/* Any of them keeps it, whoever goes; the name stays. */
	object = kmem_cache_alloc(b, GFP_KERNEL | __GFP_ZERO);
	kmem_cache_destroy(a);
	kmem_cache_destroy(b);
	must(a->refcount == 1);
	kmem_cache_free(a, object);
	must(make("b", 1005, 0, 0) == a && a->refcount == 2);
	must(list_first_entry(&a->aliases, struct slab_alias, list) == alias);
	slab_audit();
	kmem_cache_destroy(a);
	kmem_cache_destroy(a);
	c = make("b", 1001, 0, 0);
	must(is(c->name, "b") && c->refcount == 1);
	kmem_cache_destroy(c);
}

static void apart(struct kmem_cache *a, struct kmem_cache *b)
{
	must(a && b && a != b && a->refcount == 1 && b->refcount == 1);
	kmem_cache_destroy(b);
}

static void stay_apart(void *arg)
{
	struct kmem_cache *a = make("a", 1000, 0, 0);

	/* A word more, other alignment, other pages. */
	apart(a, make("b", 1009, 0, 0));
	apart(a, make("b", 992, 0, 0));
	apart(a, make("b", 1000, 16, 0));
	apart(a, make("b", 1000, 0, SLAB_HWCACHE_ALIGN));
	apart(a, make("b", 1000, 0, SLAB_RECLAIM_ACCOUNT));
	apart(a, make("b", 1000, 0, SLAB_ACCOUNT));
	apart(a, make("b", 1000, 0, SLAB_CACHE_DMA));
	/* What makes one never merge. */
	apart(a, make("b", 1000, 0, SLAB_NO_MERGE));
	apart(a, make("b", 1000, 0, SLAB_TYPESAFE_BY_RCU));
	apart(a, make("b", 1000, 0, SLAB_NOLEAKTRACE));
	apart(a, kmem_cache_create("b", 1000, 0, 0, ctor));
	apart(a, kmem_cache_create_usercopy("b", 1000, 0, 0, 8, 16, NULL));
	kmem_cache_destroy(a);
	/* And that is so of the older one. */
	a = kmem_cache_create("a", 1000, 0, 0, ctor);
	apart(a, make("b", 1000, 0, 0));
	kmem_cache_destroy(a);
	/* A window that is none; and the boot caches are open to all. */
	a = make("a", 1000, 0, 0);
	must(kmem_cache_create_usercopy("b", 1000, 0, 0, 990, 16, NULL) == a);
	kmem_cache_destroy(a);
	kmem_cache_destroy(a);
	must(make("node", 64, 64, 0) == kmem_cache_node);
	kmem_cache_destroy(kmem_cache_node);
}

static void like_caches_are_one(void **state)
{
	merge_on();
	emulate(&(struct emulation){ .kernel = 1 }, merge_and_part, NULL);
	emulate(&(struct emulation){ .kernel = 1 }, stay_apart, NULL);
	kernel_config.slab_nomerge = true;
}

static void no_two(void *arg)
{
	struct kmem_cache *a = make("a", 1000, 0, 0);

	apart(a, make("b", 1000, 0, 0));
	kmem_cache_destroy(a);
}

static void slab_nomerge_keeps_them_apart(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, no_two, NULL);
}

/* Without MEMCG and hardened usercopy the kmalloc caches take others in. */
static void merge_with_kmalloc(void *arg)
{
	struct kmem_cache *s = make("s", 96, 0, 0);

	must(is(s->name, "kmalloc-96") && s->refcount == 2);
	kmem_cache_destroy(s);
	must(s->refcount == 1);
	s = make("s", 96, 0, SLAB_RECLAIM_ACCOUNT);
	must(is(s->name, "kmalloc-rcl-96"));
	kmem_cache_destroy(s);
}

static void kmalloc_caches_merge_where_nothing_forbids(void **state)
{
	kernel_config = (struct mm_config){ .no_memcg = true,
					    .no_hardened_usercopy = true };
	emulate(&(struct emulation){ .kernel = 1 }, merge_with_kmalloc, NULL);
	kernel_config = (struct mm_config){ .slab_nomerge = true };
}

/* Spec 2.5 in its own words, of two requests neither of which is never
 * merged. */
static bool is_like(const struct kmem_cache *older, unsigned size,
		    unsigned align, u32 flags)
{
	const u32 same = SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_ACCOUNT;
	unsigned ralign = 64, need;

	if (flags & SLAB_HWCACHE_ALIGN) {
		while (size <= ralign / 2)
			ralign /= 2;
		align = max(align, ralign);
	}
	align = max(align, 8u);
	need = (size + 7) / 8 * 8;
	need = (need + align - 1) / align * align;
	return (older->flags & same) == (flags & same) &&
	       need <= older->lay.size && older->lay.size % align == 0 &&
	       older->lay.size - need < 8;
}

#define NR_MADE	120

static void make_at_random(void *arg)
{
	static struct kmem_cache *made[NR_MADE];
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (unsigned i = 0; i < NR_MADE; i++) {
		unsigned size = 1 + (unsigned)rng_below(&rng, 300);
		unsigned align = 1u << rng_below(&rng, 8);
		u32 flags = (rng_chance(&rng, 30) ? SLAB_HWCACHE_ALIGN : 0) |
			    (rng_chance(&rng, 20) ? SLAB_ACCOUNT : 0) |
			    (rng_chance(&rng, 20) ? SLAB_RECLAIM_ACCOUNT : 0);
		struct kmem_cache *expected = NULL, *s;

		list_for_each_entry_reverse(s, &slab_caches, list)
			if (!expected && !(s->flags & SLAB_NO_MERGE) &&
			    !s->ctor && !s->usersize &&
			    is_like(s, size, align, flags))
				expected = s;
		made[i] = make("random", size, align, flags);
		must(expected ? made[i] == expected :
		     is(made[i]->name, "random") && made[i]->refcount == 1);
	}
	slab_audit();
	for (unsigned i = 0; i < NR_MADE; i++)
		kmem_cache_destroy(made[i]);
}

static void the_oldest_that_is_like_it_is_taken(void **state)
{
	merge_on();
	emulate(&(struct emulation){ .kernel = 1, .seeds = 12 },
		make_at_random, NULL);
	kernel_config.slab_nomerge = true;
}

static void make_two(void *arg)
{
	make("a", 1000, 0, 0);
	make("b", 3000, 0, 0);
}

static void merging_what_does_not_fit_is_seen(void **state)
{
	merge_on();
	emulate(&(struct emulation){ .kernel = 1, .fault = "slab_merge_any",
				     .expect_exit = 6,
				     .expect_text = "invariant I19" },
		make_two, NULL);
	kernel_config.slab_nomerge = true;
}

/* ---- slabs that wait for RCU ---- */
static u32 entered, may_leave;

static void read_for_long(void *arg)
{
	rcu_read_lock();
	smp_store_release(&entered, 1);
	while (!smp_load_acquire(&may_leave))
		cpu_relax();
	rcu_read_unlock();
}

#define NR_OBJECTS	4000

/* Many empty slabs at once. */
static void fill_and_empty(struct kmem_cache *s)
{
	static void *objects[NR_OBJECTS];

	for (unsigned i = 0; i < NR_OBJECTS; i++)
		must((objects[i] = kmem_cache_alloc(s, GFP_KERNEL)));
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		kmem_cache_free(s, objects[i]);
	kmem_cache_shrink(s);
}

static void discard_under_a_reader(void *arg)
{
	struct kmem_cache *s = make("typesafe", 100, 0, SLAB_TYPESAFE_BY_RCU);
	struct task_struct *reader;
	u64 slab_pages = global_node_page_state(NR_SLAB_UNRECLAIMABLE);

	/* Behind the object: readers may be in it. */
	must(s->lay.offset == 104 && s->lay.size == 112);
	reader = task_create(1, "reader", read_for_long, NULL);
	while (!smp_load_acquire(&entered))
		cpu_relax();
	fill_and_empty(s);
	must(atomic_long_read(&slab_rcu_pages) >= NR_OBJECTS / 36);
	must(global_node_page_state(NR_SLAB_UNRECLAIMABLE) >=
	     slab_pages + NR_OBJECTS / 36);
	slab_audit();
	/* New ones are not those. */
	fill_and_empty(s);
	smp_store_release(&may_leave, 1);
	task_join(reader);
	kmem_cache_destroy(s);
	must(atomic_long_read(&slab_rcu_pages) == 0);
}

static void pages_of_typesafe_slabs_wait_for_readers(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1, .seeds = 3 },
		discard_under_a_reader, NULL);
}

static void discard_and_reuse(void *arg)
{
	struct kmem_cache *s = make("typesafe", 100, 0, SLAB_TYPESAFE_BY_RCU);
	struct task_struct *reader;

	reader = task_create(1, "reader", read_for_long, NULL);
	while (!smp_load_acquire(&entered))
		cpu_relax();
	fill_and_empty(s);
	fill_and_empty(s);
	smp_store_release(&may_leave, 1);
	task_join(reader);
}

static void reuse_under_readers_is_seen(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
				     .fault = "slab_rcu_no_wait",
				     .expect_exit = 6,
				     .expect_text = "invariant I20" },
		discard_and_reuse, NULL);
}

/* An object may be another's at once; what the constructor made stays. */
static void reuse_at_once(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("typesafe", 64, 0,
						 SLAB_TYPESAFE_BY_RCU, ctor);
	u64 *object = kmem_cache_alloc(s, GFP_KERNEL);

	must(object && *object == 42);
	object[7] = 7;
	kmem_cache_free(s, object);
	must(*object == 42 && object[7] == 7);
	must(kmem_cache_alloc(s, GFP_KERNEL) == object && *object == 42);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void typesafe_objects_do_not_wait(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, reuse_at_once, NULL);
}

/* ---- the end ---- */
static void destroy_with_objects(void *arg)
{
	struct kmem_cache *s = make("left", 100, 0, 0);
	void *object = kmem_cache_alloc(s, GFP_KERNEL);

	must(kmem_cache_alloc(s, GFP_KERNEL) == (char *)object + 104);
	kmem_cache_free(s, object);
	object = (char *)object + 104;

	kmem_cache_destroy(s);
	must(list_first_entry(&slab_caches_left, struct kmem_cache,
			      list) == s);
	slab_audit();
	kmem_cache_free(s, object);
	slab_audit();
	/* Its name is free. */
	kmem_cache_destroy(make("left", 100, 0, 0));
}

static void objects_that_are_left_are_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG left (Not tainted): Objects remaining in "
			       "left on __kmem_cache_shutdown()" },
		destroy_with_objects, NULL);
	/* The second of 104 bytes each. */
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = " @offset=104\n" }, destroy_with_objects, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "kmem_cache_destroy left: Slab cache still has "
			       "objects when called from destroy_with_ob" },
		destroy_with_objects, NULL);
}

TEST_MAIN(cmocka_unit_test(boot_makes_what_real_kernels_show),
	  cmocka_unit_test(flags_choose_the_family),
	  cmocka_unit_test(random_copies_go_by_caller),
	  cmocka_unit_test(like_caches_are_one),
	  cmocka_unit_test(slab_nomerge_keeps_them_apart),
	  cmocka_unit_test(kmalloc_caches_merge_where_nothing_forbids),
	  cmocka_unit_test(the_oldest_that_is_like_it_is_taken),
	  cmocka_unit_test(merging_what_does_not_fit_is_seen),
	  cmocka_unit_test(pages_of_typesafe_slabs_wait_for_readers),
	  cmocka_unit_test(reuse_under_readers_is_seen),
	  cmocka_unit_test(typesafe_objects_do_not_wait),
	  cmocka_unit_test(objects_that_are_left_are_reported))
