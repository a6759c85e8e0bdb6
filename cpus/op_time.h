/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the time of one operation goes: while a task has an op_time, each
 * moment of it is charged to exactly one part, the innermost entered. Waiting
 * inside the page allocator is waiting, not page allocator. An interrupt taken
 * meanwhile counts where it came.
 *
 * Virtual time is exact and costs nothing. Natively each entering and leaving
 * reads the clock, so only some operations have an op_time, and the readings
 * are counted.
 */
#ifndef CPUS_OP_TIME_H
#define CPUS_OP_TIME_H

#include "cpus/lock.h"
#include "cpus/machine.h"

enum op_part {
	OP_REST,
	OP_IPI_WAIT,
	OP_PAGE_TABLES,
	OP_ZEROING,
	OP_PAGE_ALLOC,
	OP_LOCK_WAIT,		/* and so many more: plus the lock's class */
	NR_OP_PARTS = OP_LOCK_WAIT + LOCK_CLASS_MAX,
};

struct op_time {
	u64	ns[NR_OP_PARTS];	/* of all operations so far */
	u64	operations;
	u64	whole_ns;		/* of these, by the caller's clock */
	u64	readings;		/* of the clock */
	u64	since;			/* the current part began */
	unsigned part;
};

/* The current task's operation begins, or ends; they do not nest. */
void op_time_begin(struct op_time *time);
void op_time_end(u64 operations);
/* The part that was left for this one. Only within an operation. */
unsigned op_part_switch(unsigned part);

/*
 * native/inline.h and sim/inline.h, twins, define:
 *
 *   struct op_time *this_op_time(void)	the current task's, or NULL
 */

/* Any context; what it returns is for op_part_leave(). */
static always_inline unsigned op_part_enter(unsigned part)
{
	return unlikely(this_op_time()) ? op_part_switch(part) : OP_REST;
}

static always_inline void op_part_leave(unsigned was)
{
	if (unlikely(this_op_time()))
		op_part_switch(was);
}

#endif
