/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arena's layout: nodes, per-CPU units, vmemmap; and what it refuses. The
 * odd topologies are made by hand and laid out in a child of their own, since
 * no host has them and a process has one arena.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpus/twin.h"
#include "tests/test.h"

#define MIB	(1UL << 20)
#define GIB	(1UL << 30)
#define MARK	0x1234567890abcdefUL

static DEFINE_PER_CPU(u64, marked) = MARK;
static DEFINE_PER_CPU_ALIGNED(u8, line) = 7;

/* ---- what holds of every arena ---- */
static void check_nodes(u64 memory_bytes)
{
	u64 at = 0;
	unsigned node;

	for (node = 0; node < machine_nr_nodes; node++) {
		const struct machine_node *n = &machine_nodes[node];

		must(n->start == at && n->end >= n->start);
		must(n->start % (16 * MIB) == 0 && n->end % (16 * MIB) == 0);
		must(n->reserved >= n->start && n->reserved <= n->end);
		if (n->end > n->start) {
			must(arena_node_of(n->start) == node);
			must(arena_node_of(n->end - 1) == node);
			/* Its page structures lie on it, too. */
			must(arena_node_of(memory_bytes + n->start / 64) ==
			     node);
			must(arena_node_of(memory_bytes + n->end / 64 - 1) ==
			     node);
		}
		at = n->end;
	}
	must(at == memory_bytes);
	must((char *)machine_vmemmap == machine_direct_map + memory_bytes);
	must(arena_size() == memory_bytes + memory_bytes / 64);
}

static void check_units(void)
{
	u64 used[MAX_NUMNODES] = { 0 };
	unsigned cpu, other, node;

	must(machine_percpu_unit_size >= 128 << 10);
	must(machine_percpu_static_size % CACHELINE == 0);
	must(machine_percpu_static_size < machine_percpu_unit_size);
	for_each_online_cpu(cpu) {
		const struct machine_node *n = &machine_nodes[cpu_to_node(cpu)];
		char *unit = per_cpu_ptr(machine_percpu_base, cpu);
		u64 at = (u64)(unit - machine_direct_map);

		must(n->has_cpus);
		must(at >= n->reserved &&
		     at + machine_percpu_unit_size <= n->end);
		must(at % PAGE_SIZE == 0);
		must((uintptr_t)per_cpu_ptr(&line, cpu) % CACHELINE == 0);
		must(per_cpu(marked, cpu) == MARK);
		must(per_cpu(line, cpu) == 7);
		for (other = 0; other < cpu; other++)
			must(per_cpu_ptr(machine_percpu_base, other) != unit);
		used[cpu_to_node(cpu)] += machine_percpu_unit_size;
	}
	for (node = 0; node < machine_nr_nodes; node++)
		must(machine_nodes[node].end - machine_nodes[node].reserved ==
		     used[node]);
}

static void is_zero(const char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		must(!p[i]);
}

/* ---- on a running machine ---- */
static void add_cpu_number(void *arg, unsigned cpu)
{
	this_cpu_add(marked, cpu);
	must(this_cpu_var(marked) == MARK + cpu);
	must(&this_cpu_var(marked) == per_cpu_ptr(&marked, cpu));
}

static void check_running(void *arg)
{
	u64 memory_bytes = *(const u64 *)arg;
	unsigned cpu;

	check_nodes(memory_bytes);
	check_units();
	is_zero(machine_vmemmap, 4096);
	is_zero(machine_direct_map, 4096);
	on_all_cpus(add_cpu_number, NULL);
	for_each_online_cpu(cpu)
		must(per_cpu(marked, cpu) == MARK + cpu);
	must(marked == MARK);	/* the template */
	machine_direct_map[memory_bytes - 1] = 1;
	must(machine_print_address(machine_direct_map + 4096) ==
	     0xffff888000001000);
}

static void memory_is_laid_out_on_the_machine(void **state)
{
	u64 size = 64 * MIB;

	emulate(&(struct emulation){ .cpus = 1, .memory_bytes = size },
		check_running, &size);
	size = 96 * MIB;
	emulate(&(struct emulation){ .cpus = 4, .nodes = 2,
				     .memory_bytes = size },
		check_running, &size);
	size = 7 * GIB;		/* reserved, not used */
	emulate(&(struct emulation){ .cpus = 4, .nodes = 4,
				     .memory_bytes = size },
		check_running, &size);
}

/* ---- odd topologies ---- */
struct odd {
	unsigned	nr_nodes;
	u64		memory[4];		/* of the topology's nodes */
	u64		memory_bytes;
	u64		expected[4];		/* in MiB */
	unsigned	cpu_nodes[3];		/* of CPUs 0, 1, 2 */
	const char	*error;
};

static void lay_out(const struct odd *odd)
{
	struct topology_node nodes[4] = { 0 };
	struct topology_pu pus[3] = { 0 };
	unsigned pu_of_cpu[3] = { 0, 1, 2 }, i;
	uint16_t distances[16];
	struct topology topology = {
		.nr_nodes = odd->nr_nodes, .nr_pus = 3,
		.nodes = nodes, .pus = pus, .distances = distances,
	};
	struct machine_config config = {
		.topology = &topology, .pu_of_cpu = pu_of_cpu, .nr_cpus = 3,
		.memory_bytes = odd->memory_bytes,
	};
	char error[256] = "";
	int err;

	for (i = 0; i < odd->nr_nodes; i++)
		nodes[i].memory_bytes = odd->memory[i];
	for (i = 0; i < 3; i++)
		pus[i].node = i % odd->nr_nodes;
	/* Along a line: the nearer the number, the nearer the node. */
	for (i = 0; i < odd->nr_nodes * odd->nr_nodes; i++)
		distances[i] = (uint16_t)(10 + 10 * abs((int)(i /
			odd->nr_nodes) - (int)(i % odd->nr_nodes)));
	must(!cpus_create(&config, error, sizeof(error)));
	err = arena_create(&config, error, sizeof(error));
	if (odd->error) {
		must(err == -EINVAL);
		if (!strstr(error, odd->error))
			fprintf(stderr, "the error was: %s\n", error);
		must(strstr(error, odd->error) && !strchr(error, '\n'));
		return;
	}
	must(!err);
	check_nodes(odd->memory_bytes);
	check_units();
	for (i = 0; i < odd->nr_nodes; i++)
		must(machine_nodes[i].end - machine_nodes[i].start ==
		     odd->expected[i] * MIB);
	for (i = 0; i < 3; i++)
		must(cpu_to_node(i) == odd->cpu_nodes[i]);
	must(node_distance(0, odd->nr_nodes - 1) == 10 * odd->nr_nodes);
}

static void check_odd(const struct odd *odd)
{
	int status;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);	/* not cmocka's */
		lay_out(odd);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nodes_are_in_the_topologys_proportions(void **state)
{
	check_odd(&(struct odd){ 2, { 3 * GIB, GIB }, 256 * MIB,
				 { 192, 64 }, { 0, 1, 0 }, NULL });
	/* 5 granules by thirds: 1.67 each; the first two are rounded up. */
	check_odd(&(struct odd){ 3, { GIB, GIB, GIB }, 80 * MIB,
				 { 32, 32, 16 }, { 0, 1, 2 }, NULL });
	/* The smallest node still gets its granule. */
	check_odd(&(struct odd){ 2, { 1000 * GIB, GIB }, 64 * MIB,
				 { 48, 16 }, { 0, 1, 0 }, NULL });
	/* Sizes that overflow 64 bits when multiplied. */
	check_odd(&(struct odd){ 2, { 1UL << 45, 1UL << 45 }, 4 * GIB,
				 { 2048, 2048 }, { 0, 1, 0 }, NULL });
}

static void cpus_without_memory_use_the_nearest(void **state)
{
	check_odd(&(struct odd){ 3, { GIB, 0, GIB }, 64 * MIB, { 32, 0, 32 },
				 { 0, 0, 2 }, NULL });
	check_odd(&(struct odd){ 4, { 0, 0, GIB, GIB }, 64 * MIB,
				 { 0, 0, 32, 32 }, { 2, 2, 2 }, NULL });
}

static void what_cannot_be_is_refused(void **state)
{
	check_odd(&(struct odd){ 1, { GIB }, 1UL << 50, { 0 }, { 0 },
				 "holds at most" });
	check_odd(&(struct odd){ 2, { GIB, GIB }, 16 * MIB, { 0 }, { 0 },
				 "needs at least 16M" });
	check_odd(&(struct odd){ 1, { GIB }, 0, { 0 }, { 0 },
				 "needs at least 16M" });
	check_odd(&(struct odd){ 1, { 0 }, GIB, { 0 }, { 0 },
				 "no node with memory" });
}

static void do_nothing(void *arg)
{
}

/* 64 units of 128 KiB would take half of 16 MiB; 65 more than that. */
static void too_many_cpus_for_a_node_are_refused(void **state)
{
	if (!machine_is_virtual()) {
		test_skip("needs more threads than a native test should start");
		return;
	}
	emulate(&(struct emulation){ .cpus = 64, .memory_bytes = 16 * MIB },
		do_nothing, NULL);
	emulate(&(struct emulation){ .cpus = 65, .memory_bytes = 16 * MIB,
		.expect_exit = 71, .expect_text = "which may take half" },
		do_nothing, NULL);
}

TEST_MAIN(cmocka_unit_test(memory_is_laid_out_on_the_machine),
	  cmocka_unit_test(nodes_are_in_the_topologys_proportions),
	  cmocka_unit_test(cpus_without_memory_use_the_nearest),
	  cmocka_unit_test(what_cannot_be_is_refused),
	  cmocka_unit_test(too_many_cpus_for_a_node_are_refused))
