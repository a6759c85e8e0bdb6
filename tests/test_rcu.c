/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU: grace periods wait for readers and for nobody else; callbacks. */
#include "tests/test.h"

/* ---- callbacks ---- */
#define NR_CALLBACKS	50

static struct callback {
	struct rcu_head	head;
	unsigned	cpu, nth;
} callbacks[8][NR_CALLBACKS];
static u32 nr_called[8];
static bool callback_was_wrong;

static void called(struct rcu_head *head)
{
	struct callback *self = container_of(head, struct callback, head);

	if (self->cpu != smp_processor_id() || !in_softirq() || in_hardirq() ||
	    in_task() || self->nth != READ_ONCE(nr_called[self->cpu]))
		WRITE_ONCE(callback_was_wrong, true);
	smp_store_release(&nr_called[self->cpu], self->nth + 1);
}

static void queue_callbacks(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < NR_CALLBACKS; i++) {
		struct callback *callback = &callbacks[cpu][i];

		callback->cpu = cpu;
		callback->nth = i;
		call_rcu(&callback->head, called);
		if (i % 7 == cpu % 7)
			ndelay(2000);
		if (i % 3 == 0)
			cond_resched();
	}
}

static void call_and_wait(void *arg)
{
	unsigned cpu;

	on_all_cpus(queue_callbacks, NULL);
	rcu_barrier();
	must(!READ_ONCE(callback_was_wrong));
	for_each_online_cpu(cpu)
		must(smp_load_acquire(&nr_called[cpu]) == NR_CALLBACKS);
}

static void callbacks_run_in_order_on_their_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .seeds = 3 }, call_and_wait,
		NULL);
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 }, call_and_wait,
		NULL);
	emulate(&(struct emulation){ .cpus = 5, .seeds = 3 }, call_and_wait,
		NULL);
}

/* ---- who is waited for ---- */
enum how { READING, PREEMPTION_OFF, INTERRUPTS_OFF };

struct holder {
	enum how	how;
	u32		entered, released, left;
};

static void enter(enum how how)
{
	if (how == READING)
		rcu_read_lock();
	else if (how == PREEMPTION_OFF)
		preempt_disable();
	else
		local_irq_disable();
}

static void leave(enum how how)
{
	if (how == READING)
		rcu_read_unlock();
	else if (how == PREEMPTION_OFF)
		preempt_enable();
	else
		local_irq_enable();
}

/* Meets safe points all the time, none of which is quiescent. */
static void hold(void *arg)
{
	struct holder *holder = arg;

	enter(holder->how);
	smp_store_release(&holder->entered, 1);
	while (!smp_load_acquire(&holder->released)) {
		cpu_relax();
		cpu_poll();
	}
	ndelay(100000);
	smp_store_release(&holder->left, 1);
	leave(holder->how);
}

static void release(void *arg)
{
	struct holder *holder = arg;

	schedule_timeout_ns(2000000);	/* meanwhile CPU 0 waits */
	smp_store_release(&holder->released, 1);
}

static void wait_for_holder(enum how how)
{
	struct holder holder = { .how = how };
	struct task_struct *task = task_create(1, "holder", hold, &holder);
	struct task_struct *releaser;

	while (!smp_load_acquire(&holder.entered))
		cpu_relax();
	releaser = task_create(0, "releaser", release, &holder);
	synchronize_rcu();
	must(smp_load_acquire(&holder.left));
	task_join(task);
	task_join(releaser);
}

static void wait_for_holders(void *arg)
{
	wait_for_holder(READING);
	wait_for_holder(PREEMPTION_OFF);
	wait_for_holder(INTERRUPTS_OFF);
}

static void a_grace_period_waits_for_readers(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 5 }, wait_for_holders,
		NULL);
}

static u32 spinner_released;

static void spin(void *arg)
{
	while (!smp_load_acquire(&spinner_released))
		cpu_relax();
}

/* CPU 1 waits outside of any reader, the others idle: nobody to wait for. */
static void wait_for_nobody(void *arg)
{
	struct task_struct *task = task_create(1, "spinner", spin, NULL);
	u64 before = rcu_completed();
	unsigned i;

	for (i = 0; i < 10; i++)
		synchronize_rcu();
	must(rcu_completed() >= before + 10);
	smp_store_release(&spinner_released, 1);
	task_join(task);
}

static void a_grace_period_waits_for_nobody_else(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .seeds = 5 }, wait_for_nobody,
		NULL);
}

/* ---- crossing interrupts while grace periods run ---- */
static u32 acks[2];

static void ack(void)
{
	__atomic_fetch_add(&acks[smp_processor_id()], 1, __ATOMIC_RELEASE);
}

static void freed(struct rcu_head *head)
{
	WRITE_ONCE(head->next, NULL);
}

/*
 * As a shootdown does: preemption off, interrupts on, until the other has
 * answered. Were a CPU to wait for a grace period without answering, or a
 * grace period for a CPU that waits here, nobody would ever go on.
 */
static void cross(void *arg, unsigned cpu)
{
	struct rcu_head head;
	u32 round;

	for (round = 1; round <= 100; round++) {
		if (round % 10 == 5)
			call_rcu(&head, freed);
		preempt_disable();
		machine_kick(!cpu, CPU_IRQ_DEVICE);
		while (smp_load_acquire(&acks[!cpu]) < round)
			cpu_relax();
		preempt_enable();
		if (round % 10 == 9)
			rcu_barrier();
	}
}

static void cross_on_both(void *arg)
{
	machine_set_device_handler(ack);
	on_all_cpus(cross, NULL);
}

static void crossing_waits_end_while_a_grace_period_runs(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 }, cross_on_both,
		NULL);
}

/* ---- readers against an updater ---- */
#define NR_UPDATES	60
#define NR_THINGS	4
#define FREE		0

static struct thing {
	struct rcu_head	head;
	u64		value, check;	/* plain: RCU alone orders them */
	bool		in_use;		/* the updater's */
} things[NR_THINGS];
static struct thing *published;
static u32 updates_done;

static void reclaim(struct rcu_head *head)
{
	struct thing *thing = container_of(head, struct thing, head);

	thing->value = FREE;
	thing->check = 1;
	thing->in_use = false;
}

static void read_things(struct rng *rng)
{
	while (!smp_load_acquire(&updates_done)) {
		struct thing *thing;
		u64 value;

		rcu_read_lock();
		thing = rcu_dereference(published);
		value = thing->value;
		if (rng_chance(rng, 50))
			cpu_poll();	/* a safe point, but not quiescent */
		if (rng_chance(rng, 10))
			ndelay(rng_below(rng, 5000));
		must(value != FREE);
		must(thing->value == value && thing->check == ~value);
		rcu_read_unlock();
		cond_resched();
	}
}

static struct thing *unused_thing(void)
{
	unsigned i;

	for (;;) {
		for (i = 0; i < NR_THINGS; i++)
			if (!things[i].in_use)
				return &things[i];
		rcu_barrier();
	}
}

static void publish(u64 value)
{
	struct thing *thing = unused_thing(), *old = published;

	thing->in_use = true;
	thing->value = value;
	thing->check = ~value;
	rcu_assign_pointer(published, thing);
	if (!old)
		return;
	if (value % 3) {
		call_rcu(&old->head, reclaim);
	} else {
		synchronize_rcu();
		reclaim(&old->head);
	}
}

static void read_or_update(void *arg, unsigned cpu)
{
	struct rng rng;
	u64 value;

	rng_seed(&rng, test_seed() * 64 + cpu);
	if (cpu) {
		read_things(&rng);
		return;
	}
	for (value = 2; value < 2 + NR_UPDATES; value++) {
		publish(value);
		ndelay(rng_below(&rng, 2000));
	}
	rcu_barrier();
	smp_store_release(&updates_done, 1);
}

static void torture(void *arg)
{
	publish(1);
	on_all_cpus(read_or_update, NULL);
}

static void no_reader_sees_what_was_freed(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 }, torture, NULL);
	emulate(&(struct emulation){ .cpus = 4, .seeds = 10 }, torture, NULL);
}

static void sleep_in_reader(void *arg)
{
	rcu_read_lock();
	schedule();
	rcu_read_unlock();
}

static void sleeping_inside_a_reader_is_reported(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: scheduling while atomic: swapper/0/1/" },
		sleep_in_reader, NULL);
}

TEST_MAIN(cmocka_unit_test(callbacks_run_in_order_on_their_cpu),
	  cmocka_unit_test(a_grace_period_waits_for_readers),
	  cmocka_unit_test(a_grace_period_waits_for_nobody_else),
	  cmocka_unit_test(crossing_waits_end_while_a_grace_period_runs),
	  cmocka_unit_test(no_reader_sees_what_was_freed),
	  cmocka_unit_test(sleeping_inside_a_reader_is_reported))
