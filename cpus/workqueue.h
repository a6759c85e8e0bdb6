/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work items, run by each CPU's worker tasks in process context, begun first
 * come, first served (kernel/workqueue.c; the system_wq's bound workers). One
 * worker of a CPU runs at a time; when it sleeps on a lock another goes on.
 * An item never runs on two CPUs at once.
 */
#ifndef CPUS_WORKQUEUE_H
#define CPUS_WORKQUEUE_H

#include "cpus/list.h"
#include "cpus/task.h"

struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	u32			pending;	/* atomics: queued, not begun */
	unsigned		cpu;		/* where it was queued last */
	/* Under the pool's lock: */
	unsigned		color;		/* flush_all_workqueues()'s */
	struct list_head	entry;
	work_func_t		func;
};

void INIT_WORK(struct work_struct *work, work_func_t func);
/* False if it was pending already. Any context but NMI. */
bool queue_work_on(unsigned cpu, struct work_struct *work);
bool schedule_work(struct work_struct *work);	/* on this CPU */
bool work_pending(const struct work_struct *work);
/* Waits until the item, if queued or running, has finished. May sleep. */
void flush_work(struct work_struct *work);
/* Waits until every item queued before on every CPU has finished. May sleep;
 * not from a work item. */
void flush_all_workqueues(void);

/* ---- work that begins later: workqueue_delayed.c ---- */
struct delayed_work {
	struct work_struct	work;
	u32			waiting;	/* atomics: for its time */
	struct timer_list	timer;		/* of the CPU that set it */
};

void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func);
/* The same, but the time does not end the CPU's idling. */
void INIT_DEFERRABLE_WORK(struct delayed_work *dwork, work_func_t func);
/* It waits for its time or to be begun. Any CPU. */
bool delayed_work_pending(const struct delayed_work *dwork);
/* Queues the item on a CPU at once, as schedule_delayed_work() there without a
 * delay; false if it waits already. Any context but NMI. */
bool queue_delayed_work_now(unsigned cpu, struct delayed_work *dwork);
/* Queues the item on this CPU in delay_ns or later; false if it waits already,
 * for its time or to be begun. An item is one CPU's. Any context but NMI. */
bool schedule_delayed_work(struct delayed_work *dwork, u64 delay_ns);
/* The same, but an item that waits for a later time waits for this one. */
void expedite_delayed_work(struct delayed_work *dwork, u64 delay_ns);

/* Queued when a grace period is over. */
struct rcu_work {
	struct work_struct	work;
	struct rcu_head		rcu;
	u32			waiting;	/* atomics: for RCU */
};

void INIT_RCU_WORK(struct rcu_work *rwork, work_func_t func);
/* False if it waits for a grace period already. Any context but NMI. */
bool queue_rcu_work(struct rcu_work *rwork);
/* Waits until the item, if queued, has run. May sleep. */
void flush_rcu_work(struct rcu_work *rwork);

/*
 * What a sleeping lock calls around schedule() if the task is a worker: while
 * one worker of a pool sleeps, another runs the pool's items.
 */
void wq_worker_sleeping(void);
void wq_worker_running(void);

/* At boot: pools, and a worker task on each CPU. */
void workqueue_init(void);

#endif
