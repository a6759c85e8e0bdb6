/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB's fast paths (slub spec 3.2 F1-F4, 3.5 D1), inlined into their callers.
 *
 * {freelist, tid} of this CPU are changed together by one instruction that is
 * atomic against this CPU's interrupts only. tid is read first: whatever an
 * interrupt does to the freelist afterwards changes tid too, so the exchange
 * fails and the path starts over. The link read in between may then be garbage,
 * which is never used. Cost: no locked instruction, no interrupt flag.
 */
#ifndef MM_SLUB_FAST_H
#define MM_SLUB_FAST_H

#include "mm/slab_def.h"

#ifdef WITH_FAULTS
extern struct fault fault_slub_keep_head;	/* slub_alloc.c */
#endif

/* Of who called the allocator: addr, or of who called the function that this is
 * in, which then is looked for in the slow path only. */
#define CALLER(addr)	((addr) ? (addr) : _RET_IP_)

static always_inline bool node_match(const struct slab *slab, int node)
{
	return node == NUMA_NO_NODE || slab_nid(slab) == node;
}

static always_inline bool slub_exchange_head(struct kmem_cache_cpu *c,
					     void *old, u64 tid, void *new)
{
	return likely(this_cpu_cmpxchg_double(&c->freelist, (u64)old, tid,
					      (u64)new, tid + TID_STEP));
}

/* refuse: 0, or LINK_SHEAVES for what comes first in caches that have this bit
 * in their link, a word that is looked at anyway. */
static always_inline bool refuses(u32 link, u32 refuse)
{
	return unlikely(link & LINK_FLAGS) && (link & refuse);
}

/* The head of this CPU's freelist; NULL: the slow path has to look. */
static always_inline void *slub_pop(struct kmem_cache *s, int node, u32 refuse)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
	u32 link = s->link;
	struct slab *slab;
	void *object, *next;
	u64 tid;

	for (;;) {
		tid = c->tid;
		barrier();	/* tid first: see above */
		object = READ_ONCE(c->freelist);
		/* Once: an interrupt may take the slab away meanwhile. */
		slab = READ_ONCE(c->slab);
		if (unlikely(!object || !slab || !node_match(slab, node)))
			return NULL;
		if (refuses(link, refuse))
			return NULL;
		/* The head's link names the next. */
		next = FAULT(slub_keep_head) ? object :
			slab_read_link(s, link, object);
		if (slub_exchange_head(c, object, tid, next))
			break;
		stat(s, CMPXCHG_DOUBLE_CPU_FAIL);
	}
	/* The next allocation reads the link there. */
	__builtin_prefetch((char *)next + (link & ~LINK_FLAGS), 1);
	this_cpu_field_add(c->stat[ALLOC_FASTPATH], 1);
	return object;
}

static always_inline void *slub_alloc(struct kmem_cache *s, gfp_t gfp, int node,
				      size_t orig_size, unsigned long addr)
{
	void *object = slub_pop(s, node, LINK_SHEAVES);

	if (unlikely(!object))
		return slub_alloc_slow(s, gfp, node, orig_size, CALLER(addr));
	return object;
}

/* orig_size: see slub_alloc_slow(); addr: CALLER(). */
static always_inline void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp,
					   int node, size_t orig_size,
					   unsigned long addr)
{
	void *object;

	if (unlikely(!might_alloc(gfp)))
		return NULL;
	object = slub_alloc(s, gfp, node, orig_size, addr);
	if (unlikely(gfp & __GFP_ZERO) && likely(object))
		slab_zero_object(s, object);
	if (likely(object))
		if_checked(slab_shadow_alloc(s, object, gfp, node));
	return object;
}

/* The group in front of this CPU's freelist. False: it is not of this CPU's
 * slab, or refused (see slub_pop()). */
static always_inline bool slub_push(struct kmem_cache *s, struct slab *slab,
				    struct free_group group, u32 refuse)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);
	u32 link = s->link;
	void *head;
	u64 tid;

	for (;;) {
		tid = c->tid;
		barrier();	/* tid first: see above */
		if (unlikely(slab != READ_ONCE(c->slab)))
			return false;
		if (refuses(link, refuse))
			return false;
		head = READ_ONCE(c->freelist);
		if (unlikely(!slab_write_link(s, link, group.tail, head)))
			return true;
		if (slub_exchange_head(c, head, tid, group.head))
			break;
		stat(s, CMPXCHG_DOUBLE_CPU_FAIL);
	}
	this_cpu_field_add(c->stat[FREE_FASTPATH], group.count);
	return true;
}

/* One fast path or one slow path for the whole group. */
static always_inline void slab_free_group(struct kmem_cache *s,
					  struct slab *slab,
					  struct free_group group,
					  unsigned long addr)
{
	if (unlikely(!slub_push(s, slab, group, LINK_SHEAVES)))
		slub_free_slow(s, slab, group.head, group.tail, group.count,
			       CALLER(addr));
}

static always_inline void slab_free(struct kmem_cache *s, struct slab *slab,
				    void *object, unsigned long addr)
{
	if (!checked_ok(slab_shadow_free(s, slab, object)))
		return;
	slab_free_group(s, slab, (struct free_group){ object, object, 1 },
			addr);
}

#endif
