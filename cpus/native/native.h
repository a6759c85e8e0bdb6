/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The native machine's own state; private to cpus/native/. */
#ifndef CPUS_NATIVE_NATIVE_H
#define CPUS_NATIVE_NATIVE_H

#include "cpus/twin.h"

struct native_cpu {
	/* Of its CPU alone; nr_relaxed is read by the watchdog. */
	u64		nr_relaxed;	/* cpu_relax() calls */
	struct rcu_cpu	*rcu;
	u64		device_at;	/* machine_device_timer(); 0: off */
	u64		crowded_until;	/* its waits sleep */
	int		tid;		/* its thread */

	/* Of the watchdog alone. */
	u64		seen_relaxed;
	u64		seen_progress;
	u64		nr_computes;	/* looks that saw no sign of it */
} cacheline_aligned;

extern struct native_cpu *native_cpus;
extern const struct topology *native_topology;
void native_set_oversubscribed(bool oversubscribed);

static inline struct native_cpu *native_this(void)
{
	return native_self->own.machine;
}

/* cpu.c: before anything reads the clock. */
void native_clock_init(void);
/* Sleep while *word is expected, at most timeout_ns (~0: for ever). */
void native_futex_wait(const u32 *word, u32 expected, u64 timeout_ns);
void native_futex_wake(const u32 *word);

/* memory.c: which host node memory is placed on, before the arena is made. */
void native_memory_init(const struct topology *host);

/* rcu.c: the calling thread becomes a CPU for RCU, not idle. */
void native_rcu_attach(void);
/* Idle: no longer asked. False: there are callbacks to run, do not sleep. */
bool native_rcu_idle_enter(void);
void native_rcu_idle_exit(void);

/* watchdog.c: called every WATCHDOG_PERIOD_NS by a thread that is no CPU. */
#define WATCHDOG_PERIOD_NS	250000000UL
void native_watchdog(void);
/* Once, before. */
void native_watchdog_start(void);
/* boot.c: what machine_set_heartbeat() was given. */
void native_beat(void);

#endif
