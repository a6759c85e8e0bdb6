/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The harness: one task a CPU, barriers around each phase, stopping by loops
 * or by time, and sampled latencies.
 *
 * Sampling. On a virtual clock every operation is timed, for free. Natively
 * two clock readings cost more than a kmalloc: the first NR_CALIBRATING
 * operations are timed, then one in so many that the clock takes 1 in 1000,
 * and with what a sample costs besides, cold as it is, the whole some 1 %.
 * What a reading costs is in each sample; whoever reports takes it off.
 *
 * Breaking down. A timed operation is told where its time goes (op_time.h): on
 * a virtual clock each, natively one in BREAK_DOWN_EVERY, which then is no
 * sample, as it reads the clock many times more.
 *
 * Warming up. Each phase does one loop unmeasured, or more if asked to: empty
 * per-CPU lists make the first one another experiment, and natively the host
 * backs emulated memory at its first touch.
 */
#include "mm/slab.h"
#include "workloads/workload.h"

#define NR_CALIBRATING		32
#define BREAK_DOWN_EVERY	8
#define CLOCK_SHARE		1000	/* clock : work at most 1 : 1000 */
#define MAX_INTERVAL		4000
#define CHECK_EVERY_NS		20000	/* when running for a time */

/* ---- barrier: a counter of arrivals and a generation ------------------ */
/* Whole lines, in which nothing else lies. Who arrives does not wake those who
 * wait: of thousands each would have to look as many times. */
static struct {
	u32	arrived;
	u32	generation cacheline_aligned;
} cacheline_aligned barrier_state;

/* In lockstep: CPU 0 says so before the last barrier. */
static struct {
	u32	now;
} cacheline_aligned stop;

void run_barrier(struct run *run)
{
	u32 generation = smp_load_acquire(&barrier_state.generation);

	if (__atomic_add_fetch(&barrier_state.arrived, 1, __ATOMIC_ACQ_REL) ==
	    run->nr_cpus) {
		WRITE_ONCE(barrier_state.arrived, 0);
		/* Pairs with the acquire below: all see what all did before. */
		smp_store_release(&barrier_state.generation, generation + 1);
		return;
	}
	while (smp_load_acquire(&barrier_state.generation) == generation)
		cpu_relax();
	machine_note_progress();
}

static bool line_overlaps(const void *line, const void *start, size_t size)
{
	return (uintptr_t)line + CACHELINE > (uintptr_t)start &&
	       (uintptr_t)line < (uintptr_t)start + size;
}

bool workload_harness_has(const struct run *run, const void *p)
{
	return line_overlaps(p, &barrier_state, sizeof(barrier_state)) ||
	       line_overlaps(p, &stop, sizeof(stop)) ||
	       line_overlaps(p, run, sizeof(*run));
}

/* ---- sampling --------------------------------------------------------- */
/* Counts what was begun since the countdown was armed. */
static void settle(struct op_record *r)
{
	r->count += r->armed - r->countdown;
	r->armed = r->countdown;
}

static u32 choose_interval(const struct worker *w, const struct op_record *r)
{
	u64 clock_ns = w->run->clock_ps / 1000;
	u64 median = histogram_quantile(r->samples, 0.5);

	median -= min(median, clock_ns + 1);
	return clamp_t(u64, 2 * clock_ns * CLOCK_SHARE / (median + 1), 1,
		       MAX_INTERVAL);
}

/* Around the interval: a fixed one would keep step with a workload's own
 * pattern and see one kind of operation only. */
static u32 next_sample(struct worker *w, const struct op_record *r)
{
	if (r->interval == 1)
		return 1;
	return 1 + (u32)rng_below(&w->sampling, 2 * r->interval - 1);
}

static bool to_break_down(const struct op_record *r)
{
	return machine_is_virtual() ||
	       (r->nr_timed > NR_CALIBRATING &&
		r->nr_timed % BREAK_DOWN_EVERY == 0);
}

u64 op_sample_begin(struct worker *w, unsigned op)
{
	struct op_record *r = &w->ops[op];
	u64 now;

	machine_quiet_begin();
	r->nr_timed++;
	now = sched_clock_ordered();
	if (to_break_down(r))
		op_time_begin(r->time);
	machine_quiet_end();
	return now;
}

/* Of n operations in one bracket each gets its share, and the one reading of
 * the clock that is in every sample. */
static u64 share_of(const struct worker *w, u64 ns, u64 n)
{
	u64 clock_ns = w->run->clock_ps / 1000;

	return n == 1 ? ns : (ns - min(ns, clock_ns)) / n + clock_ns;
}

/* How it changes over the run tells a noisy host: virtual time has none. */
static void add_sample(struct op_record *r, u64 ns)
{
	histogram_add(r->samples, ns);
	if (!machine_is_virtual())
		series_add(r->series, ns);
}

void op_sample_end(struct worker *w, unsigned op, u64 begun, u64 n)
{
	struct op_record *r = &w->ops[op];
	bool broken_down, sample;
	u64 now;

	machine_quiet_begin();
	broken_down = current->op_time;
	sample = !broken_down || machine_is_virtual();
	if (broken_down)
		op_time_end(n);
	now = sched_clock_ordered();
	if (broken_down)
		r->time->whole_ns += now - begun;
	if (sample)
		add_sample(r, share_of(w, now - begun, n));
	if (!machine_is_virtual() && r->samples->count == NR_CALIBRATING)
		r->interval = choose_interval(w, r);
	settle(r);
	r->countdown = r->armed = next_sample(w, r);
	machine_quiet_end();
}

/* The least of several means: what disturbs a measurement makes it longer. */
u64 workload_measure_clock_ps(void)
{
	enum { ROUNDS = 20, READINGS = 500 };
	u64 least = ~0UL;

	for (unsigned round = 0; round < ROUNDS; round++) {
		u64 sum = 0;

		for (unsigned i = 0; i < READINGS; i++) {
			u64 start = sched_clock_ordered();

			sum += sched_clock_ordered() - start;
		}
		least = min(least, sum * 1000 / READINGS);
	}
	return least;
}

/* ---- one CPU ---------------------------------------------------------- */
const struct workload_key workload_common_keys[] = {
	[COMMON_THINK] = { "think", KEY_TIME, "0ns", 0, 1000000000, NULL,
			   "how long a CPU computes after each loop" },
	[COMMON_VALIDATE] = { "validate", KEY_BOOL, "0", 0, 0, NULL,
			      "1: debugged slab caches are validated after the "
			      "loops, as by their file in /sys/kernel/slab" },
	[NR_COMMON_KEYS] = { 0 },
};

/* Between two loops: what the workload does not measure. */
static void between_loops(const struct worker *w)
{
	if (w->run->think_ns)
		ndelay(w->run->think_ns);
	cond_resched();
}

static bool lockstep_ends(struct worker *w, u64 done, u64 loops, u64 deadline)
{
	if (w->cpu == 0)
		WRITE_ONCE(stop.now, loops ? done >= loops :
			   sched_clock() >= deadline);
	run_barrier(w->run);
	return READ_ONCE(stop.now);
}

static void run_in_step(struct worker *w, const struct workload_phase *phase,
			u64 loops, u64 deadline)
{
	u64 done = 0;

	do {
		if (!phase->loop(w))
			w->failed = true;
		done++;
		between_loops(w);
		run_barrier(w->run);
	} while (!lockstep_ends(w, done, loops, deadline));
}

static void run_loops(struct worker *w, const struct workload_phase *phase,
		      u64 loops)
{
	u64 done;

	for (done = 0; done < loops; done++) {
		if (unlikely(!phase->loop(w))) {
			w->failed = true;
			break;
		}
		between_loops(w);
	}
}

/* Looks at the clock about every CHECK_EVERY_NS. */
static void run_for(struct worker *w, const struct workload_phase *phase,
		    u64 deadline)
{
	u64 now = sched_clock(), chunk = 1;

	while (now < deadline && !w->failed) {
		u64 before = now;

		run_loops(w, phase, chunk);
		now = sched_clock();
		if (now - before < CHECK_EVERY_NS / 2)
			chunk *= 2;
		else if (now - before > 2 * CHECK_EVERY_NS && chunk > 1)
			chunk /= 2;
	}
}

static unsigned nr_phases(const struct workload *workload)
{
	unsigned nr = 0;

	while (nr < WORKLOAD_MAX_PHASES && workload->phases[nr].loop)
		nr++;
	return nr;
}

static void run_part(struct worker *w, const struct workload_phase *phase,
		     u64 loops, u64 deadline)
{
	if (w->run->workload->lockstep)
		run_in_step(w, phase, loops, deadline);
	else if (loops)
		run_loops(w, phase, loops);
	else
		run_for(w, phase, deadline);
}

static void forget(struct worker *w, u32 ops)
{
	for (unsigned op = 0; op < WORKLOAD_MAX_OPS; op++) {
		if (!(ops & 1u << op))
			continue;
		w->ops[op].count = 0;
		w->ops[op].failed = 0;
		/* the first is always timed */
		w->ops[op].countdown = w->ops[op].armed = 1;
		histogram_init(w->ops[op].samples);
		series_init(w->ops[op].series);
		machine_memset(w->ops[op].time, 0, sizeof(struct op_time));
	}
}

/* Just before the phase: the others would leave memory elsewhere. */
static void warm_up(struct worker *w, const struct workload_phase *phase)
{
	run_barrier(w->run);
	run_part(w, phase, !w->run->warmup_ns,
		 sched_clock() + w->run->warmup_ns);
	w->failed = false;
	forget(w, phase->ops);
}

/* All CPUs have done their loops; now nothing goes on. */
static void come_to_rest(struct worker *w)
{
	if (!w->run->workload->rest)
		return;
	w->run->workload->rest(w);
	run_barrier(w->run);
}

static void run_phase(struct worker *w, unsigned index)
{
	struct run *run = w->run;
	const struct workload_phase *phase = &run->workload->phases[index];
	u64 share = run->duration_ns / nr_phases(run->workload);
	u64 begun;

	warm_up(w, phase);
	run_barrier(run);
	come_to_rest(w);
	if (w->cpu == 0 && run->phase_begins)
		run->phase_begins(run, index);
	run_barrier(run);
	begun = sched_clock();
	run_part(w, phase, run->loops, begun + share);
	w->time_ns += sched_clock() - begun;
	for (unsigned op = 0; op < WORKLOAD_MAX_OPS; op++)
		settle(&w->ops[op]);
	run_barrier(run);
	if (w->cpu == 0)
		run->phase_ns[index] = sched_clock() - begun;
	come_to_rest(w);
	if (w->cpu == 0 && run->phase_ended)
		run->phase_ended(run, index);
	if (w->cpu == 0 && run->validate)
		run_figure(run, "slabs_validated", validate_slab_caches());
	run_barrier(run);
}

static void run_worker(void *arg)
{
	struct worker *w = arg;
	const struct workload *workload = w->run->workload;

	if (workload->prepare)
		workload->prepare(w);
	for (unsigned phase = 0; phase < nr_phases(workload); phase++)
		run_phase(w, phase);
	if (workload->finish)
		workload->finish(w);
}

static void set_figure(struct run *run, const char *name, u64 value,
		       bool is_milli)
{
	unsigned i = 0;

	while (i < run->nr_figures && run->figures[i].name != name)
		i++;
	must(i < WORKLOAD_MAX_FIGURES);
	run->figures[i].name = name;
	run->figures[i].value = value;
	run->figures[i].is_milli = is_milli;
	run->nr_figures = max(run->nr_figures, i + 1);
}

void run_figure(struct run *run, const char *name, u64 value)
{
	set_figure(run, name, value, false);
}

void run_figure_milli(struct run *run, const char *name, u64 thousandths)
{
	set_figure(run, name, thousandths, true);
}

/* ---- the run ---------------------------------------------------------- */
static void init_worker(struct run *run, unsigned cpu)
{
	struct worker *w = &run->workers[cpu];

	w->cpu = cpu;
	w->run = run;
	rng_seed(&w->rng, run->seed * NR_CPUS_MAX + cpu);
	rng_seed(&w->sampling, ~w->run->seed * NR_CPUS_MAX + cpu);
	for (unsigned op = 0; op < WORKLOAD_MAX_OPS; op++) {
		w->ops[op].interval = 1;
		w->ops[op].samples = run->alloc(sizeof(struct histogram));
		w->ops[op].series = run->alloc(sizeof(struct series));
		w->ops[op].time = run->alloc(sizeof(struct op_time));
	}
	forget(w, ~0u);
}

const char *workload_run(struct run *run)
{
	struct task_struct **tasks;
	const char *why = NULL;

	run->clock_ps = machine_is_virtual() ? 0 :
			workload_measure_clock_ps();
	if (!run->loops && !run->duration_ns)
		run->loops = run->workload->loops;
	if (run->workload->setup)
		why = run->workload->setup(run);
	if (why)
		return why;
	run->workers = run->alloc(run->nr_cpus * sizeof(*run->workers));
	tasks = run->alloc(run->nr_cpus * sizeof(*tasks));
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		init_worker(run, cpu);
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		tasks[cpu] = task_create(cpu, run->workload->name, run_worker,
					 &run->workers[cpu]);
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		task_join(tasks[cpu]);
	if (run->workload->teardown)
		run->workload->teardown(run);
	return NULL;
}

static bool do_nothing(struct worker *w)
{
	u64 t = op_begin(w, 0);

	op_end(w, 0, t);
	return true;
}

u64 workload_measure_empty_loop_ps(struct run *run)
{
	enum { ROUNDS = 20000 };
	static const struct workload_phase nothing = { .loop = do_nothing };
	struct worker *w = run->alloc(sizeof(*w));
	u64 start;

	w->run = run->alloc(sizeof(*run));	/* nor any think time */
	w->ops[0].interval = w->ops[0].countdown = 2 * ROUNDS;
	w->ops[0].armed = 2 * ROUNDS;
	start = sched_clock();
	run_loops(w, &nothing, ROUNDS);
	return (sched_clock() - start) * 1000 / ROUNDS;
}
