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

#define LOOK_AHEAD	32	/* of a group that several packages share */

/* The core's other thread only if nobody else of the package is there. */
static struct sim_cpu *nearest_of(const struct line_queue *queue,
				  const struct sim_cpu *last, u64 now)
{
	struct sim_cpu *cpu = queue->first[line_queue_group(last)];
	struct sim_cpu *sibling = NULL;
	unsigned i;

	for (i = 0; i < LOOK_AHEAD && cpu && sim_key_clock(cpu->arrived) <= now;
	     i++, cpu = cpu->wait_next) {
		if (cpu->package != last->package)
			continue;
		if (cpu->core != last->core)
			return cpu;
		if (!sibling)
			sibling = cpu;
	}
	return sibling;
}

static struct sim_cpu *nearest_pick(const struct line_queue *queue,
				    const struct sim_cpu *last, u64 now)
{
	struct sim_cpu *oldest = line_queue_oldest(queue), *cpu;

	if (!last || oldest->passed_by >= sim.cost.streak)
		return oldest;
	cpu = nearest_of(queue, last, now);
	if (!cpu || cpu == oldest)
		return oldest;
	oldest->passed_by++;
	return cpu;
}

const struct arbiter_ops arbiter_nearest = {
	.name		= "nearest",
	.summary	= "the package that has the line first, bounded",
	.pick		= nearest_pick,
};
