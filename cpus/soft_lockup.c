/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's report of a CPU that computes and does not come back
 * (kernel/watchdog.c, 6.12). Which CPU that is the machines' watchdogs find;
 * a signal to the thread that runs it says where it is.
 */
#include <stdio.h>
#include <ucontext.h>

#include "cpus/twin.h"

#if defined(__x86_64__)
#define ADDRESS(context)	((context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__aarch64__)
#define ADDRESS(context)	((context)->uc_mcontext.pc)
#else
#define ADDRESS(context)	((void)(context), 0)
#endif

unsigned long interrupted_at(const void *context)
{
	const ucontext_t *interrupted = context;

	return (unsigned long)ADDRESS(interrupted);
}

/* Looks at another's task as it is: for people, not for decisions. */
__attribute__((no_sanitize("thread")))
void soft_lockup_print(const struct cpu *cpu, u64 ns)
{
	const struct task_struct *task = READ_ONCE(cpu->own.current_task);
	char comm[TASK_COMM_LEN];

	for (unsigned i = 0; i < TASK_COMM_LEN; i++)
		comm[i] = READ_ONCE(task->comm[i]);
	printk("watchdog: BUG: soft lockup - CPU#%u stuck for %lus! [%s:%d]",
	       cpu->own.id, ns / 1000000000, comm, task->pid);
}
