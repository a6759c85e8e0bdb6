/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocation failure report (slub spec 5.18): the first line, and of what
 * follows the zone lines with the fields that exist here.
 */
#include "mm/show_mem.h"
#include "mm/mmzone.h"

#define KB(pages)	((unsigned long)(pages) << (PAGE_SHIFT - 10))

#define ONE_IN_10_S	{ .interval_ns = 10000000000UL, .burst = 1 }

static struct ratelimit_state alloc_rs = ONE_IN_10_S;
static struct ratelimit_state reclaim_rs = ONE_IN_10_S;
static bool order_warned;

bool __ratelimit(struct ratelimit_state *rs)
{
	u64 now = sched_clock();
	u64 begin = READ_ONCE(rs->begin_ns);

	/* Whoever begins an interval empties it. */
	if ((!begin || now >= begin + rs->interval_ns) &&
	    try_cmpxchg(&rs->begin_ns, &begin, now | 1))
		WRITE_ONCE(rs->printed, 0);
	return READ_ONCE(rs->printed) < rs->burst &&
	       __atomic_fetch_add(&rs->printed, 1, __ATOMIC_RELAXED) <
	       rs->burst;
}

static unsigned long zone_pcp_pages(const struct zone *zone)
{
	unsigned long sum = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->pageset, cpu)->count);
	return sum;
}

static void show_zone(const struct zone *zone)
{
	printk("Node %u %s free:%lukB boost:0kB min:%lukB low:%lukB "
	       "high:%lukB reserved_highatomic:%luKB present:%lukB "
	       "managed:%lukB free_pcp:%lukB local_pcp:%lukB free_cma:0kB",
	       zone->node, zone->name, KB(zone_free_pages(zone)),
	       KB(zone->watermark[WMARK_MIN]), KB(zone->watermark[WMARK_LOW]),
	       KB(zone->watermark[WMARK_HIGH]),
	       KB(READ_ONCE(zone->nr_reserved_highatomic)),
	       KB(zone->spanned_pages), KB(zone->managed_pages),
	       KB(zone_pcp_pages(zone)),
	       KB(READ_ONCE(this_cpu_ptr(zone->pageset)->count)));
	printk("lowmem_reserve[]: %lu %lu %lu",
	       (unsigned long)zone->lowmem_reserve[ZONE_DMA],
	       (unsigned long)zone->lowmem_reserve[ZONE_DMA32],
	       (unsigned long)zone->lowmem_reserve[ZONE_NORMAL]);
}

void warn_alloc(gfp_t gfp, unsigned order)
{
	const struct zone *zone;
	char names[256];
	unsigned i;

	if (!__ratelimit(&alloc_rs))
		return;
	printk("%s: page allocation failure: order:%u, mode:%#x(%s), "
	       "nodemask=(null),cpuset=/,mems_allowed=0-%u", current->comm,
	       order, gfp, gfp_names(gfp, names, sizeof(names)),
	       machine_nr_nodes - 1);
	printk("Mem-Info:");
	for_each_populated_zone(zone, i)
		show_zone(zone);
}

void warn_reclaim_needed(gfp_t gfp, unsigned order)
{
	char names[256];

	if (!__ratelimit(&reclaim_rs))
		return;
	printk("%s: order:%u, mode:%#x(%s): the kernel would reclaim now; "
	       "reclaim is not emulated, the allocation fails", current->comm,
	       order, gfp, gfp_names(gfp, names, sizeof(names)));
}

void warn_order(unsigned order)
{
	if (!xchg(&order_warned, true))
		printk("WARNING: page allocation of order %u, above %u", order,
		       MAX_PAGE_ORDER);
}
