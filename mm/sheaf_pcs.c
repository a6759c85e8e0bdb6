/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This CPU's two sheaves (slub spec 3S.3, 3S.4; mm/slub.c, 6.18
 * and 7.0): an array and
 * a count, no atomic operation. When both are of no use they are swapped at the
 * node's barn, and when the barn is of none, filled from slabs or emptied into
 * them, which needs the trylock dropped: then the CPU's state is looked at
 * anew.
 */
#include "mm/sheaf.h"

DEFINE_FAULT(sheaf_keeps_popped, "I4", "a sheaf keeps the object it gave");
DEFINE_FAULT(sheaf_spare_is_main, "I22", "one sheaf is main and spare");

/* ---- the trylock: excludes this CPU's interrupts, and they it ---- */
struct slub_percpu_sheaves *pcs_trylock(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs;

	preempt_disable();
	pcs = this_cpu_ptr(s->sheaves->cpu);
	if (unlikely(READ_ONCE(pcs->locked))) {
		preempt_enable();
		return NULL;
	}
	WRITE_ONCE(pcs->locked, true);
	barrier();
	return pcs;
}

void pcs_unlock(struct slub_percpu_sheaves *pcs)
{
	barrier();
	WRITE_ONCE(pcs->locked, false);
	preempt_enable();
}

static bool is_full(const struct slab_sheaf *sheaf)
{
	return sheaf->size == sheaf->cache->sheaf_capacity;
}

/* ---- allocating ---- */
/* Installs a full sheaf. pcs is locked; main may have been filled meanwhile. */
static void install_full(struct kmem_cache *s, struct slub_percpu_sheaves *pcs,
			 struct slab_sheaf *full)
{
	struct node_barn *barn = get_barn(s);

	if (!pcs->main->size) {
		if (!pcs->spare)
			pcs->spare = pcs->main;
		else
			barn_put_empty_sheaf(barn, pcs->main);
		pcs->main = full;
	} else if (!pcs->spare) {
		pcs->spare = full;
	} else if (!pcs->spare->size) {
		barn_put_empty_sheaf(barn, pcs->spare);
		pcs->spare = full;
	} else {
		barn_put_full_sheaf(barn, full);
		stat(s, BARN_PUT);
	}
	if (FAULT(sheaf_spare_is_main))
		pcs->spare = pcs->main;
}

/* An empty sheaf of ours filled, or a new one; not locked. */
static struct slab_sheaf *make_full(struct kmem_cache *s,
				    struct slab_sheaf *empty, gfp_t gfp)
{
	if (!empty)
		return alloc_full_sheaf(s, gfp);
	if (!refill_sheaf(s, empty, gfp))
		return empty;
	/* so short of memory that the barn needs none either */
	sheaf_flush(s, empty);
	free_empty_sheaf(empty);
	return NULL;
}

/* Drops the lock; NULL, unlocked, when the caller must look in the slabs. */
static struct slub_percpu_sheaves *
refill_main(struct kmem_cache *s, struct slub_percpu_sheaves *pcs, gfp_t gfp)
{
	struct slab_sheaf *sheaf;

	if (!gfpflags_allow_blocking(gfp)) {
		pcs_unlock(pcs);
		return NULL;
	}
	sheaf = pcs->spare;
	if (sheaf)
		pcs->spare = NULL;
	else
		sheaf = barn_get_empty_sheaf(get_barn(s));
	pcs_unlock(pcs);
	sheaf = make_full(s, sheaf, gfp);
	if (!sheaf)
		return NULL;
	/* The caller may sleep, so it has interrupted nobody. */
	pcs = pcs_trylock(s);
	must(pcs);
	install_full(s, pcs, sheaf);
	return pcs;
}

/* main has objects, or NULL: unlocked. */
static struct slub_percpu_sheaves *
replace_empty_main(struct kmem_cache *s, struct slub_percpu_sheaves *pcs,
		   gfp_t gfp)
{
	struct slab_sheaf *full;

	if (pcs->spare && pcs->spare->size) {
		swap(pcs->main, pcs->spare);
		return pcs;
	}
	full = barn_replace_empty_sheaf(get_barn(s), pcs->main);
	if (full) {
		stat(s, BARN_GET);
		pcs->main = full;
		return pcs;
	}
	stat(s, BARN_GET_FAIL);
	return refill_main(s, pcs, gfp);
}

/* Where CPU slabs are beneath, those count what does not match. */
static noinline void *no_node_match(struct kmem_cache *s)
{
	if (s->no_cpu_slabs)
		stat(s, ALLOC_NODE_MISMATCH);
	return NULL;
}

void *alloc_from_pcs(struct kmem_cache *s, gfp_t gfp, int node)
{
	bool any = node == NUMA_NO_NODE || !node_has_memory(node);
	struct slub_percpu_sheaves *pcs;
	void *object = NULL;

	if (unlikely(!any && node != (int)numa_node_id()))
		return no_node_match(s);
	pcs = pcs_trylock(s);
	if (unlikely(!pcs))
		return NULL;
	if (unlikely(!pcs->main->size)) {
		pcs = replace_empty_main(s, pcs, gfp);
		if (unlikely(!pcs))
			return NULL;
	}
	object = pcs->main->objects[pcs->main->size - 1];
	if (unlikely(!any &&
		     slab_nid(page_slab(virt_to_head_page(object))) != node)) {
		pcs_unlock(pcs);
		return no_node_match(s);
	}
	if (!FAULT(sheaf_keeps_popped))
		pcs->main->size--;
	pcs_unlock(pcs);
	stat(s, pcs_alloc_item(s));
	return object;
}

static struct slub_percpu_sheaves *lock_with_objects(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	struct slab_sheaf *full;

	if (!pcs || pcs->main->size)
		return pcs;
	if (pcs->spare && pcs->spare->size) {
		swap(pcs->main, pcs->spare);
		return pcs;
	}
	full = barn_replace_empty_sheaf(get_barn(s), pcs->main);
	stat(s, full ? BARN_GET : BARN_GET_FAIL);
	if (full) {
		pcs->main = full;
		return pcs;
	}
	pcs_unlock(pcs);
	return NULL;
}

unsigned alloc_from_pcs_bulk(struct kmem_cache *s, unsigned n, void **objects)
{
	struct slub_percpu_sheaves *pcs;
	unsigned done = 0, batch;

	while (done < n && (pcs = lock_with_objects(s))) {
		batch = min(pcs->main->size, n - done);
		pcs->main->size -= batch;
		machine_memcpy(objects + done,
			       pcs->main->objects + pcs->main->size,
			       batch * sizeof(void *));
		pcs_unlock(pcs);
		stat_add(s, pcs_alloc_item(s), batch);
		done += batch;
	}
	return done;
}

/* ---- freeing ---- */
/* Up to a batch of main's objects go to their slabs, unlocked. The number, or
 * -EAGAIN: this interrupts who holds the lock. */
static int flush_batch(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	void *objects[PCS_BATCH_MAX];
	unsigned n;

	if (!pcs)
		return -EAGAIN;
	n = min_t(unsigned, pcs->main->size, PCS_BATCH_MAX);
	pcs->main->size -= n;
	machine_memcpy(objects, pcs->main->objects + pcs->main->size,
		       n * sizeof(void *));
	pcs_unlock(pcs);
	stat_add(s, SHEAF_FLUSH, n);
	s->sheaves->beneath->flush(s, n, objects);
	return (int)n;
}

static bool flush_main(struct kmem_cache *s)
{
	int n;

	do {
		n = flush_batch(s);
	} while (n == PCS_BATCH_MAX);
	return n >= 0;
}

/* Installs an empty sheaf. pcs is locked; main may have room meanwhile. */
static void install_empty(struct kmem_cache *s, struct slub_percpu_sheaves *pcs,
			  struct slab_sheaf *empty)
{
	struct node_barn *barn = get_barn(s);

	if (!is_full(pcs->main)) {
		barn_put_empty_sheaf(barn, empty);
	} else if (!pcs->spare) {
		pcs->spare = pcs->main;
		pcs->main = empty;
	} else if (!is_full(pcs->spare)) {
		swap(pcs->main, pcs->spare);
		barn_put_empty_sheaf(barn, empty);
	} else {
		barn_put_full_sheaf(barn, pcs->main);
		stat(s, BARN_PUT);
		pcs->main = empty;
	}
}

/* Locked again, with room in main; or NULL: interrupting who holds it. */
static struct slub_percpu_sheaves *relock_with_empty(struct kmem_cache *s,
						     struct slab_sheaf *empty)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);

	if (pcs)
		install_empty(s, pcs, empty);
	else
		barn_put_empty_sheaf(get_barn(s), empty);
	return pcs;
}

/* The barn has no empty sheaf: a new one, or main is emptied. Drops the lock;
 * NULL, unlocked, when neither can be had. */
static struct slub_percpu_sheaves *
make_room(struct kmem_cache *s, struct slub_percpu_sheaves *pcs,
	  bool barn_refused)
{
	struct slab_sheaf *empty;

	pcs_unlock(pcs);
	empty = alloc_empty_sheaf(s, GFP_NOWAIT);
	if (empty)
		return relock_with_empty(s, empty);
	if (barn_refused)
		stat(s, BARN_PUT_FAIL);
	if (!flush_main(s))
		return NULL;
	pcs = pcs_trylock(s);
	if (!pcs || !is_full(pcs->main))
		return pcs;
	/* an interrupt has filled it: this object goes to its slab */
	pcs_unlock(pcs);
	return NULL;
}

/* The barn has full sheaves enough: spare is emptied. Drops the lock. */
static struct slub_percpu_sheaves *
flush_spare(struct kmem_cache *s, struct slub_percpu_sheaves *pcs)
{
	struct slab_sheaf *sheaf = pcs->spare;

	stat(s, BARN_PUT_FAIL);
	pcs->spare = NULL;
	pcs_unlock(pcs);
	sheaf_flush(s, sheaf);
	return relock_with_empty(s, sheaf);
}

/* main has room, or NULL: unlocked. */
static struct slub_percpu_sheaves *
replace_full_main(struct kmem_cache *s, struct slub_percpu_sheaves *pcs)
{
	struct slab_sheaf *empty;
	int err;

	if (!pcs->spare) {
		empty = barn_get_empty_sheaf(get_barn(s));
		if (!empty)
			return make_room(s, pcs, false);
		pcs->spare = pcs->main;
		pcs->main = empty;
		return pcs;
	}
	if (!is_full(pcs->spare)) {
		swap(pcs->main, pcs->spare);
		return pcs;
	}
	err = barn_replace_full_sheaf(get_barn(s), pcs->main, &empty);
	if (err == -E2BIG)
		return flush_spare(s, pcs);
	if (err)
		return make_room(s, pcs, true);
	stat(s, BARN_PUT);
	pcs->main = empty;
	return pcs;
}

bool free_to_pcs(struct kmem_cache *s, void *object)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);

	if (unlikely(!pcs))
		return false;
	if (unlikely(is_full(pcs->main))) {
		pcs = replace_full_main(s, pcs);
		if (unlikely(!pcs))
			return false;
	}
	pcs->main->objects[pcs->main->size++] = object;
	pcs_unlock(pcs);
	stat(s, pcs_free_item(s));
	return true;
}

/* Room in main without flushing anything; false: none. pcs stays locked. */
static bool find_room(struct kmem_cache *s, struct slub_percpu_sheaves *pcs)
{
	struct node_barn *barn = get_barn(s);
	struct slab_sheaf *empty;

	if (!is_full(pcs->main))
		return true;
	if (pcs->spare && !is_full(pcs->spare)) {
		swap(pcs->main, pcs->spare);
		return true;
	}
	if (READ_ONCE(barn->nr_full) >= MAX_FULL_SHEAVES)
		return false;
	empty = barn_get_empty_sheaf(barn);
	if (!empty)
		return false;
	if (!pcs->spare) {
		pcs->spare = pcs->main;
	} else {
		barn_put_full_sheaf(barn, pcs->main);
		stat(s, BARN_PUT);
	}
	pcs->main = empty;
	return true;
}

/* Into one sheaf; how many. 0: there is no room. */
static unsigned push_some(struct kmem_cache *s, unsigned n, void **objects)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	unsigned batch = 0;

	if (!pcs)
		return 0;
	if (find_room(s, pcs)) {
		batch = min(n, s->sheaf_capacity - pcs->main->size);
		machine_memcpy(pcs->main->objects + pcs->main->size, objects,
			       batch * sizeof(void *));
		pcs->main->size += batch;
	}
	pcs_unlock(pcs);
	stat_add(s, pcs_free_item(s), batch);
	return batch;
}

/* Those of other nodes go to their slabs, 32 at a time; the rest stays in
 * front of objects[]. */
static unsigned sort_out_remote(struct kmem_cache *s, unsigned n,
				void **objects)
{
	const struct sheaf_beneath *beneath = s->sheaves->beneath;
	void *remote[PCS_BATCH_MAX];
	unsigned nr_remote = 0, kept = 0;

	for (unsigned i = 0; i < n; i++) {
		struct page *page = virt_to_head_page(objects[i]);

		if (likely(fits_pcs(page_slab(page)))) {
			objects[kept++] = objects[i];
			continue;
		}
		remote[nr_remote++] = objects[i];
		if (nr_remote == PCS_BATCH_MAX) {
			beneath->give(s, nr_remote, remote);
			nr_remote = 0;
		}
	}
	beneath->give(s, nr_remote, remote);
	return kept;
}

void free_to_pcs_bulk(struct kmem_cache *s, unsigned n, void **objects)
{
	unsigned done = 0, batch;

	n = sort_out_remote(s, n, objects);
	while (done < n) {
		batch = push_some(s, n - done, objects + done);
		if (!batch)
			break;
		done += batch;
	}
	s->sheaves->beneath->give(s, n - done, objects + done);
}

void pcs_flush_all(struct kmem_cache *s)
{
	struct slub_percpu_sheaves *pcs = pcs_trylock(s);
	struct slab_sheaf *spare;

	must(pcs);	/* a task, which interrupts nobody */
	spare = pcs->spare;
	pcs->spare = NULL;
	pcs_unlock(pcs);
	if (spare) {
		sheaf_flush(s, spare);
		free_empty_sheaf(spare);
	}
	rcu_free_flush(s);
	must(flush_main(s));
}
