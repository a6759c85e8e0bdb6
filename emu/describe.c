/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asking an engine what it knows: see describe.h. */
#include "emu/describe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/ask.h"
#include "emu/usage.h"

static const struct {
	const char	*name;
	enum value_type	type;
} type_names[] = {
	{ "size", VALUE_SIZE }, { "uint", VALUE_UINT }, { "bool", VALUE_BOOL },
	{ "time", VALUE_TIME }, { "enum", VALUE_ENUM },
	{ "string", VALUE_STRING }, { "align", VALUE_ALIGN },
	{ "node", VALUE_NODE }, { "slab_debug", VALUE_SLAB_DEBUG },
	{ "fault_attr", VALUE_FAULT_ATTR },
};

/* The names of an array of objects or of strings, NULL at the end. */
static const char **names_of(const json_t *array)
{
	size_t nr = json_array_size(array), used = 0;
	const char **names = calloc(nr + 1, sizeof(*names));

	for (size_t i = 0; names && i < nr; i++) {
		const json_t *item = json_array_get(array, i);
		const char *name = json_is_string(item) ?
			json_string_value(item) :
			json_string_value(json_object_get(item, "name"));

		if (name)
			names[used++] = name;
	}
	return names;
}

static int read_key(const json_t *json, struct key_spec *key)
{
	const char *type = json_string_value(json_object_get(json, "type"));
	const json_t *fallback = json_object_get(json, "default");

	*key = (struct key_spec){
		.value.name = json_string_value(json_object_get(json, "name")),
		.fallback = json_string_value(fallback),
		.help = json_string_value(json_object_get(json, "help")),
	};
	key->value.min = (uint64_t)json_integer_value(
		json_object_get(json, "min"));
	key->value.max = (uint64_t)json_integer_value(
		json_object_get(json, "max"));
	if (!key->value.name || !type)
		return -EINVAL;
	/* "": it follows from others, and is not known before the run. */
	if (key->fallback && !*key->fallback)
		key->fallback = NULL;
	for (size_t i = 0; i < sizeof(type_names) / sizeof(*type_names); i++)
		if (!strcmp(type, type_names[i].name)) {
			key->value.type = type_names[i].type;
			if (key->value.type != VALUE_ENUM)
				return 0;
			key->value.words = names_of(
				json_object_get(json, "values"));
			return key->value.words ? 0 : -ENOMEM;
		}
	return -EINVAL;
}

static int grow(struct key_table *table, size_t nr)
{
	struct key_spec *keys;

	keys = realloc(table->keys, (table->nr + nr + 1) * sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	table->keys = keys;
	return 0;
}

static int append_keys(struct key_table *table, const json_t *array)
{
	int ret = grow(table, json_array_size(array));

	for (size_t i = 0; !ret && i < json_array_size(array); i++) {
		ret = read_key(json_array_get(array, i),
			       &table->keys[table->nr]);
		if (!ret)
			table->nr++;
	}
	return ret;
}

/* A family of policies is an enum tunable of its members. */
static int append_families(struct key_table *table, const json_t *array)
{
	int ret = grow(table, json_array_size(array));

	for (size_t i = 0; !ret && i < json_array_size(array); i++) {
		const json_t *family = json_array_get(array, i);
		struct key_spec *key = &table->keys[table->nr];

		*key = (struct key_spec){
			.value.name = json_string_value(
				json_object_get(family, "name")),
			.value.type = VALUE_ENUM,
			.fallback = json_string_value(
				json_object_get(family, "default")),
			.help = "policy (list policies)",
		};
		key->value.words = names_of(json_object_get(family, "members"));
		if (!key->value.words || !key->value.name)
			return -EINVAL;
		table->nr++;
	}
	return ret;
}

void key_table_exit(struct key_table *table)
{
	for (size_t i = 0; i < table->nr; i++)
		free((void *)table->keys[i].value.words);
	free(table->keys);
	*table = (struct key_table){ 0 };
}

const struct key_spec *key_table_find(const struct key_table *table,
				      const char *name, size_t length)
{
	for (size_t i = 0; i < table->nr; i++)
		if (strlen(table->keys[i].value.name) == length &&
		    !strncmp(table->keys[i].value.name, name, length))
			return &table->keys[i];
	return NULL;
}

const json_t *describe_named(const struct describe *describe, const char *list,
			     const char *name)
{
	json_t *array = json_object_get(describe->root, list), *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *it = json_string_value(json_object_get(item,
								   "name"));
		if (it && !strcmp(it, name))
			return item;
	}
	return NULL;
}

int describe_keys(const struct describe *describe, const json_t *workload,
		  struct key_table *out)
{
	int ret;

	*out = (struct key_table){ 0 };
	ret = append_keys(out, json_object_get(workload, "keys"));
	if (!ret)
		ret = append_keys(out, json_object_get(describe->root,
						       "common_keys"));
	if (ret)
		key_table_exit(out);
	return ret;
}

const char *describe_choice(const struct describe *describe,
			    const char *kernel, const char *family)
{
	json_t *array = json_object_get(describe->root, "kernels"), *item;
	size_t i;

	json_array_foreach(array, i, item) {
		const char *it = json_string_value(json_object_get(item,
								   "name"));
		if (it && !strcmp(it, kernel))
			return json_string_value(json_object_get(
				json_object_get(item, "choices"), family));
	}
	return NULL;
}

static uint64_t limit(const json_t *root, const char *name)
{
	return (uint64_t)json_integer_value(json_object_get(
		json_object_get(root, "limits"), name));
}

static int fill(struct describe *describe)
{
	const json_t *root = describe->root;

	describe->workloads = names_of(json_object_get(root, "workloads"));
	describe->kernels = names_of(json_object_get(root, "kernels"));
	describe->archs = names_of(json_object_get(root, "archs"));
	describe->profiles = names_of(json_object_get(root, "profiles"));
	describe->cpus_max = limit(root, "cpus");
	describe->nodes_max = limit(root, "nodes");
	describe->memory_bytes_max = limit(root, "memory_bytes");
	describe->node_bytes_min = limit(root, "node_bytes");
	if (!describe->workloads || !describe->kernels || !describe->archs ||
	    !describe->profiles)
		return -ENOMEM;
	if (append_families(&describe->tunables,
			    json_object_get(root, "families")))
		return -EINVAL;
	return append_keys(&describe->tunables,
			   json_object_get(root, "tunables"));
}

enum status describe_create(struct describe **out, const char *machine)
{
	struct describe *describe = calloc(1, sizeof(*describe));

	*out = describe;
	if (!describe)
		goto out_of_memory;
	describe->engine = ask_find_engine(machine);
	if (!describe->engine)
		goto out_of_memory;
	describe->root = ask_engine(describe->engine, "--describe", -1);
	if (!describe->root)
		goto destroy;
	if (fill(describe)) {
		usage_note("%s --describe: its tables are malformed",
			   describe->engine);
		goto destroy;
	}
	return STATUS_DONE;

out_of_memory:
	usage_note("out of memory");
destroy:
	describe_destroy(describe);
	*out = NULL;
	return STATUS_BUG;
}

void describe_destroy(struct describe *describe)
{
	if (!describe)
		return;
	key_table_exit(&describe->tunables);
	free(describe->workloads);
	free(describe->kernels);
	free(describe->archs);
	free(describe->profiles);
	free(describe->engine);
	json_decref(describe->root);
	free(describe);
}
