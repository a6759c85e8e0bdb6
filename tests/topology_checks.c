/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See topology_checks.h.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/topology_checks.h"

struct topology *load(enum topology_kind kind, const char *spec)
{
	struct topology *topology;
	struct topology_error err;

	if (topology_create(&topology, kind, spec, &err))
		fail_msg("%s: column %d: %s", spec, err.column, err.text);
	return topology;
}

void fails(enum topology_kind kind, const char *spec,
	   struct topology_error *err)
{
	struct topology *topology;

	if (topology_create(&topology, kind, spec, err) != -EINVAL)
		fail_msg("accepted: %s", spec);
}

/* Each PU once; the PUs of a core, cache and package side by side. */
static void placement_is_compact(const struct topology *t)
{
	unsigned *pu_of_cpu = calloc(t->nr_pus + 1, sizeof(*pu_of_cpu));
	bool *seen = calloc(t->nr_pus, sizeof(*seen));
	const struct topology_pu *before = NULL, *pu;

	assert_non_null(pu_of_cpu);
	assert_non_null(seen);
	assert_int_equal(topology_place(t, "compact", t->nr_pus + 1,
					pu_of_cpu), 0);
	for (unsigned cpu = 0; cpu < t->nr_pus; cpu++) {
		assert_true(pu_of_cpu[cpu] < t->nr_pus);
		assert_false(seen[pu_of_cpu[cpu]]);
		seen[pu_of_cpu[cpu]] = true;
		pu = &t->pus[pu_of_cpu[cpu]];
		if (before) {
			assert_in_range(pu->core - before->core, 0, 1);
			assert_in_range(pu->l3 - before->l3, 0, 1);
			assert_in_range(pu->package - before->package, 0, 1);
			assert_int_equal(pu->smt_rank,
					 pu->core == before->core ?
					 before->smt_rank + 1 : 0);
		}
		before = pu;
	}
	assert_int_equal(pu_of_cpu[t->nr_pus], pu_of_cpu[0]);
	assert_int_equal(topology_place(t, "bogus", 1, pu_of_cpu), -EINVAL);
	free(seen);
	free(pu_of_cpu);
}

void is_sound(const struct topology *t)
{
	uint64_t memory = 0;
	unsigned pus = 0;

	assert_true(t->nr_pus > 0 && t->nr_nodes > 0);
	assert_int_equal(strlen(t->hash), 16);
	for (unsigned node = 0; node < t->nr_nodes; node++) {
		memory += t->nodes[node].memory_bytes;
		pus += t->nodes[node].nr_pus;
		for (unsigned to = 0; to < t->nr_nodes; to++)
			assert_in_range(topology_distance(t, node, to), 10,
					node == to ? 10 : UINT16_MAX);
	}
	assert_true(memory == t->memory_bytes);
	assert_int_equal(pus, t->nr_pus);
	for (unsigned pu = 0; pu < t->nr_pus; pu++) {
		assert_true(t->pus[pu].node < t->nr_nodes);
		for (unsigned other = 0; other < pu; other++)
			assert_int_not_equal(t->pus[pu].os_index,
					     t->pus[other].os_index);
	}
	placement_is_compact(t);
}
