/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine takes of the host's memory to start, run one loop on every CPU
 * and audit itself: the largest process of the run. And the CPU time of it
 * all. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench_start.h"

struct start {
	const char	*name;
	char *const	*argv;
	double		max_mib, max_s;		/* the goals; 0: none */
};

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

/* Of the program and those it started; false: it failed. */
static bool measure(char *const *argv, double *mib, double *s)
{
	posix_spawn_file_actions_t quiet;
	struct rusage usage;
	int status, err;
	pid_t child;

	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	err = posix_spawn(&child, argv[0], &quiet, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&quiet);
	if (err || wait4(child, &status, 0, &usage) != child || status)
		return false;
	*mib = (double)usage.ru_maxrss / 1024;
	*s = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	return true;
}

static const char *verdict(double value, double most)
{
	if (most == 0)
		return "shown";
	return value > most ? "MISSED" : "met";
}

static void print_start(const struct start *start, bool markdown)
{
	double mib, s;

	if (!measure(start->argv, &mib, &s)) {
		printf(markdown ? "| %s | not measured |||||\n" :
		       "  %-44s not measured\n", start->name);
		return;
	}
	printf(markdown ? "| %s | %.1f | %.0f | %s " :
	       "  %-44s %9.1f  MiB resident, at most %.0f  %s\n",
	       start->name, mib, start->max_mib, verdict(mib, start->max_mib));
	printf(markdown ? "| %.2f | %.0f | %s |\n" :
	       "  %54.2f  s of CPU time, at most %.0f  %s\n",
	       s, start->max_s, verdict(s, start->max_s));
}

void bench_print_start(bool markdown)
{
	static char *const native[] = {
		"./shootdown", "run", "page_alloc", "-c", "64", "--memory",
		"1G", "--loops", "1", "--oversubscribe", NULL,
	};
	static char *const sim[] = {
		"./shootdown", "run", "page_alloc", "-c", "64", "--memory",
		"1G", "--loops", "1", "-m", "sim", "-t",
		"pack:2 numa:1 core:32 pu:1", NULL,
	};
	static char *const large[] = {
		"./shootdown", "run", "lockhammer", "-c", "1024", "--memory",
		"64G", "--loops", "1", "-m", "sim", "-t",
		"pack:8 numa:1 l3:4 core:16 pu:2", NULL,
	};
	static const struct start starts[] = {
		{ "native, 64 CPUs, 1 GiB", native, 100, 0 },
		{ "sim, 64 CPUs, 1 GiB", sim, 100, 0 },
		{ "sim, 1024 CPUs, 64 GiB", large, 500, 1 },
	};

	printf("%s", markdown ? "\n## Start\n\nWith one loop on each CPU and "
	       "the audit.\n\n| machine | resident MiB | at most | | CPU s | "
	       "at most | |\n|---|---:|---:|---|---:|---:|---|\n" :
	       "\nStart, one loop on each CPU, audit\n");
	for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		print_start(&starts[i], markdown);
}
