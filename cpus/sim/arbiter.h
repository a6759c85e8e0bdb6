/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a cache line next, of those that wait for it: a policy family, one
 * file a member.
 */
#ifndef CPUS_SIM_ARBITER_H
#define CPUS_SIM_ARBITER_H

#include "cpus/sim/line_queue.h"

struct arbiter_ops {
	const char	*name;
	const char	*summary;
	/*
	 * Of a queue whose oldest request has come by the clock now: who is
	 * next, of those that have. last is the CPU that owns the line, or one
	 * of those that share it, or NULL.
	 */
	struct sim_cpu	*(*pick)(const struct line_queue *queue,
				 const struct sim_cpu *last, u64 now);
};

extern const struct arbiter_ops arbiter_nearest, arbiter_fifo;

#endif
