/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Distances between memory nodes, in the SLIT's measure. */
#include <hwloc.h>
#include <stdio.h>
#include <string.h>

#include "cpus/topology_parts.h"

#define DISTANCE_MOST	254	/* ACPI's: 255 is no way at all */
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
	if (local != TOPOLOGY_LOCAL && local > 0)
		scaled = (uint64_t)((double)value / (double)local *
				    TOPOLOGY_LOCAL + 0.5);
	scaled = max_t(uint64_t, scaled, TOPOLOGY_LOCAL);
	return (uint16_t)min_t(uint64_t, scaled, DISTANCE_MOST);
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
				i == j ? TOPOLOGY_LOCAL : DISTANCE_REMOTE;
	t->has_distances = found != NULL;
	if (!found)
		return;
	take_latencies(t, found);
	hwloc_distances_release(t->hwloc, found);
}

unsigned topology_distance(const struct topology *t, unsigned from, unsigned to)
{
	return t->distances[from * t->nr_nodes + to];
}

/* ---- other matrices ---- */
static bool same_matrix(const struct hwloc_distances_s *a,
			const struct hwloc_distances_s *b)
{
	return b && a->nbobjs == b->nbobjs && a->kind == b->kind &&
	       !memcmp(a->objs, b->objs, a->nbobjs * sizeof(*a->objs)) &&
	       !memcmp(a->values, b->values, (size_t)a->nbobjs * a->nbobjs *
		       sizeof(*a->values));
}

/* "Package", or "NUMANode (NUMABandwidth)". */
static void add_matrix(struct hwloc_distances_s *matrix,
		       hwloc_topology_t hwloc, char *out, size_t size)
{
	const char *name = hwloc_distances_get_name(hwloc, matrix);
	size_t length = strlen(out);

	snprintf(out + length, size - length, "%s%s%s%.40s%s",
		 length ? ", " : "", matrix->objs[0] ?
		 hwloc_obj_type_string(matrix->objs[0]->type) : "unknown",
		 name ? " (" : "", name ? name : "", name ? ")" : "");
}

void topology_unused_matrices(const struct topology *t, char *out, size_t size)
{
	struct hwloc_distances_s *used = latencies(t->hwloc), *all[16];
	unsigned nr = 16;

	out[0] = '\0';
	if (hwloc_distances_get(t->hwloc, &nr, all, 0, 0))
		nr = 0;
	nr = min(nr, 16u);
	for (unsigned i = 0; i < nr; i++) {
		if (all[i]->nbobjs && !same_matrix(all[i], used))
			add_matrix(all[i], t->hwloc, out, size);
		hwloc_distances_release(t->hwloc, all[i]);
	}
	if (used)
		hwloc_distances_release(t->hwloc, used);
}

/* ---- the nearest of each class ---- */
/* Does a PU differ from the one before in what nearest[] asks? Then it stands
 * for all up to the next that does. */
static bool opens_group(const struct topology *t, unsigned pu)
{
	const struct topology_pu *at = &t->pus[pu];

	return !pu || at->home != at[-1].home || at->l3 != at[-1].l3 ||
	       at->package != at[-1].package;
}

static void take_nearer(uint16_t *nearest, unsigned distance)
{
	if (!*nearest || distance < *nearest)
		*nearest = (uint16_t)distance;
}

/* Between PUs without a home no distance is known. */
static void take_pair(struct topology *t, unsigned pu, unsigned other)
{
	unsigned from = t->pus[pu].home, to = t->pus[other].home;

	if (from < t->nr_nodes && to < t->nr_nodes)
		take_nearer(&t->nearest[topology_class(t, pu, other)],
			    topology_distance(t, from, to));
}

static void take_others(struct topology *t, unsigned pu)
{
	const struct topology_pu *from = &t->pus[pu];

	for (unsigned i = 0; i < t->nr_pus; i++)
		if (i != pu && opens_group(t, i))
			take_pair(t, pu, i);
	if (from->home == t->nr_nodes)
		return;
	for (unsigned node = 0; node < t->nr_nodes; node++)
		if (t->nodes[node].memory_bytes &&
		    topology_is_remote(t, from->package, from->home, node))
			take_nearer(&t->nearest_memory,
				    topology_distance(t, from->home, node));
}

void topology_fill_nearest(struct topology *t)
{
	for (unsigned pu = 0; t->has_distances && pu < t->nr_pus; pu++) {
		if (opens_group(t, pu))
			take_others(t, pu);
		else
			take_pair(t, pu, pu - 1);
	}
	if (!t->nearest_memory)
		t->nearest_memory = TOPOLOGY_LOCAL;
	if (!t->nearest[TOPOLOGY_CROSS])
		t->nearest[TOPOLOGY_CROSS] = t->nearest_memory;
	for (unsigned i = 0; i < NR_TOPOLOGY_CLASSES; i++)
		if (!t->nearest[i])
			t->nearest[i] = TOPOLOGY_LOCAL;
}
