/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine's inline half of cpus/machine.h; twin of
 * native/inline.h. An interrupt can come before any access, so what the
 * hardware does in one instruction is one call into the machine here.
 */
#ifndef CPUS_SIM_INLINE_H
#define CPUS_SIM_INLINE_H

#include "cpus/cpu.h"

void sim_quiet_begin(void);
void sim_quiet_end(void);
#define machine_quiet_begin()	sim_quiet_begin()
#define machine_quiet_end()	sim_quiet_end()

/* A task never changes its CPU, so the answer is constant within it. */
struct cpu *sim_this_cpu(void) __attribute__((const));
bool sim_cmpxchg_double_local(void *p, u64 o1, u64 o2, u64 n1, u64 n2);
void sim_add_local(u64 *p, u64 n);

static always_inline struct cpu *this_cpu(void)
{
	return sim_this_cpu();
}

static always_inline bool this_cpu_cmpxchg_double(void *p, u64 o1, u64 o2,
						  u64 n1, u64 n2)
{
	return sim_cmpxchg_double_local(p, o1, o2, n1, n2);
}

#define this_cpu_offset()	(this_cpu()->own.percpu_offset)

/* One read-modify-write instruction: no interrupt in the middle. u64 only. */
#define this_cpu_field_add(field, n)	sim_add_local(&(field), (u64)(n))

#define machine_wake_waiter(cpu)	((void)(cpu))

#define INLINE_TLB_HITS	0
#define INLINE_MAY_SLEEP 0
#define INLINE_QSPINLOCK 0
#define CLOCK_IS_FREE	1

struct op_time *sim_op_time(void);
#define this_op_time()	sim_op_time()

unsigned long sim_option(const unsigned long *word);
#define machine_option(word)	sim_option(&(word))

/* One body for both, so that both take the same time. */
bool sim_trace_is_on(void);
#define trace_is_on()	sim_trace_is_on()
#define trace_wanted()	true

#define machine_note_progress()	((void)0)

void sim_note_schedule_point(void);
#define machine_note_schedule_point()	sim_note_schedule_point()

bool sim_notes_allocs(void);
void sim_note_alloc(const void *p, size_t bytes, unsigned long ip);
#define machine_notes_allocs()	sim_notes_allocs()
#define machine_note_alloc(p, bytes, ip)	sim_note_alloc(p, bytes, ip)

#endif
