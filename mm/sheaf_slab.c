/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slabs that no CPU owns (slub spec 3S.3 steps 5 and 6, 3S.4 step 5; mm/slub.c,
 * 7.0). A slab is on its node's list while it has free objects, and nowhere
 * when it is full. {freelist, counters} change by a 16-byte exchange, since
 * frees that neither empty a slab nor find it full do not take list_lock.
 *
 * A slab that refill_objects() has unlinked is its alone to take from, but
 * others free to it; the list mark is clear, which tells a free that empties it
 * to leave it alone.
 */
#include "mm/sheaf.h"

DEFINE_FAULT(sheaf_surplus_kept, "I13", "what a refill has too many is lost");

/* ---- one object ---- */
/* The first object of a listed slab; NULL: others were faster. */
static void *pop_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			struct slab *slab) must_hold(n->list_lock);

static void *pop_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			struct slab *slab)
{
	union slab_counters old, new;
	void *object, *rest;

	do {
		/* Pairs with the exchange that listed it: its link is read. */
		object = smp_load_acquire(&slab->freelist);
		old = slab_counters(slab);
		rest = get_freepointer(s, object);
		new = old;
		new.inuse++;
	} while (!slab_update_freelist(s, slab, object, old.word, rest,
				       new.word));
	if (!rest)
		remove_partial_locked(n, slab);
	return object;
}

static void *pop_from_node(struct kmem_cache *s, struct kmem_cache_node *n,
			   struct partial_context *pc)
{
	struct slab *slab;
	unsigned long flags;
	void *object = NULL;

	if (!n || !READ_ONCE(n->nr_partial))
		return NULL;
	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry(slab, &n->partial, slab_list) {
		if (!pfmemalloc_match(slab, pc->gfp))
			continue;
		object = pop_locked(s, n, slab);
		break;
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return object;
}

static void *pop_from_nodes(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct partial_context pc = { .gfp = gfp };
	int first = node == NUMA_NO_NODE ? (int)numa_node_id() : node;
	void *object = pop_from_node(s, get_node(s, first), &pc);

	if (object || (node != NUMA_NO_NODE && (gfp & __GFP_THISNODE)))
		return object;
	return search_other_nodes(s, pop_from_node, &pc);
}

/* Takes up to max objects of a slab that nobody else knows; it is listed if
 * some are left. */
static unsigned take_from_new_slab(struct kmem_cache *s, struct slab *slab,
				   void **objects, unsigned max)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	union slab_counters counters = slab_counters(slab);
	void *object = slab->freelist;
	unsigned long flags;
	unsigned taken;

	for (taken = 0; taken < max && object; taken++) {
		objects[taken] = object;
		object = get_freepointer(s, object);
	}
	counters.inuse = taken;
	WRITE_ONCE(slab->freelist, object);
	WRITE_ONCE(slab->counters, counters.word);
	inc_slabs_node(s, slab);
	if (object) {
		spin_lock_irqsave(&n->list_lock, flags);
		add_partial_locked(n, slab, PARTIAL_HEAD);
		spin_unlock_irqrestore(&n->list_lock, flags);
	}
	return taken;
}

static void *pop_from_new_slab(struct kmem_cache *s, gfp_t gfp, int node)
{
	struct slab *slab = new_slab(s, gfp, node);
	void *object;

	if (!slab)
		return NULL;
	stat(s, ALLOC_SLAB);
	take_from_new_slab(s, slab, &object, 1);
	return object;
}

void *alloc_from_slabs(struct kmem_cache *s, gfp_t gfp, int node)
{
	gfp_t here = GFP_NOWAIT | __GFP_THISNODE;
	void *object = NULL;

	if (!node_has_memory(node))
		node = NUMA_NO_NODE;
	/* A node that is only preferred is tried alone first. */
	if (node != NUMA_NO_NODE && !(gfp & __GFP_THISNODE)) {
		object = pop_from_nodes(s, here, node);
		if (!object)
			object = pop_from_new_slab(s, here, node);
	}
	if (!object)
		object = pop_from_nodes(s, gfp, node);
	if (!object)
		object = pop_from_new_slab(s, gfp, node);
	return object;
}

/* ---- many objects ---- */
struct refill {
	struct partial_context	pc;
	void			**objects;
	unsigned		got, min, max;
};

/* Unlinks slabs that have min free objects together, but no more than max once
 * there are enough; read without their exchange, so an estimate. */
static void collect_locked(struct kmem_cache_node *n, const struct refill *r,
			   struct list_head *slabs) must_hold(n->list_lock);

static void collect_locked(struct kmem_cache_node *n, const struct refill *r,
			   struct list_head *slabs)
{
	unsigned min = r->min - r->got, max = r->max - r->got, nr_free = 0;
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, &n->partial, slab_list) {
		union slab_counters counters = slab_counters(slab);
		unsigned more = counters.objects - counters.inuse;

		if (!pfmemalloc_match(slab, r->pc.gfp))
			continue;
		if (nr_free >= min && nr_free + more > max)
			break;
		remove_partial_locked(n, slab);
		list_add(&slab->slab_list, slabs);
		nr_free += more;
		if (nr_free >= max)
			break;
	}
}

/* All free objects of a slab, by one exchange; what is too many goes back. */
static void take_freelist(struct kmem_cache *s, struct slab *slab,
			  struct refill *r)
{
	struct free_group surplus = { 0 };
	union slab_counters old, new;
	void *object;

	do {
		object = READ_ONCE(slab->freelist);
		old = slab_counters(slab);
		new = old;
		new.inuse = old.objects;
	} while (!slab_update_freelist(s, slab, object, old.word, NULL,
				       new.word));
	for (; object && r->got < r->max; object = get_freepointer(s, object))
		r->objects[r->got++] = object;
	if (!object || FAULT(sheaf_surplus_kept))
		return;
	for (surplus.head = object; object;
	     object = get_freepointer(s, object)) {
		surplus.tail = object;
		surplus.count++;
	}
	stat_add(s, FREE_SLOWPATH, surplus.count);
	free_to_slab(s, slab, surplus);
}

/* Slabs that were not needed after all. */
static void put_back(struct kmem_cache *s, struct kmem_cache_node *n,
		     struct list_head *slabs)
{
	struct list_head discard = LIST_HEAD_INIT(discard);
	struct slab *slab, *next;
	unsigned long flags;

	if (list_empty(slabs))
		return;
	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry_safe(slab, next, slabs, slab_list) {
		list_del(&slab->slab_list);
		if (!slab_counters(slab).inuse &&
		    n->nr_partial >= s->lay.min_partial)
			list_add(&slab->slab_list, &discard);
		else
			add_partial_locked(n, slab, PARTIAL_HEAD);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	list_for_each_entry_safe(slab, next, &discard, slab_list) {
		list_del(&slab->slab_list);
		discard_slab(s, slab);
		stat(s, FREE_SLAB);
	}
}

/* Slabs collected from n, under its lock until then. */
static void take_collected(struct kmem_cache *s, struct kmem_cache_node *n,
			   struct list_head *slabs, struct refill *r)
{
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, slabs, slab_list) {
		if (r->got >= r->min)
			break;
		/* before the exchange: a free may list it after that */
		list_del(&slab->slab_list);
		take_freelist(s, slab, r);
	}
	put_back(s, n, slabs);
}

static void refill_from_node(struct kmem_cache *s, struct kmem_cache_node *n,
			     struct refill *r)
{
	struct list_head slabs = LIST_HEAD_INIT(slabs);
	unsigned long flags;

	if (!n || !READ_ONCE(n->nr_partial))
		return;
	spin_lock_irqsave(&n->list_lock, flags);
	collect_locked(n, r, &slabs);
	spin_unlock_irqrestore(&n->list_lock, flags);
	take_collected(s, n, &slabs, r);
}

/* Another node's list is taken only if it is to be had at once. */
static void *refill_elsewhere(struct kmem_cache *s, struct kmem_cache_node *n,
			      struct partial_context *pc)
{
	struct refill *r = container_of(pc, struct refill, pc);
	struct list_head slabs = LIST_HEAD_INIT(slabs);
	unsigned long flags;

	local_irq_save(flags);
	if (!spin_trylock(&n->list_lock)) {
		local_irq_restore(flags);
		return NULL;
	}
	collect_locked(n, r, &slabs);
	spin_unlock_irqrestore(&n->list_lock, flags);
	take_collected(s, n, &slabs, r);
	return r->got >= r->min ? n : NULL;
}

unsigned refill_objects(struct kmem_cache *s, void **objects, gfp_t gfp,
			unsigned min, unsigned max)
{
	struct refill r = { .pc.gfp = gfp, .objects = objects, .min = min,
			    .max = max };
	struct slab *slab;

	refill_from_node(s, get_node(s, (int)numa_node_id()), &r);
	if (r.got < r.min)
		search_other_nodes(s, refill_elsewhere, &r.pc);
	while (r.got < r.min) {
		slab = new_slab(s, gfp, NUMA_NO_NODE);
		if (!slab)
			break;
		stat(s, ALLOC_SLAB);
		r.got += take_from_new_slab(s, slab, objects + r.got,
					    r.max - r.got);
	}
	return r.got;
}

/* ---- freeing ---- */
/* What becomes of a slab that was full or is empty now. True: discard it. */
static bool relist_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			  struct slab *slab, bool was_full, bool empty)
	must_hold(n->list_lock);

static bool relist_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			  struct slab *slab, bool was_full, bool empty)
{
	if (!was_full && !slab_test_node_partial(slab))
		return false;	/* a refill has it, and looks after it */
	if (empty && n->nr_partial >= s->lay.min_partial) {
		if (!was_full) {
			remove_partial_locked(n, slab);
			stat(s, FREE_REMOVE_PARTIAL);
		}
		return true;
	}
	if (was_full) {
		add_partial_locked(n, slab, PARTIAL_TAIL);
		stat(s, FREE_ADD_PARTIAL);
	}
	return false;
}

/* Under list_lock the exchange and what follows are one step to others who
 * look at the list. False, with nothing done: the exchange lost. */
static bool free_and_relist(struct kmem_cache *s, struct slab *slab,
			    struct free_group group, void *prior, u64 old,
			    union slab_counters new)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	bool discard = false, done;
	unsigned long flags;

	spin_lock_irqsave(&n->list_lock, flags);
	done = slab_update_freelist(s, slab, prior, old, group.head, new.word);
	if (done)
		discard = relist_locked(s, n, slab, !prior, !new.inuse);
	spin_unlock_irqrestore(&n->list_lock, flags);
	if (discard) {
		stat(s, FREE_SLAB);
		discard_slab(s, slab);
	}
	return done;
}

void free_to_slab(struct kmem_cache *s, struct slab *slab,
		  struct free_group group)
{
	union slab_counters old, new;
	void *prior;
	bool done;

	do {
		prior = READ_ONCE(slab->freelist);
		old = slab_counters(slab);
		if (unlikely(!set_freepointer(s, group.tail, prior)))
			return;
		new = old;
		new.inuse -= group.count;
		if (!prior || !new.inuse)
			done = free_and_relist(s, slab, group, prior, old.word,
					       new);
		else
			done = slab_update_freelist(s, slab, prior, old.word,
						    group.head, new.word);
	} while (!done);
}

void free_bulk_to_slabs(struct kmem_cache *s, unsigned n, void **objects)
{
	free_in_groups(s, n, objects, free_to_slab);
}
