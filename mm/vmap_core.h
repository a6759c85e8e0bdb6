/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the members of the vmap family share: area records, the search for
 * space with its answer to overflow, the account of lazily freed pages, and
 * the flush of a purge. In vmap.c; called by members and vmalloc.c only.
 */
#ifndef MM_VMAP_CORE_H
#define MM_VMAP_CORE_H

#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmap.h"
#include "mm/vmap_tree.h"

/* What of a caller's flags counts for records (mm/internal.h, 6.12). */
#define GFP_RECLAIM_MASK \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN | \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | \
	 __GFP_NOMEMALLOC)

extern struct mutex vmap_purge_lock;
/* Pages of areas freed and not yet purged, guard pages included. */
extern atomic_long_t vmap_lazy_nr;

/* A record, or NULL. gfp as kmem_cache_alloc(). */
struct vmap_area *vmap_area_alloc(gfp_t gfp, int node);
void vmap_area_free(struct vmap_area *va);

/*
 * Space from the free tree; when there is none, purges all and tries once
 * more. 0 and *addr, or -EBUSY with the kernel's warning. May sleep.
 */
int vmap_find_space(const struct vmap_request *request, u64 *addr);
/* Fills in a record for the space found and binds the request's descriptor.
 * Checks INV-A7. */
void vmap_area_setup(struct vmap_area *va, const struct vmap_request *request,
		     u64 addr, u64 flags);

/* Adds an area's pages to vmap_lazy_nr; returns the new count, for ... */
u64 vmap_lazy_add(const struct vmap_area *va);
/* ... this, once the area, which began at va_start, is on a lazy list: wakes
 * the drain worker if there are too many. */
void vmap_lazy_added(u64 va_start, u64 nr_lazy);

/* One purge, from detaching to publishing. Under vmap_purge_lock. */
struct vmap_purge {
	u64	start, end;	/* covers all that was detached, and more */
	u64	nr_purged;	/* areas, by the member */
	bool	flushed;
};

#define VMAP_PURGE_INIT	{ .start = ULONG_MAX }

/* Takes a detached sorted list into the range. */
void vmap_purge_cover(struct vmap_purge *purge, const struct list_head *areas);
void vmap_purge_flush(struct vmap_purge *purge);
/* Before a detached area enters the free tree or a pool, in if_checked():
 * INV-T5, INV-T6. */
void vmap_purge_check(const struct vmap_purge *purge,
		      const struct vmap_area *va);

/* One purge by the member, under vmap_purge_lock: counts it, says whether any
 * area was purged. May sleep. */
bool vmap_purge_locked(struct vmap_purge *purge, bool full);
/* The same of all there is, with the lock. */
bool vmap_purge_all(bool full);
bool vmap_drain_pending(void);

/* Counts, per CPU. */
DECLARE_PER_CPU(struct vmap_stat, vmap_stats);
#define vmap_count(field, n) \
	this_cpu_field_add(this_cpu_var(vmap_stats).field, n)

/* Boot: the records' cache, the free tree, the member. */
void vmap_init(void);

#endif
