/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The workload harness: loops are counted exactly, CPUs in lockstep meet after
 * each loop, a failure ends one CPU only, phases do not mix, a run for a time
 * ends, and all are at rest when the harness looks.
 */
#include <stdlib.h>

#include "tests/test.h"
#include "workloads/workload.h"

#define CPUS	3
#define LOOPS	7

static u64 loops_done[CPUS][2];		/* by CPU and phase */
static u64 phases_begun, phases_ended;
static bool busy[CPUS];			/* from a loop to the rest */

static void *allocate(size_t size)
{
	void *p = calloc(1, size);

	must(p);
	return p;
}

static void one_op(struct worker *w, unsigned op)
{
	u64 t = op_begin(w, op);

	op_end(w, op, t);
}

static bool first_loop(struct worker *w)
{
	one_op(w, 0);
	WRITE_ONCE(loops_done[w->cpu][0], loops_done[w->cpu][0] + 1);
	return true;
}

static bool second_loop(struct worker *w)
{
	one_op(w, 1);
	one_op(w, 1);
	WRITE_ONCE(loops_done[w->cpu][1], loops_done[w->cpu][1] + 1);
	return true;
}

/* In step: nobody is more than a loop ahead of anybody. */
static bool step_loop(struct worker *w)
{
	u64 mine = loops_done[w->cpu][0] + 1;

	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		u64 theirs = READ_ONCE(loops_done[cpu][0]);

		must(theirs == mine || theirs + 1 == mine);
	}
	WRITE_ONCE(loops_done[w->cpu][0], mine);
	one_op(w, 0);
	return true;
}

/* CPU 1 fails in its third loop of each phase. */
static bool failing_loop(struct worker *w)
{
	first_loop(w);
	return w->cpu != 1 || loops_done[1][0] % 3;
}

static bool busy_loop(struct worker *w)
{
	WRITE_ONCE(busy[w->cpu], true);
	return first_loop(w);
}

static void come_to_rest(struct worker *w)
{
	WRITE_ONCE(busy[w->cpu], false);
}

static void all_rest(void)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		must(!READ_ONCE(busy[cpu]));
}

static void phase_begins(struct run *run, unsigned phase)
{
	all_rest();
	must(phases_begun == phase && phases_ended == phase);
	phases_begun++;
}

static void phase_ended(struct run *run, unsigned phase)
{
	all_rest();
	must(phases_ended == phase);
	phases_ended++;
}

static const struct workload two_phases = {
	.name	= "two_phases",
	.ops	= { "first", "second" },
	.phases	= { { "one", first_loop, 1 }, { "two", second_loop, 2 } },
	.loops	= LOOPS,
};

static const struct workload in_step = {
	.name		= "in_step",
	.ops		= { "step" },
	.phases		= { { "loop", step_loop, 1 } },
	.loops		= LOOPS,
	.lockstep	= true,
};

static const struct workload failing = {
	.name	= "failing",
	.ops	= { "op" },
	.phases	= { { "loop", failing_loop, 1 } },
	.loops	= LOOPS,
};

static const struct workload resting = {
	.name	= "resting",
	.ops	= { "op" },
	.phases	= { { "one", busy_loop, 1 }, { "two", busy_loop, 1 } },
	.loops	= LOOPS,
	.rest	= come_to_rest,
};

static struct run make_run(const struct workload *workload)
{
	return (struct run){
		.workload	= workload,
		.nr_cpus	= CPUS,
		.seed		= test_seed(),
		.alloc		= allocate,
		.phase_begins	= phase_begins,
		.phase_ended	= phase_ended,
	};
}

static void count_loops(void *arg)
{
	struct run run = make_run(&two_phases);

	must(!workload_run(&run));
	must(phases_begun == 2 && phases_ended == 2);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		const struct op_record *ops = run.workers[cpu].ops;

		/* One loop more than is measured, to warm up. */
		must(loops_done[cpu][0] == LOOPS + 1);
		must(loops_done[cpu][1] == LOOPS + 1);
		must(ops[0].count == LOOPS && ops[1].count == 2 * LOOPS);
		must(ops[0].samples->count >= 1);
		must(ops[1].samples->count >= 1);
		must(!run.workers[cpu].failed);
	}
}

static void step_together(void *arg)
{
	struct run run = make_run(&in_step);

	must(!workload_run(&run));
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		must(run.workers[cpu].ops[0].count == LOOPS);
}

/* As the watchdog of native sees it: who waits at barriers gets on. */
static void get_on_at_barriers(void *arg)
{
	struct run run = make_run(&in_step);
	u64 before = cpus[1]->own.nr_got_on, after;

	must(!workload_run(&run));
	after = cpus[1]->own.nr_got_on;
	must(machine_is_virtual() ? after == before :
	     cpus[0]->own.nr_got_on + cpus[1]->own.nr_got_on +
	     cpus[2]->own.nr_got_on >= LOOPS + before);
}

static void fail_alone(void *arg)
{
	struct run run = make_run(&failing);

	must(!workload_run(&run));
	must(run.workers[1].failed && run.workers[1].ops[0].count == 2);
	must(!run.workers[0].failed);
	must(run.workers[0].ops[0].count == LOOPS);
	must(run.workers[2].ops[0].count == LOOPS);
}

static void run_for_a_time(void *arg)
{
	struct run run = make_run(&two_phases);

	run.duration_ns = 200000;
	must(!workload_run(&run));
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		must(run.workers[cpu].ops[0].count >= 1);
		must(run.workers[cpu].ops[1].count >= 2);
		must(run.workers[cpu].time_ns >= 200000);
	}
}

static void rest_between(void *arg)
{
	struct run run = make_run(&resting);

	must(!workload_run(&run));
	must(phases_begun == 2 && phases_ended == 2);
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		must(loops_done[cpu][0] == 2 * (LOOPS + 1));
}

static void loops_and_phases_are_counted(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS, .seeds = 100 },
		count_loops, NULL);
}

static void lockstep_keeps_all_together(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS, .seeds = 100 },
		step_together, NULL);
}

static void a_failure_ends_one_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS, .seeds = 20 }, fail_alone,
		NULL);
}

static void a_duration_ends(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS, .seeds = 20 },
		run_for_a_time, NULL);
}

static void all_rest_when_the_kernel_is_looked_at(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS, .seeds = 100 },
		rest_between, NULL);
}

static void waiting_at_barriers_is_progress(void **state)
{
	emulate(&(struct emulation){ .cpus = CPUS }, get_on_at_barriers, NULL);
}

TEST_MAIN(cmocka_unit_test(loops_and_phases_are_counted),
	  cmocka_unit_test(lockstep_keeps_all_together),
	  cmocka_unit_test(a_failure_ends_one_cpu),
	  cmocka_unit_test(a_duration_ends),
	  cmocka_unit_test(waiting_at_barriers_is_progress),
	  cmocka_unit_test(all_rest_when_the_kernel_is_looked_at))
