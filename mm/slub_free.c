/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB's free ladder behind the fast path (slub spec 3.5; mm/slub.c
 * __slab_free(), 6.12): an object goes back to a slab that is not this CPU's
 * current one, most often from a CPU that is not the slab's. One locked
 * 16-byte exchange on the slab's line, and
 *
 *	a  the slab is frozen		its owner will find the object
 *	b  it had free objects before	it is on some list already
 *	c  it was full			this CPU takes it on its chain
 *	d  it is empty now, had been
 *	   partial			list_lock: maybe unlinked and discarded
 *
 * Case e, a full slab without a chain to go to, is of debugging caches only:
 * mm/slub_debug.c.
 */
#include "mm/mm.h"
#include "mm/slub_debug.h"
#include "mm/slub_fast.h"
#include "mm/trace_slab.h"

DEFINE_FAULT(slub_discard_eagerly, "I10", "frees discard what nodes keep");
DEFINE_FAULT(slub_free_uncounted, "I21", "a discard by free is not counted");
DEFINE_FAULT(slub_free_miscounts, "I2", "a free to a slab leaves inuse alone");

/*
 * Case d. Whether the slab is listed is read under the lock, before the
 * exchange: a slab that is not may be on any CPU's chain, and stays there,
 * empty. False, with nothing done, when the exchange lost.
 */
static noinline bool
free_last_object(struct kmem_cache *s, struct slab *slab, void *object,
		 void *prior, u64 old, u64 new)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	unsigned long flags;
	bool listed, discard;

	spin_lock_irqsave(&n->list_lock, flags);
	listed = slab_test_node_partial(slab);
	if (!slab_update_freelist(s, slab, prior, old, object, new)) {
		spin_unlock_irqrestore(&n->list_lock, flags);
		return false;
	}
	discard = listed && (n->nr_partial >= s->lay.min_partial ||
			     FAULT(slub_discard_eagerly));
	if (discard) {
		slab_check("I10", n->nr_partial >= s->lay.min_partial,
			   "%s: empty slab discarded, node has %lu of %u",
			   s->name, n->nr_partial, s->lay.min_partial);
		remove_partial_locked(n, slab);
		stat(s, FREE_REMOVE_PARTIAL);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	if (discard) {
		if (!FAULT(slub_free_uncounted))
			stat(s, FREE_SLAB);
		discard_slab(s, slab);
	}
	return true;
}

/*
 * Caches with debugging, with more than CPU slabs, or with encoded links. True:
 * all is done. Another cache's object always comes here: it is of no slab that
 * this CPU has for s.
 */
static noinline bool free_differently(struct kmem_cache *s, struct slab *slab,
				      struct free_group group,
				      unsigned long addr)
{
	struct kmem_cache *home = s;

	if (kmem_cache_debug_flags(s, SLAB_CONSISTENCY_CHECKS) ||
	    (s->link & LINK_ENCODED))
		home = cache_from_object(s, slab, group.head);
	if (!home)
		return true;
	if (home != s) {
		slub_free_slow(home, slab, group.head, group.tail, group.count,
			       addr);
		return true;
	}
	if (s->by_engine) {
		slab_ops->free_one(s, slab, group.head);
		return true;
	}
	if (!kmem_cache_debug(s))
		return false;
	stat(s, FREE_SLOWPATH);
	free_to_partial_list(s, slab, group, addr);
	return true;
}

/* The ladder. Inlined: half of the frees of a busy CPU may come here. */
static always_inline void free_to_slab(struct kmem_cache *s, struct slab *slab,
				       void *head, void *tail, unsigned count)
{
	union slab_counters old, new;
	void *prior;

	stat(s, FREE_SLOWPATH);
	for (;;) {
		/* The two may not belong together: then the exchange fails. */
		prior = READ_ONCE(slab->freelist);
		old = slab_counters(slab);
		if (unlikely(!set_freepointer(s, tail, prior)))
			return;
		new = old;
		if (!FAULT(slub_free_miscounts))
			new.inuse -= count;
		if (prior && !new.inuse && !old.frozen) {
			if (free_last_object(s, slab, head, prior, old.word,
					     new.word))
				return;
			continue;
		}
		if (slab_update_freelist(s, slab, prior, old.word, head,
					 new.word))
			break;
	}
	if (old.frozen) {
		stat(s, FREE_FROZEN);
	} else if (!prior) {
		put_cpu_partial(s, slab, true);
		stat(s, CPU_PARTIAL_FREE);
	}
}

void slub_free_to_slab(struct kmem_cache *s, struct slab *slab,
		       struct free_group group)
{
	free_to_slab(s, slab, group.head, group.tail, group.count);
}

noinline void slub_free_slow(struct kmem_cache *s, struct slab *slab,
			     void *head, void *tail, unsigned count,
			     unsigned long addr)
{
	if (unlikely(s->free_differs) &&
	    free_differently(s, slab, (struct free_group){ head, tail, count },
			     addr))
		return;
	free_to_slab(s, slab, head, tail, count);
}

/* In checked builds, and of caches with consistency checks, an object of
 * another cache is reported, and goes home (before 7.0). Quiet. */
noinline struct kmem_cache *cache_from_object(struct kmem_cache *s,
					      struct slab *slab, void *object)
{
	struct kmem_cache *real = s;

	machine_quiet_begin();
	if (slab_page(slab)->type != PAGE_TYPE_SLAB) {
		kernel_bug("virt_to_cache: Object is not a Slab page!");
		dump_stack();
		real = NULL;
	} else if (slab->slab_cache != s) {
		real = slab->slab_cache;
		kernel_bug("cache_from_obj: Wrong slab cache. %s but object is "
			   "from %s", s->name, real->name);
		dump_stack();
		if (check_valid_pointer(real, slab, object))
			print_tracking(real, object);
		/* 7.0 rather loses it. */
		if (mm_since(KERNEL_VERSION(7, 0)))
			real = NULL;
	}
	machine_quiet_end();
	return real;
}

/* The emulated kernel looks itself, later, where it has consistency checks. */
static noinline struct kmem_cache *checked_cache(struct kmem_cache *s,
						 struct slab *slab,
						 void *object)
{
	return kmem_cache_debug_flags(s, SLAB_CONSISTENCY_CHECKS) ?
		s : cache_from_object(s, slab, object);
}

static always_inline void cache_free(struct kmem_cache *s, void *object,
				     unsigned long addr)
{
	struct slab *slab = page_slab(virt_to_head_page(object));

	if_checked(s = checked_cache(s, slab, object));
	if (CHECKS_BUILT && unlikely(!s))
		return;
	slab_free(s, slab, object, addr);
}

static noinline void cache_free_traced(struct kmem_cache *s, void *object,
				       unsigned long caller)
{
	trace_kmem_cache_free(caller, object, s);
	cache_free(s, object, caller);
}

void kmem_cache_free(struct kmem_cache *s, void *object)
{
	if (trace_wanted())
		cache_free_traced(s, object, _RET_IP_);
	else
		cache_free(s, object, 0);
}
