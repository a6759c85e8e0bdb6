/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cross-CPU function calls: call-single queues, csd locks, coalescing of
 * interrupts, acknowledgements (vmalloc-tlb-ipi spec 5; kernel/smp.c, 6.12).
 */
#ifndef CPUS_SMP_H
#define CPUS_SMP_H

#include "cpus/cpu.h"
#include "cpus/list.h"

/* A set of CPUs. */
struct cpumask {
	unsigned long	bits[NR_CPUS_MAX / BITS_PER_LONG];
};

#define cpumask_size_words()	DIV_ROUND_UP(nr_cpu_ids, BITS_PER_LONG)
void cpumask_clear(struct cpumask *mask);
void cpumask_setall(struct cpumask *mask);	/* every online CPU */
void cpumask_set_cpu(unsigned cpu, struct cpumask *mask);
void cpumask_clear_cpu(unsigned cpu, struct cpumask *mask);
bool cpumask_test_cpu(unsigned cpu, const struct cpumask *mask);
unsigned cpumask_weight(const struct cpumask *mask);
/* The first set CPU at or after from; nr_cpu_ids if none. */
unsigned cpumask_next(unsigned from, const struct cpumask *mask);
#define for_each_cpu(c, mask) \
	for ((c) = cpumask_next(0, mask); (c) < nr_cpu_ids; \
	     (c) = cpumask_next((c) + 1, mask))

extern struct cpumask *cpu_online_mask;

typedef void (*smp_call_func_t)(void *info);

#define CSD_FLAG_LOCK	0x01
#define CSD_TYPE_ASYNC	0x00
#define CSD_TYPE_SYNC	0x10
#define CSD_TYPE_MASK	0xF0

typedef struct call_single_data {
	struct llist_node	node;
	u32			flags;		/* atomics */
	u16			src, dst;
	smp_call_func_t		func;
	void			*info;
} call_single_data_t;

/*
 * func(info) on cpu with interrupts off; wait: until it has returned. 0, or
 * -ENXIO for a CPU that is not online. Task context with interrupts on; never
 * sleeps.
 */
int smp_call_function_single(unsigned cpu, smp_call_func_t func, void *info,
			     bool wait);
/* The caller's own csd, func and info set; -EBUSY while it is still queued.
 * Interrupts may be off. */
int smp_call_function_single_async(unsigned cpu, call_single_data_t *csd);
/*
 * func(info) on every online CPU of mask but the caller. Preemption off,
 * interrupts on, task context (asserted, with the kernel's warnings).
 */
void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func,
			    void *info, bool wait);
/* On every online CPU including the caller, which runs it with interrupts off
 * while the others do. Same context rules; turns preemption off itself. */
void on_each_cpu(smp_call_func_t func, void *info, bool wait);
void on_each_cpu_cond(bool (*cond)(unsigned cpu, void *info),
		      smp_call_func_t func, void *info, bool wait);

/* At boot, before the first call: queues and per-CPU call data. */
void smp_init(void);
/* The interrupt handler: runs what is queued on this CPU. Interrupts off. One
 * function with two names, as in the kernel. */
#define generic_smp_call_function_interrupt \
	generic_smp_call_function_single_interrupt
void generic_smp_call_function_interrupt(void);

/* Counted always, per CPU, summed by the reader at quiescence. */
struct smp_stat {
	u64	calls;		/* many/single requests with remote targets */
	u64	targets;	/* csds pushed on remote queues */
	u64	ipis_sent;	/* pushes that found the queue empty */
	u64	coalesced;	/* targets - ipis_sent */
	u64	acks;		/* synchronous callbacks completed by targets */
	u64	handled;	/* callbacks run from the queue */
	u64	ack_wait_ns_total, ack_wait_ns_max;
};

void smp_stat_read(struct smp_stat *out);
/* Sampled ack latencies in ns (request to last ack); see stats.h histograms. */
struct histogram;
void smp_stat_ack_histogram(struct histogram *out);
void smp_stat_reset(void);
/*
 * At quiescence: calls tell() for each rule that does not hold, with its id, a
 * name for what was counted, what that is and what it should be. INV-I1, I3 and
 * I4 (queues empty, no csd locked, as many acks as synchronous pushes, an
 * interrupt at most for each push and none lost); with checks what was seen of
 * I2, I5, I7 and I8. Returns how many.
 */
typedef void (*smp_violated_t)(const char *id, const char *what, u64 is,
			       u64 should);
unsigned smp_audit(smp_violated_t tell);

/* csd_lock timeout in ns (5 s as smp.csd_lock_timeout); 0: off. */
extern u64 csd_lock_timeout_ns;

#endif
