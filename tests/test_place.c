/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Placements: orders worked out by hand, and wrong words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/topology_checks.h"

/* The OS numbers of a placement's PUs, "0,4,1,5". */
static void placed(const char *spec, const char *placement, const char *wanted)
{
	struct topology *t = load(TOPOLOGY_SYNTHETIC, spec);
	struct topology_error err = { .text = "" };
	unsigned pus[64];
	char text[512] = "";
	size_t used = 0;
	int nr = topology_place(t, placement, 0, NULL, &err);

	if (nr < 0)
		fail_msg("%s on %s: %s", placement, spec, err.text);
	assert_int_equal(topology_place(t, placement, (unsigned)nr, pus, &err),
			 nr);
	for (int i = 0; i < nr; i++)
		used += (size_t)sprintf(text + used, "%s%u", i ? "," : "",
					t->pus[pus[i]].os_index);
	if (strcmp(text, wanted))
		fail_msg("%s on %s: %s instead of %s", placement, spec, text,
			 wanted);
	topology_destroy(t);
}

#define SMALL	"pack:2 l3:2 core:2 pu:2"
/* As Linux numbers it: all first threads, then all second ones. */
#define LINUX	"pack:2 core:2 pu:2(indexes=0,4,1,5,2,6,3,7)"

static void all_pus_in_each_order(void **state)
{
	placed(SMALL, "compact", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
	placed(SMALL, "smt-last", "0,2,4,6,8,10,12,14,1,3,5,7,9,11,13,15");
	placed(SMALL, "scatter", "0,8,4,12,2,10,6,14,1,9,5,13,3,11,7,15");
	placed(LINUX, "compact", "0,4,1,5,2,6,3,7");
	placed(LINUX, "smt-last", "0,1,2,3,4,5,6,7");
	placed(LINUX, "scatter", "0,2,1,3,4,6,5,7");
}

static void scatter_takes_nodes_in_turn(void **state)
{
	placed("pack:2 numa:2 core:2 pu:1", "scatter", "0,4,2,6,1,5,3,7");
	placed("numa:2 pack:2 core:2 pu:1", "scatter", "0,2,4,6,1,3,5,7");
	placed("pu:1", "scatter", "0");
}

static void a_node_is_named_by_its_number(void **state)
{
	placed("pack:2 numa:2 core:2 pu:1", "node=2", "4,5");
	placed("numa:2(indexes=1,0) core:2 pu:1", "node=0", "2,3");
}

static void a_list_is_taken_as_it_stands(void **state)
{
	placed(SMALL, "list:3", "3");
	placed(SMALL, "list:8,0-2,15", "8,0,1,2,15");
	placed(LINUX, "list:4,0", "4,0");
	placed(SMALL, "list:0-15", "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15");
}

static void more_cpus_than_pus_wrap(void **state)
{
	struct topology *t = load(TOPOLOGY_SYNTHETIC, SMALL);
	struct topology_error err;
	unsigned pus[5];

	assert_int_equal(topology_place(t, "list:7,3", 5, pus, &err), 2);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(pus[i], i % 2 ? 3 : 7);
	topology_destroy(t);
}

/* hwloc numbers the packages' nodes first: 0 and 1 have no memory, 3 no PUs. */
static const char *const odd_nodes = "[numa] [numa(memory=4096)] "
	"pack:2 [numa(memory=0)] core:1 pu:1";

static void wrong_words_are_shown(void **state)
{
	static const struct wrong {
		const char *spec, *placement;
		int column;
		const char *text, *hint;
	} wrong[] = {
		{ SMALL, "", 0, "no value", "" },
		{ SMALL, "bogus", 0, "unknown placement 'bogus'", "there is" },
		{ SMALL, "scater", 0, "unknown placement", "'scatter'" },
		{ SMALL, "compact2", 0, "unknown placement", "'compact'" },
		{ SMALL, "list", 0, "unknown placement", "'list:'" },
		{ SMALL, "list=0", 0, "unknown placement", "'list:'" },
		{ SMALL, "node", 0, "unknown placement", "'node='" },
		{ SMALL, "node:0", 0, "unknown placement", "'node='" },
		{ SMALL, "node=", 5, "number of the node is missing", "" },
		{ SMALL, "node=x", 5, "number of the node is missing", "" },
		{ SMALL, "node=-1", 5, "number of the node is missing", "" },
		{ SMALL, "node=0,1", 6, "unexpected ',1'", "node=N" },
		{ SMALL, "node=1", 5, "there is no node 1", "nodes: 0" },
		{ SMALL, "node=9999999999", 5, "is too large", "" },
		{ odd_nodes, "node=3", 5, "node 3 has no PUs", "PUs: 2" },
		{ odd_nodes, "node=1", 5, "node 1 has no memory", "PUs: 2" },
		{ SMALL, "list:", 5, "number of a PU is missing", "" },
		{ SMALL, "list:0,", 7, "number of a PU is missing", "" },
		{ SMALL, "list:,0", 5, "number of a PU is missing", "" },
		{ SMALL, "list:0-", 7, "end of the range is missing", "" },
		{ SMALL, "list:3-1", 5, "range 3-1 is empty", "1-3?" },
		{ SMALL, "list:0 1", 6, "unexpected ' '", "list:0-3,8" },
		{ SMALL, "list:0..3", 6, "unexpected '.'", "list:0-3,8" },
		{ SMALL, "list:0-3,2", 9, "PU 2 is listed twice", "" },
		{ SMALL, "list:5,5", 7, "PU 5 is listed twice", "" },
		{ SMALL, "list:16", 5, "there is no PU 16", "0-15" },
		{ SMALL, "list:14-16", 5, "there is no PU 16", "0-15" },
		{ SMALL, "list:0-999999999", 5, "there is no PU 16", "0-15" },
		{ SMALL, "list:12345678901", 5, "is too large", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		const struct wrong *w = &wrong[i];
		struct topology *t = load(TOPOLOGY_SYNTHETIC, w->spec);
		struct topology_error err = { .text = "" };

		assert_int_equal(topology_place(t, w->placement, 0, NULL, &err),
				 -EINVAL);
		if (err.column != w->column || !strstr(err.text, w->text) ||
		    !strstr(err.hint, w->hint) || (!*w->hint && *err.hint))
			fail_msg("'%s': column %d: %s: %s", w->placement,
				 err.column, err.text, err.hint);
		topology_destroy(t);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_pus_in_each_order),
		cmocka_unit_test(scatter_takes_nodes_in_turn),
		cmocka_unit_test(a_node_is_named_by_its_number),
		cmocka_unit_test(a_list_is_taken_as_it_stands),
		cmocka_unit_test(more_cpus_than_pus_wrap),
		cmocka_unit_test(wrong_words_are_shown),
	};

	return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
