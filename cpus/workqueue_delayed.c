/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work items that are queued after some time or after a grace period
 * (kernel/workqueue.c, 6.12). They run on the CPU that asked for them, where
 * the kernel's unbound workers may run on any of its node.
 */
#include "cpus/machine.h"

/* The item is seen as queued before it stops waiting. */
static void delayed_work_timer_fn(struct timer_list *timer)
{
	struct delayed_work *dwork = container_of(timer, struct delayed_work,
						  timer);

	schedule_work(&dwork->work);
	smp_store_release(&dwork->waiting, 0);
}

void INIT_DELAYED_WORK(struct delayed_work *dwork, work_func_t func)
{
	INIT_WORK(&dwork->work, func);
	WRITE_ONCE(dwork->waiting, 0);
	timer_setup(&dwork->timer, delayed_work_timer_fn);
}

void INIT_DEFERRABLE_WORK(struct delayed_work *dwork, work_func_t func)
{
	INIT_DELAYED_WORK(dwork, func);
	dwork->timer.deferrable = true;
}

bool delayed_work_pending(const struct delayed_work *dwork)
{
	return smp_load_acquire(&dwork->waiting) || work_pending(&dwork->work);
}

bool queue_delayed_work_now(unsigned cpu, struct delayed_work *dwork)
{
	bool queued;

	if (xchg(&dwork->waiting, 1))
		return false;
	queued = queue_work_on(cpu, &dwork->work);
	smp_store_release(&dwork->waiting, 0);
	return queued;
}

bool schedule_delayed_work(struct delayed_work *dwork, u64 delay_ns)
{
	bool flags, waits;

	local_irq_save(flags);
	waits = xchg(&dwork->waiting, 1);
	if (!waits && work_pending(&dwork->work)) {
		smp_store_release(&dwork->waiting, 0);
		waits = true;
	} else if (!waits) {
		mod_timer(&dwork->timer, sched_clock() + delay_ns);
	}
	local_irq_restore(flags);
	return !waits;
}

void expedite_delayed_work(struct delayed_work *dwork, u64 delay_ns)
{
	u64 expires_ns = sched_clock() + delay_ns;
	bool flags;

	local_irq_save(flags);
	if (timer_pending(&dwork->timer) &&
	    dwork->timer.expires_ns > expires_ns)
		mod_timer(&dwork->timer, expires_ns);
	local_irq_restore(flags);
	schedule_delayed_work(dwork, delay_ns);
}

/* In softirq context. The item is seen as queued before it stops waiting. */
static void rcu_work_rcufn(struct rcu_head *rcu)
{
	struct rcu_work *rwork = container_of(rcu, struct rcu_work, rcu);

	schedule_work(&rwork->work);
	smp_store_release(&rwork->waiting, 0);
}

void INIT_RCU_WORK(struct rcu_work *rwork, work_func_t func)
{
	INIT_WORK(&rwork->work, func);
	WRITE_ONCE(rwork->waiting, 0);
}

bool queue_rcu_work(struct rcu_work *rwork)
{
	if (xchg(&rwork->waiting, 1))
		return false;
	call_rcu(&rwork->rcu, rcu_work_rcufn);
	return true;
}

void flush_rcu_work(struct rcu_work *rwork)
{
	if (smp_load_acquire(&rwork->waiting))
		rcu_barrier();
	flush_work(&rwork->work);
}
