/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvfree_rcu() into sheaves (slub spec 3S.4, 6; mm/slub.c, 6.18 and 7.0): a CPU
 * collects objects of a cache in a sheaf, which call_rcu() gets when full.
 * After the grace period it is a full sheaf like any other, and goes to the
 * barn of the node it was collected on: no object was touched meanwhile.
 *
 * What finds no sheaf to be collected in is kvfree_rcu.c's to batch.
 */
#include "mm/kvfree_rcu_def.h"
#include "mm/sheaf.h"
#include "mm/vmalloc.h"

DEFINE_FAULT(sheaf_rcu_too_early, "I20", "full sheaves do not wait for RCU");
DEFINE_FAULT(sheaf_rcu_stays, "I22", "a full sheaf stays to be collected in");
DEFINE_FAULT(sheaf_rcu_lost, "I13", "a sheaf is forgotten after RCU");

/* ---- after the grace period ---- */
/* What freeing each object looks at; it may refuse some. True: one is of the
 * reserves, which sheaves have none of. */
static bool prepare_objects(struct kmem_cache *s, struct slab_sheaf *sheaf)
{
	bool reserves = false;
	unsigned kept = 0;

	for (unsigned i = 0; i < sheaf->size; i++) {
		void *object = sheaf->objects[i];
		struct slab *slab = page_slab(virt_to_head_page(object));

		if_checked(kvfree_rcu_note_freed(object));
		if (!checked_ok(slab_shadow_free(s, slab, object)))
			continue;
		reserves |= slab_of_reserves(slab);
		sheaf->objects[kept++] = object;
	}
	sheaf->size = kept;
	return reserves;
}

static void recycle(struct kmem_cache *s, struct slab_sheaf *empty)
{
	struct node_barn *barn = s->sheaves->barn[empty->node];

	if (barn && READ_ONCE(barn->nr_empty) < MAX_EMPTY_SHEAVES)
		barn_put_empty_sheaf(barn, empty);
	else
		free_empty_sheaf(empty);
}

static void rcu_free_sheaf(struct rcu_head *head)
{
	struct slab_sheaf *sheaf = container_of(head, struct slab_sheaf,
						rcu_head);
	struct kmem_cache *s = sheaf->cache;
	struct node_barn *barn = s->sheaves->barn[sheaf->node];
	bool reserves = prepare_objects(s, sheaf);

	if (FAULT(sheaf_rcu_lost))
		return;
	if (!sheaf->size) {
		recycle(s, sheaf);
		return;
	}
	if (!reserves && barn && READ_ONCE(barn->nr_full) < MAX_FULL_SHEAVES) {
		stat(s, BARN_PUT);
		barn_put_full_sheaf(barn, sheaf);
		return;
	}
	stat(s, BARN_PUT_FAIL);
	sheaf_flush(s, sheaf);
	recycle(s, sheaf);
}

/* Of a cache that is flushed: not to a barn. */
static void rcu_free_sheaf_nobarn(struct rcu_head *head)
{
	struct slab_sheaf *sheaf = container_of(head, struct slab_sheaf,
						rcu_head);
	struct kmem_cache *s = sheaf->cache;

	prepare_objects(s, sheaf);
	sheaf_flush(s, sheaf);
	free_empty_sheaf(sheaf);
}

/* ---- collecting ---- */
/* This CPU's rcu_free, locked; NULL, unlocked: none to be had. */
static struct slub_percpu_sheaves *new_rcu_free(struct kmem_cache *s)
{
	struct slab_sheaf *empty = alloc_empty_sheaf(s, GFP_NOWAIT);
	struct slub_percpu_sheaves *pcs;

	if (!empty)
		return NULL;
	pcs = pcs_trylock(s);
	if (pcs && !pcs->rcu_free)
		pcs->rcu_free = empty;
	else
		barn_put_empty_sheaf(get_barn(s), empty);
	return pcs;
}

static struct slub_percpu_sheaves *lock_rcu_free(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);

	if (!pcs || pcs->rcu_free)
		return pcs;
	if (pcs->spare && !pcs->spare->size) {
		pcs->rcu_free = pcs->spare;
		pcs->spare = NULL;
		return pcs;
	}
	pcs->rcu_free = barn_get_empty_sheaf(get_barn(s));
	if (pcs->rcu_free)
		return pcs;
	pcs_unlock(pcs);
	return new_rcu_free(s);
}

static bool collect(struct kmem_cache *s, void *object)
{
	struct slub_percpu_sheaves *pcs = lock_rcu_free(s);
	struct slab_sheaf *sheaf;

	if (!pcs) {
		stat(s, FREE_RCU_SHEAF_FAIL);
		return false;
	}
	sheaf = pcs->rcu_free;
	sheaf->objects[sheaf->size++] = object;
	if (sheaf->size == s->sheaf_capacity && !FAULT(sheaf_rcu_stays)) {
		pcs->rcu_free = NULL;
		sheaf->node = (int)numa_node_id();
		/* Still locked: who flushes then waits for this, too. */
		if (FAULT(sheaf_rcu_too_early))
			rcu_free_sheaf(&sheaf->rcu_head);
		else
			call_rcu(&sheaf->rcu_head, rcu_free_sheaf);
	}
	pcs_unlock(pcs);
	stat(s, FREE_RCU_SHEAF);
	return true;
}

bool kfree_rcu_sheaf(void *object)
{
	struct page *page;
	struct kmem_cache *s;

	if (is_vmalloc_addr((vaddr_t)object))
		return false;
	page = virt_to_head_page(object);
	if (page->type != PAGE_TYPE_SLAB)
		return false;
	s = page_slab(page)->slab_cache;
	return s->sheaves && page_to_nid(page) == numa_node_id() &&
	       collect(s, object);
}

/* ---- giving up what is collected ---- */
void rcu_free_flush(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	struct slab_sheaf *sheaf;

	must(pcs);	/* a task, which interrupts nobody */
	sheaf = pcs->rcu_free;
	pcs->rcu_free = NULL;
	if (sheaf)
		call_rcu(&sheaf->rcu_head, rcu_free_sheaf_nobarn);
	pcs_unlock(pcs);
}
