/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vmstat worker: each second it folds what a CPU has counted into the
 * zone's counter, and trims the CPU's page lists (slub spec 5.4, 5.8;
 * mm/vmstat.c, 6.12).
 *
 * A CPU's item comes back as long as it finds something to do. For the others
 * the shepherd, an item that boot leaves to one CPU, looks each second who has
 * counted something since. Both are deferrable: an idle CPU is not woken for
 * its own sake, and a run in which nothing else happens has an end.
 */
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pcp.h"

DEFINE_FAULT(fold_loses_diff, "B2", "what a CPU has counted is lost");

#define STAT_INTERVAL_NS	1000000000UL	/* sysctl_stat_interval: HZ */
#define REMOTE_EXPIRE		3	/* seconds without a change */

static DEFINE_PER_CPU_ALIGNED(struct delayed_work, vmstat_work);
static struct delayed_work shepherd;
static u32 paused;

/* ---- one CPU's share ---- */
/* The kernel's is one instruction, this_cpu_xchg(). */
static long take_diff(struct per_cpu_zonestat *stat)
{
	long diff;
	bool flags;

	local_irq_save(flags);
	diff = READ_ONCE(stat->free_pages_diff);
	WRITE_ONCE(stat->free_pages_diff, 0);
	local_irq_restore(flags);
	return FAULT(fold_loses_diff) ? 0 : diff;
}

static long fold_zone(struct zone *zone)
{
	long diff = take_diff(this_cpu_ptr(zone->zonestat));

	if (!diff)
		return 0;
	atomic_long_add(diff, &zone->free_pages);
	/* The zone is in use. */
	this_cpu_ptr(zone->pageset)->expire = REMOTE_EXPIRE;
	return diff;
}

/* The counters of nodes are summed by who reads them: nothing is to be folded,
 * but that they have changed is a reason to come again. What an interrupt
 * changes after the look stays marked, or is covered by coming again. */
static bool fold_node(const struct pglist_data *pgdat)
{
	struct per_cpu_nodestat *stat = this_cpu_ptr(pgdat->nodestat);

	if (!READ_ONCE(stat->changed))
		return false;
	WRITE_ONCE(stat->changed, false);
	return true;
}

/* A remote zone's pages go back once the CPU has left the zone alone. */
static unsigned expire_pages(struct zone *zone, struct per_cpu_pages *pcp)
{
	if (!pcp->expire || !READ_ONCE(pcp->count))
		return 0;
	if (zone->node == numa_node_id()) {
		pcp->expire = 0;
		return 0;
	}
	if (--pcp->expire)
		return 1;
	return drain_zone_pages(zone, pcp);
}

unsigned refresh_cpu_vm_stats(void)
{
	unsigned changes = 0, i;
	struct zone *zone;
	long free = 0;

	for_each_populated_zone(zone, i) {
		struct per_cpu_pages *pcp = this_cpu_ptr(zone->pageset);

		free += fold_zone(zone);
		cond_resched();
		changes += decay_pcp_high(zone, pcp);
		changes += expire_pages(zone, pcp);
	}
	for (i = 0; i < machine_nr_nodes; i++)
		changes += fold_node(NODE_DATA(i));
	/* One item of a zone's counters, over all zones. */
	return changes + !!free;
}

/* ---- when ---- */
static void vmstat_update(struct work_struct *work)
{
	if (!READ_ONCE(paused) && refresh_cpu_vm_stats())
		schedule_delayed_work(this_cpu_ptr(&vmstat_work),
				      STAT_INTERVAL_NS);
}

static bool need_update(unsigned cpu)
{
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		if (READ_ONCE(per_cpu_ptr(zone->zonestat,
					  cpu)->free_pages_diff))
			return true;
	for (i = 0; i < machine_nr_nodes; i++)
		if (READ_ONCE(per_cpu_ptr(NODE_DATA(i)->nodestat,
					  cpu)->changed))
			return true;
	return false;
}

static void vmstat_shepherd(struct work_struct *work)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		struct delayed_work *dwork = &per_cpu(vmstat_work, cpu);

		if (!delayed_work_pending(dwork) && need_update(cpu))
			queue_delayed_work_now(cpu, dwork);
		cond_resched();
	}
	schedule_delayed_work(&shepherd, STAT_INTERVAL_NS);
}

void vmstat_pause(void)
{
	unsigned cpu;

	/* The exchange and queueing are full barriers: who begins later sees
	 * it, and who has begun is waited for. */
	xchg(&paused, 1);
	flush_work(&shepherd.work);
	for_each_online_cpu(cpu)
		flush_work(&per_cpu(vmstat_work, cpu).work);
}

void vmstat_resume(void)
{
	xchg(&paused, 0);
}

void vmstat_init(void)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		INIT_DEFERRABLE_WORK(&per_cpu(vmstat_work, cpu),
				     vmstat_update);
	INIT_DEFERRABLE_WORK(&shepherd, vmstat_shepherd);
	schedule_delayed_work(&shepherd, STAT_INTERVAL_NS);
}
