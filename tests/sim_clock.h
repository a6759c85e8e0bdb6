/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the simulated machine's clocks without being charged for it. */
#ifndef TESTS_SIM_CLOCK_H
#define TESTS_SIM_CLOCK_H

#include "cpus/boot.h"
#include "cpus/machine.h"

/* This CPU's virtual time, in ns. */
static inline u64 now_quietly(void)
{
	u64 now;

	machine_quiet_begin();
	now = sched_clock();
	machine_quiet_end();
	return now;
}

/* Events of the whole machine since boot. */
static inline u64 nr_events(void)
{
	struct machine_stat stat;

	machine_stat_read(&stat);
	return stat.events;
}

#endif
