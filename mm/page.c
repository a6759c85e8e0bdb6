/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memmap, nodes and zones by address, and boot memory (slub spec 5.1).
 *
 * Each node keeps back, from the end of its memory downwards: what the machine
 * took for per-CPU areas, the memmap of the node (64 bytes a frame: the share
 * a real kernel pays; the room itself is elsewhere and backed lazily), and what
 * boot allocates here. The rest is managed: one stretch from the start of each
 * zone. Frame 0 is never given out. Giving a zone to the buddy lists touches a
 * handful of struct pages, however large it is.
 */
#include "mm/buddy.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"

DEFINE_FAULT(managed_off_by_one, "B9", "a zone says it manages a page more");
DEFINE_FAULT(reserve_without_block, "B18",
	     "a HighAtomic reserve is counted, not made");

u64 max_pfn;
struct pglist_data *node_data[MAX_NUMNODES];
struct zone *populated_zones[MAX_NUMNODES * MAX_NR_ZONES];
unsigned nr_populated_zones;
struct zone **granule_zones;
bool page_group_by_mobility_disabled;

static const char *const zone_names[MAX_NR_ZONES] = {
	"DMA", "DMA32", "Normal",
};
static const u64 zone_limits[MAX_NR_ZONES + 1] = {
	0, MAX_DMA_PFN, MAX_DMA32_PFN, ~0UL,
};

/* Physical address down to which each node's memory is taken; boot only. */
static u64 boot_end[MAX_NUMNODES];

unsigned pfn_to_nid(u64 pfn)
{
	return pfn_zone(pfn)->node;
}

struct zone *page_zone(struct page *page)
{
	return pfn_zone(page_to_pfn(page));
}

u64 totalram_pages(void)
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		sum += zone->managed_pages;
	return sum;
}

void set_pageblock_migratetype(struct zone *zone, u64 pfn, unsigned type)
{
	u64 nr = pageblock_nr(zone, pfn);
	u64 *word = &zone->pageblock_flags[nr / PAGEBLOCKS_PER_WORD];
	unsigned shift = nr % PAGEBLOCKS_PER_WORD * PAGEBLOCK_BITS;
	u64 old = READ_ONCE(*word);
	u64 new;

	/* Other blocks of the word may change at the same time. */
	do {
		new = old & ~(PAGEBLOCK_TYPE_MASK << shift);
		new |= (u64)type << shift;
	} while (!try_cmpxchg(word, &old, new));
}

/* ---- boot memory ---- */
static bool node_has_memory(unsigned nid)
{
	return machine_nodes[nid].end > machine_nodes[nid].start;
}

/* From the top of the node's memory; zero, as the arena is at boot. */
static void *boot_alloc(unsigned nid, u64 size, u64 align)
{
	boot_end[nid] = ALIGN_DOWN(boot_end[nid] - size, align);
	must(boot_end[nid] > machine_nodes[nid].start);
	return machine_direct_map + boot_end[nid];
}

static unsigned boot_node(unsigned nid)
{
	unsigned i;

	if (node_has_memory(nid))
		return nid;
	for (i = 0; i < machine_nr_nodes; i++)
		if (node_has_memory(i))
			return i;
	must(!"a machine without memory");
	return 0;
}

static void reserve_memmap(unsigned nid)
{
	u64 pages = (machine_nodes[nid].end - machine_nodes[nid].start) >>
		    PAGE_SHIFT;

	boot_alloc(nid, pages * sizeof(struct page), PAGE_SIZE);
}

/* ---- nodes and zones ---- */
static void zone_init_free_lists(struct zone *zone)
{
	unsigned order, type;

	for (order = 0; order < NR_PAGE_ORDERS; order++)
		for (type = 0; type < MIGRATE_TYPES; type++)
			INIT_LIST_HEAD(&zone->free_area[order].free_list[type]);
	spin_lock_init(&zone->lock, LOCK_ZONE);
}

static u64 pageblock_words(const struct zone *zone)
{
	u64 nr = pageblock_nr(zone, zone->start_pfn + zone->spanned_pages - 1);

	return nr / PAGEBLOCKS_PER_WORD + 1;
}

static void zone_init(struct pglist_data *pgdat, enum zone_type idx)
{
	const struct machine_node *node = &machine_nodes[pgdat->node_id];
	struct zone *zone = &pgdat->node_zones[idx];
	u64 start = max(node->start >> PAGE_SHIFT, zone_limits[idx]);
	u64 end = min(node->end >> PAGE_SHIFT, zone_limits[idx + 1]);
	u64 g;

	zone->idx = idx;
	zone->name = zone_names[idx];
	zone->node = pgdat->node_id;
	zone->pgdat = pgdat;
	zone_init_free_lists(zone);
	if (start >= end)
		return;
	for (g = start >> GRANULE_SHIFT; g <= (end - 1) >> GRANULE_SHIFT; g++)
		granule_zones[g] = zone;
	zone->start_pfn = start ? start : 1;
	zone->spanned_pages = end - zone->start_pfn;
	zone->pageblock_flags = boot_alloc(zone->node, pageblock_words(zone) *
					   sizeof(u64), CACHELINE);
}

static void node_init(unsigned nid)
{
	struct pglist_data *pgdat;
	unsigned cpu, i;

	pgdat = boot_alloc(boot_node(nid), sizeof(*pgdat), PAGE_SIZE);
	pgdat->node_id = nid;
	for_each_online_cpu(cpu)
		pgdat->nr_cpus += cpu_to_node(cpu) == nid;
	for (i = 0; i < MAX_NR_ZONES; i++)
		zone_init(pgdat, i);
	node_data[nid] = pgdat;
}

/* What boot has not taken, zone by zone. */
static void node_init_managed(struct pglist_data *pgdat)
{
	u64 end = boot_end[pgdat->node_id] >> PAGE_SHIFT;
	unsigned i;

	pgdat->memory_end_pfn = end;
	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &pgdat->node_zones[i];
		u64 zone_end = zone->start_pfn + zone->spanned_pages;

		zone_end = min(zone_end, end);
		if (zone_end <= zone->start_pfn)
			continue;
		zone->managed_pages = zone_end - zone->start_pfn;
		if (FAULT(managed_off_by_one))
			zone->managed_pages++;
		populated_zones[nr_populated_zones++] = zone;
	}
}

void free_area_init(void)
{
	unsigned nid;

	static_assert(sizeof(struct zone *) == 8, "the granule table's size");
	for (nid = 0; nid < machine_nr_nodes; nid++) {
		boot_end[nid] = machine_nodes[nid].reserved;
		max_pfn = max(max_pfn, machine_nodes[nid].end >> PAGE_SHIFT);
		if (node_has_memory(nid))
			reserve_memmap(nid);
	}
	granule_zones = boot_alloc(boot_node(0),
				   ((max_pfn >> GRANULE_SHIFT) + 1) * 8,
				   CACHELINE);
	for (nid = 0; nid < machine_nr_nodes; nid++)
		node_init(nid);
	for (nid = 0; nid < machine_nr_nodes; nid++)
		node_init_managed(node_data[nid]);
}

/* As memblock does: ascending, in the largest aligned blocks. */
static void zone_free_all(struct zone *zone)
{
	u64 pfn = zone->start_pfn;
	u64 end = min(pfn + zone->spanned_pages, zone->pgdat->memory_end_pfn);

	while (pfn < end) {
		unsigned order = __builtin_ctzll(pfn);
		u64 nr = 1;

		order = min(order, (unsigned)MAX_PAGE_ORDER);
		while (pfn + (1UL << order) > end)
			order--;
		if (order == MAX_PAGE_ORDER)
			nr = (end - pfn) >> order;
		buddy_release_blocks(zone, pfn, order, nr);
		pfn += nr << order;
	}
}

/* Grouping is not worth it in a small machine (mm/page_alloc.c,
 * build_all_zonelists); of five types, one is never used here. */
static void decide_grouping(void)
{
	const u64 kernel_migrate_types = 5;
	struct zone *zone;
	u64 pages = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		if (zone->managed_pages > zone->watermark[WMARK_HIGH])
			pages += zone->managed_pages -
				 zone->watermark[WMARK_HIGH];
	page_group_by_mobility_disabled =
		pages < pageblock_nr_pages * kernel_migrate_types;
}

void memblock_free_all(void)
{
	struct zone *zone;
	u64 type, word;
	unsigned i;

	decide_grouping();
	type = page_group_by_mobility_disabled ? MIGRATE_UNMOVABLE :
						 MIGRATE_MOVABLE;
	for_each_populated_zone(zone, i) {
		for (word = 0; word < pageblock_words(zone); word++)
			zone->pageblock_flags[word] = 0x1111111111111111 * type;
		if (FAULT(reserve_without_block))
			zone->nr_reserved_highatomic += pageblock_nr_pages;
		zone_free_all(zone);
	}
}
