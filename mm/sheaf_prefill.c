/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves lent to a caller that will need some objects where it cannot fail
 * (slub spec 3S.4, 8; mm/slub.c, 6.18 and 7.0). A lent sheaf is the caller's.
 */
#include "mm/sheaf.h"

/* Objects of a cache without sheaves are the caller's at once. */
static unsigned take_beneath(struct kmem_cache *s, gfp_t gfp, unsigned n,
			     void **objects)
{
	gfp |= __GFP_NOMEMALLOC;
	return s->sheaves ? s->sheaves->beneath->take(s, gfp, n, objects) :
			    kmem_cache_alloc_bulk(s, gfp, n, objects);
}

static void free_oversized(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	if (s->sheaves)
		sheaf_flush(s, sheaf);
	else
		kmem_cache_free_bulk(s, sheaf->size, sheaf->objects);
	kfree(sheaf);
}

/* One of its own, for what no sheaf holds. */
static struct slab_sheaf *prefill_oversized(struct kmem_cache *s, gfp_t gfp,
					    unsigned size)
{
	struct slab_sheaf *sheaf;

	sheaf = kzalloc(sizeof(*sheaf) + size * sizeof(void *), gfp);
	if (!sheaf)
		return NULL;
	stat(s, SHEAF_PREFILL_OVERSIZE);
	sheaf->cache = s;
	sheaf->capacity = size;
	sheaf->size = take_beneath(s, gfp, size, sheaf->objects);
	if (sheaf->size == size)
		return sheaf;
	free_oversized(s, sheaf);
	return NULL;
}

static struct slab_sheaf *take_spare(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	struct slab_sheaf *sheaf;

	if (!pcs)
		return NULL;
	sheaf = pcs->spare;
	pcs->spare = NULL;
	pcs_unlock(pcs);
	return sheaf;
}

static struct slab_sheaf *find_sheaf(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_sheaf *sheaf = take_spare(s);

	if (sheaf) {
		stat(s, SHEAF_PREFILL_FAST);
		return sheaf;
	}
	stat(s, SHEAF_PREFILL_SLOW);
	sheaf = barn_get_full_or_empty_sheaf(get_barn(s));
	return sheaf ? sheaf : alloc_empty_sheaf(s, gfp);
}

struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned size)
{
	struct slab_sheaf *sheaf;

	if (!size)
		return NULL;
	if (size > s->sheaf_capacity)
		return prefill_oversized(s, gfp, size);
	sheaf = find_sheaf(s, gfp);
	if (!sheaf)
		return NULL;
	if (sheaf->size >= size || !refill_sheaf(s, sheaf, gfp) ||
	    sheaf->size >= size) {
		sheaf->capacity = s->sheaf_capacity;
		return sheaf;
	}
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
	return NULL;
}

/* Caches without sheaves have noted it before. */
static void note_alloc(struct kmem_cache *s, gfp_t gfp, const void *object)
{
	if (s->sheaves)
		slab_shadow_alloc(s, object, gfp, NUMA_NO_NODE);
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf)
{
	void *object;

	if (!sheaf->size)
		return NULL;
	object = sheaf->objects[--sheaf->size];
	stat(s, pcs_alloc_item(s));
	if (gfp & __GFP_ZERO)
		slab_zero_object(s, object);
	if_checked(note_alloc(s, gfp, object));
	return object;
}

static bool becomes_spare(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	bool done;

	if (!pcs)
		return false;
	done = !pcs->spare;
	if (done)
		pcs->spare = sheaf;
	pcs_unlock(pcs);
	return done;
}

void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf)
{
	struct node_barn *barn;

	if (sheaf->capacity != s->sheaf_capacity) {
		free_oversized(s, sheaf);
		return;
	}
	if (becomes_spare(s, sheaf)) {
		stat(s, SHEAF_RETURN_FAST);
		return;
	}
	stat(s, SHEAF_RETURN_SLOW);
	barn = get_barn(s);
	if (READ_ONCE(barn->nr_full) < MAX_FULL_SHEAVES &&
	    !refill_sheaf(s, sheaf, gfp)) {
		barn_put_full_sheaf(barn, sheaf);
		stat(s, BARN_PUT);
		return;
	}
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
}
