/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/procfs.h"

#include "cpus/machine.h"

#define PREC	3	/* columns of what is before the colon */

void interrupts_show(struct seq_file *m)
{
	unsigned cpu;

	seq_printf(m, "%*s", PREC + 8, "");
	for_each_online_cpu(cpu)
		seq_printf(m, "CPU%-8u", cpu);
	seq_printf(m, "\n%*s: ", PREC, "CAL");
	for_each_online_cpu(cpu)
		seq_printf(m, "%10lu ",
			   READ_ONCE(cpus[cpu]->own.nr_ipis_received));
	seq_printf(m, "  Function call interrupts\n%*s: ", PREC, "TLB");
	for_each_online_cpu(cpu)
		seq_printf(m, "%10u ", 0);
	seq_puts(m, "  TLB shootdowns\n");
}
