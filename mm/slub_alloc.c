/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB's allocation ladder behind the fast path (slub spec 3.2, S0 to S7 and
 * L; mm/slub.c ___slab_alloc(), 6.12). Each rung is a function; what a rung
 * finds it loads into this CPU's c under the local lock, which is interrupts
 * off. Between two rungs interrupts may come, allocate and free, and while
 * the page allocator sleeps other tasks may: so each rung looks again.
 */
#include "mm/fault_inject.h"
#include "mm/zeroing.h"
#include "mm/show_mem.h"
#include "mm/slub_debug.h"
#include "mm/slub_fast.h"
#include "mm/trace_slab.h"

/* S2-type sections change {freelist, tid} without the 16-byte exchange. */
DEFINE_FAULT(slub_stale_tid, "I18", "the slow path keeps tid (S-02)");
DEFINE_FAULT(slub_keep_head, "I4", "allocation leaves its object on the list");
DEFINE_FAULT(slub_keep_chained, "I5", "the CPU slab stays on its chain");
DEFINE_FAULT(slab_zero_half, "I16", "half of an object is zeroed");
DEFINE_FAULT(slub_any_node, "I17", "the slow path forgets the node asked for");

struct slow_alloc {
	struct kmem_cache	*s;
	struct kmem_cache_cpu	*c;
	gfp_t			gfp;
	int			node;
	unsigned		orig_size;
	void			*object;	/* when TAKEN */
};

enum rung { TAKEN, NOTHING, AGAIN };

void cpu_slab_bump_tid(struct kmem_cache_cpu *c)
{
	if (!FAULT(slub_stale_tid))
		c->tid += TID_STEP;
}

/* The first object of freelist is taken, the rest becomes c's. Local lock. */
static enum rung load_locked(struct slow_alloc *a, void *freelist)
{
	slab_check("I7", slab_counters(a->c->slab).frozen,
		   "%s: CPU slab is not frozen", a->s->name);
	a->object = freelist;
	a->c->freelist = get_freepointer(a->s, freelist);
	cpu_slab_bump_tid(a->c);
	return TAKEN;
}

/* c has no slab any more; gives what it had. Local lock. */
static struct slab *detach_locked(struct kmem_cache_cpu *c, void **freelist)
{
	struct slab *slab = c->slab;

	*freelist = c->freelist;
	c->freelist = NULL;
	WRITE_ONCE(c->slab, NULL);
	cpu_slab_bump_tid(c);
	return slab;
}

/* S7: c's slab does not suit this caller. */
static enum rung drop_cpu_slab(struct slow_alloc *a, struct slab *slab)
{
	struct cpu_slab_guard guard;
	void *freelist;

	cpu_slab_lock(a->c, &guard);
	if (slab != a->c->slab) {
		cpu_slab_unlock(a->c, &guard);
		return AGAIN;
	}
	detach_locked(a->c, &freelist);
	cpu_slab_unlock(a->c, &guard);
	deactivate_slab(a->s, slab, freelist);
	return NOTHING;
}

/* S2 to S4: c's freelist after all, or what others freed into its slab. */
static enum rung refill_cpu_slab(struct slow_alloc *a, struct slab *slab)
{
	struct kmem_cache_cpu *c = a->c;
	struct cpu_slab_guard guard;
	enum rung rung = AGAIN;
	void *freelist;

	cpu_slab_lock(c, &guard);
	if (slab != c->slab)
		goto unlock;
	freelist = c->freelist;
	if (!freelist) {
		freelist = grab_freelist(a->s, slab);
		stat(a->s, freelist ? ALLOC_REFILL : DEACTIVATE_BYPASS);
	}
	if (freelist) {
		rung = load_locked(a, freelist);
	} else {
		/* The grab has unfrozen it: full, and nobody's. */
		WRITE_ONCE(c->slab, NULL);
		cpu_slab_bump_tid(c);
		rung = NOTHING;
	}
unlock:
	cpu_slab_unlock(c, &guard);
	return rung;
}

/* S1: c's slab, if it suits the caller. */
static enum rung from_cpu_slab(struct slow_alloc *a)
{
	struct slab *slab = READ_ONCE(a->c->slab);
	bool wrong_node = slab && !node_match(slab, a->node);

	if ((!slab || wrong_node) && !node_has_memory(a->node)) {
		a->node = NUMA_NO_NODE;
		wrong_node = false;
	}
	if (!slab)
		return NOTHING;
	if (wrong_node)
		stat(a->s, ALLOC_NODE_MISMATCH);
	if (wrong_node || !pfmemalloc_match(slab, a->gfp))
		return drop_cpu_slab(a, slab);
	return refill_cpu_slab(a, slab);
}

/* S5, one slab: the head of c's chain becomes c's slab, or goes to its node
 * (NOTHING). AGAIN when an interrupt has left c a slab. */
static enum rung from_chain_head(struct slow_alloc *a)
{
	struct kmem_cache_cpu *c = a->c;
	struct cpu_slab_guard guard;
	enum rung rung = NOTHING;
	struct slab *slab = NULL;
	void *freelist;

	cpu_slab_lock(c, &guard);
	if (c->slab || !c->partial) {
		rung = c->slab ? AGAIN : NOTHING;
		goto unlock;
	}
	slab = c->partial;
	WRITE_ONCE(c->partial, slab->next);
	if (node_match(slab, a->node) && pfmemalloc_match(slab, a->gfp)) {
		WRITE_ONCE(c->slab, slab);
		freelist = grab_freelist(a->s, slab);
		stat(a->s, CPU_PARTIAL_ALLOC);
		rung = load_locked(a, freelist);
		if (FAULT(slub_keep_chained))
			WRITE_ONCE(c->partial, slab);
		slab = NULL;
	}
unlock:
	cpu_slab_unlock(c, &guard);
	if (slab) {
		slab->next = NULL;
		put_partials(a->s, slab);
	}
	return rung;
}

/* S5 */
static enum rung from_cpu_partial(struct slow_alloc *a)
{
	while (READ_ONCE(a->c->partial)) {
		enum rung rung = from_chain_head(a);

		if (rung != NOTHING)
			return rung;
	}
	return NOTHING;
}

/* L: c takes slab over, whose freelist the caller holds. */
static void load_slab(struct slow_alloc *a, struct slab *slab, void *freelist)
{
	struct kmem_cache_cpu *c = a->c;
	struct cpu_slab_guard guard;
	struct slab *displaced;
	void *displaced_list;

	cpu_slab_lock(c, &guard);
	while (unlikely(c->slab)) {
		displaced = detach_locked(c, &displaced_list);
		cpu_slab_unlock(c, &guard);
		deactivate_slab(a->s, displaced, displaced_list);
		stat(a->s, CPUSLAB_FLUSH);
		cpu_slab_lock(c, &guard);
	}
	WRITE_ONCE(c->slab, slab);
	load_locked(a, freelist);
	cpu_slab_unlock(c, &guard);
}

/* S6d: nobody else knows the slab yet, so plain stores freeze it. */
static void *take_over_new_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);
	void *freelist = slab->freelist;

	counters.inuse = counters.objects;
	counters.frozen = 1;
	WRITE_ONCE(slab->freelist, NULL);
	WRITE_ONCE(slab->counters, counters.word);
	inc_slabs_node(s, slab);
	return freelist;
}

/* Debugging caches. AGAIN: a wild write has spoilt the slab. */
static enum rung take_single(struct slow_alloc *a, void *object)
{
	a->object = object;
	return object ? TAKEN : AGAIN;
}

/* S6c: preemption is on around the page allocator, which may sleep. */
static enum rung from_new_slab(struct slow_alloc *a, gfp_t gfp)
{
	struct slab *slab;
	void *freelist;

	preempt_enable();
	slab = new_slab(a->s, gfp, a->node);
	preempt_disable();
	a->c = this_cpu_ptr(a->s->cpu_slab);
	if (!slab)
		return NOTHING;
	stat(a->s, ALLOC_SLAB);
	if (unlikely(kmem_cache_debug(a->s)))
		return take_single(a, alloc_single_from_new_slab(a->s, slab,
							a->orig_size));
	freelist = take_over_new_slab(a->s, slab);
	if (unlikely(!pfmemalloc_match(slab, a->gfp))) {
		/* One object for the entitled, none for those after it. */
		a->object = freelist;
		deactivate_slab(a->s, slab, get_freepointer(a->s, freelist));
		return TAKEN;
	}
	load_slab(a, slab, freelist);
	return TAKEN;
}

/* S6: a node's partial slab, frozen, or else a new one. */
static enum rung from_nodes(struct slow_alloc *a, gfp_t gfp)
{
	struct partial_context pc = { .gfp = gfp, .orig_size = a->orig_size };
	struct slab *slab = get_partial(a->s, &pc, a->node);

	if (!slab)
		return from_new_slab(a, gfp);
	if (unlikely(kmem_cache_debug(a->s)))
		return take_single(a, pc.object);
	load_slab(a, slab, grab_freelist(a->s, slab));
	return TAKEN;
}

/* All rungs. A node that is only preferred is tried alone first. */
static enum rung climb(struct slow_alloc *a)
{
	enum rung rung;

	do {
		rung = from_cpu_slab(a);
		if (rung == NOTHING)
			rung = from_cpu_partial(a);
	} while (rung == AGAIN);
	if (rung == TAKEN)
		return TAKEN;
	if (a->node != NUMA_NO_NODE && !(a->gfp & __GFP_THISNODE)) {
		rung = from_nodes(a, GFP_NOWAIT | __GFP_THISNODE);
		if (rung == TAKEN)
			return TAKEN;
	}
	do {
		rung = from_nodes(a, a->gfp);
	} while (rung == AGAIN);
	return rung;
}

/* Objects that could be had from the slabs of n's list. */
static unsigned long count_partial_free(struct kmem_cache_node *n)
{
	unsigned long flags, nr_free = 0;
	struct slab *slab;

	spin_lock_irqsave(&n->list_lock, flags);
	list_for_each_entry(slab, &n->partial, slab_list) {
		union slab_counters counters = slab_counters(slab);

		nr_free += counters.objects - counters.inuse;
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return nr_free;
}

void slab_out_of_memory(const struct kmem_cache *s, gfp_t gfp, int node)
{
	static struct ratelimit_state rs = { .interval_ns = 5000000000UL,
					     .burst = 10 };
	struct kmem_cache_node *n;
	char names[160];
	unsigned nid;

	if ((gfp & __GFP_NOWARN) || !__ratelimit(&rs))
		return;
	printk("SLUB: Unable to allocate memory on CPU %u (of node %d) on node "
	       "%d, gfp=%#x(%s)", smp_processor_id(), (int)numa_node_id(), node,
	       gfp, gfp_names(gfp, names, sizeof(names)));
	printk("  cache: %s, object size: %u, buffer size: %u, default order: "
	       "%u, min order: %u", s->name, slab_object_size(s), s->lay.size,
	       s->lay.oo.order, s->lay.min.order);
	if (s->lay.min.order > get_order(slab_object_size(s)))
		printk("  %s debugging increased min order, use slab_debug=O "
		       "to disable.", s->name);
	for_each_kmem_cache_node(s, nid, n)
		printk("  node %u: slabs: %ld, objs: %ld, free: %lu", nid,
		       atomic_long_read(&n->nr_slabs),
		       atomic_long_read(&n->total_objects),
		       count_partial_free(n));
}

void *slub_climb(struct kmem_cache *s, gfp_t gfp, int node, size_t orig_size,
		 unsigned long addr)
{
	struct slow_alloc a = { .s = s, .gfp = gfp, .node = node,
				.orig_size = (unsigned)orig_size };
	enum rung rung;

	if (FAULT(slub_any_node))
		a.node = NUMA_NO_NODE;
	preempt_disable();
	a.c = this_cpu_ptr(s->cpu_slab);
	stat(s, ALLOC_SLOWPATH);
	rung = climb(&a);
	preempt_enable();
	if (unlikely(rung != TAKEN)) {
		slab_out_of_memory(s, gfp, node);
		return NULL;
	}
	if (unlikely(kmem_cache_debug(s)))
		set_track(s, a.object, TRACK_ALLOC, addr);
	return a.object;
}

noinline void *slub_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			       size_t orig_size, unsigned long addr)
{
	if (unlikely(s->by_engine))
		return slab_ops->alloc_one(s, gfp, node);
	return slub_climb(s, gfp, node, orig_size, addr);
}

/* Below this the clock costs more than the zeroing: not accounted natively. */
#define ZERO_TIMED_MIN		1024

size_t slab_asked_size(const struct kmem_cache *s, const void *object)
{
	return get_orig_size(s, object);
}

noinline void slab_zero_object(const struct kmem_cache *s, void *object)
{
	size_t size = slab_asked_size(s, object);

	if (FAULT(slab_zero_half))
		size /= 2;
	if (size < ZERO_TIMED_MIN && !machine_is_virtual())
		machine_memset(object, 0, size);
	else
		zero_memory(object, size);
}

/* Asked only where allocations may fail on purpose. */
static noinline bool refused(const struct kmem_cache *s, gfp_t gfp)
{
	return !might_alloc(gfp) || should_failslab(s, gfp);
}

static always_inline void *cache_alloc(struct kmem_cache *s, gfp_t gfp,
				       int node, unsigned long addr)
{
	if (unlikely(machine_option(injection_on)) && refused(s, gfp))
		return NULL;
	return slab_alloc_node(s, gfp, node, 0, addr);
}

static noinline void *cache_alloc_traced(struct kmem_cache *s, gfp_t gfp,
					 int node, unsigned long caller)
{
	void *object = cache_alloc(s, gfp, node, caller);

	trace_kmem_cache_alloc(caller, object, s, gfp, node);
	slab_note_alloc(s, object, caller);
	return object;
}

void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	if (trace_wanted())
		return cache_alloc_traced(s, gfp, node, _RET_IP_);
	return cache_alloc(s, gfp, node, 0);
}

void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	if (trace_wanted())
		return cache_alloc_traced(s, gfp, NUMA_NO_NODE, _RET_IP_);
	return cache_alloc(s, gfp, NUMA_NO_NODE, 0);
}
