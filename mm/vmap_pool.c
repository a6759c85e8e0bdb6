/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takers come from any CPU; putting and decaying are part of a purge, one at a
 * time. So a class that a decay has detached stays empty until it is put back,
 * and its length is the decay's to change meanwhile.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"
#include "mm/vmap_pool.h"

DEFINE_FAULT(pool_decay_without_detach, "INV-A1",
	     "a decayed area is given to the free tree but stays in its pool");
DEFINE_FAULT(pool_wrong_class, "INV-A6",
	     "an area is put into the pool of the next larger size");
DEFINE_FAULT(pool_len_stays, "INV-A6",
	     "taking from a pool does not count its length down");

/* The class of size bytes, or NULL. */
static struct vmap_pool *size_to_pool(struct vmap_pools *pools, u64 size)
{
	u64 index = (size - 1) / PAGE_SIZE;

	return index < MAX_VA_SIZE_PAGES ? &pools->pool[index] : NULL;
}

void vmap_pools_init(struct vmap_pools *pools)
{
	for (unsigned i = 0; i < MAX_VA_SIZE_PAGES; i++) {
		INIT_LIST_HEAD(&pools->pool[i].head);
		pools->pool[i].len = 0;
	}
	spin_lock_init(&pools->lock, LOCK_VMAP_POOL);
}

static bool suits(const struct vmap_area *va, const struct vmap_request *r)
{
	static bool warned;

	if (va_size(va) == r->size && va->va_start >= r->vstart &&
	    va->va_end <= r->vend)
		return true;
	if (!xchg(&warned, true))
		kernel_bug("WARNING: a pool of %lu bytes holds 0x%lx-0x%lx",
			   r->size, va->va_start, va->va_end);
	return false;
}

static struct vmap_area *take_locked(struct vmap_pool *pool,
				     const struct vmap_request *r)
{
	struct vmap_area *va;

	if (list_empty(&pool->head))
		return NULL;
	va = list_first_entry(&pool->head, struct vmap_area, list);
	if (!IS_ALIGNED(va->va_start, r->align)) {
		/* Another one next time. */
		list_move_tail(&va->list, &pool->head);
		return NULL;
	}
	if (!suits(va, r))
		return NULL;
	list_del_init(&va->list);
	if (!FAULT(pool_len_stays))
		WRITE_ONCE(pool->len, pool->len - 1);
	return va;
}

struct vmap_area *vmap_pools_take(struct vmap_pools *pools,
				  const struct vmap_request *request)
{
	struct vmap_pool *pool = size_to_pool(pools, request->size);
	struct vmap_area *va;

	if (!pool || list_empty(&pool->head))
		return NULL;
	spin_lock(&pools->lock);
	va = take_locked(pool, request);
	spin_unlock(&pools->lock);
	return va;
}

bool vmap_pools_put(struct vmap_pools *pools, struct vmap_area *va)
{
	struct vmap_pool *pool = size_to_pool(pools, va_size(va));

	if (!pool)
		return false;
	if (FAULT(pool_wrong_class))
		pool++;
	spin_lock(&pools->lock);
	list_add(&va->list, &pool->head);
	WRITE_ONCE(pool->len, pool->len + 1);
	spin_unlock(&pools->lock);
	return true;
}

/* Moves n areas from the front of list to tree, at least one (C11). */
static void release(struct list_head *list, u64 n, struct vmap_tree *tree)
{
	struct vmap_area *va, *next;

	list_for_each_entry_safe(va, next, list, list) {
		if (FAULT(pool_decay_without_detach)) {
			struct vmap_area *twin =
				vmap_area_alloc(GFP_NOWAIT, NUMA_NO_NODE);

			twin->va_start = va->va_start;
			twin->va_end = va->va_end;
			vmap_tree_merge(tree, twin);
		} else {
			list_del_init(&va->list);
			vmap_tree_merge(tree, va);
		}
		if (!--n)
			break;
	}
}

static void decay(struct vmap_pools *pools, struct vmap_pool *pool, bool full,
		  struct vmap_tree *tree)
{
	struct list_head areas = LIST_HEAD_INIT(areas);
	u64 len, n;

	/* Detached, so that nobody can take from it. */
	spin_lock(&pools->lock);
	list_splice_init(&pool->head, &areas);
	spin_unlock(&pools->lock);

	len = pool->len;
	WRITE_ONCE(pool->len, 0);
	n = full ? len : len >> 2;
	release(&areas, n, tree);
	if (list_empty(&areas))
		return;
	spin_lock(&pools->lock);
	list_splice_init(&areas, &pool->head);
	WRITE_ONCE(pool->len, len - n);
	spin_unlock(&pools->lock);
}

void vmap_pools_decay(struct vmap_pools *pools, bool full)
{
	struct vmap_tree released;	/* joins what it can without the lock */

	vmap_tree_init(&released);
	for (unsigned i = 0; i < MAX_VA_SIZE_PAGES; i++)
		if (!list_empty(&pools->pool[i].head))
			decay(pools, &pools->pool[i], full, &released);
	vmap_free_give(&released.head);
}

/* ---- for readers --------------------------------------------------------- */
static bool hold_locked(const struct vmap_pools *pools, u64 addr)
{
	const struct vmap_area *va;

	for (unsigned i = 0; i < MAX_VA_SIZE_PAGES; i++)
		list_for_each_entry(va, &pools->pool[i].head, list)
			if (va->va_start <= addr && addr < va->va_end)
				return true;
	return false;
}

bool vmap_pools_hold(struct vmap_pools *pools, u64 addr)
{
	bool hold;

	if (!spin_trylock(&pools->lock))
		return false;
	hold = hold_locked(pools, addr);
	spin_unlock(&pools->lock);
	return hold;
}

void vmap_pools_walk(const struct vmap_pools *pools, vmap_visit_t visit,
		     void *arg)
{
	const struct vmap_area *va;

	for (unsigned i = 0; i < MAX_VA_SIZE_PAGES; i++)
		list_for_each_entry(va, &pools->pool[i].head, list)
			visit(arg, va, VMAP_POOL);
}

void vmap_pools_audit(const struct vmap_pools *pools)
{
	const struct vmap_area *va;

	for (unsigned i = 0; i < MAX_VA_SIZE_PAGES; i++) {
		u64 nr = 0;

		list_for_each_entry(va, &pools->pool[i].head, list) {
			nr++;
			if (va_size(va) != (i + 1) * PAGE_SIZE)
				audit_violated("INV-A6", "0x%lx-0x%lx is in "
					       "the pool of %u pages",
					       va->va_start, va->va_end, i + 1);
		}
		if (nr != pools->pool[i].len)
			audit_violated("INV-A6", "the pool of %u pages holds "
				       "%lu areas, len is %lu", i + 1, nr,
				       pools->pool[i].len);
	}
}
