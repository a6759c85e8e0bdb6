/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where CPUs and lines are, and what a way between them costs: its class's
 * constant, more between nodes that the topology's distances say are farther
 * (topology_stretch()).
 *
 * Latency is by the distance between requester and owner; with home_nr, a line
 * that leaves its L3 goes by way of its home node, and the farthest of the
 * three distances counts (design: published core-to-core matrices of EPYC).
 */
#include "cpus/sim/coherence.h"

static_assert((int)SIM_SMT == TOPOLOGY_SAME_CORE &&
	      (int)SIM_L3 == TOPOLOGY_SAME_L3 &&
	      (int)SIM_PACKAGE == TOPOLOGY_SAME_PACKAGE &&
	      (int)SIM_CROSS == TOPOLOGY_CROSS, "indices of nearest[]");

static const struct topology *topology;
static unsigned first_home;	/* the node of what is not in the arena */

static unsigned home_of(u64 line)
{
	return line < sim.globals_line ?
	       arena_node_of(line << SIM_LINE_SHIFT) : first_home;
}

static bool is_remote(const struct sim_cpu *cpu, unsigned node)
{
	return topology_is_remote(topology, cpu->package, cpu->node, node);
}

/* ---- from a CPU ---- */
enum sim_distance sim_way(const struct sim_cpu *to, const struct sim_cpu *from,
			  u64 line)
{
	enum sim_distance distance = sim_distance(to, from);

	if (sim.cost.home && distance == SIM_PACKAGE &&
	    is_remote(to, home_of(line)))
		distance = SIM_CROSS;
	return distance;
}

/* Of a line between two nodes. */
static u32 leg(enum sim_distance distance, unsigned to, unsigned from)
{
	return topology_stretch(topology, sim.cost.c2c[distance],
				topology->nearest[distance], to, from);
}

u32 sim_way_cost(const struct sim_cpu *to, const struct sim_cpu *from,
		 u64 line, enum sim_distance way)
{
	u32 direct = leg(way, to->node, from->node);
	unsigned home;

	if (!sim.cost.home || way < SIM_PACKAGE)
		return direct;
	home = home_of(line);
	return max(direct, max(leg(way, to->node, home),
			       leg(way, home, from->node)));
}

u32 sim_transfer_by_nodes(struct sim_cpu *to, const struct sim_cpu *from,
			  u64 line)
{
	to->miss_way = sim_way(to, from, line);
	return sim_way_cost(to, from, line, to->miss_way);
}

/* ---- from memory ---- */
u32 sim_from_memory(const struct sim_cpu *cpu, u64 line)
{
	unsigned home = home_of(line);
	bool remote = is_remote(cpu, home);

	return topology_stretch(topology, sim.cost.dram[remote],
				remote ? topology->nearest_memory :
				TOPOLOGY_LOCAL, cpu->node, home);
}

u32 sim_from_stream(const struct sim_cpu *cpu, u64 line)
{
	return sim.cost.stream[is_remote(cpu, home_of(line))];
}

/* ---- an interrupt ---- */
u32 sim_ipi_delivery(const struct sim_cpu *from, const struct sim_cpu *to)
{
	if (from->package == to->package)
		return sim.cost.ipi_deliver[0];
	return topology_stretch(topology, sim.cost.ipi_deliver[1],
				topology->nearest[SIM_CROSS], from->node,
				to->node);
}

/* ---- making ---- */
static void locate(struct sim_cpu *cpu)
{
	const struct topology_pu *pu = &topology->pus[cpu->cpu->own.pu];

	cpu->core = (u16)pu->core;
	cpu->l3 = (u16)pu->l3;
	cpu->package = (u16)pu->package;
	cpu->node = (u16)pu->home;
	cpu->place = (u64)cpu->package << 32 | (u64)cpu->l3 << 16 | cpu->core;
	sim.nr_l3s = max(sim.nr_l3s, pu->l3 + 1);
}

void sim_distances_create(const struct machine_config *config)
{
	unsigned cpu;

	topology = config->topology;
	sim.nodes_count = sim.cost.home || topology->has_distances;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		locate(&sim.cpus[cpu]);
	first_home = 0;
	while (first_home + 1 < topology->nr_nodes &&
	       !topology->nodes[first_home].memory_bytes)
		first_home++;
}
