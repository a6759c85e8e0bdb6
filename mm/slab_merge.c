/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which caches may be one, and what /sys/kernel/slab calls them (slub spec 2.5,
 * 4.3; mm/slab_common.c slab_unmergeable(), find_mergeable(), mm/slub.c
 * create_unique_id(), 6.12). Pure functions.
 */
#include "mm/slab_def.h"

/* Each makes a cache one of its own. */
#define SLAB_NEVER_MERGE \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | \
	 SLAB_TYPESAFE_BY_RCU | SLAB_NOLEAKTRACE | SLAB_FAILSLAB | \
	 SLAB_NO_MERGE)

/* Their pages come from different places, or are charged differently. */
#define SLAB_MERGE_SAME \
	(SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | \
	 SLAB_ACCOUNT)

bool slab_unmergeable(u32 flags, bool has_ctor, unsigned usersize)
{
	return (flags & SLAB_NEVER_MERGE) || has_ctor || usersize;
}

bool slab_can_merge(unsigned size, unsigned align, u32 flags, unsigned stride,
		    u32 stride_flags)
{
	unsigned need = ALIGN(size, (unsigned)sizeof(void *));

	align = slab_alignment(flags, align, size);
	need = ALIGN(need, align);
	return !((flags ^ stride_flags) & SLAB_MERGE_SAME) &&
		need <= stride && stride % align == 0 &&
		stride - need < sizeof(void *);
}

const char *slab_unique_id(char id[SLAB_ID_SIZE], u32 flags, unsigned stride)
{
	static const struct {
		u32	flag;
		char	letter;
	} letters[] = {
		{ SLAB_CACHE_DMA, 'd' }, { SLAB_CACHE_DMA32, 'D' },
		{ SLAB_RECLAIM_ACCOUNT, 'a' },
		{ SLAB_CONSISTENCY_CHECKS, 'F' }, { SLAB_ACCOUNT, 'A' },
	};
	unsigned digits = 7, at = 0, i;

	id[at++] = ':';
	for (i = 0; i < ARRAY_SIZE(letters); i++)
		if (flags & letters[i].flag)
			id[at++] = letters[i].letter;
	if (at > 1)
		id[at++] = '-';
	for (i = stride / 10000000; i; i /= 10)
		digits++;
	for (i = digits; i--; stride /= 10)
		id[at + i] = (char)('0' + stride % 10);
	id[at + digits] = '\0';
	return id;
}
