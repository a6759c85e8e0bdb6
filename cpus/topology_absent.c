/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PUs that are not in a topology, and why. hwloc leaves out what is offline
 * and what this process may not use, and then no longer tells one from the
 * other: a second loading that keeps the forbidden ones does.
 */
#include <hwloc.h>
#include <string.h>

#include "cpus/topology_parts.h"

static void list(char *out, size_t size, hwloc_const_bitmap_t all,
		 hwloc_const_bitmap_t without)
{
	hwloc_bitmap_t rest = hwloc_bitmap_alloc();

	if (!rest)
		return;
	hwloc_bitmap_andnot(rest, all, without);
	hwloc_bitmap_list_snprintf(out, size, rest);
	hwloc_bitmap_free(rest);
}

void topology_absent(const struct topology *t, struct topology_absent *out)
{
	struct topology all = { .kind = t->kind, .spec = t->spec };
	hwloc_obj_t used = hwloc_get_root_obj(t->hwloc), root;
	struct topology_error err;
	unsigned promised;

	*out = (struct topology_absent){ .offline = "" };
	if (t->kind == TOPOLOGY_SYNTHETIC || !strcmp(t->spec, "-"))
		return;
	if (!topology_load_hwloc(&all, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED,
				 &promised, &err)) {
		root = hwloc_get_root_obj(all.hwloc);
		list(out->offline, sizeof(out->offline), root->complete_cpuset,
		     root->cpuset);
		list(out->forbidden, sizeof(out->forbidden), root->cpuset,
		     used->cpuset);
	}
	if (all.hwloc)
		hwloc_topology_destroy(all.hwloc);
}
