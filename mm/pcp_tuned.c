/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many pages move at once between a CPU's lists and the buddy since 6.7
 * (slub spec 5.4; mm/page_alloc.c, 6.12): a run of allocations doubles it, of
 * frees as much as was freed, and high follows between high_min and high_max.
 */
#include "mm/buddy.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

DEFINE_FAULT(pcp_high_unbounded, "B10", "high grows beyond high_max");

static int tuned_nr_alloc(struct per_cpu_pages *pcp, const struct zone *zone,
			  unsigned order)
{
	int high = clamp_t(int, pcp->high, pcp->high_min, pcp->high_max);
	int batch = pcp->batch;
	int most;

	WRITE_ONCE(pcp->high, high);
	if (unlikely(high < batch))
		return 1;
	if (!order)
		batch <<= pcp->alloc_factor;
	if (pcp->high_min != pcp->high_max &&
	    !(READ_ONCE(zone->flags) & ZONE_BELOW_HIGH)) {
		high += batch;
		if (!FAULT(pcp_high_unbounded))
			high = min(high, pcp->high_max);
		WRITE_ONCE(pcp->high, high);
	}
	if (!order) {
		most = max(high - pcp->count - pcp->batch, pcp->batch);
		if (batch <= most && pcp->alloc_factor < PCP_BATCH_SCALE_MAX)
			pcp->alloc_factor++;
		batch = min(batch, most);
	}
	return pcp_blocks(batch, order);
}

static int tuned_nr_free(const struct per_cpu_pages *pcp, int high)
{
	return clamp_t(int, pcp->free_count, pcp->batch, high - pcp->batch);
}

static unsigned tuned_max_fraction(unsigned fraction)
{
	return fraction ? fraction : MIN_PERCPU_PAGELIST_HIGH_FRACTION;
}

const struct pcp_ops pcp_tuned = {
	.name		= "tuned",
	.summary	= "batch and high follow the load, as since 6.7",
	.nr_alloc	= tuned_nr_alloc,
	.nr_free	= tuned_nr_free,
	.max_fraction	= tuned_max_fraction,
};
