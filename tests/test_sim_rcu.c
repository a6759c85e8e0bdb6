/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grace periods of the simulated machine: they wait for every kind of reader
 * and for nobody else; callbacks run in softirq context on the CPU that queued
 * them, in order.
 */
#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

/* ---- what holds a grace period up ---- */
enum { READER_RCU, READER_PREEMPT, READER_IRQ, READER_BH, NR_READERS };

static u32 reading, reader_kind;
static u64 reader_left_at;

static void enter(u32 kind)
{
	switch (kind) {
	case READER_RCU:
		rcu_read_lock();
		break;
	case READER_PREEMPT:
		preempt_disable();
		break;
	case READER_IRQ:
		local_irq_disable();
		break;
	default:
		local_bh_disable();
	}
}

static void leave(u32 kind)
{
	switch (kind) {
	case READER_RCU:
		rcu_read_unlock();
		break;
	case READER_PREEMPT:
		preempt_enable();
		break;
	case READER_IRQ:
		local_irq_enable();
		break;
	default:
		local_bh_enable();
	}
}

static void read_for_a_while(void *arg)
{
	enter(reader_kind);
	smp_store_release(&reading, 1);
	ndelay(30000);
	reader_left_at = now_quietly();
	leave(reader_kind);
	/* and on, without any safe point of its own */
	while (smp_load_acquire(&reading) == 1)
		ndelay(100);
}

static void wait_for_a_reader(void *arg)
{
	struct task_struct *reader;
	u64 completed;

	for (reader_kind = 0; reader_kind < NR_READERS; reader_kind++) {
		completed = rcu_completed();
		WRITE_ONCE(reading, 0);
		reader = task_create(1, "reader", read_for_a_while, NULL);
		while (!smp_load_acquire(&reading))
			cpu_relax();
		synchronize_rcu();
		must(rcu_completed() > completed);
		must(reader_left_at && now_quietly() >= reader_left_at);
		must(now_quietly() < reader_left_at + 2000);
		reader_left_at = 0;
		smp_store_release(&reading, 2);
		task_join(reader);
	}
}

static void a_grace_period_waits_for_every_reader(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 },
		wait_for_a_reader, NULL);
}

static u32 let_go;

static void spin_outside(void *arg, unsigned cpu)
{
	u64 start;

	if (cpu) {
		while (!smp_load_acquire(&let_go))
			cpu_relax();
		return;
	}
	ndelay(1000);
	start = now_quietly();
	synchronize_rcu();
	must(now_quietly() - start < 2000);
	smp_store_release(&let_go, 1);
}

/* Neither idle CPUs nor such as spin outside of readers. */
static void spin_outside_on_all(void *arg)
{
	u64 start = now_quietly();

	synchronize_rcu();
	must(now_quietly() - start < 2000);
	on_all_cpus(spin_outside, NULL);
}

static void nobody_else_holds_it_up(void **state)
{
	emulate(&(struct emulation){ .cpus = 8, .seeds = 5 },
		spin_outside_on_all, NULL);
}

/* ---- readers against a reclaimer ---- */
struct object {
	struct rcu_head	head;
	u32		alive;
	u32		cpu;
};

#define NR_OBJECTS	400

static struct object objects[NR_OBJECTS];
static struct object *published;
static u32 reclaimer_done;
static u64 nr_reclaimed, nr_read;

static void reclaim(struct rcu_head *head)
{
	struct object *object = container_of(head, struct object, head);

	must(in_softirq() && !in_hardirq() && !irqs_disabled());
	must(smp_processor_id() == object->cpu);
	/* in the order of queueing */
	must(object == &objects[nr_reclaimed]);
	WRITE_ONCE(object->alive, 0);
	nr_reclaimed++;
}

static void replace_objects(void)
{
	struct rng rng;
	unsigned i;

	rng_seed(&rng, test_seed());
	for (i = 1; i < NR_OBJECTS; i++) {
		objects[i].alive = 1;
		objects[i].cpu = smp_processor_id();
		rcu_assign_pointer(published, &objects[i]);
		call_rcu(&objects[i - 1].head, reclaim);
		ndelay(rng_below(&rng, 60));
	}
	rcu_barrier();
	must(nr_reclaimed == NR_OBJECTS - 1);
	smp_store_release(&reclaimer_done, 1);
}

static void read_objects(void *arg, unsigned cpu)
{
	if (!cpu) {
		replace_objects();
		return;
	}
	while (!smp_load_acquire(&reclaimer_done)) {
		struct object *object;
		unsigned i;

		rcu_read_lock();
		object = rcu_dereference(published);
		for (i = 0; i < 1 + cpu * 8; i++)
			must(READ_ONCE(object->alive));
		rcu_read_unlock();
		__atomic_fetch_add(&nr_read, 1, __ATOMIC_RELAXED);
	}
}

static void read_and_replace(void *arg)
{
	objects[0].alive = 1;
	objects[0].cpu = 0;
	published = &objects[0];
	on_all_cpus(read_objects, NULL);
	must(nr_read > 100);
}

static void no_reader_sees_a_reclaimed_object(void **state)
{
	emulate(&(struct emulation){ .cpus = 5, .seeds = 40 },
		read_and_replace, NULL);
}

/* ---- callbacks that call, barriers from afar ---- */
static struct object chain[NR_CPUS_MAX];
static u64 nr_called;

static void call_again(struct rcu_head *head)
{
	struct object *object = container_of(head, struct object, head);

	must(smp_processor_id() == object->cpu);
	__atomic_fetch_add(&nr_called, 1, __ATOMIC_RELAXED);
	if (++object->alive < 10)
		call_rcu(head, call_again);
}

static void start_chain(void *arg, unsigned cpu)
{
	chain[cpu].cpu = cpu;
	call_rcu(&chain[cpu].head, call_again);
}

static void chain_on_all(void *arg)
{
	unsigned i;

	on_all_cpus(start_chain, NULL);
	/* Each callback queues the next: one barrier a link. */
	for (i = 0; i < 10; i++)
		rcu_barrier();
	must(nr_called == 10 * num_online_cpus());
}

static void a_callback_may_queue_itself(void **state)
{
	emulate(&(struct emulation){ .cpus = 6, .seeds = 10 }, chain_on_all,
		NULL);
}

static void read_for_ever(void *arg)
{
	rcu_read_lock();
	smp_store_release(&reading, 1);
	while (READ_ONCE(reading))
		cpu_relax();
}

static void wait_for_ever(void *arg)
{
	task_create(1, "reader", read_for_ever, NULL);
	while (!smp_load_acquire(&reading))
		cpu_relax();
	synchronize_rcu();
}

static void a_reader_that_never_leaves_is_a_deadlock(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .expect_exit = 70,
		.expect_text = "sleeps on synchronize_rcu" }, wait_for_ever,
		NULL);
}

TEST_MAIN(cmocka_unit_test(a_grace_period_waits_for_every_reader),
	  cmocka_unit_test(nobody_else_holds_it_up),
	  cmocka_unit_test(no_reader_sees_a_reclaimed_object),
	  cmocka_unit_test(a_callback_may_queue_itself),
	  cmocka_unit_test(a_reader_that_never_leaves_is_a_deadlock))
