/* SPDX-License-Identifier: GPL-2.0-or-later */
/* First come, first served: the textbook, and not what machines do. */
#include "cpus/sim/arbiter.h"

static struct sim_cpu *fifo_pick(struct sim_cpu *first,
				 const struct sim_cpu *last)
{
	return first;
}

const struct arbiter_ops arbiter_fifo = {
	.name		= "fifo",
	.summary	= "first come, first served",
	.pick		= fifo_pick,
};
