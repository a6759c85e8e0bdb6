/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's page tables: entries written here, walked by the hardware in
 * cpus/tlb.c. Intermediate tables are installed under init_mm.page_table_lock
 * and never freed; leaf entries take no lock, their range has one owner
 * (vmalloc-tlb-ipi spec 3.3).
 */
#ifndef MM_PAGETABLE_H
#define MM_PAGETABLE_H

#include "mm/page.h"

/* Boot, on one CPU: the root and its preallocated top level. */
void pagetable_init(void);
/* Each CPU, before it touches vmalloc space: loads the root. */
void pagetable_load_on_cpu(void);

/*
 * Maps pages[0..nr) at addr. 0; -ENOMEM without a table page; -EBUSY, with
 * the kernel's warning, over a present entry. Undoes nothing: the caller
 * unmaps. May sleep.
 */
int vmap_pages_range_noflush(u64 addr, struct page **pages, u64 nr,
			     unsigned prot);
/* Clears every entry of [start, end). No flush. May sleep. */
void vunmap_range_noflush(u64 start, u64 end);
/* The frame mapped at addr and true, or false. Any context, no lock. */
bool kernel_lookup_address(u64 addr, u64 *pfn);
/* Whether addr has a lowest table. Any context, no lock. */
bool pagetable_covers(u64 addr);

/*
 * At quiescence: calls leaf for every present leaf entry, and returns the
 * number of tables, the root among them. INV-M5: they are what was allocated.
 */
u64 pagetable_audit(void (*leaf)(void *arg, u64 addr, u64 pfn), void *arg);

#endif
