/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/counters.h"

#include <string.h>

void counters_take(struct counters *out)
{
	memset(out, 0, sizeof(*out));
	machine_quiet_begin();
	smp_stat_read(&out->smp);
	tlb_stat_read(&out->tlb);
	flush_stat_read(&out->flush);
	vmap_stat_read(&out->vmap);
	slub_stat_sum(out->slub);
	for (unsigned i = 0; i < LOCK_CLASS_MAX; i++)
		lock_stat_read(i, &out->locks[i]);
	for (unsigned i = 0; i < NR_VM_EVENTS; i++)
		out->events[i] = sum_vm_event(i);
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		for (unsigned i = 0; i < NR_CPU_TIMES; i++)
			out->time_ns[i] += cpus[cpu]->own.time_ns[i];
	machine_quiet_end();
}

#define ADD(field)	(into->field += after->field - before->field)
#define KEEP_MAX(field)	(into->field = max(into->field, after->field))

static void add_lock(struct lock_stat *into, const struct lock_stat *before,
		     const struct lock_stat *after)
{
	ADD(acquired);
	ADD(contended);
	ADD(wait_ns_total);
	ADD(hold_ns_total);
	KEEP_MAX(wait_ns_max);
	KEEP_MAX(hold_ns_max);
}

static void add_calls(struct smp_stat *into, const struct smp_stat *before,
		      const struct smp_stat *after)
{
	ADD(calls);
	ADD(targets);
	ADD(ipis_sent);
	ADD(coalesced);
	ADD(acks);
	ADD(handled);
	ADD(ack_wait_ns_total);
	KEEP_MAX(ack_wait_ns_max);
}

static void add_tlb(struct tlb_stat *into, const struct tlb_stat *before,
		    const struct tlb_stat *after)
{
	ADD(hits);
	ADD(l2_hits);
	ADD(misses);
	ADD(faults);
	ADD(flush_full);
	ADD(pages_flushed);
	ADD(stale_uses);
}

void counters_add_difference(struct counters *into,
			     const struct counters *before,
			     const struct counters *after)
{
	add_calls(&into->smp, &before->smp, &after->smp);
	add_tlb(&into->tlb, &before->tlb, &after->tlb);
	ADD(flush.full);
	ADD(flush.ranged);
	ADD(flush.pages);
	ADD(vmap.purges);
	ADD(vmap.areas_purged);
	ADD(vmap.pool_hits);
	ADD(vmap.pool_misses);
	ADD(vmap.overflows);
	for (unsigned i = 0; i < LOCK_CLASS_MAX; i++)
		add_lock(&into->locks[i], &before->locks[i], &after->locks[i]);
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		ADD(slub[i]);
	for (unsigned i = 0; i < NR_VM_EVENTS; i++)
		ADD(events[i]);
	for (unsigned i = 0; i < NR_CPU_TIMES; i++)
		ADD(time_ns[i]);
}
