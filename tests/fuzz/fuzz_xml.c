/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies as hwloc XML: refused with a reason, or whole. */
#include <errno.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topology_error err = { .column = -1 };
	struct topology *topology;
	int ret;

	ret = topology_create(&topology, TOPOLOGY_XML, fuzz_file(data, size),
			      &err);
	fuzz_keep_hwloc();
	if (ret) {
		fuzz_must(ret == -EINVAL);
		fuzz_check_topology_error(&err, 0);
		return 0;
	}
	fuzz_check_topology(topology);
	topology_destroy(topology);
	return 0;
}
