/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may run on the simulated machine, and until when: to the tick. A CPU that
 * goes on for longer than schedule.c allows is seen here by what others did
 * meanwhile.
 */
#include <stdlib.h>
#include <time.h>

#include "cpus/sim/sim.h"
#include "cpus/smp.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }
#define TOPOLOGY	"l3:1 core:4 pu:1"

/* Some lines are this CPU's own, and hit. */
static const struct cost_profile profile = {
	.name = "schedule", .of = {
		NS(plain_ns, 0.5), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
		NS(dram_local_ns, 90), NS(dram_remote_ns, 90), NS(rmw_ns, 5),
		NS(fence_ns, 10), NS(pause_ns, 20), NS(clock_ns, 10),
		NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 25),
		NS(c2c_cross_ns, 50), NS(fill_ns, 1), NR(streak_nr, 32),
		NR(misses_nr, 10), NR(stream_mbps, 6400),
		NR(stream_remote_mbps, 6400), NS(ipi_send_ns, 100),
		NS(ipi_deliver_ns, 700), NS(ipi_deliver_cross_ns, 700),
		NS(irq_entry_ns, 300), NS(irq_exit_ns, 100) },
};

static u64 ticks(void)
{
	u64 clock;

	machine_quiet_begin();
	clock = sim.self->clock;
	machine_quiet_end();
	return clock;
}

static void nothing(void *info)
{
}

/* ---- the order of accesses, to the tick ---- */
#define NR_STAMPS	300

static u64 keys[4 * NR_STAMPS];
static u64 nr_keys;

static void never(struct rcu_head *head)
{
}

/* Without coherence each costs the same, so that many come at one tick. */
static void stamp(void *arg, unsigned cpu)
{
	static struct rcu_head heads[4];
	u64 rmw, slot;

	machine_quiet_begin();
	rmw = sim.cost.rmw;
	machine_quiet_end();
	for (unsigned i = 0; i < NR_STAMPS; i++) {
		slot = __atomic_fetch_add(&nr_keys, 1, __ATOMIC_RELAXED);
		keys[slot] = sim_key(ticks() - rmw, cpu);
		if (i % 16 == cpu)
			smp_call_function_single((cpu + 1) % 4, nothing, NULL,
						 false);
		if (i == 100)
			call_rcu(&heads[cpu], never);
	}
}

/* Leaving an interrupt takes time: others may be behind then. */
static void stamp_all(void *arg)
{
	machine_quiet_begin();
	sim.cost.irq_exit = 100 * TICKS_PER_NS;
	machine_quiet_end();
	on_all_cpus(stamp, NULL);
	for (unsigned i = 1; i < 4 * NR_STAMPS; i++)
		must(keys[i - 1] < keys[i]);
	rcu_barrier();
}

static void equal_clocks_go_by_number(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .seeds = 100 }, stamp_all,
		NULL);
}

/* ---- what is written is seen ---- */
static struct {
	u64	word;
} cacheline_aligned flag, answer;

static u64 written, seen;

static void answer_flag(void *arg)
{
	while (!READ_ONCE(flag.word))
		cpu_relax();
	written = ticks();
	WRITE_ONCE(answer.word, 1);
}

static void write_later(void *arg)
{
	ndelay(30000);
	written = ticks();
	WRITE_ONCE(answer.word, 1);
}

/* Hits only, and no cpu_relax(): nothing makes it look at others but that they
 * are behind. */
static void wait_by_hits(void)
{
	while (!READ_ONCE(answer.word))
		;
	seen = ticks();
}

static void wait_for(void (*fn)(void *arg))
{
	struct task_struct *other = task_create(1, "other", fn, NULL);

	ndelay(20000);
	WRITE_ONCE(flag.word, 1);
	wait_by_hits();
	task_join(other);
	/* The line comes, and 50 ns are forgiven. */
	must(seen - written < 300 * TICKS_PER_NS);
}

static void run_wait_for_woken(void *arg)
{
	wait_for(answer_flag);
}

static void run_wait_for_sleeper(void *arg)
{
	wait_for(write_later);
}

static void nobody_is_far_ahead(void **state)
{
	struct emulation e = { .cpus = 2, .seeds = 100, .topology = TOPOLOGY,
			       .profile = &profile };

	emulate(&e, run_wait_for_woken, NULL);
	emulate(&e, run_wait_for_sleeper, NULL);
}

/* ---- interrupts come in time ---- */
static u64 arrived;
static u32 busy_on;

static void note_arrival(void *info)
{
	arrived = ticks();
	WRITE_ONCE(busy_on, 0);
}

static void use_the_stack(void)
{
	volatile unsigned here = 0;

	for (unsigned i = 0; i < 100000; i++)
		here = i;
	must(here);
}

static void read_own_line(void)
{
	for (unsigned i = 0; i < 100000; i++)
		(void)READ_ONCE(flag.word);
}

static void lock_own_line(void)
{
	for (unsigned i = 0; i < 20000; i++)
		__atomic_fetch_add(&flag.word, 1, __ATOMIC_RELAXED);
}

static void be_busy(void *arg)
{
	void (*work)(void) = arg;

	work();
}

/* Nobody else runs meanwhile: the sender sleeps. */
static void interrupt_work(void *arg)
{
	struct task_struct *task = task_create(1, "busy", be_busy, arg);
	u64 sent;

	ndelay(33333);
	sent = ticks();
	smp_call_function_single(1, note_arrival, NULL, false);
	ndelay(200000);
	task_join(task);
	must(arrived - sent >= (100 + 700 + 300) * TICKS_PER_NS &&
	     arrived - sent < (100 + 700 + 300 + 600) * TICKS_PER_NS);
}

static void interrupts_wait_for_no_work(void **state)
{
	static void (*const work[])(void) = {
		use_the_stack, read_own_line, lock_own_line,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(work); i++)
		emulate(&(struct emulation){ .cpus = 2, .topology = TOPOLOGY,
			.profile = &profile, .seeds = 10 }, interrupt_work,
			(void *)work[i]);
}

/* ---- the heart ---- */
static unsigned *beats;		/* host memory */

static void beat(void)
{
	++*beats;
}

static void compute_alone(void *arg)
{
	struct timespec start, now;

	beats = calloc(1, sizeof(*beats));
	machine_set_heartbeat(beat);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec - start.tv_sec < 2 && !READ_ONCE(*beats));
	must(*beats);
}

static void the_heart_beats_while_one_computes(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, compute_alone, NULL);
}

/* ---- sleep ---- */
#define NR_ROUNDS	100

/* The other CPU writes around the time at which the sleeper wakes. */
static void write_in_time(void *begin)
{
	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		ndelay(*(u64 *)begin + i * 10000 - i % 40 - now_quietly());
		WRITE_ONCE(flag.word, i);
	}
}

/* It wakes at its deadline though a write would wake it a bit later, and no
 * clock ever goes back. */
static void sleep_to_deadlines(void *arg)
{
	u64 begin = now_quietly() + 10000;
	struct task_struct *task = task_create(1, "writer", write_in_time,
					       &begin);

	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		u64 deadline = begin + i * 10000, before = 0;

		while (READ_ONCE(flag.word) < i && now_quietly() < deadline) {
			before = ticks();
			cpu_relax_until(deadline);
			must(ticks() >= before + 20 * TICKS_PER_NS);
			must(ticks() <= max(deadline * TICKS_PER_NS,
					    before + 20 * TICKS_PER_NS));
		}
		ndelay(100);
	}
	task_join(task);
}

/* The write comes while the sleeper is in its first PAUSE: that it is woken
 * does not make it shorter. */
static void write_early(void *begin)
{
	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		ndelay(*(u64 *)begin + i * 10000 + 20 + i % 60 - now_quietly());
		WRITE_ONCE(flag.word, i);
	}
}

static void pause_to_the_end(void *arg)
{
	u64 begin = now_quietly() + 10000;
	struct task_struct *task = task_create(1, "writer", write_early,
					       &begin);

	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		ndelay(begin + i * 10000 - now_quietly());
		while (READ_ONCE(flag.word) < i) {
			u64 before = ticks();

			cpu_relax();
			must(ticks() >= before + 20 * TICKS_PER_NS);
		}
	}
	task_join(task);
}

static void sleepers_wake_neither_early_nor_late(void **state)
{
	struct emulation e = { .cpus = 2, .topology = TOPOLOGY,
			       .profile = &profile, .seeds = 100 };

	emulate(&e, sleep_to_deadlines, NULL);
	emulate(&e, pause_to_the_end, NULL);
}

/* ---- an interrupt on the way to sleep ---- */
static u64 handled;

static void write_here(void *info)
{
	handled++;
}

static void await_all(void *begin)
{
	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		ndelay(*(u64 *)begin + i * 10000 - now_quietly());
		while (READ_ONCE(handled) < i)
			cpu_relax();
	}
}

/* It comes around the waiter's first PAUSE. Nobody else would wake it. */
static void interrupt_pauses(void *arg)
{
	u64 begin = now_quietly() + 10000;
	struct task_struct *task = task_create(1, "waiter", await_all, &begin);

	for (u64 i = 1; i <= NR_ROUNDS; i++) {
		ndelay(begin + i * 10000 - 1100 + i * 7 % 400 - now_quietly());
		smp_call_function_single(1, write_here, NULL, true);
	}
	task_join(task);
}

static void an_interrupt_in_a_pause_is_taken(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .topology = TOPOLOGY,
		.profile = &profile, .seeds = 100 }, interrupt_pauses, NULL);
}

/* ---- a spin that nobody ends but itself ---- */
static void spin_alone(void *arg)
{
	static u64 word = 5;
	u64 old = 0, start;

	cpu_relax();
	start = ticks();
	for (unsigned i = 0; i < 10; i++)
		cpu_relax();
	must(ticks() - start >= 9 * COST_POLL);
	/* The second time it knows what is there. */
	while (!try_cmpxchg(&word, &old, 7))
		cpu_relax();
	must(READ_ONCE(word) == 7);
}

static void a_spin_may_end_by_itself(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, spin_alone, NULL);
}

/* ---- a read-modify-write wakes who watches ---- */
static u64 added;

static void await_added(void *arg)
{
	while (!READ_ONCE(added))
		cpu_relax();
}

/* Nothing else would wake it: a deadlock. */
static void add_later(void *arg)
{
	struct task_struct *task = task_create(1, "waiter", await_added, NULL);

	ndelay(100000);
	__atomic_fetch_add(&added, 1, __ATOMIC_RELAXED);
	task_join(task);
}

static void exchange_later(void *arg)
{
	struct task_struct *task = task_create(1, "waiter", await_added, NULL);

	ndelay(100000);
	must(cmpxchg(&added, 0, 1) == 0);
	task_join(task);
}

static void an_added_number_ends_a_spin(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, add_later, NULL);
	emulate(&(struct emulation){ .cpus = 2 }, exchange_later, NULL);
}

TEST_MAIN(cmocka_unit_test(equal_clocks_go_by_number),
	  cmocka_unit_test(nobody_is_far_ahead),
	  cmocka_unit_test(interrupts_wait_for_no_work),
	  cmocka_unit_test(the_heart_beats_while_one_computes),
	  cmocka_unit_test(sleepers_wake_neither_early_nor_late),
	  cmocka_unit_test(an_interrupt_in_a_pause_is_taken),
	  cmocka_unit_test(a_spin_may_end_by_itself),
	  cmocka_unit_test(an_added_number_ends_a_spin))
