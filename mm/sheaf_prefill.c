/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves lent to a caller that will need some objects where it cannot fail
 * (slub spec 3S.4, 8; mm/slub.c, 6.18 and 7.0). A lent sheaf is the caller's.
 */
#include "mm/sheaf.h"

static struct slab_sheaf *alloc_oversized(struct kmem_cache *s, gfp_t gfp,
					  unsigned size)
{
	struct slab_sheaf *sheaf;

	sheaf = kzalloc(sizeof(*sheaf) + size * sizeof(void *), gfp);
	if (!sheaf)
		return NULL;
	/* counted as any, for it is freed as any */
	stat(s, SHEAF_ALLOC);
	stat(s, SHEAF_PREFILL_OVERSIZE);
	sheaf->cache = s;
	sheaf->capacity = size;
	return sheaf;
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

	if (!s->sheaves)
		return NULL;
	sheaf = size > s->sheaf_capacity ? alloc_oversized(s, gfp, size) :
		find_sheaf(s, gfp);
	if (!sheaf || sheaf->size >= size || !refill_sheaf(s, sheaf, gfp))
		return sheaf;
	if (sheaf->size >= size)
		return sheaf;
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
	return NULL;
}

void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf)
{
	void *object;

	if (!sheaf->size)
		return NULL;
	object = sheaf->objects[--sheaf->size];
	stat(s, ALLOC_FASTPATH);
	if (gfp & __GFP_ZERO)
		slab_zero_object(s, object);
	if (CHECKS_ON)
		slab_shadow_alloc(s, object, gfp, NUMA_NO_NODE);
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
	struct node_barn *barn = get_barn(s);

	if (sheaf->capacity == s->sheaf_capacity) {
		if (becomes_spare(s, sheaf)) {
			stat(s, SHEAF_RETURN_FAST);
			return;
		}
		stat(s, SHEAF_RETURN_SLOW);
		if (READ_ONCE(barn->nr_full) < MAX_FULL_SHEAVES &&
		    !refill_sheaf(s, sheaf, gfp)) {
			barn_put_full_sheaf(barn, sheaf);
			stat(s, BARN_PUT);
			return;
		}
	}
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
}
