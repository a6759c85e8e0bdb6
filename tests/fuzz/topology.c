/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/topology.h"

#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* hwloc 2.9 loses the object whose XML is broken; ours are looked for. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:hwloc_alloc_setup_object";
}

/* While there is a topology hwloc keeps its plugins loaded. */
void fuzz_keep_hwloc(void)
{
	static hwloc_topology_t kept;

	if (!kept)
		fuzz_must(!hwloc_topology_init(&kept));
}

/* One more CPU than PUs: the order is all of them, then the first again. */
static void check_order(const struct topology *topology, const char *placement)
{
	unsigned nr = topology->nr_pus;
	unsigned *order = calloc(nr + 1, sizeof(*order));
	bool *seen = calloc(nr, sizeof(*seen));
	struct topology_error err;

	fuzz_must(order && seen);
	fuzz_must(topology_place(topology, placement, nr + 1, order, &err) ==
		  (int)nr);
	for (unsigned i = 0; i < nr; i++) {
		fuzz_must(order[i] < nr && !seen[order[i]]);
		seen[order[i]] = true;
	}
	fuzz_must(order[nr] == order[0]);
	free(order);
	free(seen);
}

static void check_pus(const struct topology *topology)
{
	unsigned *nr_pus = calloc(topology->nr_nodes, sizeof(*nr_pus));

	fuzz_must(nr_pus);
	for (unsigned i = 0; i < topology->nr_pus; i++) {
		const struct topology_pu *pu = &topology->pus[i];

		fuzz_must(pu->node < topology->nr_nodes);
		fuzz_must(pu->package < topology->nr_packages);
		fuzz_must(pu->smt_rank < topology->nr_pus);
		nr_pus[pu->node]++;
	}
	for (unsigned i = 0; i < topology->nr_nodes; i++)
		fuzz_must(nr_pus[i] == topology->nodes[i].nr_pus);
	free(nr_pus);
}

static void check_nodes(const struct topology *topology)
{
	unsigned nr = topology->nr_nodes;
	uint64_t sum = 0;

	for (unsigned i = 0; i < nr; i++) {
		sum += topology->nodes[i].memory_bytes;
		fuzz_must(topology_distance(topology, i, i) == 10);
		for (unsigned j = 0; j < nr && nr < 64; j++)
			fuzz_must(topology_distance(topology, i, j) >= 10);
	}
	fuzz_must(sum == topology->memory_bytes);
}

void fuzz_check_topology(const struct topology *topology)
{
	fuzz_must(topology->nr_pus >= 1);
	fuzz_must(topology->nr_pus <= TOPOLOGY_PUS_MAX);
	fuzz_must(topology->nr_nodes >= 1);
	fuzz_must(topology->nr_nodes <= TOPOLOGY_NODES_MAX);
	fuzz_must(topology->nr_packages >= 1);
	fuzz_must(strlen(topology->hash) == 16);
	fuzz_must(!topology->is_this_host);
	check_pus(topology);
	check_nodes(topology);
	check_order(topology, "compact");
	check_order(topology, "smt-last");
	check_order(topology, "scatter");
	for (unsigned level = 1; level <= 3; level++)
		topology_cache_bytes(topology, level);
	topology_cpu_model(topology);
}

void fuzz_check_topology_error(const struct topology_error *err, size_t length)
{
	fuzz_must(err->column >= -1 && err->column <= (int)length);
	fuzz_must(err->text[0]);
	fuzz_must(memchr(err->text, '\0', sizeof(err->text)));
	fuzz_must(memchr(err->hint, '\0', sizeof(err->hint)));
	fuzz_must(!strchr(err->text, '\n') && !strchr(err->hint, '\n'));
}
