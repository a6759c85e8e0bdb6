/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vmap block is: for vmap_block.c and its audit. */
#ifndef MM_VMAP_BLOCK_DEF_H
#define MM_VMAP_BLOCK_DEF_H

#include "mm/vmap_block.h"
#include "mm/vmap_core.h"
#include "mm/xarray.h"

#define VMAP_BBMAP_BITS_MAX	1024u
#define PURGE_THRESHOLD_SHARE	4	/* unforced: less than 1/4 is free */
#define VB_WORDS		(VMAP_BBMAP_BITS_MAX / 64)

struct vmap_block {
	spinlock_t		lock;		/* LOCK_VMAP_BLOCK */
	/* Fixed when it is found: */
	unsigned		cpu;		/* whose list it is in */
	struct vmap_area	*va;
	/* Under lock; free and dirty are also looked at without it: */
	u64			free, dirty;	/* slots */
	u64			used_map[VB_WORDS];
	unsigned		dirty_min, dirty_max;
	/* In the list under vmap_block_queue.lock: */
	struct list_head	free_list;
	struct list_head	purge;		/* whose purge it is */
	struct rcu_head		rcu_head;
};

struct vmap_block_queue {
	spinlock_t		lock;		/* LOCK_VMAP_BLOCK_QUEUE */
	/* Under lock; walked under RCU: */
	struct list_head	free;		/* of this CPU, not used up */
	struct xarray		vmap_blocks;	/* by address: of any CPU */
};

DECLARE_PER_CPU(struct vmap_block_queue, vmap_block_queue);

/* Fixed at boot: VMAP_MAX_ALLOC, VMAP_BBMAP_BITS, VMAP_BLOCK_SIZE. */
struct vmap_block_geometry {
	unsigned	max_alloc, bits;
	u64		size;
};

extern struct vmap_block_geometry vmap_block_geometry;

/* The queue whose array holds the block of addr. */
static inline struct xarray *vb_addr_to_xa(u64 addr)
{
	unsigned cpu = (unsigned)(addr / vmap_block_geometry.size % nr_cpu_ids);

	return &per_cpu_ptr(&vmap_block_queue, cpu)->vmap_blocks;
}

/* Its place there. */
static inline u64 vb_addr_to_idx(u64 addr)
{
	u64 size = vmap_block_geometry.size;

	return (addr - ALIGN_DOWN(VMALLOC_START, size)) / size;
}

static inline unsigned vb_addr_to_offset(u64 addr)
{
	return (unsigned)((addr & (vmap_block_geometry.size - 1)) >>
			  PAGE_SHIFT);
}

DECLARE_PER_CPU(struct vmap_block_stat, vmap_block_stats);
#define vb_count(field) \
	this_cpu_field_add(this_cpu_var(vmap_block_stats).field, 1)

/* Takes vb out of its CPU's list: it has no free slots (any more). */
void vb_unlist_locked(struct vmap_block *vb) must_hold(vb->lock);
/* Ends a block that is wholly dirty, by who has made it so, lock dropped. */
void free_vmap_block(struct vmap_block *vb);

/* Bits [from, from + nr) of used_map, nr > 0; under the block's lock. */
static inline void vb_bits_change(struct vmap_block *vb, unsigned from,
				  unsigned nr, bool set)
{
	while (nr) {
		unsigned bit = from % 64, n = min(nr, 64 - bit);
		u64 mask = (n == 64 ? ~0UL : BIT(n) - 1) << bit;

		if (set)
			vb->used_map[from / 64] |= mask;
		else
			vb->used_map[from / 64] &= ~mask;
		from += n;
		nr -= n;
	}
}

static inline void vb_bits_set(struct vmap_block *vb, unsigned from,
			       unsigned nr)
{
	vb_bits_change(vb, from, nr, true);
}

static inline void vb_bits_clear(struct vmap_block *vb, unsigned from,
				 unsigned nr)
{
	vb_bits_change(vb, from, nr, false);
}

static inline bool vb_bit(const struct vmap_block *vb, unsigned slot)
{
	return vb->used_map[slot / 64] >> slot % 64 & 1;
}

#endif
