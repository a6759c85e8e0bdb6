/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space nobody uses: one augmented tree of maximal free blocks
 * under free_vmap_area_lock, from which space is taken at the lowest address
 * (vmalloc-tlb-ipi spec 2c; mm/vmalloc.c since 5.2).
 */
#ifndef MM_VMAP_FREE_H
#define MM_VMAP_FREE_H

#include "mm/vmap.h"

/* Boot: all of [1, ULONG_MAX) is free. */
void vmap_free_init(void);
/*
 * The lowest fitting space within [vstart, vend), by the search of 2c (which
 * may miss when align is above a page). 0 and *addr; -EBUSY: no fit; -ENOMEM:
 * no record for a split. May sleep as gfp says.
 */
int vmap_free_take(const struct vmap_request *request, u64 *addr);
/* Returns every area of the list (any order) in one hold of the lock. */
void vmap_free_give(struct list_head *areas);

/* VMAP_FREE, or VMAP_NOWHERE if it is not free or the lock is held. */
enum vmap_where vmap_free_where(u64 addr);
void vmap_free_walk(vmap_visit_t visit, void *arg);
/* Records that CPUs keep for a split to come. At quiescence. */
unsigned vmap_free_nr_preloaded(void);
/* INV-A2, A3, A4. */
void vmap_free_audit(void);

#endif
