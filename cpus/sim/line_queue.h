/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CPUs that wait for a line, in order of arrival within each package, so
 * that an arbiter finds the nearest and the oldest of thousands in a few steps.
 *
 * A request may be made before its time: a CPU whose clock is ahead queues at
 * once, with the clock at which it will arrive, and is not considered earlier.
 * So it need not run once more only to find the line taken. A CPU whose stores
 * have waited goes on from the clock at which it issued them, so a request may
 * also come late, and then stands before those that have arrived since.
 *
 * One of those that wait stands in the scheduler's order for all, with the
 * clock of the next grant; which one says nothing about who comes next.
 */
#ifndef CPUS_SIM_LINE_QUEUE_H
#define CPUS_SIM_LINE_QUEUE_H

#include "cpus/sim/sim.h"

#define LINE_QUEUE_GROUPS	8	/* packages modulo this */

struct line_queue {
	u64		oldest;		/* the least of arrived[]; ~0: empty */
	u64		line;
	struct sim_cpu	*stands;	/* in the order, for all: */
	u64		grant;		/* with this clock */
	u64		arrived[LINE_QUEUE_GROUPS];	/* first[]'s; keys */
	struct sim_cpu	*first[LINE_QUEUE_GROUPS];
	struct sim_cpu	*last[LINE_QUEUE_GROUPS];
} cacheline_aligned;

/* By number, below nr_cpu_ids: a CPU waits for one line at a time. */
extern struct line_queue *line_queues;
extern unsigned line_queue_groups;	/* that are in use */

void line_queues_create(void);
/* The number of a queue for line, with no one in it. */
unsigned line_queue_take(u64 line);
/* It is empty. */
void line_queue_give(struct line_queue *queue);

static always_inline unsigned line_queue_group(const struct sim_cpu *cpu)
{
	return cpu->package % LINE_QUEUE_GROUPS;
}

/* cpu->arrived says when; most arrive last. */
static always_inline void line_queue_add(struct line_queue *queue,
					 struct sim_cpu *cpu)
{
	unsigned group = line_queue_group(cpu);
	struct sim_cpu *before = queue->last[group];

	while (before && before->arrived > cpu->arrived)
		before = before->wait_prev;
	cpu->wait_prev = before;
	cpu->wait_next = before ? before->wait_next : queue->first[group];
	if (cpu->wait_next)
		cpu->wait_next->wait_prev = cpu;
	else
		queue->last[group] = cpu;
	if (before) {
		before->wait_next = cpu;
		return;
	}
	queue->first[group] = cpu;
	queue->arrived[group] = cpu->arrived;
	queue->oldest = min(queue->oldest, cpu->arrived);
}

static always_inline u64 line_queue_first_key(const struct line_queue *queue)
{
	u64 key = queue->arrived[0];
	unsigned group;

	for (group = 1; group < line_queue_groups; group++)
		key = min(key, queue->arrived[group]);
	return key;
}

static always_inline void line_queue_remove(struct line_queue *queue,
					    struct sim_cpu *cpu)
{
	unsigned group = line_queue_group(cpu);
	struct sim_cpu *next = cpu->wait_next, *prev = cpu->wait_prev;

	if (next)
		next->wait_prev = prev;
	else
		queue->last[group] = prev;
	if (prev) {
		prev->wait_next = next;
		return;
	}
	queue->first[group] = next;
	queue->arrived[group] = next ? next->arrived : ~0UL;
	if (cpu->arrived == queue->oldest)
		queue->oldest = line_queue_first_key(queue);
}

/* Of one that is not empty. */
static always_inline struct sim_cpu *
line_queue_oldest(const struct line_queue *queue)
{
	return &sim.cpus[sim_key_cpu(queue->oldest)];
}

/* The last of the oldest's group; NULL if nobody waits. */
struct sim_cpu *line_queue_late(const struct line_queue *queue);

#endif
