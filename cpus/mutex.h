/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeping mutual exclusion, completions. Task context; may sleep. */
#ifndef CPUS_MUTEX_H
#define CPUS_MUTEX_H

#include "cpus/list.h"
#include "cpus/lock.h"

struct lock_type("mutex") mutex {
	uintptr_t		owner;		/* atomics: task and flags */
	u16			class;
	spinlock_t		wait_lock;
	/* Under wait_lock: */
	struct list_head	waiters;	/* first come, first served */
};

void mutex_init(struct mutex *mutex, unsigned class);
void mutex_lock(struct mutex *mutex) takes(*mutex);
bool mutex_trylock(struct mutex *mutex) takes_if(true, *mutex) must_check;
void mutex_unlock(struct mutex *mutex) drops(*mutex);
bool mutex_is_locked(const struct mutex *mutex);

/*
 * schedule() for a task that has put itself in a lock's queue and set its
 * state: tells the deadlock report what it waits for, and its worker pool, if
 * it is a worker, that it sleeps.
 */
void lock_sleep(const char *what, const void *lock);

/*
 * Around the whole wait for a sleeping lock: counts it in the lock's statistics
 * and, as what it waited for, in the operation under way. A task's wait goes to
 * its CPU's account of waiting for locks, for the workload gets no further; a
 * worker's does not. What was spun in between, and what other tasks of the CPU
 * have waited, is there already: a CPU waits no longer than time goes by.
 */
struct lock_wait {
	u64		start, spun;
	unsigned	part;		/* what the operation did before */
};

void lock_wait_begins(struct lock_wait *wait, const void *lock, unsigned class,
		      unsigned long ip);
void lock_wait_ends(const struct lock_wait *wait, unsigned class);

struct completion {
	spinlock_t		lock;
	/* Under lock: */
	unsigned		done;
	struct list_head	waiters;
};

void init_completion(struct completion *completion);
/* One complete() lets one waiter through. The completion is the waiter's again
 * when it returns. May sleep. */
void wait_for_completion(struct completion *completion);
/* Any context. */
void complete(struct completion *completion);

#endif
