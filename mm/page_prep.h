/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happens to a block between the free lists and its owner. Internal. */
#ifndef MM_PAGE_PREP_H
#define MM_PAGE_PREP_H

#include "mm/gfp.h"
#include "mm/page.h"

/* A block just taken off a free list becomes its owner's: one reference,
 * compound with __GFP_COMP, zeroed with __GFP_ZERO. */
void prep_new_page(struct page *page, unsigned order, gfp_t gfp);
/* A block on its way back; false (and the kernel's report) if it is not in a
 * state to be freed: then it is left alone. */
bool free_pages_prepare(struct page *page, unsigned order);

#endif
