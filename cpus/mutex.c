/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutexes and completions (kernel/locking/mutex.c and kernel/sched/
 * completion.c, 6.12, without optimistic spinning).
 *
 * A mutex is one word: the owner's task_struct, and flags in its low bits. The
 * fast paths swap it between 0 and the owner. A waiter queues, first come,
 * first served, and sets WAITERS, which makes the owner's fast path fail: the
 * owner then frees the word, keeping the flags, and wakes the first. In
 * between somebody else may take it; so the first, woken in vain, sets HANDOFF,
 * and the owner gives the word to it instead of freeing it.
 *
 * No wake-up is lost: a waiter sets WAITERS before it tries the word a last
 * time. Either it finds it free, or the owner's exchange comes later, fails,
 * and takes wait_lock, which the waiter drops only when its state says asleep.
 */
#include "cpus/machine.h"

#define MUTEX_WAITERS	1UL	/* somebody queues: unlock must wake */
#define MUTEX_HANDOFF	2UL	/* unlock must give it to the first */
#define MUTEX_FLAGS	3UL

struct mutex_waiter {
	struct list_head	entry;		/* under wait_lock */
	struct task_struct	*task;
};

void lock_sleep(const char *what, const void *lock)
{
	struct task_struct *task = current;
	bool worker = READ_ONCE(task->flags) & PF_WQ_WORKER;

	task->blocked_lock = lock;
	WRITE_ONCE(task->blocked_on, what);
	if (worker)
		wq_worker_sleeping();
	schedule();
	if (worker)
		wq_worker_running();
	WRITE_ONCE(task->blocked_on, NULL);
}

static u64 *waited_here(void)
{
	return &this_cpu()->own.time_ns[CPU_TIME_LOCK_WAIT];
}

void lock_wait_begins(struct lock_wait *wait, const void *lock, unsigned class,
		      unsigned long ip)
{
	wait->part = op_part_enter(OP_LOCK_WAIT + (class & ~LOCK_READ));
	lock_note_waiting(lock, class, ip);
	machine_quiet_begin();
	wait->spun = *waited_here();
	wait->start = sched_clock();
	machine_quiet_end();
}

void lock_wait_ends(const struct lock_wait *wait, unsigned class)
{
	u64 waited, spun;

	op_part_leave(wait->part);
	machine_quiet_begin();
	waited = sched_clock() - wait->start;
	lock_note_contended(class, waited);
	spun = *waited_here() - wait->spun;
	if (!(READ_ONCE(current->flags) & PF_WQ_WORKER) && waited > spun)
		cpu_account(CPU_TIME_LOCK_WAIT, waited - spun);
	machine_quiet_end();
}

void mutex_init(struct mutex *mutex, unsigned class)
{
	mutex->owner = 0;
	mutex->class = (u16)class;
	spin_lock_init(&mutex->wait_lock, LOCK_CLASS_WAIT);
	INIT_LIST_HEAD(&mutex->waiters);
}

static bool lock_fast(struct mutex *mutex)
{
	uintptr_t free = 0;

	/* (A) Acquire: pairs with the release (B) of the last owner. */
	return try_cmpxchg_acquire(&mutex->owner, &free, (uintptr_t)current);
}

/*
 * Takes the word if it is free or was handed to us; else, if handoff, asks
 * for it to be.
 */
static bool lock_or_ask(struct mutex *mutex, bool handoff)
{
	uintptr_t self = (uintptr_t)current;
	uintptr_t word = smp_load_acquire(&mutex->owner);	/* (A) */

	for (;;) {
		uintptr_t owner = word & ~MUTEX_FLAGS;
		uintptr_t new;

		if (owner == self)
			return true;
		if (!owner)
			new = self | (word & MUTEX_WAITERS);
		else if (handoff && !(word & MUTEX_HANDOFF))
			new = word | MUTEX_HANDOFF;
		else
			return false;
		if (try_cmpxchg(&mutex->owner, &word, new)) {
			if (!owner)
				return true;
			word = new;
		}
	}
}

static bool is_first(const struct mutex *mutex,
		     const struct mutex_waiter *waiter)
{
	return mutex->waiters.next == &waiter->entry;
}

static void leave_queue_locked(struct mutex *mutex,
			       struct mutex_waiter *waiter)
	must_hold(mutex->wait_lock);

static void leave_queue_locked(struct mutex *mutex,
			       struct mutex_waiter *waiter)
{
	check(lock_held(&mutex->wait_lock));
	list_del(&waiter->entry);
	if (list_empty(&mutex->waiters))
		__atomic_fetch_and(&mutex->owner, ~MUTEX_FLAGS,
				   __ATOMIC_RELAXED);
}

static noinline void lock_slow(struct mutex *mutex)
{
	struct mutex_waiter waiter = { .task = current };
	bool woken = false;

	spin_lock(&mutex->wait_lock);
	list_add_tail(&waiter.entry, &mutex->waiters);
	/* Before the word is tried: see the top. */
	__atomic_fetch_or(&mutex->owner, MUTEX_WAITERS, __ATOMIC_SEQ_CST);
	set_current_state(TASK_UNINTERRUPTIBLE);
	while (!lock_or_ask(mutex, woken && is_first(mutex, &waiter))) {
		spin_unlock(&mutex->wait_lock);
		lock_sleep("mutex", mutex);
		woken = true;
		spin_lock(&mutex->wait_lock);
		set_current_state(TASK_UNINTERRUPTIBLE);
	}
	set_current_state(TASK_RUNNING);
	leave_queue_locked(mutex, &waiter);
	spin_unlock(&mutex->wait_lock);
}

unanalysed void mutex_lock(struct mutex *mutex)
{
	might_sleep();
	lock_note_wanted(mutex, mutex->class, _RET_IP_);
	if (unlikely(!lock_fast(mutex))) {
		struct lock_wait wait;

		lock_wait_begins(&wait, mutex, mutex->class, _RET_IP_);
		lock_slow(mutex);
		lock_wait_ends(&wait, mutex->class);
	}
	lock_note_acquired(mutex, mutex->class, _RET_IP_);
}

unanalysed bool mutex_trylock(struct mutex *mutex)
{
	uintptr_t word = READ_ONCE(mutex->owner);

	/* Free, but the flags of those who queue must stay. */
	do {
		if (word & ~MUTEX_WAITERS)
			return false;
	} while (!try_cmpxchg_acquire(&mutex->owner, &word,
				      (uintptr_t)current | word));
	lock_note_acquired(mutex, mutex->class, _RET_IP_);
	return true;
}

static noinline void unlock_slow(struct mutex *mutex)
{
	uintptr_t word = READ_ONCE(mutex->owner);
	struct mutex_waiter *first;

	/* Frees the word at once, but for a hand-over. */
	do {
		check((word & ~MUTEX_FLAGS) == (uintptr_t)current);
		if (word & MUTEX_HANDOFF)
			break;
	} while (!try_cmpxchg(&mutex->owner, &word,
			      word & MUTEX_FLAGS));		/* (B) */
	if (!(word & MUTEX_FLAGS))
		return;

	spin_lock(&mutex->wait_lock);
	if (!list_empty(&mutex->waiters)) {
		first = list_first_entry(&mutex->waiters, struct mutex_waiter,
					 entry);
		if (word & MUTEX_HANDOFF)
			smp_store_release(&mutex->owner,	/* (B) */
					  (uintptr_t)first->task |
					  MUTEX_WAITERS);
		wake_up_process(first->task);
	}
	spin_unlock(&mutex->wait_lock);
}

unanalysed void mutex_unlock(struct mutex *mutex)
{
	uintptr_t owner = (uintptr_t)current;

	lock_note_released(mutex, mutex->class);
	/* (B) Release: pairs with (A). */
	if (!__atomic_compare_exchange_n(&mutex->owner, &owner, 0, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		unlock_slow(mutex);
}

bool mutex_is_locked(const struct mutex *mutex)
{
	return READ_ONCE(mutex->owner) & ~MUTEX_FLAGS;
}

/* ---- completions -------------------------------------------------------- */
struct completion_waiter {
	struct list_head	entry;		/* under lock */
	struct task_struct	*task;
};

void init_completion(struct completion *completion)
{
	spin_lock_init(&completion->lock, LOCK_CLASS_WAIT);
	completion->done = 0;
	INIT_LIST_HEAD(&completion->waiters);
}

unanalysed void wait_for_completion(struct completion *completion)
{
	struct completion_waiter waiter = { .task = current };

	might_sleep();
	INIT_LIST_HEAD(&waiter.entry);
	spin_lock_irq(&completion->lock);
	while (!completion->done) {
		/* complete() has taken us off if somebody was faster. */
		if (list_empty(&waiter.entry))
			list_add_tail(&waiter.entry, &completion->waiters);
		set_current_state(TASK_UNINTERRUPTIBLE);
		spin_unlock_irq(&completion->lock);
		lock_sleep("completion", completion);
		spin_lock_irq(&completion->lock);
	}
	set_current_state(TASK_RUNNING);
	list_del_init(&waiter.entry);
	completion->done--;
	spin_unlock_irq(&completion->lock);
}

unanalysed void complete(struct completion *completion)
{
	struct completion_waiter *first;
	bool flags;

	spin_lock_irqsave(&completion->lock, flags);
	completion->done++;
	if (!list_empty(&completion->waiters)) {
		first = list_first_entry(&completion->waiters,
					 struct completion_waiter, entry);
		list_del_init(&first->entry);
		/* It cannot return, and be gone, before we drop the lock. */
		wake_up_process(first->task);
	}
	spin_unlock_irqrestore(&completion->lock, flags);
}
