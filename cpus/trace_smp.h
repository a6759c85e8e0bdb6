/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of cross-CPU calls: csd and ipi (vmalloc-tlb-ipi spec 5, 9). */
#ifndef CPUS_TRACE_SMP_H
#define CPUS_TRACE_SMP_H

#include "cpus/machine.h"

/* Once for each target. */
TRACE_EVENT(csd_queue_cpu,
	TP_PROTO(unsigned cpu, unsigned long callsite, smp_call_func_t func,
		 const call_single_data_t *csd),
	TP_VALUES(cpu, callsite, func, trace_address(csd)),
	"cpu=%u callsite=%pS func=%ps csd=%p");

/* Around every callback; csd is NULL for the initiator's own. */
TRACE_EVENT(csd_function_entry,
	TP_PROTO(smp_call_func_t func, const call_single_data_t *csd),
	TP_VALUES(func, trace_address(csd)),
	"func=%ps, csd=%p");

TRACE_EVENT(csd_function_exit,
	TP_PROTO(smp_call_func_t func, const call_single_data_t *csd),
	TP_VALUES(func, trace_address(csd)),
	"func=%ps, csd=%p");

/* Only when an interrupt is really sent. */
TRACE_EVENT(ipi_send_cpu,
	TP_PROTO(unsigned cpu, unsigned long callsite, void (*callback)(void)),
	TP_VALUES(cpu, callsite, callback),
	"cpu=%u callsite=%pS callback=%pS");

TRACE_EVENT_DATA(ipi_send_cpumask,
	TP_PROTO(const struct cpumask *mask, unsigned long callsite,
		 void (*callback)(void)),
	TP_DATA(mask, cpumask_size_words() * sizeof(long)),
	TP_VALUES(callsite, callback),
	"cpumask=%*pb callsite=%pS callback=%pS");

#endif
