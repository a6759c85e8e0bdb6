/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The document of `shootdown topo`: see topo.h. */
#include "emu/topo.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/topology_tree.h"
#include "emu/json_set.h"
#include "emu/result.h"

/* Takes text over; without memory the member is missing. */
static void set_text(json_t *object, const char *key, char *text)
{
	if (text && *text)
		json_object_set_new(object, key, json_string(text));
	free(text);
}

/* several: below something that is there more than once, whose first it is. */
static json_t *tree_json(const struct topology_tree *tree, bool several)
{
	json_t *json = json_pack("{s:s, s:i}", "object", tree->name, "count",
				 (int)tree->count);
	json_t *children = json_array();

	if (tree->bytes)
		set_u64(json, "bytes", tree->bytes);
	if (!several && tree->pus && *tree->pus)
		json_object_set_new(json, "pus", json_string(tree->pus));
	for (unsigned i = 0; i < tree->nr_children; i++)
		json_array_append_new(children, tree_json(&tree->children[i],
						several || tree->count > 1));
	if (tree->nr_children)
		json_object_set(json, "each", children);
	json_decref(children);
	return json;
}

static json_t *topology_json(const struct topology *t, const char *spec)
{
	const struct topology_pu *last = &t->pus[t->nr_pus - 1];
	json_t *json = json_pack("{s:s, s:s}", "spec", spec, "source",
				 topology_kind_name(t->kind));

	set_u64(json, "pus", t->nr_pus);
	set_u64(json, "cores", last->core + 1);
	set_u64(json, "l3s", last->l3 + 1);
	set_u64(json, "packages", t->nr_packages);
	set_u64(json, "nodes", t->nr_nodes);
	set_u64(json, "memory_bytes", t->memory_bytes);
	json_object_set_new(json, "memory_assumed",
			    json_boolean(t->memory_assumed));
	json_object_set_new(json, "hash", json_string(t->hash));
	return json;
}

static json_t *nodes_json(const struct topology *t)
{
	json_t *nodes = json_array(), *json, *distances;

	for (unsigned node = 0; node < t->nr_nodes; node++) {
		json = json_object();
		set_u64(json, "node", t->nodes[node].os_index);
		set_u64(json, "memory_bytes", t->nodes[node].memory_bytes);
		set_text(json, "pus", topology_node_pus(t, node));
		distances = json_array();
		for (unsigned to = 0; to < t->nr_nodes; to++)
			json_array_append_new(distances, json_integer(
				topology_distance(t, node, to)));
		json_object_set_new(json, "distances", distances);
		json_array_append_new(nodes, json);
	}
	return nodes;
}

static json_t *absent_json(const struct topology *t)
{
	json_t *json = json_object();
	struct topology_absent absent;

	topology_absent(t, &absent);
	if (*absent.offline)
		json_object_set_new(json, "offline",
				    json_string(absent.offline));
	if (*absent.forbidden)
		json_object_set_new(json, "forbidden",
				    json_string(absent.forbidden));
	return json;
}

static json_t *kinds_json(const struct topology *t)
{
	json_t *kinds = json_array();
	char *list;

	for (unsigned i = 0; (list = topology_cpu_kind(t, i)); i++) {
		json_array_append_new(kinds, json_string(list));
		free(list);
	}
	return kinds;
}

static bool same_cache(const struct topology_cache *a,
		       const struct topology_cache *b)
{
	return a->bytes == b->bytes && a->cores == b->cores;
}

/* The kinds of a level's caches: hybrid machines have several. */
static void add_caches(json_t *caches, const struct topology *t, unsigned level)
{
	struct topology_cache kinds[4], cache;
	unsigned nr = 0, i;

	for (unsigned pu = 0; pu < t->nr_pus && nr < ARRAY_SIZE(kinds); pu++) {
		cache = topology_cache(t, level, pu);
		for (i = 0; i < nr && !same_cache(&kinds[i], &cache); i++)
			continue;
		if (i < nr || !cache.bytes)
			continue;
		kinds[nr++] = cache;
		json_array_append_new(caches, json_pack(
			"{s:i, s:I, s:i, s:I, s:s}", "level", level, "bytes",
			(json_int_t)cache.bytes, "cores", cache.cores,
			"simulated_bytes", (json_int_t)cache.simulated, "from",
			cache.assumed ? "assumed" : "topology"));
	}
}

static json_t *caches_json(const struct topology *t)
{
	json_t *caches = json_array();

	for (unsigned level = 1; level <= 3; level++)
		add_caches(caches, t, level);
	return caches;
}

static json_t *placement_json(const struct topology *t, const char *name)
{
	unsigned *order = calloc(t->nr_pus, sizeof(*order));
	json_t *pus = json_array();
	struct topology_error err;
	int nr = order ? topology_place(t, name, 0, NULL, &err) : 0;

	if (nr > 0)
		topology_place(t, name, (unsigned)nr, order, &err);
	for (int cpu = 0; cpu < nr; cpu++)
		json_array_append_new(pus, json_integer(
			t->pus[order[cpu]].os_index));
	free(order);
	return json_pack("{s:s, s:o}", "name", name, "pus", pus);
}

/* ---- notes: what may surprise ------------------------------------------ */

__attribute__((format(printf, 2, 3)))
static void note(json_t *notes, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(notes, json_string(text));
}

static void note_nodes(json_t *notes, const struct topology *t)
{
	for (unsigned i = 0; i < t->nr_nodes; i++) {
		const struct topology_node *node = &t->nodes[i];

		if (!node->memory_bytes)
			note(notes, "node %u has no memory: who is there uses "
			     "the nearest node that has", node->os_index);
		else if (!node->nr_pus)
			note(notes, "node %u has memory and no PUs: to all "
			     "CPUs it is another package's", node->os_index);
	}
}

/* The emulated kernel counts nodes as hwloc does, from 0. */
static void note_numbers(json_t *notes, const struct topology *t)
{
	unsigned i = 0;

	while (i < t->nr_nodes && t->nodes[i].os_index == i)
		i++;
	if (i < t->nr_nodes)
		note(notes, "the emulated kernel counts the nodes in this "
		     "order: its node %u (a key node=) is number %u here "
		     "(--place node=)", i, t->nodes[i].os_index);
}

static void note_distances(json_t *notes, const struct topology *t)
{
	if (t->nr_nodes < 2)
		return;
	if (t->has_distances)
		note(notes, "distances are the topology's: they order the "
		     "nodes of an allocation, and what is farther than the "
		     "nearest of its class costs in proportion");
	else
		note(notes, "the topology has no distances between nodes: 10 "
		     "and 20 are assumed, to order the nodes of an "
		     "allocation; costs are by the tree alone");
}

static void note_matrices(json_t *notes, const struct topology *t)
{
	char unused[400];

	topology_unused_matrices(t, unused, sizeof(unused));
	if (*unused)
		note(notes, "matrices that are not used, as only latencies "
		     "between nodes are: of %s", unused);
}

static json_t *notes_json(const struct topology *t, const json_t *document)
{
	json_t *absent = json_object_get(document, "absent");
	json_t *notes = json_array();
	const char *pus, *kind;
	json_t *value;

	json_object_foreach(absent, kind, value) {
		pus = json_string_value(value);
		note(notes, "left out, %s: PUs %.400s",
		     !strcmp(kind, "offline") ? "offline" : "not allowed",
		     pus);
	}
	if (t->memory_assumed)
		note(notes, "the topology says no memory size: 1G a node is "
		     "assumed");
	note_nodes(notes, t);
	note_numbers(notes, t);
	note_distances(notes, t);
	note_matrices(notes, t);
	if (json_array_size(json_object_get(document, "kinds")))
		note(notes, "the cores are of different kinds; the sim machine "
		     "runs all at one speed");
	if (t->kind == TOPOLOGY_SYNTHETIC && !strstr(t->spec, "size=") &&
	    (topology_cache_bytes(t, 2) || topology_cache_bytes(t, 3)))
		note(notes, "the string says no sizes of caches: they are "
		     "hwloc's");
	return notes;
}

json_t *topo_document(const struct topology_input *input, const char *spec,
		      const struct topo_profile *profile,
		      const char *placement)
{
	const struct topology *t = input->topology;
	struct topology_tree *tree = topology_tree_create(t);
	json_t *document;

	if (!tree)
		return NULL;
	document = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"schema", "shootdown.topo/1", "tool", result_tool(),
		"topology", topology_json(t, spec), "tree",
		tree_json(tree, false), "nodes", nodes_json(t), "absent",
		absent_json(t), "kinds", kinds_json(t), "caches",
		caches_json(t));
	topology_tree_destroy(tree);
	if (placement)
		json_object_set_new(document, "placement",
				    placement_json(t, placement));
	topo_add_costs(document, t, profile);
	json_object_set_new(document, "notes", notes_json(t, document));
	return document;
}
