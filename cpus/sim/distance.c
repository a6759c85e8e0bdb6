/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where CPUs and lines are, and what a way between them costs.
 *
 * Latency is by the distance between requester and owner; with home_nr, a line
 * that leaves its L3 goes by way of its home node, and the farthest of the
 * three distances counts (design: published core-to-core matrices of EPYC).
 */
#include "cpus/sim/coherence.h"

static u16 node_package[MAX_NUMNODES];
static bool node_has_package[MAX_NUMNODES];

enum sim_distance sim_distance(const struct sim_cpu *a,
			       const struct sim_cpu *b)
{
	if (a->package != b->package)
		return SIM_CROSS;
	if (a->core == b->core)
		return SIM_SMT;
	return a->l3 == b->l3 ? SIM_L3 : SIM_PACKAGE;
}

static unsigned home_of(u64 line)
{
	return line < sim.globals_line ?
	       arena_node_of(line << SIM_LINE_SHIFT) : 0;
}

static bool is_remote(const struct sim_cpu *cpu, unsigned node)
{
	return !node_has_package[node] || node_package[node] != cpu->package;
}

enum sim_distance sim_way(const struct sim_cpu *to,
			  const struct sim_cpu *from, u64 line)
{
	enum sim_distance distance = sim_distance(to, from);

	if (sim.cost.home && distance == SIM_PACKAGE &&
	    is_remote(to, home_of(line)))
		distance = SIM_CROSS;
	return distance;
}

u32 sim_transfer(struct sim_cpu *to, const struct sim_cpu *from, u64 line)
{
	to->miss_way = sim_way(to, from, line);
	return sim.cost.c2c[to->miss_way];
}

u32 sim_from_memory(const struct sim_cpu *cpu, u64 line)
{
	return sim.cost.dram[is_remote(cpu, home_of(line))];
}

u32 sim_from_stream(const struct sim_cpu *cpu, u64 line)
{
	return sim.cost.stream[is_remote(cpu, home_of(line))];
}

/* ---- making ---- */
static void locate(const struct machine_config *config, struct sim_cpu *cpu)
{
	const struct topology_pu *pu =
		&config->topology->pus[cpu->cpu->own.pu];

	cpu->core = (u16)pu->core;
	cpu->l3 = (u16)pu->l3;
	cpu->package = (u16)pu->package;
	cpu->node = (u16)pu->node;
	sim.nr_l3s = max(sim.nr_l3s, pu->l3 + 1);
}

static void locate_nodes(const struct topology *topology)
{
	unsigned i;

	for (i = topology->nr_pus; i--; ) {
		const struct topology_pu *pu = &topology->pus[i];

		node_package[pu->node] = (u16)pu->package;
		node_has_package[pu->node] = true;
	}
}

void sim_distances_create(const struct machine_config *config)
{
	unsigned cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		locate(config, &sim.cpus[cpu]);
	locate_nodes(config->topology);
}
