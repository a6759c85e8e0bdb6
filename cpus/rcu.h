/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-copy update. A CPU is quiescent at a safe point with read depth 0,
 * preempt count 0 and interrupts on, and while idle. Native: liburcu's QSBR
 * behind a helper thread that is no CPU; sim: its own grace periods (traps.md).
 */
#ifndef CPUS_RCU_H
#define CPUS_RCU_H

#include "cpus/machine.h"

static inline void rcu_read_lock(void)
{
	this_cpu()->own.rcu_depth++;
	barrier();
}

static inline void rcu_read_unlock(void)
{
	barrier();
	this_cpu()->own.rcu_depth--;
}

#define rcu_dereference(p)	__atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_assign_pointer(p, v) smp_store_release(&(p), (v))

/* func runs on the calling CPU at a safe point after a grace period, in
 * softirq context. Any context. The head belongs to RCU until then. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Waits for a grace period. May sleep. */
void synchronize_rcu(void);
/* Waits until every callback queued before has run. May sleep. */
void rcu_barrier(void);
/* Number of completed grace periods, for oracles. */
u64 rcu_completed(void);
/* The number of the next grace period to begin, of those that nobody has asked
 * for too: it does not start one. A full barrier. Any context. */
u64 get_state_synchronize_rcu(void);
/* Whether that grace period is over. Any context. */
static inline bool poll_state_synchronize_rcu(u64 state)
{
	return rcu_completed() >= state;
}

#endif
