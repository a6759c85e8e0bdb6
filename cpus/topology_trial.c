/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What may kill its process is tried in another: see topology_parts.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpus/topology_parts.h"

#define TRIAL_CPU_S	10
#define TRIAL_BYTES	(8UL << 30)

static void limit(int resource, unsigned long most)
{
	struct rlimit limits = { most, most };

	setrlimit(resource, &limits);
}

/* Sanitizers reserve terabytes of addresses. */
static bool addresses_are_memory(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#elif defined(__has_feature)
	return !__has_feature(address_sanitizer) &&
	       !__has_feature(thread_sanitizer);
#else
	return true;
#endif
}

/* Its death is expected: nobody's handler, no words, no core. */
static void be_expendable(void)
{
	static const int deadly[] = { SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL,
				      SIGALRM, SIGINT, SIGTERM };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (unsigned i = 0; i < ARRAY_SIZE(deadly); i++)
		signal(deadly[i], SIG_DFL);
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_CPU, TRIAL_CPU_S);
	if (addresses_are_memory())
		limit(RLIMIT_AS, TRIAL_BYTES);
}

bool topology_survives(void (*work)(const char *spec), const char *spec)
{
	pid_t child = fork();
	int status;

	if (child < 0)
		return true;
	if (!child) {
		be_expendable();
		work(spec);
		_exit(0);
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return true;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
