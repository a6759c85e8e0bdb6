/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kvfree_rcu.c and its audit share. */
#ifndef MM_KVFREE_RCU_DEF_H
#define MM_KVFREE_RCU_DEF_H

#include "mm/kvfree_rcu.h"

/* kernel/rcu/tree.c, 6.12 */
#define KFREE_N_BATCHES		2
#define KFREE_DRAIN_NS		5000000000UL	/* 5 * HZ */
#define RCU_MIN_CACHED_OBJS	5

/* Kinds of memory that blocks hold: kmalloc's and vmalloc's. */
enum kvfree_channel { KVFREE_KMALLOC, KVFREE_VMALLOC, FREE_N_CHANNELS };

/* A page of pointers. */
struct kvfree_rcu_bulk_data {
	struct list_head	list;
	u64			gp_snap;	/* of the last one */
	u64			gp_snap_exp;	/* no expedited ones here */
	unsigned long		nr_records;
	void			*records[];
};

#define KVFREE_BULK_MAX_ENTR \
	((PAGE_SIZE - sizeof(struct kvfree_rcu_bulk_data)) / sizeof(void *))
static_assert(KVFREE_BULK_MAX_ENTR == 507, "slub spec 3.8");

/* What waits for one grace period, or for its worker after that. */
struct kfree_rcu_cpu_work {
	struct rcu_work		rcu_work;
	struct kfree_rcu_cpu	*krcp;
	/* Under krcp->lock: */
	struct rcu_head		*head_free;
	u64			head_free_gp_snap;
	struct list_head	bulk_head_free[FREE_N_CHANNELS];
};

/* A CPU's: pointers are noted here, then move to a work that is idle. */
struct kfree_rcu_cpu {
	spinlock_t		lock;
	/* Under lock; counts are read without: */
	struct rcu_head		*head;
	u64			head_gp_snap;
	u64			head_count;
	struct list_head	bulk_head[FREE_N_CHANNELS];
	u64			bulk_count[FREE_N_CHANNELS];
	struct list_head	bkvcache;	/* blocks to use */
	unsigned		nr_bkv_objs;
	struct kvfree_rcu_stat	stat;
	/* Without lock: */
	struct kfree_rcu_cpu_work krw_arr[KFREE_N_BATCHES];
	struct delayed_work	monitor_work;
	struct delayed_work	page_cache_work;
	u32			work_in_progress; /* atomics: refilling */
};

DECLARE_PER_CPU(struct kfree_rcu_cpu, krc);

/* ---- kvfree_rcu_audit.c: in if_checked() or checked_ok() ---- */
/* False, and reported, if it was given before and is not freed yet. */
bool kvfree_rcu_note_given(void *ptr) must_check;
/* It is freed now: reported if that is too early, or not to be. */
void kvfree_rcu_note_freed(void *ptr);

#endif
