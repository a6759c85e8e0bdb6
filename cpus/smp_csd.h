/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What smp.c and smp_csd.c (waits, statistics, audit) share; internal. */
#ifndef CPUS_SMP_CSD_H
#define CPUS_SMP_CSD_H

#include "cpus/histogram.h"
#include "cpus/machine.h"

/* What a CPU is at: written by it alone, quietly. */
struct smp_live {
	u64			nr_sends;	/* of the fault ipi_dropped */
	u64			nr_phases;	/* atomics; smp_check_phase() */
	u64			cur_phase;	/* its initiator's, when cur_csd
						 * began */
	unsigned		cur_src;
	unsigned		nr_handlers;	/* on this CPU's stack */
	unsigned		nr_unserved;	/* of what was taken */
	u64			order, served;	/* digests of both sequences */
	const call_single_data_t *cur_csd;	/* atomics: running, or NULL */
	smp_call_func_t		cur_func;	/* atomics: of the last one */
};

/* One CPU's: added to by it alone (smp_count()), quietly, and never set back,
 * so that the audit sees all since boot. Anybody may read what is counted; the
 * latencies are read and set back at quiescence. */
struct smp_counters {
	struct smp_stat		stat;
	u64			nr_sync;	/* synchronous pushes */
	u64			nr_lost;	/* interrupts found lost */
	/* With checks; what does not hold is counted: */
	u64			nr_early_acks;	/* INV-I2 */
	u64			nr_bad_handlers; /* INV-I5: nested, irqs on */
	u64			nr_out_of_order; /* INV-I5 */
	u64			nr_self_wanted, nr_self_run; /* INV-I7 */
	u64			nr_late;	/* INV-I8 */
	struct smp_live		live;
	struct histogram	ack_latency;
};

DECLARE_PER_CPU(struct smp_counters, smp_counters);

#define smp_count(field, n) \
	this_cpu_field_add(this_cpu_var(smp_counters).field, n)

/* Waits until csd is unlocked; complains after csd_lock_timeout_ns. */
void csd_lock_wait_slow(call_single_data_t *csd);

/* ---- live checks: each in if_checked() ---- */
/* INV-I8: this CPU is about to send calls and wait, or has waited for all. */
void smp_check_phase(void);
/* INV-I2: csd has been acknowledged. */
void smp_check_acked(const call_single_data_t *csd);
/* INV-I8: the function of a synchronous call begins on its target, and has
 * returned, when csd may be another's. */
void smp_check_runs(const call_single_data_t *csd);
void smp_check_ran(void);
/* INV-I5: around the handler; what it has taken, newest first; each call of
 * that when it is served. */
void smp_check_handler_begins(void);
void smp_check_handler_ends(void);
void smp_check_taken(const struct llist_node *newest);
void smp_check_served(const call_single_data_t *csd);
/* INV-I7: this CPU is to call itself; it does. */
void smp_check_self_wanted(void);
void smp_check_self_run(void);
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
