/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does the CPU that runs get on? One that computes without an access and
 * without a call of the machine gives no event: its clock stands still, and
 * all other CPUs wait for it. So a timer looks now and then whether anything
 * has moved. It is one of the process's own processor time: a process that is
 * stopped, or starved by others, is not taken for one that hangs. Events pay
 * nothing for it, and it changes nothing that they see.
 *
 * Outside of events, and long, are the checks' walks as well: they are known by
 * their being inert, and are the driver's to end.
 *
 * One whose events go on is locked up when for long, in virtual time, it has
 * neither waited (cpu_relax() has a bound of its own), nor been idle, nor come
 * to where the kernel could have let another task run: schedule(),
 * cond_resched() and, as with PREEMPT_VOLUNTARY, might_sleep().
 */
#include "cpus/sim/sim.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#define LOOKS	5	/* until it is told; twice as many: the end */

/* Soon enough for the driver, whose patience ends after 10 s of real time. */
u64 soft_lockup_ns = 3000000000UL;

static struct {
	const struct sim_cpu	*cpu;
	u64			events, clock;
	unsigned		looks;		/* since when they are these */
} seen;

/* Counts this look; returns how many saw the same. */
static unsigned look(const struct sim_cpu *me)
{
	if (me->inert || me != seen.cpu || me->events != seen.events ||
	    me->clock != seen.clock)
		seen.looks = 0;
	else
		seen.looks++;
	seen.cpu = me;
	seen.events = me->events;
	seen.clock = me->clock;
	return seen.looks;
}

static void on_timer(int signal, siginfo_t *info, void *context)
{
	unsigned long ip = interrupted_at(context);
	const struct sim_cpu *me = sim.self;
	unsigned looks = look(me);
	u64 ns = soft_lockup_ns / LOOKS * looks;
	char at[KSYM_SYMBOL_LEN], why[128 + KSYM_SYMBOL_LEN];

	if (looks != LOOKS && looks != 2 * LOOKS)
		return;
	soft_lockup_print(me->cpu, ns);
	dump_interrupted(ip);
	snprintf(why, sizeof(why), "sim: CPU %u makes no progress: no event in "
		 "%lu.%lu s of the host's processor time, at %s", me->id,
		 ns / 1000000000, ns / 100000000 % 10, symbol_print(at, ip));
	if (looks == 2 * LOOKS)
		machine_die(why);
	/* Of all lines the last is what the program's user gets to see. */
	fprintf(stderr, "%s\n", why);
}

/* ---- in virtual time ---- */
static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* The innermost of the calling stack that is not the machine's own: an event
 * comes here by way of sim_pass() or sim_window(). */
static unsigned long interrupted_here(void)
{
	unsigned long trace[16];
	char name[KSYM_SYMBOL_LEN];
	bool passed = false;
	unsigned i, nr;

	nr = stack_trace_save(trace, ARRAY_SIZE(trace), 0);
	for (i = 0; i < nr; i++) {
		symbol_print(name, trace[i]);
		passed |= begins(name, "sim_pass+") ||
			  begins(name, "sim_window+");
		if (passed && !begins(name, "sim_") && !begins(name, "__tsan_"))
			return trace[i];
	}
	return 0;
}

static noinline void locked_up(const struct sim_cpu *me)
{
	u64 ns = (me->clock - me->got_on_at) / TICKS_PER_NS;
	const struct task_struct *task = me->cpu->own.current_task;
	unsigned long ip = interrupted_here();
	char at[KSYM_SYMBOL_LEN], why[160 + KSYM_SYMBOL_LEN];

	soft_lockup_print(me->cpu, ns);
	dump_interrupted(ip);
	snprintf(why, sizeof(why), "sim: CPU %u has not scheduled for %lu ms "
		 "of virtual time: %.20s/%d, at %s", me->id, ns / 1000000,
		 task->comm, task->pid, symbol_print(at, ip));
	fprintf(stderr, "%s\n", why);
	machine_die(why);
}

void sim_check_lockup(struct sim_cpu *me)
{
	if (me->nr_got_on != me->seen_got_on) {
		me->seen_got_on = me->nr_got_on;
		me->got_on_at = me->clock;
	} else if (me->clock - me->got_on_at >= LOCKUP_LIMIT) {
		locked_up(me);
	}
}

/* ---- in the host's ---- */
static void set_timer(u64 ns)
{
	struct timeval period = {
		.tv_sec		= (time_t)(ns / 1000000000),
		.tv_usec	= (suseconds_t)(ns / 1000 % 1000000),
	};

	must(!setitimer(ITIMER_PROF, &(struct itimerval){
		.it_interval = period, .it_value = period }, NULL));
}

void sim_watchdog_start(void)
{
	struct sigaction action = {
		.sa_sigaction	= on_timer,
		.sa_flags	= SA_SIGINFO | SA_RESTART,
	};

	must(!sigaction(SIGPROF, &action, NULL));
	set_timer(soft_lockup_ns / LOOKS);
}

void sim_watchdog_stop(void)
{
	set_timer(0);
}
