/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocating and freeing pages: which zones, how deep into their reserves, and
 * what when they have nothing (slub spec 5.5, 5.10 to 5.15; mm/page_alloc.c,
 * 6.12).
 *
 * Where the kernel would begin to reclaim, this one fails, as it does for
 * GFP_NOWAIT, says so and counts PGRECLAIM_NEEDED: there is no reclaim, no
 * compaction and no OOM killer yet. What is done is what remains of a retry
 * without progress: the last HighAtomic pageblocks are given back. kswapd is
 * woken as in the kernel; it is a work item that finds nothing to reclaim.
 * There are neither cpusets nor memory policies but "local".
 */
#include "mm/page_alloc.h"
#include "mm/buddy.h"
#include "mm/bug.h"
#include "mm/fault_inject.h"
#include "mm/kswapd.h"
#include "mm/page_prep.h"
#include "mm/pageblock.h"
#include "mm/pcp.h"
#include "mm/percpu.h"
#include "mm/show_mem.h"
#include "mm/trace_page.h"
#include "mm/watermark.h"

DEFINE_FAULT(atomic_may_sleep, "B20", "a failing atomic allocation may sleep");
DEFINE_FAULT(thisnode_leaves, "B17", "__GFP_THISNODE is not obeyed");
DEFINE_FAULT(wmark_ignored, "B13", "every zone may give all it has");

static_assert((unsigned)ALLOC_MIN_RESERVE == __GFP_HIGH &&
	      (unsigned)ALLOC_KSWAPD == __GFP_KSWAPD_RECLAIM,
	      "one bit, two names");

/* What stays the same while a request is tried in different ways. */
struct alloc_context {
	const struct zoneref	*preferred;	/* the first allowed */
	unsigned		highest_zoneidx;
	unsigned		migratetype;
	unsigned		order;
	gfp_t			gfp;
};

static inline unsigned gfp_zone(gfp_t gfp)
{
	check(!(gfp & __GFP_DMA) || !(gfp & (__GFP_DMA32 | __GFP_HIGHMEM)));
	check(!(gfp & __GFP_DMA32) || !(gfp & __GFP_HIGHMEM));
	if (likely(!(gfp & (__GFP_DMA | __GFP_DMA32))))
		return ZONE_NORMAL;
	return gfp & __GFP_DMA ? ZONE_DMA : ZONE_DMA32;
}

static inline unsigned gfp_migratetype(gfp_t gfp)
{
	const gfp_t both = __GFP_MOVABLE | __GFP_RECLAIMABLE;

	static_assert(__GFP_MOVABLE >> 3 == MIGRATE_MOVABLE &&
		      __GFP_RECLAIMABLE >> 3 == MIGRATE_RECLAIMABLE,
		      "the flags are the type");
	check((gfp & both) != both);
	if (unlikely(page_group_by_mobility_disabled))
		return MIGRATE_UNMOVABLE;
	return (gfp & both) >> 3;
}

/* The first zone at or after ref that the request may use. */
static inline const struct zoneref *next_zone(const struct zoneref *ref,
					      unsigned highest_zoneidx)
{
	while (ref->zone && unlikely(ref->zone_idx > highest_zoneidx))
		ref++;
	return ref;
}

static always_inline void prepare_alloc(struct alloc_context *ac, int nid,
					gfp_t gfp, unsigned order)
{
	unsigned list = ZONELIST_FALLBACK;

	if (nid == NUMA_NO_NODE)
		nid = (int)numa_node_id();
	check((unsigned)nid < machine_nr_nodes);
	if (unlikely(gfp & __GFP_THISNODE) && !FAULT(thisnode_leaves))
		list = ZONELIST_NOFALLBACK;
	ac->gfp = gfp;
	ac->order = order;
	ac->highest_zoneidx = gfp_zone(gfp);
	ac->migratetype = gfp_migratetype(gfp);
	ac->preferred = next_zone(NODE_DATA(nid)->node_zonelists[list].zonerefs,
				  ac->highest_zoneidx);
}

/* ---- one attempt ---- */
static always_inline void count_numa_events(const struct zone *zone,
					    enum numa_stat_item item, u64 nr)
{
	this_cpu_field_add(this_cpu_ptr(zone->zonestat)->numa_event[item], nr);
}

static always_inline void zone_statistics(const struct zone *preferred,
				   const struct zone *zone, u64 nr)
{
	if (likely(zone->node == preferred->node)) {
		count_numa_events(zone, NUMA_HIT, nr);
	} else {
		count_numa_events(zone, NUMA_MISS, nr);
		count_numa_events(preferred, NUMA_FOREIGN, nr);
	}
	if (likely(zone->node == numa_node_id()))
		count_numa_events(zone, NUMA_LOCAL, nr);
	else
		count_numa_events(zone, NUMA_OTHER, nr);
}

static always_inline struct page *rmqueue(const struct alloc_context *ac,
				   struct zone *zone, unsigned alloc_flags)
{
	struct page *page = NULL;

	if (likely(pcp_allowed_order(ac->order)))
		page = rmqueue_pcplist(zone, ac->order, ac->migratetype,
				       alloc_flags);
	if (unlikely(!page))
		page = rmqueue_buddy(zone, ac->order, ac->migratetype,
				     alloc_flags);
	if (likely(page)) {
		count_vm_events(PGALLOC_DMA + zone->idx, 1UL << ac->order);
		zone_statistics(ac->preferred->zone, zone, 1);
	}
	if (unlikely(READ_ONCE(zone->flags) & ZONE_BOOSTED_WATERMARK) &&
	    (alloc_flags & ALLOC_KSWAPD))
		wake_for_boost(zone);
	return page;
}

/* The zone's reserve allows it; notes when it is below its high watermark. */
static always_inline bool zone_may_give(const struct alloc_context *ac,
				 struct zone *zone, unsigned alloc_flags)
{
	if (likely(!(READ_ONCE(zone->flags) & ZONE_BELOW_HIGH))) {
		if (likely(zone_watermark_fast(zone, ac->order,
					       wmark_pages(zone, WMARK_HIGH),
					       ac->highest_zoneidx,
					       alloc_flags)))
			return true;
		__atomic_fetch_or(&zone->flags, ZONE_BELOW_HIGH,
				  __ATOMIC_RELAXED);
	}
	if (zone_watermark_fast(zone, ac->order,
				wmark_pages(zone,
					    alloc_flags & ALLOC_WMARK_MASK),
				ac->highest_zoneidx, alloc_flags))
		return true;
	return (alloc_flags & ALLOC_NO_WATERMARKS) || FAULT(wmark_ignored);
}

#define ALLOC_RIGHTS	(ALLOC_RESERVES | ALLOC_NO_WATERMARKS)

/* Counts a block given that would not have been given without a right. */
static noinline void note_reserve(const struct alloc_context *ac,
				  const struct zone *zone)
{
	u64 before = zone_free_pages(zone) + (1UL << ac->order);

	if (!__zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_MIN) +
				 (1UL << ac->order) - 1, ac->highest_zoneidx,
				 0, before))
		count_vm_event(ALLOC_RESERVE);
}

/* B17: higher zones of a node before lower ones, and THISNODE stays. */
static inline bool visit_in_order(const struct alloc_context *ac,
				  const struct zoneref *ref)
{
	const struct zoneref *last = ref - 1;

	if ((ac->gfp & __GFP_THISNODE) &&
	    ref->zone->node != ac->preferred->zone->node)
		return false;
	return ref == ac->preferred || last->zone->node != ref->zone->node ||
	       last->zone_idx > ref->zone_idx;
}

/* Every allowed zone in turn; NULL if none can or may give. */
static always_inline struct page *
get_page_fast(const struct alloc_context *ac, unsigned alloc_flags)
{
	const struct zoneref *ref;
	struct page *page;

retry:
	for (ref = ac->preferred; ref->zone;
	     ref = next_zone(ref + 1, ac->highest_zoneidx)) {
		struct zone *zone = ref->zone;
		struct zone_attempt attempt;

		check(visit_in_order(ac, ref));
		/* Local memory is worth more than whole pageblocks. */
		if ((alloc_flags & ALLOC_NOFRAGMENT) &&
		    unlikely(zone->node != ac->preferred->zone->node))
			break;
		if_checked(zone_attempt_begins(&attempt, zone, 1, ac->order,
					       alloc_flags & ALLOC_RIGHTS));
		page = zone_may_give(ac, zone, alloc_flags) ?
			rmqueue(ac, zone, alloc_flags) : NULL;
		if_checked(zone_attempt_ends(&attempt, zone,
					     page &&
					     !(alloc_flags & ALLOC_RIGHTS)));
		if (likely(page)) {
			prep_new_page(page, ac->order, ac->gfp);
			if (unlikely(alloc_flags & ALLOC_NO_WATERMARKS))
				page->flags |= PG_pfmemalloc;
			if (unlikely(alloc_flags & ALLOC_HIGHATOMIC))
				reserve_highatomic_pageblock(page, ac->order,
							     zone);
			if (unlikely(alloc_flags & ALLOC_RIGHTS))
				note_reserve(ac, zone);
			return page;
		}
	}
	if (alloc_flags & ALLOC_NOFRAGMENT) {
		alloc_flags &= ~ALLOC_NOFRAGMENT;
		goto retry;
	}
	return NULL;
}

/* ---- when it fails ---- */
static noinline struct page *
get_page_from_freelist(const struct alloc_context *ac, unsigned alloc_flags)
{
	return get_page_fast(ac, alloc_flags);
}

static unsigned gfp_to_alloc_flags(gfp_t gfp, unsigned order)
{
	unsigned flags = WMARK_MIN | ALLOC_CPUSET;

	flags |= gfp & (__GFP_HIGH | __GFP_KSWAPD_RECLAIM);
	if (gfp & __GFP_DIRECT_RECLAIM)
		return flags;
	if (!(gfp & __GFP_NOMEMALLOC)) {
		flags |= ALLOC_NON_BLOCK;
		if (order && (flags & ALLOC_MIN_RESERVE))
			flags |= ALLOC_HIGHATOMIC;
	}
	if (flags & ALLOC_MIN_RESERVE)
		flags &= ~ALLOC_CPUSET;
	return flags;
}

/* Who frees memory by using some may have all of it: a task, and a softirq that
 * works for it. */
bool gfp_pfmemalloc_allowed(gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return false;
	if (gfp & __GFP_MEMALLOC)
		return true;
	return (current->flags & PF_MEMALLOC) &&
	       (in_serving_softirq() || !in_interrupt());
}

/* kswapd of every node in the list, once each. */
static void wake_all_kswapds(const struct alloc_context *ac)
{
	const struct pglist_data *last = NULL;
	const struct zoneref *ref;

	for (ref = ac->preferred; ref->zone;
	     ref = next_zone(ref + 1, ac->highest_zoneidx)) {
		if (ref->zone->pgdat != last)
			wakeup_kswapd(ref->zone, ac->order,
				      ac->highest_zoneidx);
		last = ref->zone->pgdat;
	}
}

/* Requests that must not fail and cannot be kept from it. */
static void check_nofail(const struct alloc_context *ac)
{
	static u32 warned;	/* atomics */

	if (likely(!(ac->gfp & __GFP_NOFAIL)))
		return;
	if ((ac->order > 1 || !(ac->gfp & __GFP_DIRECT_RECLAIM) ||
	     (current->flags & PF_MEMALLOC)) && !xchg(&warned, 1))
		KERNEL_WARN("__alloc_pages_slowpath");
}

/*
 * Retrying is hopeless, for nothing was reclaimed: the atomic reserve is given
 * up for this request, but not for one that gives up easily (spec 5.13, 9 and
 * 10).
 */
static struct page *after_unreserve(const struct alloc_context *ac,
				    unsigned alloc_flags)
{
	const struct zoneref *ref;

	if (ac->gfp & __GFP_NORETRY)
		return NULL;
	if (ac->order > PAGE_ALLOC_COSTLY_ORDER &&
	    !(ac->gfp & __GFP_RETRY_MAYFAIL))
		return NULL;
	for (ref = ac->preferred; ref->zone;
	     ref = next_zone(ref + 1, ac->highest_zoneidx))
		if (unreserve_highatomic_pageblock(ref->zone, ac->migratetype,
						   true))
			return get_page_from_freelist(ac, alloc_flags);
	return NULL;
}

/* NULL: the caller fails. Reclaim would begin at the end of this. */
static struct page *alloc_without_reclaim(const struct alloc_context *ac)
{
	unsigned flags = gfp_to_alloc_flags(ac->gfp, ac->order);
	struct page *page;

	check_nofail(ac);
	if (flags & ALLOC_KSWAPD)
		wake_all_kswapds(ac);
	page = get_page_from_freelist(ac, flags);
	if (page)
		return page;
	/* It may have gone to sleep again. */
	if (flags & ALLOC_KSWAPD)
		wake_all_kswapds(ac);
	if (gfp_pfmemalloc_allowed(ac->gfp))
		flags = ALLOC_NO_WATERMARKS | (flags & ALLOC_KSWAPD);
	page = get_page_from_freelist(ac, flags);
	if (page)
		return page;
	if (!(ac->gfp & __GFP_DIRECT_RECLAIM)) {
		if (FAULT(atomic_may_sleep))
			might_sleep();
		return NULL;
	}
	if (current->flags & PF_MEMALLOC)
		return NULL;
	page = after_unreserve(ac, flags);
	if (page)
		return page;
	count_vm_event(PGRECLAIM_NEEDED);
	warn_reclaim_needed(ac->gfp, ac->order);
	if (ac->gfp & __GFP_NOFAIL)
		return get_page_from_freelist(ac, WMARK_MIN |
						  ALLOC_MIN_RESERVE);
	return NULL;
}

/* Begins anew: what the fast path had prepared can then stay in registers. */
static noinline struct page *alloc_pages_slowpath(int nid, gfp_t gfp,
						  unsigned order)
{
	struct alloc_context ac;
	struct page *page = NULL;

	prepare_alloc(&ac, nid, gfp, order);
	if (ac.preferred->zone)
		page = alloc_without_reclaim(&ac);
	if (page)
		return page;
	count_vm_event(ALLOC_FAILED);
	if (!(gfp & __GFP_NOWARN))
		warn_alloc(gfp, order);
	return NULL;
}

/* Rather a lower zone than another type's pageblock, if there is one. */
static inline unsigned alloc_flags_nofragment(const struct zone *zone)
{
	if (!zone || zone->idx != ZONE_NORMAL)
		return 0;
	if (machine_nr_nodes > 1 &&
	    !zone->pgdat->node_zones[ZONE_DMA32].managed_pages)
		return 0;
	return ALLOC_NOFRAGMENT;
}

static inline unsigned fast_flags(const struct alloc_context *ac)
{
	return WMARK_LOW | (ac->gfp & __GFP_KSWAPD_RECLAIM) |
	       alloc_flags_nofragment(ac->preferred->zone);
}

static always_inline struct page *alloc_fast(int nid, gfp_t gfp,
					     unsigned order)
{
	struct alloc_context ac;

	prepare_alloc(&ac, nid, gfp, order);
	return get_page_fast(&ac, fast_flags(&ac));
}

static noinline struct page *alloc_fast_ordered(int nid, gfp_t gfp,
						unsigned order)
{
	return alloc_fast(nid, gfp, order);
}

/* False for more than there are blocks of, and for what is to fail. */
static noinline bool odd_order_is_good(gfp_t gfp, unsigned order)
{
	if (order > MAX_PAGE_ORDER) {
		if (!(gfp & __GFP_NOWARN))
			warn_order(order);
		return false;
	}
	return might_alloc(gfp) && !should_fail_alloc_page(gfp, order);
}

/* Single pages have code of their own, in which order is a constant. */
static always_inline struct page *alloc_any(int nid, gfp_t gfp, unsigned order)
{
	struct page *page;

	if (unlikely(order >= machine_option(page_alloc_odd_order)) &&
	    !odd_order_is_good(gfp, order))
		return NULL;
	if (unlikely(!might_alloc(gfp)))
		return NULL;
	page = likely(!order) ? alloc_fast(nid, gfp, 0) :
				alloc_fast_ordered(nid, gfp, order);
	if (likely(page))
		return page;
	return alloc_pages_slowpath(nid, gfp, order);
}

static void note_pages(const struct page *page, unsigned order,
		       unsigned long caller)
{
	if (!machine_notes_allocs() || !page)
		return;
	machine_quiet_begin();
	machine_note_alloc(page_address(page), PAGE_SIZE << order, caller);
	machine_quiet_end();
}

static noinline struct page *alloc_observed(int nid, gfp_t gfp, unsigned order,
					    unsigned long caller)
{
	unsigned was = op_part_enter(OP_PAGE_ALLOC);
	struct page *page = alloc_any(nid, gfp, order);

	if (likely(order <= MAX_PAGE_ORDER))
		trace_mm_page_alloc(page, order, gfp, gfp_migratetype(gfp));
	note_pages(page, order, caller);
	op_part_leave(was);
	return page;
}

struct page *alloc_pages_node(int nid, gfp_t gfp, unsigned order)
{
	if (trace_wanted() || unlikely(this_op_time()))
		return alloc_observed(nid, gfp, order, _RET_IP_);
	return alloc_any(nid, gfp, order);
}

struct page *alloc_pages(gfp_t gfp, unsigned order)
{
	if (trace_wanted() || unlikely(this_op_time()))
		return alloc_observed(NUMA_NO_NODE, gfp, order, _RET_IP_);
	return alloc_any(NUMA_NO_NODE, gfp, order);
}

unsigned long __get_free_pages(gfp_t gfp, unsigned order)
{
	struct page *page = alloc_pages(gfp & ~__GFP_HIGHMEM, order);

	return page ? (unsigned long)page_address(page) : 0;
}

/* ---- many at once ---- */
/* The first zone of the preferred node that has nr to spare, or NULL. Begins
 * an attempt there. */
static struct zone *bulk_zone(const struct alloc_context *ac, u64 nr,
			      unsigned alloc_flags,
			      struct zone_attempt *attempt)
{
	const struct zoneref *ref;

	for (ref = ac->preferred; ref->zone;
	     ref = next_zone(ref + 1, ac->highest_zoneidx)) {
		struct zone *zone = ref->zone;

		if (zone->node != ac->preferred->zone->node)
			return NULL;
		if_checked(zone_attempt_begins(attempt, zone, nr, 0, false));
		if (zone_watermark_fast(zone, 0,
					wmark_pages(zone, WMARK_LOW) + nr,
					ac->highest_zoneidx, alloc_flags))
			return zone;
		if_checked(zone_attempt_ends(attempt, zone, false));
	}
	return NULL;
}

/* Fills the empty slots from done on; the new done. *got: how many. */
static u64 bulk_fill(const struct alloc_context *ac, struct zone *zone,
		     u64 done, u64 nr, struct page **array)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);
	u64 got = 0;

	if (!spin_trylock(&pcp->lock))
		return done;
	for (; done < nr; done++) {
		struct page *page;

		if (array[done])
			continue;
		page = __rmqueue_pcplist(zone, 0, ac->migratetype, WMARK_LOW,
					 pcp);
		if (!page)
			break;
		prep_new_page(page, 0, ac->gfp);
		array[done] = page;
		got++;
	}
	spin_unlock(&pcp->lock);
	if (got) {
		count_vm_events(PGALLOC_DMA + zone->idx, got);
		zone_statistics(ac->preferred->zone, zone, got);
	}
	return done;
}

unsigned long alloc_pages_bulk_array_node(gfp_t gfp, int nid, unsigned long nr,
					  struct page **array)
{
	struct alloc_context ac;
	struct zone_attempt attempt;
	struct zone *zone = NULL;
	u64 done = 0, first;

	while (done < nr && array[done])
		done++;
	if (done == nr)
		return done;
	first = done;
	if (nr - done > 1 && !(gfp & __GFP_ACCOUNT)) {
		unsigned was;

		if (!might_alloc(gfp) ||
		    (unlikely(machine_option(injection_on)) &&
		     should_fail_alloc_page(gfp, 0)))
			return done;
		was = op_part_enter(OP_PAGE_ALLOC);
		prepare_alloc(&ac, nid, gfp, 0);
		zone = bulk_zone(&ac, nr, WMARK_LOW, &attempt);
		if (zone) {
			done = bulk_fill(&ac, zone, done, nr, array);
			if_checked(zone_attempt_ends(&attempt, zone,
						     done > first));
		}
		op_part_leave(was);
	}
	if (done > first)
		return done;
	array[done] = alloc_pages_node(nid, gfp, 0);
	return done + !!array[done];
}

/* ---- boot ---- */
void page_alloc_init(void)
{
	struct zone *zone;
	unsigned i;

	free_area_init();
	for_each_populated_zone(zone, i) {
		zone->pageset = alloc_percpu(struct per_cpu_pages);
		zone->zonestat = alloc_percpu(struct per_cpu_zonestat);
		must(zone->pageset && zone->zonestat);
	}
	for (i = 0; i < machine_nr_nodes; i++) {
		NODE_DATA(i)->nodestat = alloc_percpu(struct per_cpu_nodestat);
		must(NODE_DATA(i)->nodestat);
	}
	init_per_zone_wmark_min();
	setup_per_cpu_pageset();
	build_all_zonelists();
	kswapd_init();
	memblock_free_all();
}
