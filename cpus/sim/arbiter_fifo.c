/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First come, first served: the textbook, and not what machines do. */
#include "cpus/sim/arbiter.h"

static struct sim_cpu *fifo_pick(const struct line_queue *queue,
				 const struct sim_cpu *last, u64 now)
{
	return line_queue_oldest(queue);
}

const struct arbiter_ops arbiter_fifo = {
	.name		= "fifo",
	.summary	= "first come, first served",
	.pick		= fifo_pick,
};
