/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomic output: see output.h. */
#include "emu/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/usage.h"

static enum status failed(const char *path)
{
	usage_note("cannot write %s: %s", path ? path : "standard output",
		   strerror(errno));
	return STATUS_HOST;
}

/* What a link points to is replaced, not the link. */
static char *target_of(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : strdup(path);
}

static bool is_special(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

static int open_temporary(struct output *output)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&output->temporary, "%s.XXXXXX", output->path) < 0) {
		output->temporary = NULL;
		return -1;
	}
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(output->temporary);
		output->temporary = NULL;
		return -1;
	}
	fchmod(fd, 0666 & ~mask);
	return fd;
}

enum status output_open(struct output *output, const char *path)
{
	int fd;

	*output = (struct output){ .file = stdout };
	if (!path || !strcmp(path, "-"))
		return STATUS_DONE;
	if (is_special(path)) {
		output->file = fopen(path, "w");
		return output->file ? STATUS_DONE : failed(path);
	}
	output->path = target_of(path);
	fd = output->path ? open_temporary(output) : -1;
	output->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (output->file)
		return STATUS_DONE;
	failed(path);
	output_abandon(output);
	return STATUS_HOST;
}

enum status output_commit(struct output *output)
{
	bool bad = fflush(output->file) != 0 || ferror(output->file) != 0;
	enum status status = STATUS_DONE;

	if (!bad && output->path)
		bad = fsync(fileno(output->file)) != 0;
	if (!bad && output->path)
		bad = rename(output->temporary, output->path) != 0;
	if (bad)
		status = failed(output->path);
	if (!bad && output->path) {
		free(output->temporary);
		output->temporary = NULL;
	}
	output_abandon(output);
	return status;
}

void output_abandon(struct output *output)
{
	if (output->file && output->file != stdout)
		fclose(output->file);
	if (output->temporary)
		unlink(output->temporary);
	free(output->temporary);
	free(output->path);
	*output = (struct output){ 0 };
}
