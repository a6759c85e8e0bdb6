/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sheaf: how large, made of what, filled and emptied (slub spec 3S.2,
 * 3S.3; mm/slub.c, 6.18 and 7.0). Nobody else knows the sheaf meanwhile.
 */
#include "mm/sheaf.h"

/* Of the flags of who allocates an object: they mean the object. */
#define OBJECT_GFP	(__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT | \
			 __GFP_NOFAIL)

unsigned calculate_sheaf_capacity(unsigned stride, unsigned asked)
{
	size_t header = sizeof(struct slab_sheaf);
	unsigned base = stride >= PAGE_SIZE ? 4 : stride >= 1024 ? 12 :
			stride >= 256 ? 26 : 60;
	size_t bytes = kmalloc_size_roundup(header + base * sizeof(void *));

	return max((unsigned)((bytes - header) / sizeof(void *)), asked);
}

struct slab_sheaf *alloc_empty_sheaf(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_sheaf *sheaf;

	/* A sheaf for the cache that sheaves are made of would need one. */
	if (gfp & __GFP_NO_OBJ_EXT)
		return NULL;
	if (s->flags & SLAB_KMALLOC)
		gfp |= __GFP_NO_OBJ_EXT;
	sheaf = kzalloc(sizeof(*sheaf) + s->sheaf_capacity * sizeof(void *),
			gfp & ~OBJECT_GFP);
	if (!sheaf)
		return NULL;
	sheaf->cache = s;
	stat(s, SHEAF_ALLOC);
	return sheaf;
}

void free_empty_sheaf(struct slab_sheaf *sheaf)
{
	must(!sheaf->size);
	stat(sheaf->cache, SHEAF_FREE);
	kfree(sheaf);
}

int refill_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf, gfp_t gfp)
{
	unsigned wanted = s->sheaf_capacity - sheaf->size, got;

	if (!wanted)
		return 0;
	got = s->sheaves->beneath->take(s, gfp | __GFP_NOMEMALLOC, wanted,
					&sheaf->objects[sheaf->size]);
	sheaf->size += got;
	stat_add(s, SHEAF_REFILL, got);
	return got == wanted ? 0 : -ENOMEM;
}

struct slab_sheaf *alloc_full_sheaf(struct kmem_cache *s, gfp_t gfp)
{
	struct slab_sheaf *sheaf = alloc_empty_sheaf(s, gfp);

	if (!sheaf || !refill_sheaf(s, sheaf, gfp))
		return sheaf;
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
	return NULL;
}

void sheaf_flush(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	unsigned n = sheaf->size;

	sheaf->size = 0;
	stat_add(s, SHEAF_FLUSH, n);
	s->sheaves->beneath->flush(s, n, sheaf->objects);
}
