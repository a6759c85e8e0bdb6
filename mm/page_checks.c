/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Invariants of the page allocator that are looked at while it works (slub spec
 * 6.2: B13, B19). All is quiet: free in virtual time.
 */
#include "mm/audit.h"
#include "mm/mmzone.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

/* ---- B19: how long zone->lock is held ---- */
void zone_hold_begins(struct zone *zone)
{
	zone->hold_length = 0;
	zone->nr_scans = 0;
}

/* For each order below a pageblock one is counted that may be claimed, and the
 * one that is claimed is gone through once more. */
void zone_hold_scans(struct zone *zone)
{
	unsigned most = pageblock_order + 1;

	if (++zone->nr_scans > most)
		audit_violated("B19", "%u pageblocks scanned for one block "
			       "under the lock of node %u zone %s, at most %u",
			       zone->nr_scans, zone->node, zone->name, most);
}

void zone_hold_counts(struct zone *zone)
{
	zone->hold_length++;
	zone->nr_scans = 0;
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
	if (zone->hold_length > longest_hold(zone))
		audit_violated("B19", "%u page operations under the lock of "
			       "node %u zone %s, at most %u",
			       zone->hold_length, zone->node, zone->name,
			       longest_hold(zone));
}

/* ---- B13: what is left in a zone ---- */
/* nr blocks, and what a refill brings besides. Batches are alike on all CPUs;
 * of a larger order there are two blocks in one (pcp_blocks()). */
static u64 most_pages(const struct zone *zone, u64 nr, unsigned order)
{
	u64 refill = (u64)this_cpu_ptr(zone->pageset)->batch <<
		     PCP_BATCH_SCALE_MAX;

	return (nr << order) + (pcp_allowed_order(order) ?
				max(refill, 2UL << order) : 0);
}

void zone_attempt_begins(struct zone_attempt *attempt, struct zone *zone,
			 u64 nr, unsigned order, bool by_right)
{
	attempt->pages = most_pages(zone, nr, order);
	attempt->over = __atomic_load_n(&zone->pages_over, __ATOMIC_ACQUIRE);
	__atomic_fetch_add(&zone->pages_begun, attempt->pages,
			   __ATOMIC_SEQ_CST);
	attempt->by_right = by_right ?
		__atomic_add_fetch(&zone->nr_by_right, 1, __ATOMIC_RELAXED) :
		READ_ONCE(zone->nr_by_right);
}

/*
 * The last look at the watermark that let pages go saw min at least. What was
 * taken since was so by attempts that had looked before: by this one, and by
 * those that were under way at some time since it began. The counter lags by
 * each CPU's threshold.
 */
static void check_left(const struct zone_attempt *attempt,
		       const struct zone *zone)
{
	u64 threshold = (u64)READ_ONCE(
		this_cpu_ptr(zone->zonestat)->stat_threshold);
	u64 free = zone_free_pages(zone);
	u64 under_way = __atomic_load_n(&zone->pages_begun, __ATOMIC_SEQ_CST) -
			attempt->over;

	/* Whoever has a right may have taken what is missing. */
	if (READ_ONCE(zone->nr_by_right) != attempt->by_right)
		return;
	if (free + under_way + num_online_cpus() * threshold <
	    zone->watermark[WMARK_MIN])
		audit_violated("B13", "node %u zone %s: %lu pages free, %lu "
			       "under way, min is %lu, and no right was used",
			       zone->node, zone->name, (unsigned long)free,
			       (unsigned long)under_way,
			       (unsigned long)zone->watermark[WMARK_MIN]);
}

void zone_attempt_ends(const struct zone_attempt *attempt, struct zone *zone,
		       bool gave)
{
	if (gave)
		check_left(attempt, zone);
	__atomic_fetch_add(&zone->pages_over, attempt->pages, __ATOMIC_RELEASE);
}
