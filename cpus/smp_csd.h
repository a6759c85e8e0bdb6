/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What smp.c and smp_csd.c (waits, statistics, audit) share; internal. */
#ifndef CPUS_SMP_CSD_H
#define CPUS_SMP_CSD_H

#include "cpus/histogram.h"
#include "cpus/machine.h"

/* One CPU's: written by it alone, quietly; read by all at quiescence, and
 * cur_* by those who wait for it. */
struct smp_counters {
	struct smp_stat		stat;
	u64			nr_sync;	/* synchronous pushes */
	u64			nr_lost;	/* interrupts found lost */
	u64			nr_sends;	/* of the fault ipi_dropped */
	const call_single_data_t *cur_csd;	/* atomics: running, or NULL */
	smp_call_func_t		cur_func;	/* atomics: of the last one */
	struct histogram	ack_latency;
};

DECLARE_PER_CPU(struct smp_counters, smp_counters);

/* Waits until csd is unlocked; complains after csd_lock_timeout_ns. */
void csd_lock_wait_slow(call_single_data_t *csd);
/* Quiet. A call with remote targets; from request (start) to last ack, of
 * which waited for since waited_from. */
void smp_count_call(void);
u64 smp_clock(void);
void smp_count_acks(u64 start, u64 waited_from);
bool csd_queue_is_empty(unsigned cpu);
unsigned csd_nr_locked(unsigned cpu);

/* The kernel's textless WARN_ON_ONCE, one report a place. */
#define SMP_WARN_ON_ONCE(cond) do { \
	static u32 warned_; \
	if (unlikely(cond) && !READ_ONCE(warned_) && !xchg(&warned_, 1)) \
		smp_warn(__func__, __LINE__); \
} while (0)
void smp_warn(const char *function, int line);

#endif
