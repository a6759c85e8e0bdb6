/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass of kswapd, as a work item: balancing finds nothing to reclaim, so what
 * remains is that it takes back the watermark boosts it has seen (slub spec
 * 5.9; mm/vmscan.c, 6.12).
 */
#include "mm/kswapd.h"

/* Nothing can be reclaimed: of a pass remains that the boosts it has seen are
 * taken back, under the lock, in full (spec 5.9). */
static void kswapd(struct work_struct *work)
{
	struct pglist_data *pgdat = container_of(work, struct pglist_data,
						 kswapd);
	bool flags;

	count_vm_event(PAGEOUTRUN);
	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];
		u64 seen = READ_ONCE(zone->watermark_boost);

		if (!seen)
			continue;
		spin_lock_irqsave(&zone->lock, flags);
		WRITE_ONCE(zone->watermark_boost,
			   zone->watermark_boost -
			   min(zone->watermark_boost, seen));
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/* Once for each boost: who takes the flag away wakes. */
noinline void wake_for_boost(struct zone *zone)
{
	if (__atomic_fetch_and(&zone->flags, ~ZONE_BOOSTED_WATERMARK,
			       __ATOMIC_RELAXED) & ZONE_BOOSTED_WATERMARK)
		schedule_work(&zone->pgdat->kswapd);
}

void kswapd_init(void)
{
	for (unsigned i = 0; i < machine_nr_nodes; i++)
		INIT_WORK(&NODE_DATA(i)->kswapd, kswapd);
}
