/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free memory by zone, order and migrate type (slub spec 5.17, 5.19;
 * mm/vmstat.c, 6.12).
 */
#include "mm/fragmentation.h"
#include "mm/procfs.h"

#define NR_SHOWN_TYPES		(MIGRATE_TYPES + 1)
#define FREECOUNT_MAX		100000	/* a walk ends here */

static const char *const migratetype_names[NR_SHOWN_TYPES] = {
	[MIGRATE_UNMOVABLE]	= "Unmovable",
	[MIGRATE_MOVABLE]	= "Movable",
	[MIGRATE_RECLAIMABLE]	= "Reclaimable",
	[MIGRATE_HIGHATOMIC]	= "HighAtomic",
	[MIGRATE_TYPES]		= "Isolate",	/* no page is ever isolated */
};

/* ---- buddyinfo ---- */
void buddyinfo_show(struct seq_file *m)
{
	struct zone *zone;
	unsigned i, order;

	for_each_populated_zone(zone, i) {
		seq_printf(m, "Node %u, zone %8s ", zone->node, zone->name);
		procfs_lock(&zone->lock);
		for (order = 0; order < NR_PAGE_ORDERS; order++)
			seq_printf(m, "%6lu ", zone->free_area[order].nr_free);
		spin_unlock(&zone->lock);
		seq_putc(m, '\n');
	}
}

/* ---- fragmentation indices ---- */
/* An index of each zone and order, in thousandths, printed as a fraction. */
static void index_show(struct seq_file *m, int width,
		       int (*index_of)(unsigned order,
				       const struct contig_page_info *info))
{
	struct zone *zone;
	unsigned i, order;

	for_each_populated_zone(zone, i) {
		seq_printf(m, "Node %u, zone %8s ", zone->node, zone->name);
		for (order = 0; order < NR_PAGE_ORDERS; order++) {
			struct contig_page_info info = { 0 };
			int index;

			fill_contig_page_info(zone, order, &info);
			index = index_of(order, &info);
			seq_printf(m, "%*d.%03d ", width, index / 1000,
				   index % 1000);
		}
		seq_putc(m, '\n');
	}
}

void extfrag_index_show(struct seq_file *m)
{
	index_show(m, 2, fragmentation_index);
}

void unusable_index_show(struct seq_file *m)
{
	index_show(m, 1, unusable_free_index);
}

/* ---- pagetypeinfo ---- */
/* Blocks that boot has freed and nobody has come to yet end their list. */
static u64 deferred_blocks(const struct zone *zone, unsigned order,
			   unsigned type)
{
	u64 first = zone->first_deferred_pfn, end = zone->end_deferred_pfn;

	if (order != MAX_PAGE_ORDER || first >= end ||
	    get_pageblock_migratetype(zone, first) != type)
		return 0;
	return (end - first) >> MAX_PAGE_ORDER;
}

/* The lock is dropped between orders: the kernel's are long. */
static void show_free_count(struct seq_file *m, struct zone *zone,
			    unsigned order, unsigned type)
{
	const struct page *page;
	u64 count = 0;

	procfs_lock(&zone->lock);
	list_for_each_entry(page, &zone->free_area[order].free_list[type],
			    lru)
		if (++count >= FREECOUNT_MAX)
			break;
	count += deferred_blocks(zone, order, type);
	spin_unlock(&zone->lock);
	seq_printf(m, "%s%6lu ", count >= FREECOUNT_MAX ? ">" : "",
		   min_t(u64, count, FREECOUNT_MAX));
}

static void show_free_counts(struct seq_file *m, struct zone *zone)
{
	for (unsigned type = 0; type < NR_SHOWN_TYPES; type++) {
		seq_printf(m, "Node %4u, zone %8s, type %12s ", zone->node,
			   zone->name, migratetype_names[type]);
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
			if (type < MIGRATE_TYPES)
				show_free_count(m, zone, order, type);
			else
				seq_printf(m, "%6u ", 0);
		seq_putc(m, '\n');
	}
}

/* Each pageblock once, by its first frame in the zone; without the lock. */
static void show_block_counts(struct seq_file *m, const struct zone *zone)
{
	u64 end = zone->start_pfn + zone->spanned_pages, next;
	u64 count[NR_SHOWN_TYPES] = { 0 };

	for (u64 pfn = zone->start_pfn; pfn < end; pfn = next) {
		count[get_pageblock_migratetype(zone, pfn)]++;
		next = ALIGN(pfn + 1, pageblock_nr_pages);
	}
	seq_printf(m, "Node %u, zone %8s ", zone->node, zone->name);
	for (unsigned type = 0; type < NR_SHOWN_TYPES; type++)
		seq_printf(m, "%12lu ", count[type]);
	seq_putc(m, '\n');
}

static void show_node(struct seq_file *m, const struct pglist_data *pgdat)
{
	struct zone *zone;
	unsigned i;

	seq_printf(m, "Page block order: %d\n", pageblock_order);
	seq_printf(m, "Pages per block:  %lu\n\n", pageblock_nr_pages);
	seq_printf(m, "%-43s ", "Free pages count per migrate type at order");
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++)
		seq_printf(m, "%6u ", order);
	seq_putc(m, '\n');
	for_each_populated_zone(zone, i)
		if (zone->pgdat == pgdat)
			show_free_counts(m, zone);
	seq_printf(m, "\n%-23s", "Number of blocks type ");
	for (unsigned type = 0; type < NR_SHOWN_TYPES; type++)
		seq_printf(m, "%12s ", migratetype_names[type]);
	seq_putc(m, '\n');
	for_each_populated_zone(zone, i)
		if (zone->pgdat == pgdat)
			show_block_counts(m, zone);
}

static bool has_memory(const struct pglist_data *pgdat)
{
	for (unsigned i = 0; i < MAX_NR_ZONES; i++)
		if (pgdat->node_zones[i].managed_pages)
			return true;
	return false;
}

void pagetypeinfo_show(struct seq_file *m)
{
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		if (has_memory(NODE_DATA(nid)))
			show_node(m, NODE_DATA(nid));
}
