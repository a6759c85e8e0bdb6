/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas with their descriptors and page arrays: between vmap_ops, which knows
 * addresses, and vmalloc and vmap, which fill them. Called by these only.
 */
#ifndef MM_VM_AREA_H
#define MM_VM_AREA_H

#include "mm/bug.h"
#include "mm/vmalloc.h"

/*
 * An area in vmalloc space with a guard page behind (but for VM_NO_GUARD). NULL
 * when space or memory is short, and in interrupt, with the kernel's BUG. May
 * sleep.
 */
struct vm_struct *get_vm_area(u64 size, u64 align, u32 flags, gfp_t gfp,
			      int node, unsigned long caller);
/*
 * Unmaps the area that holds addr and frees it lazily; the descriptor is then
 * the caller's, to kfree(). NULL for an address that is no area's, with the
 * kernel's warning for one that is not page aligned. May sleep.
 */
struct vm_struct *remove_vm_area(vaddr_t addr);

/* Bytes that are mapped: without the guard page. */
static inline u64 vm_data_size(const struct vm_struct *vm)
{
	return vm->flags & VM_NO_GUARD ? vm->size : vm->size - PAGE_SIZE;
}

/* Room for nr page pointers, NULL; -ENOMEM. May sleep. */
int alloc_page_array(struct vm_struct *vm, u64 nr, gfp_t gfp, int node);
void free_page_array(struct vm_struct *vm);
struct page *vm_area_page(const struct vm_struct *vm, u64 i);
/* The same without the TLB, for readers outside of time; NULL if the array is
 * not mapped. */
struct page *vm_area_peek_page(const struct vm_struct *vm, u64 i);
void vm_area_set_page(struct vm_struct *vm, u64 i, struct page *page);

#endif
