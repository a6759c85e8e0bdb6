/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all emulated CPUs have in common: their table, taking interrupts, and
 * the atomic-sleep check.
 *
 * Own fields that others read while the CPU runs (counters, the current task)
 * are written with WRITE_ONCE by the owner and read with READ_ONCE.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpus/twin.h"

struct cpu *cpus[NR_CPUS_MAX];
unsigned nr_cpu_ids;

static u64 seed;
static unsigned nr_stopped;		/* atomics */
static void (*device_handler)(void);	/* atomics */
static u64 sleep_report_ns;		/* atomics; time of the last + 1 */
static bool report_all;			/* atomics */

/* The kernel's, if it is linked: a test of the bare machine has none. */
void generic_smp_call_function_interrupt(void) __attribute__((weak));
void smp_init(void) __attribute__((weak));
void workqueue_init(void) __attribute__((weak));
const struct lock_class *lock_class(unsigned class) __attribute__((weak));
void lock_checks_enable(bool on) __attribute__((weak));

/* ---- making ---- */
/* pus[].node is the nearest with memory already; a hand-made topology may
 * differ. */
static unsigned nearest_node(const struct topology *topology, unsigned from)
{
	unsigned best = from, node;

	if (topology->nodes[from].memory_bytes)
		return from;
	for (node = 0; node < topology->nr_nodes; node++) {
		if (!topology->nodes[node].memory_bytes)
			continue;
		if (!topology->nodes[best].memory_bytes ||
		    topology_distance(topology, from, node) <
		    topology_distance(topology, from, best))
			best = node;
	}
	return best;
}

/* Who shares the last cache there is: an L3 has its own index, of others a core
 * is taken to have one. */
static unsigned cache_of(const struct topology *topology, unsigned pu,
			 unsigned level)
{
	return level == 3 ? topology->pus[pu].l3 : topology->pus[pu].core;
}

/* As drivers/base/cacheinfo.c has it: the same part for every online CPU. */
static void share_caches(const struct topology *topology)
{
	unsigned *sharers = calloc(topology->nr_pus, sizeof(*sharers));
	unsigned level = 3, cpu;
	u64 bytes;

	must(sharers);
	while (level > 1 && !topology_cache_bytes(topology, level))
		level--;
	bytes = topology_cache_bytes(topology, level);
	for_each_online_cpu(cpu)
		sharers[cache_of(topology, cpus[cpu]->own.pu, level)]++;
	for_each_online_cpu(cpu)
		cpus[cpu]->own.data_slice_bytes = bytes /
			sharers[cache_of(topology, cpus[cpu]->own.pu, level)];
	free(sharers);
}

int cpus_create(const struct machine_config *config, char *error,
		size_t error_size)
{
	unsigned cpu;

	if (!config->nr_cpus || config->nr_cpus > NR_CPUS_MAX) {
		snprintf(error, error_size,
			 "%u CPUs: must be 1 to %u", config->nr_cpus,
			 NR_CPUS_MAX);
		return -EINVAL;
	}
	nr_cpu_ids = config->nr_cpus;
	seed = config->seed;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		unsigned pu = config->pu_of_cpu[cpu];

		must(pu < config->topology->nr_pus);
		cpus[cpu] = aligned_alloc(CACHELINE, sizeof(struct cpu));
		must(cpus[cpu]);
		memset(cpus[cpu], 0, sizeof(struct cpu));
		cpus[cpu]->own.id = cpu;
		cpus[cpu]->own.pu = pu;
		cpus[cpu]->own.node = nearest_node(config->topology,
				config->topology->pus[pu].node);
	}
	share_caches(config->topology);
	if (CHECKS_BUILT && !CHECKS_ON && lock_checks_enable)
		lock_checks_enable(false);
	return 0;
}

u64 machine_seed(void)
{
	return seed;
}

void cpu_init_kernel(void)
{
	if (smp_init)
		smp_init();
	if (workqueue_init)
		workqueue_init();
}

void cpu_stop_here(void)
{
	__atomic_fetch_add(&nr_stopped, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

unsigned cpus_stopped(void)
{
	return __atomic_load_n(&nr_stopped, __ATOMIC_ACQUIRE);
}

static bool is_busy(unsigned cpu)
{
	return READ_ONCE(cpus[cpu]->own.current_task) &&
	       !READ_ONCE(cpus[cpu]->own.in_idle);
}

void cpus_print_busy(char *text, size_t size)
{
	unsigned cpu, last;
	size_t length = 0;

	snprintf(text, size, "none");
	for (cpu = 0; cpu < nr_cpu_ids; cpu = last + 1) {
		last = cpu;
		if (!is_busy(cpu))
			continue;
		while (last + 1 < nr_cpu_ids && is_busy(last + 1))
			last++;
		if (length + 16 > size) {
			snprintf(text + length, size - length, "...");
			return;
		}
		length += (size_t)snprintf(text + length, size - length,
			last > cpu ? "%s%u-%u" : "%s%u",
			length ? "," : "CPU ", cpu, last);
	}
}

/* ---- interrupts ---- */
void machine_set_device_handler(void (*handler)(void))
{
	__atomic_store_n(&device_handler, handler, __ATOMIC_RELEASE);
}

static void irq_enter(struct cpu *cpu)
{
	cpu->own.irqs_off = true;
	if (!cpu->own.preempt_count)
		cpu->own.preempt_off_ip = _RET_IP_;
	cpu->own.preempt_count += HARDIRQ_OFFSET;
	barrier();
}

static void irq_exit(struct cpu *cpu)
{
	barrier();
	cpu->own.preempt_count -= HARDIRQ_OFFSET;
	if (!cpu->own.preempt_count)
		cpu->own.preempt_off_ip = 0;
	cpu->own.irqs_off = false;
}

/* Its frame is where a stack dump tells the interrupt from the task. */
static noclone void handle_irqs(struct cpu *cpu, u32 pending)
{
	irq_enter(cpu);
	if (pending & CPU_IRQ_CALL && generic_smp_call_function_interrupt) {
		WRITE_ONCE(cpu->own.nr_ipis_received,
			   cpu->own.nr_ipis_received + 1);
		generic_smp_call_function_interrupt();
	}
	if (pending & CPU_IRQ_DEVICE) {
		void (*handler)(void) = smp_load_acquire(&device_handler);

		if (handler)
			handler();
	}
	if (pending & CPU_IRQ_RESCHED)
		task_collect_woken();
	irq_exit(cpu);
}

/*
 * The exchange is an acquire of all that was done before a bit was set. Bits
 * that arrive meanwhile are taken too, before the interrupted code goes on. A
 * question for quiescence that cannot be answered here stays pending.
 */
void cpu_poll_slow(void)
{
	struct cpu *cpu = this_cpu();
	u32 pending, rcu = 0;

	if (cpu->own.irqs_off)
		return;
	while ((pending = xchg(&cpu->seen.pending, 0)) != 0) {
		if (unlikely(pending & CPU_IRQ_STOP))
			cpu_stop_here();
		rcu |= pending & CPU_IRQ_RCU;
		if (pending & CPU_IRQ_WAKE)
			task_tick();
		if (pending & ~(CPU_IRQ_RCU | CPU_IRQ_WAKE))
			handle_irqs(cpu, pending);
	}
	if (!rcu)
		return;
	if (!cpu->own.preempt_count && !cpu->own.rcu_depth)
		rcu_quiescent_point();
	else
		__atomic_fetch_or(&cpu->seen.pending, CPU_IRQ_RCU,
				  __ATOMIC_RELAXED);
}

void cpu_account(enum cpu_time what, u64 ns)
{
	struct cpu *cpu = this_cpu();

	WRITE_ONCE(cpu->own.time_ns[what], cpu->own.time_ns[what] + ns);
}

/* ---- may this context sleep? ---- */
/* As the kernel prints it (vmalloc-tlb-ipi spec 8.4), less the usage bits and
 * wait types, which nobody here tracks. */
void cpu_print_held_locks(const struct task_struct *task)
{
	char at[KSYM_SYMBOL_LEN];
	unsigned i;

	if (!task->nr_held) {
		printk("no locks held by %s/%d.", task->comm, task->pid);
		return;
	}
	printk("%u lock%s held by %s/%d:", task->nr_held,
	       task->nr_held == 1 ? "" : "s", task->comm, task->pid);
	for (i = 0; i < task->nr_held && i < MAX_LOCK_DEPTH; i++) {
		const struct lock_held *held = &task->held[i];
		const struct lock_class *class = NULL;

		if (lock_class)
			class = lock_class(held->class);
		printk(" #%u: %lx (%s), at: %s", i,
		       machine_print_any(held->lock),
		       class ? class->name : "?",
		       symbol_print(at, held->ip));
	}
}

/* One a second, as the kernel's. */
static bool sleep_report_due(u64 now)
{
	u64 last = READ_ONCE(sleep_report_ns);

	if (READ_ONCE(report_all))
		return true;
	if (last && now < last + 1000000000)
		return false;
	return try_cmpxchg(&sleep_report_ns, &last, now + 1);
}

void kernel_report_all(bool all)
{
	WRITE_ONCE(report_all, all);
}

/* Only what is built with checks calls these two; this file may be without. */
void cpu_note_preempt_off(void)
{
	struct cpu *cpu = this_cpu();

	if (checks_off || cpu->own.preempt_count)
		return;
	cpu->own.preempt_off_ip = _RET_IP_;
	cpu->own.nr_preempt_off++;
}

void cpu_note_irqs_off(void)
{
	struct cpu *cpu = this_cpu();

	cpu->own.nr_irqs_off += !checks_off && !cpu->own.irqs_off;
}

/* A lock tells it better than the function that took it. */
static void print_preempt_off(const struct cpu *cpu)
{
	const struct task_struct *task = cpu->own.current_task;
	unsigned long ip = cpu->own.preempt_off_ip;
	char at[KSYM_SYMBOL_LEN];

	for (unsigned i = 0; i < task->nr_held && i < MAX_LOCK_DEPTH; i++) {
		if (!task->held[i].sleeps) {
			ip = task->held[i].ip;
			break;
		}
	}
	if (!cpu->own.preempt_count || !ip)
		return;
	printk("Preemption disabled at:");
	/* As %p prints pointers: hashed, here to nothing. */
	printk("[<%016x>] %s", 0, symbol_print(at, ip));
}

/* Out of the way of the legal case, which every blocking call goes through. */
static noinline __attribute__((cold)) bool
report_sleep(const struct cpu *cpu, const char *file, int line)
{
	const struct task_struct *task = cpu->own.current_task;

	machine_quiet_begin();
	if (sleep_report_due(machine_clock_any())) {
		kernel_bug("BUG: sleeping function called from invalid "
			   "context at %s:%d", source_path(file), line);
		printk("in_atomic(): %d, irqs_disabled(): %d, non_block: %d, "
		       "pid: %d, name: %s", cpu->own.preempt_count != 0,
		       cpu->own.irqs_off, cpu->own.non_block, task->pid,
		       task->comm);
		printk("preempt_count: %x, expected: %x",
		       (unsigned)cpu->own.preempt_count, 0u);
		printk("RCU nest depth: %d, expected: %u",
		       (int)cpu->own.rcu_depth, 0u);
		cpu_print_held_locks(task);
		print_preempt_off(cpu);
		dump_stack();
	}
	machine_quiet_end();
	return false;
}

bool __might_sleep(const char *file, int line)
{
	const struct cpu *cpu = this_cpu();

	if (unlikely(!cpu))	/* booting: no CPU runs yet */
		return true;
	if (likely(cpu_may_sleep(cpu))) {
		machine_note_schedule_point();
		return true;
	}
	return report_sleep(cpu, file, line);
}
