/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work items: each queueing runs once, flushing waits, no pool gets stuck. */
#include "tests/test.h"

static unsigned nr_cpus(unsigned simulated)
{
	return machine_is_virtual() ? simulated : 2;
}

static unsigned nr_seeds(void)
{
	return machine_is_virtual() ? 100 : 1;
}

/* ---- random queueing against counters ----------------------------------- */
#define NR_ITEMS	6

struct item {
	struct work_struct	work;
	u32			queued;		/* atomics: true answers */
	u32			running;	/* atomics */
	u32			runs;		/* atomics */
	u64			data;		/* handed over by queueing */
};

static struct item items[NR_ITEMS];
static struct mutex sleeper;

static struct item *item_of(struct work_struct *work)
{
	return container_of(work, struct item, work);
}

static void run_item(struct work_struct *work)
{
	struct item *item = item_of(work);

	must(current->flags & PF_WQ_WORKER);
	must(preemptible());
	/* Never twice at once. */
	must(__atomic_add_fetch(&item->running, 1, __ATOMIC_SEQ_CST) == 1);
	if (item == &items[0]) {
		mutex_lock(&sleeper);
		schedule_timeout_ns(500);
		mutex_unlock(&sleeper);
	} else {
		ndelay(200);
	}
	__atomic_sub_fetch(&item->running, 1, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&item->runs, 1, __ATOMIC_SEQ_CST);
}

static void queue_item(struct item *item, struct rng *rng)
{
	bool queued = rng_chance(rng, 50) ? schedule_work(&item->work) :
		queue_work_on((unsigned)rng_below(rng, nr_cpu_ids),
			      &item->work);

	if (queued)
		__atomic_fetch_add(&item->queued, 1, __ATOMIC_SEQ_CST);
}

static void queue_often(void *arg, unsigned cpu)
{
	unsigned loops = machine_is_virtual() ? 30 : 1000;
	struct rng rng;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	for (unsigned i = 0; i < loops; i++) {
		struct item *item = &items[rng_below(&rng, NR_ITEMS)];

		switch (rng_below(&rng, 6)) {
		case 0:
			flush_work(&item->work);
			break;
		case 1:
			mutex_lock(&sleeper);
			ndelay(rng_below(&rng, 300));
			mutex_unlock(&sleeper);
			break;
		case 2:
			if (rng_chance(&rng, 20))
				flush_all_workqueues();
			break;
		default:
			queue_item(item, &rng);
		}
		cond_resched();
	}
}

static void all_queue(void *arg)
{
	mutex_init(&sleeper, LOCK_CLASS_NONE);
	for (unsigned i = 0; i < NR_ITEMS; i++)
		INIT_WORK(&items[i].work, run_item);
	on_all_cpus(queue_often, NULL);
	flush_all_workqueues();
	for (unsigned i = 0; i < NR_ITEMS; i++) {
		must(items[i].runs == items[i].queued);
		must(!work_pending(&items[i].work));
		flush_work(&items[i].work);	/* nothing to wait for */
	}
}

static void each_queueing_runs_once(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(4), .seeds = nr_seeds() },
		all_queue, NULL);
	emulate(&(struct emulation){ .cpus = 1, .seeds = nr_seeds() / 10 + 1 },
		all_queue, NULL);
}

/* ---- order, place, flushing --------------------------------------------- */
static unsigned order[NR_ITEMS];
static unsigned nr_order;

static void note_order(struct work_struct *work)
{
	struct item *item = item_of(work);

	must(smp_processor_id() == nr_cpu_ids - 1);
	order[nr_order++] = (unsigned)(item - items);
}

static void queue_in_order(void *arg)
{
	for (unsigned i = 0; i < NR_ITEMS; i++)
		INIT_WORK(&items[i].work, note_order);
	for (unsigned i = 0; i < NR_ITEMS; i++)
		must(queue_work_on(nr_cpu_ids - 1, &items[i].work));
	flush_work(&items[NR_ITEMS - 1].work);
	must(nr_order == NR_ITEMS);
	for (unsigned i = 0; i < NR_ITEMS; i++)
		must(order[i] == i);
}

static void first_queued_first_run(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, queue_in_order, NULL);
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() / 5 + 1 },
		queue_in_order, NULL);
}

/* What is done before a queueing that finds it pending is seen by the run. */
static void see_data(struct work_struct *work)
{
	struct item *item = item_of(work);

	__atomic_store_n(&item->runs, (u32)READ_ONCE(item->data),
			 __ATOMIC_RELAXED);
}

static void queue_data(void *arg)
{
	struct item *item = &items[0];

	INIT_WORK(&item->work, see_data);
	for (u64 i = 1; i <= 50; i++) {
		WRITE_ONCE(item->data, i);
		queue_work_on(1, &item->work);
		if (i % 5 == 0) {
			flush_work(&item->work);
			must(item->runs == i);
		}
	}
}

static void a_run_sees_what_preceded_its_queueing(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() },
		queue_data, NULL);
}

static void requeue_self(struct work_struct *work)
{
	struct item *item = item_of(work);

	if (++item->data < 5)
		must(schedule_work(work));
}

static void count_requeues(void *arg)
{
	struct item *item = &items[0];

	INIT_WORK(&item->work, requeue_self);
	must(schedule_work(&item->work));
	must(!schedule_work(&item->work));
	while (work_pending(&item->work) || item->data < 5)
		flush_work(&item->work);
	must(item->data == 5);
}

static void an_item_may_queue_itself(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, count_requeues, NULL);
}

static void queue_from_interrupt(void)
{
	must(schedule_work(&items[0].work));
}

static void kick_and_flush(void *arg)
{
	struct item *item = &items[0];

	INIT_WORK(&item->work, run_item);
	mutex_init(&sleeper, LOCK_CLASS_NONE);
	machine_set_device_handler(queue_from_interrupt);
	for (u32 i = 1; i <= 10; i++) {
		machine_kick(1, CPU_IRQ_DEVICE);
		while (READ_ONCE(item->runs) != i)
			cpu_relax();
		flush_work(&item->work);
	}
}

static void interrupts_queue(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() / 5 + 1 },
		kick_and_flush, NULL);
}

/* ---- an item that waits for one behind it ------------------------------- */
static struct mutex purge_lock;

static void take_purge_lock(struct work_struct *work)
{
	mutex_lock(&purge_lock);
	mutex_unlock(&purge_lock);
	item_of(work)->runs = 1;
}

static void help(struct work_struct *work)
{
	item_of(work)->runs = 1;
}

static void wait_for_helper(struct work_struct *work)
{
	must(schedule_work(&items[2].work));
	flush_work(&items[2].work);
	must(items[2].runs == 1);
	item_of(work)->runs = 1;
}

/*
 * The owner of purge_lock waits for a helper that is queued on CPU 1 behind an
 * item that waits for purge_lock.
 */
static void help_behind_waiter(void *arg)
{
	mutex_init(&purge_lock, LOCK_CLASS_NONE);
	INIT_WORK(&items[0].work, take_purge_lock);
	INIT_WORK(&items[1].work, help);
	INIT_WORK(&items[2].work, help);
	INIT_WORK(&items[3].work, wait_for_helper);
	mutex_lock(&purge_lock);
	must(queue_work_on(1, &items[0].work));
	must(queue_work_on(1, &items[1].work));
	flush_work(&items[1].work);
	must(items[1].runs == 1 && items[0].runs == 0);
	mutex_unlock(&purge_lock);
	flush_work(&items[0].work);
	must(items[0].runs == 1);
	/* And an item that waits for one it has queued itself. */
	must(queue_work_on(1, &items[3].work));
	flush_all_workqueues();
	must(items[3].runs == 1);
}

static void a_sleeping_worker_does_not_stop_its_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() / 5 + 1 },
		help_behind_waiter, NULL);
}

/* ---- later ---- */
struct later {
	struct delayed_work	delayed;
	struct rcu_work		rcu;
	u64			ran_at;		/* sched_clock(); 0: not yet */
	u64			gp;
};

static void delayed_runs(struct work_struct *work)
{
	container_of(work, struct later, delayed.work)->ran_at = sched_clock();
}

static void wait_in_time(void *arg)
{
	struct later later = { .ran_at = 0 };
	u64 begun = sched_clock();

	INIT_DELAYED_WORK(&later.delayed, delayed_runs);
	must(schedule_delayed_work(&later.delayed, 3 * TICK_NSEC));
	must(!schedule_delayed_work(&later.delayed, 0));
	schedule_timeout_ns(TICK_NSEC);
	must(!later.ran_at);
	/* Later than it waits for, which changes nothing, then sooner. */
	expedite_delayed_work(&later.delayed, 5 * TICK_NSEC);
	expedite_delayed_work(&later.delayed, TICK_NSEC / 2);
	schedule_timeout_ns(TICK_NSEC);
	must(later.ran_at >= begun + TICK_NSEC * 3 / 2);
	must(!machine_is_virtual() || later.ran_at < begun + 2 * TICK_NSEC);
	later.ran_at = 0;
	must(schedule_delayed_work(&later.delayed, 0));
	must(!later.ran_at);
	schedule_timeout_ns(TICK_NSEC);
	must(later.ran_at);
}

static void delayed_work_is_not_early(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(3), .seeds = 3 },
		wait_in_time, NULL);
}

static void rcu_runs(struct work_struct *work)
{
	struct later *later = container_of(work, struct later, rcu.work);

	must(current->flags & PF_WQ_WORKER && preemptible());
	must(poll_state_synchronize_rcu(later->gp));
	later->ran_at = sched_clock();
}

static void wait_for_rcu(void *arg)
{
	struct later later = { .ran_at = 0 };

	INIT_RCU_WORK(&later.rcu, rcu_runs);
	flush_rcu_work(&later.rcu);
	for (unsigned i = 0; i < 20; i++) {
		later.ran_at = 0;
		rcu_read_lock();
		later.gp = get_state_synchronize_rcu();
		must(!poll_state_synchronize_rcu(later.gp));
		must(queue_rcu_work(&later.rcu));
		must(!queue_rcu_work(&later.rcu));
		ndelay(2000);
		must(!later.ran_at);
		rcu_read_unlock();
		flush_rcu_work(&later.rcu);
		must(later.ran_at);
	}
}

static void rcu_work_runs_after_a_grace_period(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(3), .seeds = 10 },
		wait_for_rcu, NULL);
}

TEST_MAIN(
	cmocka_unit_test(each_queueing_runs_once),
	cmocka_unit_test(first_queued_first_run),
	cmocka_unit_test(a_run_sees_what_preceded_its_queueing),
	cmocka_unit_test(an_item_may_queue_itself),
	cmocka_unit_test(interrupts_queue),
	cmocka_unit_test(a_sleeping_worker_does_not_stop_its_cpu),
	cmocka_unit_test(delayed_work_is_not_early),
	cmocka_unit_test(rcu_work_runs_after_a_grace_period),
)
