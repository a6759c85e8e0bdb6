/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is allocated when all that was to be freed has been. */
#ifndef TESTS_LEFTOVERS_H
#define TESTS_LEFTOVERS_H

#include "mm/kvfree_rcu_def.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "mm/slab_def.h"
#include "mm/vmalloc.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

#define MOST_CACHES	128

struct leftovers {
	struct {
		const struct kmem_cache	*cache;
		u64			objects;
	} of[MOST_CACHES];
	unsigned	nr;
	u64		large_kmalloc_pages, vmalloc_pages;
	u64		percpu_free_bytes;
	u64		pages;		/* of neither slabs, tables nor caches
					 * of pages */
};

static u64 *objects_of(struct leftovers *left, const struct kmem_cache *s)
{
	unsigned i = 0;

	while (i < left->nr && left->of[i].cache != s)
		i++;
	must(i < MOST_CACHES);
	if (i == left->nr)
		left->of[left->nr++].cache = s;
	return &left->of[i].objects;
}

/* Records of areas that are somewhere: of those that are lost something else
 * must be left. */
static void discount_area(void *arg, const struct vmap_area *va,
			  enum vmap_where where)
{
	--*(u64 *)arg;
}

static void count_objects(void *arg, struct slab *slab, unsigned allocated)
{
	*objects_of(arg, slab->slab_cache) += allocated;
}

static void count_all_objects(struct leftovers *left)
{
	slab_shadow_for_each(count_objects, left);
	for (unsigned i = 0; i < left->nr; i++) {
		u64 *objects = &left->of[i].objects;

		if (!vmap_area_is_of(left->of[i].cache))
			continue;
		vmap_ops->walk(discount_area, objects);
		vmap_free_walk(discount_area, objects);
		*objects -= vmap_free_nr_preloaded();
	}
}

static u64 pages_in_use(void)
{
	u64 used = 0;
	struct zone *zone;
	unsigned cpu, i;

	for_each_populated_zone(zone, i) {
		used += zone->managed_pages - zone_free_pages_snapshot(zone);
		for_each_online_cpu(cpu)
			used -= (u64)per_cpu_ptr(zone->pageset, cpu)->count;
	}
	used -= global_node_page_state(NR_SLAB_RECLAIMABLE) +
		global_node_page_state(NR_SLAB_UNRECLAIMABLE);
	/* The kernel never frees a table, nor the blocks of kvfree_rcu(). */
	used -= sum_vm_event(TABLE_PAGES);
	for_each_possible_cpu(cpu)
		used -= per_cpu(krc, cpu).nr_bkv_objs;
	return used;
}

/* Waits for what is under way, and empties what keeps areas. */
static struct leftovers leftovers(void)
{
	struct leftovers left = { .nr = 0 };

	kvfree_rcu_barrier();
	vm_unmap_aliases();
	vmap_purge_all(true);
	kvfree_rcu_barrier();	/* blocks of vm_map_ram() */
	flush_all_workqueues();
	rcu_barrier();
	must(slab_shadow_complete());
	count_all_objects(&left);
	left.large_kmalloc_pages = global_node_page_state(NR_LARGE_KMALLOC);
	left.vmalloc_pages = vmalloc_nr_pages();
	left.percpu_free_bytes = percpu_free_bytes();
	left.pages = pages_in_use();
	return left;
}

static void must_have_as_many(struct leftovers *left, struct leftovers *wanted)
{
	bool alike = true;

	for (unsigned i = 0; i < left->nr; i++) {
		const struct kmem_cache *s = left->of[i].cache;
		u64 had = *objects_of(wanted, s), has = left->of[i].objects;

		if (has == had)
			continue;
		printk("%s: %lu objects, %lu before", s->name, has, had);
		alike = false;
	}
	must(alike);
}

static void must_leave(const struct leftovers *before)
{
	struct leftovers left = leftovers(), wanted = *before;

	must_have_as_many(&left, &wanted);
	must(left.large_kmalloc_pages == wanted.large_kmalloc_pages);
	must(left.vmalloc_pages == wanted.vmalloc_pages);
	must(left.percpu_free_bytes == wanted.percpu_free_bytes);
	must(left.pages == wanted.pages);
}

#endif
