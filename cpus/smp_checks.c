/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What must hold of each cross-CPU call (vmalloc-tlb-ipi spec 10, INV-I2, I5,
 * I7 and I8), looked at while it happens. Counted only: smp_audit() tells.
 */
#include "cpus/smp_csd.h"

#if CHECKS_ON
/* On its stack. Changed after the last acknowledgement, when others may look at
 * the counters. */
static DEFINE_PER_CPU(unsigned, nr_handlers);

void smp_check_phase(void)
{
	struct smp_counters *mine;

	machine_quiet_begin();
	mine = &this_cpu_var(smp_counters);
	WRITE_ONCE(mine->nr_phases, mine->nr_phases + 1);
	machine_quiet_end();
}

/* The target says that it is through with a call before it acknowledges it. */
void smp_check_acked(const call_single_data_t *csd)
{
	machine_quiet_begin();
	if (READ_ONCE(per_cpu(smp_counters, csd->dst).cur_csd) == csd)
		this_cpu_var(smp_counters).nr_early_acks++;
	machine_quiet_end();
}

/* The initiator goes on only when the last of its targets is done. */
void smp_check_runs(const call_single_data_t *csd)
{
	struct smp_counters *mine;

	machine_quiet_begin();
	mine = &this_cpu_var(smp_counters);
	mine->cur_src = csd->src;
	mine->cur_phase = READ_ONCE(per_cpu(smp_counters, csd->src).nr_phases);
	machine_quiet_end();
}

void smp_check_ran(void)
{
	struct smp_counters *mine;

	machine_quiet_begin();
	mine = &this_cpu_var(smp_counters);
	mine->nr_late += READ_ONCE(per_cpu(smp_counters,
					   mine->cur_src).nr_phases) !=
			 mine->cur_phase;
	machine_quiet_end();
}

void smp_check_handler(bool begins)
{
	machine_quiet_begin();
	if (!begins)
		this_cpu_var(nr_handlers)--;
	else if (this_cpu_var(nr_handlers)++ || !irqs_disabled())
		this_cpu_var(smp_counters).nr_bad_handlers++;
	machine_quiet_end();
}

/* Oldest first: what came last is the last. */
void smp_check_order(const struct llist_node *newest,
		     const struct llist_node *served)
{
	machine_quiet_begin();
	while (served && READ_ONCE(served->next))
		served = READ_ONCE(served->next);
	if (served != newest)
		this_cpu_var(smp_counters).nr_out_of_order++;
	machine_quiet_end();
}

void smp_check_self(unsigned wanted, unsigned run)
{
	struct smp_counters *mine;

	machine_quiet_begin();
	mine = &this_cpu_var(smp_counters);
	mine->nr_self_wanted += wanted;
	mine->nr_self_run += run;
	machine_quiet_end();
}
#endif
