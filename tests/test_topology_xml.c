/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topologies of hand-made XML: nodes without memory or CPUs, PUs that are not
 * allowed or offline, distances of any unit, files that are none. A program of
 * the host.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/topology_checks.h"

/* Writes text to a temporary file; the name is static. */
static const char *temporary(const char *text)
{
	static char path[] = "/tmp/test_topology_xml.XXXXXX";
	int fd;

	strcpy(path + strlen(path) - 6, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static struct topology *load_text(const char *text)
{
	const char *path = temporary(text);
	struct topology *topology = load(TOPOLOGY_XML, path);

	unlink(path);
	return topology;
}

#define OBJECT(type, index, cpus, nodes) \
	"<object type=\"" type "\" os_index=\"" index "\" cpuset=\"" cpus "\"" \
	" complete_cpuset=\"" cpus "\" nodeset=\"" nodes "\"" \
	" complete_nodeset=\"" nodes "\""
#define NODE(index, cpus, nodes, bytes) \
	OBJECT("NUMANode", index, cpus, nodes) " local_memory=\"" bytes "\"/>"
#define PU(index, cpus, nodes)	OBJECT("PU", index, cpus, nodes) "/>"
#define MACHINE(allowed) \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n" \
	"<topology version=\"2.0\">\n" \
	OBJECT("Machine", "0", "0xf", "0x7") \
	" allowed_cpuset=\"" allowed "\" allowed_nodeset=\"0x7\">\n"
/* The rows of nodes 0 to 2. */
#define LATENCIES(length, values) \
	"<distances2 type=\"NUMANode\" nbobjs=\"3\" kind=\"5\"" \
	" name=\"NUMALatency\" indexing=\"os\">" \
	"<indexes length=\"6\">0 1 2 </indexes>" \
	"<u64values length=\"" length "\">" values "</u64values>" \
	"</distances2>\n"
/*
 * Package 0 (PUs 0, 1) with node 0, package 1 (PUs 2, 3) with node 1, and
 * node 2 without CPUs; to1, to2: how far these are from node 0.
 */
#define BARE_NODES(allowed, bytes0) \
	MACHINE(allowed) \
	NODE("2", "0x0", "0x4", "4096") "\n" \
	OBJECT("Package", "0", "0x3", "0x1") ">\n" \
	NODE("0", "0x3", "0x1", bytes0) "\n" \
	PU("0", "0x1", "0x1") PU("1", "0x2", "0x1") "</object>\n" \
	OBJECT("Package", "1", "0xc", "0x2") ">\n" \
	NODE("1", "0xc", "0x2", "8192") "\n" \
	PU("2", "0x4", "0x2") PU("3", "0x8", "0x2") "</object>\n" \
	"</object>\n"
#define PLAIN_NODES	BARE_NODES("0xf", "4096")
#define THREE_NODES(allowed, bytes0, to1, to2) \
	BARE_NODES(allowed, bytes0) LATENCIES("27", "10 " to1 " " to2 " " \
	to1 " 10 15 " to2 " 15 10 ") "</topology>\n"

/* Both nodes are all PUs' own; the HBM comes first. */
#define HBM_AND_DRAM \
	MACHINE("0xf") \
	OBJECT("NUMANode", "0", "0xf", "0x1") \
	" subtype=\"HBM\" local_memory=\"4096\"/>\n" \
	OBJECT("NUMANode", "1", "0xf", "0x2") \
	" subtype=\"DRAM\" local_memory=\"4096\"/>\n" \
	PU("0", "0x1", "0x3") PU("1", "0x2", "0x3") \
	PU("2", "0x4", "0x3") PU("3", "0x8", "0x3") \
	"</object>\n</topology>\n"

static unsigned node_named(const struct topology *t, unsigned os_index)
{
	for (unsigned node = 0; node < t->nr_nodes; node++)
		if (t->nodes[node].os_index == os_index)
			return node;
	fail_msg("no node %u", os_index);
	return 0;
}

static void a_node_without_memory_borrows_the_nearest(void **state)
{
	struct topology *t = load_text(THREE_NODES("0xf", "0", "40", "15"));
	struct topology *u = load_text(THREE_NODES("0xf", "0", "15", "40"));

	is_sound(t);
	assert_int_equal(t->nr_nodes, 3);
	assert_true(t->memory_bytes == 4096 + 8192);
	for (unsigned pu = 0; pu < 4; pu++)
		assert_int_equal(t->nodes[t->pus[pu].node].os_index,
				 pu < 2 ? 2 : 1);
	for (unsigned pu = 0; pu < 4; pu++)
		assert_int_equal(u->nodes[u->pus[pu].node].os_index, 1);
	assert_int_equal(t->nodes[node_named(t, 0)].nr_pus, 0);
	assert_int_equal(topology_distance(t, node_named(t, 0),
					   node_named(t, 1)), 40);
	assert_string_not_equal(t->hash, u->hash);
	topology_destroy(u);
	topology_destroy(t);
}

static void a_node_without_cpus_has_none(void **state)
{
	struct topology *t = load_text(THREE_NODES("0xf", "4096", "40", "15"));

	is_sound(t);
	assert_int_equal(t->nodes[node_named(t, 0)].nr_pus, 2);
	assert_int_equal(t->nodes[node_named(t, 1)].nr_pus, 2);
	assert_int_equal(t->nodes[node_named(t, 2)].nr_pus, 0);
	assert_int_equal(t->nr_packages, 2);
	for (unsigned node = 0; node < 3; node++)
		assert_int_equal(t->nodes[node_named(t, node)].package, node);
	topology_destroy(t);
}

/* As lstopo --restrict leaves package 0 when only node 1 may stay. */
static void pus_without_a_node_have_no_home(void **state)
{
	struct topology *t = load_text(
		MACHINE("0xf")
		OBJECT("Package", "0", "0x3", "0x0") ">\n"
		PU("0", "0x1", "0x0") PU("1", "0x2", "0x0") "</object>\n"
		OBJECT("Package", "1", "0xc", "0x2") ">\n"
		NODE("1", "0xc", "0x2", "8192")
		PU("2", "0x4", "0x2") PU("3", "0x8", "0x2") "</object>\n"
		"</object>\n</topology>\n");

	is_sound(t);
	assert_int_equal(t->nr_nodes, 1);
	assert_int_equal(t->nodes[0].package, 1);
	for (unsigned i = 0; i < t->nr_pus; i++) {
		const struct topology_pu *pu = &t->pus[i];

		assert_int_equal(pu->node, 0);
		assert_int_equal(pu->home, i < 2 ? t->nr_nodes : 0);
		assert_int_equal(topology_is_remote(t, pu->package, pu->home,
						    0), i < 2);
	}
	topology_destroy(t);
}

static void pus_prefer_dram_to_hbm(void **state)
{
	struct topology *t = load_text(HBM_AND_DRAM);

	is_sound(t);
	assert_int_equal(t->nr_nodes, 2);
	for (unsigned pu = 0; pu < t->nr_pus; pu++)
		assert_int_equal(t->nodes[t->pus[pu].node].os_index, 1);
	for (unsigned pu = 0; pu < t->nr_pus; pu++)
		assert_int_equal(t->nodes[t->pus[pu].home].os_index, 1);
	topology_destroy(t);
}

/* Package 0's own node 0 has no memory; node 2 hangs there, too, and is nearer
 * than node 1 whatever the distances say. */
static void memory_of_the_same_object_is_nearest(void **state)
{
	struct topology *t = load_text(
		MACHINE("0xf")
		OBJECT("Package", "0", "0x3", "0x5") ">\n"
		NODE("0", "0x3", "0x1", "0") NODE("2", "0x3", "0x4", "4096")
		PU("0", "0x1", "0x5") PU("1", "0x2", "0x5") "</object>\n"
		OBJECT("Package", "1", "0xc", "0x2") ">\n"
		NODE("1", "0xc", "0x2", "8192")
		PU("2", "0x4", "0x2") PU("3", "0x8", "0x2") "</object>\n"
		"</object>\n" LATENCIES("27", "10 15 17 15 10 20 17 20 10 ")
		"</topology>\n");

	is_sound(t);
	for (unsigned pu = 0; pu < 4; pu++)
		assert_int_equal(t->nodes[t->pus[pu].node].os_index,
				 pu < 2 ? 2 : 1);
	topology_destroy(t);
}

/* Each row in its own unit, a local 0 in that of SLIT; by row, not by column;
 * not below 10 nor above 254; an unknown 0 is remote. */
static void distances_are_in_the_slits_unit(void **state)
{
	static const unsigned expected[3][3] = {
		{ 10, 21, 17 }, { 20, 10, 254 }, { 10, 20, 10 },
	};
	struct topology *t = load_text(PLAIN_NODES
		LATENCIES("28", "100 210 170 12 6 9999 3 0 0 ")
		"</topology>\n");

	for (unsigned i = 0; i < 3; i++)
		for (unsigned j = 0; j < 3; j++)
			assert_int_equal(topology_distance(t, node_named(t, i),
					 node_named(t, j)), expected[i][j]);
	topology_destroy(t);
}

/* The cache that counts is the outermost. */
static void a_last_level_may_hold_others(void **state)
{
	struct topology *t = load(TOPOLOGY_SYNTHETIC,
				  "l3:2 l2:2 core:1 pu:1");

	for (unsigned pu = 0; pu < 4; pu++)
		assert_int_equal(t->pus[pu].l3, pu / 2);
	topology_destroy(t);
}

static void disallowed_pus_are_left_out(void **state)
{
	struct topology *t = load_text(THREE_NODES("0x6", "4096", "40", "15"));

	is_sound(t);
	assert_int_equal(t->nr_pus, 2);
	assert_int_equal(t->pus[0].os_index, 1);
	assert_int_equal(t->pus[1].os_index, 2);
	topology_destroy(t);
}

/* PU 3 is offline, PU 0 not allowed. */
#define OFFLINE \
	"<topology version=\"2.0\">\n" \
	"<object type=\"Machine\" os_index=\"0\" cpuset=\"0x7\"" \
	" complete_cpuset=\"0xf\" allowed_cpuset=\"0x6\" nodeset=\"0x1\"" \
	" complete_nodeset=\"0x1\" allowed_nodeset=\"0x1\">\n" \
	NODE("0", "0x7", "0x1", "4096") "\n" \
	PU("0", "0x1", "0x1") PU("1", "0x2", "0x1") PU("2", "0x4", "0x1") \
	"</object>\n</topology>\n"

static void absent_pus_are_told_apart(void **state)
{
	static const struct { const char *place, *text; } wrong[] = {
		{ "list:0", "PU 0 is not allowed" },
		{ "list:1,3", "PU 3 is offline" },
		{ "list:4", "there is no PU 4" },
	};
	const char *path = temporary(OFFLINE);
	struct topology *t = load(TOPOLOGY_XML, path);
	struct topology_absent absent;
	struct topology_error err;

	is_sound(t);
	assert_int_equal(t->nr_pus, 2);
	topology_absent(t, &absent);
	assert_string_equal(absent.offline, "3");
	assert_string_equal(absent.forbidden, "0");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_int_equal(topology_place(t, wrong[i].place, 0, NULL,
						&err), -EINVAL);
		assert_string_equal(err.text, wrong[i].text);
		assert_string_equal(err.hint, "PUs that can be used: 1-2");
	}
	unlink(path);
	topology_destroy(t);
}

static void bad_xml_is_explained(void **state)
{
	static const char whole[] = THREE_NODES("0xf", "0", "40", "15");
	static const struct { const char *text, *why; } bad[] = {
		{ "", "empty" },
		{ " \n", "empty" },
		{ "pack:2 pu:1", "not XML" },
		{ "<a>\n<b></b></a>", "no <topology>" },
		{ "<topology version=\"3.0\">\n</topology>", "format 3.0" },
		{ "<topology version=\"2.0\">\n<object>\n</topology>",
		  "line 3: </topology> for <object> of line 2" },
		{ "<topology version=\"2.0\">\n</topology>", "hwloc" },
		{ "<topology version=\"2.0\">\n<object a=\"", "cut off" },
	};
	struct topology_error err;
	const char *path;
	char *cut;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		path = temporary(bad[i].text);
		fails(TOPOLOGY_XML, path, &err);
		unlink(path);
		if (!strstr(err.text, bad[i].why))
			fail_msg("'%s': %s", bad[i].text, err.text);
		assert_int_equal(err.column, -1);
	}
	for (size_t length = 200; length + 20 < sizeof(whole); length += 97) {
		cut = strndup(whole, length);
		path = temporary(cut);
		fails(TOPOLOGY_XML, path, &err);
		unlink(path);
		free(cut);
		assert_non_null(strstr(err.text, "cut off"));
	}
	fails(TOPOLOGY_XML, "/nowhere/at/all.xml", &err);
	assert_non_null(strstr(err.text, "No such file"));
}

static void xml_is_read_from_standard_input(void **state)
{
	const char *path = temporary(THREE_NODES("0xf", "4096", "40", "15"));
	struct topology *from_file = load(TOPOLOGY_XML, path);
	struct topology *from_stdin;

	assert_non_null(freopen(path, "r", stdin));
	from_stdin = load(topology_kind_of("-"), "-");
	unlink(path);
	assert_string_equal(from_stdin->hash, from_file->hash);
	topology_destroy(from_stdin);
	topology_destroy(from_file);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(pus_prefer_dram_to_hbm),
		cmocka_unit_test(memory_of_the_same_object_is_nearest),
		cmocka_unit_test(distances_are_in_the_slits_unit),
		cmocka_unit_test(a_last_level_may_hold_others),
		cmocka_unit_test(a_node_without_memory_borrows_the_nearest),
		cmocka_unit_test(a_node_without_cpus_has_none),
		cmocka_unit_test(pus_without_a_node_have_no_home),
		cmocka_unit_test(disallowed_pus_are_left_out),
		cmocka_unit_test(absent_pus_are_told_apart),
		cmocka_unit_test(bad_xml_is_explained),
		cmocka_unit_test(xml_is_read_from_standard_input),
	};

	return cmocka_run_group_tests_name("topology_xml", tests, NULL, NULL);
}
