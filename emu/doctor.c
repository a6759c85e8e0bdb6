/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks that read what the host says of itself: see doctor.h. */
#include "emu/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NS_PER_S	1000000000ull
#define GIB		(1ull << 30)
/* Less free memory than this and the default run (1 GiB a node) may swap. */
#define MEMORY_MIN	(2 * GIB)

const struct doctor_check doctor_checks[] = {
	{ "processors", doctor_processors },
	{ "quota", doctor_quota },
	{ "binding", doctor_binding },
	{ "smt", doctor_smt },
	{ "numa", doctor_numa },
	{ "memory", doctor_memory },
	{ "virtual", doctor_virtual },
	{ "clock", doctor_clock },
	{ "frequency", doctor_frequency },
	{ "load", doctor_load },
	{ "quiet", doctor_quiet },
	{ "distance", doctor_distance },
	{ NULL, NULL },
};

const char *doctor_verdict_word(enum doctor_verdict verdict)
{
	static const char *const words[] = {
		[DOCTOR_GOOD] = "good", [DOCTOR_UNKNOWN] = "unknown",
		[DOCTOR_WARN] = "warn", [DOCTOR_BAD] = "bad",
	};

	return words[verdict];
}

void doctor_say(struct doctor_finding *out, enum doctor_verdict verdict,
		const char *format, ...)
{
	va_list args;

	out->verdict = verdict;
	va_start(args, format);
	vsnprintf(out->text, sizeof(out->text), format, args);
	va_end(args);
}

void doctor_advise(struct doctor_finding *out, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(out->advice, sizeof(out->advice), format, args);
	va_end(args);
}

/* ---- reading files ---------------------------------------------------- */
static FILE *open_below(const struct doctor *doctor, const char *path)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "%s%s", doctor->root, path);
	return fopen(whole, "re");
}

/* The first line without its newline. False: the file cannot be read. */
static bool read_line(const struct doctor *doctor, const char *path,
		      char *line, int size)
{
	FILE *file = open_below(doctor, path);
	bool read = file && fgets(line, size, file);

	if (read)
		line[strcspn(line, "\n")] = '\0';
	if (file)
		fclose(file);
	return read;
}

/* The text behind "NAME" and blanks or a colon, of the first such line. */
static bool read_field(const struct doctor *doctor, const char *path,
		       const char *name, char *value, size_t size)
{
	FILE *file = open_below(doctor, path);
	size_t length = strlen(name);
	bool found = false;
	char *line = NULL;
	size_t room = 0;

	while (file && !found && getline(&line, &room, file) > 0) {
		const char *at = line + length;

		if (strncmp(line, name, length) || !strchr(" \t:", *at))
			continue;
		snprintf(value, size, "%s", at + strspn(at, " \t:"));
		value[strcspn(value, "\n")] = '\0';
		found = true;
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || at[-1] == ' ') &&
		    (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

/* ---- processors ------------------------------------------------------- */
void doctor_processors(const struct doctor *doctor,
		       struct doctor_finding *out)
{
	unsigned nr = doctor->topology->nr_pus;
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	out->figures = json_pack("{s:i, s:I}", "pus", (int)nr, "online",
				 (json_int_t)online);
	if (nr == 1)
		doctor_say(out, DOCTOR_WARN, "one PU: no contention to "
			   "measure, only costs");
	else
		doctor_say(out, (long)nr < online ? DOCTOR_WARN : DOCTOR_GOOD,
			   "%u PUs of the %ld that are online", nr, online);
	if ((long)nr < online)
		doctor_advise(out, "the rest is outside of this process's "
			      "cpuset (taskset, cgroup)");
	else if (nr == 1)
		doctor_advise(out, "use a machine with more PUs, or -m sim");
}

/* "max 100000" or "50000 100000": microseconds in each period. */
void doctor_quota(const struct doctor *doctor, struct doctor_finding *out)
{
	long long quota = -1, period = 0;
	char line[128];

	if (read_line(doctor, "/sys/fs/cgroup/cpu.max", line, sizeof(line))) {
		if (sscanf(line, "%lld %lld", &quota, &period) != 2)
			quota = -1;
	} else if (read_line(doctor, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
			     line, sizeof(line))) {
		quota = atoll(line);
		if (read_line(doctor, "/sys/fs/cgroup/cpu/cpu.cfs_period_us",
			      line, sizeof(line)))
			period = atoll(line);
	}
	if (quota < 0 || period <= 0) {
		doctor_say(out, DOCTOR_GOOD, "no CPU quota seen");
		return;
	}
	doctor_say(out, (double)quota / (double)period <
		   doctor->topology->nr_pus ? DOCTOR_BAD : DOCTOR_GOOD,
		   "the cgroup allows %.2f CPUs' time (%lld us in each %lld)",
		   (double)quota / (double)period, quota, period);
	if (out->verdict == DOCTOR_BAD)
		doctor_advise(out, "raise cpu.max: threads are stopped in the "
			      "middle of what is measured");
}

void doctor_smt(const struct doctor *doctor, struct doctor_finding *out)
{
	const struct topology *topology = doctor->topology;
	unsigned siblings = 0;

	for (unsigned i = 0; i < topology->nr_pus; i++)
		siblings += topology->pus[i].smt_rank > 0;
	if (!siblings) {
		doctor_say(out, DOCTOR_GOOD, "one PU a core, as far as the "
			   "host shows");
		return;
	}
	doctor_say(out, DOCTOR_GOOD, "%u of %u PUs share a core with another",
		   siblings, topology->nr_pus);
	doctor_advise(out, "siblings share L1 and execution units: --place "
		      "smt-last uses them last");
}

/* ---- memory ----------------------------------------------------------- */
void doctor_numa(const struct doctor *doctor, struct doctor_finding *out)
{
	unsigned nr = doctor->topology->nr_nodes;
	char line[64];

	doctor_say(out, DOCTOR_GOOD, "%u memory node%s", nr,
		   nr == 1 ? "" : "s");
	if (nr < 2 || !read_line(doctor, "/proc/sys/kernel/numa_balancing",
				 line, sizeof(line)) || !strcmp(line, "0"))
		return;
	doctor_say(out, DOCTOR_WARN, "%u memory nodes; the host moves pages "
		   "between them (numa_balancing %s)", nr, line);
	doctor_advise(out, "sysctl kernel.numa_balancing=0");
}

void doctor_memory(const struct doctor *doctor, struct doctor_finding *out)
{
	unsigned long long free_bytes, limit;
	char value[64], line[64];

	if (!read_field(doctor, "/proc/meminfo", "MemAvailable", value,
			sizeof(value))) {
		doctor_say(out, DOCTOR_UNKNOWN, "no MemAvailable in "
			   "/proc/meminfo");
		return;
	}
	free_bytes = strtoull(value, NULL, 10) * 1024;
	if (read_line(doctor, "/sys/fs/cgroup/memory.max", line,
		      sizeof(line)) &&
	    sscanf(line, "%llu", &limit) == 1 && limit < free_bytes)
		free_bytes = limit;
	doctor_say(out, free_bytes < MEMORY_MIN ? DOCTOR_WARN : DOCTOR_GOOD,
		   "%.1f GiB available", (double)free_bytes / (double)GIB);
	if (free_bytes < MEMORY_MIN)
		doctor_advise(out, "keep --memory below that: emulated memory "
			      "is the host's as it is touched");
}

/* ---- time ------------------------------------------------------------- */
static unsigned long long stolen_ticks(const struct doctor *doctor,
				       unsigned long long *total)
{
	unsigned long long t[8] = { 0 };
	char value[256];

	*total = 0;
	if (!read_field(doctor, "/proc/stat", "cpu", value, sizeof(value)) ||
	    sscanf(value, "%llu %llu %llu %llu %llu %llu %llu %llu", &t[0],
		   &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
		return 0;
	for (int i = 0; i < 8; i++)
		*total += t[i];
	return t[7];
}

void doctor_virtual(const struct doctor *doctor, struct doctor_finding *out)
{
	unsigned long long total, stolen = stolen_ticks(doctor, &total);
	double share = total ? 100.0 * (double)stolen / (double)total : 0;
	char flags[8192];

	if (!read_field(doctor, "/proc/cpuinfo", "flags", flags,
			sizeof(flags))) {
		doctor_say(out, DOCTOR_UNKNOWN, "processor flags unknown");
		return;
	}
	if (!has_word(flags, "hypervisor")) {
		doctor_say(out, DOCTOR_GOOD, "no hypervisor");
		return;
	}
	out->figures = json_pack("{s:f}", "steal_percent_since_boot", share);
	doctor_say(out, DOCTOR_WARN, "a guest of a hypervisor, which took "
		   "%.2f %% of the time since it started", share);
	doctor_advise(out, "believe ratios of one run, not times of two; "
		      "--repeat 10 gives intervals");
}

void doctor_clock(const struct doctor *doctor, struct doctor_finding *out)
{
	char flags[8192], source[64] = "unknown";
	bool constant;

	read_line(doctor, "/sys/devices/system/clocksource/clocksource0/"
		  "current_clocksource", source, sizeof(source));
	constant = read_field(doctor, "/proc/cpuinfo", "flags", flags,
			      sizeof(flags)) &&
		has_word(flags, "constant_tsc") &&
		has_word(flags, "nonstop_tsc");
	if (constant) {
		doctor_say(out, DOCTOR_GOOD, "the TSC is constant and never "
			   "stops; the host's clock is %s", source);
		return;
	}
	doctor_say(out, DOCTOR_WARN, "no constant TSC: the host's clock (%s) "
		   "is read instead, and sampled less often", source);
}

static bool turbo_is_on(const struct doctor *doctor)
{
	char line[32];

	if (read_line(doctor, "/sys/devices/system/cpu/intel_pstate/no_turbo",
		      line, sizeof(line)))
		return !strcmp(line, "0");
	return read_line(doctor, "/sys/devices/system/cpu/cpufreq/boost",
			 line, sizeof(line)) && !strcmp(line, "1");
}

void doctor_frequency(const struct doctor *doctor,
		      struct doctor_finding *out)
{
	char path[96], governor[64];

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%u/cpufreq/scaling_governor",
		 doctor->topology->pus[0].os_index);
	if (!read_line(doctor, path, governor, sizeof(governor))) {
		doctor_say(out, DOCTOR_UNKNOWN, "the host shows no frequency "
			   "control; it cannot be held constant from here");
		return;
	}
	if (strcmp(governor, "performance")) {
		doctor_say(out, DOCTOR_WARN, "the governor is %s: frequency "
			   "changes during a run", governor);
		doctor_advise(out, "cpupower frequency-set -g performance");
	} else if (turbo_is_on(doctor)) {
		doctor_say(out, DOCTOR_WARN, "the governor is performance, "
			   "but turbo is on: few CPUs run faster than many");
		doctor_advise(out, "switch turbo off to compare CPU counts: "
			      "intel_pstate/no_turbo or cpufreq/boost");
	} else {
		doctor_say(out, DOCTOR_GOOD, "the governor is performance, "
			   "turbo is off");
	}
}

void doctor_load(const struct doctor *doctor, struct doctor_finding *out)
{
	char line[128];
	double load;

	if (!read_line(doctor, "/proc/loadavg", line, sizeof(line)) ||
	    sscanf(line, "%lf", &load) != 1) {
		doctor_say(out, DOCTOR_UNKNOWN, "no load average");
		return;
	}
	doctor_say(out, load > 0.5 ? DOCTOR_WARN : DOCTOR_GOOD,
		   "load average %.2f", load);
	if (load > 0.5)
		doctor_advise(out, "something else ran in the last minute");
}
