/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Partly used slabs: on their node's list under list_lock, or on a CPU's
 * chain, which belongs to that CPU alone (slub spec 3.3, 3.5, 3.7 stage 1 to
 * 3; mm/slub.c, 6.12). The local lock of c is taken inside list_lock, never
 * the other way round.
 *
 * PG_slab_partial tells a free that empties a slab whether it may touch the
 * slab's list links: it is written under list_lock only, and is clear for a
 * slab on its way from one list to another.
 */
#include "mm/mmzone.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slub_split_exchange, "I13", "slab exchange in two halves (S-10)");
DEFINE_FAULT(slub_drop_slab, "I13", "the first partial slab is lost (S-06)");
DEFINE_FAULT(slub_not_frozen, "I7", "a slab is taken without freezing (S-11)");
DEFINE_FAULT(slub_no_list_mark, "I6", "a listed slab is not marked");
DEFINE_FAULT(slub_lose_count, "I9", "unlinking leaves nr_partial as it was");
DEFINE_FAULT(slub_list_full, "I8", "a full slab is put on its node's list");
DEFINE_FAULT(slub_chain_count, "I11", "a chain's length is not counted");
DEFINE_FAULT(slub_deactivate_short, "I2", "deactivation counts one too few");

/* ---- the slab's own word ---- */
bool slab_exchange_in_halves(struct slab *slab, void *old_list, u64 old,
			     void *new_list, u64 new)
{
	if (READ_ONCE(slab->freelist) != old_list ||
	    READ_ONCE(slab->counters) != old)
		return false;
	WRITE_ONCE(slab->freelist, new_list);
	WRITE_ONCE(slab->counters, new);
	return true;
}

void *grab_freelist(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters old, new;
	void *freelist;

	do {
		freelist = READ_ONCE(slab->freelist);
		old = slab_counters(slab);
		new = old;
		new.inuse = old.objects;
		new.frozen = freelist != NULL && !FAULT(slub_not_frozen);
	} while (!slab_update_freelist(s, slab, freelist, old.word, NULL,
				       new.word));
	return freelist;
}

/* Slabs built from emergency reserves are for those entitled to them. */
bool pfmemalloc_match(const struct slab *slab, gfp_t gfp)
{
	return likely(!(READ_ONCE(slab_page(slab)->flags) & PG_pfmemalloc)) ||
	       gfp_pfmemalloc_allowed(gfp);
}

/* ---- a node's list ---- */
void add_partial_locked(struct kmem_cache_node *n, struct slab *slab,
			enum partial_end end)
{
	u32 flags = slab_page(slab)->flags;

	WRITE_ONCE(n->nr_partial, n->nr_partial + 1);
	if (end == PARTIAL_TAIL)
		list_add_tail(&slab->slab_list, &n->partial);
	else
		list_add(&slab->slab_list, &n->partial);
	if (!FAULT(slub_no_list_mark))
		WRITE_ONCE(slab_page(slab)->flags, flags | PG_slab_partial);
}

void remove_partial_locked(struct kmem_cache_node *n, struct slab *slab)
{
	u32 flags = slab_page(slab)->flags;

	list_del(&slab->slab_list);
	WRITE_ONCE(slab_page(slab)->flags, flags & ~PG_slab_partial);
	if (!FAULT(slub_lose_count))
		WRITE_ONCE(n->nr_partial, n->nr_partial - 1);
}

/* Moves one more slab of n to this CPU's chain. */
static void move_to_chain_locked(struct kmem_cache *s,
				 struct kmem_cache_node *n, struct slab *slab)
	must_hold(n->list_lock);

static void move_to_chain_locked(struct kmem_cache *s,
				 struct kmem_cache_node *n, struct slab *slab)
{
	remove_partial_locked(n, slab);
	put_cpu_partial(s, slab, false);
	stat(s, CPU_PARTIAL_NODE);
}

/* The first suitable slab of n; up to half a chain and one more go to this
 * CPU's chain. */
static struct slab *take_partials_locked(struct kmem_cache *s,
					 struct kmem_cache_node *n, gfp_t gfp)
	must_hold(n->list_lock);

static struct slab *take_partials_locked(struct kmem_cache *s,
					 struct kmem_cache_node *n, gfp_t gfp)
{
	struct slab *slab, *next, *first = NULL;
	unsigned extra = 0;

	list_for_each_entry_safe(slab, next, &n->partial, slab_list) {
		if (!pfmemalloc_match(slab, gfp))
			continue;
		if (!first) {
			remove_partial_locked(n, slab);
			first = slab;
			stat(s, ALLOC_FROM_PARTIAL);
			if (!s->lay.cpu_partial_slabs)
				break;
			continue;
		}
		move_to_chain_locked(s, n, slab);
		if (++extra > s->lay.cpu_partial_slabs / 2)
			break;
	}
	return FAULT(slub_drop_slab) ? NULL : first;
}

/* The emptiness test is without the lock, racy by design. */
static void *get_partial_node(struct kmem_cache *s, struct kmem_cache_node *n,
			      struct partial_context *pc)
{
	unsigned long flags;
	struct slab *slab;

	if (!n || !READ_ONCE(n->nr_partial))
		return NULL;
	spin_lock_irqsave(&n->list_lock, flags);
	slab = unlikely(kmem_cache_debug(s)) ?
		slub_debug_take_locked(s, n, pc) :
		take_partials_locked(s, n, pc->gfp);
	spin_unlock_irqrestore(&n->list_lock, flags);
	return slab;
}

void *search_other_nodes(struct kmem_cache *s,
			 void *(*take)(struct kmem_cache *s,
				       struct kmem_cache_node *n,
				       struct partial_context *pc),
			 struct partial_context *pc)
{
	gfp_t gfp = pc->gfp;
	enum zone_type highest = gfp & __GFP_DMA ? ZONE_DMA : ZONE_NORMAL;
	struct zonelist *list = NODE_DATA(numa_node_id())->node_zonelists;

	list += gfp & __GFP_THISNODE ? ZONELIST_NOFALLBACK : ZONELIST_FALLBACK;
	if (!s->remote_node_defrag_ratio ||
	    sched_clock() % 1024 > s->remote_node_defrag_ratio)
		return NULL;
	for (struct zoneref *z = list->zonerefs; z->zone; z++) {
		struct kmem_cache_node *n;
		void *found;

		if (z->zone_idx > highest)
			continue;
		n = get_node(s, (int)z->zone->node);
		if (!n || READ_ONCE(n->nr_partial) <= s->lay.min_partial)
			continue;
		found = take(s, n, pc);
		if (found)
			return found;
	}
	return NULL;
}

struct slab *get_partial(struct kmem_cache *s, struct partial_context *pc,
			 int node)
{
	int first = node == NUMA_NO_NODE ? (int)numa_node_id() : node;
	struct slab *slab = get_partial_node(s, get_node(s, first), pc);

	if (slab || (node != NUMA_NO_NODE && (pc->gfp & __GFP_THISNODE)))
		return slab;
	return search_other_nodes(s, get_partial_node, pc);
}

/* ---- a CPU's chain ---- */
void put_cpu_partial(struct kmem_cache *s, struct slab *slab, bool drain)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
	struct slab *old, *full_chain = NULL;
	struct cpu_slab_guard guard;

	cpu_slab_lock(c, &guard);
	old = c->partial;
	if (old && drain && old->slabs >= s->lay.cpu_partial_slabs) {
		full_chain = old;
		old = NULL;
	}
	slab->slabs = (old ? old->slabs : 0) + !FAULT(slub_chain_count);
	slab->next = old;
	WRITE_ONCE(c->partial, slab);
	slab_check("I11", slab->slabs <= s->lay.cpu_partial_slabs +
		   s->lay.cpu_partial_slabs / 2 + 1,
		   "%s: %lu slabs on a chain for %u", s->name, slab->slabs,
		   s->lay.cpu_partial_slabs);
	cpu_slab_unlock(c, &guard);
	if (full_chain) {
		put_partials(s, full_chain);
		stat(s, CPU_PARTIAL_DRAIN);
	}
}

/* One run of a chain on one node; empty ones beyond min_partial to *empty. */
static struct slab *put_run(struct kmem_cache *s, struct slab *slab,
			    struct slab **empty)
{
	int nid = slab_nid(slab);
	struct kmem_cache_node *n = get_node(s, nid);
	unsigned long flags;
	struct slab *next;

	spin_lock_irqsave(&n->list_lock, flags);
	for (; slab && slab_nid(slab) == nid; slab = next) {
		next = slab->next;
		if (!slab_counters(slab).inuse &&
		    n->nr_partial >= s->lay.min_partial) {
			slab->next = *empty;
			*empty = slab;
		} else {
			add_partial_locked(n, slab, PARTIAL_TAIL);
			stat(s, FREE_ADD_PARTIAL);
		}
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return slab;
}

void put_partials(struct kmem_cache *s, struct slab *chain)
{
	struct slab *empty = NULL, *slab;

	while (chain)
		chain = put_run(s, chain, &empty);
	while (empty) {
		slab = empty;
		empty = slab->next;
		stat(s, DEACTIVATE_EMPTY);
		discard_slab(s, slab);
		stat(s, FREE_SLAB);
	}
}

/* ---- a CPU slab is given up ---- */
/* Objects of freelist, and its last one. */
static unsigned count_freelist(struct kmem_cache *s, struct slab *slab,
			       void *freelist, void **tail)
{
	unsigned count = 0;

	for (void *object = freelist; object;
	     object = get_freepointer(s, object)) {
		slab_check("I3", slab_object_index(slab, object) >= 0,
			   "%s: CPU slab's freelist leaves its slab", s->name);
		*tail = object;
		count++;
	}
	return count;
}

/* Stage 2: the CPU's objects in front of those that others freed. */
static union slab_counters unfreeze(struct kmem_cache *s, struct slab *slab,
				    void *freelist, void **remaining)
{
	union slab_counters old, new;
	void *tail = NULL, *shared;
	unsigned count = count_freelist(s, slab, freelist, &tail);

	if (FAULT(slub_deactivate_short) && count)
		count--;
	do {
		shared = READ_ONCE(slab->freelist);
		old = slab_counters(slab);
		slab_check("I7", old.frozen, "%s: deactivated slab was not "
			   "frozen", s->name);
		new = old;
		new.frozen = 0;
		new.inuse -= count;
		if (tail)
			set_freepointer(s, tail, shared);
		*remaining = tail ? freelist : shared;
	} while (!slab_update_freelist(s, slab, shared, old.word, *remaining,
				       new.word));
	return new;
}

void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	enum partial_end end = PARTIAL_HEAD;
	union slab_counters new;
	unsigned long flags;
	void *remaining;

	if (READ_ONCE(slab->freelist)) {
		stat(s, DEACTIVATE_REMOTE_FREES);
		end = PARTIAL_TAIL;
	}
	new = unfreeze(s, slab, freelist, &remaining);
	/*
	 * From here on a remote free may empty the slab; it finds it not listed
	 * and leaves it to us, so an empty slab may end up on the list.
	 */
	if (!new.inuse && READ_ONCE(n->nr_partial) >= s->lay.min_partial) {
		stat(s, DEACTIVATE_EMPTY);
		discard_slab(s, slab);
		stat(s, FREE_SLAB);
	} else if (remaining || FAULT(slub_list_full)) {
		spin_lock_irqsave(&n->list_lock, flags);
		add_partial_locked(n, slab, end);
		spin_unlock_irqrestore(&n->list_lock, flags);
		stat(s, end == PARTIAL_TAIL ? DEACTIVATE_TO_TAIL :
		     DEACTIVATE_TO_HEAD);
	} else {
		stat(s, DEACTIVATE_FULL);
	}
}
