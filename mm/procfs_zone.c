/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/zoneinfo and /proc/vmstat (slub spec 5.19; mm/vmstat.c, 6.12). Free
 * pages are the zones' counters, without what CPUs have not folded: what
 * allocations see.
 */
#include "mm/kswapd.h"
#include "mm/mm.h"
#include "mm/procfs.h"
#include "mm/tlbflush.h"
#include "mm/watermark.h"

/* Every node has two zones more, in which there is never any memory. */
enum { ZONE_MOVABLE = MAX_NR_ZONES, ZONE_DEVICE, NR_SHOWN_ZONES };

/* ---- items ---- */
/* After nr_free_pages, all 0: no user memory, no CMA. */
static const char *const zone_stat_names[] = {
	"nr_zone_inactive_anon", "nr_zone_active_anon",
	"nr_zone_inactive_file", "nr_zone_active_file", "nr_zone_unevictable",
	"nr_zone_write_pending", "nr_mlock", "nr_bounce", "nr_zspages",
	"nr_free_cma", "nr_unaccepted",
};

static const char *const numa_stat_names[NR_NUMA_STAT_ITEMS] = {
	[NUMA_HIT]		= "numa_hit",
	[NUMA_MISS]		= "numa_miss",
	[NUMA_FOREIGN]		= "numa_foreign",
	[NUMA_INTERLEAVE]	= "numa_interleave",
	[NUMA_LOCAL]		= "numa_local",
	[NUMA_OTHER]		= "numa_other",
};

/* Kernel stacks and page tables of the kernel itself take no pages, or are not
 * counted here, as in 6.12. */
static const char *const node_stat_names[] = {
	"nr_inactive_anon", "nr_active_anon", "nr_inactive_file",
	"nr_active_file", "nr_unevictable", "nr_slab_reclaimable",
	"nr_slab_unreclaimable", "nr_isolated_anon", "nr_isolated_file",
	"workingset_nodes", "workingset_refault_anon",
	"workingset_refault_file", "workingset_activate_anon",
	"workingset_activate_file", "workingset_restore_anon",
	"workingset_restore_file", "workingset_nodereclaim", "nr_anon_pages",
	"nr_mapped", "nr_file_pages", "nr_dirty", "nr_writeback",
	"nr_writeback_temp", "nr_shmem", "nr_shmem_hugepages",
	"nr_shmem_pmdmapped", "nr_file_hugepages", "nr_file_pmdmapped",
	"nr_anon_transparent_hugepages", "nr_vmscan_write",
	"nr_vmscan_immediate_reclaim", "nr_dirtied", "nr_written",
	"nr_throttled_written", "nr_kernel_misc_reclaimable",
	"nr_foll_pin_acquired", "nr_foll_pin_released", "nr_kernel_stack",
	"nr_page_table_pages", "nr_sec_page_table_pages", "nr_iommu_pages",
	"nr_swapcached", "pgpromote_success", "pgpromote_candidate",
	"pgdemote_kswapd", "pgdemote_direct", "pgdemote_khugepaged",
};

enum { ITEM_SLAB_RECLAIMABLE = 5, ITEM_SLAB_UNRECLAIMABLE = 6 };

static u64 node_item(unsigned nid, unsigned item)
{
	if (item == ITEM_SLAB_RECLAIMABLE)
		return node_page_state(nid, NR_SLAB_RECLAIMABLE);
	if (item == ITEM_SLAB_UNRECLAIMABLE)
		return node_page_state(nid, NR_SLAB_UNRECLAIMABLE) +
			node_page_state(nid, NR_LARGE_KMALLOC);
	return 0;
}

/* Free pages in blocks of a pageblock or more (slub spec 5.20). */
static u64 free_pages_blocks(const struct zone *zone)
{
	u64 pages = 0;

	for (unsigned order = pageblock_order; order < NR_PAGE_ORDERS; order++)
		pages += (u64)READ_ONCE(zone->free_area[order].nr_free)
			<< order;
	return pages;
}

/* ---- zoneinfo ---- */
static void show_item(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "      %-12s %lu\n", name, value);
}

static void show_size(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "        %-8s %lu\n", name, value);
}

static void show_node_items(struct seq_file *m, unsigned nid)
{
	seq_puts(m, "  per-node stats\n");
	for (unsigned item = 0; item < ARRAY_SIZE(node_stat_names); item++)
		show_item(m, node_stat_names[item], node_item(nid, item));
}

/* Zones above hold nothing: a reserve against them is that against Normal. */
static void show_protection(struct seq_file *m, const u64 reserve[])
{
	seq_puts(m, "        protection: (");
	for (unsigned i = 0; i < NR_SHOWN_ZONES; i++)
		seq_printf(m, "%s%lu", i ? ", " : "",
			   reserve[min_t(unsigned, i, MAX_NR_ZONES - 1)]);
	seq_puts(m, ")\n");
}

static void show_sizes(struct seq_file *m, const struct zone *zone)
{
	seq_printf(m, "  pages free     %lu\n", zone_free_pages(zone));
	show_size(m, "boost", READ_ONCE(zone->watermark_boost));
	show_size(m, "min", wmark_pages(zone, WMARK_MIN));
	show_size(m, "low", wmark_pages(zone, WMARK_LOW));
	show_size(m, "high", wmark_pages(zone, WMARK_HIGH));
	if (mm_since(KERNEL_VERSION(6, 12)))
		show_size(m, "promo", wmark_pages(zone, WMARK_PROMO));
	show_size(m, "spanned", zone->spanned_pages);
	show_size(m, "present", zone->spanned_pages);
	show_size(m, "managed", zone->managed_pages);
	show_size(m, "cma", 0);
	show_protection(m, zone->lowmem_reserve);
}

/* 6.18 aligns them by the longer names of two more. */
static void show_of_cpu(struct seq_file *m, const char *name, int value)
{
	seq_printf(m, mm_since(KERNEL_VERSION(6, 18)) ?
		   "              %-10s%d\n" : "              %-7s%d\n", name,
		   value);
}

static void show_pageset(struct seq_file *m, const struct per_cpu_pages *pcp)
{
	show_of_cpu(m, "count:", READ_ONCE(pcp->count));
	show_of_cpu(m, "high:", READ_ONCE(pcp->high));
	show_of_cpu(m, "batch:", pcp->batch);
	if (!mm_since(KERNEL_VERSION(6, 18)))
		return;
	show_of_cpu(m, "high_min:", pcp->high_min);
	show_of_cpu(m, "high_max:", pcp->high_max);
}

static void show_pagesets(struct seq_file *m, const struct zone *zone)
{
	unsigned cpu;

	seq_puts(m, "  pagesets\n");
	for_each_online_cpu(cpu) {
		seq_printf(m, "    cpu: %u\n", cpu);
		show_pageset(m, per_cpu_ptr(zone->pageset, cpu));
		seq_printf(m, "  vm stats threshold: %d\n",
			   per_cpu_ptr(zone->zonestat, cpu)->stat_threshold);
	}
}

static void show_populated(struct seq_file *m, const struct zone *zone)
{
	show_item(m, "nr_free_pages", zone_free_pages(zone));
	if (mm_since(KERNEL_VERSION(6, 18)))
		show_item(m, "nr_free_pages_blocks", free_pages_blocks(zone));
	for (unsigned item = 0; item < ARRAY_SIZE(zone_stat_names); item++)
		show_item(m, zone_stat_names[item], 0);
	for (unsigned item = 0; item < NR_NUMA_STAT_ITEMS; item++)
		show_item(m, numa_stat_names[item],
			  zone_numa_event(zone, (enum numa_stat_item)item));
	show_pagesets(m, zone);
	seq_printf(m, "  node_unreclaimable:  %u\n",
		   pgdat_hopeless(zone->pgdat));
	seq_printf(m, "  start_pfn:           %lu\n", zone->start_pfn);
}

/* Movable has a least mark even so (slub spec 5.7). */
static void show_empty_zone(struct seq_file *m, unsigned nid, const char *name,
			    u64 mark)
{
	struct zone empty = { .watermark = { mark, mark, mark, mark } };

	seq_printf(m, "Node %u, zone %8s\n", nid, name);
	show_sizes(m, &empty);
}

static void show_node(struct seq_file *m, const struct pglist_data *pgdat)
{
	bool first = true;

	for (unsigned i = 0; i < MAX_NR_ZONES; i++) {
		const struct zone *zone = &pgdat->node_zones[i];

		seq_printf(m, "Node %u, zone %8s\n", pgdat->node_id,
			   zone->name);
		if (zone->managed_pages && first) {
			show_node_items(m, pgdat->node_id);
			first = false;
		}
		show_sizes(m, zone);
		if (zone->managed_pages)
			show_populated(m, zone);
	}
	show_empty_zone(m, pgdat->node_id, "Movable",
			mm_since(KERNEL_VERSION(6, 6)) ? 32 : 0);
	show_empty_zone(m, pgdat->node_id, "Device", 0);
}

void zoneinfo_show(struct seq_file *m)
{
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		show_node(m, NODE_DATA(nid));
}

/* ---- vmstat ---- */
static void show_sum(struct seq_file *m, const char *name, u64 value)
{
	seq_printf(m, "%s %lu\n", name, value);
}

static void show_sums_of_zones(struct seq_file *m)
{
	struct zone *zone;
	u64 nr_free = 0, blocks = 0;
	unsigned i;

	for_each_populated_zone(zone, i) {
		nr_free += zone_free_pages(zone);
		blocks += free_pages_blocks(zone);
	}
	show_sum(m, "nr_free_pages", nr_free);
	if (mm_since(KERNEL_VERSION(6, 18)))
		show_sum(m, "nr_free_pages_blocks", blocks);
	for (unsigned item = 0; item < ARRAY_SIZE(zone_stat_names); item++)
		show_sum(m, zone_stat_names[item], 0);
	for (unsigned item = 0; item < NR_NUMA_STAT_ITEMS; item++)
		show_sum(m, numa_stat_names[item],
			 sum_numa_event((enum numa_stat_item)item));
}

static void show_sums_of_nodes(struct seq_file *m)
{
	for (unsigned item = 0; item < ARRAY_SIZE(node_stat_names); item++) {
		u64 sum = 0;

		for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
			sum += node_item(nid, item);
		show_sum(m, node_stat_names[item], sum);
	}
}

/* name_dma, name_dma32, ...: counted for the first nr zones. */
static void show_by_zone(struct seq_file *m, const char *name,
			 unsigned event, unsigned nr)
{
	static const char *const suffixes[NR_SHOWN_ZONES] = {
		[ZONE_DMA] = "dma", [ZONE_DMA32] = "dma32",
		[ZONE_NORMAL] = "normal", [ZONE_MOVABLE] = "movable",
		[ZONE_DEVICE] = "device",
	};

	for (unsigned i = 0; i < NR_SHOWN_ZONES; i++)
		seq_printf(m, "%s_%s %lu\n", name, suffixes[i], i < nr ?
			   sum_vm_event_since_boot(event + i) : 0);
}

/* Nothing is reclaimed or compacted, nobody is killed: an allocation that
 * would need it fails, and has not stalled. */
static void show_events(struct seq_file *m)
{
	struct flush_stat flush;
	struct tlb_stat tlb;

	flush_stat_read(&flush);
	tlb_stat_read(&tlb);
	show_by_zone(m, "pgalloc", PGALLOC_DMA, MAX_NR_ZONES);
	show_by_zone(m, "allocstall", 0, 0);
	show_by_zone(m, "pgskip", 0, 0);
	show_sum(m, "pgfree", sum_vm_event_since_boot(PGFREE));
	show_sum(m, "kswapd_low_wmark_hit_quickly", 0);
	show_sum(m, "kswapd_high_wmark_hit_quickly", 0);
	show_sum(m, "pageoutrun", sum_vm_event_since_boot(PAGEOUTRUN));
	show_sum(m, "oom_kill", 0);
	show_sum(m, "compact_stall", 0);
	show_sum(m, "compact_fail", 0);
	show_sum(m, "compact_success", 0);
	show_sum(m, "nr_tlb_remote_flush", flush.all);
	show_sum(m, "nr_tlb_remote_flush_received", tlb.flush_full);
	show_sum(m, "nr_tlb_local_flush_all", 0);
	show_sum(m, "nr_tlb_local_flush_one", tlb.pages_flushed);
}

void vmstat_show(struct seq_file *m)
{
	show_sums_of_zones(m);
	show_sums_of_nodes(m);
	show_events(m);
}
