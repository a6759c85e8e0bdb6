/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes and runs the simulated machine; twin of native/boot.c. All CPUs are
 * fibers of the calling thread, whose own context waits in machine_run() until
 * the first task's function has returned; the other CPUs then stay where they
 * are for ever.
 */
#include "cpus/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEAT_HOST_NS	250000000UL
#define DEFAULT_JITTER_NS 1

static void (*heartbeat)(void);
static u64 last_beat_ns;
static bool finished;		/* fn has returned */
static void (*run_fn)(void *arg);
static void *run_arg;

bool machine_stopping(void)
{
	return finished;
}

void machine_set_heartbeat(void (*beat)(void))
{
	heartbeat = beat;
}

void sim_beat(void)
{
	u64 now = sim_host_ns();

	if (now - last_beat_ns < BEAT_HOST_NS)
		return;
	last_beat_ns = now;
	if (heartbeat)
		heartbeat();
}

/* ---- making ---- */
static void idle_main(void *arg)
{
	task_idle_loop();
	cpu_stop_here();
}

/* splitmix64 (Steele, Lea, Flood 2014): never 0 twice in a row. */
static u64 mix(u64 x)
{
	x += 0x9e3779b97f4a7c15UL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebUL;
	return (x ^ x >> 31) | 1;
}

static void create_cpu(unsigned cpu, u64 seed)
{
	struct sim_cpu *self = &sim.cpus[cpu];
	unsigned i;

	self->id = cpu;
	self->cpu = cpus[cpu];
	self->rng = mix(mix(seed) + cpu);
	self->nr_watched = SIM_WATCH_MAX + 1;
	self->irq_at = NEVER;
	for (i = 0; i < NR_IRQ_BITS; i++)
		self->due[i] = NEVER;
	cpus[cpu]->own.machine = self;
	sim_set_fiber(self, fiber_create(FIBER_STACK_SIZE, idle_main, NULL));
	task_create_idle(cpu, self->fiber);
}

int machine_create(const struct machine_config *config, char *error,
		   size_t error_size)
{
	u64 jitter_ns = config->jitter_ns;
	unsigned cpu;
	int ret;

	must(!sim.cpus);
	ret = cpus_create(config, error, error_size);
	if (ret)
		return ret;
	ret = arena_create(config, error, error_size);
	if (ret)
		return ret;
	tasks_create();
	sim.globals_low = (uintptr_t)__data_start & -(uintptr_t)CACHELINE;
	sim.globals_size = (uintptr_t)_end - sim.globals_low;
	sim.jitter = (jitter_ns ? jitter_ns : DEFAULT_JITTER_NS) *
		     TICKS_PER_NS + 1;
	sim.cpus = aligned_alloc(CACHELINE, nr_cpu_ids * sizeof(*sim.cpus));
	must(sim.cpus);
	memset(sim.cpus, 0, nr_cpu_ids * sizeof(*sim.cpus));
	tlb_create_all();
	sim_schedule_create(nr_cpu_ids);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		create_cpu(cpu, config->seed);
	sim_profile_set(config->profile);
	sim_coherence_create(config);
	rcu_create();
	return 0;
}

/* ---- running ---- */
static void first_task(void *arg)
{
	cpu_init_kernel();
	run_fn(run_arg);
	finished = true;
	sim_leave();
}

void machine_run(void (*fn)(void *arg), void *arg)
{
	must(!finished);
	run_fn = fn;
	run_arg = arg;
	task_create(0, "swapper/0", first_task, NULL);
	sim.host_fiber = fiber_adopt_thread();
	sim.start_host_ns = last_beat_ns = sim_host_ns();
	sim_watchdog_start();
	sim_enter();
	sim_watchdog_stop();
	sim.end_host_ns = sim_host_ns();
}

void machine_noise_read(struct machine_noise *out)
{
	*out = (struct machine_noise){ .known = false };
}

void machine_stat_read(struct machine_stat *out)
{
	unsigned cpu;

	memset(out, 0, sizeof(*out));
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		out->events += sim.cpus[cpu].events;
	out->switches = sim.switches;
	out->local_exchanges = sim.local_exchanges;
	out->locked_exchanges = sim.locked_exchanges;
	out->rmws_counted = sim.nr_counted;
	if (sim.start_host_ns)
		out->host_ns = (sim.end_host_ns ? sim.end_host_ns :
				sim_host_ns()) - sim.start_host_ns;
}

void machine_count_atomics(const void *from, size_t size)
{
	sim.count_from = (uintptr_t)from;
	sim.count_size = size;
	sim.nr_counted = 0;
}

/* ---- when it goes wrong ---- */
static const char *state_of(const struct sim_cpu *self)
{
	if (self->spins)
		return "spins";
	if (self->asleep)
		return self->cpu->own.in_idle ? "idles" : "waits";
	return self == sim.self ? "runs" : "is ready";
}

static void print_cpu(const struct sim_cpu *self)
{
	const struct task_struct *task = self->cpu->own.current_task;

	fprintf(stderr, "  CPU %u at %lu ns: %s/%d", self->id,
		self->clock / TICKS_PER_NS, task->comm, task->pid);
	fprintf(stderr, " %s", state_of(self));
	if (self->spins) {
		fprintf(stderr, " reading");
		sim_watch_print(self);
	}
	if (self->cpu->own.irqs_off)
		fprintf(stderr, ", interrupts off");
	if (self->cpu->own.preempt_count)
		fprintf(stderr, ", preempt count 0x%x",
			(unsigned)self->cpu->own.preempt_count);
	fputc('\n', stderr);
}

void machine_print_waits(void)
{
	unsigned cpu;

	for (cpu = 0; sim.cpus && cpu < nr_cpu_ids; cpu++)
		print_cpu(&sim.cpus[cpu]);
	task_print_all();
}

void machine_die(const char *why)
{
	machine_print_waits();
	fprintf(stderr, "%s\n", why);
	fflush(NULL);
	_exit(70);
}
