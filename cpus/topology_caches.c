/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes of caches, who shares them, and the processors' name. */
#include <hwloc.h>

#include "cpus/topology.h"

uint64_t topology_cache_bytes(const struct topology *topology, unsigned level)
{
	static const hwloc_obj_type_t types[] = {
		HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
	};
	hwloc_obj_t cache;

	if (level < 1 || level > 3)
		return 0;
	cache = hwloc_get_obj_by_type(topology->hwloc, types[level - 1], 0);
	return cache ? cache->attr->cache.size : 0;
}

const char *topology_cpu_model(const struct topology *topology)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(topology->hwloc,
						    HWLOC_OBJ_PACKAGE, 0);
	const char *name = package ?
		hwloc_obj_get_info_by_name(package, "CPUModel") : NULL;

	return name ? name : hwloc_obj_get_info_by_name(
		hwloc_get_root_obj(topology->hwloc), "CPUModel");
}

enum topology_class topology_class(const struct topology *topology,
				   unsigned pu, unsigned other)
{
	const struct topology_pu *a = &topology->pus[pu];
	const struct topology_pu *b = &topology->pus[other];

	if (a->package != b->package)
		return TOPOLOGY_CROSS;
	if (a->core == b->core)
		return TOPOLOGY_SAME_CORE;
	return a->l3 == b->l3 ? TOPOLOGY_SAME_L3 : TOPOLOGY_SAME_PACKAGE;
}
