/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's translation caches and the hardware page walker. L1: 64 entries,
 * 4-way; L2: 1536 entries, 12-way. An entry is tagged with an ASID, or global.
 * A hit is used without looking at the page tables: a stale entry stays usable
 * until flushed, as on hardware (vmalloc-tlb-ipi spec 4.6). Walk and insert
 * are one step against this CPU's own flushes.
 *
 * This is hardware: never instrumented, and its walks are charged as the
 * loads they make.
 */
#ifndef CPUS_TLB_H
#define CPUS_TLB_H

#include "cpus/compiler.h"

/* ---- what the kernel does to its own CPU's TLB; any context ---- */
/* Everything, global entries too. O(1). */
void tlb_flush_all(void);
/* Every translation of the page that holds addr (INVLPG: global ones too). */
void tlb_flush_one(u64 addr);
/* Loads the page-table root (a physical frame) and ASID on this CPU; keeps
 * entries of other ASIDs and global ones. */
void tlb_load_root(u64 root_pfn, u16 asid);

/* ---- access through the TLB ------------------------------------------- */
/*
 * Loads and stores at virtual addresses of the emulated kernel. Natural
 * alignment; size 1, 2, 4 or 8. A missing or forbidden translation is the
 * kernel's "BUG: unable to handle page fault for address: ..." (kernel_bug);
 * the load then gives 0 and the store is dropped. A safe point. Any context.
 * Inlined from cpus/tlb_access.h, in front of these:
 */
u64 tlb_load(u64 addr, unsigned size);
void tlb_store(u64 addr, unsigned size, u64 value);
/* Where the byte lies in the host, when the front does not know it; NULL after
 * the report of a fault. */
char *tlb_translate_load(u64 addr);
char *tlb_translate_store(u64 addr);
/* Any size and alignment, page by page; charged by bandwidth. */
void vm_memset(u64 addr, int value, size_t size);
void vm_memcpy_to(u64 addr, const void *from, size_t size);
void vm_memcpy_from(void *to, u64 addr, size_t size);

/* ---- the stale-TLB oracle --------------------------------------------- */
/*
 * Called (checked builds) when a hit uses an entry whose page-table entry no
 * longer maps that frame. The kernel says what is wrong with it: a client's
 * use after free, or an allocator that reused addresses before the flush
 * (INV-T3, INV-T4). Quiet; any context.
 */
typedef void (*tlb_stale_handler_t)(u64 addr, u64 stale_pfn);
void tlb_set_stale_handler(tlb_stale_handler_t handler);

/* Calls visit for each valid kernel translation of cpu, at quiescence. */
void tlb_for_each(unsigned cpu, void (*visit)(void *arg, u64 addr, u64 pfn),
		  void *arg);

struct tlb_stat {
	u64	hits;		/* L1 */
	u64	l2_hits;
	u64	misses;		/* walks */
	u64	faults;
	u64	flush_full;	/* tlb_flush_all calls */
	u64	pages_flushed;	/* tlb_flush_one calls */
	u64	stale_uses;
};

/* Sums over CPUs at quiescence. */
void tlb_stat_read(struct tlb_stat *out);
void tlb_stat_reset(void);
/* Measures the software TLB's own cost: mean ns of a hit, for the result. */
double tlb_measure_hit_ns(void);

/* Before any CPU runs. */
void tlb_create_all(void);

#endif
