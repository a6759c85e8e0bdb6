/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/parse.h"

struct context {
	struct request	*request;
	char		*error;
	size_t		error_size;
};

static int wrong(struct context *c, const char *what, const char *word)
{
	snprintf(c->error, c->error_size, "%s '%s'", what, word);
	return -EINVAL;
}

static const char *text_of(const json_t *json, const char *key,
			   const char *fallback)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : fallback;
}

static u64 number_of(const json_t *json, const char *key, u64 fallback)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? (u64)json_integer_value(value) :
		fallback;
}

static bool flag_of(const json_t *json, const char *key)
{
	return json_is_true(json_object_get(json, key));
}

/* ---- keys of workload and kernel -------------------------------------- */
static int index_of(const char *const *values, const char *word)
{
	for (int i = 0; values[i]; i++)
		if (!strcmp(values[i], word))
			return i;
	return -1;
}

static enum value_type value_type_of(enum key_type type)
{
	switch (type) {
	case KEY_SIZE:
		return VALUE_SIZE;
	case KEY_BOOL:
		return VALUE_BOOL;
	case KEY_TIME:
		return VALUE_TIME;
	case KEY_POWER:
		return VALUE_ALIGN;
	case KEY_NID:
		return VALUE_NODE;
	case KEY_SLAB_DEBUG:
		return VALUE_SLAB_DEBUG;
	case KEY_FAULT_ATTR:
		return VALUE_FAULT_ATTR;
	default:
		return VALUE_UINT;
	}
}

static int parse_key(struct context *c, const struct workload_key *key,
		     const char *text, u64 *out)
{
	struct value_spec spec = { .name = key->name,
		.type = value_type_of(key->type), .min = key->min,
		.max = key->max };
	struct parse_error err;
	struct value value;
	int index;

	if (key->type == KEY_ENUM) {
		index = index_of(key->values, text);
		if (index < 0)
			return wrong(c, key->name, text);
		*out = (u64)index;
		return 0;
	}
	if (parse_value(&spec, text, strlen(text), &value, &err)) {
		snprintf(c->error, c->error_size, "%s: %s", key->name,
			 err.text);
		return -EINVAL;
	}
	*out = value.number;
	value_exit(&value);
	return 0;
}

static int set_defaults(struct context *c, const struct workload_key *keys,
			u64 *values)
{
	for (unsigned i = 0; keys && keys[i].name; i++) {
		values[i] = KEY_UNSET;
		if (keys[i].value &&
		    parse_key(c, &keys[i], keys[i].value, &values[i]))
			return -EINVAL;
	}
	return 0;
}

/* Where the value of a key goes; NULL if there is no such key in keys. */
static const struct workload_key *key_of(const struct workload_key *keys,
					 const char *name)
{
	for (unsigned i = 0; keys && keys[i].name; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int set_key(struct context *c, const char *name, const char *text)
{
	const struct workload_key *own = c->request->workload->keys;
	const struct workload_key *common = workload_common_keys;
	const struct workload_key *key = key_of(own, name);

	if (key)
		return parse_key(c, key, text, &c->request->values[key - own]);
	key = key_of(common, name);
	if (!key)
		return wrong(c, "unknown key", name);
	return parse_key(c, key, text, &c->request->common[key - common]);
}

static int parse_workload_keys(struct context *c, const json_t *keys)
{
	struct request *r = c->request;
	const json_t *value;
	const char *name;

	if (set_defaults(c, r->workload->keys, r->values) ||
	    set_defaults(c, workload_common_keys, r->common))
		return -EINVAL;
	json_object_foreach((json_t *)keys, name, value)
		if (set_key(c, name, json_is_string(value) ?
			    json_string_value(value) : ""))
			return -EINVAL;
	return 0;
}

/* The text is the run's, to its end. */
static int set_text(struct context *c, const struct tunable *tunable,
		    const char *text)
{
	struct value_spec spec = { .name = tunable->key.name,
		.type = value_type_of(tunable->key.type) };
	struct parse_error err;
	struct value value;

	if (parse_value(&spec, text, strlen(text), &value, &err)) {
		snprintf(c->error, c->error_size, "%s: %s", spec.name,
			 err.text);
		return -EINVAL;
	}
	tunable->set_text(&c->request->mm, value.word);
	return 0;
}

static int set_tunable(struct context *c, const char *name, const char *text)
{
	const struct family *family = compose_family(name);
	const struct tunable *tunable = compose_tunable(name);
	const void *member;
	u64 number;

	if (family) {
		member = compose_member(family, text);
		if (!member)
			return wrong(c, name, text);
		family->choose(&c->request->mm, member);
		return 0;
	}
	if (!tunable)
		return wrong(c, "unknown tunable", name);
	if (tunable->set_text)
		return set_text(c, tunable, text);
	if (parse_key(c, &tunable->key, text, &number))
		return -EINVAL;
	tunable->set(&c->request->mm, number);
	return 0;
}

/* All that the generation says. */
static int choose_generation(struct context *c,
			     const struct generation *generation)
{
	for (unsigned i = 0; i < ARRAY_SIZE(generation->choices); i++) {
		const char *const *choice = generation->choices[i];

		if (choice[0] && set_tunable(c, choice[0], choice[1]))
			return -EINVAL;
	}
	c->request->mm.version = generation->version;
	return 0;
}

static int parse_policies(struct context *c, const json_t *json)
{
	const char *kernel = text_of(json, "kernel", COMPOSE_KERNEL);
	const struct generation *generation = compose_generation(kernel);
	json_t *value, *tunables = json_object_get(json, "tunables");
	const char *name;

	if (!generation)
		return wrong(c, "no such kernel", kernel);
	if (choose_generation(c, generation))
		return -EINVAL;
	json_object_foreach(tunables, name, value)
		if (set_tunable(c, name, json_is_string(value) ?
				json_string_value(value) : ""))
			return -EINVAL;
	return 0;
}

/* ---- machine ---------------------------------------------------------- */
static int load_topology(struct context *c, const json_t *json)
{
	const json_t *t = json_object_get(json, "topology");
	const char *kind = text_of(t, "kind", "host");
	struct topology_error err = { 0 };

	if (topology_create(&c->request->topology,
			    !strcmp(kind, "xml") ? TOPOLOGY_XML :
			    !strcmp(kind, "synthetic") ? TOPOLOGY_SYNTHETIC :
			    TOPOLOGY_HOST, text_of(t, "spec", "host"), &err))
		return wrong(c, "topology", err.text);
	return 0;
}

static int place_cpus(struct context *c, const char *placement)
{
	struct request *r = c->request;
	struct topology_error err;
	int pus;

	r->pu_of_cpu = calloc(r->online, sizeof(*r->pu_of_cpu));
	if (!r->pu_of_cpu)
		return wrong(c, "memory", "short");
	pus = topology_place(r->topology, placement, r->online, r->pu_of_cpu,
			     &err);
	if (pus < 0)
		return wrong(c, "place", err.text);
	r->pus = (unsigned)pus;
	if (r->online > r->pus && !r->oversubscribe)
		return wrong(c, "cpus", "more than the placement has PUs");
	return 0;
}

static int parse_machine(struct context *c, const json_t *json)
{
	struct request *r = c->request;

	if (load_topology(c, json))
		return -EINVAL;
	r->cpus = (unsigned)number_of(json, "cpus", 1);
	r->online = (unsigned)number_of(json, "online", r->cpus);
	if (!r->cpus || r->online < r->cpus || r->online > NR_CPUS_MAX)
		return wrong(c, "cpus or online", "out of range");
	r->oversubscribe = flag_of(json, "oversubscribe");
	if (place_cpus(c, text_of(json, "place", "compact")))
		return -EINVAL;
	r->memory_bytes = number_of(json, "memory",
				    r->topology->memory_bytes);
	return 0;
}

static int parse_views(struct context *c, const json_t *json)
{
	struct parse_error err;

	if (!view_choice_parse(text_of(json, "views", "none"),
			       &c->request->views, &err))
		return 0;
	snprintf(c->error, c->error_size, "views: %s", err.text);
	return -EINVAL;
}

int request_parse(const json_t *json, struct request *request, char *error,
		  size_t error_size)
{
	struct context c = { request, error, error_size };
	const char *workload = text_of(json, "workload", "");
	const char *arch_name = text_of(json, "arch", "x86_64-4l");

	memset(request, 0, sizeof(*request));
	request->workload = compose_workload(workload);
	if (!request->workload)
		return wrong(&c, "no such workload", workload);
	request->arch = compose_arch(arch_name);
	if (!request->arch)
		return wrong(&c, "no such arch", arch_name);
	request->seed = number_of(json, "seed", 1);
	request->loops = number_of(json, "loops", 0);
	request->duration_ns = number_of(json, "duration_ns", 0);
	request->warmup_ns = number_of(json, "warmup_ns", 0);
	request->lockstat = flag_of(json, "lockstat");
	request->explain_lines = flag_of(json, "explain_lines");
	request->events_bytes = number_of(json_object_get(json, "events"),
					  "buffer_bytes", 0);
	request->reproducible = flag_of(json, "reproducible");
	if (parse_views(&c, json) || parse_policies(&c, json) ||
	    parse_workload_keys(&c, json_object_get(json, "keys")))
		return -EINVAL;
	if (machine_is_virtual() && json_object_get(json, "profile") &&
	    profile_read(json_object_get(json, "profile"), &request->profile,
			 error, error_size))
		return -EINVAL;
	return parse_machine(&c, json);
}
