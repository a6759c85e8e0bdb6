/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks, on both machines: a run queue for each CPU, touched by that CPU
 * alone, and a list on which others put the tasks they wake.
 *
 * Waking. Whoever moves state from asleep to TASK_RUNNING owns the wake-up; a
 * task of another CPU is then pushed on that CPU's woken list, at most once
 * (wake_queued), and the CPU is interrupted. It moves the task to its queue
 * if it is neither there nor current: the state may have been changed back
 * and forth since, so what counts is the state read after wake_queued was
 * cleared (A). A waker that finds wake_queued set has written the state
 * before it looked (B), hence the CPU sees it.
 *
 * Ending. A task ends on its own stack, so the next one on the CPU declares it
 * dead (finish_switch). A joiner leaves its address in the joiner word; the
 * word's last value is ENDED. Task memory is never given back to the host but
 * reused for tasks of the same CPU: a late wake-up of a dead task hits a task,
 * at worst as a spurious wake-up, which every sleeper must expect anyway.
 *
 * No part of this file is instrumented: on sim each function is one step.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/twin.h"

#define TASK_DEAD	0x80	/* include/linux/sched.h, 6.12 */
#define ENDED		((struct task_struct *)1)

struct task {
	struct task_struct	task;		/* first */
	struct task_struct	*joiner;	/* atomics */
	struct llist_node	free_node;
	struct llist_node	all_node;	/* never taken off */
	struct timer_list	timer;		/* schedule_timeout_ns() */
};

struct runqueue {
	/* Of its CPU alone: */
	struct list_head	queue;
	struct list_head	timers;		/* by expires_ns */
	struct list_head	deferrable;	/* likewise */
	struct task_struct	*idle;
	struct task_struct	*prev;		/* for finish_switch() */
	bool			prev_ended;

	/* Of all: */
	struct llist_head	woken cacheline_aligned;
	struct llist_head	free;		/* dead tasks to reuse */
	unsigned		nr_created;
} cacheline_aligned;

static struct runqueue *runqueues;
static struct llist_head all_tasks;

static struct task *machine_part(const struct task_struct *task)
{
	return (struct task *)task;
}

static struct runqueue *this_rq(void)
{
	return &runqueues[this_cpu()->own.id];
}

void tasks_create(void)
{
	size_t size = nr_cpu_ids * sizeof(struct runqueue);
	unsigned cpu;

	runqueues = aligned_alloc(CACHELINE, size);
	must(runqueues);
	memset(runqueues, 0, size);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		INIT_LIST_HEAD(&runqueues[cpu].queue);
		INIT_LIST_HEAD(&runqueues[cpu].timers);
		INIT_LIST_HEAD(&runqueues[cpu].deferrable);
	}
}

/* ---- switching ---- */
static void enqueue(struct runqueue *rq, struct task_struct *task)
{
	task->on_queue = true;
	list_add_tail(&task->run_node, &rq->queue);
}

static struct task_struct *dequeue_first(struct runqueue *rq)
{
	struct task_struct *task;

	if (list_empty(&rq->queue))
		return rq->idle;
	task = list_first_entry(&rq->queue, struct task_struct, run_node);
	list_del(&task->run_node);
	task->on_queue = false;
	return task;
}

/* The first thing a task does when it is given the CPU. */
static void finish_switch(struct runqueue *rq)
{
	struct task_struct *joiner;

	if (likely(!rq->prev_ended))
		return;
	rq->prev_ended = false;
	WRITE_ONCE(rq->prev->done, true);
	/* Releases all the task did; its joiner may reuse it from here on. */
	joiner = xchg(&machine_part(rq->prev)->joiner, ENDED);
	if (joiner)
		wake_up_process(joiner);
}

static void switch_to(struct runqueue *rq, struct task_struct *next)
{
	struct cpu *cpu = this_cpu();
	struct task_struct *prev = cpu->own.current_task;

	rq->prev = prev;
	WRITE_ONCE(cpu->own.current_task, next);
	WRITE_ONCE(cpu->own.nr_switches, cpu->own.nr_switches + 1);
	machine_switch_fiber(prev->fiber, next->fiber);
	finish_switch(rq);
}

/* Others may run; the current task stays runnable if it is, or is preempted. */
static void reschedule(bool preempted)
{
	struct runqueue *rq = this_rq();
	struct task_struct *self = current, *next;
	bool runnable = preempted || READ_ONCE(self->state) == TASK_RUNNING;

	if (runnable && list_empty(&rq->queue))
		return;
	next = dequeue_first(rq);
	if (runnable && self != rq->idle)
		enqueue(rq, self);
	if (next != self)
		switch_to(rq, next);
}

static bool timer_is_due(const struct list_head *timers, u64 now)
{
	return !list_empty(timers) &&
	       list_first_entry(timers, struct timer_list, entry)->expires_ns <=
	       now;
}

/* In softirq context. A function may set timers, and be interrupted by others
 * that do: each time round the list is another. */
static void run_due(struct list_head *timers, u64 now)
{
	while (timer_is_due(timers, now)) {
		struct timer_list *timer =
			list_first_entry(timers, struct timer_list, entry);

		list_del_init(&timer->entry);
		preempt_count() += SOFTIRQ_OFFSET;
		timer->function(timer);
		preempt_count() -= SOFTIRQ_OFFSET;
	}
}

void task_tick(void)
{
	struct runqueue *rq = this_rq();
	struct list_head *first = &rq->timers;
	u64 now;

	if (list_empty(&rq->deferrable))
		return;
	now = machine_clock_any();
	while (timer_is_due(&rq->deferrable, now)) {
		list_move(rq->deferrable.next, first);
		first = first->next;
	}
}

static void run_timers(struct runqueue *rq)
{
	if (CLOCK_IS_FREE)
		task_tick();
	if (unlikely(!list_empty(&rq->timers)))
		run_due(&rq->timers, sched_clock());
}

/* The report, and a context in which going on does least harm. */
static noinline void schedule_while_atomic(void)
{
	struct cpu *cpu = this_cpu();
	int preempt_count = cpu->own.preempt_count;
	u32 rcu_depth = cpu->own.rcu_depth;
	bool irqs_off = cpu->own.irqs_off;

	kernel_bug("BUG: scheduling while atomic: %s/%d/0x%08x",
		   current->comm, current->pid, (unsigned)preempt_count);
	dump_stack();
	cpu->own.preempt_count = 0;
	cpu->own.rcu_depth = 0;
	cpu->own.irqs_off = false;
	reschedule(false);
	cpu->own.preempt_count = preempt_count;
	cpu->own.rcu_depth = rcu_depth;
	cpu->own.irqs_off = irqs_off;
}

void schedule(void)
{
	struct cpu *cpu = this_cpu();

	if (unlikely(cpu->own.preempt_count || cpu->own.irqs_off ||
		     cpu->own.rcu_depth)) {
		schedule_while_atomic();
		return;
	}
	machine_note_schedule_point();
	cpu_poll();
	run_timers(this_rq());
	reschedule(false);
}

void cond_resched(void)
{
	struct cpu *cpu = this_cpu();
	struct runqueue *rq;

	cpu_poll();
	if (cpu->own.preempt_count || cpu->own.irqs_off || cpu->own.rcu_depth)
		return;
	machine_note_schedule_point();
	rq = this_rq();
	run_timers(rq);
	if (!list_empty(&rq->queue))
		reschedule(true);
}

/* ---- waking ---- */
static void push_woken(struct task_struct *task)
{
	/* (B) after the state was written; pairs with (A). */
	if (xchg(&task->wake_queued, 1))
		return;
	if (llist_add(&task->wake_node, &runqueues[task->cpu].woken))
		machine_kick(task->cpu, CPU_IRQ_RESCHED);
}

bool wake_up_process(struct task_struct *task)
{
	const struct cpu *cpu = this_cpu();
	u32 asleep = TASK_UNINTERRUPTIBLE;

	/* A full barrier when it fails, too: the sleeper, who sets its state by
	 * an exchange before testing, then finds what we did before. */
	smp_mb();
	if (!try_cmpxchg(&task->state, &asleep, TASK_RUNNING))
		return false;
	if (!cpu || task->cpu != cpu->own.id)
		push_woken(task);
	else if (!task->on_queue && task != cpu->own.current_task)
		enqueue(this_rq(), task);
	return true;
}

bool task_collect_woken(void)
{
	struct runqueue *rq = this_rq();
	struct llist_node *node, *next;

	node = llist_reverse_order(llist_del_all(&rq->woken));
	for (; node; node = next) {
		struct task_struct *task =
			container_of(node, struct task_struct, wake_node);

		next = READ_ONCE(node->next);
		xchg(&task->wake_queued, 0);		/* (A) */
		if (smp_load_acquire(&task->state) == TASK_RUNNING &&
		    !task->on_queue && task != current)
			enqueue(rq, task);
	}
	return !list_empty(&rq->queue);
}

/* ---- timers ---- */
void timer_setup(struct timer_list *timer,
		 void (*function)(struct timer_list *timer))
{
	INIT_LIST_HEAD(&timer->entry);
	timer->deferrable = false;
	timer->function = function;
}

bool timer_pending(const struct timer_list *timer)
{
	return !list_empty(&timer->entry);
}

void mod_timer(struct timer_list *timer, u64 expires_ns)
{
	struct runqueue *rq = this_rq();
	struct list_head *timers = timer->deferrable ? &rq->deferrable :
						       &rq->timers;
	struct timer_list *later;

	if (timer_pending(timer))
		list_del_init(&timer->entry);
	timer->expires_ns = expires_ns;
	list_for_each_entry(later, timers, entry)
		if (later->expires_ns > expires_ns)
			break;
	list_add_tail(&timer->entry, &later->entry);
}

static void wake_sleeper(struct timer_list *timer)
{
	wake_up_process(&container_of(timer, struct task, timer)->task);
}

void schedule_timeout_ns(u64 ns)
{
	struct timer_list *timer = &machine_part(current)->timer;
	u64 expires_ns = sched_clock() + ns;

	timer_setup(timer, wake_sleeper);
	while (sched_clock() < expires_ns) {
		if (!timer_pending(timer))
			mod_timer(timer, expires_ns);
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	list_del_init(&timer->entry);
	set_current_state(TASK_RUNNING);
}

u64 task_next_timer(void)
{
	const struct runqueue *rq = this_rq();

	if (list_empty(&rq->timers))
		return ~0UL;
	return list_first_entry(&rq->timers, struct timer_list,
				entry)->expires_ns;
}

/* ---- making and ending ---- */
static void task_main(void *arg)
{
	struct task_struct *task = arg;
	struct runqueue *rq = this_rq();

	finish_switch(rq);
	task->fn(task->arg);
	must(task == current && !task->nr_held);
	might_sleep();
	WRITE_ONCE(task->state, TASK_DEAD);
	cpu_poll();
	rq->prev_ended = true;
	switch_to(rq, dequeue_first(rq));
	must(!"a dead task runs");
}

/* Takes all, keeps one, puts the rest back: pushers may run at any time. */
static struct task *reuse(struct runqueue *rq)
{
	struct llist_node *node, *next;
	struct task *task;

	if (llist_empty(&rq->free))
		return NULL;
	node = llist_del_all(&rq->free);
	if (!node)
		return NULL;
	task = container_of(node, struct task, free_node);
	for (node = READ_ONCE(node->next); node; node = next) {
		next = READ_ONCE(node->next);
		llist_add(node, &rq->free);
	}
	return task;
}

static struct task *new_task(unsigned cpu)
{
	struct task *task = calloc(1, sizeof(*task));

	must(task);
	task->task.cpu = cpu;
	task->task.state = TASK_DEAD;
	llist_add(&task->all_node, &all_tasks);
	return task;
}

static void set_name(struct task_struct *task, const char *name)
{
	snprintf(task->comm, sizeof(task->comm), "%s", name);
}

struct task_struct *task_create(unsigned cpu, const char *name,
				void (*fn)(void *arg), void *arg)
{
	struct runqueue *rq = &runqueues[cpu];
	struct task *made;
	struct task_struct *task;
	unsigned nth;

	must(cpu < nr_cpu_ids);
	made = reuse(rq);
	if (!made)
		made = new_task(cpu);
	task = &made->task;
	/* 1 is CPU 0's first; the same whichever CPU creates when. */
	nth = __atomic_fetch_add(&rq->nr_created, 1, __ATOMIC_RELAXED);
	task->pid = (int)(1 + cpu + nth * nr_cpu_ids);
	set_name(task, name);
	task->flags = 0;
	task->fn = fn;
	task->arg = arg;
	task->blocked_on = NULL;
	task->blocked_lock = NULL;
	WRITE_ONCE(task->done, false);
	WRITE_ONCE(made->joiner, NULL);
	task->fiber = fiber_create(FIBER_STACK_SIZE, task_main, task);
	/* Born asleep, then woken: the same path from every CPU. */
	smp_store_release(&task->state, TASK_UNINTERRUPTIBLE);
	wake_up_process(task);
	return task;
}

struct task_struct *task_create_idle(unsigned cpu, struct fiber *fiber)
{
	struct task_struct *idle = &new_task(cpu)->task;
	char name[TASK_COMM_LEN];

	snprintf(name, sizeof(name), "swapper/%u", cpu);
	set_name(idle, name);
	idle->fiber = fiber;
	idle->state = TASK_RUNNING;
	runqueues[cpu].idle = idle;
	cpus[cpu]->own.current_task = idle;
	return idle;
}

void task_join(struct task_struct *task)
{
	struct task *made = machine_part(task);
	struct task_struct *nobody = NULL;

	might_sleep();
	if (try_cmpxchg(&made->joiner, &nobody, current)) {
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			if (smp_load_acquire(&made->joiner) == ENDED)
				break;
			schedule();
		}
		set_current_state(TASK_RUNNING);
	} else {
		must(smp_load_acquire(&made->joiner) == ENDED);
	}
	fiber_destroy(task->fiber);
	task->fiber = NULL;
	llist_add(&made->free_node, &runqueues[task->cpu].free);
}

/* ---- idling ---- */
void task_idle_loop(void)
{
	struct runqueue *rq = this_rq();
	struct cpu *cpu = this_cpu();

	finish_switch(rq);
	while (!machine_stopping()) {
		cpu_poll();
		task_tick();
		run_timers(rq);
		if (!list_empty(&rq->queue)) {
			switch_to(rq, dequeue_first(rq));
			continue;
		}
		WRITE_ONCE(cpu->own.in_idle, true);
		machine_idle();
		WRITE_ONCE(cpu->own.in_idle, false);
	}
}

void task_for_each(void (*visit)(void *arg, const struct task_struct *task),
		   void *arg)
{
	struct llist_node *node = READ_ONCE(all_tasks.first);

	for (; node; node = READ_ONCE(node->next))
		visit(arg, &container_of(node, struct task, all_node)->task);
}

static void print_task(const struct task_struct *task, u32 state)
{
	char lock[24] = "";

	if (task->blocked_on && task->blocked_lock)
		snprintf(lock, sizeof(lock), " (%lx)",
			 machine_print_any(task->blocked_lock));
	printk("CPU %u task %s/%d %s%s%s%s", task->cpu, task->comm,
	       task->pid, state == TASK_RUNNING ? "runs" : "sleeps",
	       task->blocked_on ? " on " : "",
	       task->blocked_on ? task->blocked_on : "", lock);
}

/* Of tasks that may run: what they hold is as it was a moment ago. */
__attribute__((no_sanitize("thread"))) void task_print_all(void)
{
	struct llist_node *node = READ_ONCE(all_tasks.first);

	for (; node; node = READ_ONCE(node->next)) {
		struct task_struct *task =
			&container_of(node, struct task, all_node)->task;
		u32 state = READ_ONCE(task->state);

		if (state == TASK_DEAD || !task->pid)
			continue;
		print_task(task, state);
		if (task->nr_held)
			cpu_print_held_locks(task);
	}
}

const struct task_struct *task_of_address(const void *p, bool *on_stack)
{
	struct llist_node *node;

	for (node = all_tasks.first; node; node = node->next) {
		const struct task *task = container_of(node, struct task,
						       all_node);

		*on_stack = task->task.fiber &&
			    fiber_on_stack(task->task.fiber, p);
		if (*on_stack || ((const char *)p >= (const char *)task &&
				  (const char *)p < (const char *)(task + 1)))
			return &task->task;
	}
	return NULL;
}
