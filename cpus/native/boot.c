/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making and running the native machine: one thread for each CPU, bound to
 * its processing unit. Threads are made and bound by machine_create(), so that
 * it can say what this host cannot do, and wait at a gate for machine_run().
 * The thread that calls machine_run() is no CPU: it is the watchdog meanwhile.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cpus/native/native.h"

#define EXIT_MUST	70
#define STOP_WAIT_NS	1000000000UL

const struct topology *native_topology;
static int *bind_errors;	/* one a CPU, valid once counted in nr_bound */
static u32 nr_bound;		/* futex */
static u32 gate_open;		/* futex */
static u32 finished;		/* futex: fn has returned */
static u64 run_start_ns, run_ns;
static void (*run_fn)(void *arg);
static void *run_arg;
static void (*heartbeat)(void);

/* ---- threads ---- */
static void *cpu_thread(void *arg)
{
	struct cpu *cpu = arg;

	native_self = cpu;
	native_percpu_offset = cpu->own.percpu_offset;
	native_this()->tid = gettid();
	/* Short sleeps are to be short; 50 us more is the host's default. */
	if (native_oversubscribed)
		prctl(PR_SET_TIMERSLACK, 1);
	bind_errors[cpu->own.id] = topology_bind_thread(native_topology,
							cpu->own.pu);
	__atomic_fetch_add(&nr_bound, 1, __ATOMIC_RELEASE);
	native_futex_wake(&nr_bound);
	while (!smp_load_acquire(&gate_open))
		native_futex_wait(&gate_open, 0, ~0UL);
	native_rcu_attach();
	task_idle_loop();
	cpu_stop_here();
}

/* The thread's own stack is the idle task's; it must be adopted there. */
static void *cpu_thread_start(void *arg)
{
	struct cpu *cpu = arg;

	task_create_idle(cpu->own.id, fiber_adopt_thread());
	return cpu_thread(cpu);
}

static int check_bound(char *error, size_t error_size)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		if (!bind_errors[cpu])
			continue;
		snprintf(error, error_size, "CPU %u cannot be bound to PU %u: "
			 "%s", cpu,
			 native_topology->pus[cpus[cpu]->own.pu].os_index,
			 bind_errors[cpu] == -ENOSYS ?
			 "the topology is not this host's" :
			 bind_errors[cpu] == -EXDEV ?
			 "the host bound it elsewhere" :
			 strerror(-bind_errors[cpu]));
		return -ENOSPC;
	}
	return 0;
}

static int start_threads(char *error, size_t error_size)
{
	unsigned cpu;
	u32 n;

	bind_errors = calloc(nr_cpu_ids, sizeof(*bind_errors));
	must(bind_errors);
	for_each_online_cpu(cpu) {
		pthread_t thread;
		int err = pthread_create(&thread, NULL, cpu_thread_start,
					 cpus[cpu]);

		if (err) {
			snprintf(error, error_size,
				 "this host gives no thread for CPU %u: %s",
				 cpu, strerror(err));
			return -ENOSPC;
		}
		pthread_detach(thread);
	}
	while ((n = smp_load_acquire(&nr_bound)) < nr_cpu_ids)
		native_futex_wait(&nr_bound, n, ~0UL);
	return check_bound(error, error_size);
}

static int check_sharing(const struct machine_config *config, char *error,
			 size_t error_size)
{
	bool *taken = calloc(config->topology->nr_pus, sizeof(*taken));
	unsigned cpu, nr_shared = 0;

	must(taken);
	for_each_online_cpu(cpu) {
		nr_shared += taken[config->pu_of_cpu[cpu]];
		taken[config->pu_of_cpu[cpu]] = true;
	}
	free(taken);
	if (!nr_shared || config->oversubscribe)
		return 0;
	snprintf(error, error_size, "%u CPUs need as many PUs, but %u of them "
		 "would share one", nr_cpu_ids, nr_shared);
	return -ENOSPC;
}

int machine_create(const struct machine_config *config, char *error,
		   size_t error_size)
{
	unsigned cpu;
	int err;

	native_clock_init();
	native_topology = config->topology;
	native_memory_init(native_topology);
	native_set_oversubscribed(config->oversubscribe);
	err = cpus_create(config, error, error_size);
	if (!err)
		err = check_sharing(config, error, error_size);
	if (!err)
		err = arena_create(config, error, error_size);
	if (err)
		return err;
	native_cpus = aligned_alloc(CACHELINE,
				    nr_cpu_ids * sizeof(*native_cpus));
	must(native_cpus);
	memset(native_cpus, 0, nr_cpu_ids * sizeof(*native_cpus));
	for_each_online_cpu(cpu)
		cpus[cpu]->own.machine = &native_cpus[cpu];
	tasks_create();
	tlb_create_all();
	rcu_create();
	return start_threads(error, error_size);
}

/* ---- running ---- */
bool machine_stopping(void)
{
	return smp_load_acquire(&finished);
}

static void first_task(void *arg)
{
	cpu_init_kernel();
	run_fn(run_arg);
	smp_store_release(&finished, 1);
	native_futex_wake(&finished);
	cpu_stop_here();
}

/* A CPU that spins with interrupts off does not hear; it is left behind. */
static void stop_all(void)
{
	u64 until = sched_clock() + STOP_WAIT_NS;
	unsigned cpu;

	for_each_online_cpu(cpu)
		machine_kick(cpu, CPU_IRQ_STOP);
	while (cpus_stopped() < nr_cpu_ids && sched_clock() < until)
		usleep(20);
}

void machine_run(void (*fn)(void *arg), void *arg)
{
	run_fn = fn;
	run_arg = arg;
	run_start_ns = sched_clock();
	native_watchdog_start();
	task_create(0, "swapper/0", first_task, NULL);
	smp_store_release(&gate_open, 1);
	native_futex_wake(&gate_open);
	while (!smp_load_acquire(&finished)) {
		native_futex_wait(&finished, 0, WATCHDOG_PERIOD_NS);
		native_watchdog();
	}
	run_ns = sched_clock() - run_start_ns;
	stop_all();
}

void machine_set_heartbeat(void (*beat)(void))
{
	heartbeat = beat;
}

void native_beat(void)
{
	if (heartbeat)
		heartbeat();
}

void machine_stat_read(struct machine_stat *out)
{
	unsigned cpu;

	*out = (struct machine_stat){ 0 };
	for_each_online_cpu(cpu)
		out->switches += READ_ONCE(cpus[cpu]->own.nr_switches);
	out->host_ns = run_ns ? run_ns : sched_clock() - run_start_ns;
}

void machine_count_atomics(const void *from, size_t size)
{
}

void machine_die(const char *why)
{
	machine_print_waits();
	fprintf(stderr, "%s\n", why);
	_exit(EXIT_MUST);
}
