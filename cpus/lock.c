/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlocks above the algorithm: preemption, lock classes, statistics.
 *
 * The fast paths are in spinlock.h. All book-keeping here is quiet: it costs
 * no virtual time, and no interrupt of this CPU can come in the middle of it,
 * so that the per-CPU counters need no atomics.
 */
#include "cpus/lock_order.h"
#include "cpus/lock_stat.h"

const struct lock_ops *lock_ops = &lock_qspinlock;

DEFINE_FAULT(lock_busted, "L-01", "spin_lock() does nothing");

/* Fixed after boot. */
static struct lock_class lock_classes[LOCK_CLASS_MAX] = {
	/* Leaves: taken under any lock of the kernel, take none themselves. */
	[LOCK_CLASS_POOL] = { "&pool->lock", 65000 },
	[LOCK_CLASS_WAIT] = { "&lock->wait_lock", 65001 },
};

void lock_classes_register(const struct lock_class *classes, unsigned nr)
{
	must(nr <= LOCK_CLASS_MAX - LOCK_CLASS_KERNEL);
	for (unsigned i = 0; i < nr; i++) {
		must(classes[i].rank < lock_classes[LOCK_CLASS_POOL].rank);
		lock_classes[LOCK_CLASS_KERNEL + i] = classes[i];
	}
}

const struct lock_class *lock_class(unsigned class)
{
	if (class >= LOCK_CLASS_MAX || !lock_classes[class].name)
		return NULL;
	return &lock_classes[class];
}

/* ---- taking and dropping the word --------------------------------------- */
/*
 * The wait, timed. An interrupt served meanwhile may wait too: only the
 * outermost wait is charged to the CPU's account.
 */
noinline __lockfunc void spin_lock_slowpath(spinlock_t *lock, u32 seen)
{
	struct cpu *cpu = this_cpu();
	u64 start, waited;
	unsigned was, class;

	machine_quiet_begin();
	class = lock->class;	/* beside the word: would fetch its line */
	start = sched_clock();
	WRITE_ONCE(cpu->own.nr_spinning, cpu->own.nr_spinning + 1);
	machine_quiet_end();

	was = op_part_enter(OP_LOCK_WAIT + class);
	lock_ops->wait(lock, seen);
	op_part_leave(was);

	machine_quiet_begin();
	waited = sched_clock() - start;
	lock_note_contended(class, waited);
	WRITE_ONCE(cpu->own.nr_spinning, cpu->own.nr_spinning - 1);
	if (!cpu->own.nr_spinning)
		cpu_account(CPU_TIME_LOCK_WAIT, waited);
	machine_quiet_end();
}

static __lockfunc void word_lock(spinlock_t *lock, unsigned class,
				 unsigned long ip)
{
	u32 seen;

	if (FAULT(lock_busted))
		return;
	if (likely(lock_word_try(lock, &seen)))
		return;
	if (lock_stat_enabled())
		lock_stat_contended(lock, class, ip);
	spin_lock_slowpath(lock, seen);
}

/* The lock is this task's: quiet. */
static void note_taken(const void *lock, unsigned class, bool sleeps,
		       unsigned long ip)
{
	if (!(lock_debug & (LOCK_DEBUG_ORDER | LOCK_DEBUG_STAT)))
		return;
	lock_order_push(lock, class, sleeps, ip);
	if (lock_stat_enabled())
		lock_stat_acquired(lock, class, ip);
}

static always_inline void word_unlock(spinlock_t *lock)
{
	if (FAULT(lock_busted))
		return;
	lock_word_drop(lock);
}

/* A lock that this CPU holds is not waited for: the report is the point. */
noinline __lockfunc void spin_lock_debug(spinlock_t *lock)
{
	unsigned long ip = _RET_IP_;
	unsigned class;
	bool again;

	machine_quiet_begin();
	class = lock->class;
	again = lock_order_wanted(lock, class, false, ip);
	machine_quiet_end();
	if (!again)
		word_lock(lock, class, ip);
	machine_quiet_begin();
	note_taken(lock, class, false, ip);
	machine_quiet_end();
}

noinline void spin_trylock_debug(spinlock_t *lock)
{
	machine_quiet_begin();
	note_taken(lock, lock->class, false, _RET_IP_);
	machine_quiet_end();
}

noinline __lockfunc void spin_unlock_debug(spinlock_t *lock)
{
	unsigned long ip = _RET_IP_;
	enum lock_popped popped;
	u64 held_ns;

	machine_quiet_begin();
	popped = lock_order_pop(lock, lock->class, &held_ns, ip);
	if (popped == LOCK_POPPED)
		lock_stat_released(lock->class, held_ns);
	machine_quiet_end();
	/* No word to give back if it was not taken a second time; no preempt
	 * count either if it was not taken at all. */
	if (popped == LOCK_POPPED)
		word_unlock(lock);
	if (popped != LOCK_NOT_HELD)
		preempt_enable();
}

/* ---- the interface ------------------------------------------------------ */
void spin_lock_init(spinlock_t *lock, unsigned class)
{
	must(class < LOCK_CLASS_MAX);
	lock->word = 0;
	lock->class = (u16)class;
	lock->pad = 0;
}

bool spin_is_locked(const spinlock_t *lock)
{
	return lock_ops->is_locked(lock);
}

/* ---- for sleeping locks ------------------------------------------------- */
void lock_note_wanted(const void *lock, unsigned class, unsigned long ip)
{
	if (unlikely(lock_debug)) {
		machine_quiet_begin();
		lock_order_wanted(lock, class, true, ip);
		machine_quiet_end();
	}
}

void lock_note_waiting(const void *lock, unsigned class, unsigned long ip)
{
	if (unlikely(lock_stat_enabled()))
		lock_stat_contended(lock, class, ip);
}

void lock_note_acquired(const void *lock, unsigned class, unsigned long ip)
{
	if (unlikely(lock_debug)) {
		machine_quiet_begin();
		note_taken(lock, class, true, ip);
		machine_quiet_end();
	}
}

void lock_note_released(const void *lock, unsigned class)
{
	u64 held_ns;

	if (likely(!lock_debug))
		return;
	machine_quiet_begin();
	if (lock_order_pop(lock, class, &held_ns, _RET_IP_) == LOCK_POPPED)
		lock_stat_released(class, held_ns);
	machine_quiet_end();
}
