/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel log, the kernel's bug reports and our own assertions: all on the
 * engine's standard error, each line by one write so that lines of CPUs do
 * not mix.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpus/twin.h"

#define LINE_SIZE	512
#define NR_BUGS_KEPT	64

static unsigned nr_bugs;			/* atomics: reports begun */
static char bug_text[NR_BUGS_KEPT][LINE_SIZE / 2];
static bool bug_kept[NR_BUGS_KEPT];		/* release: text is whole */

static void print_line(const char *prefix, const char *fmt, va_list args)
{
	const struct cpu *cpu = this_cpu();
	u64 us = machine_clock_any() / 1000;
	char line[LINE_SIZE], who[16] = "host";
	int n, len;

	if (cpu)
		snprintf(who, sizeof(who), "CPU%u", cpu->own.id);
	n = snprintf(line, sizeof(line), "[%6s %4lu.%06lu] %.128s", who,
		     us / 1000000, us % 1000000, prefix);
	len = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, args);
	if (len > 0)
		n = min_t(int, n + len, (int)sizeof(line) - 2);
	if (line[n - 1] != '\n')
		line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) != n)
		return;		/* nobody listens */
}

void printk(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line("", fmt, args);
	va_end(args);
}

void kernel_vprintk(const char *prefix, const char *fmt, va_list args)
{
	print_line(prefix, fmt, args);
}

/* ---- taints ---- */
static u32 taints, pending_taint;		/* atomics */

void kernel_report_begins(void)
{
	__atomic_fetch_or(&taints, xchg(&pending_taint, 0), __ATOMIC_RELAXED);
}

void kernel_report_taints(u32 taint)
{
	WRITE_ONCE(pending_taint, taint);
}

/* A letter or a blank for each of the 19 taints, G for no proprietary module:
 * kernel/panic.c, 6.12. */
const char *print_tainted(void)
{
	static const char *const texts[] = {
		"Not tainted", "Tainted: G    B             ",
		"Tainted: G        W         ", "Tainted: G    B   W         ",
	};

	return texts[READ_ONCE(taints) & (TAINT_BAD_PAGE | TAINT_WARN)];
}

void kernel_vbug(const char *prefix, const char *fmt, va_list args)
{
	unsigned i = __atomic_fetch_add(&nr_bugs, 1, __ATOMIC_RELAXED);
	char *text = bug_text[i % NR_BUGS_KEPT];
	struct cpu *cpu = this_cpu();
	va_list again;
	int n;

	if (cpu)
		cpu->own.nr_reports++;
	kernel_report_begins();
	kernel_report_taints(TAINT_WARN);
	va_copy(again, args);
	print_line(prefix, fmt, again);
	va_end(again);
	if (i >= NR_BUGS_KEPT)
		return;
	n = snprintf(text, sizeof(bug_text[i]), "%.128s", prefix);
	vsnprintf(text + n, sizeof(bug_text[i]) - (size_t)n, fmt, args);
	smp_store_release(&bug_kept[i], true);
}

void kernel_bug(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	kernel_vbug("", fmt, args);
	va_end(args);
}

const char *source_path(const char *file)
{
	const char *path = file;

	for (const char *p = file; *p; p++) {
		const char *next = *p == '/' ? strchr(p + 1, '/') : NULL;

		/* The slash before the last but one. */
		if (next && !strchr(next + 1, '/'))
			path = p + 1;
	}
	return path;
}

void kernel_bug_at(const char *file, int line)
{
	kernel_bug("kernel BUG at %s:%d!", source_path(file), line);
	dump_stack();
}

unsigned nr_kernel_bugs(void)
{
	return READ_ONCE(nr_bugs);
}

const char *kernel_bug_text(unsigned i)
{
	if (i >= NR_BUGS_KEPT || !smp_load_acquire(&bug_kept[i]))
		return NULL;
	return bug_text[i];
}

/* The first that fails tells; what others find on the way down is noise. */
void machine_must_failed(const char *cond, const char *file, int line)
{
	static int failed;
	const struct cpu *cpu = this_cpu();
	const struct task_struct *task = cpu ? cpu->own.current_task : NULL;
	int self = cpu ? (int)cpu->own.id + 2 : 1;
	int first = xchg(&failed, self);
	char why[512];

	if (first == self)
		_exit(70);
	if (first)
		cpu_stop_here();
	snprintf(why, sizeof(why), "%s:%d: must hold: %s (task %s/%d, "
		 "preempt_count %x%s)", file, line, cond,
		 task ? task->comm : "none", task ? task->pid : 0,
		 cpu ? (unsigned)cpu->own.preempt_count : 0,
		 cpu && cpu->own.irqs_off ? ", interrupts off" : "");
	printk("%s", why);
	machine_die(why);
}
