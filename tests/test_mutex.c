/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeping locks: mutexes, completions, reader-writer semaphores. */
#include "tests/test.h"

static unsigned nr_cpus(unsigned simulated)
{
	return machine_is_virtual() ? simulated : 2;
}

static unsigned nr_seeds(void)
{
	return machine_is_virtual() ? 100 : 1;
}

/* Several tasks on each CPU, so that sleeping hands the CPU over. */
#define TASKS_A_CPU	3
#define MAX_TASKS	64

struct member {
	unsigned		nr;
	u64			entered;
	void			(*fn)(struct member *member, struct rng *rng);
	struct task_struct	*task;
};

static struct member members[MAX_TASKS];

static void member_main(void *arg)
{
	struct member *member = arg;
	struct rng rng;

	rng_seed(&rng, test_seed() * 4096 + member->nr);
	member->fn(member, &rng);
}

static void run_members(void (*fn)(struct member *member, struct rng *rng))
{
	unsigned nr = min(nr_cpu_ids * TASKS_A_CPU, (unsigned)MAX_TASKS);

	for (unsigned i = 0; i < nr; i++) {
		members[i] = (struct member){ .nr = i, .fn = fn };
		members[i].task = task_create(i % nr_cpu_ids, "member",
					      member_main, &members[i]);
	}
	for (unsigned i = 0; i < nr; i++)
		task_join(members[i].task);
}

static u64 sum_entered(void)
{
	u64 sum = 0;

	for (unsigned i = 0; i < MAX_TASKS; i++)
		sum += members[i].entered;
	return sum;
}

/* Computes, lets others of this CPU run, or sleeps. */
static void dwell(struct rng *rng)
{
	switch (rng_below(rng, 8)) {
	case 0:
		cond_resched();
		break;
	case 1:
		schedule_timeout_ns(rng_below(rng, 2000));
		break;
	default:
		ndelay(rng_below(rng, 100));
	}
}

/* ---- mutex -------------------------------------------------------------- */
static struct mutex the_mutex;
static u64 nr_entered;		/* under the_mutex */
static unsigned inside;		/* under the_mutex: who, plus one */

static void own_mutex(struct member *member, struct rng *rng)
{
	u64 before = nr_entered;

	must(inside == 0);
	must(mutex_is_locked(&the_mutex) && lock_held(&the_mutex));
	inside = member->nr + 1;
	dwell(rng);
	must(inside == member->nr + 1);
	must(nr_entered == before);
	nr_entered = before + 1;
	inside = 0;
	member->entered++;
}

static void enter_mutex(struct member *member, struct rng *rng)
{
	unsigned loops = machine_is_virtual() ? 15 : 1000;

	for (unsigned i = 0; i < loops; i++) {
		if (rng_chance(rng, 20)) {
			if (!mutex_trylock(&the_mutex))
				continue;
		} else {
			mutex_lock(&the_mutex);
		}
		own_mutex(member, rng);
		mutex_unlock(&the_mutex);
		dwell(rng);
	}
}

static const struct lock_class classes[] = {
	{ "the_mutex", 1 }, { "the_rwsem", 2 },
};

static void all_enter_mutex(void *arg)
{
	struct lock_stat stat;

	lock_classes_register(classes, ARRAY_SIZE(classes));
	mutex_init(&the_mutex, LOCK_CLASS_KERNEL);
	run_members(enter_mutex);
	must(nr_entered == sum_entered());
	must(!mutex_is_locked(&the_mutex) && the_mutex.owner == 0);
	lock_stat_read(LOCK_CLASS_KERNEL, &stat);
	must(stat.contended > 0 && stat.wait_ns_max > 0);
	must(mutex_trylock(&the_mutex));
	must(!mutex_trylock(&the_mutex));
	mutex_unlock(&the_mutex);
}

static void one_task_at_a_time_owns_a_mutex(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(4), .seeds = nr_seeds() },
		all_enter_mutex, NULL);
	emulate(&(struct emulation){ .cpus = 1, .seeds = nr_seeds() / 10 + 1 },
		all_enter_mutex, NULL);
}

/*
 * A task that takes the mutex again as soon as it has dropped it cannot keep
 * out one that waits: after one vain wake-up the mutex is handed over.
 */
static u32 hog_stops;		/* atomics */

static void hog(void *arg, unsigned cpu)
{
	static u64 nr_hogged;

	if (cpu == 0) {
		while (!READ_ONCE(hog_stops)) {
			mutex_lock(&the_mutex);
			nr_hogged++;
			ndelay(1000);
			mutex_unlock(&the_mutex);
		}
		return;
	}
	ndelay(3000);
	for (unsigned i = 0; i < 5; i++) {
		u64 before;

		mutex_lock(&the_mutex);
		before = nr_hogged;
		mutex_unlock(&the_mutex);
		mutex_lock(&the_mutex);
		if (machine_is_virtual())
			must(nr_hogged - before < 50);
		mutex_unlock(&the_mutex);
	}
	WRITE_ONCE(hog_stops, 1);
}

static void hog_and_starve(void *arg)
{
	mutex_init(&the_mutex, LOCK_CLASS_NONE);
	on_all_cpus(hog, NULL);
}

static void waiters_do_not_starve(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() / 5 + 1 },
		hog_and_starve, NULL);
}

static unanalysed void lock_atomically(void *arg)
{
	mutex_init(&the_mutex, LOCK_CLASS_NONE);
	preempt_disable();
	mutex_lock(&the_mutex);
	mutex_unlock(&the_mutex);
	preempt_enable();
}

static void atomic_context_may_not_sleep(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: sleeping function called from invalid "
		"context at " }, lock_atomically, NULL);
}

/* ---- completions -------------------------------------------------------- */
#define NR_ROUNDS	30

static struct completion ping, pong;
static u64 passed;		/* handed over by the completions */

static void pass(void *arg, unsigned cpu)
{
	for (u64 i = 0; i < NR_ROUNDS; i++) {
		wait_for_completion(cpu ? &ping : &pong);
		must(passed == 2 * i + (cpu ? 0 : 1));
		passed++;
		complete(cpu ? &pong : &ping);
	}
}

static void ping_pong(void *arg)
{
	init_completion(&ping);
	init_completion(&pong);
	complete(&ping);
	on_all_cpus(pass, NULL);
	must(passed == 2 * NR_ROUNDS);
	/* The last to pass was CPU 0. */
	must(ping.done == 1 && pong.done == 0);
}

static void completions_hand_over(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() },
		ping_pong, NULL);
}

static u32 nr_through;		/* atomics */

static void wait_often(struct member *member, struct rng *rng)
{
	for (unsigned i = 0; i < 5; i++) {
		if (rng_chance(rng, 50))
			dwell(rng);
		wait_for_completion(&ping);
		__atomic_fetch_add(&nr_through, 1, __ATOMIC_RELAXED);
	}
}

/* Half of them before anybody waits, half while they do. */
static void complete_slowly(void *arg)
{
	for (unsigned i = 0; i < nr_cpu_ids * TASKS_A_CPU * 5; i++) {
		if (i % 2)
			schedule_timeout_ns(100);
		complete(&ping);
	}
}

static void complete_for_all(void *arg)
{
	struct task_struct *task;

	init_completion(&ping);
	task = task_create(0, "completer", complete_slowly, NULL);
	run_members(wait_often);
	task_join(task);
	must(nr_through == nr_cpu_ids * TASKS_A_CPU * 5);
	must(ping.done == 0);
}

static void as_many_get_through_as_were_let(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(4), .seeds = nr_seeds() },
		complete_for_all, NULL);
}

static void complete_it(void)
{
	complete(&ping);
}

static void wait_for_device(void *arg)
{
	init_completion(&ping);
	machine_set_device_handler(complete_it);
	for (unsigned i = 0; i < 20; i++) {
		machine_kick(i % nr_cpu_ids, CPU_IRQ_DEVICE);
		wait_for_completion(&ping);
	}
	must(ping.done == 0);
}

static void a_device_wakes_its_waiter(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() },
		wait_for_device, NULL);
}

/* ---- rwsem -------------------------------------------------------------- */
static struct rw_semaphore sem;
static u32 nr_readers, nr_writers, max_readers;	/* atomics */
static u64 written;		/* under sem, written under its write side */

static void read_inside(struct rng *rng)
{
	u64 before = written;
	u32 readers = __atomic_add_fetch(&nr_readers, 1, __ATOMIC_SEQ_CST);

	must(READ_ONCE(nr_writers) == 0);
	if (readers > READ_ONCE(max_readers))
		WRITE_ONCE(max_readers, readers);
	dwell(rng);
	must(written == before);
	__atomic_sub_fetch(&nr_readers, 1, __ATOMIC_SEQ_CST);
}

static void write_inside(struct member *member, struct rng *rng)
{
	u64 before = written;

	must(__atomic_add_fetch(&nr_writers, 1, __ATOMIC_SEQ_CST) == 1);
	must(READ_ONCE(nr_readers) == 0);
	dwell(rng);
	must(written == before);
	written = before + 1;
	__atomic_sub_fetch(&nr_writers, 1, __ATOMIC_SEQ_CST);
	member->entered++;
}

static unanalysed void enter_rwsem(struct member *member, struct rng *rng)
{
	unsigned loops = machine_is_virtual() ? 15 : 500;

	for (unsigned i = 0; i < loops; i++) {
		bool try = rng_chance(rng, 20);

		if (rng_chance(rng, 70)) {
			if (!try)
				down_read(&sem);
			else if (!down_read_trylock(&sem))
				continue;
			read_inside(rng);
			up_read(&sem);
		} else {
			if (!try)
				down_write(&sem);
			else if (!down_write_trylock(&sem))
				continue;
			write_inside(member, rng);
			up_write(&sem);
		}
		dwell(rng);
	}
}

static unanalysed void all_enter_rwsem(void *arg)
{
	lock_classes_register(classes, ARRAY_SIZE(classes));
	init_rwsem(&sem, LOCK_CLASS_KERNEL + 1);
	run_members(enter_rwsem);
	must(written == sum_entered());
	must(max_readers > 1);
	must(sem.count == 0);
	must(down_write_trylock(&sem));
	must(!down_read_trylock(&sem));
	up_write(&sem);
	must(down_read_trylock(&sem));
	must(!down_write_trylock(&sem));
	up_read(&sem);
}

static void writers_exclude_readers_do_not(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(4), .seeds = nr_seeds() },
		all_enter_rwsem, NULL);
}

/* A reader that comes after a waiting writer is served after it. */
static unsigned order[3];
static unsigned nr_order;	/* under a hold of sem: by one task at a time */

static unanalysed void read_write_read(void *arg, unsigned cpu)
{
	ndelay(cpu * 20000);
	switch (cpu) {
	case 0:
		down_read(&sem);
		ndelay(200000);
		order[nr_order++] = cpu;
		up_read(&sem);
		break;
	case 1:
		down_write(&sem);
		order[nr_order++] = cpu;
		up_write(&sem);
		break;
	default:
		must(!down_read_trylock(&sem));
		down_read(&sem);
		order[nr_order++] = cpu;
		up_read(&sem);
	}
}

static void overtake(void *arg)
{
	init_rwsem(&sem, LOCK_CLASS_NONE);
	on_all_cpus(read_write_read, NULL);
	for (unsigned i = 0; i < 3; i++)
		must(order[i] == i);
}

static void readers_do_not_overtake_writers(void **state)
{
	if (!machine_is_virtual()) {
		test_skip("needs CPUs that arrive in a known order");
		return;
	}
	emulate(&(struct emulation){ .cpus = 3, .seeds = 20 }, overtake, NULL);
}

TEST_MAIN(
	cmocka_unit_test(one_task_at_a_time_owns_a_mutex),
	cmocka_unit_test(waiters_do_not_starve),
	cmocka_unit_test(atomic_context_may_not_sleep),
	cmocka_unit_test(completions_hand_over),
	cmocka_unit_test(as_many_get_through_as_were_let),
	cmocka_unit_test(a_device_wakes_its_waiter),
	cmocka_unit_test(writers_exclude_readers_do_not),
	cmocka_unit_test(readers_do_not_overtake_writers),
)
