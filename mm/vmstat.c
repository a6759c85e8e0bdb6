/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Event counters: plain additions to this CPU's own words, summed by a reader
 * when nothing runs; and the exact sum of a zone's free counter.
 */
#include "mm/mmzone.h"
#include "mm/page_alloc.h"

DEFINE_FAULT(counters_side_by_side, "P-01",
	     "each CPU's PGFREE lies next to other CPUs': false sharing");

DEFINE_PER_CPU_ALIGNED(u64[NR_VM_EVENTS], vm_events);

#ifdef WITH_FAULTS
static u64 *vm_event_of(unsigned event, unsigned cpu)
{
	static u64 pgfree_of_cpu[NR_CPUS_MAX] cacheline_aligned;

	if (FAULT(counters_side_by_side) && event == PGFREE)
		return &pgfree_of_cpu[cpu];
	return &per_cpu(vm_events, cpu)[event];
}

u64 *vm_event_of_this_cpu(enum vm_event event)
{
	return vm_event_of(event, smp_processor_id());
}
#else
#define vm_event_of(event, cpu)	(&per_cpu(vm_events, cpu)[event])
#endif

/* Sums at the last reset. Events from VMALLOC_PAGES on are amounts, not events:
 * they are never reset. */
static u64 vm_event_base[NR_VM_EVENTS];

static u64 sum_raw(unsigned event)
{
	u64 sum = 0;
	unsigned cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(*vm_event_of(event, cpu));
	return sum;
}

u64 sum_vm_event(enum vm_event event)
{
	return sum_raw(event) - vm_event_base[event];
}

u64 sum_vm_event_since_boot(unsigned event)
{
	return sum_raw(event);
}

void vm_events_reset(void)
{
	unsigned event;

	for (event = 0; event < VMALLOC_PAGES; event++)
		vm_event_base[event] = sum_raw(event);
}

/* ---- by zone and by node ---- */
u64 zone_numa_event(const struct zone *zone, enum numa_stat_item item)
{
	unsigned cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->zonestat,
					     cpu)->numa_event[item]);
	return sum;
}

u64 sum_numa_event(enum numa_stat_item item)
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		sum += zone_numa_event(zone, item);
	return sum;
}

void mod_node_page_state(struct page *page, enum node_stat_item item,
			 long delta)
{
	const struct pglist_data *pgdat = NODE_DATA(page_to_nid(page));
	struct per_cpu_nodestat *stat = this_cpu_ptr(pgdat->nodestat);

	this_cpu_field_add(stat->nr[item], delta);
	WRITE_ONCE(stat->changed, true);
}

u64 node_page_state(unsigned nid, enum node_stat_item item)
{
	unsigned cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(NODE_DATA(nid)->nodestat,
					     cpu)->nr[item]);
	return sum;
}

u64 global_node_page_state(enum node_stat_item item)
{
	u64 sum = 0;

	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		sum += node_page_state(nid, item);
	return sum;
}

u64 zone_free_pages_snapshot(const struct zone *zone)
{
	long sum = atomic_long_read(&zone->free_pages);
	unsigned cpu;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(zone->zonestat,
					     cpu)->free_pages_diff);
	return sum < 0 ? 0 : (u64)sum;
}

u64 nr_free_pages(void)
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i)
		sum += zone_free_pages_snapshot(zone);
	return sum;
}
