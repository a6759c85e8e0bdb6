/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every CPU gives back what it holds of a cache, on itself (slub spec 3.7,
 * 3S.4; mm/slub.c flush_all_cpus_locked(), 6.12, flush_all_rcu_sheaves(),
 * 6.18).
 */
#include "mm/sheaf.h"

/* One flush at a time, so that a work item a CPU is enough. */
struct slab_flush_work {
	struct work_struct	work;
	struct kmem_cache	*s;
	void			(*flush)(struct kmem_cache *s);
	bool			queued;
};

static DEFINE_PER_CPU(struct slab_flush_work, slab_flush);
static struct mutex flush_lock;

void slab_flush_init(void)
{
	mutex_init(&flush_lock, LOCK_SLAB_FLUSH);
}

static void flush_work_fn(struct work_struct *work)
{
	struct slab_flush_work *flush;

	flush = container_of(work, struct slab_flush_work, work);
	flush->flush(flush->s);
}

static void flush_cpus(struct kmem_cache *s,
		       void (*flush_cpu)(struct kmem_cache *s),
		       bool (*holds)(struct kmem_cache *s, unsigned cpu))
{
	unsigned cpu;

	check(lock_held(&cpu_hotplug_lock));
	mutex_lock(&flush_lock);
	for_each_online_cpu(cpu) {
		struct slab_flush_work *flush = &per_cpu(slab_flush, cpu);

		flush->queued = holds(s, cpu);
		if (!flush->queued)
			continue;
		INIT_WORK(&flush->work, flush_work_fn);
		flush->s = s;
		flush->flush = flush_cpu;
		queue_work_on(cpu, &flush->work);
	}
	for_each_online_cpu(cpu)
		if (per_cpu(slab_flush, cpu).queued)
			flush_work(&per_cpu(slab_flush, cpu).work);
	mutex_unlock(&flush_lock);
}

void slab_flush_all(struct kmem_cache *s)
{
	flush_cpus(s, slab_ops->flush_cpu, slab_ops->cpu_holds);
}

/* Even a CPU that has collected nothing may be about to hand a sheaf to RCU. */
static bool may_collect(struct kmem_cache *s, unsigned cpu)
{
	return true;
}

void slab_flush_rcu(void)
{
	struct kmem_cache *s;

	if (!slab_ops->free_rcu)
		return;
	down_read(&cpu_hotplug_lock);
	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		if (s->sheaves)
			flush_cpus(s, rcu_free_flush, may_collect);
	mutex_unlock(&slab_mutex);
	up_read(&cpu_hotplug_lock);
	rcu_barrier();
}
