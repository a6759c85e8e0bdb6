/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What trace.c writes and trace_print.c reads; internal to the two. */
#ifndef CPUS_TRACE_RING_H
#define CPUS_TRACE_RING_H

#include "cpus/trace.h"

/* Where a record was made, and how deep in preempt_disable() above. */
enum trace_context {
	TRACE_IRQS_OFF = 1, TRACE_BH_OFF = 2, TRACE_HARDIRQ = 4,
	TRACE_SOFTIRQ = 8, TRACE_DEPTH_SHIFT = 4, TRACE_DEPTH_MAX = 15,
};

/* A record begins with this; its values and then its data follow. */
struct trace_entry {
	u64				time_ns;
	const struct trace_event	*event;
	s32				pid;
	u16				data_size;	/* bytes */
	u8				nr_values;
	u8				context;
};

#define TRACE_ENTRY_WORDS	(sizeof(struct trace_entry) / sizeof(u64))

static_assert(sizeof(struct trace_entry) == 24, "no holes");

static inline unsigned trace_nr_words(const struct trace_entry *entry)
{
	return TRACE_ENTRY_WORDS + entry->nr_values +
	       DIV_ROUND_UP(entry->data_size, sizeof(u64));
}

/* Of one CPU, which alone writes it. Positions only grow; a word lies at its
 * position, modulo the size. */
struct trace_ring {
	u64	*words;
	u64	head, tail;	/* where the next begins, and the oldest */
	u64	entries, lost;
} cacheline_aligned;

extern struct trace_ring *trace_rings;	/* by CPU; NULL: none are kept */

void trace_read_words(const struct trace_ring *ring, u64 at, void *to,
		      unsigned nr);

#endif
