/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views of pages, zones and events; what showing costs. */
#include "mm/mmzone.h"
#include "mm/tlbflush.h"
#include "mm/vmalloc.h"
#include "mm/watermark.h"
#include "tests/kernel.h"
#include "tests/sim_clock.h"
#include "tests/view.h"

/* ---- free memory -------------------------------------------------------- */
struct free_counts {
	u64	of[MAX_NUMNODES * MAX_NR_ZONES][NR_PAGE_ORDERS];
};

/* Adds the 11 numbers of a row. */
static void add_row(u64 into[], const char *row)
{
	char *end;

	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		into[order] += strtoul(row, &end, 10);
		must(end != row);
		row = end;
	}
}

static void read_buddyinfo(struct free_counts *counts)
{
	struct seq_file m = view(buddyinfo_show);
	struct zone *zone;
	char prefix[64];
	unsigned i;

	for_each_populated_zone(zone, i) {
		snprintf(prefix, sizeof(prefix), "Node %u, zone %8s ",
			 zone->node, zone->name);
		add_row(counts->of[i], line_of(seq_text(&m), prefix));
	}
	seq_release(&m);
}

static void read_pagetypeinfo(struct free_counts *counts)
{
	static const char *const types[] = {
		"Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate",
	};
	struct seq_file m = view(pagetypeinfo_show);
	struct zone *zone;
	char prefix[64];
	unsigned i;

	for_each_populated_zone(zone, i)
		for (unsigned t = 0; t < ARRAY_SIZE(types); t++) {
			snprintf(prefix, sizeof(prefix), "Node %4u, zone %8s, "
				 "type %12s ", zone->node, zone->name,
				 types[t]);
			add_row(counts->of[i],
				line_of(seq_text(&m), prefix));
		}
	seq_release(&m);
}

static void compare_free_memory(void *arg)
{
	static struct free_counts buddy, types;
	const struct zone *last = populated_zones[nr_populated_zones - 1];
	u64 pages = 0;

	/* Blocks that are on no list yet are counted too. */
	must(last->first_deferred_pfn < last->end_deferred_pfn);
	fragment();
	read_buddyinfo(&buddy);
	read_pagetypeinfo(&types);
	for (unsigned i = 0; i < nr_populated_zones; i++)
		for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
			must(buddy.of[i][order] == types.of[i][order]);
			pages += buddy.of[i][order] << order;
		}
	must(pages == nr_free_pages());
}

static void buddyinfo_and_pagetypeinfo_hold_all_free_pages(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .nodes = 2, .kernel = 1,
		.memory_bytes = 512 << 20, .seeds = 3 },
		compare_free_memory, NULL);
}

/* Every pageblock that the zone has a part of, once. */
static void count_blocks(void *arg)
{
	struct seq_file m = view(pagetypeinfo_show);
	struct zone *zone;
	char prefix[64];
	unsigned i;

	for_each_populated_zone(zone, i) {
		u64 sum = 0, first = zone->start_pfn >> pageblock_order;
		u64 last = (zone->start_pfn + zone->spanned_pages - 1) >>
			pageblock_order;
		const char *row = NULL, *next = seq_text(&m);
		char *end;

		snprintf(prefix, sizeof(prefix), "Node %u, zone %8s ",
			 zone->node, zone->name);
		while ((next = line_of(next, prefix)))
			row = next;
		must(row);
		for (unsigned type = 0; type < 5; type++) {
			sum += strtoul(row, &end, 10);
			row = end;
		}
		must(sum == last - first + 1);
	}
	seq_release(&m);
}

static void pagetypeinfo_counts_each_pageblock(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .nodes = 2, .kernel = 1 },
		count_blocks, NULL);
}

/* ---- zones and nodes ---------------------------------------------------- */
/* The number behind name at the beginning of a line, after prefix. */
static u64 item_of(const char *text, const char *name)
{
	char prefix[64];
	const char *line;

	snprintf(prefix, sizeof(prefix), "%s ", name);
	line = line_of(text, prefix);
	must(line);
	return strtoul(line, NULL, 10);
}

static const char *zone_section(const struct seq_file *m,
				const struct zone *zone)
{
	char prefix[64];
	const char *section;

	snprintf(prefix, sizeof(prefix), "Node %u, zone %8s\n", zone->node,
		 zone->name);
	section = line_of(seq_text(m), prefix);
	must(section);
	return section;
}

static u64 sum_of_managed(const struct seq_file *m)
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		sum += item_of(zone_section(m, zone), "        managed ");
	return sum;
}

static void compare_zones(void *arg)
{
	struct zone *zone;
	struct seq_file m;
	unsigned i;

	fragment();
	m = view(zoneinfo_show);
	must(sum_of_managed(&m) == totalram_pages());
	for_each_populated_zone(zone, i) {
		const char *text = zone_section(&m, zone);

		must(item_of(text, "        min     ") ==
		     wmark_pages(zone, WMARK_MIN));
		must(item_of(text, "        promo   ") ==
		     wmark_pages(zone, WMARK_PROMO));
		must(item_of(text, "  pages free    ") ==
		     item_of(text, "      nr_free_pages"));
		must(item_of(text, "              batch:") ==
		     (u64)this_cpu_ptr(zone->pageset)->batch);
		must(item_of(text, "              count:") ==
		     (u64)this_cpu_ptr(zone->pageset)->count);
	}
	seq_release(&m);
}

static void zoneinfo_holds_the_zones_limits(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .nodes = 2, .kernel = 1,
		.memory_bytes = 512 << 20 }, compare_zones, NULL);
}

#define NR_SERVED	50

/* This CPU is of node 0: what it asks of node 1 is other, and a hit. */
static void count_numa(void *arg)
{
	const struct zone *zone = NULL;
	struct seq_file before, after;
	void *large[2];
	unsigned i;

	for (i = 0; i < nr_populated_zones; i++)
		if (populated_zones[i]->node == 1)
			zone = populated_zones[i];
	must(zone);
	before = view(zoneinfo_show);
	for (i = 0; i < NR_SERVED; i++)
		must(alloc_pages_node(1, GFP_KERNEL, 0));
	for (i = 0; i < ARRAY_SIZE(large); i++) {
		large[i] = kmalloc_node(64 << 10, GFP_KERNEL, 1);
		must(large[i]);
	}
	after = view(zoneinfo_show);
	must(item_of(zone_section(&after, zone), "      numa_hit    ") ==
	     item_of(zone_section(&before, zone), "      numa_hit    ") +
	     NR_SERVED + 2);
	must(item_of(zone_section(&after, zone), "      numa_other  ") ==
	     item_of(zone_section(&before, zone), "      numa_other  ") +
	     NR_SERVED + 2);
	must(item_of(zone_section(&after, zone), "      numa_local  ") ==
	     item_of(zone_section(&before, zone), "      numa_local  "));
	/* Large kmalloc is unreclaimable slab memory, of its node. */
	must(item_of(zone_section(&after, zone),
		     "      nr_slab_unreclaimable") ==
	     item_of(zone_section(&before, zone),
		     "      nr_slab_unreclaimable") + 2 * 16);
	kfree(large[0]);
	kfree(large[1]);
	seq_release(&before);
	seq_release(&after);
}

static void zoneinfo_counts_where_memory_was_had(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .nodes = 2, .kernel = 1,
		.topology = "numa:2 core:1 pu:1" }, count_numa, NULL);
}

static void count_events(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("rcl", 4096, 0,
						 SLAB_RECLAIM_ACCOUNT, NULL);
	struct seq_file before = view(vmstat_show), after;
	void *object = kmem_cache_alloc(s, GFP_KERNEL);
	const char *then = seq_text(&before), *now;

	must(object);
	__free_pages(alloc_pages(GFP_KERNEL, 2), 2);
	__free_pages(alloc_pages(GFP_KERNEL | GFP_DMA, 0), 0);
	flush_tlb_all();
	flush_tlb_kernel_range(VMALLOC_START, VMALLOC_START + 3 * PAGE_SIZE);
	after = view(vmstat_show);
	now = seq_text(&after);
	must(item_of(now, "pgalloc_dma") - item_of(then, "pgalloc_dma") == 1);
	/* 4 pages, and the slab's 2 or more */
	must(item_of(now, "pgalloc_dma32") - item_of(then, "pgalloc_dma32") ==
	     4 + item_of(now, "nr_slab_reclaimable"));
	must(item_of(now, "pgfree") - item_of(then, "pgfree") == 5);
	must(item_of(now, "nr_slab_reclaimable") > 0);
	must(item_of(now, "nr_free_pages") <=
	     item_of(then, "nr_free_pages"));
	must(item_of(now, "nr_tlb_remote_flush") -
	     item_of(then, "nr_tlb_remote_flush") == 1);
	/* On every CPU, the caller among them. */
	must(item_of(now, "nr_tlb_remote_flush_received") -
	     item_of(then, "nr_tlb_remote_flush_received") == 3);
	must(item_of(now, "nr_tlb_local_flush_one") -
	     item_of(then, "nr_tlb_local_flush_one") == 3 * 3);
	seq_release(&before);
	seq_release(&after);
	kmem_cache_free(s, object);
	kmem_cache_destroy(s);
}

static void vmstat_counts_events(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .kernel = 1 }, count_events,
		NULL);
}

static void nothing(void *info)
{
}

static void interrupt_each(void *arg)
{
	struct seq_file m;
	unsigned n;

	for (n = 0; n < 7; n++)
		must(!smp_call_function_single(1, nothing, NULL, true));
	for (n = 0; n < 2; n++)
		on_each_cpu(nothing, NULL, true);
	m = view(interrupts_show);
	must(!strcmp(seq_text(&m),
		     "           CPU0       CPU1       CPU2       \n"
		     "CAL:          0          9          2   "
		     "Function call interrupts\n"
		     "TLB:          0          0          0   "
		     "TLB shootdowns\n"));
	seq_release(&m);
}

static void interrupts_counts_function_calls_by_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = 3, .seeds = 100 },
		interrupt_each, NULL);
}

/* ---- what showing costs ------------------------------------------------- */
static void (*const shows[])(struct seq_file *m) = {
	buddyinfo_show, pagetypeinfo_show, extfrag_index_show,
	unusable_index_show, slabinfo_show, vmallocinfo_show, zoneinfo_show,
	vmstat_show, interrupts_show, lock_stat_show,
};

static void show_each(void *arg)
{
	vaddr_t area = vmalloc(600 * PAGE_SIZE);
	u64 now, events, slub[2][NR_SLUB_STAT_ITEMS];
	struct tlb_stat tlb[2];

	fragment();
	slub_stat_sum(slub[0]);
	tlb_stat_read(&tlb[0]);
	/* Not view(): the test's own code costs time. */
	machine_quiet_begin();
	now = sched_clock();
	events = nr_events();
	for (unsigned i = 0; i < ARRAY_SIZE(shows); i++) {
		struct seq_file m = { 0 };

		local_irq_disable();
		shows[i](&m);
		local_irq_enable();
		seq_release(&m);
	}
	if (machine_is_virtual())
		must(sched_clock() == now && nr_events() == events);
	machine_quiet_end();
	slub_stat_sum(slub[1]);
	tlb_stat_read(&tlb[1]);
	must(!memcmp(slub[0], slub[1], sizeof(slub[0])));
	must(!memcmp(&tlb[0], &tlb[1], sizeof(tlb[0])));
	vfree(area);
}

static void showing_takes_no_time_and_counts_nothing(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1, .seeds = 3 },
		show_each, NULL);
}

/* ---- beside others ------------------------------------------------------ */
static u32 held;

static void hold_and_show(void *arg, unsigned cpu)
{
	struct zone *zone = populated_zones[0];
	struct seq_file m;
	bool flags;

	if (cpu == 1) {
		spin_lock_irqsave(&zone->lock, flags);
		smp_store_release(&held, 1);
		ndelay(50000);
		smp_store_release(&held, 2);
		spin_unlock_irqrestore(&zone->lock, flags);
	} else {
		while (!smp_load_acquire(&held))
			cpu_relax();
		m = view(buddyinfo_show);
		must(smp_load_acquire(&held) == 2);
		must(m.count);
		seq_release(&m);
	}
}

static void hold(void *arg)
{
	held = 0;
	on_all_cpus(hold_and_show, NULL);
}

static void a_lock_that_is_held_is_waited_for(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1, .seeds = 10 },
		hold, NULL);
}

/*
 * Freed by one CPU while the other looks: lists are whole under their locks.
 * Views that read CPUs' counters as they are need a machine on which that is
 * no data race.
 */
#define NR_LOCKING	6

static void churn_and_show(void *arg, unsigned cpu)
{
	unsigned nr = machine_is_virtual() ? ARRAY_SIZE(shows) : NR_LOCKING;

	for (unsigned i = 0; i < 40; i++) {
		vaddr_t area = vmalloc((1 + i % 7) * PAGE_SIZE);
		void *object = kmalloc(64 << i % 6, GFP_KERNEL);
		struct seq_file m;

		must(area && object);
		m = view(shows[i % nr]);
		must(m.count);
		seq_release(&m);
		kfree(object);
		vfree(area);
	}
}

static void churn(void *arg)
{
	on_all_cpus(churn_and_show, NULL);
}

static void views_are_taken_beside_those_who_allocate(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .kernel = 1, .seeds = 10 },
		churn, NULL);
}

TEST_MAIN(cmocka_unit_test(buddyinfo_and_pagetypeinfo_hold_all_free_pages),
	  cmocka_unit_test(pagetypeinfo_counts_each_pageblock),
	  cmocka_unit_test(zoneinfo_holds_the_zones_limits),
	  cmocka_unit_test(zoneinfo_counts_where_memory_was_had),
	  cmocka_unit_test(vmstat_counts_events),
	  cmocka_unit_test(interrupts_counts_function_calls_by_cpu),
	  cmocka_unit_test(showing_takes_no_time_and_counts_nothing),
	  cmocka_unit_test(a_lock_that_is_held_is_waited_for),
	  cmocka_unit_test(views_are_taken_beside_those_who_allocate))
