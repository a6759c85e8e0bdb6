/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topologies: XML of real machines, hand-made XML, the host with all or one of
 * its CPUs. A program of the host, built once: topology knows neither machine.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/topology_checks.h"

/* Writes text to a temporary file; the name is static. */
static const char *temporary(const char *text)
{
	static char path[] = "/tmp/test_topology.XXXXXX";
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

/* ---- XML of real machines ------------------------------------------------ */

/* Counted in the files with grep -c 'type="Core"' and so on. */
static const struct machine_file {
	const char	*name;
	unsigned	pus, cores, l3s, nodes, packages;
	unsigned	from, to, distance;	/* one value of its matrix */
} machine_files[] = {
	{ "hybrid-20t.xml", 20, 14, 1, 1, 1, 0, 0, 10 },
	{ "knl-64c-heteromem.xml", 64, 16, 4, 8, 1, 0, 1, 20 },
	{ "kunpeng-128c-2p.xml", 128, 128, 4, 4, 2, 0, 2, 32 },
	{ "opteron-16c-distances.xml", 16, 16, 16, 8, 8, 0, 1, 20 },
	{ "xeon-384t-24n.xml", 384, 192, 24, 24, 24, 0, 1, 50 },
	{ "xeon-96c-4n.xml", 96, 96, 16, 4, 16, 0, 1, 26 },
};

static const char *machine_path(const char *name)
{
	static char path[4096];
	const char *top = getenv("abs_top_srcdir");

	snprintf(path, sizeof(path), "%s/../shared/topologies/%s",
		 top ? top : ".", name);
	return path;
}

static void real_machines_load(void **state)
{
	const struct machine_file *file = machine_files;
	const struct topology_pu *last;
	struct topology *t, *again;

	for (; file < machine_files + ARRAY_SIZE(machine_files); file++) {
		t = load(TOPOLOGY_XML, machine_path(file->name));
		is_sound(t);
		last = &t->pus[t->nr_pus - 1];
		assert_int_equal(t->nr_pus, file->pus);
		assert_int_equal(last->core + 1, file->cores);
		assert_int_equal(last->l3 + 1, file->l3s);
		assert_int_equal(t->nr_nodes, file->nodes);
		assert_int_equal(t->nr_packages, file->packages);
		assert_int_equal(topology_distance(t, file->from, file->to),
				 file->distance);
		assert_false(t->is_this_host || t->memory_assumed);
		assert_int_equal(topology_bind_thread(t, 0), -ENOSYS);
		again = load(TOPOLOGY_XML, machine_path(file->name));
		assert_string_equal(t->hash, again->hash);
		topology_destroy(again);
		topology_destroy(t);
	}
}

/* Of four nodes, two a package: 16 within, 25 to 33 between. */
static void costs_belong_to_the_nearest(void **state)
{
	struct topology *t = load(TOPOLOGY_XML,
				  machine_path("kunpeng-128c-2p.xml"));
	const uint16_t *nearest = t->nearest;

	assert_true(t->has_distances);
	assert_int_equal(nearest[TOPOLOGY_SAME_L3], 10);
	assert_int_equal(nearest[TOPOLOGY_SAME_PACKAGE], 16);
	assert_int_equal(nearest[TOPOLOGY_CROSS], 25);
	assert_int_equal(t->nearest_memory, 25);
	assert_int_equal(topology_stretch(t, 1000, 25, 1, 2), 1000);
	assert_int_equal(topology_stretch(t, 1000, 25, 0, 3), 1320);
	for (unsigned node = 0; node < 4; node++)
		assert_int_equal(t->nodes[node].package, node / 2);
	topology_destroy(t);
	/* Four packages a node: its memory is each one's own. */
	t = load(TOPOLOGY_XML, machine_path("xeon-96c-4n.xml"));
	assert_int_equal(t->nearest[TOPOLOGY_CROSS], 10);
	assert_int_equal(t->nearest_memory, 26);
	topology_destroy(t);
	t = load(TOPOLOGY_XML, machine_path("knl-64c-heteromem.xml"));
	assert_false(t->has_distances);
	assert_int_equal(topology_stretch(t, 1000, 10, 0, 2), 1000);
	topology_destroy(t);
}

/* ---- hand-made XML ------------------------------------------------------- */

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

static void the_kind_is_told_from_the_word(void **state)
{
	assert_int_equal(topology_kind_of("host"), TOPOLOGY_HOST);
	assert_int_equal(topology_kind_of("-"), TOPOLOGY_XML);
	assert_int_equal(topology_kind_of("missing.xml"), TOPOLOGY_XML);
	assert_int_equal(topology_kind_of("/dev/null"), TOPOLOGY_XML);
	assert_int_equal(topology_kind_of("pack:2 pu:1"), TOPOLOGY_SYNTHETIC);
}

/* ---- this host ----------------------------------------------------------- */

static void the_host_is_the_allowed_cpus(void **state)
{
	struct topology *t = load(TOPOLOGY_HOST, "host");
	struct topology *again = load(TOPOLOGY_HOST, "host");
	cpu_set_t allowed;

	is_sound(t);
	assert_true(t->is_this_host);
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	assert_int_equal(t->nr_pus, CPU_COUNT(&allowed));
	for (unsigned pu = 0; pu < t->nr_pus; pu++)
		assert_true(CPU_ISSET(t->pus[pu].os_index, &allowed));
	assert_string_equal(t->hash, again->hash);
	topology_destroy(again);
	topology_destroy(t);
}

/* In a child: binds itself to each PU; 0, or the line that failed. */
static int bind_to_each(void)
{
	struct topology *t = load(TOPOLOGY_HOST, "host");
	cpu_set_t now;

	for (unsigned pu = 0; pu < t->nr_pus; pu++) {
		if (topology_bind_thread(t, pu))
			return __LINE__ % 256;
		if (sched_getaffinity(0, sizeof(now), &now))
			return __LINE__ % 256;
		if (CPU_COUNT(&now) != 1 || !CPU_ISSET(t->pus[pu].os_index,
						       &now))
			return __LINE__ % 256;
		if (sched_getcpu() != (int)t->pus[pu].os_index)
			return __LINE__ % 256;
	}
	topology_destroy(t);
	return 0;
}

/* In a child: allows itself only its last CPU, as taskset does. */
static int bind_restricted(void)
{
	struct topology *t;
	cpu_set_t allowed, one;
	int last = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return __LINE__ % 256;
	while (!CPU_ISSET(last, &allowed))
		last--;
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return __LINE__ % 256;
	t = load(TOPOLOGY_HOST, "host");
	if (t->nr_pus != 1 || t->pus[0].os_index != (unsigned)last)
		return __LINE__ % 256;
	topology_destroy(t);
	return bind_to_each();
}

static int in_child(int (*fn)(void))
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(fn());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000;
}

static void threads_are_bound_where_asked(void **state)
{
	assert_int_equal(in_child(bind_to_each), 0);
}

static void a_restricted_process_sees_and_binds_its_cpus(void **state)
{
	assert_int_equal(in_child(bind_restricted), 0);
}

static void memory_is_bound_to_a_node(void **state)
{
	struct topology *t = load(TOPOLOGY_HOST, "host");
	void *page = aligned_alloc(4096, 4096);
	int err = topology_bind_memory(t, page, 4096, t->pus[0].node);

	/* a container may forbid it: then it says so */
	assert_true(err == 0 || err == -EPERM || err == -ENOSYS);
	assert_int_equal(topology_bind_memory(t, page, 4096, t->nr_nodes),
			 -EINVAL);
	free(page);
	topology_destroy(t);
}

/* Stands in for a test that cannot run; its name ends in TAP's directive. */
static void skipped(void **state)
{
}

int main(void)
{
	static struct CMUnitTest tests[] = {
		cmocka_unit_test(real_machines_load),
		cmocka_unit_test(costs_belong_to_the_nearest),
		cmocka_unit_test(pus_prefer_dram_to_hbm),
		cmocka_unit_test(memory_of_the_same_object_is_nearest),
		cmocka_unit_test(distances_are_in_the_slits_unit),
		cmocka_unit_test(a_last_level_may_hold_others),
		cmocka_unit_test(a_node_without_memory_borrows_the_nearest),
		cmocka_unit_test(a_node_without_cpus_has_none),
		cmocka_unit_test(disallowed_pus_are_left_out),
		cmocka_unit_test(absent_pus_are_told_apart),
		cmocka_unit_test(bad_xml_is_explained),
		cmocka_unit_test(xml_is_read_from_standard_input),
		cmocka_unit_test(the_kind_is_told_from_the_word),
		cmocka_unit_test(the_host_is_the_allowed_cpus),
		cmocka_unit_test(threads_are_bound_where_asked),
		cmocka_unit_test(a_restricted_process_sees_and_binds_its_cpus),
		cmocka_unit_test(memory_is_bound_to_a_node),
	};

	if (access(machine_path(""), R_OK) != 0) {
		tests[0].name = "real_machines_load # SKIP no ../shared";
		tests[0].test_func = skipped;
		tests[1].name = "costs_belong_to_the_nearest # SKIP no "
				"../shared";
		tests[1].test_func = skipped;
	}
	return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
