/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmalloc under stress, used after free, and with planted faults. */
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "mm/vmap.h"
#include "tests/kernel.h"
#include "tests/test.h"

static const struct vmap_ops *const members[] = {
	&vmap_augmented, &vmap_nodes,
};

static void use_member(unsigned i)
{
	kernel_config = (struct mm_config){ .vmap = members[i] };
}

/* ---- stale translations ------------------------------------------------- */
static void use_after_free(void *arg)
{
	vaddr_t p = vmalloc(PAGE_SIZE);

	vm_store(p, 8, 1);
	vfree(p);
	vm_load(p, 8);
}

static void use_after_vfree_is_told(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
			.expect_text = "BUG: use after vfree: CPU 0 used a "
			"stale translation of ffffc90000000000" },
			use_after_free, NULL);
	}
}

static vaddr_t shared;

static void touch_shared(void *arg, unsigned cpu)
{
	vm_load(shared, 8);
}

/* With a fault, the address is reused while another CPU still holds the old
 * translation, and uses it. */
static void reuse(void *arg)
{
	vaddr_t again;

	shared = vmalloc(PAGE_SIZE);
	on_all_cpus(touch_shared, NULL);
	vfree(shared);
	/* Another page behind it this time. */
	alloc_pages(GFP_KERNEL, 0);
	vm_unmap_aliases();
	again = vmalloc(PAGE_SIZE);
	must(again == shared);
	on_all_cpus(touch_shared, NULL);
}

static void free_and_purge(void *arg)
{
	shared = vmalloc(PAGE_SIZE);
	on_all_cpus(touch_shared, NULL);
	vfree(shared);
	vm_unmap_aliases();
}

/* ---- stress ------------------------------------------------------------- */
#define STRESS_SLOTS	8

/* Slots are handed from CPU to CPU: who takes one uses and frees it. */
static u64 slots[STRESS_SLOTS];

static void use_and_free(vaddr_t p)
{
	u64 size = vm_load(p, 8), stamp = vm_load(p + 8, 8);

	must(size && size % PAGE_SIZE == 0);
	for (u64 at = PAGE_SIZE; at < size; at += PAGE_SIZE)
		must(vm_load(p + at, 8) == stamp + at);
	vfree(p);
}

static void stress_on(void *arg, unsigned cpu)
{
	struct rng rng;
	unsigned step;

	rng_seed(&rng, test_seed() * 64 + cpu);
	for (step = 0; step < 40; step++) {
		u64 size = (1 + rng_below(&rng, rng_chance(&rng, 5) ? 600 :
					  12)) * PAGE_SIZE;
		u64 stamp = rng_next(&rng);
		vaddr_t p = vmalloc(size);

		if (!p)
			continue;
		vm_store(p, 8, size);
		vm_store(p + 8, 8, stamp);
		for (u64 at = PAGE_SIZE; at < size; at += PAGE_SIZE)
			vm_store(p + at, 8, stamp + at);
		p = xchg(&slots[rng_below(&rng, STRESS_SLOTS)], p);
		if (p)
			use_and_free(p);
		if (rng_chance(&rng, 3))
			vm_unmap_aliases();
		cond_resched();
	}
}

static void stress(void *arg)
{
	on_all_cpus(stress_on, NULL);
	for (unsigned i = 0; i < STRESS_SLOTS; i++)
		if (slots[i])
			use_and_free(slots[i]);
	flush_all_workqueues();
	must(vmalloc_nr_pages() == 0);
}

static void memory_passes_from_cpu_to_cpu(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		/* So low that purges are many. */
		kernel_config.lazy_max_pages = 200;
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4,
			.seeds = 100 }, stress, NULL);
	}
}

/* ---- planted faults ----------------------------------------------------- */
static void some_areas(void *arg)
{
	vaddr_t p = vmalloc(5 * PAGE_SIZE), q = vmalloc(3 * PAGE_SIZE);

	must(p && q);
	for (u64 at = 0; at < 3 * PAGE_SIZE; at += PAGE_SIZE)
		vm_store(q + at, 8, at);
}

/* Dirties memory, so that zeroes are not there by chance. */
static void dirty_and_free(u64 pages)
{
	vaddr_t p = vmalloc(pages * PAGE_SIZE);

	must(p);
	vm_memset(p, 0x5a, pages * PAGE_SIZE);
	vfree(p);
}

static void dirty_then_zero(void *arg)
{
	dirty_and_free(100);
	vzalloc(20 * PAGE_SIZE);
}

static void two_areas(void *arg)
{
	vmalloc(5 * PAGE_SIZE);
	vmalloc(3 * PAGE_SIZE);
}

static void told(unsigned member, const char *fault, const char *text,
		 void (*fn)(void *arg))
{
	use_member(member);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .fault = fault,
		.expect_exit = fault ? 6 : 0,
		.expect_text = fault ? text : NULL }, fn, NULL);
}

static void caught(unsigned member, const char *fault, const char *id,
		   void (*fn)(void *arg))
{
	char text[64];

	snprintf(text, sizeof(text), "invariant %s violated", id);
	told(member, fault, text, fn);
}

/* One page more than may be lazy: the worker purges. */
static void free_and_drain(void *arg)
{
	mm_config.lazy_max_pages = 1;
	vfree(vmalloc(PAGE_SIZE));
	flush_all_workqueues();
}

static void free_and_purge_often(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 100; i++) {
		vaddr_t p = vmalloc(PAGE_SIZE);

		must(p);
		vm_store(p, 8, 1);
		vfree(p);
		vm_unmap_aliases();
	}
}

static void all_purge(void *arg)
{
	on_all_cpus(free_and_purge_often, NULL);
}

static void device_frees(void)
{
	vfree(shared);
}

/* An interrupt gives two areas back, one after the other. */
static void free_in_interrupts(void *arg)
{
	machine_set_device_handler(device_frees);
	for (unsigned i = 0; i < 2; i++) {
		shared = vmalloc(PAGE_SIZE);
		must(shared);
		vm_store(shared, 8, i);
		preempt_disable();
		machine_device_timer(sched_clock() + 1000);
		ndelay(20000);
		preempt_enable();
		flush_all_workqueues();
	}
}

/* A translation is left behind, for the audit's vm_unmap_aliases(). */
static void free_and_keep(void *arg)
{
	vaddr_t p = vmalloc(PAGE_SIZE);

	vm_store(p, 8, 1);
	vfree(p);
}

static void faults_are_caught(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		caught(i, NULL, "", some_areas);
		caught(i, NULL, "", reuse);
		caught(i, NULL, "", free_and_purge);
		caught(i, "vmalloc_maps_guard", "INV-M1", some_areas);
		caught(i, "vmalloc_no_guard", "INV-A9", some_areas);
		caught(i, "vmalloc_frees_mapped", "INV-M3", some_areas);
		caught(i, "space_given_twice", "INV-M4", two_areas);
		caught(i, "vmalloc_miscounts", "INV-M6", some_areas);
		caught(i, "vmalloc_maps_twice", "INV-M7", some_areas);
		caught(i, NULL, "", dirty_then_zero);
		caught(i, "vmalloc_forgets_zero", "INV-M7", dirty_then_zero);
		caught(i, "purge_without_flush", "INV-T1", free_and_purge);
		caught(i, "purge_without_flush", "INV-T4", reuse);
		caught(i, "vfree_skips_lazy", "INV-T4", reuse);
		caught(i, "flush_skips_cpu", "INV-T1", free_and_purge);
		caught(i, "flush_skips_cpu", "INV-T4", reuse);
		caught(i, NULL, "", free_and_keep);
		caught(i, "aliases_kept", "INV-T2", free_and_keep);
		caught(i, NULL, "", free_in_interrupts);
		caught(i, "vfree_in_interrupt", "INV-C2", free_in_interrupts);
		caught(i, "deferred_skipped", "INV-C5", free_in_interrupts);
		caught(i, "purge_under_spinlock", "INV-C1", free_and_purge);
		caught(i, NULL, "", free_and_drain);
		caught(i, "purge_unserialised", "INV-C1", free_and_drain);
		caught(i, NULL, "", all_purge);
		caught(i, "purge_lets_go", "INV-I9", all_purge);
		/* These have texts of their own. */
		told(i, "vfree_touches", "BUG: use after vfree: CPU 0 used a "
		     "stale translation", free_and_keep);	/* INV-T3 */
		told(i, "purge_preempt_off", "BUG: sleeping function called "
		     "from invalid context", free_and_drain);	/* INV-C3 */
	}
	told(1, "nodes_lazy_under_busy", "possible circular locking "
	     "dependency", free_and_keep);			/* INV-C4 */
}

TEST_MAIN(
	cmocka_unit_test(use_after_vfree_is_told),
	cmocka_unit_test(memory_passes_from_cpu_to_cpu),
	cmocka_unit_test(faults_are_caught))
