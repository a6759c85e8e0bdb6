/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The doctor's checks on planted hosts: files below a directory of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "emu/doctor.h"

static char root[] = "/tmp/test-doctor.XXXXXX";
static struct topology *topology;

static int make_root(void **state)
{
	struct topology_error err;

	(void)state;
	return !mkdtemp(root) || topology_create(&topology,
		TOPOLOGY_SYNTHETIC, "pack:2 core:2 pu:2", &err);
}

static void shell(const char *format, const char *argument)
{
	char command[1024];

	snprintf(command, sizeof(command), format, root, argument);
	assert_int_equal(system(command), 0);
}

static int remove_root(void **state)
{
	(void)state;
	shell("rm -rf '%s' # %s", "");
	topology_destroy(topology);
	return 0;
}

/* The next host has no files but those that are planted. */
static void new_host(void)
{
	shell("rm -rf '%s'/* # %s", "");
}

static void plant(const char *path, const char *text)
{
	char whole[256], *slash;
	FILE *file;

	snprintf(whole, sizeof(whole), "%s", path);
	slash = strrchr(whole, '/');
	*slash = '\0';
	shell("mkdir -p '%s%s'", whole);
	snprintf(whole, sizeof(whole), "%s%s", root, path);
	file = fopen(whole, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	fclose(file);
}

static void examine(void (*check)(const struct doctor *doctor,
				  struct doctor_finding *out),
		    enum doctor_verdict verdict, const char *text,
		    const char *advice)
{
	const struct doctor doctor = { .root = root, .topology = topology };
	struct doctor_finding finding = { .figures = NULL };

	check(&doctor, &finding);
	json_decref(finding.figures);
	if (finding.verdict != verdict || !strstr(finding.text, text) ||
	    !strstr(finding.advice, advice))
		fail_msg("%s: %s -> %s", doctor_verdict_word(finding.verdict),
			 finding.text, finding.advice);
	if (!*advice)
		assert_string_equal(finding.advice, "");
}

static void quota_stops_threads(void **state)
{
	(void)state;
	new_host();
	examine(doctor_quota, DOCTOR_GOOD, "no CPU quota", "");
	plant("/sys/fs/cgroup/cpu.max", "max 100000\n");
	examine(doctor_quota, DOCTOR_GOOD, "no CPU quota", "");
	plant("/sys/fs/cgroup/cpu.max", "150000 100000\n");
	examine(doctor_quota, DOCTOR_BAD, "1.50 CPUs' time", "cpu.max");
	plant("/sys/fs/cgroup/cpu.max", "800000 100000\n");
	examine(doctor_quota, DOCTOR_GOOD, "8.00 CPUs' time", "");
	new_host();
	plant("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
	plant("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
	examine(doctor_quota, DOCTOR_GOOD, "no CPU quota", "");
	plant("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
	examine(doctor_quota, DOCTOR_BAD, "0.50 CPUs' time", "cpu.max");
}

static void siblings_and_nodes_are_counted(void **state)
{
	(void)state;
	new_host();
	examine(doctor_smt, DOCTOR_GOOD, "4 of 8 PUs share", "smt-last");
	examine(doctor_numa, DOCTOR_GOOD, "1 memory node", "");
}

static void memory_is_what_the_cgroup_leaves(void **state)
{
	(void)state;
	new_host();
	examine(doctor_memory, DOCTOR_UNKNOWN, "MemAvailable", "");
	plant("/proc/meminfo", "MemTotal: 99 kB\nMemFree: 1 kB\n"
	      "MemAvailable:   6291456 kB\n");
	examine(doctor_memory, DOCTOR_GOOD, "6.0 GiB", "");
	plant("/sys/fs/cgroup/memory.max", "max\n");
	examine(doctor_memory, DOCTOR_GOOD, "6.0 GiB", "");
	plant("/sys/fs/cgroup/memory.max", "1073741824\n");
	examine(doctor_memory, DOCTOR_WARN, "1.0 GiB", "--memory");
}

static void guests_are_told_from_hosts(void **state)
{
	(void)state;
	new_host();
	examine(doctor_virtual, DOCTOR_UNKNOWN, "unknown", "");
	plant("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu tsc "
	      "constant_tsc nonstop_tsc\n");
	examine(doctor_virtual, DOCTOR_GOOD, "no hypervisor", "");
	plant("/proc/cpuinfo", "flags\t\t: fpu hypervisor tsc\n");
	/* 100 of 10000 ticks; cpu0's line is not the sum's */
	plant("/proc/stat", "cpu  1000 0 900 8000 0 0 0 100 0 0\n"
	      "cpu0 1 1 1 1 1 1 1 99 0 0\n");
	examine(doctor_virtual, DOCTOR_WARN, "1.00 %", "ratios");
}

static void clock_must_be_constant(void **state)
{
	(void)state;
	new_host();
	plant("/proc/cpuinfo", "flags\t\t: fpu constant_tsc nonstop_tsc_s3\n");
	plant("/sys/devices/system/clocksource/clocksource0/"
	      "current_clocksource", "hpet\n");
	examine(doctor_clock, DOCTOR_WARN, "hpet", "");
	plant("/proc/cpuinfo", "flags\t\t: fpu constant_tsc nonstop_tsc\n");
	examine(doctor_clock, DOCTOR_GOOD, "constant", "");
}

static void frequency_should_not_change(void **state)
{
	static const char governor[] =
		"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";

	(void)state;
	new_host();
	examine(doctor_frequency, DOCTOR_UNKNOWN, "no frequency control", "");
	plant(governor, "powersave\n");
	examine(doctor_frequency, DOCTOR_WARN, "powersave", "cpupower");
	plant(governor, "performance\n");
	examine(doctor_frequency, DOCTOR_GOOD, "turbo is off", "");
	plant("/sys/devices/system/cpu/cpufreq/boost", "1\n");
	examine(doctor_frequency, DOCTOR_WARN, "turbo is on", "boost");
	plant("/sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
	examine(doctor_frequency, DOCTOR_GOOD, "turbo is off", "");
	plant("/sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
	examine(doctor_frequency, DOCTOR_WARN, "turbo is on", "no_turbo");
}

static void load_is_noise(void **state)
{
	(void)state;
	new_host();
	examine(doctor_load, DOCTOR_UNKNOWN, "no load average", "");
	plant("/proc/loadavg", "0.10 2.00 3.00 1/100 42\n");
	examine(doctor_load, DOCTOR_GOOD, "0.10", "");
	plant("/proc/loadavg", "2.10 0.00 0.00 1/100 42\n");
	examine(doctor_load, DOCTOR_WARN, "2.10", "something else");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quota_stops_threads),
		cmocka_unit_test(siblings_and_nodes_are_counted),
		cmocka_unit_test(memory_is_what_the_cgroup_leaves),
		cmocka_unit_test(guests_are_told_from_hosts),
		cmocka_unit_test(clock_must_be_constant),
		cmocka_unit_test(frequency_should_not_change),
		cmocka_unit_test(load_is_noise),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
