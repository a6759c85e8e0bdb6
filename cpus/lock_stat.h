/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of lock classes: internal to cpus/lock*.c, mutex.c and rwsem.c.
 * All is quiet: free in virtual time, and no interrupt of this CPU comes in
 * the middle, so that per-CPU counters need no atomics. A class marked
 * LOCK_READ counts shared holds, apart.
 */
#ifndef CPUS_LOCK_STAT_H
#define CPUS_LOCK_STAT_H

#include "cpus/machine.h"

/* With lock_stat_enable() only: the lock is not free, ip will wait for it. */
void lock_stat_contended(const void *lock, unsigned class, unsigned long ip);
/* With lock_stat_enable() only: ip has it. */
void lock_stat_acquired(const void *lock, unsigned class, unsigned long ip);
/* A hold has ended, with lock_stat_enable() after held_ns. */
void lock_stat_released(unsigned class, u64 held_ns);

#endif
