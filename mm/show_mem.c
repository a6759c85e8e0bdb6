/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocation failure report (slub spec 5.18; lib/show_mem.c, 6.12). There
 * is no user memory, page cache or swap: what counts them is 0.
 */
#include "mm/show_mem.h"
#include "mm/kswapd.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/watermark.h"

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

static void show_totals(void)
{
	const struct zone *zone;
	unsigned long pcp = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		pcp += zone_pcp_pages(zone);
	printk("active_anon:0 inactive_anon:0 isolated_anon:0");
	printk(" active_file:0 inactive_file:0 isolated_file:0");
	printk(" unevictable:0 dirty:0 writeback:0");
	printk(" slab_reclaimable:%lu slab_unreclaimable:%lu",
	       global_node_page_state(NR_SLAB_RECLAIMABLE),
	       global_node_page_state(NR_SLAB_UNRECLAIMABLE) +
	       global_node_page_state(NR_LARGE_KMALLOC));
	printk(" mapped:0 shmem:0 pagetables:0");
	printk(" sec_pagetables:0 bounce:0");
	printk(" kernel_misc_reclaimable:0");
	printk(" free:%lu free_pcp:%lu free_cma:0",
	       (unsigned long)nr_free_pages(), pcp);
}

static void show_node(unsigned nid)
{
	printk("Node %u active_anon:0kB inactive_anon:0kB active_file:0kB "
	       "inactive_file:0kB unevictable:0kB isolated(anon):0kB "
	       "isolated(file):0kB mapped:0kB dirty:0kB writeback:0kB "
	       "shmem:0kB shmem_thp:0kB shmem_pmdmapped:0kB anon_thp:0kB "
	       "writeback_tmp:0kB kernel_stack:0kB pagetables:0kB "
	       "sec_pagetables:0kB all_unreclaimable? %s", nid,
	       pgdat_hopeless(NODE_DATA(nid)) ? "yes" : "no");
}

static void show_zone(const struct zone *zone)
{
	printk("Node %u %s free:%lukB boost:%lukB min:%lukB low:%lukB "
	       "high:%lukB reserved_highatomic:%luKB active_anon:0kB "
	       "inactive_anon:0kB active_file:0kB inactive_file:0kB "
	       "unevictable:0kB writepending:0kB present:%lukB "
	       "managed:%lukB mlocked:0kB bounce:0kB free_pcp:%lukB "
	       "local_pcp:%lukB free_cma:0kB",
	       zone->node, zone->name, KB(zone_free_pages(zone)),
	       KB(READ_ONCE(zone->watermark_boost)),
	       KB(wmark_pages(zone, WMARK_MIN)),
	       KB(wmark_pages(zone, WMARK_LOW)),
	       KB(wmark_pages(zone, WMARK_HIGH)),
	       KB(READ_ONCE(zone->nr_reserved_highatomic)),
	       KB(zone->spanned_pages), KB(zone->managed_pages),
	       KB(zone_pcp_pages(zone)),
	       KB(READ_ONCE(this_cpu_ptr(zone->pageset)->count)));
	printk("lowmem_reserve[]: %lu %lu %lu",
	       (unsigned long)zone->lowmem_reserve[ZONE_DMA],
	       (unsigned long)zone->lowmem_reserve[ZONE_DMA32],
	       (unsigned long)zone->lowmem_reserve[ZONE_NORMAL]);
}

/* ---- free blocks ---- */
#define BUDDY_LINE	400	/* 11 times "1048576*4096kB (UMEH) ", at most */

static char *append_text(char *to, const char *text)
{
	while (*text)
		*to++ = *text++;
	return to;
}

static char *append_number(char *to, u64 number)
{
	char digits[20];
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (n)
		*to++ = digits[--n];
	return to;
}

/* One order's "n*sizekB ", with the types of its blocks. */
static char *append_order(char *to, unsigned order, u64 nr, u32 types)
{
	static const char letters[MIGRATE_TYPES + 1] = {
		[MIGRATE_UNMOVABLE] = 'U', [MIGRATE_MOVABLE] = 'M',
		[MIGRATE_RECLAIMABLE] = 'E', [MIGRATE_HIGHATOMIC] = 'H',
	};

	to = append_number(to, nr);
	to = append_text(to, "*");
	to = append_number(to, KB(1UL << order));
	to = append_text(to, "kB ");
	if (!nr)
		return to;
	to = append_text(to, "(");
	for (unsigned type = 0; type < MIGRATE_TYPES; type++)
		if (types & 1u << type)
			*to++ = letters[type];
	return append_text(to, ") ");
}

static void show_free_blocks(struct zone *zone)
{
	u64 nr[NR_PAGE_ORDERS], total = 0;
	u32 types[NR_PAGE_ORDERS];
	char line[BUDDY_LINE], *to = line;
	unsigned order, type;
	bool flags;

	spin_lock_irqsave(&zone->lock, flags);
	for (order = 0; order < NR_PAGE_ORDERS; order++) {
		struct free_area *area = &zone->free_area[order];

		nr[order] = area->nr_free;
		types[order] = 0;
		total += nr[order] << order;
		for (type = 0; type < MIGRATE_TYPES; type++)
			if (!list_empty(&area->free_list[type]))
				types[order] |= 1u << type;
	}
	spin_unlock_irqrestore(&zone->lock, flags);
	for (order = 0; order < NR_PAGE_ORDERS; order++)
		to = append_order(to, order, nr[order], types[order]);
	*to = '\0';
	printk("Node %u %s: %s= %lukB", zone->node, zone->name, line,
	       KB(total));
}

static void show_mem(void)
{
	u64 present = 0, managed = 0;
	struct zone *zone;
	unsigned i;

	printk("Mem-Info:");
	show_totals();
	for (i = 0; i < machine_nr_nodes; i++)
		show_node(i);
	for_each_populated_zone(zone, i)
		show_zone(zone);
	for_each_populated_zone(zone, i) {
		show_free_blocks(zone);
		present += zone->spanned_pages;
		managed += zone->managed_pages;
	}
	printk("0 total pagecache pages");
	printk("0 pages in swap cache");
	printk("Free swap  = 0kB");
	printk("Total swap = 0kB");
	printk("%lu pages RAM", (unsigned long)present);
	printk("0 pages HighMem/MovableOnly");
	printk("%lu pages reserved", (unsigned long)(present - managed));
}

void warn_alloc(gfp_t gfp, unsigned order)
{
	char names[256];

	if (!__ratelimit(&alloc_rs))
		return;
	/* A range of nodes, or the only one. */
	if (machine_nr_nodes > 1)
		printk("%s: page allocation failure: order:%u, mode:%#x(%s), "
		       "nodemask=(null),cpuset=/,mems_allowed=0-%u",
		       current->comm, order, gfp,
		       gfp_names(gfp, names, sizeof(names)),
		       machine_nr_nodes - 1);
	else
		printk("%s: page allocation failure: order:%u, mode:%#x(%s), "
		       "nodemask=(null),cpuset=/,mems_allowed=0",
		       current->comm, order, gfp,
		       gfp_names(gfp, names, sizeof(names)));
	dump_stack();
	show_mem();
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
