/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/lockclass.h"

#define CLASS(id, n, r) [id - LOCK_CLASS_KERNEL] = { .name = n, .rank = r }

/*
 * busy, lazy and pool locks are leaves to each other (same rank), and so are
 * their forerunners vmap_area_lock and purge_vmap_area_lock. Area records
 * are freed to SLUB under free_vmap_area_lock, and nodes are allocated under
 * xa_lock, so list_lock is inside them. No
 * slab lock wraps the page allocator, but the ranks allow what never happens:
 * list_lock < pcp < zone.
 */
static const struct lock_class classes[] = {
	CLASS(LOCK_VMAP_PURGE,		"vmap_purge_lock",		10),
	CLASS(LOCK_CPU_HOTPLUG,		"cpu_hotplug_lock",		11),
	CLASS(LOCK_SLAB_MUTEX,		"slab_mutex",			12),
	CLASS(LOCK_SLAB_FLUSH,		"flush_lock",			13),
	CLASS(LOCK_PCPU_ALLOC,		"pcpu_alloc_mutex",		14),
	CLASS(LOCK_PCPU_DRAIN,		"pcpu_drain_mutex",		15),
	CLASS(LOCK_WORKLOAD,		"workload",			20),
	CLASS(LOCK_VMAP_BLOCK,		"&vb->lock",			24),
	CLASS(LOCK_VMAP_BLOCK_QUEUE,	"&vbq->lock",			26),
	CLASS(LOCK_VMAP_BUSY,		"&vn->busy.lock",		30),
	CLASS(LOCK_VMAP_LAZY,		"&vn->lazy.lock",		30),
	CLASS(LOCK_VMAP_POOL,		"&vn->pool_lock",		30),
	CLASS(LOCK_VMAP_AREA,		"vmap_area_lock",		30),
	CLASS(LOCK_PURGE_VMAP_AREA,	"purge_vmap_area_lock",		30),
	CLASS(LOCK_FREE_VMAP_AREA,	"free_vmap_area_lock",		40),
	CLASS(LOCK_XARRAY,		"&xa->xa_lock",			45),
	CLASS(LOCK_PAGE_TABLE,		"init_mm.page_table_lock",	50),
	CLASS(LOCK_BARN,		"&barn->lock",		55),
	CLASS(LOCK_LIST,		"&n->list_lock",		60),
	CLASS(LOCK_OBJECT_MAP,		"object_map_lock",		61),
	CLASS(LOCK_PCP,			"&pcp->lock",			70),
	CLASS(LOCK_ZONE,		"&zone->lock",			80),
	CLASS(LOCK_KRC,			"&krcp->lock",			90),
};

void lockclass_init(void)
{
	lock_classes_register(classes, ARRAY_SIZE(classes));
}
