/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A topology's tree as a person would say it: siblings that are alike are one
 * entry with a count. For telling, not for computing.
 */
#ifndef CPUS_TOPOLOGY_TREE_H
#define CPUS_TOPOLOGY_TREE_H

#include "cpus/topology.h"

struct topology_tree {
	char			name[72];	/* "package", "L1d cache" */
	unsigned		count;		/* alike, side by side */
	uint64_t		bytes;		/* a cache's; 0: not known */
	char			*pus;		/* OS numbers of all, "0-3,8" */
	unsigned		nr_children;
	struct topology_tree	*children;	/* of each; memory first */
};

/*
 * The tree from the machine down. Alike are objects of one kind and size with
 * alike children; of memory nodes, whatever their size is. NULL: no memory.
 */
struct topology_tree *topology_tree_create(const struct topology *topology);
void topology_tree_destroy(struct topology_tree *tree);

/*
 * The topology as hwloc 2 XML, to free; NULL if hwloc cannot. Loaded again it
 * has the same hash, but the host's, which leaves the memory out.
 */
char *topology_export_xml(const struct topology *topology);

/* The PUs of a node as OS numbers, "0-3,8"; "": CPU-less. To free, or NULL. */
char *topology_node_pus(const struct topology *topology, unsigned node);

/*
 * The PUs of one kind of cores of a hybrid machine, "0-11", to free; NULL if
 * there is no kind `index`, or only one.
 */
char *topology_cpu_kind(const struct topology *topology, unsigned index);

#endif
