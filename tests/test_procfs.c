/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's text views hold what the allocators hold, and cost nothing. */
#include <stdlib.h>
#include <string.h>

#include "cpus/procfs.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/procfs.h"
#include "mm/slab.h"
#include "mm/tlbflush.h"
#include "mm/vmalloc.h"
#include "mm/vmap.h"
#include "mm/vmap_block.h"
#include "mm/watermark.h"
#include "tests/kernel.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NR_BLOCKS	64
#define NR_OBJECTS	200
#define NR_FREED	(3 * 16)	/* of three slabs, each third */

static void show_begin(void)
{
	local_irq_disable();
	machine_quiet_begin();
}

static void show_end(void)
{
	machine_quiet_end();
	local_irq_enable();
}

/* A view's text; to release. */
static struct seq_file view(void (*show)(struct seq_file *m))
{
	struct seq_file m = { 0 };

	show_begin();
	show(&m);
	show_end();
	return m;
}

struct wanted {
	const char	*name;
	struct seq_file	m;
};

static void show_if_wanted(void *arg, const struct kmem_cache *s)
{
	struct wanted *wanted = arg;

	if (!strcmp(kmem_cache_name(s), wanted->name))
		slab_sysfs_show(&wanted->m, s);
}

static struct seq_file sysfs(const char *cache)
{
	struct wanted wanted = { .name = cache };

	show_begin();
	slab_for_each_cache(show_if_wanted, &wanted);
	show_end();
	must(wanted.m.count);
	return wanted.m;
}

/* The line after the text that begins with prefix, or NULL. */
static const char *line_of(const char *text, const char *prefix)
{
	while (text && strncmp(text, prefix, strlen(prefix))) {
		text = strchr(text, '\n');
		text = text && text[1] ? text + 1 : NULL;
	}
	return text ? text + strlen(prefix) : NULL;
}

static u64 value_of(const struct seq_file *m, const char *name)
{
	char prefix[64];
	const char *line;

	snprintf(prefix, sizeof(prefix), "%s:", name);
	line = line_of(seq_text(m), prefix);
	must(line);
	return strtoul(line, NULL, 10);
}

static u64 value_of_file(const char *cache, const char *name)
{
	struct seq_file m = sysfs(cache);
	u64 value = value_of(&m, name);

	seq_release(&m);
	return value;
}

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

/* Of all orders and types, some freed: lists of every kind. */
static void fragment(void)
{
	static const gfp_t kinds[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE, GFP_KERNEL | GFP_DMA,
	};
	struct page *pages[NR_BLOCKS];

	for (unsigned i = 0; i < NR_BLOCKS; i++) {
		pages[i] = alloc_pages_node((int)(i % machine_nr_nodes),
					    kinds[i % 4], i % 6);
		must(pages[i]);
	}
	for (unsigned i = 0; i < NR_BLOCKS; i += 2)
		__free_pages(pages[i], i % 6);
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
	emulate(&(struct emulation){ .cpus = 3 }, interrupt_each, NULL);
}

/* ---- caches ------------------------------------------------------------- */
struct slab_row {
	u64	active, objects, size, per_slab, pages, slabs;
};

static struct slab_row read_row(const char *cache)
{
	struct seq_file m = view(slabinfo_show);
	struct slab_row row;
	char prefix[64];
	const char *line;

	snprintf(prefix, sizeof(prefix), "%-17s ", cache);
	line = line_of(seq_text(&m), prefix);
	must(line);
	must(sscanf(line, "%lu %lu %lu %lu %lu : tunables 0 0 0 : slabdata "
		    "%lu", &row.active, &row.objects, &row.size, &row.per_slab,
		    &row.pages, &row.slabs) == 6);
	seq_release(&m);
	return row;
}

static void fill_and_free(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("mine", 250, 0, 0, NULL);
	void *objects[NR_OBJECTS];
	u64 live = NR_OBJECTS, slabs;
	struct slab_row row;
	struct seq_file m;

	must(s);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	row = read_row("mine");
	slabs = DIV_ROUND_UP(NR_OBJECTS, row.per_slab);
	must(row.size == 256 && row.per_slab == 16 && row.slabs == slabs);
	must(row.objects == slabs * row.per_slab);
	/* What the CPU slab has not given out yet counts as active. */
	must(row.active == row.objects);

	for (unsigned i = 0; i < NR_FREED; i += 3, live--)
		kmem_cache_free(s, objects[i]);
	/* Slabs on this CPU's chain, too ... */
	must(value_of_file("mine", "cpu_slabs") == 1 + 3);
	must(read_row("mine").active == row.objects);
	/* ... but not those on a node's list. */
	must(kmem_cache_shrink(s) == 1);
	must(read_row("mine").active == live);

	m = sysfs("mine");
	must(value_of(&m, "objects") == live);
	must(value_of(&m, "total_objects") == row.objects);
	must(value_of(&m, "slabs") == slabs);
	must(value_of(&m, "object_size") == 250);
	must(value_of(&m, "slab_size") == 256);
	must(value_of(&m, "cpu_slabs") == 0);
	/* The three, and the last, which was never full. */
	must(value_of(&m, "partial") == 3 + 1);
	must(value_of(&m, "objects_partial") ==
	     live - (slabs - 4) * row.per_slab);
	must(value_of(&m, "alloc_fastpath") + value_of(&m, "alloc_slowpath") ==
	     NR_OBJECTS);
	must(value_of(&m, "alloc_slab") == slabs);
	must(line_of(seq_text(&m), "alloc_slab:") &&
	     strstr(line_of(seq_text(&m), "alloc_slab:"), " C0="));
	seq_release(&m);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		if (i % 3 || i >= NR_FREED)
			kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

static void slabinfo_and_sysfs_hold_a_caches_objects(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1 }, fill_and_free,
		NULL);
}

/* Above 10000, where not every slab is looked at any more. */
#define LONG_LIST	10400

static void make_long_list(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("long", 512, 0, 0, NULL);
	u64 per_slab = value_of_file("long", "objs_per_slab");
	u64 nr = LONG_LIST * per_slab;
	vaddr_t objects = vmalloc(nr * sizeof(u64));
	struct slab_row row;

	must(s && objects);
	for (u64 i = 0; i < nr; i++)
		vm_store(objects + i * 8, 8,
			 (u64)kmem_cache_alloc(s, GFP_KERNEL));
	for (u64 i = 0; i < nr; i += per_slab)
		kmem_cache_free(s, (void *)vm_load(objects + i * 8, 8));
	must(kmem_cache_shrink(s) == 1);
	row = read_row("long");
	must(row.slabs == LONG_LIST);
	/* Each has one hole, so that the estimate is exact. */
	must(row.active == nr - LONG_LIST);
	for (u64 i = 0; i < nr; i++)
		if (i % per_slab)
			kmem_cache_free(s, (void *)vm_load(objects + i * 8,
							   8));
	vfree(objects);
	kmem_cache_destroy(s);
}

static void long_partial_lists_are_estimated_from_both_ends(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .memory_bytes = 256 << 20 },
		make_long_list, NULL);
}

/* ---- areas -------------------------------------------------------------- */
/* The line of the area that begins at addr, or NULL. */
static const char *area_line(const struct seq_file *m, vaddr_t addr, u64 size)
{
	char prefix[96];

	snprintf(prefix, sizeof(prefix), "0x%016lx-0x%016lx %7lu ", addr,
		 addr + size, size);
	return line_of(seq_text(m), prefix);
}

static bool says(const char *line, const char *text)
{
	const char *found = line ? strstr(line, text) : NULL;

	return found && found < strchr(line, '\n');
}

static noinline vaddr_t take_area(u64 size)
{
	vaddr_t area = vmalloc(size);

	barrier();	/* no tail call: vmalloc's caller is this function */
	return area;
}

static void show_areas(void *arg)
{
	vaddr_t small = take_area(3 * PAGE_SIZE - 5);
	vaddr_t large = take_area(600 * PAGE_SIZE), gone = take_area(100);
	struct page *pages[2] = { alloc_pages(GFP_KERNEL, 0),
				  alloc_pages(GFP_KERNEL, 0) };
	vaddr_t mapped = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	struct seq_file m;
	const char *line;

	vfree(gone);
	m = view(vmallocinfo_show);
	line = area_line(&m, small, 4 * PAGE_SIZE);
	must(line && !strncmp(line, "take_area+0x", 12));
	must(says(line, " pages=3 vmalloc N0=3"));
	line = area_line(&m, large, 601 * PAGE_SIZE);
	must(says(line, " pages=600 vmalloc vpages N0=600"));
	line = area_line(&m, mapped, 3 * PAGE_SIZE);
	must(says(line, "show_areas+0x") && says(line, " vmap") &&
	     !says(line, "pages="));
	line = area_line(&m, gone, 2 * PAGE_SIZE);
	must(line && !strncmp(line, "unpurged vm_area\n", 17));
	seq_release(&m);

	vm_unmap_aliases();
	m = view(vmallocinfo_show);
	must(!strstr(seq_text(&m), "unpurged"));
	seq_release(&m);
	vfree(small);
	vfree(large);
	vunmap(mapped);
	__free_pages(pages[0], 0);
	__free_pages(pages[1], 0);
}

static void vmallocinfo_lists_areas_with_their_callers(void **state)
{
	static const struct vmap_ops *const members[] = {
		&vmap_augmented, &vmap_nodes,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(members); i++) {
		kernel_config = (struct mm_config){ .vmap = members[i] };
		emulate(&(struct emulation){ .cpus = 2, .kernel = 1 },
			show_areas, NULL);
	}
	kernel_config = (struct mm_config){ 0 };
}

static void show_ram(void *arg)
{
	struct page *pages[70];
	struct seq_file m;
	vaddr_t addr;

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages(GFP_KERNEL, 0);
	/* Above VMAP_MAX_ALLOC: an area of its own, without a guard page. */
	addr = vm_map_ram(pages, ARRAY_SIZE(pages), 0);
	must(addr);
	m = view(vmallocinfo_show);
	must(says(area_line(&m, addr, ARRAY_SIZE(pages) * PAGE_SIZE),
		  "vm_map_ram"));
	seq_release(&m);
	vm_unmap_ram(addr, ARRAY_SIZE(pages));
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], 0);
}

static void vmallocinfo_lists_vm_map_ram_areas(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1 }, show_ram, NULL);
}

/* ---- what showing costs ------------------------------------------------- */
static void (*const shows[])(struct seq_file *m) = {
	buddyinfo_show, pagetypeinfo_show, extfrag_index_show,
	unusable_index_show, slabinfo_show, vmallocinfo_show, zoneinfo_show,
	vmstat_show, interrupts_show,
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

/* Freed by one CPU while the other looks: lists are whole under their locks. */
static void churn_and_show(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 40; i++) {
		vaddr_t area = vmalloc((1 + i % 7) * PAGE_SIZE);
		void *object = kmalloc(64 << i % 6, GFP_KERNEL);
		struct seq_file m;

		must(area && object);
		m = view(shows[i % ARRAY_SIZE(shows)]);
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
	  cmocka_unit_test(slabinfo_and_sysfs_hold_a_caches_objects),
	  cmocka_unit_test(long_partial_lists_are_estimated_from_both_ends),
	  cmocka_unit_test(vmallocinfo_lists_areas_with_their_callers),
	  cmocka_unit_test(vmallocinfo_lists_vm_map_ram_areas),
	  cmocka_unit_test(showing_takes_no_time_and_counts_nothing),
	  cmocka_unit_test(a_lock_that_is_held_is_waited_for),
	  cmocka_unit_test(views_are_taken_beside_those_who_allocate))
