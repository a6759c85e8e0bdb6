/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/sim/line_queue.h"

#include <stdlib.h>
#include <string.h>

struct line_queue *line_queues;

static u16 *unused;			/* numbers; a stack */
static unsigned nr_unused;
unsigned line_queue_groups;

void line_queues_create(void)
{
	unsigned i, nr_packages = 0;

	for (i = 0; i < nr_cpu_ids; i++)
		nr_packages = max(nr_packages, sim.cpus[i].package + 1u);
	line_queue_groups = min(nr_packages, (unsigned)LINE_QUEUE_GROUPS);
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

struct sim_cpu *line_queue_late(const struct line_queue *queue)
{
	if (queue->oldest == ~0UL)
		return NULL;
	return queue->last[line_queue_group(line_queue_oldest(queue))];
}
