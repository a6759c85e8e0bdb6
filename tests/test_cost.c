/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the simulated machine charges for what is no transfer of a line: plain
 * computation, stores and bulk memory whose misses overlap, interrupts and
 * translation caches. Each cost is told apart by its size.
 */
#include <stdlib.h>

#include "cpus/boot.h"
#include "cpus/smp.h"
#include "cpus/twin.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }
#define TOPOLOGY	"pack:2 numa:1 l3:1 core:2 pu:1"

static const struct cost_profile profile = {
	.name = "cost", .of = {
		NS(plain_ns, 0.5), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
		NS(dram_local_ns, 1000), NS(dram_remote_ns, 2000),
		NS(rmw_ns, 7), NS(fence_ns, 10), NS(pause_ns, 4),
		NS(clock_ns, 9),
		NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 25),
		NS(c2c_cross_ns, 50), NS(fill_ns, 1), NR(streak_nr, 32),
		NR(misses_nr, 10), NR(stream_mbps, 6400),
		NR(stream_remote_mbps, 100), NS(ipi_send_ns, 10000),
		NS(ipi_deliver_ns, 50000), NS(ipi_deliver_cross_ns, 100000),
		NS(irq_entry_ns, 3000), NS(irq_exit_ns, 2000),
		NS(idle_wake_ns, 500000), NS(invlpg_ns, 300),
		NS(flush_ns, 4000) },
};

/* least <= took < least + slack */
static void took(const char *what, u64 ns, u64 least, u64 slack)
{
	if (ns < least || ns >= least + slack)
		printk("%s: %lu ns, not %lu to %lu", what, ns, least,
		       least + slack);
	must(ns >= least && ns < least + slack);
}

static void run(void (*fn)(void *arg))
{
	emulate(&(struct emulation){ .cpus = 4, .topology = TOPOLOGY,
		.profile = &profile }, fn, NULL);
}

static char *memory_of(unsigned node)
{
	return machine_direct_map + machine_nodes[node].start + (1 << 20);
}

/* ---- computation ---- */
static noinline void store_to(unsigned *word, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		*word = i;
		barrier();
	}
}

static void use_the_stack(void *arg)
{
	unsigned here;
	u64 start = now_quietly();

	store_to(&here, 1000);
	took("1000 stores to the stack", now_quietly() - start, 500, 10);
}

/* The host's own memory is nobody's line, and the CPU's own state is its own
 * whatever the order of access. */
static void use_host_memory(void *arg)
{
	unsigned *there = malloc(sizeof(*there));
	const struct cpu *own = this_cpu();
	u64 start = now_quietly(), sum = 0;

	store_to(there, 1000);
	took("1000 stores to host memory", now_quietly() - start, 500, 10);
	start = now_quietly();
	for (unsigned i = 0; i < 1000; i++)
		sum += READ_ONCE(own->own.nr_switches);
	took("1000 looks at its own state", now_quietly() - start, 500, 10);
	must(sum < ~0UL);
	free(there);
}

/* What builds with --enable-blocks call at the head of each block. */
void __sanitizer_cov_trace_pc(void);

static void run_blocks(void *arg)
{
	u64 start = now_quietly();

	for (unsigned i = 0; i < 1000; i++)
		__sanitizer_cov_trace_pc();
	took("1000 blocks", now_quietly() - start, 2000, 10);
}

/* A fence has a ns of jitter at most, and looks at an address of the stack. */
static void use_instructions(void *arg)
{
	u64 start = now_quietly(), sum = 0;

	for (unsigned i = 0; i < 1000; i++)
		smp_mb();
	took("1000 fences", now_quietly() - start, 10000, 2500);
	start = now_quietly();
	for (unsigned i = 0; i < 1000; i++)
		sum += sched_clock();
	took("1000 looks at the clock", now_quietly() - start, 9000, 100);
	must(sum);
	start = now_quietly();
	cpu_relax();
	took("a pause", now_quietly() - start, 4, 2);
}

static void instructions_have_their_price(void **state)
{
	run(use_instructions);
}

static void an_access_stands_for_computation(void **state)
{
	struct cost_profile blocks = profile;

	run(use_the_stack);
	run(use_host_memory);
	blocks.of[PROFILE_block_ns].value = 2000;
	emulate(&(struct emulation){ .cpus = 4, .topology = TOPOLOGY,
		.profile = &blocks }, run_blocks, NULL);
}

/* ---- locked operations on lines that are here ---- */
static noinline void add_to(u64 *word, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
}

/* The second has the first one's place in L1, but not in L2. */
static void lock_lines(void *arg)
{
	u64 *word = (u64 *)memory_of(0), *second = word + (1 << 20) / 8;
	u64 start;

	word[0] = word[1] = 0;
	add_to(word, 1);
	start = now_quietly();
	add_to(word, 1000);
	took("1000 locked operations", now_quietly() - start, 7000, 1100);
	start = now_quietly();
	for (unsigned i = 0; i < 1000; i++)
		must(this_cpu_cmpxchg_double(word, 1001 + i, 0, 1002 + i, 0));
	took("1000 on this CPU's own", now_quietly() - start, 7000, 1100);
	add_to(second, 1);
	start = now_quietly();
	add_to(word, 1);
	took("one in L2", now_quietly() - start, 7, 3);
	start = now_quietly();
	must(!second[1]);
	took("a load in L2", now_quietly() - start, 5, 3);
	start = now_quietly();
	must(second[0] == 1);
	took("a load in L1", now_quietly() - start, 1, 3);
}

static void locked_operations_cost_more(void **state)
{
	run(lock_lines);
}

/* ---- misses that overlap ---- */
/* A store is waited for only when ten are on their way; a fence for all. */
static void store_apart(void *arg)
{
	char *at = memory_of(0);
	u64 start = now_quietly();

	for (unsigned i = 0; i < 10; i++)
		at[i * 8192] = 1;
	took("ten stores", now_quietly() - start, 10, 10);
	smp_mb();
	took("and a fence", now_quietly() - start, 1000, 40);
	start = now_quietly();
	for (unsigned i = 10; i < 110; i++)
		at[i * 8192] = 1;
	took("a hundred stores", now_quietly() - start, 9000, 1100);
}

/* A page of zeroes: the first line is a miss, of the others ten at a time are
 * on their way, until it is bandwidth that counts. */
static void clear_pages(void *arg)
{
	char *near = memory_of(0), *far = memory_of(1);
	u64 start = now_quietly(), lines = 64;

	machine_memset(near, 0, lines * CACHELINE);
	took("a page", now_quietly() - start, 1000 + (lines - 1) * 100, 10);
	start = now_quietly();
	machine_memset(near, 0, lines * CACHELINE);
	took("again", now_quietly() - start, lines * 1, 10);
	/* Others have its place in L1. */
	machine_memset(near + (1 << 20), 0, lines * CACHELINE);
	start = now_quietly();
	machine_memset(near, 0, lines * CACHELINE);
	took("from L2", now_quietly() - start, lines * 5, 10);
	start = now_quietly();
	machine_memset(far, 0, lines * CACHELINE);
	took("a remote page", now_quietly() - start,
	     2000 + (lines - 1) * 640, 10);
}

static void independent_misses_overlap(void **state)
{
	run(store_apart);
	run(clear_pages);
}

/* ---- interrupts ---- */
static u64 arrived[4];
static u32 let_go;

static void note_arrival(void *info)
{
	arrived[smp_processor_id()] = now_quietly();
}

static void spin(void *arg)
{
	while (!READ_ONCE(let_go))
		cpu_relax();
}

static u64 arrival_on(unsigned cpu)
{
	u64 start = now_quietly();

	smp_call_function_single(cpu, note_arrival, NULL, true);
	return arrived[cpu] - start;
}

/* Lines of the call move, too: some hundred ns. */
static void interrupt_one(void *arg)
{
	struct task_struct *spinner;

	took("an idle CPU", arrival_on(1), 10000 + 50000 + 500000 + 3000, 6000);
	spinner = task_create(1, "spinner", spin, NULL);
	ndelay(2000000);
	took("one that polls", arrival_on(1), 10000 + 50000 + 3000, 6000);
	WRITE_ONCE(let_go, 1);
	task_join(spinner);
	took("of another package", arrival_on(2),
	     10000 + 100000 + 500000 + 3000, 6000);
}

/* Sent one after the other: the last arrives two sends later. */
static void interrupt_all(void *arg)
{
	u64 start, sent;

	arrival_on(1);
	arrival_on(2);
	arrival_on(3);
	ndelay(2000000);
	start = now_quietly();
	preempt_disable();
	smp_call_function_many(cpu_online_mask, note_arrival, NULL, false);
	sent = now_quietly() - start;
	preempt_enable();
	took("three sends", sent, 30000, 9000);
	ndelay(2000000);
	took("the first", arrived[1] - start, 10000 + 50000 + 500000 + 3000,
	     10000);
	took("the last", arrived[3] - start, 30000 + 100000 + 500000 + 3000,
	     10000);
}

static u64 computed;

static void compute(void *arg)
{
	u64 start = now_quietly();

	ndelay(1000000);
	computed = now_quietly() - start;
}

/* What it computes takes longer by entry, handler and exit. */
static void interrupt_work(void *arg)
{
	struct task_struct *worker = task_create(1, "worker", compute, NULL);

	ndelay(700000);
	arrival_on(1);
	task_join(worker);
	took("interrupted work", computed, 1000000 + 3000 + 2000, 3000);
}

static void serve_long(void *info)
{
	ndelay(150000);
}

/* The second is sent and arrives while the first is served, and is served
 * before the work goes on: it costs as much. */
static void interrupt_twice(void *arg)
{
	struct task_struct *worker = task_create(1, "worker", compute, NULL);

	ndelay(700000);
	smp_call_function_single(1, serve_long, NULL, false);
	ndelay(80000);
	arrival_on(1);
	task_join(worker);
	took("work interrupted twice", computed, 1000000 + 150000 +
	     2 * (3000 + 2000), 4000);
}

/* The interrupt controller is told as of an IPI. */
static void set_timer(void *arg)
{
	u64 start = now_quietly();

	machine_device_timer(start + 1000000000);
	took("setting the timer", now_quietly() - start, 10000, 10);
	machine_device_timer(0);
}

static u64 enabled;

static void enable_late(void *arg)
{
	u64 start;

	local_irq_disable();
	ndelay(1000000);
	start = now_quietly();
	local_irq_enable();
	must(arrived[1] >= start);
	ndelay(1);
	enabled = now_quietly() - start;
}

/* One that has been waited for is taken where they are enabled, and costs as
 * much. */
static void interrupt_late(void *arg)
{
	struct task_struct *late = task_create(1, "late", enable_late, NULL);

	ndelay(600000);
	arrival_on(1);
	task_join(late);
	took("one held off", enabled, 3000 + 2000, 3000);
}

static void interrupts_cost_all_their_parts(void **state)
{
	run(interrupt_one);
	run(interrupt_all);
	run(interrupt_work);
	run(interrupt_late);
	run(interrupt_twice);
	run(set_timer);
}

/* ---- translation caches ---- */
static u64 *entries;

static void flush_and_walk(void *arg)
{
	u64 start = now_quietly();

	machine_hw_tlb_op(false);
	took("INVLPG", now_quietly() - start, 300, 10);
	start = now_quietly();
	machine_hw_tlb_op(true);
	took("a full flush", now_quietly() - start, 4000, 10);
	entries = (u64 *)memory_of(0);
	start = now_quietly();
	machine_hw_load(entries);
	took("a step of a walk, from memory", now_quietly() - start, 1000, 10);
	start = now_quietly();
	machine_hw_load(entries + 1);
	took("another in the same line", now_quietly() - start, 1, 10);
}

static void write_later(void *arg)
{
	ndelay(10000);
	WRITE_ONCE(entries[0], 1);
}

/* A walk reads what is there at its time, as any access. */
static void walk_in_order(void *arg)
{
	u64 start = now_quietly(), *entry = (u64 *)memory_of(0);

	entries = entry;
	task_create(1, "writer", write_later, NULL);
	while (!machine_hw_load(entry))
		must(now_quietly() - start < 1000000);
	took("until it is written", now_quietly() - start, 10000, 600000);
}

static void flushes_and_walks_are_charged(void **state)
{
	run(flush_and_walk);
	run(walk_in_order);
}

TEST_MAIN(cmocka_unit_test(an_access_stands_for_computation),
	  cmocka_unit_test(instructions_have_their_price),
	  cmocka_unit_test(locked_operations_cost_more),
	  cmocka_unit_test(independent_misses_overlap),
	  cmocka_unit_test(interrupts_cost_all_their_parts),
	  cmocka_unit_test(flushes_and_walks_are_charged))
