/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU page lists before 6.7 (slub spec, addendum on 6.1): high is what the
 * low watermark and the node's CPUs say, and a batch moves at once. What 6.1
 * has of tuning, free_factor, is not here.
 */
#include "mm/pcp.h"

static int fixed_nr_alloc(struct per_cpu_pages *pcp, const struct zone *zone,
			  unsigned order)
{
	return pcp_blocks(pcp->batch, order);
}

static int fixed_nr_free(const struct per_cpu_pages *pcp, int high)
{
	return pcp->batch;
}

/* high_max is high_min: nothing moves high. */
static unsigned fixed_max_fraction(unsigned fraction)
{
	return fraction;
}

const struct pcp_ops pcp_fixed = {
	.name		= "fixed",
	.summary	= "high is fixed and a batch moves at once, before 6.7",
	.nr_alloc	= fixed_nr_alloc,
	.nr_free	= fixed_nr_free,
	.max_fraction	= fixed_max_fraction,
	.flags		= PCPF_FIXED,
};
