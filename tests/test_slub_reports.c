/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging caches (slub spec 2.6, 3.6): each wrong use is committed, and the
 * whole report compared with one that tests/slub_report.h builds.
 */
#include <string.h>

#include "tests/kernel.h"
#include "tests/slub_report.h"
#include "tests/test.h"

/* ---- overflows, found when the object is freed ---- */
static void overflow_right(void *arg)
{
	struct dump dump;
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	p[SIZE] = 'A';
	fill_dump(&dump, 0xcc);
	dump.right[0] = 'A';
	log_begin();
	owner_frees(p);
	log_end();
	expect_overwritten("Right Redzone", p + SIZE, p + SIZE, 'A', 0xcc);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_slab(p, 1, p + STRIDE, true);
	expect_object(p, p + STRIDE);
	expect_dump(&dump, p);
	expect_restored("Right Redzone", p + SIZE, p + SIZE, 0xcc);
	expect_not_freed(p);
	expect_nothing_more();
	/* It is nobody's any more, though the red zone is whole again. */
	must((u8)p[SIZE] == 0xcc && owner_allocates() == p + STRIDE);
}

static void an_overflow_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		overflow_right, NULL);
}

static void overflow_left(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	q = owner_allocates();
	must(q == p + STRIDE);
	q[-1] = 0;
	q[-4] = 'B';
	fill_dump(&dump, 0xcc);
	dump.left[PAD - 1] = 0;
	dump.left[PAD - 4] = 'B';
	log_begin();
	owner_frees(q);
	log_end();
	expect_overwritten("Left Redzone", q - 4, q - 1, 'B', 0xcc);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_slab(q, 2, q + STRIDE, true);
	expect_object(q, q + STRIDE);
	expect_dump(&dump, q);
	expect_restored("Left Redzone", q - 4, q - 1, 0xcc);
	expect_not_freed(q);
	expect_nothing_more();
	owner_frees(p);
}

static void an_underflow_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		overflow_left, NULL);
}

/* ---- use after free, found when the object is allocated ---- */
static void use_after_free(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	ndelay(20000000);
	owner_frees(p);
	p[3] = 'C';
	p[5] = 'D';
	p[SIZE - 1] = 'E';
	fill_dump(&dump, 0xbb);
	dump.object[3] = 'C';
	dump.object[5] = 'D';
	dump.object[SIZE - 1] = 'E';
	log_begin();
	q = owner_allocates();
	log_end();
	/* In jiffies of 4 ms. */
	must(log_has(" age=5 ") || !machine_is_virtual());
	expect_overwritten("Poison", p + 3, p + 5, 'C', 0x6b);
	expect_bug("Not tainted", "Object corrupt");
	expect_track("Allocated", "owner_allocates");
	expect_track("Freed", "owner_frees");
	/* Taken already, when it is looked at. */
	expect_slab(p, 1, p + STRIDE, true);
	expect_object(p, p + STRIDE);
	expect_dump(&dump, p);
	expect_restored("Poison", p + 3, p + 5, 0x6b);
	/* The second fault of an object is a line only. */
	expect_overwritten("End Poison", p + SIZE - 1, p + SIZE - 1, 'E', 0xa5);
	expect_restored("End Poison", p + SIZE - 1, p + SIZE - 1, 0xa5);
	expect("FIX victim: Marking all objects used");
	expect_nothing_more();
	/* From another slab: that one is out of use. */
	must(q && virt_to_page(q) != virt_to_page(p));
	must(slab_counters(page_slab(virt_to_page(p))).frozen);
	owner_frees(q);
}

static void a_use_after_free_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		use_after_free, NULL);
}

/* ---- frees that must not be ---- */
static void double_free(void *arg)
{
	struct dump dump;
	char *p, *q;

	make_victim(FZPU);
	p = owner_allocates();
	q = owner_allocates();
	owner_frees(p);
	fill_dump(&dump, 0xbb);
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", "Object already free");
	expect_track("Allocated", "owner_allocates");
	expect_track("Freed", "owner_frees");
	expect_slab(p, 1, p, true);
	expect_object(p, q + STRIDE);
	expect_dump(&dump, p);
	expect_not_freed(p);
	expect_nothing_more();
	/* The second report says that there was one. */
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Tainted: G    B             ", "Object already free");
	must(owner_allocates() == p && owner_allocates() == q + STRIDE);
}

static void a_double_free_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object already free"
		}, double_free, NULL);
}

/* Of a slab without any object in use that is noticed first. */
static void double_free_of_the_last(void *arg)
{
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	owner_frees(p);
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", "Slab has 0 allocated objects but 1 are to "
		   "be freed");
	expect_slab(p, 0, p, true);
	expect_stack();
	expect_not_freed(p);
	expect_nothing_more();
}

static void a_free_to_an_empty_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Slab has 0" },
		double_free_of_the_last, NULL);
}

static void bad_pointer(void *arg)
{
	char reason[64], *p;

	make_victim(FZPU);
	p = owner_allocates();
	snprintf(reason, sizeof(reason), "Invalid object pointer 0x%016lx",
		 shown(p + 8));
	log_begin();
	owner_frees(p + 8);
	log_end();
	expect_bug("Not tainted", reason);
	expect_slab(p, 1, p + STRIDE, true);
	expect_stack();
	expect_not_freed(p + 8);
	expect_nothing_more();
	owner_frees(p);
}

static void a_pointer_into_an_object_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Invalid object" },
		bad_pointer, NULL);
}

static void no_slab_page(void *arg)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);

	make_victim(FZPU);
	log_begin();
	owner_frees(page_address(page));
	log_end();
	expect("virt_to_cache: Object is not a Slab page!");
	expect_stack();
	expect_nothing_more();
	__free_pages(page, 0);
}

static void a_page_that_is_no_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "virt_to_cache: Object is not a Slab page!" },
		no_slab_page, NULL);
}

static void wrong_cache(void *arg)
{
	struct kmem_cache *other = kmem_cache_create("other", 100, 0, FZPU,
						     NULL);
	char *p;

	make_victim(FZPU);
	p = owner_allocates();
	log_begin();
	kmem_cache_free(other, p);
	log_end();
	expect("cache_from_obj: Wrong slab cache. other but object is from "
	       "victim");
	expect_stack();
	expect_track("Allocated", "owner_allocates");
	expect_nothing_more();
	/* It has gone home. */
	must(owner_allocates() == p);
	owner_frees(p);
	kmem_cache_destroy(victim);
	kmem_cache_destroy(other);
}

static void the_wrong_cache_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Wrong slab cache. other but object is from" },
		wrong_cache, NULL);
}

/* ---- freelists: consistency checks alone, links inside objects ---- */
#define F_STRIDE	56
#define F_PER_SLAB	73
#define F_OFFSET	24		/* ALIGN_DOWN(56 / 2, 8) */

static void expect_slab_f(const char *object, unsigned used, unsigned long fp)
{
	unsigned long phys = (unsigned long)(object - machine_direct_map);
	unsigned zone = phys < 16ul << 20 ? 0 : phys < 1ul << 32 ? 1 : 2;

	expect_f("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%lx"
		 "(workingset|node=0|zone=%u)",
		 0xffffea0000000000ul + phys / 4096 * 64, F_PER_SLAB, used,
		 fp, (unsigned long)zone << 51 | 1ul << 9, zone);
}

static void free_pointer_hit(void *arg)
{
	u8 bytes[F_STRIDE] = { 0 }, before[16] = { 0 };
	char *p, *q;

	make_victim(SLAB_CONSISTENCY_CHECKS);
	must(victim->lay.size == F_STRIDE &&
	     victim->lay.oo.objects == F_PER_SLAB &&
	     victim->lay.offset == F_OFFSET);
	p = owner_allocates();
	q = owner_allocates();
	memset(p, 0, F_STRIDE);
	memset(q, 0, F_STRIDE);
	owner_frees(q);
	memset(q + F_OFFSET, 'F', 8);
	memset(bytes + F_OFFSET, 'F', 8);
	log_begin();
	must(owner_allocates() != q);
	log_end();
	expect_bug("Not tainted", "Freepointer corrupt");
	expect_slab_f(p, 2, 0x4646464646464646);
	expect_f("Object 0x%016lx @offset=%lu fp=0x4646464646464646", shown(q),
		 (unsigned long)q % 4096);
	expect("");
	expect_bytes("Bytes b4 ", q - 16, before, 16);
	expect_bytes("Object   ", q, bytes, F_STRIDE);
	expect_stack();
	expect("FIX victim: Marking all objects used");
	expect_nothing_more();
}

static void a_corrupt_free_pointer_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Freepointer corrupt"
		}, free_pointer_hit, NULL);
}

static void chain_hit(void *arg)
{
	char *p[4];

	make_victim(SLAB_CONSISTENCY_CHECKS);
	for (unsigned i = 0; i < 4; i++) {
		p[i] = owner_allocates();
		memset(p[i], 0, F_STRIDE);
	}
	owner_frees(p[0]);
	owner_frees(p[1]);
	/* p[1] -> p[0] -> nowhere, where 69 more should come. */
	memset(p[0] + F_OFFSET, 'F', 8);
	log_begin();
	owner_frees(p[2]);
	log_end();
	expect_bug("Not tainted", "Freechain corrupt");
	expect_slab_f(p[0], 2, shown(p[1]));
	expect_stack_skipped();
	expect_bug("Tainted: G    B             ", "Wrong object count. "
		   "Counter is 2 but counted were 71");
	expect_slab_f(p[0], 2, shown(p[1]));
	expect_stack();
	expect("FIX victim: Object count adjusted");
	expect_nothing_more();
	/* Freed all the same, and the rest of the list is lost. */
	must(owner_allocates() == p[2] && owner_allocates() == p[1] &&
	     owner_allocates() == p[0] && !slab_counters(
	     page_slab(virt_to_page(p[0]))).frozen);
	must(slab_counters(page_slab(virt_to_page(p[0]))).inuse == F_PER_SLAB);
}

static void a_corrupt_chain_is_cut(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Freechain corrupt" },
		chain_hit, NULL);
}

/* ---- a slab's end ---- */
static void padding_hit(void *arg)
{
	char *p, *page;

	make_victim(FZPU);
	p = owner_allocates();
	page = p - (unsigned long)p % 4096;
	page[4000] = 0;
	log_begin();
	owner_frees(p);
	log_end();
	expect_bug("Not tainted", ({
		static char reason[128];

		snprintf(reason, sizeof(reason), "Padding overwritten. "
			 "0x%016lx-0x%016lx @offset=4000", shown(page + 4000),
			 shown(page + 4000));
		reason;
	}));
	expect_slab(p, 1, p + STRIDE, true);
	expect_stack();
	for (unsigned i = 0; i < 4096 - STRIDE * PER_SLAB; i += 16)
		expect_glob("Padding ffff*: *");
	expect_restored("slab padding", page + 4000, page + 4000, 0x5a);
	expect_nothing_more();
	/* A slab's padding is nobody's error in particular: it was freed. */
	must(owner_allocates() == p);
	owner_frees(p);
}

static void an_overwritten_end_of_slab_is_reported(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Padding overwritten"
		}, padding_hit, NULL);
}

/* ---- kmalloc: what was not asked for is red zone ---- */
static void kmalloc_slack(void *arg)
{
	char *p = kmalloc(20, GFP_KERNEL), *q, *z;

	must((u8)p[20] == 0xcc && (u8)p[31] == 0xcc && (u8)p[19] == 0xa5);
	must(ksize(p) == 32);
	/* Who has asked may use it all. */
	p[20] = 0;
	kfree(p);
	z = kzalloc(20, GFP_KERNEL);
	must(!z[0] && !z[19] && (u8)z[20] == 0xcc);
	kfree(z);
	q = kmalloc(20, GFP_KERNEL);
	q[20] = 'K';
	log_begin();
	kfree(q);
	log_end();
	expect_overwritten("kmalloc Redzone", q + 20, q + 20, 'K', 0xcc);
}

static void the_slack_of_kmalloc_is_guarded(void **state)
{
	kernel_config.slab_debug = ",kmalloc-32";
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG kmalloc-32 (Not tainted): Object corrupt"
		}, kmalloc_slack, NULL);
	kernel_config.slab_debug = NULL;
}

/* ---- validate ---- */
static void validate(void *arg)
{
	char *p[PER_SLAB + 1];

	make_victim(FZPU);
	for (unsigned i = 0; i < PER_SLAB + 1; i++)
		p[i] = owner_allocates();
	must(validate_slab_cache(victim) == 2);
	p[7][SIZE + 2] = 0;		/* allocated, of the full slab */
	log_begin();
	must(validate_slab_cache(victim) == 2);
	log_end();
	expect_overwritten("Right Redzone", p[7] + SIZE + 2, p[7] + SIZE + 2,
			   0, 0xcc);
	/* Repaired: nothing is found any more. */
	log_begin();
	must(validate_slab_cache(victim) == 2);
	log_end();
	expect_nothing_more();
	for (unsigned i = 0; i < PER_SLAB + 1; i++)
		owner_frees(p[i]);
	kmem_cache_destroy(victim);
	victim = kmem_cache_create("plain", SIZE, 0, 0, NULL);
	must(validate_slab_cache(victim) == -EINVAL);
}

static void validating_finds_what_nobody_has_freed(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG victim (Not tainted): Object corrupt" },
		validate, NULL);
}

TEST_MAIN(
	cmocka_unit_test(an_overflow_is_reported),
	cmocka_unit_test(an_underflow_is_reported),
	cmocka_unit_test(a_use_after_free_is_reported),
	cmocka_unit_test(a_double_free_is_reported),
	cmocka_unit_test(a_free_to_an_empty_slab_is_reported),
	cmocka_unit_test(a_pointer_into_an_object_is_reported),
	cmocka_unit_test(a_page_that_is_no_slab_is_reported),
	cmocka_unit_test(the_wrong_cache_is_reported),
	cmocka_unit_test(a_corrupt_free_pointer_is_reported),
	cmocka_unit_test(a_corrupt_chain_is_cut),
	cmocka_unit_test(an_overwritten_end_of_slab_is_reported),
	cmocka_unit_test(the_slack_of_kmalloc_is_guarded),
	cmocka_unit_test(validating_finds_what_nobody_has_freed))
