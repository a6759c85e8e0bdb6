/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map from small integers to pointers: a radix tree of 64 slots a node, as
 * the kernel's xarray (lib/xarray.c, 6.12), of which this is what vm_map_ram
 * needs.
 *
 * Writers hold xa_lock. Readers hold rcu_read_lock() alone: a node is complete
 * when it is linked, is unlinked before it is freed, and is freed a grace
 * period later. What a reader finds may be gone from the array by then; the
 * owner of the entries sees to it that they last as long.
 */
#ifndef MM_XARRAY_H
#define MM_XARRAY_H

#include "mm/gfp.h"

struct xarray {
	spinlock_t	xa_lock;
	/* Under xa_lock; read under RCU: */
	void		*xa_head;	/* entry of index 0, or a node | 2 */
};

void xa_init(struct xarray *xa, unsigned lock_class);
/* The entry at index, or NULL. Any context. */
void *xa_load(struct xarray *xa, u64 index);
/* entry is not NULL and a multiple of 4. 0; -EBUSY: there is one already;
 * -ENOMEM. May sleep as gfp says. */
int xa_insert(struct xarray *xa, u64 index, void *entry, gfp_t gfp) must_check;
/* Takes the entry out and returns it, or NULL. */
void *xa_erase(struct xarray *xa, u64 index);
/* The first entry at *index or above, whose index *index becomes; or NULL. */
void *xa_find(struct xarray *xa, u64 *index);

/* Under rcu_read_lock(); what comes or goes meanwhile is seen or not. */
#define xa_for_each(xa, index, entry) \
	for ((index) = 0; ((entry) = xa_find(xa, &(index))); (index)++)

/* Boot: the cache of nodes. */
void xarray_init(void);

#endif
