/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmalloc and vmap (vmalloc-tlb-ipi spec 3). Addresses are of the emulated
 * kernel: reach them with vm_load and friends of cpus/tlb.h.
 */
#ifndef MM_VMALLOC_H
#define MM_VMALLOC_H

#include "mm/gfp.h"
#include "mm/page.h"

typedef u64 vaddr_t;	/* 0 is the NULL pointer */

#define VM_IOREMAP		0x00000001u
#define VM_ALLOC		0x00000002u
#define VM_MAP			0x00000004u
#define VM_UNINITIALIZED	0x00000020u
#define VM_NO_GUARD		0x00000040u
#define VM_MAP_PUT_PAGES	0x00000200u

struct vm_struct {
	u64		addr;
	u64		size;		/* guard page included */
	u32		flags;
	unsigned	nr_pages;
	struct page	**pages;	/* kmalloc'ed, or ... */
	vaddr_t		vpages;		/* ... vmalloc'ed when above a page */
	unsigned long	caller;
};

/*
 * size bytes, page by page, mapped contiguously with a guard page behind.
 * 0 on failure, with the kernel's message. Task context only: BUGs in
 * interrupt; may sleep.
 */
vaddr_t vmalloc(u64 size);
vaddr_t vzalloc(u64 size);
vaddr_t vmalloc_node(u64 size, int node);
vaddr_t vzalloc_node(u64 size, int node);
vaddr_t __vmalloc(u64 size, gfp_t gfp);
/* caller: who the area is told to be of (vmallocinfo). */
vaddr_t __vmalloc_node(u64 size, u64 align, gfp_t gfp, int node,
		       unsigned long caller);
/*
 * An area of at least size bytes with addr's content: addr itself if it has
 * room; 0 if there is none, and addr is untouched. size 0 frees, and gives 0;
 * addr 0 is as __vmalloc(). With __GFP_ZERO what is new is zero. May sleep.
 */
vaddr_t vrealloc(vaddr_t addr, u64 size, gfp_t gfp);
/* From interrupt context it is deferred (vfree_atomic). 0 is ignored. */
void vfree(vaddr_t addr);
/* Any context but NMI; writes a list node into the memory it frees. */
void vfree_atomic(vaddr_t addr);
/* Maps the caller's pages; 0 on failure. May sleep. */
vaddr_t vmap(struct page **pages, unsigned count, u32 flags, unsigned prot);
void vunmap(vaddr_t addr);
bool is_vmalloc_addr(vaddr_t addr);
/* The page behind a vmalloc address, or NULL. */
struct page *vmalloc_to_page(vaddr_t addr);
/* Flushes every stale translation of addresses that were unmapped before, by
 * vfree(), vunmap() or vm_unmap_ram() (mm/vmap_block.c). May sleep. */
void vm_unmap_aliases(void);

/* Boot: after the slab caches and the page tables. */
void vmalloc_init(void);
/* What vmalloc_init() does for the audit: the stale-TLB handler. */
void vmalloc_audit_init(void);
void vmalloc_audit(void);
/* What must hold after vm_unmap_aliases(): INV-T2. At quiescence. */
void vmalloc_audit_strictly(void);
/* INV-C5. Likewise. */
void vfree_deferred_audit(void);

/* Pages of all areas made by vmalloc (/proc/meminfo's VmallocUsed). */
u64 vmalloc_nr_pages(void);

#endif
