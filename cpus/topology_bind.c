/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding threads and memory to this host's PUs and nodes. */
#include <errno.h>
#include <hwloc.h>

#include "cpus/topology.h"

int topology_bind_thread(const struct topology *t, unsigned pu)
{
	hwloc_bitmap_t now;
	hwloc_obj_t object;
	int err = 0;

	if (!t->is_this_host)
		return -ENOSYS;
	object = hwloc_get_pu_obj_by_os_index(t->hwloc, t->pus[pu].os_index);
	if (!object)
		return -EINVAL;
	now = hwloc_bitmap_alloc();
	if (!now)
		return -ENOMEM;
	if (hwloc_set_cpubind(t->hwloc, object->cpuset, HWLOC_CPUBIND_THREAD) ||
	    hwloc_get_cpubind(t->hwloc, now, HWLOC_CPUBIND_THREAD))
		err = errno ? -errno : -ENOSYS;
	else if (!hwloc_bitmap_isequal(now, object->cpuset))
		err = -EXDEV;
	/* Bound, it has moved already: where it runs must agree. */
	else if (!hwloc_get_last_cpu_location(t->hwloc, now,
					      HWLOC_CPUBIND_THREAD) &&
		 !hwloc_bitmap_isincluded(now, object->cpuset))
		err = -EXDEV;
	hwloc_bitmap_free(now);
	return err;
}

int topology_bind_memory(const struct topology *t, void *addr, size_t size,
			 unsigned node)
{
	hwloc_obj_t object;

	if (!t->is_this_host)
		return -ENOSYS;
	object = hwloc_get_obj_by_type(t->hwloc, HWLOC_OBJ_NUMANODE, node);
	if (!object)
		return -EINVAL;
	if (hwloc_set_area_membind(t->hwloc, addr, size, object->nodeset,
				   HWLOC_MEMBIND_BIND,
				   HWLOC_MEMBIND_BYNODESET))
		return errno ? -errno : -ENOSYS;
	return 0;
}
