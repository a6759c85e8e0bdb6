/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB with CPU slabs as an engine: taking back what CPUs hold (slub spec 3.7;
 * mm/slub.c, 6.12). Its ladders are slub_alloc.c and slub_free.c.
 */
#include "mm/slab_def.h"

DEFINE_FAULT(slub_flush_keeps_tid, "I18", "flushing leaves tid as it was");

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

static bool slub_cpu_holds(struct kmem_cache *s, unsigned cpu)
{
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);

	return READ_ONCE(c->slab) || READ_ONCE(c->partial);
}

static int slub_shrink(struct kmem_cache *s)
{
	down_read(&cpu_hotplug_lock);
	slab_flush_all(s);
	up_read(&cpu_hotplug_lock);
	return discard_empty_slabs(s);
}

static int slub_close(struct kmem_cache *s)
{
	int err = slub_drain_cache(s);

	if (err)
		return err;
	slub_close_cache(s);
	return 0;
}

const struct slab_ops slab_slub = {
	.name		= "slub",
	.summary	= "CPU slabs and partial lists, as in Linux 6.12",
	.open		= slub_open_cache,
	.close		= slub_close,
	.shrink		= slub_shrink,
	.flush_cpu	= slub_flush_cpu,
	.cpu_holds	= slub_cpu_holds,
};
