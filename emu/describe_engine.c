/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/describe_engine.h"

#include "cpus/boot.h"
#include "emu/compose.h"
#include "emu/profile.h"
#include "mm/audit.h"
#include "mm/lockclass.h"

static json_t *describe_key(const struct workload_key *key)
{
	static const char *const types[] = { "size", "uint", "bool", "time",
					     "enum", "align", "node",
					     "slab_debug", "fault_attr" };
	json_t *json = json_pack("{s:s, s:s, s:s*, s:s}", "name", key->name,
				 "type", types[key->type], "default",
				 key->value, "help", key->help);

	if (key->type != KEY_ENUM && key->type != KEY_BOOL &&
	    key->type != KEY_SLAB_DEBUG && key->type != KEY_FAULT_ATTR) {
		json_object_set_new(json, "min",
				    json_integer((json_int_t)key->min));
		if (key->max)
			json_object_set_new(json, "max",
					    json_integer((json_int_t)key->max));
	}
	if (key->type == KEY_ENUM) {
		json_t *values = json_array();

		for (unsigned i = 0; key->values[i]; i++)
			json_array_append_new(values,
					      json_string(key->values[i]));
		json_object_set_new(json, "values", values);
	}
	return json;
}

static json_t *describe_keys_of(const struct workload_key *table)
{
	json_t *keys = json_array();

	for (unsigned i = 0; table && table[i].name; i++)
		json_array_append_new(keys, describe_key(&table[i]));
	return keys;
}

static json_t *describe_workload(const struct workload *workload)
{
	json_t *keys = describe_keys_of(workload->keys), *ops = json_array();

	for (unsigned i = 0; workload->ops[i]; i++)
		json_array_append_new(ops, json_string(workload->ops[i]));
	return json_pack("{s:s, s:s, s:o, s:o, s:I}", "name", workload->name,
			 "summary", workload->summary, "keys", keys, "ops",
			 ops, "loops", (json_int_t)workload->loops);
}

static json_t *named(const char *name, const char *summary)
{
	return json_pack("{s:s, s:s}", "name", name, "summary", summary);
}

static json_t *describe_families(void)
{
	const struct generation *usual = compose_generation(COMPOSE_KERNEL);
	json_t *families = json_array();

	for (const struct family *f = compose_families; f->name; f++) {
		json_t *members = json_array();

		for (unsigned i = 0; f->members[i]; i++) {
			const struct named *m = f->members[i];

			json_array_append_new(members,
					      named(m->name, m->summary));
		}
		json_array_append_new(families,
			json_pack("{s:s, s:s, s:s, s:o}", "name", f->name,
				  "summary", f->help, "default",
				  compose_choice(usual, f->name),
				  "members", members));
	}
	return families;
}

static json_t *describe_kernel(const struct generation *g)
{
	json_t *choices = json_object(), *absent = json_array();
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(g->choices); i++)
		if (g->choices[i][0])
			json_object_set_new(choices, g->choices[i][0],
					    json_string(g->choices[i][1]));
	for (i = 0; i < ARRAY_SIZE(g->absent) && g->absent[i]; i++)
		json_array_append_new(absent, json_string(g->absent[i]));
	return json_pack("{s:s, s:s, s:s*, s:o, s:o}", "name", g->name,
			 "summary", g->summary, "partly", g->partly, "choices",
			 choices, "absent", absent);
}

static json_t *describe_kernels(void)
{
	json_t *kernels = json_array();

	for (const struct generation *g = compose_generations; g->name; g++)
		json_array_append_new(kernels, describe_kernel(g));
	return kernels;
}

static json_t *describe_locks(void)
{
	json_t *locks = json_array();
	char rank[32];

	lockclass_init();
	for (unsigned i = LOCK_CLASS_NONE + 1; i < LOCK_CLASS_MAX; i++) {
		const struct lock_class *class = lock_class(i);

		if (!class || !class->name)
			continue;
		snprintf(rank, sizeof(rank), "rank %u", class->rank);
		json_array_append_new(locks, named(class->name, rank));
	}
	return locks;
}

static json_t *describe_invariants(void)
{
	json_t *all = json_array();

	for (unsigned i = 0; i < nr_invariants; i++) {
		const struct invariant *inv = &invariants[i];

		json_array_append_new(all,
			json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*}",
				  "id", inv->id, "text", inv->text, "status",
				  inv->where ? "checked" : "not yet", "where",
				  inv->where, "fault", inv->fault, "why",
				  inv->why_not));
	}
	return all;
}

static json_t *describe_profiles(void)
{
	json_t *profiles = json_array();
	struct cost_profile profile;
	const char *name;
	char error[256];

	for (unsigned i = 0; machine_is_virtual() &&
	     (name = profile_name(i)); i++) {
		json_t *word = json_string(name);

		/* A shipped one is good: a test reads them all. */
		must(!profile_read(word, &profile, error, sizeof(error)));
		json_array_append_new(profiles, profile_describe(&profile));
		json_decref(word);
	}
	return profiles;
}

json_t *engine_describe(void)
{
	json_t *workloads = json_array(), *tunables = json_array();
	json_t *archs = json_array();

	for (unsigned i = 0; compose_workloads[i]; i++)
		json_array_append_new(workloads,
				      describe_workload(compose_workloads[i]));
	for (unsigned i = 0; compose_tunables[i].key.name; i++)
		json_array_append_new(tunables,
				      describe_key(&compose_tunables[i].key));
	for (unsigned i = 0; compose_archs[i]; i++)
		json_array_append_new(archs, named(compose_archs[i]->name,
					compose_archs[i]->summary));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:{s:i, s:i, s:I, s:I}}",
			 "machine", machine_is_virtual() ? "sim" : "native",
			 "workloads", workloads, "common_keys",
			 describe_keys_of(workload_common_keys),
			 "tunables", tunables, "families", describe_families(),
			 "kernels", describe_kernels(), "archs", archs,
			 "locks", describe_locks(), "profiles",
			 describe_profiles(),
			 "invariants", describe_invariants(), "limits",
			 "cpus", NR_CPUS_MAX, "nodes", MAX_NUMNODES,
			 "memory_bytes", (json_int_t)machine_memory_limit(),
			 "node_bytes",
			 (json_int_t)MACHINE_NODE_BYTES);
}
