/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Per-CPU page lists: what makes most allocations and frees of orders 0 to 3
 * and 9 free of zone->lock (slub spec 5.4; mm/page_alloc.c, 6.12).
 *
 * The owner takes pcp->lock by trylock with interrupts on: an interrupt in the
 * middle, or a remote drain, makes it go to the buddy lists directly. Remote
 * drains wait for it. zone->lock nests inside. How many pages move at once,
 * and how many may stay, follows the spec's rules to the letter: batch, high,
 * alloc_factor and free_count tune themselves between high_min and high_max;
 * what a CPU does not use any more the vmstat worker takes back.
 */
#include "mm/pcp.h"
#include "mm/buddy.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "mm/trace_page.h"
#include "mm/watermark.h"

DEFINE_FAULT(pcp_lose_page, "B1", "a bulk free forgets a page");
DEFINE_FAULT(pcp_miscount, "B8", "a refill of one counts two");
DEFINE_FAULT(pcp_no_spill, "B11", "a full list is never given back");
DEFINE_FAULT(pcp_hand_out_twice, "B12", "a page stays listed when taken");
DEFINE_FAULT(pcp_drain_at_once, "B19", "a drain empties a list in one hold");
DEFINE_FAULT(pgfree_uncounted, "B15", "frees to per-CPU lists do not count");

const struct pcp_ops *pcp_ops = &pcp_tuned;
static struct mutex pcpu_drain_mutex;

static inline bool zone_flag(const struct zone *zone, u32 flag)
{
	return READ_ONCE(zone->flags) & flag;
}

static inline void pcp_add_count(struct per_cpu_pages *pcp, int pages)
{
	WRITE_ONCE(pcp->count, pcp->count + pages);
}

static inline int clamp_high(const struct per_cpu_pages *pcp, int high)
{
	return clamp_t(int, high, pcp->high_min, pcp->high_max);
}

/* High moves on its own CPU only; views read it from others. */
static inline void pcp_lower_high(struct per_cpu_pages *pcp, int by)
{
	WRITE_ONCE(pcp->high, max(pcp->high - by, pcp->high_min));
}

/* B10. */
static inline bool pcp_is_sound(const struct per_cpu_pages *pcp)
{
	return pcp->high >= pcp->high_min && pcp->high <= pcp->high_max &&
	       pcp->alloc_factor <= PCP_BATCH_SCALE_MAX &&
	       pcp->free_count <= (pcp->batch << PCP_BATCH_SCALE_MAX) +
				  (int)pageblock_nr_pages;
}

/* ---- taking ---- */
static noinline bool pcp_refill(struct zone *zone, unsigned order,
				unsigned type, unsigned alloc_flags,
				struct per_cpu_pages *pcp)
	must_hold(pcp->lock)
{
	struct list_head *list = &pcp->lists[order_to_pindex(type, order)];
	int nr = pcp_ops->nr_alloc(pcp, zone, order);

	nr = rmqueue_bulk(zone, order, nr, list, type, alloc_flags);
	pcp_add_count(pcp, (nr + (nr == 1 && FAULT(pcp_miscount))) << order);
	count_vm_events(PCP_REFILL, (u64)nr << order);
	check(pcp_is_sound(pcp));
	return nr;
}

static always_inline struct page *
take_from_pcplist(struct zone *zone, unsigned order, unsigned type,
		  unsigned alloc_flags, struct per_cpu_pages *pcp)
	must_hold(pcp->lock)
{
	struct list_head *list = &pcp->lists[order_to_pindex(type, order)];
	struct page *page;

	if (unlikely(list_empty(list)) &&
	    !pcp_refill(zone, order, type, alloc_flags, pcp))
		return NULL;
	page = list_first_entry(list, struct page, lru);
	if (FAULT(pcp_hand_out_twice))
		return page;
	list_del(&page->lru);
	pcp_add_count(pcp, -(1 << order));
	return page;
}

struct page *__rmqueue_pcplist(struct zone *zone, unsigned order, unsigned type,
			       unsigned alloc_flags, struct per_cpu_pages *pcp)
{
	return take_from_pcplist(zone, order, type, alloc_flags, pcp);
}

static always_inline struct page *
rmqueue_pcplist_ordered(struct zone *zone, unsigned order, unsigned type,
			unsigned alloc_flags)
{
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);
	struct page *page;

	if (unlikely(!spin_trylock(&pcp->lock)))
		return NULL;
	pcp->free_count >>= 1;
	page = take_from_pcplist(zone, order, type, alloc_flags, pcp);
	spin_unlock(&pcp->lock);
	return page;
}

/* Single pages have code of their own, in which order is a constant. */
struct page *rmqueue_pcplist(struct zone *zone, unsigned order, unsigned type,
			     unsigned alloc_flags)
{
	if (likely(!order))
		return rmqueue_pcplist_ordered(zone, 0, type, alloc_flags);
	return rmqueue_pcplist_ordered(zone, order, type, alloc_flags);
}

/* ---- giving back ---- */
/* count pages, coldest first, round-robin over the lists from pindex on. */
static noinline void free_pcppages_bulk(struct zone *zone, int count,
					struct per_cpu_pages *pcp,
					unsigned pindex)
	must_hold(pcp->lock)
{
	bool flags;

	count = min(count, pcp->count);
	if (count <= 0)
		return;
	spin_lock_irqsave(&zone->lock, flags);
	if_checked(zone_hold_begins(zone));
	while (count > 0) {
		struct list_head *list = &pcp->lists[pindex];
		unsigned order = pindex_to_order(pindex);

		while (count > 0 && !list_empty(list)) {
			struct page *page = list_last_entry(list, struct page,
							    lru);
			unsigned type = get_pageblock_migratetype(
					zone, page_to_pfn(page));

			list_del(&page->lru);
			page->type = PAGE_TYPE_NONE;
			count -= 1 << order;
			pcp_add_count(pcp, -(1 << order));
			count_vm_events(PCP_DRAIN, 1UL << order);
			if (FAULT(pcp_lose_page))
				continue;
			__free_one_page(page, zone, order, type, false);
			trace_mm_page_pcpu_drain(page, order, type);
		}
		pindex = pindex + 1 == NR_PCP_LISTS ? 0 : pindex + 1;
	}
	if_checked(zone_hold_ends(zone));
	spin_unlock_irqrestore(&zone->lock, flags);
}

/* The limit at which a free must spill; moves high (spec 5.4, "H"). */
static int nr_pcp_high(struct per_cpu_pages *pcp, const struct zone *zone,
		       bool free_high)
{
	int freed = max(pcp->free_count, pcp->batch);
	int high = clamp_high(pcp, pcp->high);

	WRITE_ONCE(pcp->high, high);
	if (unlikely(!high))
		return 0;
	if (unlikely(free_high)) {
		pcp_lower_high(pcp, pcp->batch << PCP_BATCH_SCALE_MAX);
		return 0;
	}
	if (unlikely(zone_flag(zone, ZONE_RECLAIM_ACTIVE))) {
		pcp_lower_high(pcp, freed);
		return min(pcp->batch << 2, pcp->high);
	}
	if (pcp->high_min == pcp->high_max)
		return high;
	if (unlikely(zone_flag(zone, ZONE_BELOW_HIGH))) {
		pcp_lower_high(pcp, freed);
		return max(pcp->count, pcp->high_min);
	}
	if (pcp->count >= high && high < pcp->free_count + pcp->batch)
		WRITE_ONCE(pcp->high,
			   clamp_high(pcp, pcp->free_count + pcp->batch));
	return high;
}

static int nr_pcp_free(const struct per_cpu_pages *pcp, int high,
		       bool free_high)
{
	if (unlikely(free_high))
		return min(pcp->count, pcp->batch << PCP_BATCH_SCALE_MAX);
	if (unlikely(high < pcp->batch))
		return 1;
	return pcp_ops->nr_free(pcp, high);
}

/* A run of frees of orders 1 to 3 has filled a batch: they go back at once. */
static inline bool pcp_free_high(struct per_cpu_pages *pcp, unsigned order)
{
	bool high = false;

	if (order && order <= PAGE_ALLOC_COSTLY_ORDER &&
	    !(pcp->flags & PCPF_FIXED)) {
		high = pcp->free_count >= pcp->batch &&
		       (pcp->flags & PCPF_PREV_FREE_HIGH_ORDER) &&
		       (!(pcp->flags & PCPF_FREE_HIGH_BATCH) ||
			pcp->count >= pcp->batch);
		pcp->flags |= PCPF_PREV_FREE_HIGH_ORDER;
	} else if (pcp->flags & PCPF_PREV_FREE_HIGH_ORDER) {
		pcp->flags &= ~PCPF_PREV_FREE_HIGH_ORDER;
	}
	return high;
}

static noinline void pcp_spill(struct zone *zone, struct per_cpu_pages *pcp,
			       int nr, unsigned pindex) must_hold(pcp->lock)
{
	free_pcppages_bulk(zone, nr, pcp, pindex);
	if (zone_flag(zone, ZONE_BELOW_HIGH) &&
	    __zone_watermark_ok(zone, 0, wmark_pages(zone, WMARK_HIGH),
				MAX_NR_ZONES - 1, 0, zone_free_pages(zone)))
		__atomic_fetch_and(&zone->flags, ~ZONE_BELOW_HIGH,
				   __ATOMIC_RELAXED);
}

static always_inline void pcp_push(struct zone *zone, struct per_cpu_pages *pcp,
			    struct page *page, unsigned type, unsigned order)
	must_hold(pcp->lock)
{
	unsigned pindex = order_to_pindex(type, order);
	bool free_high;
	int high, before;

	pcp->alloc_factor >>= 1;
	if (!FAULT(pgfree_uncounted))
		count_vm_events(PGFREE, 1UL << order);
	page->type = PAGE_TYPE_PCP;
	list_add(&page->lru, &pcp->lists[pindex]);
	pcp_add_count(pcp, 1 << order);
	free_high = pcp_free_high(pcp, order);
	if (pcp->free_count < pcp->batch << PCP_BATCH_SCALE_MAX)
		pcp->free_count += 1 << order;
	high = nr_pcp_high(pcp, zone, free_high);
	before = pcp->count;
	if (unlikely(before >= high) && !FAULT(pcp_no_spill))
		pcp_spill(zone, pcp, nr_pcp_free(pcp, high, free_high), pindex);
	check(pcp_is_sound(pcp));
	check(before < high || pcp->count < before);	/* B11 */
}

static always_inline void free_ordered(struct page *page, unsigned order)
{
	u64 pfn = page_to_pfn(page);
	struct zone *zone = pfn_zone(pfn);
	struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);
	unsigned type = get_pageblock_migratetype(zone, pfn);

	if (unlikely(!spin_trylock(&pcp->lock))) {
		free_one_page(zone, page, order);
		return;
	}
	if (unlikely(type >= MIGRATE_PCPTYPES))
		type = MIGRATE_MOVABLE;
	pcp_push(zone, pcp, page, type, order);
	spin_unlock(&pcp->lock);
}

void free_unref_page_commit(struct page *page, unsigned order)
{
	if (likely(!order))
		free_ordered(page, 0);
	else
		free_ordered(page, order);
}

/* ---- draining ---- */
static void drain_pages_zone(unsigned cpu, struct zone *zone)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->pageset, cpu);
	int chunk = pcp->batch << PCP_BATCH_SCALE_MAX, left;

	if (FAULT(pcp_drain_at_once))
		chunk = INT_MAX;
	do {
		spin_lock(&pcp->lock);
		free_pcppages_bulk(zone, chunk, pcp, 0);
		left = pcp->count;
		spin_unlock(&pcp->lock);
	} while (left > 0);
}

/* At most by an eighth of high or 2^5 batches of pages in a second; a batch
 * under one lock, so that others get in between. */
unsigned decay_pcp_high(struct zone *zone, struct per_cpu_pages *pcp)
{
	int batch = pcp->batch, to_drain;
	unsigned todo = 0;

	if (pcp->high > pcp->high_min) {
		int high = max(READ_ONCE(pcp->count) -
			       (batch << PCP_BATCH_SCALE_MAX),
			       pcp->high - (pcp->high >> 3));

		WRITE_ONCE(pcp->high, max(high, pcp->high_min));
		todo += pcp->high > pcp->high_min;
	}
	for (to_drain = READ_ONCE(pcp->count) - pcp->high; to_drain > 0;
	     to_drain -= batch) {
		spin_lock(&pcp->lock);
		free_pcppages_bulk(zone, min(to_drain, batch), pcp, 0);
		spin_unlock(&pcp->lock);
		todo++;
	}
	return todo;
}

unsigned drain_zone_pages(struct zone *zone, struct per_cpu_pages *pcp)
{
	int to_drain = min(READ_ONCE(pcp->count), pcp->batch);

	if (to_drain <= 0)
		return 0;
	spin_lock(&pcp->lock);
	free_pcppages_bulk(zone, to_drain, pcp, 0);
	spin_unlock(&pcp->lock);
	return 1;
}

void drain_local_pages(void)
{
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		drain_pages_zone(smp_processor_id(), zone);
}

void drain_all_pages(void)
{
	struct zone *zone;
	unsigned cpu, i;

	/* Who drains already does it for us, too. */
	if (!mutex_trylock(&pcpu_drain_mutex))
		return;
	for_each_online_cpu(cpu)
		for_each_populated_zone(zone, i)
			if (READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->count))
				drain_pages_zone(cpu, zone);
	mutex_unlock(&pcpu_drain_mutex);
}

/* ---- boot ---- */
static void pcp_init(unsigned cpu, const struct zone *zone)
{
	struct per_cpu_pages *pcp = per_cpu_ptr(zone->pageset, cpu);
	unsigned batch = zone_batchsize(zone->managed_pages);
	unsigned nr_cpus = zone->pgdat->nr_cpus ? zone->pgdat->nr_cpus :
					       num_online_cpus();
	unsigned fraction = percpu_pagelist_high_fraction;
	u64 low = zone->watermark[WMARK_LOW];
	unsigned i;

	if (mm_config.pcp_batch)
		batch = mm_config.pcp_batch;
	spin_lock_init(&pcp->lock, LOCK_PCP);
	for (i = 0; i < NR_PCP_LISTS; i++)
		INIT_LIST_HEAD(&pcp->lists[i]);
	pcp->batch = batch;
	pcp->high_min = zone_highsize(zone->managed_pages, low, batch, nr_cpus,
				      fraction);
	pcp->high_max = zone_highsize(zone->managed_pages, low, batch, nr_cpus,
				      pcp_ops->max_fraction(fraction));
	pcp->flags |= pcp_ops->flags;
	if (pcp->flags & PCPF_FIXED)
		pcp->high = pcp->high_min;
	if (cpus[cpu]->own.data_slice_bytes >> PAGE_SHIFT > 3 * batch)
		pcp->flags |= PCPF_FREE_HIGH_BATCH;
}

void setup_per_cpu_pageset(void)
{
	struct zone *zone;
	unsigned cpu, i;

	mutex_init(&pcpu_drain_mutex, LOCK_PCPU_DRAIN);
	for_each_populated_zone(zone, i)
		for_each_online_cpu(cpu)
			pcp_init(cpu, zone);
}
