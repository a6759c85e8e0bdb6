/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The native machine's inline half of cpus/machine.h; twin of sim/inline.h.
 * A CPU is a thread, and takes interrupts at safe points only: what lies
 * between two safe points is atomic against them with plain instructions.
 */
#ifndef CPUS_NATIVE_INLINE_H
#define CPUS_NATIVE_INLINE_H

#include "cpus/cpu.h"

#define machine_quiet_begin()	((void)0)
#define machine_quiet_end()	((void)0)

/* Of the program itself, so that their places in the thread are constants. */
extern __thread struct cpu *native_self
	__attribute__((tls_model("local-exec")));
extern __thread uintptr_t native_percpu_offset
	__attribute__((tls_model("local-exec")));

/* A thread's answers are the same all its life as a CPU: the compiler may keep
 * them, as it may not a variable across a barrier. */
#ifdef __x86_64__
#define native_constant(var) ({ \
	__typeof__(var) _value; \
	__asm__("movq %%fs:" #var "@tpoff, %0" : "=r"(_value)); \
	_value; })
#else
#define native_constant(var)	(var)
#endif

#define this_cpu()		native_constant(native_self)
#define this_cpu_offset()	native_constant(native_percpu_offset)

/* What the caller has read since the last safe point is still there. To compare
 * it again would be half of the work of a kmalloc(). */
static always_inline bool this_cpu_cmpxchg_double(void *p, u64 o1, u64 o2,
						  u64 n1, u64 n2)
{
	u64 *word = p;

	check(word[0] == o1 && word[1] == o2);
	word[0] = n1;
	word[1] = n2;
	return true;
}

/*
 * field is an lvalue of this CPU's own memory, read by others at any time: one
 * instruction, as the kernel's this_cpu_add(). ThreadSanitizer must see it.
 */
static always_inline void native_add_local(u64 *field, u64 n)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	__asm__("addq %1, %0" : "+m"(*field) : "er"(n) : "cc");
#else
	WRITE_ONCE(*field, *field + n);
#endif
}

#define this_cpu_field_add(field, n)	native_add_local(&(field), (u64)(n))

/* More CPUs than processors: waits give the processor away. Fixed at boot. */
extern bool native_oversubscribed;
void native_wake_waiter(unsigned cpu);

#define machine_wake_waiter(cpu) do { \
	if (unlikely(native_oversubscribed)) \
		native_wake_waiter(cpu); \
} while (0)

#define INLINE_TLB_HITS	1
#define INLINE_MAY_SLEEP 1
#define INLINE_QSPINLOCK 1
#define CLOCK_IS_FREE	0

#define this_op_time()	(current->op_time)

#define machine_option(word)	(word)

#define trace_is_on()	READ_ONCE(this_cpu()->own.traced)
#define trace_wanted()	unlikely(trace_is_on())

#define machine_note_progress() \
	WRITE_ONCE(this_cpu()->own.nr_got_on, this_cpu()->own.nr_got_on + 1)

#define machine_note_schedule_point()	((void)0)

#define machine_notes_allocs()	false
#define machine_note_alloc(p, bytes, ip) \
	((void)(p), (void)(bytes), (void)(ip))

#endif
