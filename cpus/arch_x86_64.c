/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x86-64 with 4-level page tables and no KASLR: vmalloc-tlb-ipi spec 1.1
 * (pgtable_64_types.h, Documentation/arch/x86/x86_64/mm.rst of 6.12). Entry
 * bits: Intel SDM vol. 3, 4.5.
 */
#include "cpus/machine.h"

#define ENTRY_PRESENT	BIT(0)
#define ENTRY_RW	BIT(1)
#define ENTRY_ACCESSED	BIT(5)
#define ENTRY_DIRTY	BIT(6)
#define ENTRY_PSE	BIT(7)
#define ENTRY_GLOBAL	BIT(8)
#define ENTRY_NX	BIT(63)
#define ENTRY_PFN_MASK	0x000ffffffffff000UL

static u64 make_leaf(u64 pfn, unsigned prot)
{
	u64 entry = pfn << PAGE_SHIFT | ENTRY_PRESENT | ENTRY_ACCESSED |
		ENTRY_DIRTY;

	if (prot & PROT_WRITE)
		entry |= ENTRY_RW;
	if (prot & PROT_GLOBAL)
		entry |= ENTRY_GLOBAL;
	if (!(prot & PROT_EXEC))
		entry |= ENTRY_NX;
	return entry;
}

static u64 make_table(u64 pfn)
{
	return pfn << PAGE_SHIFT | ENTRY_PRESENT | ENTRY_RW | ENTRY_ACCESSED;
}

static bool present(u64 entry)
{
	return entry & ENTRY_PRESENT;
}

static bool leaf(u64 entry, unsigned level)
{
	return level == 0 || (entry & ENTRY_PSE);
}

static u64 entry_pfn(u64 entry)
{
	return (entry & ENTRY_PFN_MASK) >> PAGE_SHIFT;
}

static unsigned entry_prot(u64 entry)
{
	unsigned prot = PROT_READ;

	if (entry & ENTRY_RW)
		prot |= PROT_WRITE;
	if (entry & ENTRY_GLOBAL)
		prot |= PROT_GLOBAL;
	if (!(entry & ENTRY_NX))
		prot |= PROT_EXEC;
	return prot;
}

const struct arch arch_x86_64_4l = {
	.name			= "x86_64-4l",
	.summary		= "x86-64, 4-level page tables, vmalloc 32 TiB",
	.levels			= 4,
	.bits_per_level		= 9,
	.vmalloc_start		= 0xffffc90000000000UL,
	.vmalloc_end		= 0xffffe8ffffffffffUL,
	.modules_start		= 0xffffffffa0000000UL,
	.modules_end		= 0xffffffffff000000UL,
	.flush_ceiling_pages	= 33,
	.is_64bit		= true,
	.make_leaf		= make_leaf,
	.make_table		= make_table,
	.present		= present,
	.leaf			= leaf,
	.pfn			= entry_pfn,
	.prot			= entry_prot,
};
