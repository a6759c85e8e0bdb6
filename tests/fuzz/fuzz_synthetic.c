/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Topologies as hwloc synthetic strings: refused with a place, or whole. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topology_error err = { .column = -1 };
	char *text = fuzz_text(data, size);
	struct topology *topology;
	int ret;

	ret = topology_create(&topology, TOPOLOGY_SYNTHETIC, text, &err);
	fuzz_keep_hwloc();
	if (ret) {
		fuzz_must(ret == -EINVAL);
		fuzz_check_topology_error(&err, strlen(text));
	} else {
		fuzz_check_topology(topology);
		topology_destroy(topology);
	}
	free(text);
	return 0;
}
