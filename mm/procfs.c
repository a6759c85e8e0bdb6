/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all views need: see procfs.h. */
#include "mm/procfs.h"

/*
 * In a quiet section no other CPU of the sim machine runs: who holds the lock
 * could not drop it.
 */
static void let_others_run(void)
{
	machine_quiet_end();
	local_irq_enable();
	cpu_relax();
	cond_resched();
	local_irq_disable();
	machine_quiet_begin();
}

void procfs_lock(spinlock_t *lock)
{
	while (!spin_trylock(lock))
		let_others_run();
}

void procfs_mutex_lock(struct mutex *mutex)
{
	while (!mutex_trylock(mutex))
		let_others_run();
}
