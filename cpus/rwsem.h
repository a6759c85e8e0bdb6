/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sleeping reader-writer lock, first come, first served: a waiting writer
 * holds back later readers. Task context; may sleep.
 */
#ifndef CPUS_RWSEM_H
#define CPUS_RWSEM_H

#include "cpus/list.h"
#include "cpus/lock.h"

struct lock_type("rwsem") rw_semaphore {
	u16			class;
	spinlock_t		wait_lock;
	/* Under wait_lock: */
	int			count;		/* readers, or -1: a writer */
	struct list_head	waiters;
};

void init_rwsem(struct rw_semaphore *sem, unsigned class);
void down_read(struct rw_semaphore *sem) takes(*sem);
void up_read(struct rw_semaphore *sem) drops(*sem);
void down_write(struct rw_semaphore *sem) takes(*sem);
void up_write(struct rw_semaphore *sem) drops(*sem);
bool down_read_trylock(struct rw_semaphore *sem) takes_if(true, *sem);
bool down_write_trylock(struct rw_semaphore *sem) takes_if(true, *sem);

#endif
