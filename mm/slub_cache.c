/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every cache of slabs has, whoever holds its objects: node structures,
 * statistics, and the slabs that its nodes list, which shrinking sorts (slub
 * spec 3.7; mm/slub.c, 6.12).
 */
#include "mm/percpu.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slub_discard_locked, "I24", "shrink frees under list_lock");

/* ---- shrinking ---- */
/* Empty slabs to discard; others with few free objects come first, fullest
 * at the front, so that the emptier ones get a chance to become empty. */
static void sort_partial_locked(struct kmem_cache *s,
				struct kmem_cache_node *n,
				struct list_head *discard)
	must_hold(n->list_lock);

static void sort_partial_locked(struct kmem_cache *s,
				struct kmem_cache_node *n,
				struct list_head *discard)
{
	struct list_head promote[SHRINK_PROMOTE_MAX];
	struct slab *slab, *next;
	unsigned i, nr_free;

	for (i = 0; i < SHRINK_PROMOTE_MAX; i++)
		INIT_LIST_HEAD(&promote[i]);
	list_for_each_entry_safe(slab, next, &n->partial, slab_list) {
		union slab_counters counters = slab_counters(slab);

		nr_free = counters.objects - counters.inuse;
		if (!counters.inuse) {
			remove_partial_locked(n, slab);
			list_add(&slab->slab_list, discard);
			dec_slabs_node(s, slab);
			atomic_long_dec(&s->nr_uncounted);
		} else if (nr_free <= SHRINK_PROMOTE_MAX) {
			list_move(&slab->slab_list, &promote[nr_free - 1]);
		}
	}
	for (i = SHRINK_PROMOTE_MAX; i-- > 0;)
		list_splice_init(&promote[i], &n->partial);
}

static void free_slabs(struct kmem_cache *s, struct list_head *discard)
{
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, discard, slab_list)
		free_slab(s, slab);
	INIT_LIST_HEAD(discard);
}

int discard_empty_slabs(struct kmem_cache *s)
{
	struct list_head discard = LIST_HEAD_INIT(discard);
	struct kmem_cache_node *n;
	unsigned long flags;
	unsigned nid;
	int left = 0;

	for_each_kmem_cache_node(s, nid, n) {
		spin_lock_irqsave(&n->list_lock, flags);
		sort_partial_locked(s, n, &discard);
		if (FAULT(slub_discard_locked))
			free_slabs(s, &discard);
		spin_unlock_irqrestore(&n->list_lock, flags);
		free_slabs(s, &discard);
		left |= atomic_long_read(&n->nr_slabs) != 0;
	}
	return left;
}

/* ---- making and unmaking ---- */
static void init_node(struct kmem_cache_node *n)
{
	spin_lock_init(&n->list_lock, LOCK_LIST);
	n->nr_partial = 0;
	INIT_LIST_HEAD(&n->partial);
	atomic_long_set(&n->nr_slabs, 0);
	atomic_long_set(&n->total_objects, 0);
	INIT_LIST_HEAD(&n->full);
}

/*
 * Boot: the node structures of the cache of node structures. Each lies in the
 * first object of a slab that it then lists.
 */
static void open_first_node(struct kmem_cache *s, int nid)
{
	struct slab *slab = new_slab(s, GFP_NOWAIT | __GFP_THISNODE, nid);
	union slab_counters counters;
	struct kmem_cache_node *n;
	unsigned long flags;

	must(slab && slab_nid(slab) == nid);
	n = slab->freelist;
	slab->freelist = get_freepointer(s, n);
	counters = slab_counters(slab);
	counters.inuse = 1;
	slab->counters = counters.word;
	init_object(s, n, SLUB_RED_ACTIVE);
	if_checked(slab_shadow_alloc(s, n, GFP_NOWAIT, nid));
	init_node(n);
	s->node[nid] = n;
	inc_slabs_node(s, slab);
	atomic_long_inc(&s->nr_uncounted);
	spin_lock_irqsave(&n->list_lock, flags);
	add_partial_locked(n, slab, PARTIAL_HEAD);
	spin_unlock_irqrestore(&n->list_lock, flags);
}

static void close_nodes(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n) {
		s->node[nid] = NULL;
		kmem_cache_free(kmem_cache_node, n);
	}
}

static int open_nodes(struct kmem_cache *s)
{
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++) {
		struct kmem_cache_node *n;

		if (!node_has_memory((int)nid))
			continue;
		if (!kmem_cache_node->cpu_slab) {
			open_first_node(s, (int)nid);
			continue;
		}
		n = kmem_cache_alloc_node(kmem_cache_node, GFP_KERNEL,
					  (int)nid);
		if (!n) {
			close_nodes(s);
			return -ENOMEM;
		}
		init_node(n);
		s->node[nid] = n;
	}
	return 0;
}

int slub_open_cache(struct kmem_cache *s)
{
	struct kmem_cache_cpu *cpu_slab;
	unsigned cpu;
	int err;

	if (s == kmem_cache_node)
		slab_flush_init();
	s->remote_node_defrag_ratio = DEFRAG_RATIO_DEFAULT;
	err = open_nodes(s);
	if (err)
		return err;
	cpu_slab = alloc_percpu(struct kmem_cache_cpu);
	if (!cpu_slab) {
		close_nodes(s);
		return -ENOMEM;
	}
	for_each_possible_cpu(cpu)
		per_cpu_ptr(cpu_slab, cpu)->tid = cpu;
	s->cpu_slab = cpu_slab;
	return 0;
}

static void report_remaining(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned long flags;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n) {
		spin_lock_irqsave(&n->list_lock, flags);
		slub_report_remaining(s, n);
		spin_unlock_irqrestore(&n->list_lock, flags);
	}
}

int slub_drain_cache(struct kmem_cache *s)
{
	slab_flush_all(s);
	if (!discard_empty_slabs(s))
		return 0;
	report_remaining(s);
	return -EBUSY;
}

void slub_close_cache(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned nid;

	for_each_kmem_cache_node(s, nid, n)
		must(!n->nr_partial && list_empty(&n->partial));
	slub_stat_retire(s);
	free_percpu(s->cpu_slab);
	close_nodes(s);
}
