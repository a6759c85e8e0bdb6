/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/audit.h"
#include "mm/pagetable.h"
#include "mm/vm_area.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

DEFINE_FAULT(vfree_skips_lazy, "INV-T4",
	     "a freed area goes to the free tree at once");
DEFINE_FAULT(vmalloc_no_guard, "INV-A9",
	     "areas are made without a guard page");

/* ---- the page array ------------------------------------------------------ */
struct page *vm_area_page(const struct vm_struct *vm, u64 i)
{
	if (vm->vpages)
		return (struct page *)vm_load(vm->vpages + i * sizeof(u64),
					      sizeof(u64));
	return vm->pages[i];
}

struct page *vm_area_peek_page(const struct vm_struct *vm, u64 i)
{
	u64 offset = i * sizeof(struct page *), pfn;
	const char *p;

	if (!vm->vpages)
		return vm->pages[i];
	if (!kernel_lookup_address(vm->vpages + offset, &pfn))
		return NULL;
	p = page_address(pfn_to_page(pfn));
	return *(struct page **)(p + (offset & ~PAGE_MASK));
}

void vm_area_set_page(struct vm_struct *vm, u64 i, struct page *page)
{
	if (vm->vpages)
		vm_store(vm->vpages + i * sizeof(u64), sizeof(u64), (u64)page);
	else
		vm->pages[i] = page;
}

int alloc_page_array(struct vm_struct *vm, u64 nr, gfp_t gfp, int node)
{
	gfp_t nested = (gfp & GFP_RECLAIM_MASK) | __GFP_ZERO;
	u64 size = nr * sizeof(struct page *);

	if (size > PAGE_SIZE)
		vm->vpages = __vmalloc_node(size, 1, nested, node,
					     vm->caller);
	else
		vm->pages = kmalloc_node(size, nested, node);
	return vm->vpages || vm->pages ? 0 : -ENOMEM;
}

void free_page_array(struct vm_struct *vm)
{
	if (vm->vpages)
		vfree(vm->vpages);
	else
		kfree(vm->pages);
}

/* ---- areas --------------------------------------------------------------- */
/* INV-C2: what takes locks and may sleep is no interrupt's. */
static void check_slow_path(const char *what)
{
	if (in_interrupt() || !preemptible())
		audit_violated("INV-C2", "%s with preempt_count %x, interrupts "
			       "%s", what, (unsigned)preempt_count(),
			       irqs_disabled() ? "off" : "on");
}

struct vm_struct *get_vm_area(u64 size, u64 align, u32 flags, gfp_t gfp,
			      int node, unsigned long caller)
{
	struct vmap_area *va;
	struct vm_struct *vm;

	if (in_interrupt()) {
		KERNEL_BUG();
		return NULL;
	}
	if_checked(check_slow_path("an area is made"));
	size = ALIGN(size, PAGE_SIZE);
	if (!size)
		return NULL;
	vm = kmalloc_node(sizeof(*vm), (gfp & GFP_RECLAIM_MASK) | __GFP_ZERO,
			  node);
	if (!vm)
		return NULL;
	vm->flags = flags;
	vm->caller = caller;
	if (!(flags & VM_NO_GUARD) && !FAULT(vmalloc_no_guard))
		size += PAGE_SIZE;
	if (vmap_ops->alloc(&(struct vmap_request){
			.size	= size,
			.align	= align,
			.vstart	= VMALLOC_START,
			.vend	= VMALLOC_END,
			.gfp	= gfp,
			.node	= node,
			.vm	= vm,
		}, &va)) {
		kfree(vm);
		return NULL;
	}
	return vm;
}

struct vm_struct *remove_vm_area(vaddr_t addr)
{
	struct list_head at_once = LIST_HEAD_INIT(at_once);
	struct vmap_area *va;
	struct vm_struct *vm;

	might_sleep();
	if_checked(check_slow_path("an area is removed"));
	if (!IS_ALIGNED(addr, PAGE_SIZE)) {
		kernel_bug("Trying to vfree() bad address (%016lx)", addr);
		return NULL;
	}
	va = vmap_ops->unlink(addr);
	if (!va || !va->vm)
		return NULL;
	vm = va->vm;
	vunmap_range_noflush(va->va_start, va->va_end);
	if (FAULT(vfree_skips_lazy)) {
		list_add(&va->list, &at_once);
		vmap_free_give(&at_once);
	} else {
		vmap_ops->free_lazy(va);
	}
	return vm;
}
