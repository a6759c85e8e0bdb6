/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds of every topology that was accepted, and of every refusal. */
#ifndef TESTS_FUZZ_TOPOLOGY_H
#define TESTS_FUZZ_TOPOLOGY_H

#include "cpus/topology.h"

/* Makes later topologies cheap; after the first, which sets it up. */
void fuzz_keep_hwloc(void);

void fuzz_check_topology(const struct topology *topology);
/* length: of the text that columns count in, 0 if there are none. */
void fuzz_check_topology_error(const struct topology_error *err,
			       size_t length);

#endif
