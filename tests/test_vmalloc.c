/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmalloc and vmap as their callers see them, and what they cost in flushes. */
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/tlbflush.h"
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

/* ---- memory ------------------------------------------------------------- */
static void check_zero(vaddr_t p, u64 size)
{
	for (u64 i = 0; i < size; i += 512)
		must(vm_load(p + i, 8) == 0);
}

/* Dirties all of memory, so that zeroes are not there by chance. */
static void dirty_and_free(u64 pages)
{
	vaddr_t p = vmalloc(pages * PAGE_SIZE);

	must(p);
	vm_memset(p, 0x5a, pages * PAGE_SIZE);
	vfree(p);
}

static void zero_and_keep(void *arg)
{
	/* One page; around the bulk of 100; around 512: the array's limit. */
	static const u64 sizes[] = { 1, 2, 99, 100, 101, 200, 512, 513, 1100 };
	unsigned i;

	dirty_and_free(2000);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		u64 size = sizes[i] * PAGE_SIZE;
		vaddr_t p = vzalloc(size - 100);

		must(p && IS_ALIGNED(p, PAGE_SIZE) && is_vmalloc_addr(p));
		check_zero(p, size);
		must(vmalloc_nr_pages() ==
		     sizes[i] + (sizes[i] > 512 ?
				 DIV_ROUND_UP(sizes[i] * 8, PAGE_SIZE) : 0));
		for (u64 at = 0; at < size; at += PAGE_SIZE)
			vm_store(p + at, 8, at + 1);
		for (u64 at = 0; at < size; at += PAGE_SIZE) {
			must(vm_load(p + at, 8) == at + 1);
			must(*(u64 *)page_address(vmalloc_to_page(p + at)) ==
			     at + 1);
		}
		vfree(p);
		must(vmalloc_nr_pages() == 0);
	}
}

static void memory_is_zeroed_and_mapped(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		emulate(&(struct emulation){ .kernel = 1, .cpus = 2 },
			zero_and_keep, NULL);
	}
}

static void all_pages_come_back(void *arg)
{
	u64 before, small = 0;
	unsigned round;

	/* Records and tables stay; then nothing more is kept. */
	for (round = 0; round < 6; round++) {
		dirty_and_free(700);
		vm_unmap_aliases();
		drain_all_pages();
		before = small;
		small = nr_free_pages();
	}
	must(small == before);
}

static void freed_pages_are_free(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1 }, all_pages_come_back, NULL);
}

static void alignment(void *arg)
{
	unsigned shift;

	for (shift = 0; shift < 24; shift++) {
		vaddr_t p = __vmalloc_node(3 * PAGE_SIZE, 1UL << shift,
					   GFP_KERNEL, NUMA_NO_NODE, _RET_IP_);

		must(p && IS_ALIGNED(p, 1UL << shift));
		vfree(p);
	}
}

static void aligned_areas_are_aligned(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, alignment, NULL);
}

static void touch_guard(void *arg)
{
	vaddr_t p = vmalloc(3 * PAGE_SIZE);

	must(vm_load(p + 3 * PAGE_SIZE - 8, 8) || true);
	vm_load(p + 3 * PAGE_SIZE, 8);
	vfree(p);
}

static void guard_page_faults(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG: unable to handle page fault for address: "
			       "ffffc90000003000" }, touch_guard, NULL);
}

/* ---- what is refused ---------------------------------------------------- */
static void too_large(void *arg)
{
	must(!vmalloc(64UL << 30));
	must(vmalloc_nr_pages() == 0);
}

static void short_of_memory(void *arg)
{
	u64 most = nr_free_pages();
	vaddr_t p;

	must(!vmalloc(most << PAGE_SHIFT));
	must(vmalloc_nr_pages() == 0);
	p = vmalloc((most / 2) << PAGE_SHIFT);
	must(p);
	vfree(p);
}

static void impossible_sizes_are_refused(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "vmalloc error: size 68719476736, exceeds total "
			       "pages" }, too_large, NULL);
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "failed to allocate pages" }, short_of_memory,
		NULL);
}

static void free_unaligned(void *arg)
{
	vfree(vmalloc(PAGE_SIZE) + 8);
}

static void free_twice(void *arg)
{
	vaddr_t p = vmalloc(PAGE_SIZE);

	vfree(0);
	vfree(p);
	vfree(p);
}

static void unmap_nothing(void *arg)
{
	vunmap(0);
	vunmap(VMALLOC_START + 5 * PAGE_SIZE);
}

static void bad_addresses_are_told(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Trying to vfree() bad address "
			       "(ffffc90000000008)" }, free_unaligned, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Trying to vfree() nonexistent vm area "
			       "(ffffc90000000000)" }, free_twice, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "Trying to vunmap() nonexistent vm area "
			       "(ffffc90000005000)" }, unmap_nothing, NULL);
}

/* ---- contexts ----------------------------------------------------------- */
static vaddr_t in_interrupt_addr[3];

static void free_in_interrupt(void *arg)
{
	must(in_interrupt());
	for (unsigned i = 0; i < 3; i++)
		vfree(in_interrupt_addr[i]);
}

static void interrupt_other_cpu(void *arg)
{
	unsigned i;

	for (i = 0; i < 3; i++)
		in_interrupt_addr[i] = vmalloc((i + 1) * PAGE_SIZE);
	must(vmalloc_nr_pages() == 6);
	must(!smp_call_function_single(1, free_in_interrupt, NULL, true));
	flush_all_workqueues();
	must(vmalloc_nr_pages() == 0);
	for (i = 0; i < 3; i++)
		must(vmap_where_is(in_interrupt_addr[i]) == VMAP_LAZY);
}

static void vfree_in_interrupt_is_deferred(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 10 },
		interrupt_other_cpu, NULL);
}

static void alloc_in_interrupt(void *arg)
{
	must(!vmalloc(PAGE_SIZE));
}

static void alloc_bh_disabled(void *arg)
{
	local_bh_disable();
	must(!vmalloc(PAGE_SIZE));
	local_bh_enable();
}

static void call_alloc(void *arg)
{
	must(!smp_call_function_single(1, alloc_in_interrupt, NULL, true));
}

static void vmalloc_in_interrupt_bugs(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .cpus = 2, .expect_exit = 6,
		.expect_text = "kernel BUG at mm/vm" }, call_alloc, NULL);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "kernel BUG at mm/vm" }, alloc_bh_disabled,
		NULL);
}

static void free_under_spinlock(void *arg)
{
	vaddr_t p = vmalloc(PAGE_SIZE);
	spinlock_t lock;

	spin_lock_init(&lock, LOCK_CLASS_NONE);
	spin_lock(&lock);
	vfree(p);
	spin_unlock(&lock);
}

static void free_atomic_under_spinlock(void *arg)
{
	vaddr_t p = vmalloc(PAGE_SIZE);
	spinlock_t lock;

	spin_lock_init(&lock, LOCK_CLASS_NONE);
	spin_lock(&lock);
	vfree_atomic(p);
	spin_unlock(&lock);
	flush_all_workqueues();
	must(vmalloc_nr_pages() == 0);
}

static void vfree_under_spinlock_is_told(void **state)
{
	use_member(1);
	emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
		.expect_text = "BUG: sleeping function called from invalid "
			       "context" }, free_under_spinlock, NULL);
	emulate(&(struct emulation){ .kernel = 1 }, free_atomic_under_spinlock,
		NULL);
}

/* ---- vmap --------------------------------------------------------------- */
static void map_mine(void *arg)
{
	struct page *mine[3], **given;
	vaddr_t a, b;
	unsigned i;

	for (i = 0; i < 3; i++)
		mine[i] = alloc_pages(GFP_KERNEL | __GFP_ZERO, 0);
	a = vmap(mine, 3, VM_MAP, PAGE_KERNEL);
	b = vmap(mine, 3, VM_MAP, PAGE_KERNEL);
	must(a && b && a != b && vmalloc_nr_pages() == 0);
	for (i = 0; i < 3; i++)
		vm_store(a + i * PAGE_SIZE, 8, i + 1);
	for (i = 0; i < 3; i++)
		must(vm_load(b + i * PAGE_SIZE, 8) == i + 1);
	vunmap(a);
	must(vm_load(b + PAGE_SIZE, 8) == 2);
	vunmap(b);
	for (i = 0; i < 3; i++)
		must(*(u64 *)page_address(mine[i]) == i + 1);
	/* These and their array are vfree's from now on. */
	given = kmalloc(sizeof(mine), GFP_KERNEL);
	for (i = 0; i < 3; i++)
		given[i] = mine[i];
	a = vmap(given, 3, VM_MAP | VM_MAP_PUT_PAGES, PAGE_KERNEL);
	must(a);
	vfree(a);
	for (i = 0; i < 3; i++)
		must(mine[i]->_refcount == 0);
	must(!vmap(mine, 1U << 30, VM_MAP, PAGE_KERNEL));
}

static void vmap_maps_the_callers_pages(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		emulate(&(struct emulation){ .kernel = 1 }, map_mine, NULL);
	}
}

/* ---- purges and flushes ------------------------------------------------- */
/*
 * [Q]: 4 CPUs: the worker drains when more than 24576 pages are lazy. Areas of
 * 64, guard included, so that few calls free as many: 385 of them.
 */
#define AREA_PAGES	64U

static void free_one_by_one(void *arg)
{
	const u64 nr = 4 * 385 + 20;
	struct page *mine[AREA_PAGES - 1];
	struct flush_stat flush;
	struct vmap_stat stat;
	u64 i;

	must(lazy_max_pages() == 24576);
	mine[0] = alloc_pages(GFP_KERNEL, 0);
	for (i = 1; i < ARRAY_SIZE(mine); i++)
		mine[i] = mine[0];
	for (i = 0; i < nr; i++) {
		vunmap(vmap(mine, ARRAY_SIZE(mine), VM_MAP, PAGE_KERNEL));
		cond_resched();
	}
	flush_all_workqueues();
	vmap_stat_read(&stat);
	flush_stat_read(&flush);
	must(stat.purges == 4 && flush.full == 4 && flush.ranged == 0);
	/* Between a drain's wake-up and its run little more is freed. */
	must(stat.areas_purged <= nr);
	if (vmap_ops == &vmap_nodes)
		must(stat.areas_purged >= 4 * 385);
	__free_pages(mine[0], 0);
}

static void a_purge_for_each_lazy_max(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		emulate(&(struct emulation){ .kernel = 1, .cpus = 4 },
			free_one_by_one, NULL);
	}
}

static void thresholds(void *arg)
{
	must(lazy_max_pages() == (u64)(uintptr_t)arg);
}

static void lazy_max_follows_the_formula(void **state)
{
	static const u64 max_of[][2] = {
		{ 1, 8192 }, { 2, 16384 }, { 4, 24576 }, { 8, 32768 },
		{ 16, 40960 },
	};
	unsigned i;

	use_member(1);
	for (i = 0; i < ARRAY_SIZE(max_of); i++)
		emulate(&(struct emulation){ .kernel = 1,
			.cpus = (unsigned)max_of[i][0] }, thresholds,
			(void *)(uintptr_t)max_of[i][1]);
}

static void aliases(void *arg)
{
	struct flush_stat before, after;
	vaddr_t p = vmalloc(5 * PAGE_SIZE);

	vm_load(p, 8);
	vfree(p);
	flush_stat_read(&before);
	vm_unmap_aliases();
	flush_stat_read(&after);
	/* Five pages and a guard: one by one. */
	must(after.ranged == before.ranged + 1);
	must(after.pages == before.pages + 6);
	vm_unmap_aliases();
	flush_stat_read(&after);
	must(after.ranged == before.ranged + 1);
}

static void aliases_are_flushed_once(void **state)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(members); i++) {
		use_member(i);
		emulate(&(struct emulation){ .kernel = 1, .cpus = 2 }, aliases,
			NULL);
	}
}

TEST_MAIN(
	cmocka_unit_test(memory_is_zeroed_and_mapped),
	cmocka_unit_test(freed_pages_are_free),
	cmocka_unit_test(aligned_areas_are_aligned),
	cmocka_unit_test(guard_page_faults),
	cmocka_unit_test(impossible_sizes_are_refused),
	cmocka_unit_test(bad_addresses_are_told),
	cmocka_unit_test(vfree_in_interrupt_is_deferred),
	cmocka_unit_test(vmalloc_in_interrupt_bugs),
	cmocka_unit_test(vfree_under_spinlock_is_told),
	cmocka_unit_test(vmap_maps_the_callers_pages),
	cmocka_unit_test(a_purge_for_each_lazy_max),
	cmocka_unit_test(lazy_max_follows_the_formula),
	cmocka_unit_test(aliases_are_flushed_once))
