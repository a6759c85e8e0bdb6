/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contract between the emulated kernel and the machine that runs it: the
 * one header of cpus/ that mm/ and workloads/ include. Here, and nowhere else,
 * the tree asks which machine is compiled.
 *
 * A machine gives: N CPUs with interrupts and tasks, one arena of physical
 * memory, time, and a translation cache per CPU.
 */
#ifndef CPUS_MACHINE_H
#define CPUS_MACHINE_H

#include "cpus/compiler.h"
#include "cpus/list.h"
#include "cpus/cpu.h"

#if defined(MACHINE_NATIVE)
#include "cpus/native/inline.h"
#elif defined(MACHINE_SIM)
#include "cpus/sim/inline.h"
#else
#error "compile with -DMACHINE_NATIVE or -DMACHINE_SIM"
#endif

/*
 * native/inline.h and sim/inline.h, twins, define:
 *
 *   struct cpu *this_cpu(void)          the CPU that runs the caller
 *   uintptr_t this_cpu_offset(void)     of its per-CPU variables: percpu.h
 *   bool this_cpu_cmpxchg_double(void *p, u64 o1, u64 o2, u64 n1, u64 n2)
 *                                       atomic against this CPU's interrupts
 *                                       only; p is 16-byte aligned and its own,
 *                                       and o1, o2 were read from it since the
 *                                       last safe point
 *   void this_cpu_add(field, n)         this_cpu_inc and friends likewise;
 *                                       others may read it meanwhile
 *   unsigned long machine_option(word)  says what is switched on: reading it
 *                                       takes no virtual time
 *   machine_quiet_begin(), _end()       between these, accesses are performed
 *                                       but cost no virtual time, deliver no
 *                                       interrupt and switch to no other CPU;
 *                                       they nest; nothing on native
 *   machine_note_progress()             what the CPU waited for in cpu_relax(),
 *                                       unknown to the machine, has come
 *   machine_note_schedule_point()       another task could run here, wanted or
 *                                       not: the CPU is not locked up
 *   machine_wake_waiter(cpu)            what it waits for in cpu_relax() has
 *                                       come; it may sleep there, for a while
 *   machine_notes_allocs()              someone asks where memory is from: on
 *                                       native never; takes no virtual time
 *   machine_note_alloc(p, bytes, ip)    if so: it was given to a caller at ip;
 *                                       p a per-CPU pointer or of the arena
 *   INLINE_TLB_HITS                     1: see cpus/tlb_access.h
 *   INLINE_MAY_SLEEP                    1: the kernel may ask cpu_may_sleep();
 *                                       0: that would be charged
 *   INLINE_QSPINLOCK                    1: see cpus/spinlock.h
 *   CLOCK_IS_FREE                       1: see cpus/task.c, task_tick()
 */

/* ---- this CPU --------------------------------------------------------- */
#define current			(this_cpu()->own.current_task)
#define smp_processor_id()	(this_cpu()->own.id)
#define raw_smp_processor_id()	smp_processor_id()
#define num_online_cpus()	nr_cpu_ids
#define num_present_cpus()	nr_cpu_ids
#define num_possible_cpus()	nr_cpu_ids
#define numa_node_id()		(this_cpu()->own.node)
#define cpu_to_node(cpu)	(cpus[cpu]->own.node)
#define for_each_online_cpu(c)	for ((c) = 0; (c) < nr_cpu_ids; (c)++)
#define for_each_possible_cpu(c) for_each_online_cpu(c)

/* ---- preemption, interrupts, contexts (spec vmalloc-tlb-ipi 6) -------- */
#define preempt_count()		(this_cpu()->own.preempt_count)

static inline void preempt_disable(void)
{
	if (CHECKS_BUILT)
		cpu_note_preempt_off();
	this_cpu()->own.preempt_count += PREEMPT_OFFSET;
	barrier();
}

static inline void preempt_enable(void)
{
	barrier();
	this_cpu()->own.preempt_count -= PREEMPT_OFFSET;
}

#define in_nmi()		(preempt_count() & NMI_MASK)
#define in_hardirq()		(preempt_count() & HARDIRQ_MASK)
#define in_softirq()		(preempt_count() & SOFTIRQ_MASK)
#define in_serving_softirq()	(preempt_count() & SOFTIRQ_OFFSET)
#define in_interrupt()	\
	(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_MASK))
#define in_task()	\
	(!(preempt_count() & (NMI_MASK | HARDIRQ_MASK | SOFTIRQ_OFFSET)))
#define in_atomic()		(preempt_count() != 0)
#define irqs_disabled()		(this_cpu()->own.irqs_off)
#define preemptible()		(preempt_count() == 0 && !irqs_disabled())

/* Takes what is pending, if interrupts are on: a safe point. Any context. */
void cpu_poll_slow(void);

static inline void cpu_poll(void)
{
	struct cpu *cpu = this_cpu();

	if (unlikely(READ_ONCE(cpu->seen.pending)) && !cpu->own.irqs_off)
		cpu_poll_slow();
}

static inline void local_irq_disable(void)
{
	if (CHECKS_BUILT)
		cpu_note_irqs_off();
	this_cpu()->own.irqs_off = true;
	barrier();
}

static inline void local_irq_enable(void)
{
	barrier();
	this_cpu()->own.irqs_off = false;
	cpu_poll();
}

/* Nestable; restored in the reverse order and in the same context. */
#define local_irq_save(flags) \
	do { (flags) = irqs_disabled(); local_irq_disable(); } while (0)
#define local_irq_restore(flags) \
	do { if (!(flags)) local_irq_enable(); } while (0)

static inline void local_bh_disable(void)
{
	this_cpu()->own.preempt_count += SOFTIRQ_DISABLE_OFFSET;
	barrier();
}

static inline void local_bh_enable(void)
{
	barrier();
	this_cpu()->own.preempt_count -= SOFTIRQ_DISABLE_OFFSET;
}

/* Between these the caller must not sleep, though its context could (spec 6).
 * They nest. Task context. */
static inline void non_block_start(void)
{
	this_cpu()->own.non_block++;
}

static inline void non_block_end(void)
{
	this_cpu()->own.non_block--;
}

/*
 * Every wait loop calls this. Takes interrupts if they are on. On sim the CPU
 * sleeps until one of the lines it has read since its last cpu_relax() is
 * written, or an interrupt comes; the loop must therefore re-read what it
 * waits for each time round. Any context.
 */
void cpu_relax(void);
/* The same, but back at the latest when sched_clock() reaches deadline. */
void cpu_relax_until(u64 deadline_ns);

/* ---- time ------------------------------------------------------------- */
/* Nanoseconds since boot: wall clock on native, this CPU's virtual clock on
 * sim. Monotonic on one CPU. About 10 ns natively: not for each operation. */
u64 sched_clock(void);
/* The same for timing short code: read neither before what precedes it has
 * completed nor after what follows has begun. */
u64 sched_clock_ordered(void);
/* Lets that much time pass in computation (think time): spins natively. */
void ndelay(u64 ns);
bool machine_is_virtual(void);

/* ---- interrupting another CPU ----------------------------------------- */
/* Rings cpu's bell; what is pushed for it is pushed before. Any context. */
void machine_kick(unsigned cpu, enum cpu_irq why);
/* What runs for CPU_IRQ_DEVICE, in hardirq context; NULL for none. */
void machine_set_device_handler(void (*handler)(void));
/*
 * This CPU's device interrupts it (CPU_IRQ_DEVICE) when sched_clock() reaches
 * at_ns, once; 0: not any more. Natively not before the next safe point that
 * looks at the clock: cpu_relax(), ndelay(), idling and machine_device_poll(),
 * which a loop that wants punctual interrupts calls (10 ns; nothing on sim).
 * Interrupts off, or preemption.
 */
void machine_device_timer(u64 at_ns);
void machine_device_poll(void);
/*
 * Parks this CPU, called by the idle task with interrupts on, until an
 * interrupt is pending. An idle CPU keeps answering, and is quiescent for RCU.
 */
void machine_idle(void);

/* ---- physical memory -------------------------------------------------- */
/* A node's memory, in bytes of physical address; [reserved, end) is taken. */
struct machine_node {
	u64	start;		/* multiple of 16 MiB */
	u64	reserved;	/* per-CPU areas of the node's CPUs from here */
	u64	end;
	bool	has_cpus;
};

extern unsigned machine_nr_nodes;
extern struct machine_node machine_nodes[MAX_NUMNODES];
extern char *machine_direct_map;	/* where physical address 0 is mapped */
extern void *machine_vmemmap;	/* zeroed room, 64 bytes a page frame */

#define DIRECT_MAP_PRINT_BASE	0xffff888000000000UL
/* How an arena address is shown to people: never the host's (traps.md). */
#define machine_print_address(p) \
	(DIRECT_MAP_PRINT_BASE + \
	 (unsigned long)((char *)(p) - machine_direct_map))
/* The same of any address: in the kernel's own data or on a stack, where a
 * kernel would have it. */
unsigned long machine_print_any(const void *p);

/* SLIT-like distance between emulated nodes, 10 is local. */
unsigned node_distance(unsigned from, unsigned to);

/* Bulk memory: charged by lines and bandwidth on sim. Any context. */
void *machine_memset(void *dst, int value, size_t size);
void *machine_memcpy(void *dst, const void *src, size_t size);
void *machine_memmove(void *dst, const void *src, size_t size);
int machine_memcmp(const void *a, const void *b, size_t size);

/* A seeded number for the emulated kernel's own choices (boot seeds). */
u64 machine_seed(void);

/* ---- 16 bytes at once ------------------------------------------------- */
/*
 * Atomic across CPUs: stores {n1, n2} at p (16-byte aligned) if {o1, o2} is
 * there. A full barrier when it stores.
 */
static inline bool cmpxchg_double(void *p, u64 o1, u64 o2, u64 n1, u64 n2)
{
	unsigned __int128 old = ((unsigned __int128)o2 << 64) | o1;
	unsigned __int128 new = ((unsigned __int128)n2 << 64) | n1;

	return __sync_bool_compare_and_swap((unsigned __int128 *)p, old, new);
}

#include "cpus/address.h"
#include "cpus/percpu.h"
#include "cpus/task.h"
#include "cpus/rcu.h"
#include "cpus/seq_file.h"
#include "cpus/op_time.h"
#include "cpus/trace.h"
#include "cpus/spinlock.h"
#include "cpus/mutex.h"
#include "cpus/rwsem.h"
#include "cpus/smp.h"
#include "cpus/workqueue.h"
#include "cpus/arch.h"
#include "cpus/tlb_access.h"

#endif
