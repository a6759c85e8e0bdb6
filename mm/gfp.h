/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation flags with 6.12's values (slub spec 5.11; gfp_types.h). */
#ifndef MM_GFP_H
#define MM_GFP_H

#include "cpus/machine.h"

typedef u32 gfp_t;

#define __GFP_DMA		0x1u
#define __GFP_HIGHMEM		0x2u
#define __GFP_DMA32		0x4u
#define __GFP_MOVABLE		0x8u
#define __GFP_RECLAIMABLE	0x10u
#define __GFP_HIGH		0x20u
#define __GFP_IO		0x40u
#define __GFP_FS		0x80u
#define __GFP_ZERO		0x100u
#define __GFP_DIRECT_RECLAIM	0x400u
#define __GFP_KSWAPD_RECLAIM	0x800u
#define __GFP_WRITE		0x1000u
#define __GFP_NOWARN		0x2000u
#define __GFP_RETRY_MAYFAIL	0x4000u
#define __GFP_NOFAIL		0x8000u
#define __GFP_NORETRY		0x10000u
#define __GFP_MEMALLOC		0x20000u
#define __GFP_COMP		0x40000u
#define __GFP_NOMEMALLOC	0x80000u
#define __GFP_HARDWALL		0x100000u
#define __GFP_THISNODE		0x200000u
#define __GFP_ACCOUNT		0x400000u
#define __GFP_NO_OBJ_EXT	0x1000000u	/* no lockdep, KASAN */
#define __GFP_RECLAIM		(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)

#define GFP_ATOMIC		(__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_NOWAIT		(__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_KERNEL		(__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOIO		__GFP_RECLAIM
#define GFP_NOFS		(__GFP_RECLAIM | __GFP_IO)
#define GFP_USER		(GFP_KERNEL | __GFP_HARDWALL)
#define GFP_HIGHUSER		(GFP_USER | __GFP_HIGHMEM)
#define GFP_HIGHUSER_MOVABLE	(GFP_HIGHUSER | __GFP_MOVABLE)
#define GFP_DMA			__GFP_DMA
#define GFP_DMA32		__GFP_DMA32

static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/* The kernel's check at every blocking allocation (spec 5.14). False: it has
 * been reported, and there is nothing to be had. */
#define might_alloc(gfp) \
	(!((gfp) & __GFP_DIRECT_RECLAIM) || \
	 (INLINE_MAY_SLEEP && likely(cpu_may_sleep(this_cpu()))) || \
	 __might_sleep(__FILE__, __LINE__))

/* Writes the flags as the kernel prints them, "GFP_KERNEL|__GFP_ZERO". */
char *gfp_names(gfp_t gfp, char *buffer, size_t size);

#endif
