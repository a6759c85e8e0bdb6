/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown run: one run, or a sweep over ranges. */
#include "emu/cmd.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/config.h"
#include "emu/launch.h"
#include "emu/output.h"
#include "emu/result.h"
#include "emu/text.h"
#include "emu/usage.h"

/* A run while its points come in. */
struct run {
	struct config	*config;
	struct output	output;
	bool		json;
	json_t		**points;	/* by index; NULL: not ended */
	enum status	status;		/* the worst so far */
};

static json_t *make_request(void *context, size_t point)
{
	struct run *run = context;

	return config_request(run->config, point);
}

static void take_point(void *context, size_t point,
		       const struct outcome *outcome)
{
	struct run *run = context;
	const char *error;

	run->points[point] = result_point(config_point(run->config, point),
					  outcome);
	run->status = status_worst(run->status, outcome->status);
	error = json_string_value(json_object_get(run->points[point],
						  "error"));
	if (outcome->status && outcome->status != STATUS_USAGE)
		usage_note("point %zu failed: %s", point + 1,
			   error ? error : "no message");
}

/* The points that ended, in the order of the sweep. */
static json_t *collect_points(const struct run *run, size_t nr)
{
	json_t *array = json_array();

	for (size_t i = 0; i < nr; i++)
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
	bool sim = !strcmp(run->config->machine, "sim");
	struct value value = { 0 };
	enum status status = STATUS_DONE;

	launch->jobs = sim ? host_pus() : 1;
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

/* -O alone means JSON; --format decides when given. */
static enum status set_format(struct run *run)
{
	const struct options *options = run->config->options;
	struct value value;
	enum status status;

	run->json = options->given[OPTION_OUTPUT] != NULL;
	if (!options->given[OPTION_FORMAT])
		return STATUS_DONE;
	status = options_value(options, OPTION_FORMAT, &value);
	if (status)
		return status;
	run->json = !strcmp(value.word, "json");
	value_exit(&value);
	return STATUS_DONE;
}

static enum status write_result(struct run *run, json_t *document)
{
	FILE *file = run->output.file;

	if (run->json)
		result_write(document, file);
	else
		text_write(document, cmd_color(run->config->options,
					       fileno(file)), file);
	if (run->output.path)
		usage_note("%s", json_string_value(json_object_get(document,
							"finding")));
	return output_commit(&run->output);
}

static enum status finish(struct run *run, enum launch_end end, size_t nr,
			  int argc, char **argv)
{
	json_t *points = collect_points(run, nr), *document;
	bool complete = json_array_size(points) == nr;
	enum status status;

	if (end == LAUNCH_INTERRUPTED || end == LAUNCH_TIMEOUT) {
		run->status = status_worst(run->status, STATUS_INTERRUPTED);
		usage_note("%s: %zu of %zu points", end == LAUNCH_TIMEOUT ?
			   "--timeout has passed" : "interrupted",
			   json_array_size(points), nr);
	}
	if (end == LAUNCH_REFUSED) {
		json_decref(points);
		return STATUS_USAGE;
	}
	document = result_create(run->config, points, complete, argc, argv);
	status = write_result(run, document);
	json_decref(document);
	return status_worst(run->status, status);
}

static enum status run_sweep(struct run *run, int argc, char **argv)
{
	size_t nr = sweep_points(&run->config->sweep);
	struct launch launch = {
		.engine = run->config->describe->engine,
		.nr_points = nr,
		.progress = isatty(STDERR_FILENO) && nr > 1,
		.request = make_request,
		.done = take_point,
		.context = run,
	};
	enum status status = set_launch(run, &launch);

	if (status)
		return status;
	run->points = calloc(nr, sizeof(*run->points));
	if (!run->points) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	status = finish(run, launch_run(&launch), nr, argc, argv);
	for (size_t i = 0; i < nr; i++)
		json_decref(run->points[i]);
	free(run->points);
	return status;
}

enum status cmd_run(const struct options *options, int argc, char **argv)
{
	struct run run = { .status = STATUS_DONE };
	enum status status = config_create(&run.config, options);

	if (status)
		return status;
	status = set_format(&run);
	if (!status)
		status = output_open(&run.output,
				     options->given[OPTION_OUTPUT]);
	if (!status) {
		status = run_sweep(&run, argc, argv);
		output_abandon(&run.output);
	}
	config_destroy(run.config);
	return status;
}
