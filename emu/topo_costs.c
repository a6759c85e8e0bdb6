/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a topology costs on the sim machine, from its cost profile. */
#include "emu/json_set.h"
#include "emu/topo.h"

/* A class of distance, and the constant that a line's transfer costs. */
static const struct {
	const char	*name, *constant;
} classes[NR_TOPOLOGY_CLASSES] = {
	[TOPOLOGY_SAME_CORE] = { "same core", "c2c_smt_ns" },
	[TOPOLOGY_SAME_L3] = { "same L3", "c2c_l3_ns" },
	[TOPOLOGY_SAME_PACKAGE] = { "same package", "c2c_package_ns" },
	[TOPOLOGY_CROSS] = { "other package", "c2c_cross_ns" },
};

/* A line of PU b to PU a. */
struct pair {
	unsigned	a, b;
	double		ns;
};

/* Pairs of PUs of one class; of the nearest and of the farthest the first. */
struct pairs {
	u64		nr;
	struct pair	near, far;
};

static double constant_ns(const json_t *constants, const char *name)
{
	return json_number_value(json_object_get(json_object_get(constants,
						 name), "value"));
}

/* In the machine's ticks of 0.1 ns, rounded as it does. */
static double stretched(const struct topology *t, double ns, unsigned nearest,
			unsigned from, unsigned to)
{
	return topology_stretch(t, (uint32_t)(ns * 10 + 0.5), nearest, from,
				to) / 10.0;
}

/* A line of b to a; its home is on the way. */
static double line_ns(const struct topology *t, const json_t *constants,
		      unsigned a, unsigned b)
{
	enum topology_class class = topology_class(t, a, b);

	return stretched(t, constant_ns(constants, classes[class].constant),
			 t->nearest[class], t->pus[a].home, t->pus[b].home);
}

static double memory_ns(const struct topology *t, const json_t *constants,
			unsigned pu, unsigned node)
{
	bool remote = topology_is_remote(t, t->pus[pu].package,
					 t->pus[pu].home, node);

	return stretched(t, constant_ns(constants, remote ? "dram_remote_ns" :
					"dram_local_ns"),
			 remote ? t->nearest_memory : TOPOLOGY_LOCAL,
			 t->pus[pu].home, node);
}

static void count_pair(struct pairs *pairs, struct pair pair)
{
	if (!pairs->nr++ || pair.ns < pairs->near.ns)
		pairs->near = pair;
	if (pair.ns > pairs->far.ns)
		pairs->far = pair;
}

/* Distances may be longer one way than the other. */
static void count_pairs(const struct topology *t, const json_t *constants,
			struct pairs *pairs)
{
	for (unsigned a = 0; a < t->nr_pus; a++)
		for (unsigned b = t->has_distances ? 0 : a + 1; b < t->nr_pus;
		     b++)
			if (a != b)
				count_pair(&pairs[topology_class(t, a, b)],
					   (struct pair){ a, b, line_ns(t,
						constants, a, b) });
	for (unsigned i = 0; t->has_distances && i < NR_TOPOLOGY_CLASSES; i++)
		pairs[i].nr /= 2;
}

static json_t *pair_json(const struct topology *t, const struct pair *pair)
{
	return json_pack("[ii]", t->pus[pair->a].os_index,
			 t->pus[pair->b].os_index);
}

static json_t *class_json(const struct topology *t, unsigned kind,
			  const struct pairs *pairs, const json_t *constants)
{
	const json_t *constant = json_object_get(constants,
						 classes[kind].constant);
	json_t *json = json_pack("{s:s, s:I, s:o}", "class",
		classes[kind].name, "pairs", (json_int_t)pairs->nr, "example",
		pair_json(t, &pairs->near));

	if (!constant)
		return json;
	json_object_set_new(json, "constant",
			    json_string(classes[kind].constant));
	json_object_set(json, "ns", json_object_get(constant, "value"));
	if (pairs->far.ns > pairs->near.ns) {
		json_object_set_new(json, "far_ns", json_real(pairs->far.ns));
		json_object_set_new(json, "far_example",
				    pair_json(t, &pairs->far));
	}
	json_object_set(json, "source", json_object_get(constant, "source"));
	return json;
}

/* ---- of PUs ------------------------------------------------------------ */
static json_t *row_json(const struct topology *t, unsigned from,
			const json_t *constants)
{
	json_t *row = json_array();

	for (unsigned to = 0; to < t->nr_pus; to++)
		json_array_append_new(row, json_real(to == from ?
			constant_ns(constants, "l1_ns") :
			line_ns(t, constants, from, to)));
	return row;
}

static json_t *matrix_json(const struct topology *t, const json_t *constants)
{
	json_t *pus = json_array(), *rows = json_array();

	for (unsigned pu = 0; pu < t->nr_pus; pu++) {
		json_array_append_new(pus, json_integer(t->pus[pu].os_index));
		json_array_append_new(rows, row_json(t, pu, constants));
	}
	return json_pack("{s:o, s:o}", "pus", pus, "ns", rows);
}

/* ---- of nodes ---------------------------------------------------------- */
/* The first and the last PU at home on a node; NULL: there is none. */
struct homed {
	const struct topology_pu *first, *last;
};

static struct homed homed_at(const struct topology *t, unsigned node)
{
	struct homed homed = { NULL, NULL };

	for (unsigned pu = 0; pu < t->nr_pus; pu++) {
		if (t->pus[pu].home != node)
			continue;
		homed.first = homed.first ? homed.first : &t->pus[pu];
		homed.last = &t->pus[pu];
	}
	return homed;
}

/* From each node's first PU to the last of each: null for one PU alone and for
 * a node without CPUs or memory. */
static void add_row(json_t *between, const struct topology *t,
		    const struct topology_pu *first, const json_t *constants)
{
	unsigned from = (unsigned)(first - t->pus);
	json_t *lines = json_array(), *loads = json_array();
	const struct topology_pu *last;

	for (unsigned to = 0; to < t->nr_nodes; to++) {
		last = homed_at(t, to).last;
		json_array_append_new(lines, last && last != first ?
			json_real(line_ns(t, constants, from,
					  (unsigned)(last - t->pus))) :
			json_null());
		json_array_append_new(loads, t->nodes[to].memory_bytes ?
			json_real(memory_ns(t, constants, from, to)) :
			json_null());
	}
	json_array_append_new(json_object_get(between, "line_ns"), lines);
	json_array_append_new(json_object_get(between, "load_ns"), loads);
	json_array_append_new(json_object_get(between, "from"),
			      json_integer(t->nodes[first->home].os_index));
}

static json_t *between_json(const struct topology *t, const json_t *constants)
{
	json_t *between = json_pack("{s:s, s:[], s:[], s:[], s:[]}", "by",
		t->has_distances ? "distances" : "tree", "from", "to",
		"line_ns", "load_ns");

	for (unsigned node = 0; node < t->nr_nodes; node++) {
		struct homed homed = homed_at(t, node);

		json_array_append_new(json_object_get(between, "to"),
				      json_integer(t->nodes[node].os_index));
		if (homed.first)
			add_row(between, t, homed.first, constants);
	}
	return between;
}

void topo_add_costs(json_t *document, const struct topology *t,
		    const struct topo_profile *profile)
{
	struct pairs pairs[NR_TOPOLOGY_CLASSES] = { { 0 } };
	json_t *described = profile_describe(&profile->cost);
	json_t *constants = json_object_get(described, "constants");
	json_t *all = json_array();

	json_object_set_new(described, "from", json_string(profile->from));
	if (profile->file)
		json_object_set_new(described, "file",
				    json_string(profile->file));
	if (profile->why[0])
		json_object_set_new(described, "why",
				    json_string(profile->why));
	if (!profile->cost.flat)
		json_object_set_new(described, "arbiter",
				    json_string(profile->cost.arbiter));
	count_pairs(t, constants, pairs);
	for (unsigned kind = 0; kind < NR_TOPOLOGY_CLASSES; kind++)
		if (pairs[kind].nr)
			json_array_append_new(all, class_json(t, kind,
				&pairs[kind], constants));
	json_object_set_new(document, "profile", described);
	json_object_set_new(document, "classes", all);
	if (profile->cost.flat)
		return;
	if (t->nr_pus <= TOPO_MATRIX_PUS)
		json_object_set_new(document, "matrix",
				    matrix_json(t, constants));
	if (t->nr_nodes > 1 && t->nr_nodes <= TOPO_MATRIX_NODES)
		json_object_set_new(document, "between",
				    between_json(t, constants));
}
