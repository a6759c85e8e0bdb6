/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of the queued spinlock is worth inlining: taking it when it is free, and
 * dropping it. All else, and the word's layout, is in lock_qspinlock.c. */
#ifndef CPUS_LOCK_QSPINLOCK_H
#define CPUS_LOCK_QSPINLOCK_H

#include "cpus/lock.h"

#define QSPINLOCK_LOCKED	1u

static inline u8 *qspinlock_locked_byte(spinlock_t *lock)
{
	u8 *bytes = (u8 *)&lock->word;

	return &bytes[__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 3 : 0];
}

static inline __lockfunc bool qspinlock_trylock(spinlock_t *lock, u32 *seen)
{
	u32 word = 0;

	/* (A) Acquire: pairs with the release (B) of the last owner. */
	if (likely(try_cmpxchg_acquire(&lock->word, &word, QSPINLOCK_LOCKED)))
		return true;
	*seen = word;
	return false;
}

static inline __lockfunc void qspinlock_unlock(spinlock_t *lock)
{
	/* (B) The critical section is done before the lock is free: see (A). */
	smp_store_release(qspinlock_locked_byte(lock), 0);
}

#endif
