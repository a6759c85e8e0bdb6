/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Per-CPU page lists (slub spec 5.4). Internal to the page allocator. */
#ifndef MM_PCP_H
#define MM_PCP_H

#include "mm/mmzone.h"

/* How many pages move at once; asked when a list is empty or too long. */
struct pcp_ops {
	const char	*name;
	const char	*summary;
	/* Blocks of an order that a refill takes; may move high. */
	int		(*nr_alloc)(struct per_cpu_pages *pcp,
				    const struct zone *zone, unsigned order);
	/* Pages that go back when there are high, a batch or more. */
	int		(*nr_free)(const struct per_cpu_pages *pcp, int high);
	/* zone_highsize()'s fraction for high_max, of that for high_min. */
	unsigned	(*max_fraction)(unsigned fraction);
	u8		flags;		/* PCPF_FIXED or none */
};

extern const struct pcp_ops pcp_tuned, pcp_fixed;
extern const struct pcp_ops *pcp_ops;		/* fixed at boot */

/* Blocks of an order that a batch of pages is. */
static inline int pcp_blocks(int batch, unsigned order)
{
	return batch > 1 ? max(batch >> order, 2) : batch;
}

static inline bool pcp_allowed_order(unsigned order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == pageblock_order;
}

static inline unsigned order_to_pindex(unsigned type, unsigned order)
{
	if (unlikely(order > PAGE_ALLOC_COSTLY_ORDER))
		return NR_LOWORDER_PCP_LISTS + (type == MIGRATE_MOVABLE);
	return MIGRATE_PCPTYPES * order + type;
}

static inline unsigned pindex_to_order(unsigned pindex)
{
	if (pindex >= NR_LOWORDER_PCP_LISTS)
		return pageblock_order;
	return pindex / MIGRATE_PCPTYPES;
}

/*
 * From this CPU's list, refilled from the buddy when empty. NULL when it is
 * locked (an interrupt in the middle of it, or a remote drain) or the zone has
 * nothing. Any context but NMI.
 */
struct page *rmqueue_pcplist(struct zone *zone, unsigned order, unsigned type,
			     unsigned alloc_flags);
/* The same with the lock held. */
struct page *__rmqueue_pcplist(struct zone *zone, unsigned order, unsigned type,
			       unsigned alloc_flags, struct per_cpu_pages *pcp)
	must_hold(pcp->lock);
/* A prepared page back: on this CPU's list, or to the buddy if that is locked.
 * Counts PGFREE. Any context but NMI. */
void free_unref_page_commit(struct page *page, unsigned order);

/* Boot: every populated zone's lists, with batch and high. */
void setup_per_cpu_pageset(void);

/*
 * What the vmstat worker does each second for a zone on its own CPU. Both
 * return how much they have done: 0, nothing is left to do. May sleep.
 *
 * decay: lowers high towards high_min, and gives back what is above it.
 */
unsigned decay_pcp_high(struct zone *zone, struct per_cpu_pages *pcp);
/* A batch, of a zone that the CPU has not touched for a while. */
unsigned drain_zone_pages(struct zone *zone, struct per_cpu_pages *pcp);

#endif
