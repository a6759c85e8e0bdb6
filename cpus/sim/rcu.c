/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grace periods of the simulated machine; twin of native/rcu.c.
 *
 * Every function here is one step: no CPU runs in the middle. A CPU that is
 * not running stands before an access, so its state tells at once whether it
 * is in a reader: a CPU with read depth 0, preempt count 0 and interrupts on
 * is quiescent when a grace period begins. Only the others hold it up, and
 * each reports at its first event where that holds. A grace period thus ends
 * at the earliest legal moment, which is the hardest for users of RCU; real
 * ones take milliseconds.
 *
 * Grace periods are numbered; number n runs while started == n and completed
 * == n - 1. A callback queued now waits for the end of the next one to start.
 * A CPU has two lists: of callbacks that wait for one grace period, and of
 * those that came after that one had started.
 */
#include "cpus/sim/sim.h"

#include <stdlib.h>

struct callbacks {
	struct rcu_head	*first, **last;
	u64		target;		/* runs when completed >= target */
};

struct rcu_cpu {
	struct callbacks waiting;
	struct callbacks later;		/* larger target; empty if waiting is */
	u64		 nr_left;	/* queued and not yet returned */
	bool		 holds_up;	/* the current grace period */
};

static struct rcu_cpu *rcu_cpus;
static u64 started, completed, requested;
static unsigned nr_holding_up;

static void list_init(struct callbacks *list)
{
	list->first = NULL;
	list->last = &list->first;
}

void rcu_create(void)
{
	unsigned cpu;

	rcu_cpus = calloc(nr_cpu_ids, sizeof(*rcu_cpus));
	must(rcu_cpus);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		list_init(&rcu_cpus[cpu].waiting);
		list_init(&rcu_cpus[cpu].later);
	}
}

u64 rcu_completed(void)
{
	return completed;
}

u64 get_state_synchronize_rcu(void)
{
	return started + 1;
}

/* ---- grace periods ---- */
/* Its callbacks may run: soon if it runs, else by an interrupt. */
static void notify(struct sim_cpu *cpu)
{
	cpu->rcu_work = true;
	if (cpu == sim.self)
		cpu->limit = cpu->window = 0;
	else if (cpu->asleep && sim_rcu_quiescent(cpu))
		sim_post(cpu, CPU_IRQ_RCU, sim_ipi_arrives(sim.self, cpu));
}

static void complete_grace_period(void)
{
	unsigned cpu;

	completed = started;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct callbacks *waiting = &rcu_cpus[cpu].waiting;

		if (waiting->first && waiting->target <= completed)
			notify(&sim.cpus[cpu]);
	}
}

/* Starts what has been asked for, one after another, until one is held up. */
static void start_grace_periods(void)
{
	unsigned cpu;

	while (started == completed && requested > started) {
		started++;
		for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
			if (sim_rcu_quiescent(&sim.cpus[cpu]))
				continue;
			rcu_cpus[cpu].holds_up = true;
			nr_holding_up++;
			sim.cpus[cpu].rcu_work = true;
		}
		if (!nr_holding_up)
			complete_grace_period();
	}
	if (sim.self->rcu_work)
		sim.self->limit = sim.self->window = 0;
}

/* ---- callbacks ---- */
static void append(struct callbacks *list, struct rcu_head *head)
{
	*list->last = head;
	list->last = &head->next;
	list->target = started + 1;
}

static void queue_on(unsigned cpu, struct rcu_head *head,
		     void (*func)(struct rcu_head *head))
{
	struct rcu_cpu *rcu = &rcu_cpus[cpu];

	rcu->nr_left++;
	head->next = NULL;
	head->func = func;
	if (!rcu->waiting.first || rcu->waiting.target == started + 1)
		append(&rcu->waiting, head);
	else
		append(&rcu->later, head);
	requested = started + 1;
	start_grace_periods();
}

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct sim_cpu *me = sim.self;

	must(me->cpu);
	if (!me->inert)
		me->clock += COST_CALL_RCU;
	queue_on(me->id, head, func);
}

/* The callbacks that may run now, taken off; NULL if there are none. */
static struct rcu_head *take_ready(struct rcu_cpu *rcu)
{
	struct rcu_head *first = rcu->waiting.first;

	if (!first || rcu->waiting.target > completed)
		return NULL;
	list_init(&rcu->waiting);
	if (rcu->later.first) {
		rcu->waiting = rcu->later;
		list_init(&rcu->later);
	}
	return first;
}

void rcu_quiescent_point(void)
{
	struct sim_cpu *me = sim.self;
	struct rcu_cpu *rcu = &rcu_cpus[me->id];
	struct rcu_head *head, *next;

	me->rcu_work = false;
	if (rcu->holds_up) {
		rcu->holds_up = false;
		if (!--nr_holding_up) {
			complete_grace_period();
			start_grace_periods();
		}
	}
	while ((head = take_ready(rcu)) != NULL) {
		me->cpu->own.preempt_count += SOFTIRQ_OFFSET;
		for (; head; head = next) {
			next = head->next;
			head->func(head);
			rcu->nr_left--;
		}
		me->cpu->own.preempt_count -= SOFTIRQ_OFFSET;
	}
}

/* ---- waiting ---- */
struct waiter {
	struct rcu_head		head;
	struct task_struct	*task;
	unsigned		*nr_left;
};

static void wake_waiter(struct rcu_head *head)
{
	struct waiter *waiter = container_of(head, struct waiter, head);
	struct task_struct *task = waiter->task;

	if (!--*waiter->nr_left)
		wake_up_process(task);
}

static void wait_for(const unsigned *nr_left, const char *what)
{
	struct task_struct *self = current;

	self->blocked_on = what;
	for (;;) {
		self->state = TASK_UNINTERRUPTIBLE;
		if (!*(const volatile unsigned *)nr_left)
			break;
		schedule();
	}
	self->state = TASK_RUNNING;
	self->blocked_on = NULL;
}

void synchronize_rcu(void)
{
	unsigned nr_left = 1;
	struct waiter waiter = { .task = current, .nr_left = &nr_left };

	might_sleep();
	call_rcu(&waiter.head, wake_waiter);
	wait_for(&nr_left, "synchronize_rcu");
}

/* Callbacks of one CPU run in the order of queueing. */
void rcu_barrier(void)
{
	struct waiter *waiters = calloc(nr_cpu_ids, sizeof(*waiters));
	unsigned cpu, nr_left = 1;

	might_sleep();
	must(waiters);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		if (!rcu_cpus[cpu].nr_left)
			continue;
		waiters[cpu].task = current;
		waiters[cpu].nr_left = &nr_left;
		nr_left++;
		queue_on(cpu, &waiters[cpu].head, wake_waiter);
	}
	nr_left--;
	wait_for(&nr_left, "rcu_barrier");
	free(waiters);
}
