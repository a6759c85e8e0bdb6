/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every CPU gives back what it holds of a cache, on itself (slub spec 3.7;
 * mm/slub.c flush_all_cpus_locked(), 6.12).
 */
#include "mm/slab_def.h"

/* One flush at a time, so that a work item a CPU is enough. */
struct slab_flush_work {
	struct work_struct	work;
	struct kmem_cache	*s;
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
	slab_ops->flush_cpu(flush->s);
}

void slab_flush_all(struct kmem_cache *s)
{
	unsigned cpu;

	check(lock_held(&cpu_hotplug_lock));
	mutex_lock(&flush_lock);
	for_each_online_cpu(cpu) {
		struct slab_flush_work *flush = &per_cpu(slab_flush, cpu);

		flush->queued = slab_ops->cpu_holds(s, cpu);
		if (!flush->queued)
			continue;
		INIT_WORK(&flush->work, flush_work_fn);
		flush->s = s;
		queue_work_on(cpu, &flush->work);
	}
	for_each_online_cpu(cpu)
		if (per_cpu(slab_flush, cpu).queued)
			flush_work(&per_cpu(slab_flush, cpu).work);
	mutex_unlock(&flush_lock);
}
