/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves as an engine: every cache but those of boot has them, no CPU has a
 * slab (slub spec 3S; mm/slub.c, 7.0). The inlined fast paths find no CPU slab
 * and come here, which costs them a look at one line of this CPU's; else they
 * are what they are in the kernel.
 */
#include "mm/percpu.h"
#include "mm/sheaf.h"

static bool kmalloc_is_ready;	/* fixed after boot */

/* ---- one object ---- */
static void *sheaves_alloc(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object = s->sheaves ? alloc_from_pcs(s, gfp, node) : NULL;

	if (likely(object))
		return object;
	stat(s, ALLOC_SLOWPATH);
	return alloc_from_slabs(s, gfp, node);
}

static bool fits_sheaf(const struct kmem_cache *s, const struct slab *slab)
{
	return s->sheaves && slab_nid(slab) == (int)numa_node_id() &&
	       !(READ_ONCE(slab_page(slab)->flags) & PG_pfmemalloc);
}

static void sheaves_free(struct kmem_cache *s, struct slab *slab,
			 struct free_group group)
{
	if (group.count == 1 && fits_sheaf(s, slab) &&
	    free_to_pcs(s, group.head))
		return;
	stat_add(s, FREE_SLOWPATH, group.count);
	free_to_slab(s, slab, group);
}

/* ---- many ---- */
static unsigned sheaves_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
				   void **objects)
{
	unsigned got = s->sheaves ? alloc_from_pcs_bulk(s, n, objects) : 0;
	unsigned more;

	if (got == n)
		return n;
	more = refill_objects(s, objects + got, gfp, n - got, n - got);
	stat_add(s, ALLOC_SLOWPATH, more);
	return got + more;
}

static void sheaves_free_bulk(struct kmem_cache *s, unsigned n, void **objects)
{
	if (s->sheaves) {
		free_to_pcs_bulk(s, n, objects);
		return;
	}
	stat_add(s, FREE_SLOWPATH, n);
	free_bulk_to_slabs(s, n, objects);
}

/* ---- giving back ---- */
/* Debugging caches have nothing: they take objects one by one from slabs. */
static void sheaves_flush_cpu(struct kmem_cache *s)
{
	if (s->sheaves)
		pcs_flush_all(s);
}

/* How full a sheaf is only its CPU knows. */
static bool sheaves_cpu_holds(struct kmem_cache *s, unsigned cpu)
{
	return s->sheaves != NULL;
}

static void shrink_barns(struct kmem_cache *s)
{
	for (unsigned nid = 0; s->sheaves && nid < machine_nr_nodes; nid++)
		if (s->sheaves->barn[nid])
			barn_shrink(s, s->sheaves->barn[nid]);
}

static int sheaves_shrink(struct kmem_cache *s)
{
	shrink_barns(s);
	down_read(&cpu_hotplug_lock);
	slab_flush_all(s);
	up_read(&cpu_hotplug_lock);
	return discard_empty_slabs(s);
}

/* ---- making and unmaking ---- */
static void close_sheaves(struct kmem_cache *s, struct cache_sheaves *sheaves)
{
	unsigned i;

	for (i = 0; i < machine_nr_nodes; i++)
		if (sheaves->barn[i])
			barn_destroy(sheaves->barn[i]);
	for_each_possible_cpu(i) {
		struct slab_sheaf *main = per_cpu_ptr(sheaves->cpu, i)->main;

		if (main)
			free_empty_sheaf(main);
	}
	s->sheaves = NULL;
	free_percpu(sheaves->cpu);
	kfree(sheaves);
}

static int fill_sheaves(struct kmem_cache *s, struct cache_sheaves *sheaves)
{
	unsigned i;

	for (i = 0; i < machine_nr_nodes; i++) {
		if (!node_has_memory((int)i))
			continue;
		sheaves->barn[i] = barn_create((int)i);
		if (!sheaves->barn[i])
			return -ENOMEM;
	}
	for_each_possible_cpu(i) {
		struct slab_sheaf *main = alloc_empty_sheaf(s, GFP_KERNEL);

		if (!main)
			return -ENOMEM;
		per_cpu_ptr(sheaves->cpu, i)->main = main;
	}
	return 0;
}

/* Room for a main sheaf a CPU and a barn a node; none of them is there yet. */
static struct cache_sheaves *alloc_sheaves(void)
{
	struct cache_sheaves *sheaves;

	sheaves = kzalloc(sizeof(*sheaves) + machine_nr_nodes *
			  sizeof(sheaves->barn[0]), GFP_KERNEL);
	if (!sheaves)
		return NULL;
	sheaves->cpu = alloc_percpu(struct slub_percpu_sheaves);
	if (sheaves->cpu)
		return sheaves;
	kfree(sheaves);
	return NULL;
}

/* All of it or, with -ENOMEM, none. Allocating meanwhile uses no sheaves. */
static int open_sheaves(struct kmem_cache *s, unsigned asked)
{
	struct cache_sheaves *sheaves = alloc_sheaves();
	int err;

	if (!sheaves)
		return -ENOMEM;
	s->sheaf_capacity = calculate_sheaf_capacity(s->lay.size, asked);
	err = fill_sheaves(s, sheaves);
	if (err)
		close_sheaves(s, sheaves);
	else
		s->sheaves = sheaves;
	return err;
}

static int sheaves_open(struct kmem_cache *s)
{
	int err = slub_open_cache(s);

	s->no_cpu_slabs = !kmem_cache_debug(s);
	s->lay.cpu_partial = s->lay.cpu_partial_slabs = 0;
	if (err || !kmalloc_is_ready || !s->no_cpu_slabs ||
	    (s->flags & SLAB_NOLEAKTRACE))
		return err;
	err = open_sheaves(s, 0);
	if (err)
		slub_close_cache(s);
	return err;
}

static int sheaves_close(struct kmem_cache *s)
{
	int err;

	shrink_barns(s);
	err = slub_drain_cache(s);
	if (err)
		return err;
	if (s->sheaves)
		close_sheaves(s, s->sheaves);
	slub_close_cache(s);
	return 0;
}

/* kmalloc caches are born without: sheaves are made by kmalloc. */
static void sheaves_boot_done(void)
{
	struct kmem_cache *s;

	kmalloc_is_ready = true;
	list_for_each_entry(s, &slab_caches, list)
		if ((s->flags & SLAB_KMALLOC) && s->no_cpu_slabs)
			must(!open_sheaves(s, 0));
}

const struct slab_ops slab_sheaves = {
	.name		= "sheaves",
	.summary	= "per-CPU sheaves and node barns, as in Linux 7.0",
	.open		= sheaves_open,
	.close		= sheaves_close,
	.shrink		= sheaves_shrink,
	.flush_cpu	= sheaves_flush_cpu,
	.cpu_holds	= sheaves_cpu_holds,
	.boot_done	= sheaves_boot_done,
	.alloc_one	= sheaves_alloc,
	.free_group	= sheaves_free,
	.alloc_bulk	= sheaves_alloc_bulk,
	.free_bulk	= sheaves_free_bulk,
};
