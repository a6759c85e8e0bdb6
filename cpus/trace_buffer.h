/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tracepoints (cpus/trace.h) have recorded: for emu/ and tests/. Each CPU
 * has a ring in host memory that nobody emulates, and overwrites its oldest
 * events when it is full, as the kernel's does.
 */
#ifndef CPUS_TRACE_BUFFER_H
#define CPUS_TRACE_BUFFER_H

#include <stdio.h>

#include "cpus/compiler.h"

/* After machine_create(), before machine_run(): each CPU keeps what fits into
 * so many bytes. 0 or -ENOMEM. */
int trace_create(size_t buffer_bytes);
/* CPUs begin, or end, to record. From one, when the others do nothing that
 * would be recorded. */
void trace_set(bool on);

struct trace_stat {
	u64	entries;	/* still there */
	u64	lost;		/* overwritten */
};

/* When no CPU records any more: */
void trace_stat_read(struct trace_stat *out);
/* Prints all, by time, in the format of the kernel's trace file, and empties
 * the buffers; beat is called now and then. 0, or -errno when the file cannot
 * be written. */
int trace_print(FILE *file, void (*beat)(void));

#endif
