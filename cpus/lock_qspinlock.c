/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queued spinlock: a pending bit for the second CPU, an MCS queue of per-CPU
 * nodes for the others, in a word of 32 bits (Mellor-Crummey and Scott 1991;
 * kernel/locking/qspinlock.c since 4.2, without paravirtualisation).
 *
 *	bits  0- 7	locked, a byte
 *	bits  8-15	pending, a byte: one CPU watches the word itself
 *	bits 16-17	index of the queue's last node on its CPU
 *	bits 18-31	CPU of the queue's last node, plus one; 0: no queue
 *
 * A CPU waits in four contexts at most (task, softirq, hardirq, NMI), each
 * interrupting the last, with one node each. Deeper nesting (the call of a
 * handler from a wait in a handler) finds no node and spins on the word.
 *
 * Who moves what: the head of the queue waits until locked and pending are
 * clear, and takes locked; pending is taken only while there is no queue, and
 * its owner only waits for locked. So the order is the order of arrival, but
 * for trylock, and for those who find no node.
 */
#include "cpus/lock_qspinlock.h"
#include "cpus/address.h"
#include "cpus/machine.h"

#define LOCKED			QSPINLOCK_LOCKED
#define LOCKED_MASK		0x000000ffu
#define PENDING			0x00000100u
#define LOCKED_PENDING_MASK	0x0000ffffu
#define TAIL_SHIFT		16
#define TAIL_MASK		0xffff0000u
#define MAX_NODES		4

/* How often to look while pending is handed over to locked
 * (arch/x86/include/asm/qspinlock.h, _Q_PENDING_LOOPS, 6.12). */
#define PENDING_LOOPS		512

static_assert(NR_CPUS_MAX < 1 << 14, "the tail holds a CPU and one more");

DEFINE_FAULT(mcs_link_first, "L-06",
	     "qspinlock: prev->next is linked before the node is initialised");
DEFINE_FAULT(mcs_no_late_next, "L-09",
	     "qspinlock: the head does not wait for a late successor");

struct mcs_node {
	struct mcs_node	*next;
	u32		locked;		/* 1: we are the head of the queue */
	u32		count;		/* nodes in use; of nodes[0] only */
};

static_assert(sizeof(struct mcs_node) * MAX_NODES == CACHELINE,
	      "a CPU's nodes are one line");

/* Written by their CPU; next and locked by the neighbours in the queue. */
static DEFINE_PER_CPU_ALIGNED(struct mcs_node, qnodes[MAX_NODES]);

static __lockfunc u16 *tail_half(spinlock_t *lock)
{
	u16 *halves = (u16 *)&lock->word;

	return &halves[__BYTE_ORDER__ != __ORDER_BIG_ENDIAN__];
}

static __lockfunc u16 *locked_pending_half(spinlock_t *lock)
{
	u16 *halves = (u16 *)&lock->word;

	return &halves[__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__];
}

static u32 encode_tail(unsigned cpu, unsigned index)
{
	return ((u32)(cpu + 1) << (TAIL_SHIFT + 2)) | index << TAIL_SHIFT;
}

static __lockfunc struct mcs_node *decode_tail(u32 word)
{
	unsigned cpu = (word >> (TAIL_SHIFT + 2)) - 1;
	unsigned index = (word >> TAIL_SHIFT) & (MAX_NODES - 1);

	return per_cpu_ptr(&qnodes[index], cpu);
}

static __lockfunc bool qspinlock_trylock_polite(spinlock_t *lock)
{
	u32 seen = READ_ONCE(lock->word);

	return seen == 0 && qspinlock_trylock(lock, &seen);
}

/*
 * Waits as the pending CPU, if nobody waits. False: go and queue. The word may
 * be seen as "pending, not locked" for the moment of a hand-over.
 */
static __lockfunc bool wait_as_pending(spinlock_t *lock, u32 word)
{
	for (int i = 0; word == PENDING && i < PENDING_LOOPS; i++) {
		cpu_relax();
		word = READ_ONCE(lock->word);
	}
	if (word & ~LOCKED_MASK)
		return false;
	word = __atomic_fetch_or(&lock->word, PENDING, __ATOMIC_ACQUIRE);
	if (unlikely(word & ~LOCKED_MASK)) {
		/* Somebody queued or was pending: give back what we set. */
		if (!(word & PENDING))
			__atomic_fetch_and(&lock->word, ~PENDING,
					   __ATOMIC_RELAXED);
		return false;
	}
	while (word & LOCKED_MASK) {
		cpu_relax();
		word = smp_load_acquire(&lock->word);	/* (A): see (B) */
	}
	/* We are the only writer of these two bytes now: pending becomes
	 * locked in one store. */
	WRITE_ONCE(*locked_pending_half(lock), LOCKED);
	return true;
}

/* Joins the queue and waits to be its head. */
static __lockfunc void enqueue_and_wait(spinlock_t *lock,
					struct mcs_node *node, u32 tail)
{
	u16 old;
	struct mcs_node *prev;

	/*
	 * (C) The node is initialised before it can be found through the tail:
	 * pairs with the dependency from the tail to the node, here below in
	 * the next CPU to come.
	 */
	old = __atomic_exchange_n(tail_half(lock), (u16)(tail >> TAIL_SHIFT),
				  __ATOMIC_ACQ_REL);
	if (!old)
		return;
	prev = decode_tail((u32)old << TAIL_SHIFT);
	/* Publishes node to prev's owner, who reads next at (E). */
	smp_store_release(&prev->next, node);
	if (FAULT(mcs_link_first)) {
		ndelay(100);		/* a wide window */
		WRITE_ONCE(node->locked, 0);
	}
	/* (D) Acquire: pairs with the release in pass_on(). */
	while (!smp_load_acquire(&node->locked))
		cpu_relax();
}

/* The head owns the lock: the next in the queue becomes head. */
static __lockfunc void pass_on(struct mcs_node *node)
{
	struct mcs_node *next = smp_load_acquire(&node->next);	/* (E) */

	/* Who is in the tail but not yet linked will be, in a moment. */
	while (!next) {
		if (FAULT(mcs_no_late_next))
			return;
		cpu_relax();
		next = smp_load_acquire(&node->next);		/* (E) */
	}
	smp_store_release(&next->locked, 1);			/* see (D) */
}

/* At the head: takes the lock when it is free and nobody is pending. */
static __lockfunc void take_as_head(spinlock_t *lock, struct mcs_node *node,
				    u32 tail)
{
	u32 word = smp_load_acquire(&lock->word);	/* (A): see (B) */

	while (word & LOCKED_PENDING_MASK) {
		cpu_relax();
		word = smp_load_acquire(&lock->word);	/* (A) */
	}
	/* The last in the queue leaves no tail behind. (A) was acquire. */
	if ((word & TAIL_MASK) == tail &&
	    __atomic_compare_exchange_n(&lock->word, &word, LOCKED, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return;
	/* With a tail nobody else takes pending or locked: a plain store. */
	WRITE_ONCE(*qspinlock_locked_byte(lock), LOCKED);
	pass_on(node);
}

static __lockfunc void qspinlock_wait(spinlock_t *lock, u32 seen)
{
	struct mcs_node *first = this_cpu_ptr(&qnodes[0]);
	struct mcs_node *node;
	unsigned index;
	u32 tail;

	if (wait_as_pending(lock, seen))
		return;

	index = first->count++;
	/* The count before the node: an interrupt from here on takes the next
	 * node, one before has given its own back. */
	barrier();
	if (unlikely(index >= MAX_NODES)) {
		while (!qspinlock_trylock_polite(lock))
			cpu_relax();
		goto release;
	}
	tail = encode_tail(smp_processor_id(), index);
	node = this_cpu_ptr(&qnodes[index]);
	if (!FAULT(mcs_link_first))
		WRITE_ONCE(node->locked, 0);
	WRITE_ONCE(node->next, NULL);
	/* Touching the node took time; the lock may be free by now. */
	if (qspinlock_trylock_polite(lock))
		goto release;
	enqueue_and_wait(lock, node, tail);
	take_as_head(lock, node, tail);
release:
	first->count--;
}

static bool qspinlock_is_locked(const spinlock_t *lock)
{
	return READ_ONCE(lock->word) != 0;
}

#define NODE_FIELD(index, member) \
	{ "[" #index "]." #member, (index) * sizeof(struct mcs_node) + \
	  offsetof(struct mcs_node, member), \
	  sizeof(((struct mcs_node *)0)->member), \
	  sizeof(((struct mcs_node *)0)->member) }
#define NODE_FIELDS(index) \
	NODE_FIELD(index, next), NODE_FIELD(index, locked), \
	NODE_FIELD(index, count)

static void qspinlock_name_percpu(const void *ptr, struct address_name *name)
{
	static const struct address_field fields[] = {
		NODE_FIELDS(0), NODE_FIELDS(1), NODE_FIELDS(2), NODE_FIELDS(3),
	};
	size_t at = (uintptr_t)ptr - (uintptr_t)qnodes;

	static_assert(MAX_NODES == 4, "all are named");
	if (at < sizeof(qnodes))
		address_field_is(name, fields, ARRAY_SIZE(fields), at);
}

const struct lock_ops lock_qspinlock = {
	.name		= "qspinlock",
	.summary	= "pending bit and MCS queue: FIFO, on own lines",
	.trylock	= qspinlock_trylock,
	.wait		= qspinlock_wait,
	.unlock		= qspinlock_unlock,
	.is_locked	= qspinlock_is_locked,
	.name_percpu	= qspinlock_name_percpu,
};
