/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watermarks, lowmem reserves, min_free_kbytes and the limits of the per-CPU
 * lists and counters (slub spec 5.4, 5.6 to 5.8; mm/page_alloc.c and
 * mm/khugepaged.c, 6.12).
 */
#include "mm/watermark.h"
#include "mm/page_alloc.h"

DEFINE_FAULT(wmark_order, "B16", "low is computed below min");

#define MIN_FREE_KBYTES_MIN	128
#define MIN_FREE_KBYTES_MAX	262144
#define THP_MIN_TOTALRAM	((512UL << 20) >> PAGE_SHIFT)
#define VMSTAT_THRESHOLD_MAX	125

unsigned watermark_scale_factor = 10;
unsigned percpu_pagelist_high_fraction;
bool transparent_hugepage_enabled = true;
u64 min_free_kbytes;

/* sysctl_lowmem_reserve_ratio; of the zones above, none. */
static const unsigned lowmem_reserve_ratio[MAX_NR_ZONES] = { 256, 256, 32 };

#define MOVABLE_MIN_MIN		32
#define MOVABLE_MIN_MAX		128

u64 int_sqrt(u64 x)
{
	u64 root = 0, bit;

	for (bit = 1UL << 31; bit; bit >>= 1)
		if ((root | bit) * (root | bit) <= x)
			root |= bit;
	return root;
}

u64 calculate_min_free_kbytes(u64 lowmem_kbytes)
{
	return clamp_t(u64, int_sqrt(lowmem_kbytes * 16), MIN_FREE_KBYTES_MIN,
		       MIN_FREE_KBYTES_MAX);
}

/*
 * Two pageblocks a zone, and one for each way that types can mix, 3 * 3;
 * never more than 5 % of memory (mm/khugepaged.c).
 */
u64 thp_min_free_kbytes(unsigned zones, u64 lowmem_pages)
{
	u64 pages = pageblock_nr_pages * zones *
		    (2 + MIGRATE_PCPTYPES * MIGRATE_PCPTYPES);

	return min(pages, lowmem_pages / 20) << (PAGE_SHIFT - 10);
}

static void set_marks(u64 min, u64 share, u64 managed, u64 mark[NR_WMARK])
{
	u64 d = max(share / 4, managed * watermark_scale_factor / 10000);

	mark[WMARK_MIN] = min;
	mark[WMARK_LOW] = min + d;
	mark[WMARK_HIGH] = min + 2 * d;
	mark[WMARK_PROMO] = min + 3 * d;
	if (FAULT(wmark_order))
		mark[WMARK_LOW] = min - min / 4;
}

void calculate_watermarks(u64 managed, u64 lowmem_pages, u64 pages_min,
			  u64 mark[NR_WMARK])
{
	u64 share = pages_min * managed / lowmem_pages;

	set_marks(share, share, managed, mark);
}

void calculate_movable_watermarks(u64 managed, u64 lowmem_pages, u64 pages_min,
				  u64 mark[NR_WMARK])
{
	set_marks(clamp_t(u64, managed / 1024, MOVABLE_MIN_MIN,
			  MOVABLE_MIN_MAX),
		  pages_min * managed / lowmem_pages, managed, mark);
}

u64 default_min_free_kbytes(const u64 *managed, unsigned nr_zones, bool thp)
{
	u64 lowmem = 0, above_high = 0, kbytes, mark[NR_WMARK];
	unsigned i;

	for (i = 0; i < nr_zones; i++)
		lowmem += managed[i];
	kbytes = calculate_min_free_kbytes(lowmem << (PAGE_SHIFT - 10));
	if (!thp || lowmem < THP_MIN_TOTALRAM)
		return kbytes;
	for (i = 0; i < nr_zones; i++) {
		calculate_watermarks(managed[i], lowmem,
				     kbytes >> (PAGE_SHIFT - 10), mark);
		if (managed[i] > mark[WMARK_HIGH])
			above_high += managed[i] - mark[WMARK_HIGH];
	}
	return max(kbytes, thp_min_free_kbytes(nr_zones, above_high));
}

u64 zone_lowmem_reserve(unsigned idx, u64 managed, u64 above)
{
	return managed && idx < MAX_NR_ZONES ?
		above / lowmem_reserve_ratio[idx] : 0;
}

void setup_lowmem_reserve(struct pglist_data *pgdat)
{
	unsigned i, j;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];
		u64 above = 0;

		for (j = i + 1; j < MAX_NR_ZONES; j++) {
			above += pgdat->node_zones[j].managed_pages;
			zone->lowmem_reserve[j] = zone_lowmem_reserve(i,
				zone->managed_pages, above);
		}
	}
}

/* A quarter of 1/1024 of the zone, at most 64 pages; then near and below a
 * power of two, against cache aliasing. */
unsigned zone_batchsize(u64 managed)
{
	u64 b = max(min(managed >> 10, (u64)256) / 4, (u64)1);
	u64 power = 1UL << ilog2(b + b / 2);

	return max(power - 1, (u64)1);
}

unsigned zone_highsize(u64 managed, u64 low, unsigned batch, unsigned nr_cpus,
		       unsigned fraction)
{
	u64 total = fraction ? managed / fraction : low;

	return max(total / max(nr_cpus, 1u), (u64)batch * 4);
}

unsigned calculate_normal_threshold(u64 managed, unsigned nr_cpus)
{
	/* managed in units of 128 MiB. */
	unsigned t = 2 * fls(nr_cpus) * (1 + fls64(managed >> 15));

	return min(t, (unsigned)VMSTAT_THRESHOLD_MAX);
}

unsigned calculate_zone_threshold(const struct zone *zone)
{
	return calculate_normal_threshold(zone->managed_pages,
					  num_online_cpus());
}

unsigned calculate_pressure_threshold(const struct zone *zone)
{
	u64 distance = zone->watermark[WMARK_LOW] - zone->watermark[WMARK_MIN];

	return (unsigned)clamp_t(u64, distance / num_online_cpus(), 1,
				 VMSTAT_THRESHOLD_MAX);
}

static void set_zone_threshold(struct zone *zone, unsigned threshold)
{
	unsigned cpu;

	for_each_online_cpu(cpu)
		WRITE_ONCE(per_cpu_ptr(zone->zonestat, cpu)->stat_threshold,
			   (s8)threshold);
}

/* Zones whose counter cannot mislead keep theirs. */
void set_pgdat_percpu_threshold(struct pglist_data *pgdat,
				unsigned (*threshold)(const struct zone *zone))
{
	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];

		if (zone->percpu_drift_mark)
			set_zone_threshold(zone, threshold(zone));
	}
}

static void setup_zone(struct zone *zone, u64 lowmem_pages)
{
	unsigned nr_cpus = num_online_cpus();
	unsigned threshold = calculate_zone_threshold(zone);
	bool flags;

	spin_lock_irqsave(&zone->lock, flags);
	calculate_watermarks(zone->managed_pages, lowmem_pages,
			     min_free_kbytes >> (PAGE_SHIFT - 10),
			     zone->watermark);
	spin_unlock_irqrestore(&zone->lock, flags);

	set_zone_threshold(zone, threshold);
	zone->percpu_drift_mark = 0;
	if ((u64)nr_cpus * threshold >
	    zone->watermark[WMARK_LOW] - zone->watermark[WMARK_MIN])
		zone->percpu_drift_mark = zone->watermark[WMARK_HIGH] +
					  (u64)nr_cpus * threshold;
}

static void setup_per_zone_wmarks(void)
{
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		setup_zone(zone, totalram_pages());
	for (i = 0; i < machine_nr_nodes; i++)
		setup_lowmem_reserve(NODE_DATA(i));
}

void init_per_zone_wmark_min(void)
{
	u64 managed[MAX_NR_ZONES * MAX_NUMNODES] = { 0 };
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		managed[i] = zone->managed_pages;
	min_free_kbytes = default_min_free_kbytes(managed, nr_populated_zones,
						  transparent_hugepage_enabled);
	setup_per_zone_wmarks();
}

/* ---- the test ---- */
/* Some list, of a type that the request may use, has a block large enough. */
static bool block_available(const struct zone *zone, unsigned order,
			    unsigned alloc_flags)
{
	const unsigned nr_types = alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM) ?
		MIGRATE_HIGHATOMIC + 1 : MIGRATE_PCPTYPES;
	unsigned type;

	for (; order < NR_PAGE_ORDERS; order++) {
		const struct free_area *area = &zone->free_area[order];

		if (!READ_ONCE(area->nr_free))
			continue;
		for (type = 0; type < nr_types; type++)
			if (!list_empty(&area->free_list[type]))
				return true;
	}
	return false;
}

bool __zone_watermark_ok(const struct zone *zone, unsigned order, u64 mark,
			 unsigned highest_zoneidx, unsigned alloc_flags,
			 u64 free_pages)
{
	long free = (long)free_pages -
		    (long)zone_unusable_free(zone, order, alloc_flags);
	long min_mark = (long)mark;

	if (alloc_flags & ALLOC_MIN_RESERVE) {
		min_mark -= min_mark / 2;
		if (alloc_flags & ALLOC_NON_BLOCK)
			min_mark -= min_mark / 4;
	}
	if (alloc_flags & ALLOC_OOM)
		min_mark -= min_mark / 2;
	if (free <= min_mark + (long)zone->lowmem_reserve[highest_zoneidx])
		return false;
	return order == 0 || block_available(zone, order, alloc_flags);
}

bool zone_watermark_ok_safe(const struct zone *zone, unsigned order, u64 mark,
			    unsigned highest_zoneidx)
{
	u64 free = zone_free_pages(zone);

	if (zone->percpu_drift_mark && free < zone->percpu_drift_mark)
		free = zone_free_pages_snapshot(zone);
	return __zone_watermark_ok(zone, order, mark, highest_zoneidx, 0,
				   free);
}
