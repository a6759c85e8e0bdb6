/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_map_ram: short-lived mappings of a few pages, cut from blocks of address
 * space that each CPU keeps (vmalloc-tlb-ipi spec 3.5; mm/vmalloc.c, 6.12).
 */
#ifndef MM_VMAP_BLOCK_H
#define MM_VMAP_BLOCK_H

#include "mm/vmalloc.h"

struct vmap_purge;

/*
 * Maps the count pages contiguously; 0 (with the kernel's message when the
 * address space is full) when there is no space or no memory. Up to
 * vmap_max_alloc() pages come from a block of this CPU and are freed without a
 * global lock. No guard page. May sleep.
 */
vaddr_t vm_map_ram(struct page **pages, unsigned count, int node);
/* count as it was mapped. May sleep. */
void vm_unmap_ram(vaddr_t addr, unsigned count);

/* VMAP_MAX_ALLOC: pages of a mapping that comes from a block, at most. */
unsigned vmap_max_alloc(void);
/* VMAP_BBMAP_BITS of a kernel built for that many CPUs: pages of a block. */
unsigned vmap_bbmap_bits(unsigned nr_cpus, bool is_64bit);
/* The same of this kernel (mm_config.nr_cpus). */
unsigned vmap_block_pages(void);

/* Before the address space is given up as full: frees every block that has
 * no mapping, of all CPUs. Under vmap_purge_lock. */
void vmap_blocks_purge_fragmented(void);
/* Whether addr was in a mapping of a block that has been unmapped: a slot that
 * nobody owns until its block is purged. False also when the block's lock is
 * held. Any context. */
bool vmap_block_slot_is_dirty(u64 addr);

/* Boot. */
void vmap_blocks_init(void);
/* At quiescence: the blocks against themselves, the areas and the TLBs. */
void vmap_blocks_audit(void);
/* A present entry of the page tables that lies in a block. */
void vmap_blocks_audit_leaf(u64 addr);
/* A translation of cpu that the page tables do not hold (any more). */
void vmap_blocks_audit_translation(unsigned cpu, u64 addr);

struct vmap_block_stat {
	u64	blocks_made, blocks_freed;
	u64	blocks_purged;		/* of the freed: fragmented ones */
};

void vmap_block_stat_read(struct vmap_block_stat *out);

#endif
