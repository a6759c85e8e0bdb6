/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run on the machine, and what came out of it. */
#ifndef EMU_ENGINE_RUN_H
#define EMU_ENGINE_RUN_H

#include "cpus/boot.h"
#include "cpus/trace_buffer.h"
#include "emu/counters.h"
#include "emu/request.h"
#include "emu/views.h"
#include "mm/audit.h"

struct phase_outcome {
	struct counters	counters;
	u64		time_ns;
	u64		ops;		/* of its most frequent operation */
};

struct outcome {
	const char		*not_run;	/* or why there is no more */
	struct run		run;
	struct phase_outcome	phases[WORKLOAD_MAX_PHASES];
	struct counters		total;
	struct histogram	ack_ns;
	struct audit_result	audit;
	struct machine_stat	machine;
	struct machine_noise	noise;		/* in the phases */
	u64			empty_loop_ps;
	double			tlb_hit_ns;
	struct views		views;
	json_t			*lines;		/* with explain_lines */
	struct trace_stat	events;
	int			events_error;	/* -errno of writing them */
};

/* Runs the request; 0, or -EINVAL / -ENOSPC with one line in error. */
int engine_run(const struct request *request, struct outcome *outcome,
	       char *error, size_t error_size);

#endif
