/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Topologies: XML of real machines, the host with all or one of its CPUs. A
 * program of the host, built once: topology knows neither machine.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/topology_checks.h"

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
