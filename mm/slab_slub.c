/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB with CPU slabs as an engine: making and unmaking a cache, taking back
 * what CPUs hold, shrinking (slub spec 3.7; mm/slub.c, 6.12).
 */
#include "mm/percpu.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slub_flush_keeps_tid, "I18", "flushing leaves tid as it was");
DEFINE_FAULT(slub_discard_locked, "I24", "shrink frees under list_lock");

/* One flush at a time, so that a work item a CPU is enough. */
struct slub_flush_work {
	struct work_struct	work;
	struct kmem_cache	*s;
	bool			queued;
};

static DEFINE_PER_CPU(struct slub_flush_work, slub_flush);
static struct mutex flush_lock;

/* ---- flushing ---- */
static void flush_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct cpu_slab_guard guard;
	struct slab *slab;
	void *freelist;

	cpu_slab_lock(c, &guard);
	slab = c->slab;
	freelist = c->freelist;
	WRITE_ONCE(c->slab, NULL);
	c->freelist = NULL;
	if (!FAULT(slub_flush_keeps_tid))
		cpu_slab_bump_tid(c);
	cpu_slab_unlock(c, &guard);
	if (slab) {
		deactivate_slab(s, slab, freelist);
		stat(s, CPUSLAB_FLUSH);
	}
}

static void flush_cpu_partial(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct cpu_slab_guard guard;
	struct slab *chain;

	cpu_slab_lock(c, &guard);
	chain = c->partial;
	WRITE_ONCE(c->partial, NULL);
	cpu_slab_unlock(c, &guard);
	if (chain)
		put_partials(s, chain);
}

static void slub_flush_cpu(struct kmem_cache *s)
{
	struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);

	if (c->slab)
		flush_cpu_slab(s, c);
	flush_cpu_partial(s, c);
}

static void flush_work_fn(struct work_struct *work)
{
	slub_flush_cpu(container_of(work, struct slub_flush_work, work)->s);
}

/* Every CPU gives back what it holds of s, on itself. May sleep. */
static void flush_all(struct kmem_cache *s)
{
	unsigned cpu;

	check(lock_held(&cpu_hotplug_lock));
	mutex_lock(&flush_lock);
	for_each_online_cpu(cpu) {
		struct slub_flush_work *flush = &per_cpu(slub_flush, cpu);
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);

		flush->queued = READ_ONCE(c->slab) || READ_ONCE(c->partial);
		if (!flush->queued)
			continue;
		INIT_WORK(&flush->work, flush_work_fn);
		flush->s = s;
		queue_work_on(cpu, &flush->work);
	}
	for_each_online_cpu(cpu)
		if (per_cpu(slub_flush, cpu).queued)
			flush_work(&per_cpu(slub_flush, cpu).work);
	mutex_unlock(&flush_lock);
}

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

static int discard_empty(struct kmem_cache *s)
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

static int slub_shrink(struct kmem_cache *s)
{
	down_read(&cpu_hotplug_lock);
	flush_all(s);
	up_read(&cpu_hotplug_lock);
	return discard_empty(s);
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
	if (CHECKS_ON)
		slab_shadow_alloc(s, n, GFP_NOWAIT, nid);
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

static int slub_open(struct kmem_cache *s)
{
	struct kmem_cache_cpu *cpu_slab;
	unsigned cpu;
	int err;

	if (s == kmem_cache_node)
		mutex_init(&flush_lock, LOCK_SLAB_FLUSH);
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

static int slub_close(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned nid;

	flush_all(s);
	if (discard_empty(s)) {
		report_remaining(s);
		return -EBUSY;
	}
	for_each_kmem_cache_node(s, nid, n)
		must(!n->nr_partial && list_empty(&n->partial));
	slub_stat_retire(s);
	free_percpu(s->cpu_slab);
	close_nodes(s);
	return 0;
}

const struct slab_ops slab_slub = {
	.name		= "slub",
	.summary	= "CPU slabs and partial lists, as in Linux 6.12",
	.open		= slub_open,
	.close		= slub_close,
	.shrink		= slub_shrink,
	.flush_cpu	= slub_flush_cpu,
};
