/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting on the simulated machine: a spin costs few events and misses no
 * write, and interrupts come at accesses and only when they are on.
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

TEST_MAIN(cmocka_unit_test(a_spin_costs_few_events_and_sees_both_words),
	  cmocka_unit_test(no_write_is_missed),
	  cmocka_unit_test(what_was_read_before_wakes_nobody),
	  cmocka_unit_test(a_spin_over_many_lines_polls),
	  cmocka_unit_test(a_spin_ends_at_its_deadline),
	  cmocka_unit_test(interrupts_come_between_accesses_if_on),
	  cmocka_unit_test(an_interrupt_takes_its_time),
	  cmocka_unit_test(computation_is_cut_by_interrupts),
	  cmocka_unit_test(interrupts_come_between_private_accesses),
	  cmocka_unit_test(a_handlers_write_ends_a_spin))
