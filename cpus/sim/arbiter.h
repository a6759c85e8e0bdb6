/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who gets a cache line next, of those that wait for it: a policy family, one
 * file a member.
 */
#ifndef CPUS_SIM_ARBITER_H
#define CPUS_SIM_ARBITER_H

struct sim_cpu;

struct arbiter_ops {
	const char	*name;
	const char	*summary;
	/*
	 * Of a queue in order of arrival (linked by wait_next, not empty):
	 * who is next. last is the CPU that got the line last, or NULL.
	 */
	struct sim_cpu	*(*pick)(struct sim_cpu *first,
				 const struct sim_cpu *last);
};

extern const struct arbiter_ops arbiter_nearest, arbiter_fifo;

#endif
