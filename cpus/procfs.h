/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's part of /proc, in the kernel's format (vmalloc-tlb-ipi spec
 * 4.3, 8.5). For a task, in a quiet section with interrupts off.
 */
#ifndef CPUS_PROCFS_H
#define CPUS_PROCFS_H

#include "cpus/seq_file.h"

/* /proc/interrupts, of its rows CAL and TLB, since boot. Kernel flushes are
 * function calls: TLB counts those of user memory, of which there is none. */
void interrupts_show(struct seq_file *m);
/*
 * /proc/lock_stat since lock_stat_reset(), with lock_stat_enable(). Addresses
 * of call sites are as in the program's file, not the host's. cpus/lock_stat.c
 */
void lock_stat_show(struct seq_file *m);

#endif
