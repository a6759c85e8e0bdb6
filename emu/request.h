/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run as the driver asks for it (doc/engine-protocol.md). */
#ifndef EMU_REQUEST_H
#define EMU_REQUEST_H

#include <jansson.h>

#include "cpus/topology.h"
#include "emu/compose.h"
#include "emu/profile.h"
#include "emu/view_names.h"

struct request {
	const struct workload	*workload;
	u64			values[WORKLOAD_MAX_KEYS];
	u64			common[NR_COMMON_KEYS];
	const struct arch	*arch;
	struct mm_config	mm;
	struct topology		*topology;
	unsigned		*pu_of_cpu;	/* online entries */
	unsigned		cpus, online;
	unsigned		pus;		/* that the placement has */
	u64			memory_bytes;
	u64			seed, loops, duration_ns, warmup_ns;
	struct cost_profile	profile;	/* sim */
	bool			lockstat, explain_lines, reproducible;
	bool			oversubscribe;
	struct view_choice	views;
	u64			events_bytes;	/* of each CPU; 0: no events */
};

/*
 * Reads a request. 0; -EINVAL with one line in error for a wrong word. The
 * request lives as long as the process.
 */
int request_parse(const json_t *json, struct request *request, char *error,
		  size_t error_size);

#endif
