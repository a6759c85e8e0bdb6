/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves as an engine: every cache but those of boot has them, no CPU has a
 * slab (slub spec 3S; mm/slub.c, 7.0). The inlined fast paths find no CPU slab
 * and come here, which costs them a look at one line of this CPU's; else they
 * are what they are in the kernel.
 */
#include "mm/sheaf.h"

static bool kmalloc_is_ready;	/* fixed after boot */

/* ---- one object ---- */
static void *sheaves_alloc(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object = s->sheaves ? alloc_from_pcs(s, gfp, node) : NULL;

	if (likely(object))
		return object;
	stat(s, ALLOC_SLOWPATH);
	object = alloc_from_slabs(s, gfp, node);
	if (unlikely(!object))
		slab_out_of_memory(s, gfp, node);
	return object;
}

static void free_group(struct kmem_cache *s, struct slab *slab,
		       struct free_group group)
{
	stat_add(s, FREE_SLOWPATH, group.count);
	free_to_slab(s, slab, group);
}

static void sheaves_free(struct kmem_cache *s, struct slab *slab, void *object)
{
	if (s->sheaves && fits_pcs(slab) && free_to_pcs(s, object))
		return;
	free_group(s, slab, (struct free_group){ object, object, 1 });
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

static void free_many(struct kmem_cache *s, unsigned n, void **objects)
{
	stat_add(s, FREE_SLOWPATH, n);
	free_bulk_to_slabs(s, n, objects);
}

static void sheaves_free_bulk(struct kmem_cache *s, unsigned n, void **objects)
{
	if (s->sheaves)
		free_to_pcs_bulk(s, n, objects);
	else
		free_many(s, n, objects);
}

/* ---- beneath ---- */
static unsigned take_beneath(struct kmem_cache *s, gfp_t gfp, unsigned n,
			     void **objects)
{
	return refill_objects(s, objects, gfp, n, n);
}

static const struct sheaf_beneath beneath = {
	.take	= take_beneath,
	.flush	= free_bulk_to_slabs,
	.give	= free_many,
};

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

static int sheaves_shrink(struct kmem_cache *s)
{
	shrink_barns(s);
	down_read(&cpu_hotplug_lock);
	slab_flush_all(s);
	up_read(&cpu_hotplug_lock);
	return discard_empty_slabs(s);
}

/* ---- making and unmaking ---- */
static int open_own_sheaves(struct kmem_cache *s)
{
	s->sheaf_capacity = calculate_sheaf_capacity(s->lay.size,
						     s->sheaf_asked);
	return open_sheaves(s, &beneath);
}

static int sheaves_open(struct kmem_cache *s)
{
	int err = slub_open_cache(s);

	s->no_cpu_slabs = s->by_engine = !kmem_cache_debug(s);
	s->lay.cpu_partial = s->lay.cpu_partial_slabs = 0;
	if (err || !kmalloc_is_ready || !s->no_cpu_slabs ||
	    (s->flags & SLAB_NOLEAKTRACE))
		return err;
	err = open_own_sheaves(s);
	if (err)
		slub_close_cache(s);
	return err;
}

/* kmalloc caches are born without: sheaves are made by kmalloc. */
static void sheaves_boot_done(void)
{
	struct kmem_cache *s;

	kmalloc_is_ready = true;
	list_for_each_entry(s, &slab_caches, list)
		if ((s->flags & SLAB_KMALLOC) && s->no_cpu_slabs)
			must(!open_own_sheaves(s));
}

const struct slab_ops slab_sheaves = {
	.name		= "sheaves",
	.summary	= "per-CPU sheaves and node barns, as in Linux 7.0",
	.open		= sheaves_open,
	.close		= sheaf_close_cache,
	.shrink		= sheaves_shrink,
	.flush_cpu	= sheaves_flush_cpu,
	.cpu_holds	= sheaves_cpu_holds,
	.boot_done	= sheaves_boot_done,
	.alloc_one	= sheaves_alloc,
	.free_one	= sheaves_free,
	.free_group	= free_group,
	.alloc_bulk	= sheaves_alloc_bulk,
	.free_bulk	= sheaves_free_bulk,
	.free_rcu	= kfree_rcu_sheaf,
};
