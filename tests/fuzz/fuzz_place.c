/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Placements on a machine with everything: two packages, SMT, numbers that are
 * not in order, a node without CPUs and one without memory. Each PU at most
 * once, then the first again; or refused with a place.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/topology.h"

#define SPEC \
	"[numa(memory=4096)] [numa] pack:2 [numa(memory=0)] l3:2 core:2 " \
	"pu:2(indexes=0,8,1,9,2,10,3,11,4,12,5,13,6,14,7,15)"
#define NR_PUS	16

static const struct topology *machine(void)
{
	static struct topology *topology;
	struct topology_error err;

	if (!topology)
		fuzz_must(!topology_create(&topology, TOPOLOGY_SYNTHETIC, SPEC,
					   &err));
	return topology;
}

static void check_order(const char *text, int nr)
{
	unsigned order[NR_PUS + 1];
	struct topology_error err;
	unsigned seen = 0;

	fuzz_must(nr <= NR_PUS);
	fuzz_must(topology_place(machine(), text, NR_PUS + 1, order, &err) ==
		  nr);
	for (int i = 0; i < NR_PUS + 1; i++) {
		fuzz_must(order[i] < NR_PUS);
		fuzz_must(i < nr ? !(seen >> order[i] & 1) :
			  order[i] == order[i - nr]);
		seen |= 1u << order[i];
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct topology_error err = { .column = -1 };
	char *text = fuzz_text(data, size);
	int nr = topology_place(machine(), text, 0, NULL, &err);

	if (nr > 0) {
		check_order(text, nr);
	} else {
		fuzz_must(nr == -EINVAL && err.column >= 0);
		fuzz_check_topology_error(&err, strlen(text));
	}
	free(text);
	return 0;
}
