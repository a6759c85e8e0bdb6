/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The invariants of address space, mappings and TLBs that take more than one
 * module's view (vmalloc-tlb-ipi spec 10). At quiescence, but for the
 * stale-TLB handler. Nothing is allocated and nothing is sorted.
 */
#include "mm/audit.h"
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/vm_area.h"
#include "mm/vmap_block.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

struct audit {
	u64	edges;		/* see add_to_partition() */
	u64	lazy_pages;
	u64	vmalloc_pages;
};

static u64 hash(u64 x)		/* the finaliser of splitmix64 */
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9UL;
	x ^= x >> 27;
	x *= 0x94d049bb133111ebUL;
	return x ^ (x >> 31);
}

/*
 * INV-A1 in O(n) and without memory. Take an area as an edge from its start
 * to its end, which is larger. If every address but 1 and ULONG_MAX begins as
 * many areas as it ends, the edges are one path from 1 to ULONG_MAX and cycles;
 * edges that only ascend make no cycle; so the areas are a partition. Sums of
 * hashes compare what begins with what ends.
 */
static void add_to_partition(struct audit *audit, const struct vmap_area *va)
{
	audit->edges += hash(va->va_end) - hash(va->va_start);
}

/* First pass: each page of a vmalloc area learns where it is mapped. */
static void mark_pages(void *arg, const struct vmap_area *va,
		       enum vmap_where where)
{
	const struct vm_struct *vm = va->vm;

	if (where != VMAP_BUSY || !vm || !(vm->flags & VM_ALLOC))
		return;
	for (u64 i = 0; i < vm->nr_pages; i++) {
		struct page *page = vm_area_peek_page(vm, i);

		if (page)
			page->index = vm->addr + i * PAGE_SIZE;
	}
}

/* Second pass: a page in two places knows the other one. */
static void audit_owned(const struct vm_struct *vm, u64 i, u64 pfn)
{
	struct page *page = vm_area_peek_page(vm, i);
	u64 addr = vm->addr + i * PAGE_SIZE;

	if (!page || page_to_pfn(page) != pfn) {
		audit_violated("INV-M1", "0x%lx maps frame %lu, not its own",
			       addr, pfn);
		return;
	}
	if (page->type != PAGE_TYPE_VMALLOC || !READ_ONCE(page->_refcount))
		audit_violated("INV-M3", "0x%lx maps frame %lu, which is free "
			       "or another's (type %u)", addr, pfn, page->type);
	if (page->index != addr)
		audit_violated("INV-M7", "frame %lu is page of 0x%lx and of "
			       "0x%lx", pfn, addr, page->index);
}

static void audit_mapping(const struct vm_struct *vm)
{
	u64 nr = vm_data_size(vm) >> PAGE_SHIFT, pfn;

	if (vm->flags & VM_UNINITIALIZED)
		return;
	for (u64 i = 0; i < nr; i++) {
		u64 addr = vm->addr + i * PAGE_SIZE;

		if (!pagetable_covers(addr))
			audit_violated("INV-M5", "0x%lx is a page of a live "
				       "area and has no table", addr);
		else if (!kernel_lookup_address(addr, &pfn))
			audit_violated("INV-M1", "0x%lx is a page of a live "
				       "area and not mapped", addr);
		else if (vm->flags & VM_ALLOC)
			audit_owned(vm, i, pfn);
	}
	if (!(vm->flags & VM_NO_GUARD) &&
	    kernel_lookup_address(vm->addr + nr * PAGE_SIZE, &pfn))
		audit_violated("INV-M1", "the guard page 0x%lx is mapped",
			       vm->addr + nr * PAGE_SIZE);
	if ((vm->flags & VM_ALLOC) && nr != vm->nr_pages)
		audit_violated("INV-A9", "area 0x%lx of %u pages has %lu "
			       "before its guard page", vm->addr, vm->nr_pages,
			       nr);
}

static void audit_area(void *arg, const struct vmap_area *va,
		       enum vmap_where where)
{
	struct audit *audit = arg;

	add_to_partition(audit, va);
	if (where == VMAP_LAZY)
		audit->lazy_pages += va_size(va) >> PAGE_SHIFT;
	if (where != VMAP_BUSY || !va->vm)
		return;
	if (va->vm->addr != va->va_start || va->vm->size != va_size(va))
		audit_violated("INV-A7", "0x%lx-0x%lx is described as 0x%lx, "
			       "%lu bytes", va->va_start, va->va_end,
			       va->vm->addr, va->vm->size);
	audit_mapping(va->vm);
	if (va->vm->flags & VM_ALLOC)
		audit->vmalloc_pages += va->vm->nr_pages;
}

static bool is_busy(u64 addr)
{
	return vmap_ops->find(addr) != NULL;
}

static void audit_leaf(void *arg, u64 addr, u64 pfn)
{
	if (is_busy(addr)) {
		vmap_blocks_audit_leaf(addr);
		return;
	}
	audit_violated("INV-M2", "0x%lx is mapped and belongs to nobody",
		       addr);
	if (vmap_where_is(addr) == VMAP_POOL)
		audit_violated("INV-A6", "0x%lx is pooled and mapped", addr);
}

static void audit_translation(void *arg, u64 addr, u64 pfn)
{
	unsigned cpu = *(unsigned *)arg;
	u64 now;

	if (kernel_lookup_address(addr, &now) && now == pfn)
		return;
	switch (vmap_where_is(addr)) {
	case VMAP_BUSY:
		/* In a slot of a block that is not used yet or again? */
		vmap_blocks_audit_translation(cpu, addr);
		break;
	case VMAP_FREE:
	case VMAP_POOL:
		audit_violated("INV-T1", "CPU %u still translates 0x%lx, which "
			       "was given back", cpu, addr);
		break;
	case VMAP_LAZY:
	case VMAP_NOWHERE:
		break;
	}
}

static void audit_counts(const struct audit *audit)
{
	u64 nr_lazy = (u64)atomic_long_read(&vmap_lazy_nr);

	if (audit->edges != hash(ULONG_MAX) - hash(1))
		audit_violated("INV-A1", "free, busy, lazy and pooled areas "
			       "are no partition of the address space");
	if (nr_lazy != audit->lazy_pages)
		audit_violated("INV-A10", "vmap_lazy_nr is %ld, %lu pages are "
			       "lazy", (long)nr_lazy, audit->lazy_pages);
	if (audit->lazy_pages > lazy_max_pages() && !vmap_drain_pending())
		audit_violated("INV-A11", "%lu lazy pages, at most %lu, and no "
			       "drain is queued", audit->lazy_pages,
			       lazy_max_pages());
	if (vmalloc_nr_pages() != audit->vmalloc_pages ||
	    sum_vm_event(VMALLOC_PAGES) != audit->vmalloc_pages)
		audit_violated("INV-M6", "nr_vmalloc_pages is %lu, areas have "
			       "%lu", vmalloc_nr_pages(), audit->vmalloc_pages);
}

void vmalloc_audit(void)
{
	struct audit audit = { .edges = 0 };
	unsigned cpu;

	machine_quiet_begin();
	vmap_ops->audit();
	vmap_free_audit();
	vmap_blocks_audit();
	vmap_ops->walk(mark_pages, NULL);
	vmap_ops->walk(audit_area, &audit);
	vmap_free_walk(audit_area, &audit);
	audit_counts(&audit);
	pagetable_audit(audit_leaf, NULL);
	for_each_online_cpu(cpu)
		tlb_for_each(cpu, audit_translation, &cpu);
	vfree_deferred_audit();
	machine_quiet_end();
}

/* Pages of lazily freed areas are in other hands: who must rule out that they
 * are reached has just had every address flushed. */
static void audit_strictly(void *arg, u64 addr, u64 pfn)
{
	u64 now;

	if (!kernel_lookup_address(addr, &now) || now != pfn)
		audit_violated("INV-T2", "CPU %u still translates 0x%lx to "
			       "frame %lu after vm_unmap_aliases()",
			       *(unsigned *)arg, addr, pfn);
}

void vmalloc_audit_strictly(void)
{
	unsigned cpu;

	machine_quiet_begin();
	for_each_online_cpu(cpu)
		tlb_for_each(cpu, audit_strictly, &cpu);
	machine_quiet_end();
}

/*
 * A CPU has used a translation that the page tables no longer hold. Where the
 * address is tells who is wrong. It cannot leave that place meanwhile for the
 * better: a purge that would publish it waits for this CPU's flush.
 */
static void stale_use(u64 addr, u64 pfn)
{
	static const char *const places[] = {
		[VMAP_FREE] = "free",
		[VMAP_BUSY] = "busy",
		[VMAP_POOL] = "pooled",
	};
	enum vmap_where where = vmap_where_is(addr);

	/* INV-T3 */
	if (where == VMAP_NOWHERE || where == VMAP_LAZY) {
		kernel_bug("BUG: use after vfree: CPU %u used a stale "
			   "translation of %016lx", smp_processor_id(), addr);
		return;
	}
	if (where == VMAP_BUSY && vmap_block_slot_is_dirty(addr)) {
		kernel_bug("BUG: use after vm_unmap_ram: CPU %u used a stale "
			   "translation of %016lx", smp_processor_id(), addr);
		return;
	}
	audit_violated("INV-T4", "CPU %u used a stale translation of %s "
		       "address 0x%lx", smp_processor_id(), places[where],
		       addr);
}

void vmalloc_audit_init(void)
{
	tlb_set_stale_handler(stale_use);
}
