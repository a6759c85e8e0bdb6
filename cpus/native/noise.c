/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host did to our threads, from /proc: how long each was ready to run
 * and did not (schedstat, ns), how often it was taken off its processor or
 * moved (status, sched), and what a hypervisor stole from the processors in
 * use (stat, ticks of 1 / sysconf(_SC_CLK_TCK) s). Linux: proc(5),
 * Documentation/scheduler/sched-stats.rst.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cpus/native/native.h"

static FILE *open_of(const struct cpu *cpu, const char *name)
{
	const struct native_cpu *native = cpu->own.machine;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", native->tid,
		 name);
	return fopen(path, "re");
}

static bool add_run_delay(const struct cpu *cpu, u64 *ns)
{
	FILE *file = open_of(cpu, "schedstat");
	unsigned long long ran, waited;
	bool known = file && fscanf(file, "%llu %llu", &ran, &waited) == 2;

	if (known)
		*ns += waited;
	if (file)
		fclose(file);
	return known;
}

/* Adds the number in the line that begins with `name`, if there is one. */
static void add_line(const struct cpu *cpu, const char *from,
		     const char *name, u64 *sum)
{
	FILE *file = open_of(cpu, from);
	unsigned long long number;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');

		if (colon && !strncmp(line, name, strlen(name)) &&
		    sscanf(colon + 1, "%llu", &number) == 1) {
			*sum += number;
			break;
		}
	}
	if (file)
		fclose(file);
}

static bool is_used(unsigned os_index)
{
	unsigned cpu;

	for_each_online_cpu(cpu)
		if (native_topology->pus[cpus[cpu]->own.pu].os_index ==
		    os_index)
			return true;
	return false;
}

/* "cpu3 user nice system idle iowait irq softirq steal ...", in ticks. */
static u64 stolen_ns(void)
{
	FILE *file = fopen("/proc/stat", "re");
	u64 tick_ns = 1000000000 / (u64)sysconf(_SC_CLK_TCK), ticks = 0;
	unsigned long long steal;
	unsigned os_index;
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "cpu%u %*u %*u %*u %*u %*u %*u %*u %llu",
			   &os_index, &steal) == 2 && is_used(os_index))
			ticks += steal;
	if (file)
		fclose(file);
	return ticks * tick_ns;
}

void machine_noise_read(struct machine_noise *out)
{
	unsigned cpu;

	*out = (struct machine_noise){ .known = true };
	for_each_online_cpu(cpu) {
		if (!add_run_delay(cpus[cpu], &out->run_delay_ns))
			out->known = false;
		add_line(cpus[cpu], "status", "nonvoluntary_ctxt_switches",
			 &out->preemptions);
		add_line(cpus[cpu], "sched", "se.nr_migrations",
			 &out->migrations);
	}
	out->steal_ns = stolen_ns();
}

/* ---- nothing is known of cache lines, nor of allocations ---- */
void machine_allocs_note(void)
{
}

bool machine_alloc_find(const void *p, struct machine_alloc *out)
{
	return false;
}

void machine_lines_count(bool on)
{
}

unsigned machine_lines_read(struct machine_lines *sum,
			    struct machine_line *lines, unsigned nr,
			    machine_line_choice_t leave_out, const void *arg)
{
	*sum = (struct machine_lines){ .nr_lines = 0 };
	return 0;
}
