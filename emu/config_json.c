/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration as JSON: for the engine, for a point, for the result. */
#include "emu/config.h"
#include "emu/config_profile.h"

#include <string.h>

/* For the result: numbers as numbers, times with their unit. */
static json_t *value_json(const struct value *value)
{
	char text[32];

	if (value->word)
		return json_string(value->word);
	switch (value->type) {
	case VALUE_BOOL:
		return json_boolean(value->number != 0);
	case VALUE_TIME:
		return json_string(value_format(value, text, sizeof(text)));
	default:
		return json_integer((json_int_t)value->number);
	}
}

/* For the engine, which reads keys as a user types them. */
static json_t *value_string(const struct value *value)
{
	char text[32];

	if (value->word)
		return json_string(value->word);
	return json_string(value_format(value, text, sizeof(text)));
}

static json_int_t number_at(const struct config *config, size_t point,
			    const char *option)
{
	const struct value *value = sweep_option(&config->sweep, point,
						 option);

	return value ? (json_int_t)value->number : 0;
}

static json_int_t seed_at(const struct config *config, size_t point)
{
	uint64_t seed = (uint64_t)number_at(config, point, "seed");
	uint64_t repeat = sweep_repeat(&config->sweep, point);

	return (json_int_t)((seed + repeat) & PARSE_NUMBER_MAX);
}

static json_t *group_strings(const struct config *config, size_t point,
			     enum axis_group group)
{
	json_t *object = json_object();

	for (size_t i = 0; i < config->sweep.nr_axes; i++) {
		const struct axis *axis = &config->sweep.axes[i];

		if (axis->group == group)
			json_object_set_new(object, axis->name, value_string(
				sweep_value(&config->sweep, point, axis)));
	}
	return object;
}

static void set_word(json_t *object, const struct config *config,
		     size_t point, const char *option)
{
	const struct value *value = sweep_option(&config->sweep, point,
						 option);

	if (value)
		json_object_set_new(object, option, json_string(value->word));
}

static json_t *request_topology(const struct config *config)
{
	return json_pack("{s:s, s:s}", "kind",
			 topology_kind_name(config->input.kind), "spec",
			 config->input.path);
}

static void set_memory(json_t *request, const struct config *config,
		       size_t point)
{
	json_int_t memory = number_at(config, point, "memory");

	if (!memory && config->memory_capped)
		memory = (json_int_t)config->memory_bytes;
	if (memory)
		json_object_set_new(request, "memory", json_integer(memory));
}

json_t *config_request(const struct config *config, size_t point)
{
	json_int_t cpus = number_at(config, point, "cpus");
	json_int_t online = number_at(config, point, "online");
	json_t *request = json_pack("{s:s}", "workload", config->workload);

	set_word(request, config, point, "kernel");
	set_word(request, config, point, "arch");
	set_word(request, config, point, "profile");
	if (config->profile)
		json_object_set(request, "profile", config->profile);
	json_object_set_new(request, "topology", request_topology(config));
	json_object_set_new(request, "cpus", json_integer(cpus));
	json_object_set_new(request, "online",
			    json_integer(online ? online : cpus));
	set_word(request, config, point, "place");
	set_memory(request, config, point);
	json_object_set_new(request, "seed",
			    json_integer(seed_at(config, point)));
	json_object_set_new(request, "loops",
			    json_integer(number_at(config, point, "loops")));
	json_object_set_new(request, "duration_ns",
		json_integer(number_at(config, point, "duration")));
	json_object_set_new(request, "warmup_ns",
			    json_integer(number_at(config, point, "warmup")));
	json_object_set_new(request, "lockstat",
			    json_boolean(config->lockstat));
	json_object_set_new(request, "views", json_string(config->views));
	json_object_set_new(request, "explain_lines",
			    json_boolean(config->explain_lines));
	json_object_set_new(request, "reproducible",
			    json_boolean(config->reproducible));
	json_object_set_new(request, "oversubscribe",
			    json_boolean(config->oversubscribe));
	json_object_set_new(request, "keys",
			    group_strings(config, point, AXIS_KEY));
	json_object_set_new(request, "tunables",
			    group_strings(config, point, AXIS_TUNABLE));
	return request;
}

/* A text as the key's type says; one that is no such value, as it stands. */
static json_t *typed_json(const struct key_spec *key, const char *text)
{
	struct parse_error err;
	struct value value;
	json_t *json;

	if (parse_value(&key->value, text, strlen(text), &value, &err))
		return json_string(text);
	json = value_json(&value);
	value_exit(&value);
	return json;
}

static json_t *fallback_json(const struct key_spec *key)
{
	return typed_json(key, key->fallback);
}

static bool own_key(const struct config *config, const char *name)
{
	const json_t *workload = describe_named(config->describe, "workloads",
						config->workload);
	json_t *keys = json_object_get(workload, "keys"), *key;
	size_t i;

	json_array_foreach(keys, i, key)
		if (!strcmp(json_string_value(json_object_get(key, "name")),
			    name))
			return true;
	return false;
}

/* The workload's own keys always, common ones where the user sets them. */
static void add_keys(json_t *object, const struct config *config,
		     size_t point)
{
	for (size_t i = 0; i < config->keys.nr; i++) {
		const struct key_spec *key = &config->keys.keys[i];
		const struct axis *axis = sweep_find(&config->sweep, AXIS_KEY,
						     key->value.name);

		if (axis)
			json_object_set_new(object, axis->name, value_json(
				sweep_value(&config->sweep, point, axis)));
		else if (key->fallback && own_key(config, key->value.name))
			json_object_set_new(object, key->value.name,
					    fallback_json(key));
	}
}

json_t *config_point(const struct config *config, size_t point)
{
	json_t *object = json_pack("{s:I}", "cpus",
				   number_at(config, point, "cpus"));

	for (size_t i = 0; i < config->sweep.nr_axes; i++) {
		const struct axis *axis = &config->sweep.axes[i];

		if (axis->values.nr > 1 && axis->group != AXIS_KEY)
			json_object_set_new(object, axis->name, value_json(
				sweep_value(&config->sweep, point, axis)));
	}
	add_keys(object, config, point);
	json_object_set_new(object, "seed",
			    json_integer(seed_at(config, point)));
	if (config->sweep.nr_repeats > 1)
		json_object_set_new(object, "repeat", json_integer(
			(json_int_t)sweep_repeat(&config->sweep, point)));
	return object;
}

static void set_entry(json_t *object, const char *name, json_t *value,
		      const char *from)
{
	json_object_set_new(object, name, json_pack("{s:o, s:s}", "value",
						    value, "from", from));
}

static json_t *axis_json(const struct axis *axis)
{
	json_t *array;

	if (axis->values.nr == 1)
		return value_json(&axis->values.items[0]);
	array = json_array();
	for (size_t i = 0; i < axis->values.nr; i++)
		json_array_append_new(array,
				      value_json(&axis->values.items[i]));
	return array;
}

/* An option that is no axis, or one that has no axis in this run. */
static void add_plain_option(json_t *object, const struct config *config,
			     enum option_id id)
{
	const struct option_spec *spec = &option_table[id];
	const char *from = config->options->given[id] ? config_origin(
		config->options->origin[id], "option") : "default";
	json_t *loops;

	switch (id) {
	case OPTION_MACHINE:
		set_entry(object, spec->name, json_string(config->machine),
			  from);
		break;
	case OPTION_TOPOLOGY:
		set_entry(object, spec->name, json_string(
			config->reproducible &&
			config->input.kind == TOPOLOGY_XML ?
			config->topology->hash :
			options_text(config->options, id)), from);
		break;
	case OPTION_MEMORY:
		set_entry(object, spec->name, json_integer(
			(json_int_t)config->memory_bytes), "topology");
		break;
	case OPTION_REPEAT:
		set_entry(object, spec->name, json_integer(
			(json_int_t)config->sweep.nr_repeats), from);
		break;
	case OPTION_LOCKSTAT:
		set_entry(object, spec->name, json_boolean(config->lockstat),
			  from);
		break;
	case OPTION_VIEWS:
		set_entry(object, spec->name, json_string(config->views),
			  from);
		break;
	case OPTION_EXPLAIN_LINES:
		set_entry(object, spec->name,
			  json_boolean(config->explain_lines), from);
		break;
	case OPTION_OVERSUBSCRIBE:
		set_entry(object, spec->name,
			  json_boolean(config->oversubscribe), from);
		break;
	case OPTION_LOOPS:
		loops = json_object_get(describe_named(config->describe,
				"workloads", config->workload), "loops");
		if (loops && !config->options->given[OPTION_DURATION])
			set_entry(object, spec->name, json_incref(loops),
				  from);
		break;
	default:	/* --duration without a value and the like: absent */
		break;
	}
}

/* Reproducible is what is in a profile's file, not where it lies. */
static json_t *option_json(const struct config *config, const struct axis *axis)
{
	if (config->profile && config->reproducible &&
	    !strcmp(axis->name, "profile"))
		return config_profile_hash(config);
	return axis_json(axis);
}

static void add_options(json_t *object, const struct config *config)
{
	for (int id = 0; id < NR_OPTIONS; id++) {
		const struct axis *axis = sweep_find(&config->sweep,
				AXIS_OPTION, option_table[id].name);

		if (!option_table[id].config)
			continue;
		if (axis)
			set_entry(object, axis->name, option_json(config, axis),
				  axis->from);
		else
			add_plain_option(object, config, id);
	}
}

/* What the chosen generations say; an array if they differ. */
static json_t *generation_json(const struct config *config,
			       const struct key_spec *key)
{
	const struct axis *kernels = sweep_find(&config->sweep, AXIS_OPTION,
						"kernel");
	json_t *array = json_array(), *only;

	for (size_t i = 0; i < kernels->values.nr; i++) {
		const char *choice = describe_choice(config->describe,
				kernels->values.items[i].word,
				key->value.name);

		if (choice)
			json_array_append_new(array, typed_json(key, choice));
	}
	if (json_array_size(array) > 1)
		return array;
	only = json_incref(json_array_get(array, 0));
	json_decref(array);
	return only;
}

static void add_tunables(json_t *object, const struct config *config)
{
	const struct key_table *table = &config->describe->tunables;

	for (size_t i = 0; i < table->nr; i++) {
		const struct key_spec *key = &table->keys[i];
		const char *name = key->value.name;
		const struct axis *axis = sweep_find(&config->sweep,
						     AXIS_TUNABLE, name);
		json_t *generation;

		if (axis) {
			set_entry(object, name, axis_json(axis), axis->from);
			continue;
		}
		generation = generation_json(config, key);
		if (generation)
			set_entry(object, name, generation, "generation");
		else if (key->fallback)
			set_entry(object, name, fallback_json(key), "default");
	}
}

json_t *config_effective(const struct config *config)
{
	json_t *object = json_object();

	set_entry(object, "workload", json_string(config->workload),
		  config_origin(config->options->subject_origin, "option"));
	add_options(object, config);
	add_tunables(object, config);
	for (size_t i = 0; i < config->keys.nr; i++) {
		const struct key_spec *key = &config->keys.keys[i];
		const struct axis *axis = sweep_find(&config->sweep, AXIS_KEY,
						     key->value.name);

		if (axis)
			set_entry(object, axis->name, axis_json(axis),
				  axis->from);
		else if (key->fallback)
			set_entry(object, key->value.name, fallback_json(key),
				  "default");
	}
	return object;
}
