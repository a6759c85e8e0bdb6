/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page allocator's invariants (slub spec 6.2), checked at quiescence. Two
 * walks must agree with each other and with the counters: one along the frames
 * of each zone, from block to block (heads only, and not those of the blocks
 * that boot deferred, so it costs what has been used, not what exists), one
 * along the lists.
 */
#include "mm/audit.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"
#include "mm/watermark.h"

/* What a walk finds in one zone, in pages; blocks of each order. */
struct census {
	u64	buddy, pcp, allocated, lost;
	u64	blocks[NR_PAGE_ORDERS];
	u64	highatomic;
};

static unsigned long pfn_of(const struct page *page)
{
	return (unsigned long)page_to_pfn(page);
}

/* ---- along the frames ---- */
/* The types that do not merge from a pageblock up (spec 5.2). */
static bool either_is_highatomic(const struct page *a, const struct page *b)
{
	return a->migratetype == MIGRATE_HIGHATOMIC ||
	       b->migratetype == MIGRATE_HIGHATOMIC;
}

static void audit_buddy_head(struct zone *zone, struct page *page)
{
	u64 pfn = page_to_pfn(page);
	unsigned order = page->order;
	u64 last = pfn + (1UL << order) - 1;
	struct page *buddy = page + ((pfn ^ (1UL << order)) - pfn);

	if (!IS_ALIGNED(pfn, 1UL << order) ||
	    last >= zone->start_pfn + zone->spanned_pages)
		audit_violated("B4", "free block %#lx of order %u",
			       pfn_of(page), order);
	/* Those retyped while free merge when one is next freed. */
	if (order < MAX_PAGE_ORDER && buddy->buddy == order + 1 &&
	    !page->converted && !buddy->converted &&
	    (order < pageblock_order || page->migratetype ==
	     buddy->migratetype || !either_is_highatomic(page, buddy)))
		audit_violated("B5", "free buddies %#lx and %#lx of order %u",
			       pfn_of(page), pfn_of(buddy), order);
	if (page->migratetype != get_pageblock_migratetype(zone, pfn) ||
	    page->migratetype != get_pageblock_migratetype(zone, last))
		audit_violated("B6", "free block %#lx of order %u is listed as "
			       "type %u", pfn_of(page), order,
			       page->migratetype);
	if (page->buddy != order + 1 || READ_ONCE(page->_refcount))
		audit_violated("B7", "free block %#lx: mark %u, order %u, "
			       "refcount %u", pfn_of(page), page->buddy, order,
			       page->_refcount);
}

static void audit_allocated_head(const struct page *page)
{
	if (!IS_ALIGNED(page_to_pfn(page), 1UL << page->order))
		audit_violated("B12", "allocated block %#lx of order %u",
			       pfn_of(page), page->order);
	if (page->type == PAGE_TYPE_BUDDY || page->type == PAGE_TYPE_PCP ||
	    page->type > PAGE_TYPE_TABLE)
		audit_violated("B21", "allocated block %#lx is tagged %u",
			       pfn_of(page), page->type);
}

/* Counts the block that begins at page; its number of pages. */
static u64 audit_block(struct zone *zone, struct page *page,
		       struct census *census)
{
	u64 size;

	if (page->order > MAX_PAGE_ORDER) {
		audit_violated("B4", "block %#lx of order %u", pfn_of(page),
			       page->order);
		return 1;
	}
	size = 1UL << page->order;
	if (READ_ONCE(page->_refcount)) {
		audit_allocated_head(page);
		census->allocated += size;
	} else if (page->type == PAGE_TYPE_BUDDY) {
		audit_buddy_head(zone, page);
		census->buddy += size;
	} else if (page->type == PAGE_TYPE_PCP) {
		census->pcp += size;
	} else {
		if (!census->lost++)
			audit_violated("B1", "page %#lx is neither free, "
				       "cached nor allocated", pfn_of(page));
		return 1;
	}
	return size;
}

static u64 nr_deferred_blocks(const struct zone *zone)
{
	return (zone->end_deferred_pfn - zone->first_deferred_pfn) >>
	       MAX_PAGE_ORDER;
}

static void audit_frames(struct zone *zone, struct census *census)
{
	u64 pfn = zone->start_pfn;
	u64 end = min(pfn + zone->spanned_pages, zone->pgdat->memory_end_pfn);

	while (pfn < end) {
		u64 size = nr_deferred_blocks(zone) << MAX_PAGE_ORDER;

		if (size && pfn == zone->first_deferred_pfn)
			census->buddy += size;
		else
			size = audit_block(zone, pfn_to_page(pfn), census);
		pfn += size;
	}
	if (pfn != end)
		audit_violated("B1", "a block of node %u zone %s reaches "
			       "beyond its end", zone->node, zone->name);
}

/* ---- along the lists ---- */
static u64 audit_free_list(struct zone *zone, unsigned order, unsigned type)
{
	struct list_head *head = &zone->free_area[order].free_list[type];
	struct page *page;
	u64 length = 0;

	list_for_each_entry(page, head, lru) {
		length++;
		if (page->buddy != order + 1 || page->type != PAGE_TYPE_BUDDY ||
		    page->order != order || page->migratetype != type) {
			audit_violated("B7", "page %#lx, listed as order %u "
				       "type %u: mark %u, order %u, type %u",
				       pfn_of(page), order, type, page->buddy,
				       page->order, page->migratetype);
			break;
		}
	}
	return length;
}

static void audit_free_area(struct zone *zone, struct census *census)
{
	unsigned order, type;

	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		u64 nr_free = zone->free_area[order].nr_free;
		u64 sum = order == MAX_PAGE_ORDER ? nr_deferred_blocks(zone) :
						    0;

		for (type = 0; type < MIGRATE_TYPES; type++) {
			u64 nr = audit_free_list(zone, order, type);

			sum += nr;
			if (type == MIGRATE_HIGHATOMIC)
				census->highatomic += nr << order;
		}
		census->blocks[order] = sum;
		census->buddy += sum << order;
		if (sum != nr_free)
			audit_violated("B3", "node %u zone %s order %u: %lu on "
				       "the lists, nr_free %lu", zone->node,
				       zone->name, order, (unsigned long)sum,
				       (unsigned long)nr_free);
	}
}

static u64 audit_pcp(struct zone *zone, unsigned cpu)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->pageset, cpu);
	unsigned i, order;
	u64 sum = 0;

	for (i = 0; i < NR_PCP_LISTS; i++) {
		struct page *page;

		order = pindex_to_order(i);
		list_for_each_entry(page, &pcp->lists[i], lru) {
			sum += 1UL << order;
			if (page->order != order ||
			    page->type != PAGE_TYPE_PCP ||
			    page_zone(page) != zone) {
				audit_violated("B8", "page %#lx, order %u, on "
					       "cpu %u's list %u",
					       pfn_of(page), page->order, cpu,
					       i);
				break;
			}
		}
	}
	if (sum != (u64)pcp->count)
		audit_violated("B8", "cpu %u node %u zone %s: %lu pages "
			       "listed, count %d", cpu, zone->node, zone->name,
			       (unsigned long)sum, pcp->count);
	return sum;
}

/* ---- the sums ---- */
static void audit_zone_sums(struct zone *zone, const struct census *frames,
			    const struct census *lists)
{
	u64 counted = zone_free_pages_snapshot(zone);

	if (lists->buddy != counted)
		audit_violated("B2", "node %u zone %s: %lu free on the lists, "
			       "%lu counted", zone->node, zone->name,
			       (unsigned long)lists->buddy,
			       (unsigned long)counted);
	if (frames->buddy != lists->buddy || frames->pcp != lists->pcp)
		audit_violated("B1", "node %u zone %s: free %lu on the lists, "
			       "%lu by frame; cached %lu, %lu", zone->node,
			       zone->name, (unsigned long)lists->buddy,
			       (unsigned long)frames->buddy,
			       (unsigned long)lists->pcp,
			       (unsigned long)frames->pcp);
	if (zone->managed_pages != counted + lists->pcp + frames->allocated)
		audit_violated("B9", "node %u zone %s: managed %lu, free %lu, "
			       "cached %lu, allocated %lu", zone->node,
			       zone->name, (unsigned long)zone->managed_pages,
			       (unsigned long)counted,
			       (unsigned long)lists->pcp,
			       (unsigned long)frames->allocated);
	if (zone->nr_free_highatomic != lists->highatomic ||
	    zone->nr_reserved_highatomic >
	    ALIGN(zone->managed_pages / 100, pageblock_nr_pages) +
	    pageblock_nr_pages)
		audit_violated("B14", "node %u zone %s: HighAtomic free %lu, "
			       "counted %lu, reserved %lu", zone->node,
			       zone->name, (unsigned long)lists->highatomic,
			       (unsigned long)zone->nr_free_highatomic,
			       (unsigned long)zone->nr_reserved_highatomic);
}

static void audit_watermarks(const struct zone *zone)
{
	const u64 *mark = zone->watermark;

	if (mark[WMARK_MIN] > mark[WMARK_LOW] ||
	    mark[WMARK_LOW] > mark[WMARK_HIGH] ||
	    mark[WMARK_HIGH] > mark[WMARK_PROMO])
		audit_violated("B16", "node %u zone %s: min %lu low %lu high "
			       "%lu promo %lu", zone->node, zone->name,
			       (unsigned long)mark[WMARK_MIN],
			       (unsigned long)mark[WMARK_LOW],
			       (unsigned long)mark[WMARK_HIGH],
			       (unsigned long)mark[WMARK_PROMO]);
}

static void audit_pageblocks(const struct zone *zone)
{
	u64 pfn = ALIGN_DOWN(zone->start_pfn, pageblock_nr_pages);
	u64 end = zone->start_pfn + zone->spanned_pages;
	u64 highatomic = 0;

	for (; pfn < end; pfn += pageblock_nr_pages) {
		unsigned type = get_pageblock_migratetype(zone, pfn);

		highatomic += type == MIGRATE_HIGHATOMIC;
		if (type >= MIGRATE_TYPES)
			audit_violated("B18", "pageblock %#lx has type %u",
				       (unsigned long)pfn, type);
	}
	if (highatomic * pageblock_nr_pages != zone->nr_reserved_highatomic)
		audit_violated("B18", "node %u zone %s: %lu HighAtomic "
			       "pageblocks, reserved %lu", zone->node,
			       zone->name, (unsigned long)highatomic,
			       (unsigned long)zone->nr_reserved_highatomic);
}

/* Highest zone of a node first; a node's own list has no other node. */
static void audit_zonelists(unsigned nid)
{
	struct zonelist *lists = NODE_DATA(nid)->node_zonelists;
	unsigned i;

	for (i = 0; i < MAX_ZONELISTS; i++) {
		const struct zoneref *ref = lists[i].zonerefs;

		for (; ref->zone; ref++) {
			const struct zone *next = ref[1].zone;

			if ((i == ZONELIST_NOFALLBACK &&
			     ref->zone->node != nid) ||
			    (next && next->node == ref->zone->node &&
			     ref[1].zone_idx >= ref->zone_idx))
				audit_violated("B17", "zonelist %u of node %u "
					       "at zone %s of node %u", i, nid,
					       ref->zone->name,
					       ref->zone->node);
		}
	}
}

static u64 audit_zone(struct zone *zone)
{
	struct census frames = { .buddy = 0 }, lists = { .buddy = 0 };
	unsigned cpu;

	audit_frames(zone, &frames);
	audit_free_area(zone, &lists);
	for_each_online_cpu(cpu)
		lists.pcp += audit_pcp(zone, cpu);
	audit_zone_sums(zone, &frames, &lists);
	audit_watermarks(zone);
	audit_pageblocks(zone);
	return frames.allocated;
}

void page_alloc_audit(void)
{
	u64 allocated = 0, out = 0, wmark_min = 0;
	struct zone *zone;
	unsigned i;

	machine_quiet_begin();
	for_each_populated_zone(zone, i) {
		allocated += audit_zone(zone);
		wmark_min += zone->watermark[WMARK_MIN];
	}
	for (i = 0; i < machine_nr_nodes; i++)
		audit_zonelists(i);
	if (wmark_min > min_free_kbytes >> (PAGE_SHIFT - 10))
		audit_violated("B16", "the zones' min sum up to %lu pages",
			       (unsigned long)wmark_min);
	/* The boot release counts as freed, too. */
	for (i = PGALLOC_DMA; i <= PGALLOC_NORMAL; i++)
		out += sum_vm_event_since_boot(i);
	out += totalram_pages();
	out -= sum_vm_event_since_boot(PGFREE);
	if (out != allocated)
		audit_violated("B15", "%lu pages are allocated, %ld counted",
			       (unsigned long)allocated, (long)out);
	machine_quiet_end();
}
