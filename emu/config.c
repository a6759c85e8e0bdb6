/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From options to a checked sweep: see config.h. */
#include "emu/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/config_profile.h"
#include "emu/config_kernel.h"
#include "emu/config_topology.h"
#include "emu/config_words.h"
#include "emu/usage.h"
#include "emu/view_names.h"

static enum status no_memory(void)
{
	usage_note("out of memory");
	return STATUS_HOST;
}

void config_warn(struct config *config, const char *format, ...)
{
	char *text;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		return;
	json_array_append_new(config->warnings, json_string(text));
	usage_note("warning: %s", text);
	free(text);
}

struct value_spec config_option_spec(const struct config *config,
				     enum option_id id)
{
	struct value_spec spec = option_table[id].value;

	if (id == OPTION_KERNEL)
		spec.words = config->describe->kernels;
	if (id == OPTION_ARCH)
		spec.words = config->describe->archs;
	if (id == OPTION_PROFILE)
		spec.words = config->describe->profiles;
	if (spec.type == VALUE_CPUS)
		spec.max = config->place_pus;
	return spec;
}

/* Parses the values of an axis and adds it. */
static enum status add_axis(struct config *config, struct axis axis,
			    const struct value_spec *spec, const char *text)
{
	struct parse_error err = { 0 };

	if (parse_values(spec, text, &axis.values, &err))
		return usage_error(text + err.column, err.length, err.hint,
				   "%s", err.text);
	return sweep_add(&config->sweep, &axis) ? no_memory() : STATUS_DONE;
}

const char *config_origin(enum option_origin origin, const char *command)
{
	return origin == ORIGIN_JOB ? "job" :
	       origin == ORIGIN_RESULT ? "result" : command;
}

/* A path is no range, though there may be dots in it. */
static enum status add_profile_file(struct config *config, struct axis axis,
				    const char *path)
{
	enum status status;

	if (strchr(path, '|'))
		return usage_error(path, (int)strlen(path), "one --profile "
				   "FILE a run, or names: generic|flat",
				   "a profile's file is no alternative");
	status = config_read_profile(config, path);
	if (status)
		return status;
	axis.values.items = calloc(1, sizeof(*axis.values.items));
	if (!axis.values.items)
		return no_memory();
	axis.values.nr = 1;
	axis.values.items->type = VALUE_ENUM;
	axis.values.items->word = strdup(path);
	return !axis.values.items->word || sweep_add(&config->sweep, &axis) ?
	       no_memory() : STATUS_DONE;
}

static enum status add_option_axis(struct config *config, enum option_id id)
{
	const char *given = config->options->given[id];
	const char *text = options_text(config->options, id);
	struct value_spec spec = config_option_spec(config, id);
	struct axis axis = {
		.group = AXIS_OPTION, .name = option_table[id].name,
		.from = given ? config_origin(config->options->origin[id],
					      "option") : "default",
		.text = given,
	};

	if (id == OPTION_PROFILE && !config->describe->profiles[0])
		return !given ? STATUS_DONE : usage_error(given,
			(int)strlen(given), "profiles belong to -m sim",
			"the %s machine has no cost profiles",
			config->machine);
	if (id == OPTION_PROFILE && !given)
		text = config_nearest_profile(config);
	if (id == OPTION_PROFILE && config_is_profile_file(given))
		return add_profile_file(config, axis, given);
	if (id == OPTION_LOOPS && config->options->given[OPTION_DURATION])
		return !given ? STATUS_DONE : usage_error(given,
			(int)strlen(given), "--duration replaces --loops",
			"either --loops or --duration");
	if (!text)
		return STATUS_DONE;
	return add_axis(config, axis, &spec, text);
}

static enum status add_word(struct config *config,
			    const struct option_word *word, bool tunable)
{
	const struct key_table *table = tunable ?
		&config->describe->tunables : &config->keys;
	const struct key_spec *key = key_table_find(table, word->name,
						    word->name_length);
	struct value_spec spec;

	if (!key)
		return config_unknown_key(config, word, tunable);
	spec = key->value;
	if (spec.type == VALUE_NODE)
		spec.max = config->topology->nr_nodes - 1;
	return add_axis(config, (struct axis){
		.group = tunable ? AXIS_TUNABLE : AXIS_KEY,
		.name = key->value.name,
		.from = config_origin(word->origin, tunable ? "option" : "key"),
		.text = word->value,
	}, &spec, word->value);
}

/* Without -o, and in files, a name may be either: the workload's if it can. */
static bool is_tunable(const struct config *config,
		       const struct option_word *word)
{
	return !key_table_find(&config->keys, word->name,
			       word->name_length) &&
		key_table_find(&config->describe->tunables, word->name,
			       word->name_length);
}

static enum status add_axes(struct config *config)
{
	const struct options *options = config->options;
	enum status status = STATUS_DONE;

	for (int id = 0; id < NR_OPTIONS && !status; id++)
		if (option_table[id].axis)
			status = add_option_axis(config, id);
	for (size_t i = 0; i < options->nr_tunables && !status; i++)
		status = add_word(config, &options->tunables[i], true);
	for (size_t i = 0; i < options->nr_keys && !status; i++)
		status = add_word(config, &options->keys[i],
				  is_tunable(config, &options->keys[i]));
	return status;
}

static enum status find_workload(struct config *config)
{
	const char *word = config->options->subject;
	struct value_spec spec = {
		.name = "workload", .type = VALUE_ENUM,
		.words = config->describe->workloads,
	};
	struct parse_error err = { 0 };
	struct value value;

	if (!word)
		return usage_error(NULL, 0, "see: shootdown list workloads",
				   "run which workload?");
	if (parse_value(&spec, word, strlen(word), &value, &err))
		return usage_error(word, err.length, err.hint, "%s", err.text);
	value_exit(&value);
	config->workload = word;
	if (describe_keys(config->describe,
			  describe_named(config->describe, "workloads", word),
			  &config->keys)) {
		usage_note("%s: the keys of %s are malformed",
			   config->describe->engine, word);
		return STATUS_BUG;
	}
	return STATUS_DONE;
}

/* What has so few PUs: the topology, or a placement on it. */
static const char *narrowest(const struct config *config, char *buffer,
			     size_t size)
{
	bool sim = !strcmp(config->machine, "sim");
	unsigned pus = config->place_pus;

	if (pus < config->topology->nr_pus)
		snprintf(buffer, size, ", but --place %.40s has %u PU%s",
			 config->place, pus, pus == 1 ? "" : "s");
	else
		snprintf(buffer, size, sim ? ", but the topology has %u PU%s" :
			 " on a host with %u PU%s", pus, pus == 1 ? "" : "s");
	return buffer;
}

static enum status refuse_cpus(const struct config *config,
			       const struct axis *axis, uint64_t cpus)
{
	const char *text = axis->text ? axis->text : "";
	char few[100];

	narrowest(config, few, sizeof(few));
	if (cpus > config->describe->cpus_max)
		return usage_error(axis->text, (int)strlen(text), NULL,
				   "the %s machine has at most %llu CPUs",
				   config->machine, (unsigned long long)
				   config->describe->cpus_max);
	if (!strcmp(config->machine, "sim"))
		return usage_error(axis->text, (int)strlen(text),
			"a larger one: -t \"pack:2 numa:1 core:32 pu:1\"",
			"%llu CPUs%s", (unsigned long long)cpus, few);
	return usage_refuse(axis->text, (int)strlen(text),
		"--oversubscribe runs them all the same; -m sim needs no PUs",
		"%llu CPUs%s", (unsigned long long)cpus, few);
}

static enum status check_cpus(const struct config *config, const char *name)
{
	const struct axis *axis = sweep_find(&config->sweep, AXIS_OPTION,
					     name);
	bool wrap = config->oversubscribe && strcmp(config->machine, "sim");

	for (size_t i = 0; axis && i < axis->values.nr; i++) {
		uint64_t cpus = axis->values.items[i].number;

		if (cpus > config->describe->cpus_max ||
		    (cpus > config->place_pus && !wrap))
			return refuse_cpus(config, axis, cpus);
	}
	return STATUS_DONE;
}

/* Every point has all its CPUs online. */
static enum status check_online(const struct config *config)
{
	const struct axis *online = sweep_find(&config->sweep, AXIS_OPTION,
					       "online");
	const struct axis *cpus = sweep_find(&config->sweep, AXIS_OPTION,
					     "cpus");
	uint64_t most = 0;

	if (!online)
		return STATUS_DONE;
	for (size_t i = 0; i < cpus->values.nr; i++)
		if (cpus->values.items[i].number > most)
			most = cpus->values.items[i].number;
	for (size_t i = 0; i < online->values.nr; i++)
		if (online->values.items[i].number < most)
			return usage_error(online->text,
				(int)strlen(online->text), NULL,
				"%llu CPUs online, but %llu run the workload",
				(unsigned long long)
				online->values.items[i].number,
				(unsigned long long)most);
	return STATUS_DONE;
}

/* Bytes that the emulated memory is split into at least. */
static uint64_t memory_least(const struct config *config)
{
	uint64_t nodes = 0;

	for (unsigned i = 0; i < config->topology->nr_nodes; i++)
		nodes += config->topology->nodes[i].memory_bytes != 0;
	return nodes * config->describe->node_bytes_min;
}

/* place: text of --memory or of the topology, which says so much. */
static enum status check_bytes(const struct config *config, uint64_t bytes,
			       const char *place)
{
	uint64_t most = config->describe->memory_bytes_max;
	uint64_t least = memory_least(config);
	char shown[32], node[32], hint[48];

	format_size(bytes < least ? least : most, shown, sizeof(shown));
	snprintf(hint, sizeof(hint), "--memory %s", shown);
	if (bytes < least)
		return usage_error(place, (int)strlen(place), hint,
			"memory is at least %s: %s for each node that has any",
			shown, format_size(config->describe->node_bytes_min,
					   node, sizeof(node)));
	if (most && bytes > most)
		return usage_error(place, (int)strlen(place), hint,
				   "the %s machine emulates at most %s",
				   config->machine,
				   format_about(most, node, sizeof(node)));
	return STATUS_DONE;
}

/* The default; a machine with more memory than fits has what does. */
static enum status memory_of_topology(struct config *config)
{
	const char *spec = options_text(config->options, OPTION_TOPOLOGY);
	uint64_t most = config->describe->memory_bytes_max;
	char shown[32];

	config->memory_bytes = config->topology->memory_bytes;
	if (most && config->memory_bytes > most) {
		config->memory_bytes = most;
		config->memory_capped = true;
		config_warn(config, "the topology's memory is more than the "
			    "%s machine emulates: %s", config->machine,
			    format_about(most, shown, sizeof(shown)));
	}
	if (config->topology->memory_assumed)
		config_warn(config, "the topology says no memory size: %s "
			    "assumed, 1G a node (--memory)",
			    format_size(config->memory_bytes, shown,
					sizeof(shown)));
	return check_bytes(config, config->memory_bytes, spec);
}

static enum status check_memory(struct config *config)
{
	const char *spec = options_text(config->options, OPTION_TOPOLOGY);
	const struct axis *axis = sweep_find(&config->sweep, AXIS_OPTION,
					     "memory");
	uint64_t nodes = config->describe->nodes_max;
	enum status status = STATUS_DONE;

	if (!config->topology->memory_bytes)
		return usage_error(spec, (int)strlen(spec), NULL,
				   "no node of the topology has memory");
	if (nodes && config->topology->nr_nodes > nodes)
		return usage_error(spec, (int)strlen(spec), NULL,
				   "the topology has %u memory nodes; the "
				   "emulated kernel is built for %llu at most",
				   config->topology->nr_nodes,
				   (unsigned long long)nodes);
	if (!axis)
		return memory_of_topology(config);
	for (size_t i = 0; i < axis->values.nr && !status; i++)
		status = check_bytes(config, axis->values.items[i].number,
				     axis->text);
	return status;
}

static bool flag(const struct options *options, enum option_id id)
{
	return options->given[id] != NULL;
}

static enum status set_views(struct config *config)
{
	const char *text = options_text(config->options, OPTION_VIEWS);
	struct parse_error err = { 0 };
	struct view_choice choice;

	config->views = text;
	if (!view_choice_parse(text, &choice, &err))
		return STATUS_DONE;
	return usage_error(text + err.column, err.length, err.hint, "%s",
			   err.text);
}

static enum status set_machine(struct config *config)
{
	struct value value;
	enum status status = options_value(config->options, OPTION_MACHINE,
					   &value);

	if (status)
		return status;
	config->machine = !strcmp(value.word, "sim") ? "sim" : "native";
	value_exit(&value);
	config->reproducible = flag(config->options, OPTION_REPRODUCIBLE);
	config->lockstat = flag(config->options, OPTION_LOCKSTAT);
	config->oversubscribe = flag(config->options, OPTION_OVERSUBSCRIBE);
	config->explain_lines = flag(config->options, OPTION_EXPLAIN_LINES);
	if (config->explain_lines && strcmp(config->machine, "sim") != 0)
		return usage_error(NULL, 0, "add -m sim",
				   "--explain-lines: the native machine does "
				   "not see cache lines");
	return set_views(config);
}

static enum status set_repeat(struct config *config)
{
	struct value value;
	enum status status = options_value(config->options, OPTION_REPEAT,
					   &value);

	if (status)
		return status;
	config->sweep.nr_repeats = value.number;
	if (sweep_points(&config->sweep) > SWEEP_POINTS_MAX)
		return usage_error(NULL, 0, "shorten a range: a..b*2 doubles",
				   "the sweep has more than %d points",
				   SWEEP_POINTS_MAX);
	return STATUS_DONE;
}

static enum status fill(struct config *config)
{
	enum status status = set_machine(config);

	if (!status)
		status = describe_create(&config->describe, config->machine);
	if (!status)
		status = find_workload(config);
	if (!status)
		status = config_topology(config);
	if (!status)
		status = config_place(config);
	if (!status)
		status = add_axes(config);
	if (!status)
		status = config_kernel(config);
	if (!status)
		status = set_repeat(config);
	if (!status)
		status = check_cpus(config, "cpus");
	if (!status)
		status = check_cpus(config, "online");
	if (!status)
		status = check_online(config);
	return status ? status : check_memory(config);
}

enum status config_create(struct config **out, const struct options *options)
{
	struct config *config = calloc(1, sizeof(*config));
	enum status status;

	*out = NULL;
	if (!config)
		return no_memory();
	config->options = options;
	config->input.fd = -1;
	config->warnings = json_array();
	status = fill(config);
	if (status) {
		config_destroy(config);
		return status;
	}
	*out = config;
	return STATUS_DONE;
}

void config_destroy(struct config *config)
{
	if (!config)
		return;
	sweep_exit(&config->sweep);
	topology_input_close(&config->input);
	free(config->place);
	key_table_exit(&config->keys);
	describe_destroy(config->describe);
	json_decref(config->profile);
	json_decref(config->warnings);
	free(config);
}
