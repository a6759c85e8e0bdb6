/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is freed when no reader can have it any more, many objects after
 * one grace period (slub spec 3.8; kernel/rcu/tree.c, 6.12).
 */
#ifndef MM_KVFREE_RCU_H
#define MM_KVFREE_RCU_H

#include "cpus/machine.h"

/*
 * ptr is what kmalloc, kmem_cache_alloc, vmalloc or kvmalloc gave, and an
 * address of the emulated kernel; head one inside of it, which RCU has from now
 * on. Any context but NMI. head NULL: may sleep, and does until the grace
 * period is over if there is no page to note ptr in.
 */
void kvfree_call_rcu(struct rcu_head *head, void *ptr);

/* field: the struct rcu_head in what ptr points to. NULL is ignored. */
#define kvfree_rcu(ptr, field) do { \
		__typeof__(ptr) _ptr = (ptr); \
		static_assert(offsetof(__typeof__(*_ptr), field) < PAGE_SIZE, \
			      "as in the kernel"); \
		if (_ptr) \
			kvfree_call_rcu(&_ptr->field, _ptr); \
	} while (0)
#define kfree_rcu(ptr, field)	kvfree_rcu(ptr, field)

#define kvfree_rcu_mightsleep(ptr) do { \
		__typeof__(ptr) _ptr = (ptr); \
		if (_ptr) \
			kvfree_call_rcu(NULL, (void *)_ptr); \
	} while (0)
#define kfree_rcu_mightsleep(ptr) kvfree_rcu_mightsleep(ptr)

/* Waits until all that was given before is freed. May sleep. */
void kvfree_rcu_barrier(void);

/* Since boot, of all CPUs. */
struct kvfree_rcu_stat {
	u64	kmalloc_noted;	/* pointers in blocks, by kind */
	u64	vmalloc_noted;
	u64	chained;	/* in the list through their own heads */
	u64	waited;		/* freed by the caller, who waited */
	u64	batches;	/* grace periods asked for */
	u64	blocks;		/* pages taken to note pointers in */
};

/* Waits for the workers that take pages. May sleep. */
void kvfree_rcu_stat_read(struct kvfree_rcu_stat *out);

/* Boot: before anything calls the above. */
void kvfree_rcu_init(void);
void kvfree_rcu_audit(void);
/* Checked builds, quiet: ptr is given to kvfree_rcu() and not freed yet. */
bool kvfree_rcu_has(const void *ptr);

#endif
