/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/engine_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/point_lines.h"
#include "mm/fault_inject.h"

struct job {
	const struct request	*request;
	struct outcome		*outcome;
	struct counters		before, after;
	struct machine_noise	noise_before;
};

/* Lives as long as the process; the list keeps it reachable for leak checks. */
struct private_block {
	struct private_block	*next;
	char			bytes[] __attribute__((aligned(CACHELINE)));
};

static struct private_block *private_blocks;	/* atomics */

static void *private_alloc(size_t size)
{
	size_t whole = ALIGN(sizeof(struct private_block) + size, CACHELINE);
	struct private_block *block = aligned_alloc(CACHELINE, whole);

	must(block);
	memset(block, 0, whole);
	block->next = READ_ONCE(private_blocks);
	while (!try_cmpxchg(&private_blocks, &block->next, block))
		;	/* block->next is what is there now */
	return block->bytes;
}

static struct job *job_of(struct run *run)
{
	return run->data;
}

static void phase_begins(struct run *run, unsigned phase)
{
	machine_quiet_begin();
	if (phase == 0) {
		lock_stat_reset();
		smp_stat_reset();
	}
	counters_take(&job_of(run)->before);
	machine_noise_read(&job_of(run)->noise_before);
	machine_lines_count(job_of(run)->request->explain_lines);
	trace_set(true);
	machine_quiet_end();
}

static u64 most_frequent(const struct run *run, u32 ops)
{
	u64 most = 0;

	for (unsigned op = 0; op < WORKLOAD_MAX_OPS; op++) {
		u64 sum = 0;

		if (!(ops & 1u << op))
			continue;
		for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
			sum += run->workers[cpu].ops[op].count;
		most = max(most, sum);
	}
	return most;
}

static void add_noise(struct machine_noise *into,
		      const struct machine_noise *before)
{
	struct machine_noise now;

	machine_noise_read(&now);
	into->known = now.known;
	into->run_delay_ns += now.run_delay_ns - before->run_delay_ns;
	into->steal_ns += now.steal_ns - before->steal_ns;
	into->preemptions += now.preemptions - before->preemptions;
	into->migrations += now.migrations - before->migrations;
}

static bool is_last(const struct run *run, unsigned phase)
{
	return phase + 1 == WORKLOAD_MAX_PHASES ||
	       !run->workload->phases[phase + 1].loop;
}

static void phase_ended(struct run *run, unsigned phase)
{
	static const struct counters nothing;
	struct job *job = job_of(run);
	struct phase_outcome *p = &job->outcome->phases[phase];

	machine_quiet_begin();
	machine_lines_count(false);
	trace_set(false);
	add_noise(&job->outcome->noise, &job->noise_before);
	counters_take(&job->after);
	counters_add_difference(&p->counters, &job->before, &job->after);
	counters_add_difference(&job->outcome->total, &nothing, &p->counters);
	p->time_ns = run->phase_ns[phase];
	p->ops = most_frequent(run, run->workload->phases[phase].ops);
	smp_stat_ack_histogram(&job->outcome->ack_ns);
	/* Before the workload gives back what it has: these two. */
	if (is_last(run, phase) && job->request->explain_lines)
		job->outcome->lines = lines_json(run);
	machine_quiet_end();
	if (is_last(run, phase))
		views_take(&job->request->views, &job->outcome->views);
}

/* On CPU 0: boots the kernel, runs the workload, audits. */
static void run_job(void *arg)
{
	struct job *job = arg;
	struct run *run = &job->outcome->run;

	mm_init(&job->request->mm);
	job->outcome->empty_loop_ps = workload_measure_empty_loop_ps(run);
	job->outcome->tlb_hit_ns = tlb_measure_hit_ns();
	injection_start();
	job->outcome->not_run = workload_run(run);
	injection_stop();
	flush_all_workqueues();
	rcu_barrier();	/* callbacks free, too */
	audit_run(&job->outcome->audit);
}

static void fill_run(struct job *job)
{
	const struct request *request = job->request;
	struct run *run = &job->outcome->run;

	run->workload = request->workload;
	memcpy(run->values, request->values, sizeof(run->values));
	run->think_ns = request->common[COMMON_THINK];
	run->validate = request->common[COMMON_VALIDATE];
	run->nr_cpus = request->cpus;
	run->loops = request->loops;
	run->duration_ns = request->duration_ns;
	run->warmup_ns = request->warmup_ns;
	run->seed = request->seed;
	run->memory_bytes = request->memory_bytes;
	run->data = job;
	run->alloc = private_alloc;
	run->phase_begins = phase_begins;
	run->phase_ended = phase_ended;
}

int engine_run(const struct request *request, struct outcome *outcome,
	       char *error, size_t error_size)
{
	static struct job job;
	struct machine_config config = {
		.topology	= request->topology,
		.pu_of_cpu	= request->pu_of_cpu,
		.nr_cpus	= request->online,
		.memory_bytes	= request->memory_bytes,
		.seed		= request->seed,
		.oversubscribe	= request->oversubscribe,
		.profile	= request->profile.name[0] ?
				  &request->profile : NULL,
	};
	int err;

	arch = request->arch;
	err = machine_create(&config, error, error_size);
	if (err)
		return err;
	if (request->events_bytes && trace_create(request->events_bytes)) {
		snprintf(error, error_size, "no memory for --events: %lu bytes "
			 "for each of %u CPUs (--events-buffer)",
			 request->events_bytes, request->online);
		return -ENOSPC;
	}
	if (request->explain_lines)
		machine_allocs_note();
	job.request = request;
	job.outcome = outcome;
	fill_run(&job);
	histogram_init(&outcome->ack_ns);
	/* Before there are CPUs: each reads it at each lock. */
	if (request->lockstat)
		lock_stat_enable();
	machine_run(run_job, &job);
	machine_stat_read(&outcome->machine);
	trace_stat_read(&outcome->events);
	return 0;
}
