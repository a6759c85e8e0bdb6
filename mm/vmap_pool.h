/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pools of a vmap node: areas that are unmapped and flushed and wait for a
 * request of exactly their size, one class for each number of pages
 * (vmalloc-tlb-ipi spec 2d, 3.7; mm/vmalloc.c, 6.12).
 */
#ifndef MM_VMAP_POOL_H
#define MM_VMAP_POOL_H

#include "mm/vmap.h"

#define MAX_VA_SIZE_PAGES	256	/* guard page included */

struct vmap_pool {
	struct list_head	head;	/* latest first */
	u64			len;
};

struct vmap_pools {
	struct vmap_pool	pool[MAX_VA_SIZE_PAGES];
	spinlock_t		lock;	/* adds to and takes from any of them */
};

void vmap_pools_init(struct vmap_pools *pools);
/* The first area of the class, if its start suits align; else NULL. */
struct vmap_area *vmap_pools_take(struct vmap_pools *pools,
				  const struct vmap_request *request);
/* False for an area above the largest class. Under vmap_purge_lock. */
bool vmap_pools_put(struct vmap_pools *pools, struct vmap_area *va);
/*
 * Moves a quarter of each class, full: all of it, to the free tree. A class of
 * one to three is emptied either way: 25 % of it is nothing, and the kernel's
 * countdown from nothing wraps (spec C11). Under vmap_purge_lock.
 */
void vmap_pools_decay(struct vmap_pools *pools, bool full);

/* By trylock, any context. */
bool vmap_pools_hold(struct vmap_pools *pools, u64 addr);
void vmap_pools_walk(const struct vmap_pools *pools, vmap_visit_t visit,
		     void *arg);
/* INV-A6, the part that needs no page table. */
void vmap_pools_audit(const struct vmap_pools *pools);

#endif
