/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/machine.h"

unsigned op_part_switch(unsigned part)
{
	struct op_time *time = current->op_time;
	unsigned was = time->part;
	u64 now;

	machine_quiet_begin();
	now = sched_clock();
	time->ns[was] += now - time->since;
	time->since = now;
	time->part = part;
	time->readings++;
	machine_quiet_end();
	return was;
}

void op_time_begin(struct op_time *time)
{
	machine_quiet_begin();
	time->part = OP_REST;
	time->since = sched_clock();
	current->op_time = time;
	machine_quiet_end();
}

void op_time_end(u64 operations)
{
	struct op_time *time = current->op_time;

	op_part_switch(OP_REST);
	time->operations += operations;
	current->op_time = NULL;
}
