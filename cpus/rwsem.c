/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reader-writer semaphores. count and queue are changed under wait_lock only;
 * who drops the last hold grants it to the first waiter, or to all readers in
 * front of the first writer, before it wakes them: nobody overtakes (the
 * kernel's rwsem always hands over to readers, and to a writer that has
 * waited 4 ms; kernel/locking/rwsem.c, 6.12).
 */
#include "cpus/machine.h"

#define WRITER	(-1)

struct rwsem_waiter {
	/* Under wait_lock: */
	struct list_head	entry;
	struct task_struct	*task;
	bool			writes;
	bool			granted;
};

void init_rwsem(struct rw_semaphore *sem, unsigned class)
{
	sem->class = (u16)class;
	spin_lock_init(&sem->wait_lock, LOCK_CLASS_WAIT);
	sem->count = 0;
	INIT_LIST_HEAD(&sem->waiters);
}

static bool may_enter(const struct rw_semaphore *sem, bool writes)
{
	if (writes)
		return sem->count == 0;
	return sem->count >= 0;
}

static void enter(struct rw_semaphore *sem, bool writes)
{
	sem->count = writes ? WRITER : sem->count + 1;
}

static bool try_locked(struct rw_semaphore *sem, bool writes)
	must_hold(sem->wait_lock);

static bool try_locked(struct rw_semaphore *sem, bool writes)
{
	check(lock_held(&sem->wait_lock));
	if (!list_empty(&sem->waiters) || !may_enter(sem, writes))
		return false;
	enter(sem, writes);
	return true;
}

/* Grants the hold to those at the front of the queue who may have it. */
static void grant_locked(struct rw_semaphore *sem) must_hold(sem->wait_lock);

static void grant_locked(struct rw_semaphore *sem)
{
	check(lock_held(&sem->wait_lock));
	while (!list_empty(&sem->waiters)) {
		struct rwsem_waiter *first =
			list_first_entry(&sem->waiters, struct rwsem_waiter,
					 entry);
		struct task_struct *task = first->task;

		if (!may_enter(sem, first->writes))
			break;
		enter(sem, first->writes);
		list_del(&first->entry);
		first->granted = true;
		wake_up_process(task);
	}
}

/* With wait_lock held, which it drops. */
static void sleep_until_granted(struct rw_semaphore *sem, bool writes)
	drops(sem->wait_lock);

static void sleep_until_granted(struct rw_semaphore *sem, bool writes)
{
	struct rwsem_waiter waiter = { .task = current, .writes = writes };

	list_add_tail(&waiter.entry, &sem->waiters);
	for (;;) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (waiter.granted)
			break;
		spin_unlock(&sem->wait_lock);
		lock_sleep(writes ? "rwsem (write)" : "rwsem (read)", sem);
		spin_lock(&sem->wait_lock);
	}
	set_current_state(TASK_RUNNING);
	spin_unlock(&sem->wait_lock);
}

static void down(struct rw_semaphore *sem, bool writes, unsigned long ip)
{
	unsigned class = sem->class | (writes ? 0 : LOCK_READ);

	might_sleep();
	lock_note_wanted(sem, class, ip);
	spin_lock(&sem->wait_lock);
	if (likely(try_locked(sem, writes))) {
		spin_unlock(&sem->wait_lock);
	} else {
		struct lock_wait wait;

		lock_wait_begins(&wait, sem, class, ip);
		sleep_until_granted(sem, writes);
		lock_wait_ends(&wait, class);
	}
	lock_note_acquired(sem, class, ip);
}

static bool down_trylock(struct rw_semaphore *sem, bool writes,
			 unsigned long ip)
{
	bool taken;

	spin_lock(&sem->wait_lock);
	taken = try_locked(sem, writes);
	spin_unlock(&sem->wait_lock);
	if (taken)
		lock_note_acquired(sem, sem->class | (writes ? 0 : LOCK_READ),
				   ip);
	return taken;
}

static void up(struct rw_semaphore *sem, bool writes)
{
	lock_note_released(sem, sem->class | (writes ? 0 : LOCK_READ));
	spin_lock(&sem->wait_lock);
	check(writes ? sem->count == WRITER : sem->count > 0);
	sem->count = writes ? 0 : sem->count - 1;
	grant_locked(sem);
	spin_unlock(&sem->wait_lock);
}

unanalysed void down_read(struct rw_semaphore *sem)
{
	down(sem, false, _RET_IP_);
}

unanalysed void up_read(struct rw_semaphore *sem)
{
	up(sem, false);
}

unanalysed void down_write(struct rw_semaphore *sem)
{
	down(sem, true, _RET_IP_);
}

unanalysed void up_write(struct rw_semaphore *sem)
{
	up(sem, true);
}

unanalysed bool down_read_trylock(struct rw_semaphore *sem)
{
	return down_trylock(sem, false, _RET_IP_);
}

unanalysed bool down_write_trylock(struct rw_semaphore *sem)
{
	return down_trylock(sem, true, _RET_IP_);
}
