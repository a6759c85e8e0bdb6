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

/*
 * What a sleeping lock calls around schedule() if the task is a worker: while
 * one worker of a pool sleeps, another runs the pool's items.
 */
void wq_worker_sleeping(void);
void wq_worker_running(void);

/* At boot: pools, and a worker task on each CPU. */
void workqueue_init(void);

#endif
