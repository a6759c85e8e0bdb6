/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the common half of a machine (cpu.c, task.c, arena.c) and its own half
 * (native/ or sim/, twins) ask of each other. Internal to cpus/; the kernel
 * never includes it.
 *
 * Order at machine_create(): cpus_create(), arena_create(), tasks_create(),
 * then the twin's own. this_cpu() is NULL on a host thread that is no CPU and
 * before machine_run(); printk, kernel_bug and must() work there too.
 */
#ifndef CPUS_TWIN_H
#define CPUS_TWIN_H

#include "cpus/boot.h"
#include "cpus/fiber.h"
#include "cpus/machine.h"

/* ---- the linker gives */
/* Absent when nothing is compiled into the section. */
extern char __start_percpu_data[], __stop_percpu_data[];
extern struct fault __start_faults[] __attribute__((weak));
extern struct fault __stop_faults[] __attribute__((weak));
/* Around all __lockfunc. */
extern const char __start_lock_text[] __attribute__((weak));
extern const char __stop_lock_text[] __attribute__((weak));

/* ---- native/ and sim/ give ---- */
/*
 * machine_kick() sets the bit in seen.pending (native) or has it set when the
 * interrupt arrives (sim). machine_idle() returns when pending is not 0, when
 * sched_clock() reaches task_next_timer(), or when the machine stops; it may
 * return early. The twin calls cpu_poll() at its safe points.
 */
/*
 * CPU_IRQ_RCU was taken with read depth 0, preempt count 0 and interrupts on:
 * reports quiescence, runs callbacks whose grace period is over (rcu.c). Taken
 * elsewhere, the bit is put back until that holds.
 */
void rcu_quiescent_point(void);
void rcu_create(void);
/* Where printk's lines get their time from; safe before CPUs exist. */
u64 machine_clock_any(void);
/* Reserves size bytes of arena at the machine's fixed base; NULL and errno. */
char *machine_reserve_arena(size_t size);
/* Places [offset, offset + size) of the arena on an emulated node. */
void machine_place_memory(size_t offset, size_t size, unsigned node);
/* After why has been printed: what else the machine knows, and why again, as
 * the last line; exits 70. */
void machine_die(const char *why) __attribute__((noreturn));
/* A load by hardware (page walker) at a physical address, charged as one. */
u64 machine_hw_load(const u64 *entry);
/* Charges an access by hardware on behalf of this CPU: size bytes at p. */
void machine_hw_access(const void *p, size_t size, bool write);
/* Charges the fixed cost of a TLB instruction (INVLPG, full flush). */
void machine_hw_tlb_op(bool full);
/* A CPU goes from a task's fiber to another's; returns when it comes back. */
void machine_switch_fiber(struct fiber *from, struct fiber *to);
/* True once machine_run()'s fn has returned. */
bool machine_stopping(void);

/* ---- cpu.c ---- */
/* Allocates cpus[] and fills id, node, pu; sets nr_cpu_ids and the seed.
 * Errors as machine_create(). */
int cpus_create(const struct machine_config *config, char *error,
		size_t error_size);
/* The first task of CPU 0 calls this before fn: smp_init, workqueue_init of
 * the linked kernel, if there. */
void cpu_init_kernel(void);
/* Never returns: the CPU waits in the host for the process to end. */
void cpu_stop_here(void) __attribute__((noreturn));
/* How many CPUs are in cpu_stop_here(). */
unsigned cpus_stopped(void);
/* "0-3,8": those that do not idle, or "none". For reports: looks at the CPUs as
 * they are. Ends in "..." where size is too small. */
void cpus_print_busy(char *text, size_t size);
/* A kernel log line for each, as the kernel's might_sleep report has them. */
void cpu_print_held_locks(const struct task_struct *task);

/* ---- soft_lockup.c ---- */
/* "watchdog: BUG: soft lockup - CPU#1 stuck for 5s! [comm:pid]" */
void soft_lockup_print(const struct cpu *cpu, u64 ns);
/* Where a signal, whose handler got this context, has interrupted the thread;
 * 0: unknown on this host's architecture. */
unsigned long interrupted_at(const void *context);

/* ---- backtrace.c ---- */
/* dump_stack() of what the signal has interrupted whose handler this is called
 * from, at ip. */
void dump_interrupted(unsigned long ip);

/* ---- arena.c ---- */
/* Splits memory over nodes, lays out per-CPU units and vmemmap, maps the
 * arena; fills machine_nodes and friends. Errors as machine_create(). */
int arena_create(const struct machine_config *config, char *error,
		 size_t error_size);
/* Direct map and vmemmap, in bytes. */
u64 arena_size(void);
/* Which emulated node backs arena offset off. */
unsigned arena_node_of(u64 off);

/* ---- task.c ---- */
/* Run queues, after cpus_create(). */
void tasks_create(void);
/* Makes CPU i's idle task around the given fiber and makes it the CPU's
 * current task. */
struct task_struct *task_create_idle(unsigned cpu, struct fiber *fiber);
/* What the idle task runs; returns when the machine stops. */
void task_idle_loop(void);
/* CPU_IRQ_RESCHED: moves tasks woken from afar to this CPU's queue; true if
 * any task but the current is runnable. Interrupts off or at a safe point. */
bool task_collect_woken(void);
/*
 * Deferrable timers that are due become timers that cond_resched() looks at.
 * Where the clock is not free, that is for CPU_IRQ_WAKE, which the watchdog
 * sends to those that do not idle, and after idling. Interrupts taken.
 */
void task_tick(void);
/* When the first of this CPU's timers that are not deferrable expires; ~0:
 * there is none. */
u64 task_next_timer(void);
/* Every task there has been; of those whose memory was used again, the last. */
void task_for_each(void (*visit)(void *arg, const struct task_struct *task),
		   void *arg);
/* For the deadlock report: one line of stderr for each task that waits,
 * and the locks that it holds. */
void task_print_all(void);
/* The task whose stack or task_struct holds p, or NULL. While nothing runs. */
const struct task_struct *task_of_address(const void *p, bool *on_stack);

#endif
