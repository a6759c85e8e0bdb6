/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests from the package that has the line go first, in order of arrival,
 * until the oldest request of another package has seen streak_nr of them pass.
 * The other thread of the core that has it comes last in its package: the
 * request of another core waits at that core already.
 *
 * Why: fetch-add on one line takes 42 to 57 ns from 4 to 88 CPUs over two
 * sockets whose transfer takes 118 ns, and not the 8 ns of a core's threads
 * (published/README.md A5): most transfers are between cores of one socket.
 */
#include "cpus/sim/arbiter.h"
#include "cpus/sim/sim.h"

#define LOOK_AHEAD	256	/* of the queue */

static struct sim_cpu *nearest_of(struct sim_cpu *first,
				  const struct sim_cpu *last)
{
	struct sim_cpu *cpu = first, *sibling = NULL;
	unsigned i;

	for (i = 0; cpu && i < LOOK_AHEAD; i++, cpu = cpu->wait_next) {
		if (cpu->package != last->package)
			continue;
		if (cpu->core != last->core)
			return cpu;
		if (!sibling)
			sibling = cpu;
	}
	return sibling ? sibling : first;
}

static struct sim_cpu *nearest_pick(struct sim_cpu *first,
				    const struct sim_cpu *last)
{
	struct sim_cpu *cpu;

	if (!last || first->passed_by >= sim.cost.streak)
		return first;
	cpu = nearest_of(first, last);
	if (cpu != first)
		first->passed_by++;
	return cpu;
}

const struct arbiter_ops arbiter_nearest = {
	.name		= "nearest",
	.summary	= "the package that has the line first, bounded",
	.pick		= nearest_pick,
};
