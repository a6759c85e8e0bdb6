/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The locks that each task holds, and the order in which it may take them.
 * Internal to cpus/lock*.c. All is quiet: free in virtual time.
 */
#ifndef CPUS_LOCK_ORDER_H
#define CPUS_LOCK_ORDER_H

#include "cpus/machine.h"

/*
 * Checks a lock that will be waited for against what is held. True if this CPU
 * holds this very lock, so that waiting for it would never end.
 */
bool lock_order_wanted(const void *lock, unsigned class, bool sleeps,
		       unsigned long ip);
/* Puts a lock on the current task's stack, or takes it off. */
void lock_order_push(const void *lock, unsigned class, bool sleeps,
		     unsigned long ip);

enum lock_popped {
	LOCK_POPPED,
	LOCK_POPPED_STILL_HELD,	/* was taken twice: reported then */
	LOCK_NOT_HELD,		/* reported, if the order check is on */
};

/* *held_ns: for how long it was held, when statistics are on, else 0. */
enum lock_popped lock_order_pop(const void *lock, unsigned class, u64 *held_ns,
				unsigned long ip);

#endif
