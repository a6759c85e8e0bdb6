/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated machine on which nothing can happen any more says who waits for
 * what; so does one on which a CPU spins for long while nobody gets on.
 */
#include "tests/test.h"

static u32 never;

static void spin_for_ever(void *arg)
{
	preempt_disable();
	local_irq_disable();
	while (!READ_ONCE(never))
		cpu_relax();
}

static void wait_for_a_spinner(void *arg)
{
	struct task_struct *spinner = task_create(1, "spinner",
						  spin_for_ever, NULL);

	current->blocked_on = "the end of the spinner";
	task_join(spinner);
}

static void a_deadlock_says_who_waits_for_what(void **state)
{
	struct emulation e = { .cpus = 3, .expect_exit = 70 };

	e.expect_text = "sim: deadlock: no CPU can run\n";
	emulate(&e, wait_for_a_spinner, NULL);
	/* Who does not get on is the report's last line. */
	e.expect_text = "sim: deadlock: no CPU can run; not idle: CPU 1\n";
	emulate(&e, wait_for_a_spinner, NULL);
	e.expect_text = "sleeps on the end of the spinner";
	emulate(&e, wait_for_a_spinner, NULL);
	e.expect_text = " spins reading globals+0x";
	emulate(&e, wait_for_a_spinner, NULL);
	e.expect_text = ", interrupts off, preempt count 0x1\n";
	emulate(&e, wait_for_a_spinner, NULL);
	e.expect_text = "swapper/2/0 idles\n";
	emulate(&e, wait_for_a_spinner, NULL);
}

static void sleep_for_ever(void *arg)
{
	current->blocked_on = "nothing at all";
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
}

static void all_asleep_is_a_deadlock(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .expect_exit = 70,
		.expect_text = "sleeps on nothing at all" },
		sleep_for_ever, NULL);
}

static const struct lock_class classes[] = { { "the mutex", 1 } };
static struct mutex mutex;

static void keep_the_mutex(void *arg)
{
	mutex_lock(&mutex);
	spin_for_ever(NULL);
}

static void want_the_mutex(void *arg)
{
	lock_classes_register(classes, ARRAY_SIZE(classes));
	mutex_init(&mutex, LOCK_CLASS_KERNEL);
	task_create(1, "keeper", keep_the_mutex, NULL);
	ndelay(100000);
	mutex_lock(&mutex);
}

static void a_deadlock_says_who_holds_what(void **state)
{
	struct emulation e = { .cpus = 2, .expect_exit = 70 };

	e.expect_text = "swapper/0/1 sleeps on mutex (ffffffff8";
	emulate(&e, want_the_mutex, NULL);
	e.expect_text = " #0: ffffffff8";
	emulate(&e, want_the_mutex, NULL);
}

static void poll_for_ever(void *arg)
{
	u64 pause;

	for (pause = 0;; pause = 1000000) {
		if (sched_clock() == 0)
			break;
		cpu_relax_until(sched_clock() + pause);
	}
}

static struct mutex turn_mutex;

static void hold_for_a_while(void *arg)
{
	mutex_lock(&turn_mutex);
	ndelay(1000000);
	mutex_unlock(&turn_mutex);
}

/* A wait that ended before the spin began is nothing that gets on. */
static void wait_and_poll(void *arg)
{
	struct task_struct *holder;

	mutex_init(&turn_mutex, LOCK_CLASS_KERNEL);
	holder = task_create(1, "holder", hold_for_a_while, NULL);
	ndelay(100000);
	mutex_lock(&turn_mutex);
	mutex_unlock(&turn_mutex);
	task_join(holder);
	poll_for_ever(NULL);
}

static void a_spin_of_ten_seconds_is_a_hang(void **state)
{
	struct emulation e = { .cpus = 2, .expect_exit = 70,
		.expect_text = "sim: CPU 0 has spun for 1100" };

	emulate(&e, poll_for_ever, NULL);
	emulate(&e, wait_and_poll, NULL);
}

/* CPUs 1 and 2 hold a mutex for a second each, in turn; 0 waits for the end,
 * and is woken by each turn, as by a barrier's count. */
#define NR_TURNS	12
static struct {
	u32	nr;
} turns;

static void take_turns(void *arg, unsigned cpu)
{
	if (cpu == 0)
		while (READ_ONCE(turns.nr) < 2 * NR_TURNS)
			cpu_relax();
	for (unsigned i = 0; cpu && i < NR_TURNS; i++) {
		mutex_lock(&turn_mutex);
		ndelay(1000000000);
		__atomic_fetch_add(&turns.nr, 1, __ATOMIC_RELAXED);
		mutex_unlock(&turn_mutex);
	}
}

static void wait_for_turns(void *arg)
{
	mutex_init(&turn_mutex, LOCK_CLASS_KERNEL);
	on_all_cpus(take_turns, NULL);
	must(sched_clock() > 2 * NR_TURNS * 1000000000UL);
}

static void a_spin_may_last_while_others_get_on(void **state)
{
	emulate(&(struct emulation){ .cpus = 3 }, wait_for_turns, NULL);
}

TEST_MAIN(cmocka_unit_test(a_deadlock_says_who_waits_for_what),
	  cmocka_unit_test(a_deadlock_says_who_holds_what),
	  cmocka_unit_test(all_asleep_is_a_deadlock),
	  cmocka_unit_test(a_spin_of_ten_seconds_is_a_hang),
	  cmocka_unit_test(a_spin_may_last_while_others_get_on))
