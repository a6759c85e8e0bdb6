/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU vmap blocks (vmalloc-tlb-ipi spec 3.5; mm/vmalloc.c, 6.12).
 *
 * A block is an area of which slots are cut in one direction, from offset 0
 * up, and never cut again: a slot that is unmapped is dirty until the whole
 * block goes. So free + dirty + what is mapped is the block, and an address is
 * not used a second time before the purge of its area has flushed it.
 *
 * Who finds a block. To allocate: a CPU walks its own list of blocks with free
 * slots, under RCU; the block's lock decides. To free: the array of the queue
 * that owns the address, whichever CPU made the block. A block is in the array
 * from its creation until it is wholly dirty, and in the list of the CPU that
 * made it while it has free slots.
 *
 * A block ends when its last slot becomes dirty (vb_free), or, having no slot
 * mapped, when a purge turns its free slots into dirty ones
 * (vmap_block_purge.c). Either happens
 * once, under the block's lock; then nobody can find anything to do in it, and
 * it is erased from the array, its area freed lazily and its record after a
 * grace period.
 *
 * The flush. [dirty_min, dirty_max) covers the slots unmapped since somebody
 * has flushed; vm_unmap_aliases() flushes these ranges of all blocks.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/pagetable.h"
#include "mm/vm_area.h"
#include "mm/vmap_block_def.h"
#include "mm/vmap_core.h"

DEFINE_FAULT(vb_slot_given_twice, "INV-M4",
	     "a slot of a block is cut a second time");
DEFINE_FAULT(vb_wrong_queue, "INV-A5",
	     "a block is put into the queue after its own");
DEFINE_FAULT(vb_dirty_uncounted, "INV-A1",
	     "a slot is unmapped and counts as neither used nor dirty");
DEFINE_FAULT(vb_keeps_mapping, "INV-M2",
	     "a slot is given back with its first page still mapped");
DEFINE_FAULT(vb_dirty_range_short, "INV-T11",
	     "the dirty range of a block ends before its last slot");

struct vmap_block_geometry vmap_block_geometry;
DEFINE_PER_CPU_ALIGNED(struct vmap_block_queue, vmap_block_queue);
DEFINE_PER_CPU(struct vmap_block_stat, vmap_block_stats);

/* ---- sizes ---- */
#define NOMINAL_VMALLOC_64BIT	(128UL << 30)
#define NOMINAL_VMALLOC_32BIT	(128UL << 20)
#define BLOCK_SHARE		16	/* a CPU's part holds so many blocks */

unsigned vmap_bbmap_bits(unsigned nr_cpus, bool is_64bit)
{
	u64 max_alloc = is_64bit ? 64 : 32;
	u64 pages = (is_64bit ? NOMINAL_VMALLOC_64BIT : NOMINAL_VMALLOC_32BIT) /
		PAGE_SIZE;
	u64 bits = pages >> fls(nr_cpus - 1);

	return (unsigned)min_t(u64, VMAP_BBMAP_BITS_MAX,
			       max(2 * max_alloc, bits / BLOCK_SHARE));
}

unsigned vmap_max_alloc(void)
{
	return vmap_block_geometry.max_alloc;
}

unsigned vmap_block_pages(void)
{
	return vmap_block_geometry.bits;
}

/* ---- a block's making ---- */
static struct vmap_block *make_record(struct vmap_area *va, unsigned order,
				      int node)
{
	unsigned bits = vmap_block_geometry.bits;
	struct vmap_block *vb = kmalloc_node(sizeof(*vb), GFP_KERNEL, node);

	if (!vb)
		return NULL;
	spin_lock_init(&vb->lock, LOCK_VMAP_BLOCK);
	vb->va = va;
	vb->cpu = raw_smp_processor_id();
	vb->free = bits - (1UL << order);
	vb->dirty = 0;
	vb->dirty_min = bits;
	vb->dirty_max = 0;
	machine_memset(vb->used_map, 0, sizeof(vb->used_map));
	vb_bits_set(vb, 0, 1u << order);
	INIT_LIST_HEAD(&vb->free_list);
	INIT_LIST_HEAD(&vb->purge);
	return vb;
}

static int alloc_block_area(struct vmap_area **out)
{
	return vmap_ops->alloc(&(struct vmap_request){
			.size	= vmap_block_geometry.size,
			.align	= vmap_block_geometry.size,
			.vstart	= VMALLOC_START,
			.vend	= VMALLOC_END,
			.gfp	= GFP_KERNEL,
			.node	= numa_node_id(),
			.flags	= VMAP_RAM | VMAP_BLOCK,
		}, out);
}

static void free_area(struct vmap_area *va)
{
	must(vmap_ops->unlink(va->va_start) == va);
	vmap_ops->free_lazy(va);
}

static struct xarray *xa_to_insert(u64 addr)
{
	if (FAULT(vb_wrong_queue))
		addr += vmap_block_geometry.size;
	return vb_addr_to_xa(addr);
}

/* A block of which the first 1 << order slots are taken: its address, or 0. */
static u64 new_vmap_block(unsigned order)
{
	struct vmap_block_queue *vbq;
	struct vmap_block *vb;
	struct vmap_area *va;
	u64 addr;

	if (alloc_block_area(&va))
		return 0;
	addr = va->va_start;
	vb = make_record(va, order, numa_node_id());
	if (!vb)
		goto give_area;
	if (xa_insert(xa_to_insert(addr), vb_addr_to_idx(addr), vb,
		      GFP_KERNEL))
		goto give_record;
	vb_count(blocks_made);
	/* What may sleep lies behind: this is the CPU that allocated, but
	 * tasks of other kernels migrate, so by the record. */
	vbq = per_cpu_ptr(&vmap_block_queue, vb->cpu);
	spin_lock(&vbq->lock);
	list_add_tail_rcu(&vb->free_list, &vbq->free);
	spin_unlock(&vbq->lock);
	return addr;
give_record:
	kfree(vb);
give_area:
	free_area(va);
	return 0;
}

/* ---- a block's end ---- */
static void free_record(struct rcu_head *head)
{
	kfree(container_of(head, struct vmap_block, rcu_head));
}

void free_vmap_block(struct vmap_block *vb)
{
	u64 addr = vb->va->va_start;
	void *erased = xa_erase(xa_to_insert(addr), vb_addr_to_idx(addr));

	must(erased == vb);
	free_area(vb->va);
	vb_count(blocks_freed);
	call_rcu(&vb->rcu_head, free_record);
}

void vb_unlist_locked(struct vmap_block *vb)
{
	struct vmap_block_queue *vbq = per_cpu_ptr(&vmap_block_queue, vb->cpu);

	check(lock_held(&vb->lock));
	spin_lock(&vbq->lock);
	list_del_rcu(&vb->free_list);
	spin_unlock(&vbq->lock);
}

/* ---- slots ---- */
/* The next 1 << order slots of vb, if it has as many; their address, or 0. */
static u64 cut_slots(struct vmap_block *vb, unsigned order)
{
	unsigned nr = 1u << order, offset;
	u64 addr = 0;

	spin_lock(&vb->lock);
	if (vb->free >= nr) {
		offset = vmap_block_geometry.bits - (unsigned)vb->free;
		addr = vb->va->va_start + ((u64)offset << PAGE_SHIFT);
		if (!FAULT(vb_slot_given_twice))
			WRITE_ONCE(vb->free, vb->free - nr);
		vb_bits_set(vb, offset, nr);
		if (!vb->free)
			vb_unlist_locked(vb);
	}
	spin_unlock(&vb->lock);
	return addr;
}

static u64 vb_alloc(unsigned count)
{
	struct vmap_block_queue *vbq = this_cpu_ptr(&vmap_block_queue);
	unsigned order = get_order((u64)count << PAGE_SHIFT);
	struct vmap_block *vb;
	u64 addr = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(vb, &vbq->free, free_list) {
		if (READ_ONCE(vb->free) < 1UL << order)
			continue;
		addr = cut_slots(vb, order);
		if (addr)
			break;
	}
	rcu_read_unlock();
	return addr ? addr : new_vmap_block(order);
}

static void note_dirty_locked(struct vmap_block *vb, unsigned offset,
			      unsigned nr) must_hold(vb->lock);

static void note_dirty_locked(struct vmap_block *vb, unsigned offset,
			      unsigned nr)
{
	check(lock_held(&vb->lock));
	vb->dirty_min = min(vb->dirty_min, offset);
	vb->dirty_max = max(vb->dirty_max,
			    offset + nr - !!FAULT(vb_dirty_range_short));
	if (!FAULT(vb_dirty_uncounted))
		WRITE_ONCE(vb->dirty, vb->dirty + nr);
}

static void vb_free(u64 addr, unsigned count)
{
	unsigned nr = 1u << get_order((u64)count << PAGE_SHIFT);
	unsigned offset = vb_addr_to_offset(addr);
	u64 start = addr + (FAULT(vb_keeps_mapping) ? PAGE_SIZE : 0);
	struct vmap_block *vb;
	bool all;

	vb = xa_load(vb_addr_to_xa(addr), vb_addr_to_idx(addr));
	if (!vb) {
		KERNEL_BUG();
		return;
	}
	spin_lock(&vb->lock);
	vb_bits_clear(vb, offset, nr);
	spin_unlock(&vb->lock);
	vunmap_range_noflush(start, addr + ((u64)count << PAGE_SHIFT));
	spin_lock(&vb->lock);
	note_dirty_locked(vb, offset, nr);
	all = vb->dirty == vmap_block_geometry.bits;
	if (all && vb->free)
		KERNEL_BUG();
	spin_unlock(&vb->lock);
	if (all)
		free_vmap_block(vb);
}

/* ---- the calls ---- */
static u64 alloc_own_area(unsigned count, int node)
{
	struct vmap_area *va;

	if (vmap_ops->alloc(&(struct vmap_request){
			.size	= (u64)count << PAGE_SHIFT,
			.align	= PAGE_SIZE,
			.vstart	= VMALLOC_START,
			.vend	= VMALLOC_END,
			.gfp	= GFP_KERNEL,
			.node	= node,
			.flags	= VMAP_RAM,
		}, &va))
		return 0;
	return va->va_start;
}

vaddr_t vm_map_ram(struct page **pages, unsigned count, int node)
{
	u64 addr;

	/* BUG_ON(in_interrupt()) of alloc_vmap_area(). */
	if (in_interrupt()) {
		KERNEL_BUG();
		return 0;
	}
	might_sleep();
	if (!count) {
		KERNEL_WARN("vb_alloc");
		return 0;
	}
	addr = count <= vmap_max_alloc() ? vb_alloc(count) :
		alloc_own_area(count, node);
	if (!addr)
		return 0;
	if (vmap_pages_range_noflush(addr, pages, count, PAGE_KERNEL)) {
		vm_unmap_ram(addr, count);
		return 0;
	}
	return addr;
}

void vm_unmap_ram(vaddr_t addr, unsigned count)
{
	struct vmap_area *va;

	might_sleep();
	if (!addr || addr < VMALLOC_START || addr > VMALLOC_END ||
	    !IS_ALIGNED(addr, PAGE_SIZE)) {
		KERNEL_BUG();
		return;
	}
	if (count <= vmap_max_alloc()) {
		vb_free(addr, count);
		return;
	}
	va = vmap_ops->unlink(addr);
	if (!va) {
		KERNEL_WARN("vm_unmap_ram");
		return;
	}
	vunmap_range_noflush(va->va_start, va->va_end);
	vmap_ops->free_lazy(va);
}

/* ---- the rest ---- */
void vmap_block_stat_read(struct vmap_block_stat *out)
{
	unsigned cpu;

	*out = (struct vmap_block_stat){ 0 };
	for_each_possible_cpu(cpu) {
		const struct vmap_block_stat *s =
			per_cpu_ptr(&vmap_block_stats, cpu);

		out->blocks_made += READ_ONCE(s->blocks_made);
		out->blocks_freed += READ_ONCE(s->blocks_freed);
		out->blocks_purged += READ_ONCE(s->blocks_purged);
	}
}

void vmap_blocks_init(void)
{
	unsigned nr_cpus = mm_config.nr_cpus, cpu;

	if (!nr_cpus)
		nr_cpus = num_possible_cpus();
	vmap_block_geometry.max_alloc = arch->is_64bit ? 64 : 32;
	vmap_block_geometry.bits = vmap_bbmap_bits(nr_cpus, arch->is_64bit);
	vmap_block_geometry.size = (u64)vmap_block_geometry.bits << PAGE_SHIFT;
	for_each_possible_cpu(cpu) {
		struct vmap_block_queue *vbq =
			per_cpu_ptr(&vmap_block_queue, cpu);

		spin_lock_init(&vbq->lock, LOCK_VMAP_BLOCK_QUEUE);
		INIT_LIST_HEAD(&vbq->free);
		xa_init(&vbq->vmap_blocks, LOCK_XARRAY);
	}
}
