/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When kswapd is woken, and what is left of a pass where nothing can be
 * reclaimed: a work item (slub spec 5.9, 5.13; mm/vmscan.c, 6.12).
 *
 * A pass over a node that is not balanced fails; after 16 such the node is
 * hopeless, and kswapd is woken for boosts only. Those are always taken back:
 * what would be reclaimed for them, the kernel would have.
 */
#include "mm/kswapd.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

#define MAX_RECLAIM_RETRIES	16

/* Some zone that the request may use has its high watermark. */
static bool pgdat_balanced(const struct pglist_data *pgdat, unsigned order,
			   unsigned highest_zoneidx)
{
	bool any = false;

	for (unsigned i = 0; i <= highest_zoneidx; i++) {
		const struct zone *zone = &pgdat->node_zones[i];

		if (!zone->managed_pages)
			continue;
		any = true;
		if (zone_watermark_ok_safe(zone, order,
					   wmark_pages(zone, WMARK_HIGH),
					   highest_zoneidx))
			return true;
	}
	return !any;
}

static bool pgdat_watermark_boosted(const struct pglist_data *pgdat,
				    unsigned highest_zoneidx)
{
	for (unsigned i = 0; i <= highest_zoneidx; i++)
		if (READ_ONCE(pgdat->node_zones[i].watermark_boost))
			return true;
	return false;
}

/* ---- a pass ---- */
static void set_reclaim_active(struct pglist_data *pgdat, bool active)
{
	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		u32 *flags = &pgdat->node_zones[i].flags;

		if (active)
			__atomic_fetch_or(flags, ZONE_RECLAIM_ACTIVE,
					  __ATOMIC_RELAXED);
		else
			__atomic_fetch_and(flags, ~ZONE_RECLAIM_ACTIVE,
					   __ATOMIC_RELAXED);
	}
}

/* Under the lock, in full: what the pass has seen. */
static void take_boost_back(struct zone *zone)
{
	u64 seen = READ_ONCE(zone->watermark_boost);
	bool flags;

	if (!seen)
		return;
	spin_lock_irqsave(&zone->lock, flags);
	WRITE_ONCE(zone->watermark_boost,
		   zone->watermark_boost - min(zone->watermark_boost, seen));
	spin_unlock_irqrestore(&zone->lock, flags);
}

static void kswapd(struct work_struct *work)
{
	struct pglist_data *pgdat = container_of(work, struct pglist_data,
						 kswapd);
	unsigned order = xchg(&pgdat->kswapd_order, 0);

	count_vm_event(PAGEOUTRUN);
	set_pgdat_percpu_threshold(pgdat, calculate_pressure_threshold);
	set_reclaim_active(pgdat, true);
	for (unsigned i = 0; i < MAX_NR_ZONES; i++)
		take_boost_back(&pgdat->node_zones[i]);
	if (!pgdat_balanced(pgdat, order, MAX_NR_ZONES - 1))
		WRITE_ONCE(pgdat->kswapd_failures, pgdat->kswapd_failures + 1);
	set_reclaim_active(pgdat, false);
	set_pgdat_percpu_threshold(pgdat, calculate_zone_threshold);
}

/* ---- waking it ---- */
bool pgdat_hopeless(const struct pglist_data *pgdat)
{
	return READ_ONCE(pgdat->kswapd_failures) >= MAX_RECLAIM_RETRIES;
}

noinline void wakeup_kswapd(struct zone *zone, unsigned order,
			    unsigned highest_zoneidx)
{
	struct pglist_data *pgdat = zone->pgdat;

	if (READ_ONCE(pgdat->kswapd_order) < order)
		WRITE_ONCE(pgdat->kswapd_order, order);
	if (work_pending(&pgdat->kswapd))
		return;
	if (!pgdat_watermark_boosted(pgdat, highest_zoneidx) &&
	    (pgdat_hopeless(pgdat) ||
	     pgdat_balanced(pgdat, order, highest_zoneidx)))
		return;
	schedule_work(&pgdat->kswapd);
}

/* Once for each boost: who takes the flag away wakes. */
noinline void wake_for_boost(struct zone *zone)
{
	if (__atomic_fetch_and(&zone->flags, ~ZONE_BOOSTED_WATERMARK,
			       __ATOMIC_RELAXED) & ZONE_BOOSTED_WATERMARK)
		wakeup_kswapd(zone, 0, zone->idx);
}

void kswapd_init(void)
{
	for (unsigned i = 0; i < machine_nr_nodes; i++)
		INIT_WORK(&NODE_DATA(i)->kswapd, kswapd);
}
