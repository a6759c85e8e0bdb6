/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmalloc, vmap and their undoing (vmalloc-tlb-ipi spec 3.1 to 3.4, 3.6).
 *
 * Freeing unmaps, hands the area over to be purged lazily, and gives the
 * pages back at once: until the purge a CPU may still translate the old
 * addresses to pages that are free or another's (spec C1). What is protected
 * is the address range, which is not reused before every CPU has flushed it.
 *
 * An array of page pointers above a page is vmalloc'ed itself, and reached as
 * any such memory is, through the TLB.
 */
#include "mm/audit.h"
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/vm_area.h"
#include "mm/vmap_core.h"

#define BULK_PAGES		100	/* a request at most (mm/vmalloc.c) */
#define ARRAY_BATCH		64
#define ZERO_CHECK_PAGES	64	/* that INV-M7 looks at */

DEFINE_FAULT(vmalloc_maps_guard, "INV-M1",
	     "the guard page is mapped to the last page");
DEFINE_FAULT(vmalloc_frees_mapped, "INV-M3",
	     "the last page of a new area is freed while it is mapped");
DEFINE_FAULT(vmalloc_miscounts, "INV-M6",
	     "a failed or freed area leaves nr_vmalloc_pages as it is");
DEFINE_FAULT(vmalloc_forgets_zero, "INV-M7",
	     "pages asked for zeroed are as they were");
DEFINE_FAULT(vmalloc_maps_twice, "INV-M7",
	     "the last page of an area is its first page again");

DEFINE_FAULT(vfree_in_interrupt, "INV-C2",
	     "an interrupt frees an area itself");
DEFINE_FAULT(deferred_skipped, "INV-C5",
	     "the worker frees every second area it is given");
DEFINE_FAULT(vfree_touches, "INV-T3", "a freed area is read once more");

static atomic_long_t nr_vmalloc_pages;

/* Areas to be freed by this CPU's worker: linked through their first word. */
struct vfree_deferred {
	vaddr_t			list;	/* atomics; pushed to in interrupts */
	struct work_struct	wq;
	u64			nr_pushed, nr_freed;	/* this CPU's */
};

static DEFINE_PER_CPU(struct vfree_deferred, vfree_deferred);

static void warn(gfp_t gfp, const char *what, u64 size, const char *tail)
{
	char names[128];

	if (gfp & __GFP_NOWARN)
		return;
	printk("%s: vmalloc error: size %lu, %s%s, mode:%#x(%s)",
	       current->comm, size, what, tail, gfp,
	       gfp_names(gfp, names, sizeof(names)));
}

static void warn_page_array(gfp_t gfp, u64 nr)
{
	char names[128];

	if (!(gfp & __GFP_NOWARN))
		printk("%s: vmalloc error: size %lu, failed to allocated page "
		       "array size %lu, mode:%#x(%s)", current->comm,
		       nr * PAGE_SIZE, nr * sizeof(struct page *), gfp,
		       gfp_names(gfp, names, sizeof(names)));
}

/* ---- building ------------------------------------------------------------ */
/* Owns page for the area and puts it in its slot. */
static void adopt_page(struct vm_struct *vm, struct page *page)
{
	page->type = PAGE_TYPE_VMALLOC;
	vm_area_set_page(vm, vm->nr_pages++, page);
}

/* Pages in bulks, as long as each is given in full. */
static void alloc_pages_in_bulk(struct vm_struct *vm, u64 nr, gfp_t gfp,
				int node)
{
	struct page *bulk[BULK_PAGES];

	while (vm->nr_pages < nr) {
		u64 asked = min_t(u64, BULK_PAGES, nr - vm->nr_pages), got;

		for (u64 i = 0; i < asked; i++)
			bulk[i] = NULL;
		got = alloc_pages_bulk_array_node(gfp & ~__GFP_NOFAIL, node,
						  asked, bulk);
		for (u64 i = 0; i < got; i++)
			adopt_page(vm, bulk[i]);
		cond_resched();
		if (got != asked)
			break;
	}
}

static int alloc_area_pages(struct vm_struct *vm, u64 nr, gfp_t gfp, int node)
{
	if (!(gfp & (__GFP_DMA | __GFP_DMA32)))
		gfp |= __GFP_HIGHMEM;
	gfp |= __GFP_NOWARN;
	if (FAULT(vmalloc_forgets_zero))
		gfp &= ~__GFP_ZERO;
	alloc_pages_in_bulk(vm, nr, gfp, node);
	while (vm->nr_pages < nr) {
		struct page *page = alloc_pages_node(node, gfp, 0);

		if (!page)
			break;
		adopt_page(vm, page);
		cond_resched();
	}
	if (FAULT(vmalloc_maps_twice) && nr > 1)
		vm_area_set_page(vm, nr - 1, vm_area_page(vm, 0));
	if (!FAULT(vmalloc_miscounts))
		atomic_long_add(vm->nr_pages, &nr_vmalloc_pages);
	count_vm_events(VMALLOC_PAGES, vm->nr_pages);
	return vm->nr_pages == nr ? 0 : -ENOMEM;
}

static int map_array_in_vm(struct vm_struct *vm)
{
	struct page *pages[ARRAY_BATCH];
	u64 nr = vm->nr_pages, n;
	int err;

	for (u64 i = 0; i < nr; i += n) {
		n = min_t(u64, ARRAY_BATCH, nr - i);
		for (u64 j = 0; j < n; j++)
			pages[j] = vm_area_page(vm, i + j);
		err = vmap_pages_range_noflush(vm->addr + i * PAGE_SIZE, pages,
					       n, PAGE_KERNEL);
		if (err)
			return err;
	}
	return 0;
}

static int map_area(struct vm_struct *vm)
{
	if (vm->vpages)
		return map_array_in_vm(vm);
	return vmap_pages_range_noflush(vm->addr, vm->pages, vm->nr_pages,
					PAGE_KERNEL);
}

static void plant_mapping_faults(struct vm_struct *vm)
{
	struct page *last;

	if (!FAULT(vmalloc_maps_guard) && !FAULT(vmalloc_frees_mapped))
		return;
	last = vm_area_page(vm, vm->nr_pages - 1);
	if (FAULT(vmalloc_maps_guard))
		(void)vmap_pages_range_noflush(vm->addr + vm_data_size(vm),
					       &last, 1, PAGE_KERNEL);
	if (FAULT(vmalloc_frees_mapped)) {
		last->type = PAGE_TYPE_NONE;
		__free_pages(last, 0);
	}
}

/* A few words of the first pages; not through the TLB, free of charge. */
static void check_zeroed(const struct vm_struct *vm)
{
	u64 nr = min_t(u64, vm->nr_pages, ZERO_CHECK_PAGES);

	if (vm->vpages)
		return;
	for (u64 i = 0; i < nr; i++) {
		const u64 *word = page_address(vm->pages[i]);

		for (u64 at = 0; at < PAGE_SIZE / sizeof(u64); at += 73)
			if (word[at])
				audit_violated("INV-M7", "page %lu of 0x%lx "
					       "is not zero", i, vm->addr);
	}
}

static void note_pages(const struct vm_struct *vm)
{
	if (!machine_notes_allocs())
		return;
	machine_quiet_begin();
	for (u64 i = 0; i < vm->nr_pages; i++)
		machine_note_alloc(page_address(vm_area_peek_page(vm, i)),
				   PAGE_SIZE, vm->caller);
	machine_quiet_end();
}

/* Fills a fresh area with nr pages and maps them; on failure there is none any
 * more. */
static int build_area(struct vm_struct *vm, u64 nr, gfp_t gfp, int node)
{
	int err;

	err = alloc_page_array(vm, nr, gfp, node);
	if (err) {
		warn_page_array(gfp, nr);
		kfree(remove_vm_area(vm->addr));
		return err;
	}
	err = alloc_area_pages(vm, nr, gfp, node);
	if (err) {
		warn(gfp, "failed to allocate pages",
		     vm->nr_pages * PAGE_SIZE, "");
		vfree(vm->addr);
		return err;
	}
	note_pages(vm);
	while ((err = map_area(vm)) == -ENOMEM && (gfp & __GFP_NOFAIL)) {
		vunmap_range_noflush(vm->addr, vm->addr + vm->size);
		schedule_timeout_ns(TICK_NSEC);
	}
	if (err) {
		warn(gfp, "failed to map pages", nr * PAGE_SIZE, "");
		vfree(vm->addr);
		return err;
	}
	if (gfp & __GFP_ZERO)
		if_checked(check_zeroed(vm));
	plant_mapping_faults(vm);
	/* Readers of the areas skip it before; the array and the pages are
	 * complete for who sees it go. */
	smp_store_release(&vm->flags, vm->flags & ~VM_UNINITIALIZED);
	return 0;
}

static vaddr_t vmalloc_range(u64 size, u64 align, gfp_t gfp, int node,
			     unsigned long caller)
{
	static bool warned;
	struct vm_struct *vm;

	if (!size) {
		if (!xchg(&warned, true))
			KERNEL_WARN("__vmalloc_node_range");
		return 0;
	}
	if (size >> PAGE_SHIFT > totalram_pages()) {
		warn(gfp, "exceeds total pages", size, "");
		return 0;
	}
	/* BUG_ON(in_interrupt()). */
	if (in_interrupt()) {
		KERNEL_BUG();
		return 0;
	}
	while (!(vm = get_vm_area(size, align, VM_ALLOC | VM_UNINITIALIZED,
				  gfp, node, caller))) {
		bool nofail = gfp & __GFP_NOFAIL;

		warn(gfp, "vm_struct allocation failed", size,
		     nofail ? ". Retrying." : "");
		if (!nofail)
			return 0;
		schedule_timeout_ns(TICK_NSEC);
	}
	return build_area(vm, DIV_ROUND_UP(size, PAGE_SIZE), gfp, node) ? 0 :
		vm->addr;
}

vaddr_t vmalloc(u64 size)
{
	return vmalloc_range(size, 1, GFP_KERNEL, NUMA_NO_NODE, _RET_IP_);
}

vaddr_t vzalloc(u64 size)
{
	return vmalloc_range(size, 1, GFP_KERNEL | __GFP_ZERO, NUMA_NO_NODE,
			     _RET_IP_);
}

vaddr_t vmalloc_node(u64 size, int node)
{
	return vmalloc_range(size, 1, GFP_KERNEL, node, _RET_IP_);
}

vaddr_t vzalloc_node(u64 size, int node)
{
	return vmalloc_range(size, 1, GFP_KERNEL | __GFP_ZERO, node, _RET_IP_);
}

vaddr_t __vmalloc(u64 size, gfp_t gfp)
{
	return vmalloc_range(size, 1, gfp, NUMA_NO_NODE, _RET_IP_);
}

vaddr_t __vmalloc_node(u64 size, u64 align, gfp_t gfp, int node,
		       unsigned long caller)
{
	return vmalloc_range(size, align, gfp, node, caller);
}

/* ---- freeing ------------------------------------------------------------- */
static void free_area_pages(struct vm_struct *vm)
{
	for (u64 i = 0; i < vm->nr_pages; i++) {
		struct page *page = vm_area_page(vm, i);

		page->type = PAGE_TYPE_NONE;
		__free_pages(page, 0);
		cond_resched();
	}
	if (vm->flags & VM_MAP_PUT_PAGES)
		return;
	atomic_long_sub(vm->nr_pages, &nr_vmalloc_pages);
	count_vm_events(VMALLOC_PAGES, -(u64)vm->nr_pages);
}

/* Takes the area at addr out, or reports that there is none. */
static struct vm_struct *take_area(vaddr_t addr, const char *caller)
{
	struct vm_struct *vm = remove_vm_area(addr);

	if (!vm) {
		kernel_bug("Trying to %s nonexistent vm area (%016lx)", caller,
			   addr);
		dump_stack();
	}
	return vm;
}

void vfree(vaddr_t addr)
{
	struct vm_struct *vm;

	if (in_interrupt() && !FAULT(vfree_in_interrupt)) {
		vfree_atomic(addr);
		return;
	}
	might_sleep();
	if (!addr)
		return;
	vm = take_area(addr, "vfree()");
	if (!vm)
		return;
	if (FAULT(vfree_touches))
		vm_load(addr, 1);
	free_area_pages(vm);
	free_page_array(vm);
	kfree(vm);
}

/* ---- resizing ------------------------------------------------------------ */
static void copy_area(vaddr_t to, vaddr_t from, u64 size)
{
	char bytes[512];

	for (u64 done = 0; done < size; done += sizeof(bytes)) {
		u64 n = min_t(u64, size - done, sizeof(bytes));

		vm_memcpy_from(bytes, from + done, n);
		vm_memcpy_to(to + done, bytes, n);
	}
}

vaddr_t vrealloc(vaddr_t addr, u64 size, gfp_t gfp)
{
	struct vmap_area *va = addr ? vmap_ops->find(addr) : NULL;
	u64 room = va && va->vm ? vm_data_size(va->vm) : 0;
	vaddr_t larger;

	if (!size) {
		vfree(addr);
		return 0;
	}
	if (addr && !room) {
		kernel_bug("Trying to vrealloc() nonexistent vm area (%lx)",
			   addr);
		dump_stack();
		return 0;
	}
	if (size <= room) {
		if (gfp & __GFP_ZERO)
			vm_memset(addr + size, 0, room - size);
		return addr;
	}
	larger = __vmalloc(size, gfp);
	if (larger && addr) {
		copy_area(larger, addr, room);
		vfree(addr);
	}
	return larger;
}

static void delayed_vfree_work(struct work_struct *work)
{
	struct vfree_deferred *p = container_of(work, struct vfree_deferred,
						wq);
	vaddr_t addr = xchg(&p->list, 0), next;

	for (; addr; addr = next) {
		next = vm_load(addr, sizeof(addr));
		if (FAULT(deferred_skipped) && p->nr_pushed % 2)
			continue;
		vfree(addr);
		if_checked(p->nr_freed++);	/* for INV-C5 */
	}
}

/* Each is freed once, and by now: the list of an item that is not queued is
 * empty. */
void vfree_deferred_audit(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu) {
		const struct vfree_deferred *p = per_cpu_ptr(&vfree_deferred,
							     cpu);

		if (work_pending(&p->wq))
			continue;
		if (p->list || p->nr_pushed != p->nr_freed)
			audit_violated("INV-C5", "cpu %u: %lu areas were "
				       "deferred, %lu freed, and %s left", cpu,
				       p->nr_pushed, p->nr_freed,
				       p->list ? "some are" : "none is");
	}
}

void vfree_atomic(vaddr_t addr)
{
	struct vfree_deferred *p = this_cpu_ptr(&vfree_deferred);
	vaddr_t first = READ_ONCE(p->list);

	if (in_nmi()) {
		KERNEL_BUG();
		return;
	}
	if (!addr)
		return;
	/* Only the first to arrive needs to call the worker. */
	do {
		vm_store(addr, sizeof(addr), first);
	} while (!try_cmpxchg(&p->list, &first, addr));
	if_checked(p->nr_pushed++);
	if (!first)
		schedule_work(&p->wq);
}

/* ---- vmap ---------------------------------------------------------------- */
vaddr_t vmap(struct page **pages, unsigned count, u32 flags, unsigned prot)
{
	struct vm_struct *vm;

	might_sleep();
	if (flags & VM_NO_GUARD) {
		KERNEL_WARN("vmap");
		flags &= ~VM_NO_GUARD;
	}
	if (count > totalram_pages())
		return 0;
	vm = get_vm_area((u64)count << PAGE_SHIFT, 1, flags, GFP_KERNEL,
			 NUMA_NO_NODE, _RET_IP_);
	if (!vm)
		return 0;
	/* Memory mapped twice is data: never executable. */
	if (vmap_pages_range_noflush(vm->addr, pages, count,
				     prot & ~PROT_EXEC)) {
		vunmap(vm->addr);
		return 0;
	}
	if (flags & VM_MAP_PUT_PAGES) {
		vm->pages = pages;
		vm->nr_pages = count;
	}
	return vm->addr;
}

void vunmap(vaddr_t addr)
{
	struct vm_struct *vm;

	if (in_interrupt()) {
		KERNEL_BUG();
		return;
	}
	might_sleep();
	if (!addr)
		return;
	vm = take_area(addr, "vunmap()");
	if (!vm)
		return;
	kfree(vm);
}

/* ---- the rest ------------------------------------------------------------ */
bool is_vmalloc_addr(vaddr_t addr)
{
	return addr >= VMALLOC_START && addr < VMALLOC_END;
}

struct page *vmalloc_to_page(vaddr_t addr)
{
	u64 pfn;

	return kernel_lookup_address(addr, &pfn) ? pfn_to_page(pfn) : NULL;
}

u64 vmalloc_nr_pages(void)
{
	return (u64)atomic_long_read(&nr_vmalloc_pages);
}

void vmalloc_init(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu) {
		struct vfree_deferred *p = per_cpu_ptr(&vfree_deferred, cpu);

		p->list = 0;
		INIT_WORK(&p->wq, delayed_vfree_work);
	}
	vmap_init();
	if_checked(vmalloc_audit_init());
}
