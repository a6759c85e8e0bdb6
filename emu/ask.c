/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to an engine: see ask.h. */
#include "emu/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/usage.h"

char *ask_find_engine(const char *machine)
{
	const char *dir = getenv("SHOOTDOWN_ENGINE_DIR");
	char self[PATH_MAX] = "", *slash, *path;
	ssize_t length;

	if (dir && *dir)
		return asprintf(&path, "%s/shootdown-%s", dir, machine) < 0 ?
			NULL : path;
	length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	slash = length > 0 ? strrchr(self, '/') : NULL;
	if (slash) {
		*slash = '\0';
		if (asprintf(&path, "%s/shootdown-%s", self, machine) < 0)
			return NULL;
		if (!access(path, X_OK))
			return path;
		free(path);
	}
	return asprintf(&path, "%s/shootdown-%s", PKGLIBEXECDIR, machine) < 0 ?
		NULL : path;
}

/* Starts `engine mode`; returns its output to read, or NULL. */
static FILE *start(const char *engine, const char *mode, int input,
		   pid_t *pid)
{
	int fds[2];
	FILE *file;

	if (pipe(fds))
		return NULL;
	*pid = fork();
	if (*pid == 0) {
		if (input >= 0)
			dup2(input, STDIN_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execl(engine, engine, mode, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	file = *pid > 0 ? fdopen(fds[0], "r") : NULL;
	if (!file)
		close(fds[0]);
	return file;
}

json_t *ask_engine(const char *engine, const char *mode, int input)
{
	json_error_t error;
	json_t *root;
	int status = -1;
	pid_t pid;
	FILE *file;

	if (access(engine, X_OK)) {
		usage_note("no engine at %s: %s", engine, strerror(errno));
		return NULL;
	}
	file = start(engine, mode, input, &pid);
	if (!file) {
		usage_note("cannot start %s: %s", engine, strerror(errno));
		return NULL;
	}
	root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	waitpid(pid, &status, 0);
	if (root && json_is_object(root) && WIFEXITED(status) &&
	    !WEXITSTATUS(status))
		return root;
	usage_note("%s %s failed: %s", engine, mode,
		   root ? "it did not exit with 0" : error.text);
	json_decref(root);
	return NULL;
}
