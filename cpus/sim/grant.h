/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a busy line is next: between coherence.c, where CPUs come to wait for
 * it, and schedule.c, which grants it when its time has come. Inline, because a
 * line that all want is granted millions of times a second.
 */
#ifndef CPUS_SIM_GRANT_H
#define CPUS_SIM_GRANT_H

#include "cpus/sim/arbiter.h"
#include "cpus/sim/coherence.h"

extern const struct arbiter_ops *sim_arbiter;	/* coherence.c */

static always_inline struct line_queue *sim_queue_of(const struct line *at)
{
	return &line_queues[at->queue - 1];
}

/* When the next of the queue gets the line. */
static always_inline u64 sim_next_grant(const struct line *at,
					const struct line_queue *queue)
{
	u64 until = at->until, asked = sim_key_clock(queue->oldest);

	if (rarely(asked > until))
		return asked;
	return until;
}

/* cpu acts for the queue at the clock of the next grant. */
static always_inline void sim_stand(struct line_queue *queue,
				    struct sim_cpu *cpu, u64 grant)
{
	queue->stands = cpu;
	queue->grant = grant;
	cpu->stands_for = queue;
	sim_set_key(cpu, grant);
}

/* Who will wait for long stands where cpu stood, if it did. */
static always_inline void sim_leave_queue(struct line_queue *queue,
					  struct sim_cpu *cpu)
{
	line_queue_remove(queue, cpu);
	cpu->waits = false;
	if (cpu != queue->stands)
		return;
	cpu->stands_for = NULL;
	sim_clear_key(cpu);
	queue->stands = line_queue_late(queue);
}

static always_inline const struct sim_cpu *
sim_last_holder(const struct line *at)
{
	if (at->owner)
		return &sim.cpus[at->owner - 1];
	if (!at->sharers)
		return NULL;
	return &sim.cpus[sim_sharers_next(at->sharers, ~0u)];
}

/* Most get a line in order of arrival: prefetches what the second and the third
 * from now will touch. */
static always_inline void sim_expect_next(const struct line_queue *queue,
				      const struct sim_cpu *cpu)
{
	const struct sim_cpu *next = queue->first[line_queue_group(cpu)];

	next = next ? next->wait_next : NULL;
	if (!next)
		return;
	__builtin_prefetch(&next->l1[queue->line & sim.l1_mask]);
	__builtin_prefetch(&next->cpu->seen.pending);
	sim_prefetch_fiber(next);
	next = next->wait_next;
	if (!next)
		return;
	__builtin_prefetch(&next->clock);
	__builtin_prefetch(&next->rng);
	__builtin_prefetch(&next->arrived);
}

/*
 * The line of a queue goes to the arbiter's choice, who is returned, and whose
 * clock is that of the grant. Needs no fiber.
 *
 * At the clock at which the queue stands, though the line may have become busy
 * for longer since, by its owner's stores: its owner loses it now, and who gets
 * it goes on when it is free. Or an owner that stores again and again would
 * keep it for ever.
 */
static always_inline struct sim_cpu *sim_grant(struct line_queue *queue)
{
	u64 line = queue->line;
	struct line *at = &sim_lines[line];
	u64 now = sim_next_grant(at, queue);
	struct sim_cpu *cpu = sim_arbiter->pick(queue, sim_last_holder(at),
						now);

	must(queue->grant <= now);
	sim_leave_queue(queue, cpu);
	sim_expect_next(queue, cpu);
	if (sim_has(cpu, at, cpu->wait_kind)) {
		cpu->granted = sim_hit(cpu, at, line, cpu->wait_kind);
		/* Who reads what its core has needs nobody to wait. */
		if (cpu->wait_kind & SIM_WRITE)
			at->until = max((u64)at->until, now + cpu->granted);
	} else {
		cpu->granted = sim_transact(cpu, at, line, cpu->wait_kind,
					    now);
	}
	cpu->clock = now;
	if (queue->stands) {
		sim_stand(queue, queue->stands, sim_next_grant(at, queue));
	} else {
		at->queue = 0;
		line_queue_give(queue);
	}
	return cpu;
}

#endif
