/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a default run's own statistics cost the run. */
#include "mm/slab.h"
#include "tests/bench/bench.h"
#include "workloads/workload.h"

#define LOOPS		20000
#define SECTION_LOADS	40		/* of one line: a short section */

/* ---- latency sampling --------------------------------------------------- */
static struct histogram samples;
static struct series series;
static struct op_time parts;
static struct run run;
static struct worker worker = { .run = &run };

static void pair(struct worker *w)
{
	void *object = kmalloc(64, GFP_KERNEL);

	bench_keep(object);
	kfree(object);
}

static double unsampled(unsigned long unused)
{
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < LOOPS; i++)
		pair(&worker);
	return (double)(sched_clock_ordered() - start) / LOOPS;
}

/* The harness's own bracket at the interval that it chose for itself. */
static double sampled(unsigned long unused)
{
	u64 start;

	worker.ops[0].samples = &samples;
	worker.ops[0].series = &series;
	worker.ops[0].time = &parts;
	if (!run.clock_ps) {
		run.clock_ps = workload_measure_clock_ps();
		rng_seed(&worker.sampling, 1);
		series_init(&series);
		worker.ops[0].countdown = worker.ops[0].interval = 1;
	}
	start = sched_clock_ordered();
	for (unsigned i = 0; i < LOOPS; i++) {
		u64 t = op_begin(&worker, 0);

		pair(&worker);
		op_end(&worker, 0, t);
	}
	return (double)(sched_clock_ordered() - start) / LOOPS;
}

/* ---- lock statistics ----------------------------------------------------- */
static spinlock_t lock cacheline_aligned;
static u64 guarded cacheline_aligned;

/* One copy for both: where a loop of four instructions lies in its lines of
 * code makes it twice as slow here. */
static noclone void section(void)
{
	for (unsigned i = 0; i < SECTION_LOADS; i++)
		WRITE_ONCE(guarded, READ_ONCE(guarded) + 1);
}

static double counted_on(unsigned long unused, unsigned cpu)
{
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < LOOPS; i++) {
		spin_lock(&lock);
		section();
		spin_unlock(&lock);
	}
	return (double)(sched_clock_ordered() - start) / LOOPS;
}

/* The same algorithm, inlined as far, nothing counted and no clock read. */
static always_inline void bare_lock(spinlock_t *l)
{
	u32 seen;

	preempt_disable();
	if (unlikely(!lock_word_try(l, &seen)))
		lock_ops->wait(l, seen);
}

static always_inline void bare_unlock(spinlock_t *l)
{
	lock_word_drop(l);
	preempt_enable();
}

static double bare_on(unsigned long unused, unsigned cpu)
{
	u64 start = sched_clock_ordered();

	for (unsigned i = 0; i < LOOPS; i++) {
		bare_lock(&lock);
		section();
		bare_unlock(&lock);
	}
	return (double)(sched_clock_ordered() - start) / LOOPS;
}

static double counted_one(unsigned long unused)
{
	return counted_on(0, 0);
}

static double bare_one(unsigned long unused)
{
	return bare_on(0, 0);
}

static double counted_both(unsigned long unused)
{
	return bench_both(counted_on, 0);
}

static double bare_both(unsigned long unused)
{
	return bench_both(bare_on, 0);
}

const struct bench_goal bench_cost_goals[] = {
	{ "what measuring costs the run", "latency sampling, pair 64",
	  { "sampled", sampled }, { { "without", unsampled } }, 1.03 },
	{ "what measuring costs the run", "lock statistics, one CPU",
	  { "counted", counted_one }, { { "without", bare_one } }, 1.03 },
	{ "what measuring costs the run", "lock statistics, two CPUs contend",
	  { "counted", counted_both }, { { "without", bare_both } }, 1.03,
	  .two_cpus = true },
	{ 0 },
};
