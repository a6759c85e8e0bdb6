/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watermarks, reserves and the limits derived from them (slub spec 5.4, 5.6 to
 * 5.8). The formulas are pure, so that they can be held against the numbers
 * that real kernels print. Pages unless the name says kbytes.
 */
#ifndef MM_WATERMARK_H
#define MM_WATERMARK_H

#include "mm/mmzone.h"

/* What an attempt may do: 6.12's values (mm/internal.h). The watermark's index
 * is in the low bits. */
#define ALLOC_WMARK_MASK	0x3u
#define ALLOC_NO_WATERMARKS	0x4u
#define ALLOC_OOM		0x8u
#define ALLOC_NON_BLOCK		0x10u
#define ALLOC_MIN_RESERVE	0x20u	/* is __GFP_HIGH */
#define ALLOC_CPUSET		0x40u
#define ALLOC_NOFRAGMENT	0x100u
#define ALLOC_HIGHATOMIC	0x200u
#define ALLOC_KSWAPD		0x800u	/* is __GFP_KSWAPD_RECLAIM */
#define ALLOC_RESERVES \
	(ALLOC_NON_BLOCK | ALLOC_MIN_RESERVE | ALLOC_HIGHATOMIC | ALLOC_OOM)

#define PCP_BATCH_SCALE_MAX	5
#define MIN_PERCPU_PAGELIST_HIGH_FRACTION	8

/* sysctls, read at boot. */
extern unsigned watermark_scale_factor;		/* 10 */
extern unsigned percpu_pagelist_high_fraction;	/* 0: auto-tuning */
/* Transparent huge pages raise min_free_kbytes; as the kernel, off by itself
 * under 512 MiB (mm/huge_memory.c: hugepage_init). */
extern bool transparent_hugepage_enabled;
extern u64 min_free_kbytes;

u64 int_sqrt(u64 x);
u64 calculate_min_free_kbytes(u64 lowmem_kbytes);
/* Never below what it was: khugepaged's recommendation. */
u64 thp_min_free_kbytes(unsigned populated_zones, u64 lowmem_pages);
/* What a kernel boots with: managed of its nr_zones populated zones up to
 * Normal, before memory is freed that only booting needs. */
u64 default_min_free_kbytes(const u64 *managed, unsigned nr_zones, bool thp);
/* mark[] of a zone that has managed of the lowmem_pages managed in all. */
void calculate_watermarks(u64 managed, u64 lowmem_pages, u64 pages_min,
			  u64 mark[NR_WMARK]);
/* The same of a zone Movable, which has no share in lowmem_pages. */
void calculate_movable_watermarks(u64 managed, u64 lowmem_pages, u64 pages_min,
				  u64 mark[NR_WMARK]);
/* What requests for a higher zone leave in zone idx; above: managed of the
 * zones above it, up to that one. */
u64 zone_lowmem_reserve(unsigned idx, u64 managed, u64 above);
void setup_lowmem_reserve(struct pglist_data *pgdat);
unsigned zone_batchsize(u64 managed);
/* high_min with fraction 0, high_max with the least fraction. */
unsigned zone_highsize(u64 managed, u64 low, unsigned batch, unsigned nr_cpus,
		       unsigned fraction);
unsigned calculate_normal_threshold(u64 managed, unsigned nr_cpus);
/* The same of a zone: while nobody is short of memory, and while kswapd runs,
 * when what is not folded must not reach from low to min (mm/vmstat.c). */
unsigned calculate_zone_threshold(const struct zone *zone);
unsigned calculate_pressure_threshold(const struct zone *zone);
void set_pgdat_percpu_threshold(struct pglist_data *pgdat,
				unsigned (*threshold)(const struct zone *zone));

/* A mark as allocations see it. */
static inline u64 wmark_pages(const struct zone *zone, unsigned mark)
{
	return zone->watermark[mark] + READ_ONCE(zone->watermark_boost);
}

/* Boot: all of it, for every populated zone. */
void init_per_zone_wmark_min(void);

/* Would the zone keep its reserve if 2^order pages went? (spec 5.8) */
bool __zone_watermark_ok(const struct zone *zone, unsigned order, u64 mark,
			 unsigned highest_zoneidx, unsigned alloc_flags,
			 u64 free_pages);
/* On the exact count where the counter may have drifted. */
bool zone_watermark_ok_safe(const struct zone *zone, unsigned order, u64 mark,
			    unsigned highest_zoneidx);

/* Pages that do not count as free for this request. */
static inline u64 zone_unusable_free(const struct zone *zone, unsigned order,
				     unsigned alloc_flags)
{
	u64 unusable = (1UL << order) - 1;

	if (!(alloc_flags & ALLOC_RESERVES))
		unusable += READ_ONCE(zone->nr_free_highatomic);
	return unusable;
}

static inline bool zone_watermark_fast(const struct zone *zone, unsigned order,
				       u64 mark, unsigned highest_zoneidx,
				       unsigned alloc_flags)
{
	u64 free = zone_free_pages(zone);

	if (likely(order == 0)) {
		u64 unusable = zone_unusable_free(zone, 0, alloc_flags);
		u64 reserve = zone->lowmem_reserve[highest_zoneidx];

		if (likely(free > unusable + mark + reserve))
			return true;
		/* Who may use the reserve need not make up for mixing. */
		if ((alloc_flags & ALLOC_MIN_RESERVE) &&
		    (alloc_flags & ALLOC_WMARK_MASK) == WMARK_MIN)
			mark = min(mark, zone->watermark[WMARK_MIN]);
	}
	return __zone_watermark_ok(zone, order, mark, highest_zoneidx,
				   alloc_flags, free);
}

#endif
