/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU on the native machine: liburcu's QSBR behind a helper thread that is no
 * CPU (traps.md: a CPU inside liburcu's synchronize_rcu() could not answer the
 * interrupts that a reader waits for).
 *
 * Grace periods are numbered. The helper runs number n while started == n and
 * completed == n - 1. Who has unlinked something reads started after a full
 * barrier and needs number started + 1, the first that begins later. It raises
 * requested to that and rings the helper.
 *
 * The helper interrupts every CPU that is not idle (CPU_IRQ_RCU), then calls
 * liburcu. A CPU may take the interrupt before liburcu's own counter moves,
 * in which case its report counts for nothing; therefore a CPU keeps the
 * interrupt pending, and reports again at each safe point, for as long as the
 * grace period lasts. When it is over the helper interrupts the CPUs that have
 * callbacks for it. Idle CPUs are offline for liburcu and not asked.
 *
 * Races of these with the helper, each closed by a full barrier on both sides:
 * (A) leaving idle against being passed over as idle; (B) announcing a callback
 * against the end of the grace period it waits for.
 */
#include <pthread.h>
#include <stdlib.h>

#include "cpus/native/native.h"
#include "cpus/native/qsbr.h"

struct callback_list {
	struct rcu_head	*first, **last;
};

struct rcu_cpu {
	/* Of its CPU alone. Callbacks move from next to waiting to running. */
	struct callback_list next;
	struct callback_list waiting;

	/* Written by the CPU, read by all. */
	u64		waiting_for cacheline_aligned;	/* 0: nothing */
	u64		nr_queued;
	u64		nr_invoked;	/* release: those have run */
	bool		idle;
} cacheline_aligned;

static struct rcu_cpu *rcu_cpus;
static u64 started cacheline_aligned;	/* by the helper alone */
static u64 completed;			/* by the helper alone */
static u64 requested cacheline_aligned;
static u32 bell;			/* futex: counts requests */

/* ---- the helper ---- */
static void ask_all(void)
{
	unsigned cpu;

	for_each_online_cpu(cpu)
		if (!READ_ONCE(rcu_cpus[cpu].idle))	/* (A) */
			machine_kick(cpu, CPU_IRQ_RCU);
}

static void tell_waiters(u64 gp)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		/* (B) */
		u64 wanted = READ_ONCE(rcu_cpus[cpu].waiting_for);

		if (wanted && wanted <= gp)
			machine_kick(cpu, CPU_IRQ_RCU);
	}
}

static void *helper(void *arg)
{
	u64 gp = 0;

	for (;;) {
		u32 rung = smp_load_acquire(&bell);

		if (smp_load_acquire(&requested) <= gp) {
			native_futex_wait(&bell, rung, ~0UL);
			continue;
		}
		gp++;
		/* (A), and see above */
		__atomic_store_n(&started, gp, __ATOMIC_SEQ_CST);
		smp_mb();
		ask_all();
		qsbr_synchronize();
		__atomic_store_n(&completed, gp, __ATOMIC_SEQ_CST);
		smp_mb();			/* (B) */
		tell_waiters(gp);
	}
	return arg;
}

void rcu_create(void)
{
	size_t size = nr_cpu_ids * sizeof(struct rcu_cpu);
	pthread_t thread;
	unsigned cpu;

	rcu_cpus = aligned_alloc(CACHELINE, size);
	must(rcu_cpus);
	machine_memset(rcu_cpus, 0, size);
	for_each_online_cpu(cpu) {
		struct rcu_cpu *rcu = &rcu_cpus[cpu];

		rcu->next.last = &rcu->next.first;
		rcu->waiting.last = &rcu->waiting.first;
		native_cpus[cpu].rcu = rcu;
	}
	must(!pthread_create(&thread, NULL, helper, NULL));
	pthread_detach(thread);
}

void native_rcu_attach(void)
{
	qsbr_register();
}

static void request(u64 gp)
{
	u64 old = READ_ONCE(requested);

	while (old < gp && !try_cmpxchg(&requested, &old, gp))
		;
	__atomic_fetch_add(&bell, 1, __ATOMIC_RELEASE);
	native_futex_wake(&bell);
}

/* ---- callbacks ---- */
static bool callbacks_ready(const struct rcu_cpu *rcu)
{
	return rcu->waiting.first &&
	       smp_load_acquire(&completed) >= rcu->waiting_for;
}

/* The whole of next begins to wait for the next grace period to begin. */
static void start_waiting(struct rcu_cpu *rcu)
{
	u64 gp;

	if (rcu->waiting.first || !rcu->next.first)
		return;
	rcu->waiting = rcu->next;
	rcu->next.first = NULL;
	rcu->next.last = &rcu->next.first;
	smp_mb();		/* what was unlinked, before started is read */
	gp = READ_ONCE(started) + 1;
	WRITE_ONCE(rcu->waiting_for, gp);
	request(gp);
	smp_mb();		/* (B) */
	if (READ_ONCE(completed) >= gp)
		__atomic_fetch_or(&native_self->seen.pending, CPU_IRQ_RCU,
				  __ATOMIC_RELAXED);
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct rcu_cpu *rcu = native_this()->rcu;

	head->func = func;
	head->next = NULL;
	*rcu->next.last = head;
	rcu->next.last = &head->next;
	WRITE_ONCE(rcu->nr_queued, rcu->nr_queued + 1);
	start_waiting(rcu);
}

/* In softirq context: a callback may queue others, and may meet safe points. */
static void run_callbacks(struct rcu_cpu *rcu)
{
	struct rcu_head *head = rcu->waiting.first, *next;

	rcu->waiting.first = NULL;
	WRITE_ONCE(rcu->waiting_for, 0);
	start_waiting(rcu);
	preempt_count() += SOFTIRQ_OFFSET;
	for (; head; head = next) {
		next = head->next;
		head->func(head);
		smp_store_release(&rcu->nr_invoked, rcu->nr_invoked + 1);
	}
	preempt_count() -= SOFTIRQ_OFFSET;
}

void rcu_quiescent_point(void)
{
	struct rcu_cpu *rcu = native_this()->rcu;

	qsbr_quiescent();
	if (READ_ONCE(started) != READ_ONCE(completed))
		__atomic_fetch_or(&native_self->seen.pending, CPU_IRQ_RCU,
				  __ATOMIC_RELAXED);
	if (callbacks_ready(rcu))
		run_callbacks(rcu);
}

/* ---- idling ---- */
bool native_rcu_idle_enter(void)
{
	struct rcu_cpu *rcu = native_this()->rcu;
	u32 *pending = &native_self->seen.pending;

	/* Of what the bit may say, only ready callbacks concern us now. */
	if (READ_ONCE(*pending) & CPU_IRQ_RCU)
		__atomic_fetch_and(pending, ~(u32)CPU_IRQ_RCU,
				   __ATOMIC_SEQ_CST);
	smp_mb();
	if (callbacks_ready(rcu)) {
		rcu_quiescent_point();
		return false;
	}
	qsbr_offline();
	__atomic_store_n(&rcu->idle, true, __ATOMIC_SEQ_CST);
	return true;
}

void native_rcu_idle_exit(void)
{
	struct rcu_cpu *rcu = native_this()->rcu;

	qsbr_online();
	__atomic_store_n(&rcu->idle, false, __ATOMIC_SEQ_CST);	/* (A) */
	smp_mb();
	if (READ_ONCE(started) != READ_ONCE(completed))
		__atomic_fetch_or(&native_self->seen.pending, CPU_IRQ_RCU,
				  __ATOMIC_RELAXED);
}

/* ---- waiting for grace periods ---- */
struct rcu_waiter {
	struct rcu_head		head;
	struct task_struct	*task;
	bool			done;
};

static void wake_waiter(struct rcu_head *head)
{
	struct rcu_waiter *waiter = container_of(head, struct rcu_waiter, head);
	struct task_struct *task = waiter->task;

	/* The waiter's frame may go as soon as done is seen; its task stays. */
	smp_store_release(&waiter->done, true);
	wake_up_process(task);
}

void synchronize_rcu(void)
{
	struct rcu_waiter waiter = { .task = current };

	might_sleep();
	current->blocked_on = "synchronize_rcu";
	call_rcu(&waiter.head, wake_waiter);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (smp_load_acquire(&waiter.done))
			break;
		schedule();
	}
	set_current_state(TASK_RUNNING);
	current->blocked_on = NULL;
}

/* Callbacks of a CPU run in the order they were queued, so it is enough to
 * wait until each CPU has run as many as it had been given. */
void rcu_barrier(void)
{
	unsigned cpu;

	might_sleep();
	for_each_online_cpu(cpu) {
		u64 queued = smp_load_acquire(&rcu_cpus[cpu].nr_queued);

		while (smp_load_acquire(&rcu_cpus[cpu].nr_invoked) < queued)
			synchronize_rcu();
	}
}

u64 rcu_completed(void)
{
	return smp_load_acquire(&completed);
}

u64 get_state_synchronize_rcu(void)
{
	smp_mb();	/* what was unlinked, before started is read */
	return READ_ONCE(started) + 1;
}
