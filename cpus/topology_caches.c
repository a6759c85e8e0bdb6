/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes of caches and the processors' name, as hwloc has them. */
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
