/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ticket lock: first come, first served; all waiters watch one word, so that a
 * release costs each of them a miss (Reed and Kanodia 1979; the x86 kernel's
 * spinlock of 2.6.25 to 4.1).
 *
 * The word is two halves of 16 bits: owner (low) is served, next (high) is the
 * next ticket to draw; free when equal. A carry out of next is lost and one out
 * of owner cannot happen, as owner is written as a half: so 65536 tickets are
 * told apart, one more than can wait.
 */
#include "cpus/machine.h"

static_assert(NR_CPUS_MAX < 65536, "a ticket for each waiting CPU");

#define TICKET_SHIFT	16
#define TICKET_NEXT	(1u << TICKET_SHIFT)

DEFINE_FAULT(ticket_early_unlock, "L-04",
	     "ticket lock: the next is served before the critical section");

static __lockfunc u16 *owner_half(spinlock_t *lock)
{
	u16 *halves = (u16 *)&lock->word;

	return &halves[__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__];
}

/*
 * (B) Release: the critical section is done before the next owner, who sees
 * its ticket at (A), begins. Only the owner writes this half.
 */
static __lockfunc void serve_next(spinlock_t *lock)
{
	u16 *owner = owner_half(lock);

	smp_store_release(owner, (u16)(READ_ONCE(*owner) + 1));
}

static __lockfunc bool ticket_trylock(spinlock_t *lock, u32 *seen)
{
	u32 word = READ_ONCE(lock->word);

	*seen = word;
	if ((u16)word != word >> TICKET_SHIFT)
		return false;
	/* (A) Acquire: see (B). */
	if (!try_cmpxchg_acquire(&lock->word, &word, word + TICKET_NEXT))
		return false;
	if (FAULT(ticket_early_unlock))
		serve_next(lock);
	return true;
}

static __lockfunc void ticket_wait(spinlock_t *lock, u32 seen)
{
	/* (A) Acquire: we may be served at once. */
	u32 word = __atomic_fetch_add(&lock->word, TICKET_NEXT,
				      __ATOMIC_ACQUIRE);
	u16 mine = word >> TICKET_SHIFT;

	while ((u16)word != mine) {
		cpu_relax();
		word = smp_load_acquire(&lock->word);	/* (A) */
	}
	if (FAULT(ticket_early_unlock))
		serve_next(lock);
}

static __lockfunc void ticket_unlock(spinlock_t *lock)
{
	if (FAULT(ticket_early_unlock))
		return;
	serve_next(lock);
}

static bool ticket_is_locked(const spinlock_t *lock)
{
	u32 word = READ_ONCE(lock->word);

	return (u16)word != word >> TICKET_SHIFT;
}

const struct lock_ops lock_ticket = {
	.name		= "ticket",
	.summary	= "ticket lock: FIFO, all waiters on one word",
	.trylock	= ticket_trylock,
	.wait		= ticket_wait,
	.unlock		= ticket_unlock,
	.is_locked	= ticket_is_locked,
};
