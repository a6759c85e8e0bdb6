/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks. Each CPU has a workload task, a worker (kworker) and an idle task,
 * each a fiber with its own stack, pid and name. A task never changes its CPU.
 * A task that blocks switches to another; it never runs another's work on its
 * own stack (traps.md). There is no preemption: a task runs until it blocks
 * or calls cond_resched().
 *
 * Sleeping is the kernel's protocol: set_current_state(TASK_UNINTERRUPTIBLE),
 * test the condition, schedule(), set_current_state(TASK_RUNNING).
 * wake_up_process() after the test makes schedule() return at once.
 */
#ifndef CPUS_TASK_H
#define CPUS_TASK_H

#include "cpus/cpu.h"
#include "cpus/list.h"

#define TASK_RUNNING		0
#define TASK_UNINTERRUPTIBLE	2
#define TASK_COMM_LEN		16

struct lock_held {
	const void	*lock;
	u64		since_ns;
	u16		class;
	u16		context;	/* 0 task, 1 softirq, 2 hardirq */
	bool		sleeps;		/* a mutex or rwsem, not a spinlock */
	unsigned long	ip;
};

#define MAX_LOCK_DEPTH		48	/* kernel/locking/lockdep.c, 6.12 */

/* The part of a task the kernel reads; the machine's part is in task.c. */
struct task_struct {
	int			pid;
	unsigned		cpu;
	char			comm[TASK_COMM_LEN];
	u32			state;		/* TASK_*; atomics */
	u32			flags;		/* PF_* */
	unsigned		nr_held;	/* with lock checks on */
	struct lock_held	held[MAX_LOCK_DEPTH];
	const char		*blocked_on;	/* for the deadlock report */
	const void		*blocked_lock;
	struct op_time		*op_time;	/* NULL: not looked at */
	struct list_head	run_node;	/* task.c: this CPU's queue */
	struct llist_node	wake_node;	/* task.c: woken from afar */
	u32			wake_queued;
	bool			on_queue;
	struct fiber		*fiber;
	void			(*fn)(void *arg);
	void			*arg;
	bool			done;
};

#define PF_MEMALLOC		0x00000800
#define PF_WQ_WORKER		0x00000020

/* What __might_sleep() asks before it reports. */
static always_inline bool cpu_may_sleep(const struct cpu *cpu)
{
	return !(cpu->own.preempt_count | cpu->own.irqs_off |
		 (int)cpu->own.rcu_depth | cpu->own.non_block) &&
	       cpu->own.current_task->pid;
}

/*
 * Makes a runnable task on cpu. It ends when fn returns. From the task context
 * of any CPU (or before the machine runs). Never fails: dies at start.
 */
struct task_struct *task_create(unsigned cpu, const char *name,
				void (*fn)(void *arg), void *arg);
/* Waits until the task has ended. May sleep. */
void task_join(struct task_struct *task);

#define set_current_state(s)	\
	((void)__atomic_exchange_n(&current->state, (s), __ATOMIC_SEQ_CST))
/* Lets another task of this CPU run; returns at once if none and running.
 * Task context, preemption and interrupts on (else the kernel's "BUG:
 * scheduling while atomic" is reported). */
void schedule(void);
/* schedule() if another task waits for this CPU; a safe point in any case. */
void cond_resched(void);
/* Makes a sleeping task runnable. Any context, any CPU. True if it slept. */
bool wake_up_process(struct task_struct *task);
/* Sleeps at least ns nanoseconds. */
void schedule_timeout_ns(u64 ns);

#define TICK_NSEC	4000000UL	/* a jiffy: HZ=250 */

/* A call in the future. A timer is one CPU's: set, read and run there. */
struct timer_list {
	struct list_head	entry;
	u64			expires_ns;
	/* Fixed after timer_setup(): no reason to end this CPU's idling, and
	 * natively up to a quarter of a second late; but unlike another it
	 * costs cond_resched() no reading of the clock. */
	bool			deferrable;
	void			(*function)(struct timer_list *timer);
};

void timer_setup(struct timer_list *timer,
		 void (*function)(struct timer_list *timer));
/*
 * function runs once, in softirq context, when this CPU schedules or idles at
 * or after expires_ns (sched_clock()); instead of when it was set before.
 * Any context, interrupts off or none that sets it.
 */
void mod_timer(struct timer_list *timer, u64 expires_ns);
bool timer_pending(const struct timer_list *timer);

#endif
