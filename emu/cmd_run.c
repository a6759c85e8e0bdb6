/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown run: one run, or a sweep over ranges. */
#include "emu/cmd.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/config.h"
#include "emu/csv.h"
#include "emu/events.h"
#include "emu/launch.h"
#include "emu/output.h"
#include "emu/result.h"
#include "emu/summary.h"
#include "emu/text.h"
#include "emu/usage.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

static const char *const formats[] = {
	[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json",
	[FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv", NULL,
};

/* A run while its points come in. */
struct run {
	struct config	*config;
	struct output	output;
	struct events	events;
	unsigned	format;
	json_t		**points;	/* by index; NULL: not ended */
	size_t		nr_points;
	size_t		next_line;	/* of jsonl: the first not written */
	enum status	status;		/* the worst so far */
	int		argc;
	char		**argv;
};

static json_t *make_request(void *context, size_t point, int *events)
{
	struct run *run = context;
	json_t *request = config_request(run->config, point);

	*events = events_begin(&run->events, point, request);
	return request;
}

/* A document of one point on one line. */
static void write_line(const struct run *run, json_t *point)
{
	json_t *points = json_pack("[O]", point);
	json_t *document = result_create(run->config, points, true, run->argc,
					 run->argv);

	result_write_line(document, run->output.file);
	json_decref(document);
}

/*
 * Lines of points that have ended, in the order of the sweep: as they end, or
 * (all) those that are left behind one that never did.
 */
static void write_lines(struct run *run, bool all)
{
	for (; run->next_line < run->nr_points; run->next_line++) {
		json_t *point = run->points[run->next_line];

		if (!point && !all)
			return;
		if (point)
			write_line(run, point);
	}
}

static void take_point(void *context, size_t point,
		       const struct outcome *outcome)
{
	struct run *run = context;
	const char *error;

	run->points[point] = result_point(config_point(run->config, point),
					  outcome);
	run->status = status_worst(run->status, outcome->status);
	run->status = status_worst(run->status,
				   events_end(&run->events, point, outcome));
	error = json_string_value(json_object_get(run->points[point],
						  "error"));
	if (outcome->status && outcome->status != STATUS_USAGE)
		usage_note("point %zu failed: %s", point + 1,
			   error ? error : "no message");
	if (run->format == FORMAT_JSONL)
		write_lines(run, false);
}

/* The points that ended, in the order of the sweep. */
static json_t *collect_points(const struct run *run)
{
	json_t *array = json_array();

	for (size_t i = 0; i < run->nr_points; i++)
		if (run->points[i])
			json_array_append(array, run->points[i]);
	return array;
}

static unsigned host_pus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned)CPU_COUNT(&set);
}

static enum status set_launch(struct run *run, struct launch *launch)
{
	const struct options *options = run->config->options;
	size_t nr = sweep_points(&run->config->sweep);
	bool sim = !strcmp(run->config->machine, "sim");
	struct value value = { 0 };
	enum status status = STATUS_DONE;

	*launch = (struct launch){
		.engine = run->config->describe->engine,
		.nr_points = nr,
		.jobs = sim ? host_pus() : 1,
		.progress = isatty(STDERR_FILENO),
		.request = make_request,
		.done = take_point,
		.context = run,
	};
	if (options->given[OPTION_JOBS]) {
		status = options_value(options, OPTION_JOBS, &value);
		launch->jobs = (unsigned)value.number;
	}
	if (!status && options->given[OPTION_TIMEOUT]) {
		status = options_value(options, OPTION_TIMEOUT, &value);
		launch->timeout_ns = value.number;
	}
	if (!status && !sim && launch->jobs > 1)
		config_warn(run->config, "%u native runs at once disturb each "
			    "other", launch->jobs);
	return status;
}

static enum status write_result(struct run *run, json_t *document)
{
	FILE *file = run->output.file;
	bool to_file = run->output.path;
	enum status status;

	if (run->format == FORMAT_JSONL)
		write_lines(run, true);
	else if (run->format == FORMAT_JSON)
		result_write(document, file);
	else if (run->format == FORMAT_CSV)
		csv_write(document, file);
	else
		text_write(document, cmd_color(run->config->options,
					       fileno(file)), file);
	status = output_commit(&run->output);
	if (!status && to_file)
		usage_note("%s", json_string_value(json_object_get(document,
							"finding")));
	return status;
}

static void warn_of_noise(struct run *run, const json_t *points)
{
	char *text = summary_noise(points);

	if (text)
		config_warn(run->config, "%s", text);
	free(text);
}

/* Some points of a sweep may be too large; a run of nothing else is no run. */
static void warn_of_not_run(struct run *run, const json_t *points)
{
	char *text = summary_not_run(points);

	if (text)
		config_warn(run->config, "%s", text);
	free(text);
	if (summary_nothing_run(points))
		run->status = status_worst(run->status, STATUS_HOST);
}

static void warn_of_lost_events(struct run *run)
{
	if (run->events.lost)
		config_warn(run->config, "%" JSON_INTEGER_FORMAT " events were "
			    "overwritten by later ones: --events-buffer",
			    run->events.lost);
}

static enum status finish(struct run *run, enum launch_end end)
{
	json_t *points = collect_points(run), *document;
	bool complete = json_array_size(points) == run->nr_points;
	enum status status;

	if (end == LAUNCH_INTERRUPTED || end == LAUNCH_TIMEOUT) {
		run->status = status_worst(run->status, STATUS_INTERRUPTED);
		usage_note("%s: %zu of %zu points", end == LAUNCH_TIMEOUT ?
			   "--timeout has passed" : "interrupted",
			   json_array_size(points), run->nr_points);
	}
	if (end == LAUNCH_REFUSED) {
		json_decref(points);
		return STATUS_USAGE;
	}
	warn_of_not_run(run, points);
	warn_of_noise(run, points);
	warn_of_lost_events(run);
	document = result_create(run->config, points, complete, run->argc,
				 run->argv);
	status = write_result(run, document);
	json_decref(document);
	return status_worst(run->status, status);
}

static enum status run_sweep(struct run *run, struct launch *launch)
{
	size_t nr = launch->nr_points;
	enum status status;

	run->nr_points = nr;
	run->points = calloc(nr, sizeof(*run->points));
	if (!run->points) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	status = finish(run, launch_run(launch));
	for (size_t i = 0; i < nr; i++)
		json_decref(run->points[i]);
	free(run->points);
	return status;
}

enum status cmd_run(const struct options *options, int argc, char **argv)
{
	struct run run = { .status = STATUS_DONE, .argc = argc, .argv = argv };
	struct launch launch;
	enum status status = config_create(&run.config, options);

	if (status)
		return status;
	status = set_launch(&run, &launch);
	if (!status)
		status = options_choice(options, OPTION_FORMAT, formats,
					&run.format);
	if (options->given[OPTION_OUTPUT] && !options->given[OPTION_FORMAT])
		run.format = FORMAT_JSON;
	if (!status)
		status = events_init(&run.events, run.config,
				     launch.nr_points);
	if (!status)
		status = output_open(&run.output,
				     options->given[OPTION_OUTPUT]);
	if (!status) {
		status = run_sweep(&run, &launch);
		output_abandon(&run.output);
	}
	events_exit(&run.events);
	config_destroy(run.config);
	return status;
}
