/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's text files about its memory, in its own formats (slub spec 4.2,
 * 4.3, 5.17, 5.19; vmalloc-tlb-ipi spec 3.11): what `cat` would print.
 *
 * A view is shown outside of time: between machine_quiet_begin() and _end(),
 * interrupts off, by a task. It takes the kernel's locks, one at a time; only
 * if one is held does time pass, until its holder has dropped it. Nothing is
 * allocated and nothing is counted, but acquisitions by lock statistics. What
 * CPUs count for themselves is read as it is: exact when none counts.
 *
 * The configuration is Debian's: ZONE_DEVICE and MEMORY_ISOLATION are built in
 * and have nothing to show; there is no CMA. What belongs to parts that are
 * not emulated (user memory, reclaim, compaction) has never happened: it is 0.
 */
#ifndef MM_PROCFS_H
#define MM_PROCFS_H

#include "cpus/machine.h"

/* /proc */
void buddyinfo_show(struct seq_file *m);
void pagetypeinfo_show(struct seq_file *m);
void slabinfo_show(struct seq_file *m);
void vmallocinfo_show(struct seq_file *m);
void vmstat_show(struct seq_file *m);
void zoneinfo_show(struct seq_file *m);
/* /sys/kernel/debug/extfrag */
void extfrag_index_show(struct seq_file *m);
void unusable_index_show(struct seq_file *m);

struct kmem_cache;

/* The files in /sys/kernel/slab/CACHE as `grep .` prints them: "name:content",
 * what is empty not at all. First attributes by name, then statistics. */
void slab_sysfs_show(struct seq_file *m, const struct kmem_cache *s);
/* Newest first. visit may call the two others. */
void slab_for_each_cache(void (*visit)(void *arg, const struct kmem_cache *s),
			 void *arg);
/* A cache's own name, then those of caches that were merged into it. */
void slab_for_each_name(const struct kmem_cache *s,
			void (*visit)(void *arg, const char *name), void *arg);

/* ---- for views ----------------------------------------------------------- */
/* Waits, if it must, with interrupts on and time passing. */
void procfs_lock(spinlock_t *lock) takes(*lock);
void procfs_mutex_lock(struct mutex *mutex) takes(*mutex);

#endif
