/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting on the simulated machine: a spin costs few events and misses no
 * write, interrupts come at accesses and only when they are on, and a machine
 * on which nothing can happen any more says who waits for what.
 */
#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

/* ---- spinning ---- */
static u32 word_a cacheline_aligned;
static u32 word_b cacheline_aligned;

static void wait_for_two_words(void *arg)
{
	u64 events = nr_events();

	while (!READ_ONCE(word_a) || !READ_ONCE(word_b))
		cpu_relax();
	/* A millisecond of spinning is not simulated step by step. */
	must(nr_events() - events < 100);
	must(sched_clock() > 2000000);
	must(sched_clock() < 2020000);
}

/* The word that the waiter reads last is written first. */
static void write_two_words(void *arg)
{
	struct task_struct *waiter = task_create(1, "waiter",
						 wait_for_two_words, NULL);

	ndelay(1000000);
	WRITE_ONCE(word_b, 1);
	ndelay(1000000);
	WRITE_ONCE(word_a, 1);
	task_join(waiter);
}

static void a_spin_costs_few_events_and_sees_both_words(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 10 },
		write_two_words, NULL);
}

#define NR_ROUNDS	200

static u32 ball;
static u32 aside cacheline_aligned;

/* Each waits for its turn; a write that is missed is a deadlock. The access
 * after the look at the ball lets others write it before the CPU sleeps. */
static void play(void *arg, unsigned cpu)
{
	struct rng rng;
	u32 round;

	rng_seed(&rng, test_seed() * 16 + cpu);
	for (round = cpu; round < NR_ROUNDS; round += num_online_cpus()) {
		while (READ_ONCE(ball) != round) {
			READ_ONCE(aside);
			cpu_relax();
		}
		if (rng_chance(&rng, 50))
			ndelay(rng_below(&rng, 40));
		WRITE_ONCE(ball, round + 1);
	}
}

static void play_on_all(void *arg)
{
	on_all_cpus(play, NULL);
	must(ball == NR_ROUNDS);
}

static void no_write_is_missed(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .seeds = 200 },
		play_on_all, NULL);
}

/* ---- a line that the loop has left behind ---- */
#define NR_WRITES	2000

static void wait_for_each(void *arg)
{
	u64 events;

	while (!READ_ONCE(word_a))
		cpu_relax();
	while (!READ_ONCE(word_b))
		cpu_relax();
	events = *(u64 *)arg;
	/* One a write of the writer's, and hardly one of this CPU's. */
	must(nr_events() - events < NR_WRITES * 3 / 2);
}

static void write_the_first_on(void *arg)
{
	u64 events;
	struct task_struct *waiter = task_create(1, "waiter", wait_for_each,
						 &events);

	ndelay(100000);
	WRITE_ONCE(word_a, 1);
	ndelay(100000);
	events = nr_events();
	for (u32 i = 2; i < 2 + NR_WRITES; i++) {
		WRITE_ONCE(word_a, i);
		ndelay(1000);
	}
	WRITE_ONCE(word_b, 1);
	task_join(waiter);
}

static void what_was_read_before_wakes_nobody(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, write_the_first_on, NULL);
}

/* ten lines, more than are watched */
static u32 many[10][16];

static void wait_for_many(void *arg)
{
	unsigned i, sum;

	do {
		cpu_relax();
		for (i = 0, sum = 0; i < ARRAY_SIZE(many); i++)
			sum += READ_ONCE(many[i][0]);
	} while (sum < ARRAY_SIZE(many));
}

static void write_many(void *arg)
{
	struct task_struct *waiter = task_create(1, "waiter", wait_for_many,
						 NULL);
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(many); i++) {
		ndelay(700);
		WRITE_ONCE(many[i][0], 1);
	}
	task_join(waiter);
}

static void a_spin_over_many_lines_polls(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 5 }, write_many,
		NULL);
}

static void relax_to_a_deadline(void *arg)
{
	u64 deadline = sched_clock() + 5000, now;
	unsigned rounds = 0;

	while (!READ_ONCE(word_a) && sched_clock() < deadline) {
		cpu_relax_until(deadline);
		rounds++;
	}
	now = sched_clock();
	must(now >= deadline && now < deadline + 100);
	must(rounds <= 3);
	/* One that forgets to say its deadline comes back, too. */
	deadline = now + 50000;
	while (!READ_ONCE(word_a) && sched_clock() < deadline)
		cpu_relax();
	must(sched_clock() < deadline + 15000);
}

static void a_spin_ends_at_its_deadline(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, relax_to_a_deadline, NULL);
}

/* ---- interrupts ---- */
static u64 left, right cacheline_aligned;
static u64 torn[2], handled[2];
static u32 phase, writer_done;

static void look_at_both(void)
{
	u32 now = READ_ONCE(phase);

	must(in_hardirq() && irqs_disabled());
	handled[now]++;
	torn[now] += left != right;
}

static void write_both(void *arg)
{
	unsigned i;

	for (i = 0; i < 3000; i++) {
		left++;
		barrier();
		right++;
		barrier();
	}
	local_irq_disable();
	WRITE_ONCE(phase, 1);
	for (i = 0; i < 3000; i++) {
		left++;
		barrier();
		right++;
		barrier();
		if (i % 100 == 0) {
			local_irq_enable();
			local_irq_disable();
		}
	}
	local_irq_enable();
	smp_store_release(&writer_done, 1);
}

static void interrupt_a_writer(void *arg)
{
	struct task_struct *writer;
	struct rng rng;

	rng_seed(&rng, test_seed());
	machine_set_device_handler(look_at_both);
	writer = task_create(1, "writer", write_both, NULL);
	while (!smp_load_acquire(&writer_done)) {
		machine_kick(1, CPU_IRQ_DEVICE);
		ndelay(rng_below(&rng, 900));
	}
	task_join(writer);
	must(handled[0] > 5 && handled[1] > 5);
	must(torn[0] > 0);
	must(torn[1] == 0);
}

static void interrupts_come_between_accesses_if_on(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 30 },
		interrupt_a_writer, NULL);
}

static u64 taken_at;

static void note_time(void)
{
	taken_at = now_quietly();
}

/* Assumed costs, as the machine documents: 100 ns to send, 700 to arrive. */
static void measure_latency(void *arg)
{
	u64 sent = now_quietly();

	machine_set_device_handler(note_time);
	machine_kick(0, CPU_IRQ_DEVICE);
	must(now_quietly() - sent == 100);
	while (!READ_ONCE(taken_at))
		cpu_relax();
	must(taken_at >= sent + 1100 && taken_at < sent + 1130);

	taken_at = 0;
	local_irq_disable();
	sent = now_quietly();
	machine_kick(0, CPU_IRQ_DEVICE);
	ndelay(5000);
	must(!taken_at);
	local_irq_enable();
	must(taken_at >= sent + 5400 && taken_at < sent + 5430);
}

static void an_interrupt_takes_its_time(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, measure_latency, NULL);
}

static void compute_in_handler(void)
{
	ndelay(3000);
}

/* 300 ns of entry and exit and the handler's time come on top. */
static void compute(void *arg)
{
	u64 start;

	machine_set_device_handler(compute_in_handler);
	machine_kick(0, CPU_IRQ_DEVICE);
	start = now_quietly();
	ndelay(10000);
	must(now_quietly() - start >= 13300);
	must(now_quietly() - start < 13350);
}

static void computation_is_cut_by_interrupts(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, compute, NULL);
}

/* Nothing but the own stack, on which no other CPU's turn would come. */
static void work_on_the_stack(void *arg)
{
	u64 box = 0;
	u64 *volatile hidden = &box;
	u64 *p = hidden;
	unsigned i;

	machine_set_device_handler(note_time);
	machine_kick(0, CPU_IRQ_DEVICE);
	for (i = 0; i < 3000; i++) {
		*p += 1;
		barrier();
	}
	must(box == 3000);
	must(taken_at && taken_at + 500 < now_quietly());
}

static void interrupts_come_between_private_accesses(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, work_on_the_stack, NULL);
}

static u32 rung;

static void ring(void)
{
	WRITE_ONCE(rung, READ_ONCE(rung) + 1);
}

/* The own interrupt handler's write between the read and the sleep. */
static void spin_for_own_handler(void *arg, unsigned cpu)
{
	u32 seen;

	if (cpu)
		return;
	for (seen = 0; seen < 100; seen++) {
		machine_kick(0, CPU_IRQ_DEVICE);
		ndelay(test_seed() * 4);
		while (READ_ONCE(rung) == seen) {
			READ_ONCE(aside);
			cpu_relax();
		}
	}
}

static void ring_self(void *arg)
{
	machine_set_device_handler(ring);
	on_all_cpus(spin_for_own_handler, NULL);
}

static void a_handlers_write_ends_a_spin(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 220 }, ring_self,
		NULL);
}

/* ---- deadlocks ---- */
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

TEST_MAIN(cmocka_unit_test(a_spin_costs_few_events_and_sees_both_words),
	  cmocka_unit_test(no_write_is_missed),
	  cmocka_unit_test(what_was_read_before_wakes_nobody),
	  cmocka_unit_test(a_spin_over_many_lines_polls),
	  cmocka_unit_test(a_spin_ends_at_its_deadline),
	  cmocka_unit_test(interrupts_come_between_accesses_if_on),
	  cmocka_unit_test(an_interrupt_takes_its_time),
	  cmocka_unit_test(computation_is_cut_by_interrupts),
	  cmocka_unit_test(interrupts_come_between_private_accesses),
	  cmocka_unit_test(a_handlers_write_ends_a_spin),
	  cmocka_unit_test(a_deadlock_says_who_waits_for_what),
	  cmocka_unit_test(a_deadlock_says_who_holds_what),
	  cmocka_unit_test(all_asleep_is_a_deadlock),
	  cmocka_unit_test(a_spin_of_ten_seconds_is_a_hang),
	  cmocka_unit_test(a_spin_may_last_while_others_get_on))
