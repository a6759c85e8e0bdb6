/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's assertions, where they are reports. */
#ifndef MM_BUG_H
#define MM_BUG_H

#include "cpus/machine.h"

/* What the machine does at a BUG(): here the caller returns. */
#define KERNEL_BUG()	kernel_bug_at(__FILE__, __LINE__)
/* WARN_ON(): the kernel names the function. */
#define KERNEL_WARN(function) \
	do { kernel_bug("WARNING: CPU: %u PID: %d at %s:%d %s", \
			smp_processor_id(), current->pid, __FILE__, __LINE__, \
			function); dump_stack(); } while (0)

#endif
