/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests from the package that has the line go first, in order of arrival,
 * until the oldest request of another package has seen streak_nr of them pass.
 *
 * Why: fetch-add on one line takes 42 to 57 ns from 4 to 88 CPUs over two
 * sockets whose transfer takes 118 ns (published/README.md A5): most transfers
 * stay within a socket. Threads of one core get no preference: with it, the
 * same table would fall to the 8 ns of siblings.
 */
#include "cpus/sim/arbiter.h"
#include "cpus/sim/sim.h"

#define LOOK_AHEAD	256	/* of the queue */

static struct sim_cpu *nearest_pick(struct sim_cpu *first,
				    const struct sim_cpu *last)
{
	struct sim_cpu *cpu = first;
	unsigned i;

	if (!last || first->passed_by >= sim.cost.streak)
		return first;
	for (i = 0; cpu && i < LOOK_AHEAD; i++, cpu = cpu->wait_next) {
		if (cpu->package != last->package)
			continue;
		if (cpu != first)
			first->passed_by++;
		return cpu;
	}
	return first;
}

const struct arbiter_ops arbiter_nearest = {
	.name		= "nearest",
	.summary	= "the package that has the line first, bounded",
	.pick		= nearest_pick,
};
