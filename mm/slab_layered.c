/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves above CPU slabs, in caches that ask for them (slub spec 3S.1;
 * mm/slub.c, 6.18). Other caches are those of mm/slab_slub.c; in these, the
 * inlined fast paths see by a bit of kmem_cache.link that sheaves come first,
 * and what those do not have, or take, is the whole of the 6.12 ladders' again.
 */
#include "mm/sheaf.h"
#include "mm/slub_fast.h"

/* ---- beneath: the paths of mm/slub_fast.h, once past the sheaves ---- */
static void *alloc_beneath(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object = slub_pop(s, node, 0);

	return object ? object : slub_climb(s, gfp, node, 0, 0);
}

static void free_beneath(struct kmem_cache *s, struct slab *slab,
			 struct free_group group)
{
	if (!slub_push(s, slab, group, 0))
		slub_free_to_slab(s, slab, group);
}

static void free_bulk_beneath(struct kmem_cache *s, unsigned n, void **objects)
{
	free_in_groups(s, n, objects, free_beneath);
}

static unsigned take_beneath(struct kmem_cache *s, gfp_t gfp, unsigned n,
			     void **objects)
{
	unsigned got = slub_alloc_bulk(s, gfp, n, objects, 0);

	if (got == n)
		return n;
	free_bulk_beneath(s, got, objects);
	return 0;
}

static const struct sheaf_beneath beneath = {
	.take	= take_beneath,
	.flush	= free_bulk_beneath,
	.give	= free_bulk_beneath,
};

/* ---- caches that have sheaves ---- */
static void *layered_alloc(struct kmem_cache *s, gfp_t gfp, int node)
{
	void *object = alloc_from_pcs(s, gfp, node);

	return likely(object) ? object : alloc_beneath(s, gfp, node);
}

static void layered_free(struct kmem_cache *s, struct slab *slab, void *object)
{
	if (fits_pcs(slab) && free_to_pcs(s, object))
		return;
	free_beneath(s, slab, (struct free_group){ object, object, 1 });
}

static unsigned layered_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
				   void **objects)
{
	unsigned got = alloc_from_pcs_bulk(s, n, objects);

	return got + slub_alloc_bulk(s, gfp, n - got, objects + got, 0);
}

/* ---- giving back ---- */
static void layered_flush_cpu(struct kmem_cache *s)
{
	if (s->sheaves)
		pcs_flush_all(s);
	slab_slub.flush_cpu(s);
}

/* How full a sheaf is only its CPU knows. */
static bool layered_cpu_holds(struct kmem_cache *s, unsigned cpu)
{
	return s->sheaves || slab_slub.cpu_holds(s, cpu);
}

static int layered_shrink(struct kmem_cache *s)
{
	shrink_barns(s);
	return slab_slub.shrink(s);
}

/* ---- making and unmaking ---- */
static int layered_open(struct kmem_cache *s)
{
	int err = slub_open_cache(s);

	if (err || !s->sheaf_asked || kmem_cache_debug(s))
		return err;
	s->sheaf_capacity = s->sheaf_asked;
	err = open_sheaves(s, &beneath);
	if (err) {
		slub_close_cache(s);
		return err;
	}
	s->by_engine = true;
	s->link |= LINK_SHEAVES;
	return 0;
}

const struct slab_ops slab_layered = {
	.name		= "layered",
	.summary	= "the same under per-CPU sheaves, in caches that ask "
			  "for them, as in Linux 6.18",
	.open		= layered_open,
	.close		= sheaf_close_cache,
	.shrink		= layered_shrink,
	.flush_cpu	= layered_flush_cpu,
	.cpu_holds	= layered_cpu_holds,
	.alloc_one	= layered_alloc,
	.free_one	= layered_free,
	.free_group	= free_beneath,
	.alloc_bulk	= layered_alloc_bulk,
	.free_bulk	= free_to_pcs_bulk,
	.free_rcu	= kfree_rcu_sheaf,
};
