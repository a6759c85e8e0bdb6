/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes of caches, who shares them, and the processors' name. */
#include <hwloc.h>

#include "cpus/profile.h"
#include "cpus/topology.h"

static const hwloc_obj_type_t types[] = {
	HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
};

uint64_t topology_cache_bytes(const struct topology *topology, unsigned level)
{
	hwloc_obj_t cache;

	if (level < 1 || level > 3 || !topology->hwloc)
		return 0;
	cache = hwloc_get_obj_by_type(topology->hwloc, types[level - 1], 0);
	return cache ? cache->attr->cache.size : 0;
}

/* ---- of one PU ---- */
static bool is_below(const struct topology *t, unsigned pu, hwloc_obj_t object)
{
	return hwloc_bitmap_isset(object->cpuset, t->pus[pu].os_index);
}

/* PUs below one object are neighbours. */
static unsigned cores_below(const struct topology *t, unsigned pu,
			    hwloc_obj_t object)
{
	unsigned first = pu, last = pu;

	while (first > 0 && is_below(t, first - 1, object))
		first--;
	while (last + 1 < t->nr_pus && is_below(t, last + 1, object))
		last++;
	return t->pus[last].core - t->pus[first].core + 1;
}

static void find_cache(const struct topology *t, unsigned level, unsigned pu,
		       struct topology_cache *cache)
{
	hwloc_obj_t leaf = hwloc_get_obj_by_type(t->hwloc, HWLOC_OBJ_PU, pu);
	hwloc_obj_t above = hwloc_get_ancestor_obj_by_type(t->hwloc,
						types[level - 1], leaf);

	if (!above)
		return;
	cache->bytes = above->attr->cache.size;
	cache->cores = cores_below(t, pu, above);
}

static unsigned cores_of_l3(const struct topology *t, unsigned l3)
{
	unsigned nr = 0;

	for (unsigned pu = 0; pu < t->nr_pus; pu++)
		nr += t->pus[pu].l3 == l3 && !t->pus[pu].smt_rank;
	return nr;
}

static void assume_cache(const struct topology *t, unsigned level, unsigned pu,
			 struct topology_cache *cache)
{
	cache->assumed = true;
	cache->cores = level < 3 ? 1 : cores_of_l3(t, t->pus[pu].l3);
	cache->bytes = level == 1 ? PROFILE_L1_BYTES :
		       level == 2 ? PROFILE_L2_BYTES :
				    PROFILE_L3_CORE_BYTES * cache->cores;
}

static uint64_t power_below(uint64_t bytes)
{
	return bytes ? BIT(63 - __builtin_clzl(bytes)) : 0;
}

struct topology_cache topology_cache(const struct topology *topology,
				     unsigned level, unsigned pu)
{
	struct topology_cache cache = { 0 };

	if (topology_cache_bytes(topology, level))
		find_cache(topology, level, pu, &cache);
	else if (level < 3 || !topology_cache_bytes(topology, 2))
		assume_cache(topology, level, pu, &cache);
	if (level == 1)
		cache.simulated = power_below(min(cache.bytes,
						  PROFILE_L1_BYTES_MAX));
	else if (level == 2 && cache.cores)
		cache.simulated = cache.bytes / cache.cores;
	else
		cache.simulated = cache.bytes;
	return cache;
}

/* ---- of the machine ---- */

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
