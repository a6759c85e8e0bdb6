/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is the machine getting on? A CPU got on if it has ended a wait, switched
 * tasks, taken a call or said so itself since the last look, or if it is
 * neither in a wait (it would have called cpu_relax) nor asleep. While some CPU
 * gets on, the heart beats; when none has for a while, what each waits for is
 * printed. Of a CPU that gets on only because it neither waits nor sleeps, and
 * that for long, the kernel would say that it is locked up, and so it is said
 * here; it may still come back. It is the CPUs' tick as well.
 */
#include "cpus/native/native.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define STUCK_NS	5000000000UL

u64 soft_lockup_ns = 10000000000UL;

static u64 progress_of(const struct cpu *cpu)
{
	u64 sum = READ_ONCE(cpu->own.nr_switches) +
		  READ_ONCE(cpu->own.nr_ipis_received) +
		  READ_ONCE(cpu->own.nr_got_on);
	unsigned what;

	for (what = 0; what < NR_CPU_TIMES; what++)
		sum += READ_ONCE(cpu->own.time_ns[what]);
	return sum;
}

/* ---- one that computes for long ---- */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	dump_interrupted(interrupted_at(context));
}

void native_watchdog_start(void)
{
	struct sigaction action = {
		.sa_sigaction	= on_signal,
		.sa_flags	= SA_SIGINFO | SA_RESTART,
	};

	must(!sigaction(SIGPROF, &action, NULL));
}

/* At this look it did nothing but compute. Looks are counted, not time: none
 * are taken while the process is stopped. */
static void computes(struct native_cpu *native, const struct cpu *cpu)
{
	u64 ns = ++native->nr_computes * WATCHDOG_PERIOD_NS;

	if (ns < soft_lockup_ns || ns - WATCHDOG_PERIOD_NS >= soft_lockup_ns)
		return;
	soft_lockup_print(cpu, ns);
	syscall(SYS_tgkill, getpid(), native->tid, SIGPROF);
}

static bool got_on(const struct cpu *cpu)
{
	struct native_cpu *native = cpu->own.machine;
	u64 progress = progress_of(cpu);
	u64 relaxed = READ_ONCE(native->nr_relaxed);
	bool on = progress != native->seen_progress;

	if (relaxed != native->seen_relaxed || READ_ONCE(cpu->own.in_idle) ||
	    on) {
		native->nr_computes = 0;
	} else {
		computes(native, cpu);
		on = true;
	}
	native->seen_progress = progress;
	native->seen_relaxed = relaxed;
	return on;
}

/* Looks at its timers: cheaper than that each CPU looks at the clock. */
static void tick(struct cpu *cpu)
{
	if (!READ_ONCE(cpu->own.in_idle))
		__atomic_fetch_or(&cpu->seen.pending, CPU_IRQ_WAKE,
				  __ATOMIC_RELAXED);
}

/* Of all lines the last is what the program's user gets to see first. */
static void tell(u64 ns)
{
	char busy[64];

	cpus_print_busy(busy, sizeof(busy));
	printk("no CPU has got on for %lu s", ns / 1000000000);
	machine_print_waits();
	printk("no CPU has got on for %lu s; not idle: %s", ns / 1000000000,
	       busy);
}

void native_watchdog(void)
{
	static u64 last_ns, told_ns;
	u64 now = sched_clock();
	bool on = false;
	unsigned cpu;

	for_each_online_cpu(cpu) {
		on |= got_on(cpus[cpu]);
		tick(cpus[cpu]);
	}
	if (on || !last_ns) {
		last_ns = now;
		native_beat();
	} else if (now - last_ns > STUCK_NS && told_ns != last_ns) {
		told_ns = last_ns;
		tell(now - last_ns);
	}
}

/* Looks at others' own fields as they are: for people, not for decisions. */
__attribute__((no_sanitize("thread")))
void machine_print_waits(void)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		const struct cpu *c = cpus[cpu];
		const struct task_struct *task = READ_ONCE(c->own.current_task);

		if (!task)
			continue;
		printk("CPU %u %s %s/%d%s%s, preempt_count %x, interrupts %s, "
		       "pending %x", cpu,
		       READ_ONCE(c->own.in_idle) ? "idles in" :
		       c->own.nr_spinning ? "spins in" : "runs",
		       task->comm, task->pid,
		       task->blocked_on ? " for " : "",
		       task->blocked_on ? task->blocked_on : "",
		       (unsigned)c->own.preempt_count,
		       c->own.irqs_off ? "off" : "on",
		       READ_ONCE(c->seen.pending));
	}
	task_print_all();
}
