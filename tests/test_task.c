/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks: where they run, waking, joining, timeouts, the rules of schedule(). */
#include <string.h>

#include "tests/test.h"

#define NR_ROUNDS	300

/* ---- running and joining ---- */
static unsigned ran[64];

static void note_cpu(void *arg, unsigned cpu)
{
	must(smp_processor_id() == cpu);
	must(current->cpu == cpu);
	must(preemptible());
	must(current->pid > 0);
	__atomic_fetch_add(&ran[cpu], 1, __ATOMIC_RELAXED);
}

static void run_everywhere(void *arg)
{
	unsigned cpu, round;

	must(current->pid == 1);
	must(smp_processor_id() == 0);
	for (round = 0; round < 40; round++)
		on_all_cpus(note_cpu, NULL);
	for_each_online_cpu(cpu)
		must(READ_ONCE(ran[cpu]) == 40);
}

static void a_task_runs_on_its_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, run_everywhere, NULL);
	emulate(&(struct emulation){ .cpus = 2, .seeds = 3 }, run_everywhere,
		NULL);
	emulate(&(struct emulation){ .cpus = 8, .seeds = 3 }, run_everywhere,
		NULL);
}

static void set_pid(void *arg)
{
	*(int *)arg = current->pid;
}

/* Whatever the order in which CPUs run. */
static void check_pids(void *arg)
{
	struct task_struct *tasks[8];
	int pids[8];
	unsigned i;

	for (i = 0; i < 8; i++)
		tasks[i] = task_create(i % nr_cpu_ids, "pid", set_pid,
				       &pids[i]);
	for (i = 0; i < 8; i++)
		task_join(tasks[i]);
	/* CPU c's n-th is 1 + c + n * CPUs; CPU 0's 0th is the first task. */
	for (i = 0; i < 8; i++)
		must(pids[i] == (int)(1 + i + (i % nr_cpu_ids ? 0 :
					       nr_cpu_ids)));
}

static void pids_do_not_depend_on_timing(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .seeds = 5 }, check_pids, NULL);
}

/* ---- waking ---- */
struct baton {
	struct task_struct	*tasks[2];
	u32			turn;
	u32			nr_turns;
};

static void pass_baton(struct baton *baton, unsigned self)
{
	unsigned round;

	for (round = 0; round < NR_ROUNDS; round++) {
		for (;;) {
			set_current_state(TASK_UNINTERRUPTIBLE);
			if (READ_ONCE(baton->turn) == self)
				break;
			schedule();
		}
		set_current_state(TASK_RUNNING);
		WRITE_ONCE(baton->nr_turns, READ_ONCE(baton->nr_turns) + 1);
		smp_store_release(&baton->turn, !self);
		wake_up_process(smp_load_acquire(&baton->tasks[!self]));
	}
}

static void baton_main(void *arg)
{
	pass_baton(arg, 1);
}

static void pass_between(unsigned other)
{
	struct baton baton = { .tasks = { current } };

	baton.turn = 1;
	smp_store_release(&baton.tasks[1],
			  task_create(other, "baton", baton_main, &baton));
	pass_baton(&baton, 0);
	task_join(baton.tasks[1]);
	must(baton.nr_turns == 2 * NR_ROUNDS);
}

static void pass_on_one_cpu(void *arg)
{
	pass_between(0);
}

static void pass_on_two_cpus(void *arg)
{
	pass_between(1);
}

static void no_wakeup_is_lost(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, pass_on_one_cpu, NULL);
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 },
		pass_on_two_cpus, NULL);
	emulate(&(struct emulation){ .cpus = 4, .seeds = 3 }, pass_on_two_cpus,
		NULL);
}

/* ---- many sleepers, many wakers: every token given is taken ---- */
#define NR_TAKERS	6
#define NR_TOKENS	200

static struct taker {
	struct task_struct	*task;
	u32			given, taken;
} takers[NR_TAKERS];

static void take_tokens(void *arg)
{
	struct taker *self = arg;

	while (self->taken < NR_TOKENS) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (smp_load_acquire(&self->given) == self->taken) {
			schedule();
			continue;
		}
		set_current_state(TASK_RUNNING);
		self->taken++;
	}
}

/* The first of the next few takers, from a random one, not yet satisfied. */
static bool give_token(struct rng *rng)
{
	unsigned first = (unsigned)rng_below(rng, NR_TAKERS), i;

	for (i = 0; i < NR_TAKERS; i++) {
		struct taker *taker = &takers[(first + i) % NR_TAKERS];
		u32 given = READ_ONCE(taker->given);

		while (given < NR_TOKENS)
			if (try_cmpxchg(&taker->given, &given, given + 1)) {
				wake_up_process(taker->task);
				return true;
			}
	}
	return false;
}

static void give_tokens(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 64 + cpu);
	while (give_token(&rng)) {
		if (rng_chance(&rng, 20))
			ndelay(rng_below(&rng, 3000));
		if (rng_chance(&rng, 50))
			cond_resched();
	}
}

static void exchange_tokens(void *arg)
{
	unsigned i;

	for (i = 0; i < NR_TAKERS; i++)
		takers[i].task = task_create(i % nr_cpu_ids, "taker",
					     take_tokens, &takers[i]);
	on_all_cpus(give_tokens, NULL);
	for (i = 0; i < NR_TAKERS; i++) {
		task_join(takers[i].task);
		must(takers[i].taken == NR_TOKENS);
	}
}

static void every_token_arrives(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 20 }, exchange_tokens,
		NULL);
	emulate(&(struct emulation){ .cpus = 3, .seeds = 20 }, exchange_tokens,
		NULL);
}

/* ---- yielding ---- */
static unsigned order[12], nr_order;

static void yield_main(void *arg)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		order[nr_order++] = (unsigned)(uintptr_t)arg;
		cond_resched();
	}
}

static void yield_in_turn(void *arg)
{
	struct task_struct *tasks[3];
	uintptr_t i;

	schedule();		/* nobody else: returns */
	cond_resched();
	for (i = 0; i < 3; i++)
		tasks[i] = task_create(0, "yield", yield_main, (void *)i);
	must(nr_order == 0);	/* no preemption */
	for (i = 0; i < 3; i++)
		task_join(tasks[i]);
	must(nr_order == 12);
	for (i = 0; i < 12; i++)
		must(order[i] == i % 3);
}

static void cond_resched_gives_each_its_turn(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, yield_in_turn, NULL);
}

/* ---- timeouts ---- */
static unsigned nr_awake;

static void sleep_ms(void *arg)
{
	u64 ms = (uintptr_t)arg, start = sched_clock();

	schedule_timeout_ns(ms * 1000000);
	must(sched_clock() - start >= ms * 1000000);
	/* In the order of their timeouts: 1, 3, 5 ms. */
	must(__atomic_fetch_add(&nr_awake, 1, __ATOMIC_RELAXED) == ms / 2);
}

static void sleep_in_order(void *arg)
{
	struct task_struct *tasks[3];
	uintptr_t ms[3] = { 5, 1, 3 };
	unsigned i;

	for (i = 0; i < 3; i++)
		tasks[i] = task_create(0, "sleep", sleep_ms, (void *)ms[i]);
	for (i = 0; i < 3; i++)
		task_join(tasks[i]);
}

static void timeouts_end_in_order_and_not_early(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, sleep_in_order, NULL);
}

/* ---- what must not be ---- */
static void schedule_with_preemption_off(void *arg)
{
	preempt_disable();
	schedule();
	must(preempt_count() == 1);
	preempt_enable();
}

static void scheduling_while_atomic_is_reported(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: scheduling while atomic: "
			       "swapper/0/1/0x00000001" },
		schedule_with_preemption_off, NULL);
}

TEST_MAIN(cmocka_unit_test(a_task_runs_on_its_cpu),
	  cmocka_unit_test(pids_do_not_depend_on_timing),
	  cmocka_unit_test(no_wakeup_is_lost),
	  cmocka_unit_test(every_token_arrives),
	  cmocka_unit_test(cond_resched_gives_each_its_turn),
	  cmocka_unit_test(timeouts_end_in_order_and_not_early),
	  cmocka_unit_test(scheduling_while_atomic_is_reported))
