/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between architectures: where the kernel's address space lies,
 * how page tables are built and how an address range is flushed. A family:
 * cpus/arch_*.c (vmalloc-tlb-ipi spec 1).
 */
#ifndef CPUS_ARCH_H
#define CPUS_ARCH_H

#include "cpus/compiler.h"

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

/* Permissions and attributes of a leaf entry, architecture-independent. */
#define PROT_READ	1u
#define PROT_WRITE	2u
#define PROT_EXEC	4u
#define PROT_GLOBAL	8u
#define PAGE_KERNEL	(PROT_READ | PROT_WRITE | PROT_GLOBAL)

struct arch {
	const char	*name;
	const char	*summary;
	unsigned	levels;			/* of page tables */
	unsigned	bits_per_level;		/* 9: 512 entries */
	u64		vmalloc_start, vmalloc_end;	/* as the macros */
	u64		modules_start, modules_end;
	unsigned	flush_ceiling_pages;	/* above: flush everything */
	bool		is_64bit;

	/* An entry is 64 bits. Frames are physical page numbers. */
	u64		(*make_leaf)(u64 pfn, unsigned prot);
	u64		(*make_table)(u64 pfn);
	bool		(*present)(u64 entry);
	bool		(*leaf)(u64 entry, unsigned level);
	u64		(*pfn)(u64 entry);
	unsigned	(*prot)(u64 entry);
};

extern const struct arch arch_x86_64_4l;
/* The one in use; fixed before any CPU runs. */
extern const struct arch *arch;

#define VMALLOC_START	(arch->vmalloc_start)
#define VMALLOC_END	(arch->vmalloc_end)

#endif
