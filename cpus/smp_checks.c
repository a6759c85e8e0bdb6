/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold of each cross-CPU call (vmalloc-tlb-ipi spec 10, INV-I2, I5,
 * I7 and I8), looked at while it happens. Counted only: smp_audit() tells.
 */
#include "cpus/smp_csd.h"

static struct smp_live *live_of(unsigned cpu)
{
	return &per_cpu(smp_counters, cpu).live;
}

static struct smp_live *this_live(void)
{
	return &this_cpu_var(smp_counters).live;
}

void smp_check_phase(void)
{
	struct smp_live *live;

	live = this_live();
	WRITE_ONCE(live->nr_phases, live->nr_phases + 1);
}

/* The target says that it is through with a call before it acknowledges it. */
void smp_check_acked(const call_single_data_t *csd)
{
	smp_count(nr_early_acks, READ_ONCE(live_of(csd->dst)->cur_csd) == csd);
}

/* The initiator goes on only when the last of its targets is done. */
void smp_check_runs(const call_single_data_t *csd)
{
	struct smp_live *live;

	live = this_live();
	live->cur_src = csd->src;
	live->cur_phase = READ_ONCE(live_of(csd->src)->nr_phases);
}

void smp_check_ran(void)
{
	const struct smp_live *live;

	live = this_live();
	smp_count(nr_late, READ_ONCE(live_of(live->cur_src)->nr_phases) !=
			   live->cur_phase);
}

void smp_check_handler_begins(void)
{
	smp_count(nr_bad_handlers, this_live()->nr_handlers++ != 0);
}

/* After the acks: others may read and set back what is counted. */
void smp_check_handler_ends(void)
{
	this_live()->nr_handlers--;
}

/*
 * The digest of a sequence of calls, by Horner's rule: each at its place. The
 * order that must be is known newest first, what was served oldest first.
 */
#define DIGEST_BASE	0x9e3779b97f4a7c15UL

static u64 digest_of(const call_single_data_t *csd)
{
	return (u64)(uintptr_t)csd;
}

/* Oldest first, the synchronous before the others. */
void smp_check_taken(const struct llist_node *newest)
{
	u64 digest[2] = { 0 }, scale[2] = { 1, 1 };
	struct smp_live *live;

	live = this_live();
	live->nr_unserved = 0;
	for (; newest; newest = READ_ONCE(newest->next)) {
		const call_single_data_t *csd =
			list_entry(newest, call_single_data_t, node);
		bool async = (READ_ONCE(csd->flags) & CSD_TYPE_MASK) !=
			     CSD_TYPE_SYNC;

		digest[async] += digest_of(csd) * scale[async];
		scale[async] *= DIGEST_BASE;
		live->nr_unserved++;
	}
	live->order = digest[0] * scale[1] + digest[1];
	live->served = 0;
}

/* Before the call is acknowledged: of the last one, too, the initiator sees
 * what is found here. */
void smp_check_served(const call_single_data_t *csd)
{
	struct smp_live *live;

	live = this_live();
	live->served = live->served * DIGEST_BASE + digest_of(csd);
	smp_count(nr_out_of_order, !--live->nr_unserved &&
				   live->served != live->order);
	smp_count(nr_bad_handlers, !irqs_disabled());
}

void smp_check_self_wanted(void)
{
	smp_count(nr_self_wanted, 1);
}

void smp_check_self_run(void)
{
	smp_count(nr_self_run, 1);
}
