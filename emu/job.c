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

/* "[run]", and nothing but a comment behind it. */
static void check_section(struct job *job, const char *line)
{
	size_t length = strcspn(line, "]");
	const char *end = line + length + (line[length] != '\0');
	const char *rest = end + strspn(end, BLANKS);

	if (!line[length])
		fail(job, usage_error(line, (int)length, NULL,
				      "a section without ']'"));
	else if (strncmp(line, "[run]", length + 1))
		fail(job, usage_error(line + 1, (int)length - 1, NULL,
			"the section is called [run], not [%.*s]",
			(int)length - 1, line + 1));
	else if (*rest && !strchr(";#", *rest))
		fail(job, usage_error(rest, (int)strlen(rest),
			"settings have lines of their own",
			"unexpected text after [run]"));
}

/* inih would pass over some, and say of others only their number. */
static void check_line(struct job *job, const char *line)
{
	if (*line == '[')
		check_section(job, line);
	else if (*line && !strchr(";#", *line) && !strpbrk(line, "=:"))
		fail(job, usage_error(line, (int)strlen(line),
			"lines are: KEY = VALUE, [run], or # a comment",
			"neither a setting nor a section"));
}

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
	/* As it is in the first line of a file with a byte order mark. */
	if (job->line == 1 && !strncmp(job->text, "\357\273\277", 3))
		skip = 3 + strspn(job->text + 3, BLANKS);
	length -= skip;
	check_line(job, job->text + skip);
	if (job->status)
		return NULL;
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
	char *where, *equals, *kept, *comment;

	if (job->status)
		return 1;
	where = find_in_line(job->text, name);
	equals = where + strcspn(where, "=:");
	kept = find_in_line(equals + (*equals != '\0'), value);
	if (!*section)
		fail(job, usage_error(where, (int)strlen(name), NULL,
				      "a setting before the section [run]"));
	else if (!*name)
		fail(job, usage_error(equals, 1, NULL,
				      "a key is missing before %c", *equals));
	else if (!*value || !*where || !*kept)
		fail(job, usage_error(where, (int)strlen(name), NULL,
				      "%s has no value", name));
	if (job->status)
		return 1;
	kept[strlen(value)] = '\0';
	comment = strstr(kept, " #");
	if (comment) {
		fail(job, usage_error(comment + 1, (int)strlen(comment + 1),
			NULL, "a comment behind a value begins with ;"));
		return 1;
	}
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
