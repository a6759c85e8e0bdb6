/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Atomic output: see output.h. */
#include "emu/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/usage.h"

static enum status failed(const struct output *output)
{
	usage_note("cannot write %s: %s", output->name, strerror(errno));
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

/* "FOLDER/TEXT", in the folder of the target; to free. */
static char *beside(const struct output *output, const char *text)
{
	const char *slash = strrchr(output->path, '/');
	int length = slash ? (int)(slash - output->path) + 1 : 0;
	char *path;

	if (asprintf(&path, "%.*s%s", length, output->path, text) < 0)
		return NULL;
	return path;
}

/* Could it be a file? It need not be one yet. */
static bool can_be_named(const char *path)
{
	struct stat st;

	return !lstat(path, &st) || errno == ENOENT;
}

/* A file without a name: whatever kills us, none is left behind. */
static int open_nameless(const struct output *output)
{
	char *folder = beside(output, ".");
	int fd = -1;

	if (folder && can_be_named(output->path))
		fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	free(folder);
	return fd;
}

/* Where the file system has no such files: one beside the target. */
static int open_temporary(struct output *output)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (!can_be_named(output->path))
		return -1;
	output->temporary = beside(output, ".shootdown.XXXXXX");
	if (!output->temporary)
		return -1;
	fd = mkostemp(output->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(output->temporary);
		output->temporary = NULL;
		return -1;
	}
	fchmod(fd, 0666 & ~mask);
	return fd;
}

/* A link cannot take another's place, a rename can: so it gets a name first. */
static int give_name(struct output *output)
{
	char file[40], name[40];

	if (output->temporary)
		return 0;
	snprintf(file, sizeof(file), "/proc/self/fd/%d", fileno(output->file));
	snprintf(name, sizeof(name), ".shootdown.%ld", (long)getpid());
	output->temporary = beside(output, name);
	if (!output->temporary)
		return -1;
	/* A leftover of a process of this number that was killed. */
	unlink(output->temporary);
	if (!linkat(AT_FDCWD, file, AT_FDCWD, output->temporary,
		    AT_SYMLINK_FOLLOW))
		return 0;
	/* Not ours to remove. */
	free(output->temporary);
	output->temporary = NULL;
	return -1;
}

enum status output_open(struct output *output, const char *path)
{
	int fd;

	*output = (struct output){ .file = stdout, .name = "standard output" };
	if (path && !*path)
		return usage_error(path, 1, NULL, "output has no value");
	if (!path || !strcmp(path, "-"))
		return STATUS_DONE;
	output->name = path;
	if (is_special(path)) {
		output->file = fopen(path, "we");
		return output->file ? STATUS_DONE : failed(output);
	}
	output->path = target_of(path);
	fd = output->path ? open_nameless(output) : -1;
	if (fd < 0 && output->path)
		fd = open_temporary(output);
	output->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (output->file)
		return STATUS_DONE;
	failed(output);
	output_abandon(output);
	return STATUS_HOST;
}

/* What did not go out is dropped: nobody says a second time that it cannot. */
static void drop_rest(FILE *file)
{
	int err = errno;

	__fpurge(file);
	clearerr(file);
	errno = err;
}

enum status output_commit(struct output *output)
{
	bool bad = fflush(output->file) != 0 || ferror(output->file) != 0;
	enum status status = STATUS_DONE;

	if (bad)
		drop_rest(output->file);

	if (!bad && output->path)
		bad = fsync(fileno(output->file)) != 0;
	if (!bad && output->path)
		bad = give_name(output) != 0;
	if (!bad && output->path)
		bad = rename(output->temporary, output->path) != 0;
	if (bad)
		status = failed(output);
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
