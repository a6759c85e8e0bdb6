/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/sim/line_queue.h"

#include <stdlib.h>
#include <string.h>

struct line_queue *line_queues;

static u16 *unused;			/* numbers; a stack */
static unsigned nr_unused, nr_groups;

void line_queues_create(void)
{
	unsigned i, nr_packages = 0;

	for (i = 0; i < nr_cpu_ids; i++)
		nr_packages = max(nr_packages, sim.cpus[i].package + 1u);
	nr_groups = min(nr_packages, (unsigned)LINE_QUEUE_GROUPS);
	line_queues = aligned_alloc(CACHELINE,
				    nr_cpu_ids * sizeof(*line_queues));
	unused = malloc(nr_cpu_ids * sizeof(*unused));
	must(line_queues && unused);
	for (i = nr_cpu_ids; i--; )
		unused[nr_unused++] = (u16)i;
}

unsigned line_queue_take(u64 line)
{
	unsigned number = unused[--nr_unused];
	struct line_queue *queue = &line_queues[number];

	memset(queue, 0, sizeof(*queue));
	memset(queue->arrived, 0xff, sizeof(queue->arrived));
	queue->oldest = ~0UL;
	queue->line = line;
	return number;
}

void line_queue_give(struct line_queue *queue)
{
	unused[nr_unused++] = (u16)(queue - line_queues);
}

/* Most arrive last. */
void line_queue_add(struct line_queue *queue, struct sim_cpu *cpu)
{
	unsigned group = line_queue_group(cpu);
	struct sim_cpu *before = queue->last[group];

	while (before && before->arrived > cpu->arrived)
		before = before->wait_prev;
	cpu->wait_prev = before;
	cpu->wait_next = before ? before->wait_next : queue->first[group];
	if (before)
		before->wait_next = cpu;
	else
		queue->first[group] = cpu;
	if (cpu->wait_next)
		cpu->wait_next->wait_prev = cpu;
	else
		queue->last[group] = cpu;
	queue->arrived[group] = queue->first[group]->arrived;
	queue->oldest = min(queue->oldest, cpu->arrived);
}

static u64 oldest_of(const struct line_queue *queue)
{
	u64 key = queue->arrived[0];
	unsigned group;

	for (group = 1; group < nr_groups; group++)
		key = min(key, queue->arrived[group]);
	return key;
}

void line_queue_remove(struct line_queue *queue, struct sim_cpu *cpu)
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
		queue->oldest = oldest_of(queue);
}

struct sim_cpu *line_queue_late(const struct line_queue *queue)
{
	if (queue->oldest == ~0UL)
		return NULL;
	return queue->last[line_queue_group(line_queue_oldest(queue))];
}
