/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every lock class of the emulated kernel, with its rank: the one place where
 * the intended order stands. Ranks grow inwards; sources: slub spec 7.2,
 * vmalloc-tlb-ipi spec 11.2. Names are lock_stat's.
 */
#ifndef MM_LOCKCLASS_H
#define MM_LOCKCLASS_H

#include "cpus/machine.h"

enum mm_lock_class {
	LOCK_VMAP_PURGE = LOCK_CLASS_KERNEL,
	LOCK_CPU_HOTPLUG,
	LOCK_SLAB_MUTEX,
	LOCK_SLAB_FLUSH,
	LOCK_PCPU_ALLOC,
	LOCK_PCPU_DRAIN,
	LOCK_VMAP_BLOCK,
	LOCK_VMAP_BLOCK_QUEUE,
	LOCK_VMAP_BUSY,
	LOCK_VMAP_LAZY,
	LOCK_VMAP_POOL,
	LOCK_VMAP_AREA,
	LOCK_PURGE_VMAP_AREA,
	LOCK_FREE_VMAP_AREA,
	LOCK_XARRAY,
	LOCK_PAGE_TABLE,
	LOCK_BARN,
	LOCK_LIST,
	LOCK_OBJECT_MAP,
	LOCK_PCP,
	LOCK_ZONE,
	LOCK_KRC,
	LOCK_WORKLOAD,
	LOCK_MM_END,
};

/* Registers the table; first thing of mm_init(). */
void lockclass_init(void);

#endif
