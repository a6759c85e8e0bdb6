/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distances between memory nodes, in the SLIT's measure. */
#include <hwloc.h>

#include "cpus/topology_parts.h"
#include "cpus/topology_tree.h"

#define DISTANCE_LOCAL	10	/* ACPI 6.5, 5.2.17 (SLIT) */
#define DISTANCE_REMOTE	20	/* REMOTE_DISTANCE, include/linux/topology.h */

static struct hwloc_distances_s *latencies(hwloc_topology_t hwloc)
{
	struct hwloc_distances_s *found = NULL;
	unsigned nr = 1;

	if (!hwloc_distances_get_by_name(hwloc, "NUMALatency", &nr, &found,
					 0) && nr > 0)
		return found;
	nr = 1;
	if (!hwloc_distances_get_by_type(hwloc, HWLOC_OBJ_NUMANODE, &nr, &found,
					 HWLOC_DISTANCES_KIND_MEANS_LATENCY,
					 0) && nr > 0)
		return found;
	return NULL;
}

/* A matrix may be in any unit: its row's local value becomes 10. */
static uint16_t scaled_distance(uint64_t value, uint64_t local)
{
	uint64_t scaled = value;

	if (value == 0)
		return DISTANCE_REMOTE;
	if (local != DISTANCE_LOCAL && local > 0)
		scaled = (uint64_t)((double)value / (double)local *
				    DISTANCE_LOCAL + 0.5);
	scaled = max_t(uint64_t, scaled, DISTANCE_LOCAL);
	return (uint16_t)min_t(uint64_t, scaled, UINT16_MAX);
}

static void take_latencies(struct topology *t,
			   const struct hwloc_distances_s *found)
{
	unsigned nr = found->nbobjs;
	hwloc_obj_t from, to;
	const hwloc_uint64_t *row;

	for (unsigned i = 0; i < nr; i++) {
		from = found->objs[i];
		row = found->values + (size_t)i * nr;
		for (unsigned j = 0; j < nr; j++) {
			to = found->objs[j];
			if (i == j || !from || !to ||
			    to->type != HWLOC_OBJ_NUMANODE ||
			    from->type != HWLOC_OBJ_NUMANODE)
				continue;
			t->distances[from->logical_index * t->nr_nodes +
				     to->logical_index] =
				scaled_distance(row[j], row[i]);
		}
	}
}

void topology_fill_distances(struct topology *t)
{
	struct hwloc_distances_s *found = latencies(t->hwloc);

	for (unsigned i = 0; i < t->nr_nodes; i++)
		for (unsigned j = 0; j < t->nr_nodes; j++)
			t->distances[i * t->nr_nodes + j] =
				i == j ? DISTANCE_LOCAL : DISTANCE_REMOTE;
	if (!found)
		return;
	take_latencies(t, found);
	hwloc_distances_release(t->hwloc, found);
}

unsigned topology_distance(const struct topology *t, unsigned from, unsigned to)
{
	return t->distances[from * t->nr_nodes + to];
}

bool topology_has_distances(const struct topology *t)
{
	struct hwloc_distances_s *found = latencies(t->hwloc);

	if (found)
		hwloc_distances_release(t->hwloc, found);
	return found != NULL;
}
