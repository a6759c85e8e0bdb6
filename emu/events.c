/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emu/usage.h"

static enum status refuse(const char *path, const char *hint, const char *why)
{
	return usage_error(path, (int)strlen(path), hint, "%s", why);
}

static bool is_stdout(const char *path)
{
	return !strcmp(path, "-");
}

/* Written directly, so that several points would mix. */
static bool is_stream(const char *path)
{
	struct stat st;

	return is_stdout(path) || (!stat(path, &st) && !S_ISREG(st.st_mode));
}

static enum status check_path(const char *path, const char *result,
			      size_t nr_points)
{
	if (!*path)
		return usage_error(path, 1, NULL, "events has no value");
	if (is_stdout(path) && (!result || is_stdout(result)))
		return refuse(path, "give the result a file: -O FILE",
			      "the result goes to standard output, too");
	if (result && !is_stdout(path) && !strcmp(path, result))
		return refuse(path, NULL,
			      "--events and --output are the same file");
	if (nr_points > 1 && is_stream(path))
		return refuse(path, "with a file's name each gets its own: "
			      "FILE.1, FILE.2 ...",
			      "several points cannot share what is no file");
	return STATUS_DONE;
}

static enum status read_options(struct events *events,
				const struct options *options,
				size_t nr_points)
{
	const char *size = options->given[OPTION_EVENTS_BUFFER];
	struct value value = { 0 };
	enum status status;

	events->path = options->given[OPTION_EVENTS];
	if (!events->path && size)
		return usage_error(size, (int)strlen(size), NULL,
				   "--events-buffer without --events");
	if (!events->path)
		return STATUS_DONE;
	status = check_path(events->path, options->given[OPTION_OUTPUT],
			    nr_points);
	if (!status)
		status = options_value(options, OPTION_EVENTS_BUFFER, &value);
	events->buffer_bytes = value.number;
	return status;
}

static enum status open_file(struct events *events, size_t point)
{
	struct events_file *file = &events->files[point];
	int length;

	if (file->name)
		return STATUS_DONE;
	length = events->nr_files == 1 ?
		asprintf(&file->name, "%s", events->path) :
		asprintf(&file->name, "%s.%zu", events->path, point + 1);
	if (length < 0) {
		file->name = NULL;
		usage_note("out of memory");
		return STATUS_HOST;
	}
	return output_open(&file->output, file->name);
}

enum status events_init(struct events *events, struct config *config,
			size_t nr_points)
{
	enum status status;

	*events = (struct events){ .path = NULL };
	status = read_options(events, config->options, nr_points);
	if (status || !events->path)
		return status;
	events->files = calloc(nr_points, sizeof(*events->files));
	if (!events->files) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	events->nr_files = nr_points;
	status = open_file(events, 0);
	if (!status && strcmp(config->machine, "sim"))
		config_warn(config, "recording events takes time: without "
			    "--events the run is faster");
	return status;
}

int events_begin(struct events *events, size_t point, json_t *request)
{
	if (!events->path || open_file(events, point))
		return -1;
	json_object_set_new(request, "events", json_pack("{s:I}",
		"buffer_bytes", (json_int_t)events->buffer_bytes));
	return fileno(events->files[point].output.file);
}

enum status events_end(struct events *events, size_t point,
		       const struct outcome *outcome)
{
	const json_t *said = json_object_get(outcome->point, "events");
	const char *error = json_string_value(json_object_get(said, "error"));
	struct events_file *file;
	enum status status = STATUS_DONE;

	if (!events->path)
		return STATUS_DONE;
	file = &events->files[point];
	events->lost += json_integer_value(json_object_get(said, "lost"));
	if (said && error) {
		usage_note("cannot write %s: %s", file->name, error);
		status = STATUS_HOST;
	} else if (said && file->output.file) {
		status = output_commit(&file->output);
	} else if (!file->output.file) {
		status = STATUS_HOST;
	}
	output_abandon(&file->output);
	return status;
}

void events_exit(struct events *events)
{
	for (size_t i = 0; i < events->nr_files; i++) {
		output_abandon(&events->files[i].output);
		free(events->files[i].name);
	}
	free(events->files);
	*events = (struct events){ .path = NULL };
}
