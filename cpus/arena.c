/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arena: all of the emulated machine's memory in one lazily reserved range
 * of the host's, at an address that is the same in every run.
 *
 *	offset 0                                memory_bytes
 *	| node 0 ......... units | node 1 ... units | ... | vmemmap |
 *
 * Offsets below memory_bytes are physical addresses. Nodes lie one after
 * another, in whole granules of 16 MiB, in the proportions of the topology's
 * nodes; a node without memory has start == end. The per-CPU units of a
 * node's CPUs are cut from its top. vmemmap is zeroed room for 64 bytes a page
 * frame, backed by the node of the frames it describes.
 */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/twin.h"

#define GRANULE		MACHINE_NODE_BYTES
#define MEMMAP_ENTRY	64		/* sizeof(struct page) */
#define UNIT_SIZE	(128UL << 10)	/* at least, of per-CPU memory */
#define UNIT_DYNAMIC	(64UL << 10)	/* at least, beyond the static part */
#define MIB(bytes)	((u64)(bytes) >> 20)

unsigned machine_nr_nodes;
struct machine_node machine_nodes[MAX_NUMNODES];
char *machine_direct_map;
void *machine_vmemmap;
char *machine_percpu_base;
size_t machine_percpu_static_size;
size_t machine_percpu_unit_size;

static const struct topology *topology;
static u64 memory_bytes;

/* Starts the section on a line boundary and makes sure that there is one. */
static char percpu_first[CACHELINE] __attribute__((section("percpu_data"),
	aligned(CACHELINE), used));

/* ---- splitting ---- */
/*
 * nr granules over the nodes in proportion to their memory, at least one to
 * each that has any. What rounding leaves goes to the nodes with the largest
 * remainders, of equals the first.
 */
static void split_granules(u64 nr, u64 *granules)
{
	unsigned nr_nodes = topology->nr_nodes, node;
	unsigned __int128 total = 0, share;
	u64 remainder[MAX_NUMNODES], left = nr;

	for (node = 0; node < nr_nodes; node++)
		total += topology->nodes[node].memory_bytes;
	for (node = 0; node < nr_nodes; node++) {
		share = (unsigned __int128)nr *
			topology->nodes[node].memory_bytes;
		granules[node] = (u64)(share / total);
		remainder[node] = (u64)(((share % total) << 32) / total);
		if (topology->nodes[node].memory_bytes && !granules[node]) {
			granules[node] = 1;
			remainder[node] = 0;
		}
		left -= granules[node];
	}
	/* More than nr were given when small nodes were rounded up to one. */
	for (; (s64)left < 0; left++) {
		unsigned most = 0;

		for (node = 1; node < nr_nodes; node++)
			if (granules[node] > granules[most])
				most = node;
		granules[most]--;
	}
	for (; left > 0; left--) {
		unsigned most = 0;

		for (node = 1; node < nr_nodes; node++)
			if (remainder[node] > remainder[most])
				most = node;
		granules[most]++;
		remainder[most] = 0;
	}
}

static int split_nodes(char *error, size_t error_size)
{
	u64 granules[MAX_NUMNODES], at = 0;
	unsigned node, nr_with_memory = 0;

	for (node = 0; node < topology->nr_nodes; node++)
		nr_with_memory += topology->nodes[node].memory_bytes != 0;
	if (!nr_with_memory) {
		snprintf(error, error_size,
			 "the topology has no node with memory");
		return -EINVAL;
	}
	if (memory_bytes / GRANULE < nr_with_memory) {
		snprintf(error, error_size, "memory is too small: each of %u "
			 "nodes needs at least 16M", nr_with_memory);
		return -EINVAL;
	}
	split_granules(memory_bytes / GRANULE, granules);
	machine_nr_nodes = topology->nr_nodes;
	for (node = 0; node < machine_nr_nodes; node++) {
		machine_nodes[node].start = at;
		at += granules[node] * GRANULE;
		machine_nodes[node].end = at;
		machine_nodes[node].reserved = at;
	}
	must(at == memory_bytes);
	return 0;
}

/* ---- per-CPU units ---- */
static int reserve_units(char *error, size_t error_size)
{
	unsigned node, cpu;

	machine_percpu_base = __start_percpu_data;
	machine_percpu_static_size = ALIGN((size_t)(__stop_percpu_data -
						    __start_percpu_data),
					   CACHELINE);
	machine_percpu_unit_size = max(UNIT_SIZE,
			ALIGN(machine_percpu_static_size + UNIT_DYNAMIC +
			      nr_cpu_ids * sizeof(call_single_data_t),
			      PAGE_SIZE));	/* smp_init() takes those */
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct machine_node *home = &machine_nodes[cpus[cpu]->own.node];

		home->has_cpus = true;
		if (home->reserved - home->start < machine_percpu_unit_size)
			home->reserved = home->start;
		else
			home->reserved -= machine_percpu_unit_size;
	}
	for (node = 0; node < machine_nr_nodes; node++) {
		const struct machine_node *n = &machine_nodes[node];

		if (n->end == n->start ||
		    n->reserved - n->start >= (n->end - n->start) / 2)
			continue;
		snprintf(error, error_size, "node %u: its %" PRIu64 " MiB of "
			 "memory are too few for its CPUs' areas of %zu KiB "
			 "each, which may take half", node,
			 MIB(n->end - n->start),
			 machine_percpu_unit_size >> 10);
		return -EINVAL;
	}
	return 0;
}

/* In the order of CPU numbers from each node's reserved on. */
static void fill_units(void)
{
	u64 next[MAX_NUMNODES];
	unsigned node, cpu;

	for (node = 0; node < machine_nr_nodes; node++)
		next[node] = machine_nodes[node].reserved;
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct cpu_own *own = &cpus[cpu]->own;
		char *unit = machine_direct_map + next[own->node];

		next[own->node] += machine_percpu_unit_size;
		memcpy(unit, machine_percpu_base,
		       (size_t)(__stop_percpu_data - __start_percpu_data));
		own->percpu_offset = (uintptr_t)unit -
				     (uintptr_t)machine_percpu_base;
	}
	for (node = 0; node < machine_nr_nodes; node++)
		must(next[node] == machine_nodes[node].end);
}

/* ---- the whole ---- */
u64 arena_size(void)
{
	return memory_bytes + memory_bytes / PAGE_SIZE * MEMMAP_ENTRY;
}

unsigned arena_node_of(u64 off)
{
	unsigned node;

	if (off >= memory_bytes)
		off = (off - memory_bytes) / MEMMAP_ENTRY * PAGE_SIZE;
	for (node = 0; node < machine_nr_nodes; node++)
		if (off < machine_nodes[node].end)
			return node;
	return machine_nr_nodes - 1;
}

unsigned node_distance(unsigned from, unsigned to)
{
	return topology_distance(topology, from, to);
}

static void place_nodes(void)
{
	unsigned node;

	for (node = 0; node < machine_nr_nodes; node++) {
		u64 start = machine_nodes[node].start;
		u64 size = machine_nodes[node].end - start;

		if (!size)
			continue;
		machine_place_memory(start, size, node);
		machine_place_memory(memory_bytes +
				     start / PAGE_SIZE * MEMMAP_ENTRY,
				     size / PAGE_SIZE * MEMMAP_ENTRY, node);
	}
}

u64 machine_memory_limit(void)
{
	return ALIGN_DOWN(machine_arena_limit() / (PAGE_SIZE + MEMMAP_ENTRY) *
			  PAGE_SIZE, GRANULE);
}

int arena_create(const struct machine_config *config, char *error,
		 size_t error_size)
{
	size_t limit = machine_arena_limit();
	int err;

	topology = config->topology;
	memory_bytes = ALIGN_DOWN(config->memory_bytes, GRANULE);
	must(topology->nr_nodes && topology->nr_nodes <= MAX_NUMNODES);
	if (memory_bytes > limit || arena_size() > limit) {
		snprintf(error, error_size, "%" PRIu64 " MiB of memory: with "
			 "its page structures the machine holds at most %"
			 PRIu64 " MiB", MIB(config->memory_bytes),
			 MIB(machine_memory_limit()));
		return -EINVAL;
	}
	err = split_nodes(error, error_size);
	if (!err)
		err = reserve_units(error, error_size);
	if (err)
		return err;
	machine_direct_map = machine_reserve_arena(arena_size());
	if (!machine_direct_map) {
		snprintf(error, error_size, "this host does not let %" PRIu64
			 " MiB of address space be reserved: %s",
			 MIB(arena_size()), strerror(errno));
		return -ENOSPC;
	}
	machine_vmemmap = machine_direct_map + memory_bytes;
	place_nodes();
	fill_units();
	return 0;
}

unsigned long machine_print_any(const void *p)
{
	u64 offset = (u64)((const char *)p - machine_direct_map);
	long distance = (const char *)p - (const char *)&machine_nr_nodes;

	if (machine_nr_nodes &&
	    offset < machine_nodes[machine_nr_nodes - 1].end)
		return machine_print_address(p);
	if (distance > INT_MIN && distance < INT_MAX)
		return 0xffffffff82000000UL + (unsigned long)distance;
	return 0xffffc90000000000UL + ((unsigned long)p & 0xfff);
}
