/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slabs from the page allocator and back (slub spec 3.4, 3.7 discard;
 * mm/slub.c allocate_slab(), 6.12). What is built here is known to nobody
 * else, so plain stores do; no slab lock is held here.
 */
#include "mm/page_prep.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slub_one_too_many, "I1", "a slab claims one object too many");
DEFINE_FAULT(slub_crossed_link, "I3", "a free object links to its own inside");
DEFINE_FAULT(slub_lose_objects, "I12", "a gone slab's objects stay counted");
DEFINE_FAULT(slab_rcu_no_wait, "I20", "a slab's pages do not wait for RCU");
DEFINE_FAULT(slub_lose_pages, "I14", "a gone slab's pages stay counted");

/* What of the caller's flags may reach the page allocator for a slab. */
#define GFP_SLAB_PASS_MASK	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | \
				 __GFP_FS | __GFP_NOWARN | \
				 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | \
				 __GFP_NORETRY | __GFP_MEMALLOC | \
				 __GFP_NOMEMALLOC | __GFP_HARDWALL | \
				 __GFP_THISNODE)

u64 slab_nodes;
atomic_long_t slab_rcu_pages;

gfp_t kmalloc_fix_flags(gfp_t gfp)
{
	gfp_t fixed = gfp & ~GFP_SLAB_BUG_MASK;
	char was[160], is[160];

	printk("Unexpected gfp: %#x (%s). Fixing up to gfp: %#x (%s). Fix your "
	       "code!", gfp & GFP_SLAB_BUG_MASK,
	       gfp_names(gfp & GFP_SLAB_BUG_MASK, was, sizeof(was)), fixed,
	       gfp_names(fixed, is, sizeof(is)));
	return fixed;
}

void inc_slabs_node(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));

	/* The first slab of all holds the node structure itself. */
	if (!n)
		return;
	atomic_long_inc(&n->nr_slabs);
	atomic_long_add(slab_counters(slab).objects, &n->total_objects);
}

void dec_slabs_node(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));

	atomic_long_dec(&n->nr_slabs);
	if (!FAULT(slub_lose_objects))
		atomic_long_sub(slab_counters(slab).objects,
				&n->total_objects);
}

/* A short-of-memory order is taken only when the good one cannot be had. */
static struct page *alloc_slab_pages(struct kmem_cache *s, gfp_t gfp, int node,
				     struct order_objects *oo)
{
	gfp_t easy = (gfp | __GFP_NOWARN | __GFP_NORETRY) & ~__GFP_NOFAIL;
	struct page *page;

	*oo = s->lay.oo;
	/* Only opportunistic: not worth reclaim, nor the reserves. */
	if ((easy & __GFP_DIRECT_RECLAIM) && oo->order > s->lay.min.order)
		easy = (easy | __GFP_NOMEMALLOC) & ~__GFP_RECLAIM;
	page = alloc_pages_node(node, easy, oo->order);
	if (page)
		return page;
	*oo = s->lay.min;
	page = alloc_pages_node(node, gfp, oo->order);
	if (page)
		stat(s, ORDER_FALLBACK);
	return page;
}

static char *setup_object(struct kmem_cache *s, struct slab *slab,
			  unsigned slot)
{
	char *object = slab_first_object(s, slab) + slot * s->lay.size;

	if (unlikely(kmem_cache_debug(s)))
		slub_debug_setup_object(s, object);
	if (s->ctor)
		s->ctor(object);
	return object;
}

/* Ascending, or in the cache's random order; a constructor runs once for each
 * object, here. */
static void link_objects(struct kmem_cache *s, struct slab *slab,
			 unsigned objects)
{
	unsigned pos = slab_first_pos(s);
	char *object, *next;

	object = setup_object(s, slab, slab_next_slot(s, objects, &pos));
	slab->freelist = object;
	for (unsigned i = 1; i < objects; i++, object = next) {
		next = setup_object(s, slab, slab_next_slot(s, objects, &pos));
		set_freepointer(s, object, next);
		if (FAULT(slub_crossed_link) && i + 1 == objects)
			set_freepointer(s, object, object + 4);
	}
	set_freepointer(s, object, NULL);
}

/* Once: what a constructor makes is there before the object is zeroed. */
static noinline void warn_zeroing(const struct kmem_cache *s)
{
	static bool warned;

	if (!xchg(&warned, true))
		printk("WARNING: %s: zeroing wipes what the constructor has "
		       "made", s->name);
}

static enum node_stat_item cache_vmstat_idx(const struct kmem_cache *s)
{
	return s->flags & SLAB_RECLAIM_ACCOUNT ? NR_SLAB_RECLAIMABLE :
						 NR_SLAB_UNRECLAIMABLE;
}

struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node)
{
	union slab_counters counters = { .word = 0 };
	struct order_objects oo;
	struct page *page;
	struct slab *slab;

	slab_check("I24", slab_holds_no_lock(s),
		   "%s: page allocator called under a slab lock", s->name);
	if (unlikely(gfp & GFP_SLAB_BUG_MASK))
		gfp = kmalloc_fix_flags(gfp);
	if (unlikely(s->ctor && (gfp & __GFP_ZERO)))
		warn_zeroing(s);
	gfp = (gfp & GFP_SLAB_PASS_MASK) | s->lay.allocflags;
	page = alloc_slab_pages(s, gfp, node, &oo);
	if (!page)
		return NULL;
	page->type = PAGE_TYPE_SLAB;
	mod_node_page_state(page, cache_vmstat_idx(s), 1l << oo.order);
	slab = page_slab(page);
	slab->slab_cache = s;
	counters.objects = oo.objects + FAULT(slub_one_too_many);
	slab->counters = counters.word;
	if (unlikely(kmem_cache_debug(s)))
		slub_debug_setup_slab(s, slab);
	link_objects(s, slab, oo.objects);
	if_checked(slab_shadow_open(slab, counters.objects));
	return slab;
}

static void free_slab_pages(struct slab *slab)
{
	struct page *page = slab_page(slab);
	unsigned order = slab_order(slab);

	if (!FAULT(slub_lose_pages))
		mod_node_page_state(page, cache_vmstat_idx(slab->slab_cache),
				    -(1l << order));
	slab->slab_cache = NULL;
	page->type = PAGE_TYPE_NONE;
	__free_pages(page, order);
}

static void rcu_free_slab(struct rcu_head *head)
{
	struct slab *slab = container_of(head, struct slab, rcu_head);

	atomic_long_sub(1l << slab_order(slab), &slab_rcu_pages);
	free_slab_pages(slab);
}

void free_slab(struct kmem_cache *s, struct slab *slab)
{
	slab_check("I24", slab_holds_no_lock(s),
		   "%s: page allocator called under a slab lock", s->name);
	if (unlikely(kmem_cache_debug(s)))
		slub_debug_check_gone(s, slab);
	if_checked(slab_shadow_close(slab));
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU)) {
		free_slab_pages(slab);
		return;
	}
	if_checked(page_note_rcu(slab_page(slab), slab_order(slab)));
	atomic_long_add(1l << slab_order(slab), &slab_rcu_pages);
	if (FAULT(slab_rcu_no_wait))
		rcu_free_slab(&slab->rcu_head);
	else
		call_rcu(&slab->rcu_head, rcu_free_slab);
}

void discard_slab(struct kmem_cache *s, struct slab *slab)
{
	dec_slabs_node(s, slab);
	free_slab(s, slab);
}
