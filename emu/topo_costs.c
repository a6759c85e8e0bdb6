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

/* Pairs of PUs of one class, and the first of them. */
struct pairs {
	u64		nr;
	unsigned	a, b;
};

static void count_pairs(const struct topology *t, struct pairs *pairs)
{
	for (unsigned a = 0; a < t->nr_pus; a++)
		for (unsigned b = a + 1; b < t->nr_pus; b++) {
			struct pairs *p = &pairs[topology_class(t, a, b)];

			if (!p->nr++)
				*p = (struct pairs){ 1, a, b };
		}
}

static json_t *class_json(const struct topology *t, unsigned kind,
			  const struct pairs *pairs, const json_t *constants)
{
	const json_t *constant = json_object_get(constants,
						 classes[kind].constant);
	json_t *json = json_pack("{s:s, s:I, s:[ii]}", "class",
		classes[kind].name, "pairs", (json_int_t)pairs->nr, "example",
		t->pus[pairs->a].os_index, t->pus[pairs->b].os_index);

	if (!constant)
		return json;
	json_object_set_new(json, "constant",
			    json_string(classes[kind].constant));
	json_object_set(json, "ns", json_object_get(constant, "value"));
	json_object_set(json, "source", json_object_get(constant, "source"));
	return json;
}

static json_t *row_json(const struct topology *t, unsigned from,
			const json_t *constants)
{
	json_t *row = json_array();

	for (unsigned to = 0; to < t->nr_pus; to++) {
		const char *name = to == from ? "l1_ns" :
			classes[topology_class(t, from, to)].constant;

		json_array_append(row, json_object_get(json_object_get(
			constants, name), "value"));
	}
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

void topo_add_costs(json_t *document, const struct topology *t,
		    const struct topo_profile *profile)
{
	struct pairs pairs[NR_TOPOLOGY_CLASSES] = { { 0 } };
	json_t *described = profile_describe(&profile->cost);
	json_t *constants = json_object_get(described, "constants");
	json_t *all = json_array();

	json_object_set_new(described, "from", json_string(profile->from));
	if (profile->why[0])
		json_object_set_new(described, "why",
				    json_string(profile->why));
	if (!profile->cost.flat)
		json_object_set_new(described, "arbiter",
				    json_string(profile->cost.arbiter));
	count_pairs(t, pairs);
	for (unsigned kind = 0; kind < NR_TOPOLOGY_CLASSES; kind++)
		if (pairs[kind].nr)
			json_array_append_new(all, class_json(t, kind,
				&pairs[kind], constants));
	json_object_set_new(document, "profile", described);
	json_object_set_new(document, "classes", all);
	if (t->nr_pus <= TOPO_MATRIX_PUS && !profile->cost.flat)
		json_object_set_new(document, "matrix",
				    matrix_json(t, constants));
}
