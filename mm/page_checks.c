/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invariants of the page allocator that are looked at while it works (slub spec
 * 6.2: B13, B19). All is quiet: free in virtual time.
 */
#include "mm/audit.h"
#include "mm/mmzone.h"
#include "mm/watermark.h"

#if CHECKS_ON
/* ---- B19: how long zone->lock is held ---- */
void zone_hold_begins(struct zone *zone)
{
	machine_quiet_begin();
	zone->hold_length = 0;
	machine_quiet_end();
}

void zone_hold_counts(struct zone *zone, unsigned nr)
{
	machine_quiet_begin();
	zone->hold_length += nr;
	machine_quiet_end();
}

/* A chunk is what free_count lets go at once; that may be a pageblock more than
 * batch << 5 (B10). */
static unsigned longest_hold(const struct zone *zone)
{
	unsigned chunk = (unsigned)this_cpu_ptr(zone->pageset)->batch <<
			 PCP_BATCH_SCALE_MAX;

	return chunk + pageblock_nr_pages;
}

void zone_hold_ends(struct zone *zone)
{
	machine_quiet_begin();
	if (zone->hold_length > longest_hold(zone))
		audit_violated("B19", "%u page operations under the lock of "
			       "node %u zone %s, at most %u",
			       zone->hold_length, zone->node, zone->name,
			       longest_hold(zone));
	machine_quiet_end();
}

/* ---- B13: what is left in a zone ---- */
/*
 * What others take between the test and the taking: each CPU, in a task and in
 * an interrupt, what a refill takes at most; and what the counter does not show
 * yet. Read from this CPU's lists: they are all alike.
 */
static u64 in_flight(const struct zone *zone)
{
	u64 refill = (u64)this_cpu_ptr(zone->pageset)->batch <<
		     PCP_BATCH_SCALE_MAX;
	u64 threshold = (u64)READ_ONCE(
		this_cpu_ptr(zone->zonestat)->stat_threshold);

	return num_online_cpus() *
	       (2 * max(refill, (u64)MAX_ORDER_NR_PAGES) + threshold);
}

u32 zone_attempt_begins(struct zone *zone, bool by_right)
{
	u32 begun;

	machine_quiet_begin();
	begun = by_right ? __atomic_add_fetch(&zone->nr_by_right, 1,
					      __ATOMIC_RELAXED) :
			   READ_ONCE(zone->nr_by_right);
	machine_quiet_end();
	return begun;
}

/* Whoever has a right may have taken what is missing. */
void zone_attempt_gave(struct zone *zone, bool by_right, u32 begun)
{
	u64 free;

	if (by_right)
		return;
	machine_quiet_begin();
	free = zone_free_pages(zone);
	if (free + in_flight(zone) < zone->watermark[WMARK_MIN] &&
	    READ_ONCE(zone->nr_by_right) == begun)
		audit_violated("B13", "node %u zone %s: %lu pages free, min is "
			       "%lu, and no right was used", zone->node,
			       zone->name, (unsigned long)free,
			       (unsigned long)zone->watermark[WMARK_MIN]);
	machine_quiet_end();
}
#endif
