/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One emulated CPU: who it is, its preempt count, its interrupt flag, its
 * current task, and the words others ring to interrupt it.
 *
 * State is two structures, mine and seen: cpu_own is touched by CPU i alone;
 * cpu_seen is written by those who interrupt it.
 *
 * Interrupts. An interrupt is a bit in seen.pending. A native CPU takes it at
 * safe points: cpu_relax(), enabling interrupts, schedule(), cpu_poll().
 * A simulated one takes it before any instrumented access made with
 * interrupts on, and at the same safe points.
 */
#ifndef CPUS_CPU_H
#define CPUS_CPU_H

#include <stdarg.h>

#include "cpus/compiler.h"

#define NR_CPUS_MAX	4096
#define MAX_NUMNODES	64

struct task_struct;
struct tlb;

/* Reasons to interrupt a CPU: bits of cpu_seen.pending. */
enum cpu_irq {
	CPU_IRQ_CALL	= 1,	/* call-single queue has work */
	CPU_IRQ_RCU	= 2,	/* a grace period began or ended */
	CPU_IRQ_RESCHED	= 4,	/* a task of this CPU was woken */
	CPU_IRQ_STOP	= 8,	/* the machine stops */
	CPU_IRQ_DEVICE	= 16,	/* a device interrupt (workload) */
	CPU_IRQ_WAKE	= 32,	/* no interrupt: look again */
};

/* Where the time of a CPU went, beyond its work (nanoseconds). */
enum cpu_time {
	CPU_TIME_LOCK_WAIT,
	CPU_TIME_ACK_WAIT,
	CPU_TIME_ZEROING,
	NR_CPU_TIMES,
};

struct cpu_own {
	unsigned		id;
	unsigned		node;		/* of the emulated memory */
	unsigned		pu;		/* index into topology->pus */
	u64			data_slice_bytes; /* fixed: of its last-level
						   * cache, by online CPUs that
						   * share it; 0: not known */
	int			preempt_count;	/* the kernel's layout, below */
	bool			irqs_off;
	bool			in_idle;
	bool			traced;		/* atomics: trace_set() */
	u32			rcu_depth;	/* of the current context */
	int			non_block;	/* non_block_start() depth */
	unsigned long		preempt_off_ip;	/* who made the count not 0;
						 * 0: not known */
	unsigned		nr_spinning;	/* depth of lock_wait loops */
	uintptr_t		percpu_offset;	/* unit - static section */
	struct task_struct	*current_task;
	struct tlb		*tlb;
	u64			time_ns[NR_CPU_TIMES];
	u64			nr_ipis_received;
	u64			nr_switches;
	u64			nr_got_on;	/* machine_note_progress() */
	u64			nr_reports;	/* kernel_bug() by this CPU */
	/* Checked builds: how often each went off, where it was on. */
	u64			nr_preempt_off, nr_irqs_off;
	void			*machine;	/* native/ or sim/ private */
};

struct cpu_seen {
	u32	pending;	/* enum cpu_irq bits; 32 bits: futex word */
	u32	sleeping;	/* parked in the host, wake it */
} cacheline_aligned;

struct cpu {
	struct cpu_own	own cacheline_aligned;
	struct cpu_seen	seen;
};

extern struct cpu *cpus[NR_CPUS_MAX];	/* fixed before any CPU runs */
extern unsigned nr_cpu_ids;		/* booted (online) CPUs */

/* ---- preempt_count: bits 0-7 preempt, 8-15 softirq, 16-19 hardirq, 20-23 NMI
 * (vmalloc-tlb-ipi spec 6). */
#define PREEMPT_OFFSET		0x1
#define SOFTIRQ_OFFSET		0x100
#define SOFTIRQ_DISABLE_OFFSET	0x200
#define HARDIRQ_OFFSET		0x10000
#define NMI_OFFSET		0x100000
#define PREEMPT_MASK		0x000000ff
#define SOFTIRQ_MASK		0x0000ff00
#define HARDIRQ_MASK		0x000f0000
#define NMI_MASK		0x00f00000

/* Prints the kernel's report when the caller may not sleep; counts it. Call
 * through might_sleep(). Returns whether sleeping is legal. One report a second
 * (kernel/sched/core.c, __might_resched) unless kernel_report_all(true). */
bool __might_sleep(const char *file, int line);
void kernel_report_all(bool all);
/* For preempt_disable() and local_irq_disable() in checked builds, before they
 * do: counted, and the former's caller noted. Costs no virtual time. */
void cpu_note_preempt_off(void);
void cpu_note_irqs_off(void);
#define might_sleep() ((void)__might_sleep(__FILE__, __LINE__))

/*
 * The kernel speaks: a line of the kernel log (standard error of the engine),
 * with "[CPU time] " before it. No newline needed. Any context.
 */
void printk(const char *fmt, ...) printf_like(1, 2);
/* The same with arguments in a list, after a prefix of at most 128 bytes. */
void kernel_vprintk(const char *prefix, const char *fmt, va_list args)
	printf_like(2, 0);

/*
 * The emulated kernel did something wrong (double free, stale TLB use ...): as
 * printk, and the run ends with exit status 6. fmt is the kernel's own text.
 */
void kernel_bug(const char *fmt, ...) printf_like(1, 2);
/* The same with arguments in a list, after a prefix. */
void kernel_vbug(const char *prefix, const char *fmt, va_list args)
	printf_like(2, 0);
unsigned nr_kernel_bugs(void);
/*
 * What earlier reports have made of the kernel, as it says in later ones. A
 * report adds TAINT_WARN, or what it says itself after its first line, when the
 * next begins: at the latest with kernel_bug(), earlier by the first of these.
 */
#define TAINT_BAD_PAGE		1u
#define TAINT_WARN		2u
void kernel_report_begins(void);
void kernel_report_taints(u32 taint);
const char *print_tainted(void);
/* __FILE__ without what the build has put before folder and name. */
const char *source_path(const char *file);
/* BUG_ON() that was true: "kernel BUG at FILE:LINE!" and the stack. Unlike in
 * the kernel it returns. Any context. */
void kernel_bug_at(const char *file, int line);

/*
 * The kernel's %pS: symbol+offset/size of an address of code or of a variable
 * in buffer, which is returned. The same in every run of one program. Any
 * context; free in virtual time, but reads the program's file the first time.
 */
#define KSYM_SYMBOL_LEN	128
const char *symbol_print(char buffer[KSYM_SYMBOL_LEN], unsigned long ip);
/* Where ip is in the program's file, the same on every host. */
unsigned long symbol_address(unsigned long ip);
/* Return addresses of the calling stack, innermost first, without the first
 * skip: at most size of them; how many. Free in virtual time. */
unsigned stack_trace_save(unsigned long *store, unsigned size, unsigned skip);
/* True within what takes, awaits and drops spinlocks (__lockfunc), where nobody
 * wants to be told that a CPU was, but who had called it. */
bool in_lock_functions(unsigned long addr);
/* Where the innermost of the lock functions on the calling stack return to who
 * is none; 0: there is no such function. */
unsigned long stack_trace_lock_caller(void);
/* To the kernel log: who runs here, "Call Trace:" and the frames, those of an
 * interrupt apart from those of the task. Likewise. */
void dump_stack(void);
/* The i-th recorded report (first 64 kept), or NULL. */
const char *kernel_bug_text(unsigned i);

/* Adds to the calling CPU's account. Any context; free in virtual time. */
void cpu_account(enum cpu_time what, u64 ns);

#endif
