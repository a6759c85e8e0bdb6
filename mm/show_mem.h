/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page allocator says when it fails. Any context. Internal. */
#ifndef MM_SHOW_MEM_H
#define MM_SHOW_MEM_H

#include "mm/gfp.h"

/*
 * At most burst reports an interval (lib/ratelimit.c, 6.12): true for who may
 * speak. The rest is silent.
 */
struct ratelimit_state {
	u64	interval_ns;
	u32	burst;
	/* Private: */
	u32	printed;	/* in this interval */
	u64	begin_ns;	/* of it; 0: none yet */
};

bool __ratelimit(struct ratelimit_state *rs);

/* At most one in 10 s: the kernel's report, first line and zones (5.18). */
void warn_alloc(gfp_t gfp, unsigned order);
/* At most one in 10 s: the emulation ends here, the kernel would not. */
void warn_reclaim_needed(gfp_t gfp, unsigned order);
/* Once: an order beyond MAX_PAGE_ORDER. */
void warn_order(unsigned order);

#endif
