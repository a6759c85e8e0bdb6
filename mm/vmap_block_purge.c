/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What purges do to vmap blocks (vmalloc-tlb-ipi spec 3.5; mm/vmalloc.c, 6.12):
 * blocks without a mapping are ended although slots were never cut, and the
 * addresses unmapped in the others are flushed. Under vmap_purge_lock.
 */
#include "mm/audit.h"
#include "mm/tlbflush.h"
#include "mm/vmap_block_def.h"

DEFINE_FAULT(aliases_kept, "INV-T2", "vm_unmap_aliases() does nothing");
DEFINE_FAULT(aliases_forget_dirty, "INV-T5",
	     "vm_unmap_aliases() does not flush the dirty ranges it has taken");

/* ---- fragmented blocks ---- */
/* No slot is mapped, and some never were. A hint without the lock. */
static bool is_fragmented(const struct vmap_block *vb)
{
	u64 free = READ_ONCE(vb->free), dirty = READ_ONCE(vb->dirty);

	return free + dirty == vmap_block_geometry.bits &&
	       dirty != vmap_block_geometry.bits;
}

/* Ends a fragmented block, unless it is mostly free and need not go. */
static bool purge_fragmented_locked(struct vmap_block *vb, bool force,
				    struct list_head *purged)
	must_hold(vb->lock);

static bool purge_fragmented_locked(struct vmap_block *vb, bool force,
				    struct list_head *purged)
{
	unsigned bits = vmap_block_geometry.bits;

	check(lock_held(&vb->lock));
	if (!is_fragmented(vb))
		return false;
	if (!force && vb->free >= bits / PURGE_THRESHOLD_SHARE)
		return false;
	/* Nobody allocates from it or frees into it any more. */
	WRITE_ONCE(vb->free, 0);
	WRITE_ONCE(vb->dirty, bits);
	vb->dirty_min = 0;
	vb->dirty_max = bits;
	vb_unlist_locked(vb);
	list_add_tail(&vb->purge, purged);
	vb_count(blocks_purged);
	return true;
}

static void free_purged_blocks(struct list_head *purged)
{
	struct vmap_block *vb, *next;

	list_for_each_entry_safe(vb, next, purged, purge) {
		list_del(&vb->purge);
		free_vmap_block(vb);
	}
}

static void purge_fragmented_of_cpu(unsigned cpu)
{
	struct vmap_block_queue *vbq = per_cpu_ptr(&vmap_block_queue, cpu);
	struct list_head purged = LIST_HEAD_INIT(purged);
	struct vmap_block *vb;

	rcu_read_lock();
	list_for_each_entry_rcu(vb, &vbq->free, free_list) {
		if (!is_fragmented(vb))
			continue;
		spin_lock(&vb->lock);
		(void)purge_fragmented_locked(vb, true, &purged);
		spin_unlock(&vb->lock);
	}
	rcu_read_unlock();
	free_purged_blocks(&purged);
}

void vmap_blocks_purge_fragmented(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		purge_fragmented_of_cpu(cpu);
}

/* ---- flushing ---- */
/* Takes the block's dirty range into [start, end) of purge; who took it has to
 * flush it. True if there was one. */
static bool take_dirty_locked(struct vmap_block *vb, struct vmap_purge *purge)
	must_hold(vb->lock);

static bool take_dirty_locked(struct vmap_block *vb, struct vmap_purge *purge)
{
	u64 start = vb->va->va_start;

	check(lock_held(&vb->lock));
	if (!vb->dirty_max || vb->dirty == vmap_block_geometry.bits)
		return false;
	purge->start = min(purge->start,
			   start + ((u64)vb->dirty_min << PAGE_SHIFT));
	purge->end = max(purge->end,
			 start + ((u64)vb->dirty_max << PAGE_SHIFT));
	vb->dirty_min = vmap_block_geometry.bits;
	vb->dirty_max = 0;
	return true;
}

/* Of the blocks in cpu's array: purges, or takes the dirty range. */
static bool collect_dirty(unsigned cpu, struct vmap_purge *purge,
			  struct list_head *purged)
{
	struct vmap_block_queue *vbq = per_cpu_ptr(&vmap_block_queue, cpu);
	struct vmap_block *vb;
	bool dirty = false;
	u64 index;

	rcu_read_lock();
	xa_for_each(&vbq->vmap_blocks, index, vb) {
		spin_lock(&vb->lock);
		if (!purge_fragmented_locked(vb, false, purged) &&
		    take_dirty_locked(vb, purge))
			dirty = true;
		spin_unlock(&vb->lock);
	}
	rcu_read_unlock();
	return dirty;
}

static void check_covers(const struct vmap_purge *purge,
			 const struct vmap_purge *dirty)
{
	if (purge->start > dirty->start || purge->end < dirty->end)
		audit_violated("INV-T5", "0x%lx-0x%lx of the blocks was dirty, "
			       "0x%lx-0x%lx was flushed", dirty->start,
			       dirty->end, purge->start, purge->end);
}

void vm_unmap_aliases(void)
{
	struct vmap_purge purge = VMAP_PURGE_INIT, dirty = VMAP_PURGE_INIT;
	struct list_head purged = LIST_HEAD_INIT(purged);
	bool flush = false;
	unsigned cpu;

	if (FAULT(aliases_kept))
		return;
	mutex_lock(&vmap_purge_lock);
	for_each_possible_cpu(cpu)
		flush |= collect_dirty(cpu, &dirty, &purged);
	free_purged_blocks(&purged);
	if (FAULT(aliases_forget_dirty))
		flush = false;
	else
		purge = dirty;
	if (!vmap_purge_locked(&purge, false) && flush)
		flush_tlb_kernel_range(purge.start, purge.end);
	if_checked(check_covers(&purge, &dirty));
	mutex_unlock(&vmap_purge_lock);
}
