/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emu/usage.h"
#include "emu/utf8.h"

#define FILE_MAX_BYTES	(64u << 20)

static bool names_a_file(const char *subject)
{
	return strpbrk(subject, "./") != NULL;
}

static enum status cannot_read(const char *path, const char *why)
{
	return usage_error(path, (int)strlen(path), NULL, "cannot read %s: %s",
			   path, why);
}

/* All and a NUL, or NULL. Stops a byte beyond the most there may be. */
static char *read_stream(FILE *file, size_t *size)
{
	size_t room = 0, got;
	char *text = NULL;

	*size = 0;
	do {
		char *grown = realloc(text, (room = room * 2 + 65536) + 1);

		if (!grown) {
			free(text);
			return NULL;
		}
		text = grown;
		got = fread(text + *size, 1, room - *size, file);
		*size += got;
	} while (*size == room && room <= FILE_MAX_BYTES);
	text[*size] = '\0';
	return text;
}

static enum status open_file(const char *path, FILE **file)
{
	struct stat status;

	*file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	if (!*file)
		return cannot_read(path, strerror(errno));
	if (!fstat(fileno(*file), &status) && !S_ISDIR(status.st_mode))
		return STATUS_DONE;
	fclose(*file);
	return cannot_read(path, "it is a directory");
}

/* The file and a NUL. */
static enum status read_file(const char *path, char **text, size_t *size)
{
	enum status error = STATUS_DONE;
	FILE *file;

	*text = NULL;
	if (open_file(path, &file))
		return STATUS_USAGE;
	*text = read_stream(file, size);
	if (!*text || ferror(file) || *size > FILE_MAX_BYTES)
		error = cannot_read(path, !*text ? "out of memory" :
			*size > FILE_MAX_BYTES ? "more than 64 MiB" :
			strerror(errno));
	/* What is opened next must not become standard input. */
	if (file != stdin)
		fclose(file);
	return error;
}

static enum status check_text(const char *path, const char *text, size_t size)
{
	size_t bad = utf8_first_bad(text, size);
	size_t nul = strlen(text);
	unsigned line = 1;

	if (!size)
		return cannot_read(path, "it is empty");
	bad = nul < bad ? nul : bad;
	if (bad == size)
		return STATUS_DONE;
	for (size_t i = 0; i < bad; i++)
		line += text[i] == '\n';
	return usage_error(path, (int)strlen(path), NULL,
			   "%s:%u: %s", path, line, text[bad] ?
			   "not UTF-8" : "a NUL byte: not a text file");
}

enum status source_read(const char *path, char **text, size_t *size)
{
	enum status status = read_file(path, text, size);

	return status ? status : check_text(path, *text, *size);
}

static bool is_json(const char *path, const char *text)
{
	const char *dot = strrchr(path, '.');

	return text[strspn(text, " \t\r\n")] == '{' ||
	       (dot && !strcmp(dot, ".json"));
}

/* A result of --format csv. */
static enum status refuse_table(const char *path)
{
	return usage_error(path, (int)strlen(path), "--format json and jsonl "
			   "have it", "%s is a table, which has no "
			   "configuration to repeat", path);
}

enum status source_load(struct options *options)
{
	const char *path = options->subject;
	enum status status;
	size_t size = 0;
	char *text;

	if (!path || !names_a_file(path))
		return STATUS_DONE;
	status = source_read(path, &text, &size);
	options->subject = NULL;
	if (!status && !strncmp(text, "workload,", 9))
		status = refuse_table(path);
	else if (!status)
		status = is_json(path, text) ?
			rerun_load(options, path, text, size) :
			job_load(options, path, text);
	free(text);
	if (!status && !options->subject)
		status = usage_error(path, (int)strlen(path),
				     "add a line, say: workload = page_alloc",
				     "%s names no workload", path);
	return status;
}

static int option_id(const char *name, size_t length)
{
	for (int id = 0; id < NR_OPTIONS; id++)
		if (strlen(option_table[id].name) == length &&
		    !strncmp(option_table[id].name, name, length))
			return id;
	return -1;
}

/* A flag is given or it is not. */
static enum status set_flag(struct options *options, int id, const char *text)
{
	struct parse_error err = { 0 };
	struct value value;

	if (parse_value(&option_table[id].value, text, strlen(text), &value,
			&err))
		return usage_error(text + err.column, err.length, err.hint,
				   "%s", err.text);
	options->given[id] = value.number ? "1" : NULL;
	return STATUS_DONE;
}

static enum status set_option(struct options *options, int id,
			      const char *where, const char *value,
			      enum option_origin origin)
{
	const struct option_spec *spec = &option_table[id];

	if (!option_is_key((enum option_id)id))
		return usage_error(where, (int)strlen(spec->name),
			id == OPTION_TUNABLE ? "write KEY = VALUE" : NULL,
			"--%s is for the command line only", spec->name);
	if (options->given[id] && options->origin[id] == ORIGIN_COMMAND)
		return STATUS_DONE;
	if (options->origin[id] == origin && origin != ORIGIN_COMMAND)
		return usage_error(where, (int)strlen(spec->name), NULL,
				   "%s is given twice", spec->name);
	options->origin[id] = origin;
	if (!spec->argument)
		return set_flag(options, id, value);
	options->given[id] = value;
	return STATUS_DONE;
}

enum status source_set(struct options *options, const char *where,
		       size_t name_length, const char *value,
		       enum option_origin origin)
{
	int id = option_id(where, name_length);

	if (name_length == 8 && !strncmp(where, "workload", 8)) {
		if (options->subject)
			return usage_error(where, 8, NULL,
					   "workload is given twice");
		options->subject = value;
		options->subject_origin = origin;
		return STATUS_DONE;
	}
	if (id >= 0 && (option_table[id].verbs & VERB_RUN))
		return set_option(options, id, where, value, origin);
	return options_add_key(options, &(struct option_word){
		.name = where, .name_length = name_length, .value = value,
		.origin = origin });
}
