/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking and dropping a spinlock, inlined into the caller up to the
 * algorithm's one locked instruction: the preempt count, one test of lock_debug
 * (zero unless checks or --lockstat are on, and never written in between).
 * lock.h has the contract.
 */
#ifndef CPUS_SPINLOCK_H
#define CPUS_SPINLOCK_H

#include "cpus/lock.h"
#include "cpus/lock_qspinlock.h"
#include "cpus/machine.h"

/* Why a lock takes the long way; 0: it need not. Fixed while any is held. */
#define LOCK_DEBUG_ORDER	1u	/* held stacks and order check */
#define LOCK_DEBUG_STAT		2u	/* held stacks and hold times */
/* On sim always: a lock is then taken at one place in the code, looked at or
 * not; natively never. */
#define LOCK_DEBUG_CALL		(INLINE_QSPINLOCK ? 0 : 4u)
extern unsigned lock_debug;

#ifdef WITH_FAULTS
extern struct fault fault_lock_busted;	/* lock.c */
#endif

/* The wait, timed and counted; seen: what the failed try has found. */
void spin_lock_slowpath(spinlock_t *lock, u32 seen);
/* The long ways; the call site is what they return to. */
void spin_lock_debug(spinlock_t *lock);
void spin_trylock_debug(spinlock_t *lock);
void spin_unlock_debug(spinlock_t *lock);

/* Spins; preemption off while held. Any context the class allows. */
static void spin_lock(spinlock_t *lock) takes(*lock);
static bool spin_trylock(spinlock_t *lock) takes_if(true, *lock) must_check;
static void spin_unlock(spinlock_t *lock) drops(*lock);

/* flags is a bool or integer lvalue that the matching restore gets. */
#define spin_lock_irqsave(lock, flags) \
	do { local_irq_save(flags); spin_lock(lock); } while (0)
#define spin_unlock_irqrestore(lock, flags) \
	do { spin_unlock(lock); local_irq_restore(flags); } while (0)
#define spin_lock_irq(lock) \
	do { local_irq_disable(); spin_lock(lock); } while (0)
#define spin_unlock_irq(lock) \
	do { spin_unlock(lock); local_irq_enable(); } while (0)

/* ---- inlined ------------------------------------------------------------ */
/* The algorithm's own; the usual one's without a call, where that is not an
 * event less. */
static always_inline bool lock_word_try(spinlock_t *lock, u32 *seen)
{
	if (INLINE_QSPINLOCK && likely(lock_ops == &lock_qspinlock))
		return qspinlock_trylock(lock, seen);
	return lock_ops->trylock(lock, seen);
}

static always_inline void lock_word_drop(spinlock_t *lock)
{
	if (INLINE_QSPINLOCK && likely(lock_ops == &lock_qspinlock))
		qspinlock_unlock(lock);
	else
		lock_ops->unlock(lock);
}

unanalysed static always_inline void spin_lock(spinlock_t *lock)
{
	u32 seen;

	preempt_disable();
	if (unlikely(lock_debug))
		spin_lock_debug(lock);
	else if (unlikely(!FAULT(lock_busted) && !lock_word_try(lock, &seen)))
		spin_lock_slowpath(lock, seen);
}

unanalysed static always_inline bool spin_trylock(spinlock_t *lock)
{
	u32 seen;

	preempt_disable();
	if (unlikely(!lock_word_try(lock, &seen))) {
		preempt_enable();
		return false;
	}
	if (unlikely(lock_debug))
		spin_trylock_debug(lock);
	return true;
}

unanalysed static always_inline void spin_unlock(spinlock_t *lock)
{
	if (unlikely(lock_debug)) {
		spin_unlock_debug(lock);
		barrier();	/* no tail call: it returns here */
		return;
	}
	if (!FAULT(lock_busted))
		lock_word_drop(lock);
	preempt_enable();
}

#endif
