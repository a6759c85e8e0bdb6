/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine of 64 CPUs and 1 GiB takes of the host's memory to start, run
 * one loop on every CPU and audit itself: the largest process of the run. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench_start.h"

#define RESIDENT_MAX_MIB	100

/* Peak resident MiB of the program and those it started; < 0: it failed. */
static double peak_mib(char *const *argv)
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
		return -1;
	return (double)usage.ru_maxrss / 1024;
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
	static const struct { const char *name; char *const *argv; } runs[] = {
		{ "native", native }, { "sim", sim },
	};

	printf(markdown ? "\n## Start\n\n| 64 CPUs, 1 GiB emulated | resident "
	       "MiB | at most | |\n|---|---:|---:|---|\n" :
	       "\nStart: 64 CPUs, 1 GiB emulated, one loop each\n");
	for (unsigned i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		double mib = peak_mib(runs[i].argv);
		const char *verdict = mib < 0 ? "not measured" :
			mib > RESIDENT_MAX_MIB ? "MISSED" : "met";

		printf(markdown ? "| %s | %.1f | %d | %s |\n" :
		       "  %-44s %9.1f  MiB resident, at most %d  %s\n",
		       runs[i].name, mib, RESIDENT_MAX_MIB, verdict);
	}
}
