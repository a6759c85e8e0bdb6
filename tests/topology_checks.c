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

/* Each PU once, then the first again. */
static unsigned *all_placed(const struct topology *t, const char *placement)
{
	unsigned *pu_of_cpu = calloc(t->nr_pus + 1, sizeof(*pu_of_cpu));
	bool *seen = calloc(t->nr_pus, sizeof(*seen));
	struct topology_error err;

	assert_non_null(pu_of_cpu);
	assert_non_null(seen);
	assert_int_equal(topology_place(t, placement, t->nr_pus + 1, pu_of_cpu,
					&err), t->nr_pus);
	for (unsigned cpu = 0; cpu < t->nr_pus; cpu++) {
		assert_true(pu_of_cpu[cpu] < t->nr_pus);
		assert_false(seen[pu_of_cpu[cpu]]);
		seen[pu_of_cpu[cpu]] = true;
	}
	assert_int_equal(pu_of_cpu[t->nr_pus], pu_of_cpu[0]);
	free(seen);
	return pu_of_cpu;
}

/* The PUs of a core, cache and package side by side. */
static void placement_is_compact(const struct topology *t)
{
	unsigned *pu_of_cpu = all_placed(t, "compact");
	const struct topology_pu *before = NULL, *pu;

	for (unsigned cpu = 0; cpu < t->nr_pus; cpu++) {
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
	free(pu_of_cpu);
}

/* No core's second PU before each core has one. */
static void siblings_come_last(const struct topology *t, const char *placement)
{
	unsigned *pu_of_cpu = all_placed(t, placement), rank = 0;

	for (unsigned cpu = 0; cpu < t->nr_pus; cpu++) {
		unsigned now = t->pus[pu_of_cpu[cpu]].smt_rank;

		assert_in_range(now, rank, rank + 1);
		rank = now;
	}
	free(pu_of_cpu);
}

/* The first CPUs, as many as there are packages, are on as many packages. */
static void placement_is_scattered(const struct topology *t)
{
	unsigned *pu_of_cpu = all_placed(t, "scatter");

	for (unsigned cpu = 0; cpu < t->nr_packages; cpu++)
		assert_int_equal(t->pus[pu_of_cpu[cpu]].package, cpu);
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
	siblings_come_last(t, "smt-last");
	siblings_come_last(t, "scatter");
	placement_is_scattered(t);
}
