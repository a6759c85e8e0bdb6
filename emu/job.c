/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Job files: an INI file with one section, [run], whose keys are the workload,
 * the long options, the workload's keys and the engine's tunables. Read by
 * inih, line by line through a reader of our own, so that every message has
 * its line.
 */
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/source.h"
#include "emu/suggest.h"
#include "emu/usage.h"

/* Debian's inih cuts longer lines without a word. */
#define LINE_MAX_BYTES	190

struct job {
	struct options	*options;
	const char	*path;
	const char	*next;		/* unread text */
	unsigned	line;		/* number of the last one read */
	const char	*text;		/* it, without its end; kept */
	enum status	status;		/* the first error */
};

static enum status fail(struct job *job, enum status status)
{
	if (!job->status)
		job->status = status;
	return status;
}

/* Keeps a copy of the line for what points into it, and for messages. */
static const char *keep_line(struct job *job, const char *line, size_t length)
{
	char *text = strndup(line, length), *shown = strndup(line, length);

	if (!text || !shown || options_keep(job->options, text) ||
	    options_keep(job->options, shown)) {
		usage_note("out of memory");
		exit(STATUS_HOST);
	}
	usage_add_line(job->path, job->line, text, shown);
	return text;
}

/* What inih takes for blanks. */
#define BLANKS		" \t\r\v\f"

/* fgets() for inih. Leading blanks go: they would mean a continuation. */
static char *read_line(char *buffer, int size, void *stream)
{
	struct job *job = stream;
	size_t length, skip;

	if (!*job->next || job->status)
		return NULL;
	length = strcspn(job->next, "\n");
	job->line++;
	job->text = keep_line(job, job->next, length);
	job->next += length + (job->next[length] == '\n');
	skip = strspn(job->text, BLANKS);
	length -= skip;
	if (length > LINE_MAX_BYTES || length + 2 > (size_t)size) {
		fail(job, usage_error(job->text + skip, 1, NULL,
			"a line of more than %d bytes", LINE_MAX_BYTES));
		return NULL;
	}
	snprintf(buffer, (size_t)size, "%s\n", job->text + skip);
	return buffer;
}

/* A word of inih's copy, in the line that is kept; that's end: not there. */
static char *find_in_line(const char *from, const char *word)
{
	char *at = strstr(from, word);

	return at ? at : (char *)from + strlen(from);
}

static enum status wrong_section(struct job *job, const char *section)
{
	return fail(job, usage_error(NULL, 0, NULL, "%s:%u: %s%s%s", job->path,
		job->line, *section ? "the section is called [run], not [" :
		"a setting before the section [run]", section,
		*section ? "]" : ""));
}

/* "a topology as a shell would want it" */
static char *without_quotes(char *value)
{
	size_t length = strlen(value);

	if (length < 2 || *value != '"' || value[length - 1] != '"')
		return value;
	value[length - 1] = '\0';
	return value + 1;
}

static int take_setting(void *user, const char *section, const char *name,
			const char *value)
{
	struct job *job = user;
	char *where, *equals, *kept;

	if (job->status)
		return 1;
	if (strcmp(section, "run")) {
		wrong_section(job, section);
		return 1;
	}
	where = find_in_line(job->text, name);
	equals = where + strcspn(where, "=:");
	kept = find_in_line(equals + (*equals != '\0'), value);
	if (!*name)
		fail(job, usage_error(equals, 1, NULL,
				      "a key is missing before %c", *equals));
	else if (!*value || !*where || !*kept)
		fail(job, usage_error(where, (int)strlen(name), NULL,
				      "%s has no value", name));
	if (job->status)
		return 1;
	kept[strlen(value)] = '\0';
	fail(job, source_set(job->options, where, strlen(name),
			     without_quotes(kept), ORIGIN_JOB));
	return 1;
}

enum status job_load(struct options *options, const char *path, char *text)
{
	struct job job = { .options = options, .path = path, .next = text };
	int line = ini_parse_stream(read_line, &job, take_setting, &job);

	if (!job.status && line > 0)
		return usage_error(NULL, 0, "lines are: KEY = VALUE, [run], "
				   "or # a comment", "%s:%d: neither a setting "
				   "nor a section", path, line);
	if (!job.status && line < 0) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	return job.status;
}
