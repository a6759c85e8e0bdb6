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
	/* With checks; what does not hold is counted: */
	u64			nr_early_acks;	/* INV-I2 */
	u64			nr_bad_handlers; /* INV-I5: nested, irqs on */
	u64			nr_out_of_order; /* INV-I5 */
	u64			nr_self_wanted, nr_self_run; /* INV-I7 */
	u64			nr_late;	/* INV-I8 */
	u64			nr_phases;	/* atomics; smp_check_phase() */
	u64			cur_phase;	/* its initiator's, when cur_csd
						 * began */
	unsigned		cur_src;
	const call_single_data_t *cur_csd;	/* atomics: running, or NULL */
	smp_call_func_t		cur_func;	/* atomics: of the last one */
	struct histogram	ack_latency;
};

DECLARE_PER_CPU(struct smp_counters, smp_counters);

/* Waits until csd is unlocked; complains after csd_lock_timeout_ns. */
void csd_lock_wait_slow(call_single_data_t *csd);

/* ---- live checks, quiet; nothing without checks ---- */
/* INV-I8: this CPU is about to send calls and wait, or has waited for all. */
void smp_check_phase(void);
/* INV-I2: csd has been acknowledged. */
void smp_check_acked(const call_single_data_t *csd);
/* INV-I8: the function of a synchronous call begins on its target, and has
 * returned, when csd may be another's. */
void smp_check_runs(const call_single_data_t *csd);
void smp_check_ran(void);
/* INV-I5: around the handler; what it has taken, newest first, and in which
 * order it goes through it. */
void smp_check_handler(bool begins);
void smp_check_order(const struct llist_node *newest,
		     const struct llist_node *served);
/* INV-I7: this CPU is to call itself, it does. */
void smp_check_self(unsigned wanted, unsigned run);
#if !CHECKS_ON
#define smp_check_phase()			((void)0)
#define smp_check_acked(csd)			((void)0)
#define smp_check_runs(csd)			((void)0)
#define smp_check_ran()				((void)0)
#define smp_check_handler(begins)		((void)0)
#define smp_check_order(newest, served)		((void)0)
#define smp_check_self(wanted, run)		((void)0)
#endif
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
