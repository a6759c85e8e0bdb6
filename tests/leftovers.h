/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is allocated when all that was to be freed has been. */
#ifndef TESTS_LEFTOVERS_H
#define TESTS_LEFTOVERS_H

#include "mm/kvfree_rcu.h"
#include "mm/page_alloc.h"
#include "mm/slab_def.h"
#include "mm/vmalloc.h"
#include "mm/vmap_block.h"

struct leftovers {
	u64	kmalloc_objects, large_kmalloc_pages, vmalloc_pages;
};

static void count_kmalloc(void *arg, struct slab *slab, unsigned allocated)
{
	if (slab->slab_cache->flags & SLAB_KMALLOC)
		*(u64 *)arg += allocated;
}

/* Waits for what is under way. The blocks of vm_map_ram, each one object, some
 * of which a CPU keeps, do not count. */
static struct leftovers leftovers(void)
{
	struct leftovers left = { .kmalloc_objects = 0 };
	struct vmap_block_stat blocks;

	kvfree_rcu_barrier();
	vm_unmap_aliases();
	flush_all_workqueues();
	rcu_barrier();
	slab_shadow_for_each(count_kmalloc, &left.kmalloc_objects);
	vmap_block_stat_read(&blocks);
	left.kmalloc_objects -= blocks.blocks_made - blocks.blocks_freed;
	left.large_kmalloc_pages = global_node_page_state(NR_LARGE_KMALLOC);
	left.vmalloc_pages = vmalloc_nr_pages();
	return left;
}

static void must_leave(const struct leftovers *wanted)
{
	struct leftovers left = leftovers();

	must(left.kmalloc_objects == wanted->kmalloc_objects);
	must(left.large_kmalloc_pages == wanted->large_kmalloc_pages);
	must(left.vmalloc_pages == wanted->vmalloc_pages);
}

#endif
