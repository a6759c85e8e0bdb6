/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The invariants of vmap blocks (vmalloc-tlb-ipi spec 10): what holds of areas
 * and addresses, one level further down. A block's slots are free, used or
 * dirty (INV-A1); the block is where its address says (INV-A5); only used slots
 * are mapped (INV-M2); stale translations of slots lie in the range that will
 * be flushed (INV-T11). At quiescence, but for the stale-TLB oracle's question.
 */
#include "mm/audit.h"
#include "mm/vmap_block_def.h"

/* The block that holds addr, by the array; free of charge. */
static struct vmap_block *block_of(u64 addr)
{
	if (addr < VMALLOC_START || addr >= VMALLOC_END)
		return NULL;
	return xa_load(vb_addr_to_xa(addr), vb_addr_to_idx(addr));
}

bool vmap_block_slot_is_dirty(u64 addr)
{
	struct vmap_block *vb;
	unsigned slot;
	bool dirty = false;

	rcu_read_lock();
	vb = block_of(addr);
	if (vb && spin_trylock(&vb->lock)) {
		slot = vb_addr_to_offset(addr);
		dirty = slot < vmap_block_geometry.bits - vb->free &&
			!vb_bit(vb, slot);
		spin_unlock(&vb->lock);
	}
	rcu_read_unlock();
	return dirty;
}

static bool is_listed(const struct vmap_block *vb)
{
	const struct vmap_block_queue *vbq;
	const struct vmap_block *other;

	vbq = per_cpu_ptr(&vmap_block_queue, vb->cpu);
	list_for_each_entry(other, &vbq->free, free_list)
		if (other == vb)
			return true;
	return false;
}

static void audit_slots(const struct vmap_block *vb)
{
	unsigned bits = vmap_block_geometry.bits, used = 0, beyond = 0;

	for (unsigned slot = 0; slot < bits; slot++) {
		used += vb_bit(vb, slot);
		beyond += slot >= bits - vb->free && vb_bit(vb, slot);
	}
	if (vb->free + vb->dirty + used != bits || beyond ||
	    vb->dirty == bits)
		audit_violated("INV-A1", "block 0x%lx of %u slots: %lu free, "
			       "%lu dirty, %u used, %u of these never cut",
			       vb->va->va_start, bits, vb->free, vb->dirty,
			       used, beyond);
	if (is_listed(vb) != (vb->free > 0))
		audit_violated("INV-A1", "block 0x%lx with %lu free slots and "
			       "the list of CPU %u", vb->va->va_start, vb->free,
			       vb->cpu);
	if (vb->dirty_max > bits - vb->free ||
	    (vb->dirty_max && vb->dirty_min >= vb->dirty_max))
		audit_violated("INV-T11", "block 0x%lx is dirty in [%u, %u)",
			       vb->va->va_start, vb->dirty_min, vb->dirty_max);
}

static void audit_place(const struct xarray *xa, u64 index,
			const struct vmap_block *vb)
{
	const struct vmap_area *va = vb->va;

	if (vb_addr_to_xa(va->va_start) != xa ||
	    vb_addr_to_idx(va->va_start) != index)
		audit_violated("INV-A5", "block 0x%lx is not in the queue of "
			       "its address", va->va_start);
	if (va->va_end - va->va_start != vmap_block_geometry.size ||
	    !IS_ALIGNED(va->va_start, vmap_block_geometry.size) ||
	    vmap_ops->find(va->va_start) != va)
		audit_violated("INV-A7", "block 0x%lx-0x%lx is no busy area of "
			       "a block's size", va->va_start, va->va_end);
}

void vmap_blocks_audit(void)
{
	struct vmap_block *vb;
	unsigned cpu;
	u64 index;

	for_each_possible_cpu(cpu) {
		struct xarray *xa =
			&per_cpu_ptr(&vmap_block_queue, cpu)->vmap_blocks;

		xa_for_each(xa, index, vb) {
			audit_place(xa, index, vb);
			audit_slots(vb);
		}
	}
}

void vmap_blocks_audit_leaf(u64 addr)
{
	const struct vmap_block *vb = block_of(addr);

	if (vb && !vb_bit(vb, vb_addr_to_offset(addr)))
		audit_violated("INV-M2", "0x%lx is mapped, its slot of a block "
			       "is not used", addr);
}

void vmap_blocks_audit_translation(unsigned cpu, u64 addr)
{
	const struct vmap_block *vb = block_of(addr);
	unsigned slot = vb_addr_to_offset(addr);

	if (!vmap_block_slot_is_dirty(addr))
		audit_violated("INV-T1", "CPU %u still translates 0x%lx, which "
			       "was given back", cpu, addr);
	else if (slot < vb->dirty_min || slot >= vb->dirty_max)
		audit_violated("INV-T11", "CPU %u still translates 0x%lx, "
			       "which is not in the range to flush, [%u, %u)",
			       cpu, addr, vb->dirty_min, vb->dirty_max);
}
