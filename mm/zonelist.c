/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Zonelists: where an allocation from each node looks, and in which order
 * (slub spec 5.10; mm/page_alloc.c, 6.12). Nodes by distance, equals rotated so
 * that different origins spread over them; within a node the highest zone
 * first, so that low memory is kept for who needs it.
 */
#include "mm/mmzone.h"

DEFINE_FAULT(zonelist_ascending, "B17",
	     "the lowest zone of a node comes first");

#define MAX_LOAD	MAX_NUMNODES

static bool node_populated(unsigned nid)
{
	unsigned i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		if (NODE_DATA(nid)->node_zones[i].managed_pages)
			return true;
	return false;
}

/* The best node not yet in used for allocations from node, or -1. */
static int find_next_best_node(unsigned node, const bool *used,
			       const u64 *node_load)
{
	u64 best = ~0UL;
	int found = -1;
	unsigned n;

	if (!used[node])
		return (int)node;
	for (n = 0; n < machine_nr_nodes; n++) {
		u64 value;

		if (used[n] || !node_populated(n))
			continue;
		value = node_distance(node, n);
		value += n < node;
		value += machine_nodes[n].has_cpus;
		value = value * MAX_LOAD + node_load[n];
		if (value < best) {
			best = value;
			found = (int)n;
		}
	}
	return found;
}

static struct zoneref *add_node(struct zoneref *ref, unsigned nid)
{
	struct zone *zones = NODE_DATA(nid)->node_zones;
	unsigned i;

	for (i = MAX_NR_ZONES; i-- > 0; ) {
		struct zone *zone = &zones[i];

		if (FAULT(zonelist_ascending))
			zone = &zones[MAX_NR_ZONES - 1 - i];
		if (!zone->managed_pages)
			continue;
		ref->zone = zone;
		ref->zone_idx = zone->idx;
		ref++;
	}
	return ref;
}

static void build_zonelists(unsigned nid, u64 *node_load)
{
	struct zonelist *lists = NODE_DATA(nid)->node_zonelists;
	struct zoneref *ref = lists[ZONELIST_FALLBACK].zonerefs;
	bool used[MAX_NUMNODES];
	unsigned previous = nid, i;
	int node;

	for (i = 0; i < MAX_NUMNODES; i++)
		used[i] = false;
	while ((node = find_next_best_node(nid, used, node_load)) >= 0) {
		/* The first of a group of equals is made less wanted for the
		 * next origin. */
		if (node_distance(nid, (unsigned)node) !=
		    node_distance(nid, previous))
			node_load[node]++;
		used[node] = true;
		previous = (unsigned)node;
		ref = add_node(ref, (unsigned)node);
	}
	ref->zone = NULL;
	ref = add_node(lists[ZONELIST_NOFALLBACK].zonerefs, nid);
	ref->zone = NULL;
}

void build_all_zonelists(void)
{
	u64 node_load[MAX_NUMNODES];
	unsigned nid;

	for (nid = 0; nid < MAX_NUMNODES; nid++)
		node_load[nid] = 0;
	for (nid = 0; nid < machine_nr_nodes; nid++)
		build_zonelists(nid, node_load);
}
