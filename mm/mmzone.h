/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes, zones, their free lists, per-CPU page lists and zonelists (slub spec
 * 5.1). Internal to the page allocator; its callers need mm/page_alloc.h.
 *
 * Who writes what: all of a zone but its middle group is fixed after boot and
 * shared by readers; free_area, flags and lock are written by every refill and
 * bulk free and lie in lines of their own; the global free counter is written
 * once a threshold and CPU, and read by every allocation (spec 7.3).
 */
#ifndef MM_MMZONE_H
#define MM_MMZONE_H

#include "cpus/machine.h"
#include "mm/page.h"
#include "mm/page_alloc.h"

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, MAX_NR_ZONES };

/* First frames above ZONE_DMA (16 MiB) and above ZONE_DMA32 (4 GiB). */
#define MAX_DMA_PFN		(1UL << 12)
#define MAX_DMA32_PFN		(1UL << 20)

/* Nodes and zones begin at multiples of 16 MiB. */
#define GRANULE_SHIFT		12
#define GRANULE_PAGES		(1UL << GRANULE_SHIFT)

static_assert(MAX_PAGE_ORDER <= GRANULE_SHIFT,
	      "buddies are always of one zone");

enum migratetype {
	MIGRATE_UNMOVABLE,
	MIGRATE_MOVABLE,
	MIGRATE_RECLAIMABLE,
	MIGRATE_PCPTYPES,	/* so many types have per-CPU lists */
	MIGRATE_HIGHATOMIC = MIGRATE_PCPTYPES,
	MIGRATE_TYPES,
};

struct free_area {
	struct list_head	free_list[MIGRATE_TYPES];
	u64			nr_free;	/* blocks, of all types */
};

/* 3 types of orders 0 to 3, then order 9: not movable, movable. */
#define NR_LOWORDER_PCP_LISTS	\
	(MIGRATE_PCPTYPES * (PAGE_ALLOC_COSTLY_ORDER + 1))
#define NR_PCP_LISTS		(NR_LOWORDER_PCP_LISTS + 2)

#define PCPF_PREV_FREE_HIGH_ORDER	1	/* the last free had an order */
#define PCPF_FREE_HIGH_BATCH		2	/* keep a batch in the cache */
#define PCPF_FIXED			4	/* runs of frees are nothing */

/* One zone's pages cached by one CPU (spec 5.4). */
struct per_cpu_pages {
	spinlock_t		lock;
	/* Under lock (count is read without it by drain_all_pages): */
	int			count;		/* pages */
	int			high;		/* spill at this count */
	int			high_min, high_max;
	int			batch;
	u8			flags;		/* PCPF_* */
	u8			alloc_factor;	/* refill batch << this */
	u8			expire;		/* of the vmstat worker: seconds
						 * left to a remote zone's */
	int			free_count;	/* freed since last allocs */
	struct list_head	lists[NR_PCP_LISTS];
} cacheline_aligned;

struct per_cpu_zonestat {
	/* What this CPU has not yet folded into zone->free_pages. */
	s8	free_pages_diff;
	s8	stat_threshold;
	u64	numa_event[NR_NUMA_STAT_ITEMS];
};

struct per_cpu_nodestat {
	u64	nr[NR_VM_NODE_STAT_ITEMS];
	bool	changed;	/* since the vmstat worker was there */
};

enum zone_watermarks {
	WMARK_MIN, WMARK_LOW, WMARK_HIGH, WMARK_PROMO, NR_WMARK,
};

/* Bits of zone->flags. */
#define ZONE_BOOSTED_WATERMARK	1u	/* kswapd is to be woken */
#define ZONE_RECLAIM_ACTIVE	2u	/* kswapd runs */
#define ZONE_BELOW_HIGH		4u	/* pcp lists shrink */

struct pglist_data;

struct zone {
	/* Fixed after boot: */
	u64			watermark[NR_WMARK];
	/* Added to the marks; under lock, read without (spec 5.9): */
	u64			watermark_boost;
	u64			lowmem_reserve[MAX_NR_ZONES];
	/* per-CPU pointers: */
	struct per_cpu_pages	*pageset;
	struct per_cpu_zonestat	*zonestat;
	u64			*pageblock_flags; /* 4 bits a block */
	u64			start_pfn;
	u64			spanned_pages;
	u64			managed_pages;	/* [start_pfn, + managed) */
	u64			percpu_drift_mark; /* below: sum exactly */
	const char		*name;
	struct pglist_data	*pgdat;
	unsigned		node;
	enum zone_type		idx;
	/* Written under lock, read without: */
	u64			nr_reserved_highatomic;
	u64			nr_free_highatomic;
	/* Under lock: order-10 blocks that boot freed and that nobody has come
	 * to yet. They follow the last block of their list, and are counted;
	 * their struct page is still all zero (mm/buddy.c). */
	u64			first_deferred_pfn, end_deferred_pfn;

	/* The write-hot group. flags: atomic bits. */
	struct free_area	free_area[NR_PAGE_ORDERS] cacheline_aligned;
	u32			flags;
	spinlock_t		lock;	/* free_area, pageblock types */

	/* NR_FREE_PAGES but for the per-CPU differences. */
	atomic_long_t		free_pages cacheline_aligned;
	/* In room that nobody needs: of the live checks (mm/page_checks.c).
	 * Under lock: */
	unsigned		hold_length;	/* blocks moved so far */
	unsigned		nr_scans;	/* pageblocks since the last */
	/* Atomics: attempts by right; what all attempts may have taken at most,
	 * in pages, and those of them that are over. */
	u32			nr_by_right;
	u64			pages_begun, pages_over;
} cacheline_aligned;

static_assert(offsetof(struct zone, free_area) % CACHELINE == 0 &&
	      offsetof(struct zone, free_pages) % CACHELINE == 0,
	      "the write-hot group shares no line (spec 7.3)");

struct zoneref {
	struct zone	*zone;		/* NULL ends the list */
	unsigned	zone_idx;
};

enum { ZONELIST_FALLBACK, ZONELIST_NOFALLBACK, MAX_ZONELISTS };

struct zonelist {
	struct zoneref	zonerefs[MAX_NUMNODES * MAX_NR_ZONES + 1];
};

struct pglist_data {
	struct zone	node_zones[MAX_NR_ZONES];
	struct zonelist	node_zonelists[MAX_ZONELISTS];
	unsigned	node_id;
	unsigned	nr_cpus;	/* online CPUs of this node */
	struct work_struct kswapd;	/* mm/kswapd.c */
	u32		kswapd_order;	/* atomics: largest it is woken for */
	u32		kswapd_failures; /* passes that have not helped */
	struct per_cpu_nodestat	*nodestat;	/* per-CPU pointer */
	u64		memory_end_pfn;	/* managed memory ends here: above lie
					 * boot allocations, memmap, per-CPU */
};

/* All nodes; the zones that have managed pages, by node, then by address. */
extern struct pglist_data *node_data[MAX_NUMNODES];
extern struct zone *populated_zones[MAX_NUMNODES * MAX_NR_ZONES];
extern unsigned nr_populated_zones;
#define NODE_DATA(nid)	(node_data[nid])
#define for_each_populated_zone(zone, i) \
	for ((i) = 0; (i) < nr_populated_zones && \
	     ((zone) = populated_zones[i], true); (i)++)

/* The zone of each 16 MiB granule of physical memory. */
extern struct zone **granule_zones;

static inline struct zone *pfn_zone(u64 pfn)
{
	return granule_zones[pfn >> GRANULE_SHIFT];
}

/* Boot, in this order: nodes, zones and their boot memory (page.c); all else
 * that page_alloc_init() calls. */
void free_area_init(void);
void memblock_free_all(void);
void build_all_zonelists(void);

/* ---- live checks: each in if_checked() (mm/page_checks.c) ---- */
/* B19: a hold of zone->lock begins; it has moved a block, it has gone through
 * a pageblock on its way to one; it ends. */
void zone_hold_begins(struct zone *zone) must_hold(zone->lock);
void zone_hold_counts(struct zone *zone) must_hold(zone->lock);
void zone_hold_scans(struct zone *zone) must_hold(zone->lock);
void zone_hold_ends(struct zone *zone) must_hold(zone->lock);
/* B13: from before a zone's watermark is looked at until nr blocks were taken
 * or not. gave: they were, without a right to the reserve. */
struct zone_attempt {
	u64	pages;		/* that it may take at most */
	u64	over;		/* of the zone's, when it began */
	u32	by_right;	/* likewise */
};

void zone_attempt_begins(struct zone_attempt *attempt, struct zone *zone,
			 u64 nr, unsigned order, bool by_right);
void zone_attempt_ends(const struct zone_attempt *attempt, struct zone *zone,
		       bool gave);

/* ---- pageblock types: 16 to a word, read without lock ---- */
#define PAGEBLOCK_BITS		4
#define PAGEBLOCKS_PER_WORD	(64 / PAGEBLOCK_BITS)
#define PAGEBLOCK_TYPE_MASK	7UL

/* True when memory is too small for grouping: all requests are Unmovable. */
extern bool page_group_by_mobility_disabled;

static inline u64 pageblock_nr(const struct zone *zone, u64 pfn)
{
	return (pfn >> pageblock_order) - (zone->start_pfn >> pageblock_order);
}

static inline unsigned get_pageblock_migratetype(const struct zone *zone,
						 u64 pfn)
{
	u64 nr = pageblock_nr(zone, pfn);
	u64 word = READ_ONCE(zone->pageblock_flags[nr / PAGEBLOCKS_PER_WORD]);

	return word >> (nr % PAGEBLOCKS_PER_WORD * PAGEBLOCK_BITS) &
	       PAGEBLOCK_TYPE_MASK;
}

/* Under zone->lock. */
void set_pageblock_migratetype(struct zone *zone, u64 pfn, unsigned type);

/* ---- free pages of a zone: one global counter, a difference a CPU ---- */
/* Interrupts off (spec 5.8; mm/vmstat.c, 6.12). */
static inline void mod_zone_free_pages(struct zone *zone, long delta)
{
	struct per_cpu_zonestat *stat = this_cpu_ptr(zone->zonestat);
	long x = READ_ONCE(stat->free_pages_diff) + delta;
	long t = READ_ONCE(stat->stat_threshold);

	if (unlikely(x > t || x < -t)) {
		atomic_long_add(x, &zone->free_pages);
		x = 0;
	}
	WRITE_ONCE(stat->free_pages_diff, (s8)x);
}

/* NR_FREE_PAGES as watermarks see it: without what CPUs have not folded. */
static inline u64 zone_free_pages(const struct zone *zone)
{
	long nr = atomic_long_read(&zone->free_pages);

	return nr < 0 ? 0 : (u64)nr;
}

/*
 * The vmstat worker (mm/vmstat_worker.c): each second, on CPUs that have
 * something to fold. Folds this CPU's differences, lowers and drains its lists;
 * returns how much it has changed. May sleep.
 */
unsigned refresh_cpu_vm_stats(void);
void vmstat_init(void);
/* While it is paused it does nothing, and none is running when this returns;
 * for the audit. May sleep. */
void vmstat_pause(void);
void vmstat_resume(void);

u64 zone_numa_event(const struct zone *zone, enum numa_stat_item item);
/* With it: exact at quiescence. */
u64 zone_free_pages_snapshot(const struct zone *zone);
/* Unlike sum_vm_event(), not since vm_events_reset(). */
u64 sum_vm_event_since_boot(unsigned event);

#endif
