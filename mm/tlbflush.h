/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a change of the page tables reaches every CPU's TLB. A family:
 * mm/tlbflush_*.c (vmalloc-tlb-ipi spec 4).
 */
#ifndef MM_TLBFLUSH_H
#define MM_TLBFLUSH_H

#include "cpus/machine.h"

#define TLB_FLUSH_ALL	(~0UL)

struct tlbflush_ops {
	const char	*name;
	const char	*summary;
	/* Returns when no online CPU holds a translation of [start, end). */
	void		(*kernel_range)(u64 start, u64 end);
	void		(*all)(void);
};

extern const struct tlbflush_ops tlbflush_ipi;
extern const struct tlbflush_ops *tlbflush_ops;		/* fixed at boot */
extern unsigned tlb_single_page_flush_ceiling;		/* 33 on x86 */

/* Task context, interrupts on, no spinlock that a target may want. Waits. */
void flush_tlb_kernel_range(u64 start, u64 end);
void flush_tlb_all(void);

struct flush_stat {
	u64	full, ranged, pages;	/* requests; pages of ranged ones */
	u64	all;			/* of flush_tlb_all() */
};

void flush_stat_read(struct flush_stat *out);

/* ---- for members --------------------------------------------------------- */
/* Counts a request, on the caller. INV-T8. */
void flush_note_request(u64 start, u64 end, bool full);
/* On each CPU that has flushed: nr_single pages one by one, or (end is
 * TLB_FLUSH_ALL) everything, in if_checked(). INV-T7, INV-T9. */
void flush_note_done(u64 start, u64 end, u64 nr_single);

#endif
