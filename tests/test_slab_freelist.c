/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freelists that are hard to guess (slub spec 2.7): how links are stored, what
 * a naive double free does, and that a new slab's objects come in the cache's
 * one random order from anywhere in it.
 */
#include <string.h>

#include "mm/slab_def.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define SIZE		128
#define PER_SLAB	32	/* of a page */

static struct kmem_cache *s;

static void make_cache(void)
{
	s = kmem_cache_create("guess", SIZE, 0, SLAB_NO_MERGE, NULL);
	must(s && s->lay.size == SIZE && s->lay.oo.objects == PER_SLAB);
}

/* Takes a whole slab, from a CPU that has none. */
static void take_slab(char *objects[PER_SLAB])
{
	for (unsigned i = 0; i < PER_SLAB; i++) {
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
		must(objects[i] && virt_to_page(objects[i]) ==
		     virt_to_page(objects[0]));
	}
}

static unsigned slot_of(const char *object)
{
	return (unsigned)((unsigned long)object % 4096 / SIZE);
}

/* ---- links ---- */
/* Next object, the cache's number, and where the link is, bytes reversed. */
static u64 as_stored(const char *object, const char *next)
{
	u64 slot = (u64)(object + s->lay.offset), reversed = 0;

	for (unsigned i = 0; i < 8; i++)
		reversed |= (slot >> (8 * i) & 0xff) << (56 - 8 * i);
	return (u64)next ^ s->random ^ reversed;
}

static void links(void *arg)
{
	char *p[PER_SLAB];
	u64 word;

	make_cache();
	must(s->random);
	take_slab(p);
	for (unsigned i = 0; i < PER_SLAB; i++)
		kmem_cache_free(s, p[i]);
	/* Freed in that order, each leads to the one before. */
	for (unsigned i = 1; i < PER_SLAB; i++) {
		memcpy(&word, p[i] + s->lay.offset, sizeof(word));
		must(word != (u64)p[i - 1]);
		must(word == as_stored(p[i], p[i - 1]));
	}
	must(kmem_cache_alloc(s, GFP_KERNEL) == p[PER_SLAB - 1]);
}

static void links_are_encoded(void **state)
{
	kernel_config.slab_freelist_hardened = true;
	emulate(&(struct emulation){ .kernel = 1, .seeds = 5 }, links, NULL);
	kernel_config.slab_freelist_hardened = false;
}

static void plain_links(void *arg)
{
	char *p[PER_SLAB];
	u64 word;

	make_cache();
	take_slab(p);
	must(slot_of(p[0]) == 0 && p[1] == p[0] + SIZE);
	kmem_cache_free(s, p[0]);
	kmem_cache_free(s, p[1]);
	memcpy(&word, p[1] + SIZE / 2, sizeof(word));
	must(word == (u64)p[0]);
}

static void without_the_option_they_are_plain(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, plain_links, NULL);
}

/* On the CPU's own slab. */
static void twice(void *arg)
{
	char *p;

	make_cache();
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, p);
	kmem_cache_free(s, p);
	/* Refused: it is there once. */
	must(kmem_cache_alloc(s, GFP_KERNEL) == p);
	must(kmem_cache_alloc(s, GFP_KERNEL) != p);
}

/* On a slab that is not the CPU's any more. */
static void twice_elsewhere(void *arg)
{
	char *p[PER_SLAB];

	make_cache();
	take_slab(p);
	must(kmem_cache_alloc(s, GFP_KERNEL));
	kmem_cache_free(s, p[5]);
	kmem_cache_free(s, p[5]);
}

static void a_naive_double_free_is_a_bug(void **state)
{
	kernel_config.slab_freelist_hardened = true;
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "kernel BUG at mm/slab_freelist.c:" }, twice,
		NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "kernel BUG at mm/slab_freelist.c:" },
		twice_elsewhere, NULL);
	kernel_config.slab_freelist_hardened = false;
}

/* ---- order ---- */
static void orders(void *arg)
{
	char *a[PER_SLAB], *b[PER_SLAB];
	unsigned seen = 0, ascents = 0, shift = 0;

	make_cache();
	take_slab(a);
	take_slab(b);
	for (unsigned i = 0; i < PER_SLAB; i++) {
		seen |= 1u << slot_of(a[i]);
		ascents += i && slot_of(a[i]) == slot_of(a[i - 1]) + 1;
	}
	must(seen == 0xffffffff);
	/* One in 32 places, by chance: ten are one in 10^7 slabs. */
	must(ascents < 10);
	/* The same order, from another place in it. */
	while (slot_of(b[shift]) != slot_of(a[0]))
		shift++;
	for (unsigned i = 0; i < PER_SLAB; i++)
		must(slot_of(b[(i + shift) % PER_SLAB]) == slot_of(a[i]));
}

static void slabs_begin_anywhere_in_one_random_order(void **state)
{
	kernel_config.slab_freelist_random = true;
	emulate(&(struct emulation){ .kernel = 1, .seeds = 20 }, orders, NULL);
	kernel_config.slab_freelist_random = false;
}

static void skip_slot(void *arg)
{
	char *p[PER_SLAB];

	make_cache();
	p[0] = kmem_cache_alloc(s, GFP_KERNEL);
	must(p[0]);
}

static void a_slab_without_an_object_is_seen(void **state)
{
	kernel_config.slab_freelist_random = true;
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.fault = "freelist_slot_skipped",
		.expect_text = "invariant I13 violated" }, skip_slot, NULL);
	kernel_config.slab_freelist_random = false;
}

/* ---- any history ---- */
#define RING		128

static void *ring[RING];

static void all_cpus(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 31 + cpu);
	for (unsigned i = 0; i < 500; i++) {
		size_t size = 1 + rng_below(&rng, 5000);
		u8 *p = kmalloc(size, GFP_KERNEL);

		memset(p, 0xff, size);
		kfree(xchg(&ring[rng_below(&rng, RING)], (void *)p));
	}
}

static void history(void *arg)
{
	on_all_cpus(all_cpus, NULL);
	slab_audit();
	kfree_bulk(0, ring);
	for (unsigned i = 0; i < RING; i++)
		kfree(ring[i]);
}

static void any_history_is_sound(void **state)
{
	for (unsigned i = 1; i < 4; i++) {
		kernel_config.slab_freelist_random = i & 1;
		kernel_config.slab_freelist_hardened = i & 2;
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4,
			.seeds = 10 }, history, NULL);
		kernel_config.slab_debug = "FZPU,kmalloc-1*";
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4,
			.seeds = 3 }, history, NULL);
		kernel_config.slab_debug = NULL;
		slab_ops = &slab_sheaves;
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4,
			.seeds = 10 }, history, NULL);
		slab_ops = &slab_slub;
	}
	kernel_config.slab_freelist_random = false;
	kernel_config.slab_freelist_hardened = false;
}

TEST_MAIN(
	cmocka_unit_test(links_are_encoded),
	cmocka_unit_test(without_the_option_they_are_plain),
	cmocka_unit_test(a_naive_double_free_is_a_bug),
	cmocka_unit_test(slabs_begin_anywhere_in_one_random_order),
	cmocka_unit_test(a_slab_without_an_object_is_seen),
	cmocka_unit_test(any_history_is_sound))
