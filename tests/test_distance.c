/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the topology's distances between nodes make of a cost profile's
 * constants: of a line's way, of a load from memory, of an interrupt.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpus/boot.h"
#include "cpus/smp.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }
#define CONSTANTS(home) .of = { \
	NS(plain_ns, 0.4), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16), \
	NS(dram_local_ns, 1000), NS(dram_remote_ns, 2000), NS(rmw_ns, 7), \
	NS(fence_ns, 10), NS(pause_ns, 4), NS(clock_ns, 9), \
	NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 110), \
	NS(c2c_cross_ns, 200), NS(fill_ns, 10), NR(home_nr, home), \
	NR(streak_nr, 32), NR(misses_nr, 10), NR(stream_mbps, 10000), \
	NR(stream_remote_mbps, 6000), NS(ipi_send_ns, 100), \
	NS(ipi_deliver_ns, 5000), NS(ipi_deliver_cross_ns, 10000), \
	NS(irq_entry_ns, 250), NS(irq_exit_ns, 200) }

static const struct cost_profile direct = { .name = "direct", CONSTANTS(0) };
static const struct cost_profile by_home = { .name = "home", CONSTANTS(1) };

/* ---- three packages of two CPUs, and memory without CPUs ---- */
#define NR_NODES	4
#define OBJECT(type, index, cpus, nodes) \
	"<object type=\"" type "\" os_index=\"" index "\" cpuset=\"" cpus "\"" \
	" complete_cpuset=\"" cpus "\" nodeset=\"" nodes "\"" \
	" complete_nodeset=\"" nodes "\""
#define PU(index, cpus, nodes) \
	OBJECT("Core", index, cpus, nodes) ">" \
	OBJECT("PU", index, cpus, nodes) "/></object>\n"
#define NODE(index, cpus, nodes, bytes) \
	OBJECT("NUMANode", index, cpus, nodes) " local_memory=\"" bytes "\"/>\n"
#define PACKAGE(index, cpus, cpu0, cpu0s, cpu1, cpu1s, nodes, bytes) \
	OBJECT("Package", index, cpus, nodes) ">\n" \
	NODE(index, cpus, nodes, bytes) \
	PU(cpu0, cpu0s, nodes) PU(cpu1, cpu1s, nodes) "</object>\n"
#define MB64		"67108864"
#define MACHINE(bytes0, distances) \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n" \
	"<topology version=\"2.0\">\n" \
	OBJECT("Machine", "0", "0x3f", "0xf") \
	" allowed_cpuset=\"0x3f\" allowed_nodeset=\"0xf\">\n" \
	NODE("3", "0x0", "0x8", MB64) \
	PACKAGE("0", "0x3", "0", "0x1", "1", "0x2", "0x1", bytes0) \
	PACKAGE("1", "0xc", "2", "0x4", "3", "0x8", "0x2", MB64) \
	PACKAGE("2", "0x30", "4", "0x10", "5", "0x20", "0x4", MB64) \
	"</object>\n" distances "</topology>\n"
#define DISTANCES(length, values) \
	"<distances2 type=\"NUMANode\" nbobjs=\"4\" kind=\"5\"" \
	" name=\"NUMALatency\" indexing=\"os\">" \
	"<indexes length=\"8\">0 1 2 3 </indexes>" \
	"<u64values length=\"" length "\">" values "</u64values></distances2>\n"
/* The rows of nodes 0 to 3. */
#define MATRIX	DISTANCES("48", "10 20 30 40 20 10 20 60 " \
				"30 20 10 20 40 60 20 10 ")

static char *path_of(const char *xml)
{
	static char path[] = "/tmp/test_distance.XXXXXX";
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, xml, strlen(xml)), strlen(xml));
	close(fd);
	return path;
}

/* hwloc's order of the nodes is its own. */
static unsigned node_of[NR_NODES];

static void number_nodes(const char *path)
{
	struct topology_error err;
	struct topology *t;

	assert_int_equal(topology_create(&t, TOPOLOGY_XML, path, &err), 0);
	assert_int_equal(t->nr_nodes, NR_NODES);
	for (unsigned node = 0; node < NR_NODES; node++)
		node_of[t->nodes[node].os_index] = node;
	topology_destroy(t);
}

static void on_machine(const char *xml, const struct cost_profile *profile,
		       void (*fn)(void *arg), void *arg)
{
	char *path = path_of(xml);

	number_nodes(path);
	emulate(&(struct emulation){ .cpus = 6, .nodes = NR_NODES,
		.topology = path, .profile = profile }, fn, arg);
	unlink(path);
}

/* ---- what an access costs ---- */
static unsigned next_line;	/* each way has one of its own */

static u64 *fresh_word(unsigned os_node)
{
	return (u64 *)(machine_direct_map +
		       machine_nodes[node_of[os_node]].start +
		       (1 << 20) + 4096 * next_line++);
}

static struct way {
	unsigned	owner, taker;	/* CPUs; the same: from memory */
	unsigned	home;
	u64		ns;
	u64		*word;
} ways[32];

static unsigned nr_ways;
static u64 begin;

/* One after the other: the owner first, its taker 50 us later. */
static void take(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < nr_ways; i++) {
		struct way *way = &ways[i];
		u64 start;

		ndelay(begin + i * 100000 - now_quietly());
		if (way->owner == cpu && way->taker != cpu)
			__atomic_fetch_add(way->word, 1, __ATOMIC_RELAXED);
		ndelay(begin + i * 100000 + 50000 - now_quietly());
		start = now_quietly();
		if (way->taker == cpu) {
			__atomic_fetch_add(way->word, 1, __ATOMIC_RELAXED);
			way->ns = now_quietly() - start;
		}
	}
}

static unsigned way(unsigned taker, unsigned owner, unsigned home)
{
	ways[nr_ways] = (struct way){ .taker = taker, .owner = owner,
				      .home = home,
				      .word = fresh_word(home) };
	return nr_ways++;
}

static void take_all(void)
{
	begin = sched_clock() + 1000000;
	on_all_cpus(take, NULL);
}

static void took(unsigned i, u64 ns)
{
	if (ways[i].ns < ns || ways[i].ns > ns + 3)
		printk("CPU %u from %u, home %u: %lu ns, not %lu",
		       ways[i].taker, ways[i].owner, ways[i].home, ways[i].ns,
		       ns);
	must(ways[i].ns >= ns && ways[i].ns <= ns + 3);
}

/* The constants are those of the nearest: distance 20. */
static void farther_is_dearer(void *arg)
{
	unsigned l3 = way(0, 1, 0), near = way(0, 2, 0), far = way(0, 4, 0);
	unsigned back = way(4, 0, 0), other = way(4, 2, 0);
	unsigned local = way(0, 0, 0), next = way(0, 0, 1), two = way(0, 0, 2);
	unsigned bare = way(0, 0, 3), farthest = way(2, 2, 3);

	take_all();
	took(l3, 25);
	took(near, 200);
	took(far, 300);
	took(back, 300);
	took(other, 200);
	took(local, 1000);
	took(next, 2000);
	took(two, 3000);
	took(bare, 4000);
	took(farthest, 6000);
}

static void costs_follow_the_distances(void **state)
{
	on_machine(MACHINE(MB64, MATRIX), &direct, farther_is_dearer, NULL);
}

/* Without distances nothing is farther than the tree says. */
static void all_is_one_class(void *arg)
{
	unsigned near = way(0, 2, 0), far = way(0, 4, 0);
	unsigned local = way(0, 0, 0), two = way(0, 0, 2), bare = way(0, 0, 3);

	take_all();
	took(near, 200);
	took(far, 200);
	took(local, 1000);
	took(two, 2000);
	took(bare, 2000);
}

static void without_distances_the_tree_decides(void **state)
{
	on_machine(MACHINE(MB64, ""), &direct, all_is_one_class, NULL);
}

static void of_two_packages(void *arg)
{
	unsigned near = way(0, 1, 0), far = way(0, 2, 0);

	take_all();
	took(near, 25);
	took(far, 200);
}

static void an_l3_may_span_packages(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .profile = &direct,
		.topology = "numa:1 l3:1 pack:2 core:2 pu:1" },
		of_two_packages, NULL);
}

/* CPUs 0 and 2 are of the node's two packages, 4 of the other node's. */
static void local_to_both(void *arg)
{
	unsigned first = way(0, 0, 0), second = way(2, 2, 0);
	unsigned far = way(4, 4, 0), back = way(2, 2, 1), line = way(0, 2, 0);

	take_all();
	took(first, 1000);
	took(second, 1000);
	took(far, 2000);
	took(back, 2000);
	took(line, 200);
}

/* One node of packages 0 and 1, whose lines are the nearest of their class. */
#define SHARED_NODE \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n" \
	"<topology version=\"2.0\">\n" \
	OBJECT("Machine", "0", "0x3f", "0xf") \
	" allowed_cpuset=\"0x3f\" allowed_nodeset=\"0xf\">\n" \
	NODE("1", "0x0", "0x2", MB64) NODE("3", "0x0", "0x8", MB64) \
	OBJECT("Group", "0", "0xf", "0x1") ">\n" \
	NODE("0", "0xf", "0x1", MB64) \
	OBJECT("Package", "0", "0x3", "0x1") ">\n" \
	PU("0", "0x1", "0x1") PU("1", "0x2", "0x1") "</object>\n" \
	OBJECT("Package", "1", "0xc", "0x1") ">\n" \
	PU("2", "0x4", "0x1") PU("3", "0x8", "0x1") "</object>\n" \
	"</object>\n" \
	PACKAGE("2", "0x30", "4", "0x10", "5", "0x20", "0x4", MB64) \
	"</object>\n" MATRIX "</topology>\n"

static void lines_within_a_node(void *arg)
{
	unsigned within = way(0, 2, 0), far = way(0, 4, 0);
	unsigned own = way(2, 2, 0), next = way(2, 2, 1), two = way(2, 2, 2);

	take_all();
	took(within, 200);
	took(far, 600);
	took(own, 1000);
	took(next, 2000);
	took(two, 3000);
}

static void a_node_may_span_packages(void **state)
{
	on_machine(SHARED_NODE, &direct, lines_within_a_node, NULL);
	node_of[0] = 0;
	node_of[1] = 1;
	emulate(&(struct emulation){ .cpus = 8, .nodes = 2, .profile = &direct,
		.topology = "numa:2(memory=64MB) pack:2 core:2 pu:1" },
		local_to_both, NULL);
}

/* CPUs 0 and 1 are of package 0, whose node nobody knows: all memory is remote
 * to them, and nothing is farther or nearer than the constant. */
static void nothing_is_their_own(void *arg)
{
	unsigned first = way(0, 0, 0), second = way(0, 0, 1);
	unsigned own = way(2, 2, 0), other = way(2, 2, 1), l3 = way(0, 1, 0);
	unsigned to = way(2, 0, 0), from = way(0, 2, 0), known = way(2, 4, 0);

	take_all();
	took(first, 2000);
	took(second, 2000);
	took(own, 1000);
	took(other, 2000);
	took(l3, 25);
	took(to, 200);
	took(from, 200);
	took(known, 200);
}

/* As lstopo --restrict leaves it. */
#define HOMELESS(distances) \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n" \
	"<topology version=\"2.0\">\n" \
	OBJECT("Machine", "0", "0x3f", "0xf") \
	" allowed_cpuset=\"0x3f\" allowed_nodeset=\"0xf\">\n" \
	OBJECT("Package", "0", "0x3", "0x0") ">\n" \
	PU("0", "0x1", "0x0") PU("1", "0x2", "0x0") "</object>\n" \
	OBJECT("Package", "1", "0xc", "0x9") ">\n" \
	NODE("0", "0xc", "0x1", MB64) NODE("3", "0xc", "0x8", MB64) \
	PU("2", "0x4", "0x9") PU("3", "0x8", "0x9") "</object>\n" \
	OBJECT("Package", "2", "0x30", "0x6") ">\n" \
	NODE("1", "0x30", "0x2", MB64) NODE("2", "0x30", "0x4", MB64) \
	PU("4", "0x10", "0x6") PU("5", "0x20", "0x6") "</object>\n" \
	"</object>\n" distances "</topology>\n"

static void a_package_may_be_without_a_node(void **state)
{
	on_machine(HOMELESS(""), &direct, nothing_is_their_own, NULL);
	on_machine(HOMELESS(MATRIX), &direct, nothing_is_their_own, NULL);
}

/* The farthest of requester, owner and home, by distance too. */
static void by_way_of_home(void *arg)
{
	unsigned near = way(0, 2, 0), past = way(0, 2, 2), bare = way(0, 2, 3);
	unsigned l3 = way(0, 1, 3), between = way(0, 4, 1);

	take_all();
	took(between, 300);	/* both are near it, not each other */
	took(near, 200);
	took(past, 300);
	took(bare, 600);
	took(l3, 25);
}

static void the_home_s_distance_counts(void **state)
{
	on_machine(MACHINE(MB64, MATRIX), &by_home, by_way_of_home, NULL);
}

/* One package of two L3s at node 0, and three nodes without CPUs. */
#define L3(index, cpus, cpu0, cpu0s, cpu1, cpu1s, cpu2, cpu2s) \
	OBJECT("L3Cache", index, cpus, "0x1") " cache_size=\"8388608\"" \
	" depth=\"3\" cache_linesize=\"64\" cache_associativity=\"16\"" \
	" cache_type=\"0\">\n" PU(cpu0, cpu0s, "0x1") \
	PU(cpu1, cpu1s, "0x1") PU(cpu2, cpu2s, "0x1") "</object>\n"
#define ONE_PACKAGE(distances) \
	"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" \
	"<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n" \
	"<topology version=\"2.0\">\n" \
	OBJECT("Machine", "0", "0x3f", "0xf") \
	" allowed_cpuset=\"0x3f\" allowed_nodeset=\"0xf\">\n" \
	NODE("1", "0x0", "0x2", MB64) NODE("2", "0x0", "0x4", MB64) \
	NODE("3", "0x0", "0x8", MB64) \
	OBJECT("Package", "0", "0x3f", "0x1") ">\n" \
	NODE("0", "0x3f", "0x1", MB64) \
	L3("0", "0x7", "0", "0x1", "1", "0x2", "2", "0x4") \
	L3("1", "0x38", "3", "0x8", "4", "0x10", "5", "0x20") \
	"</object>\n</object>\n" distances "</topology>\n"

/* No CPU is in another package: the constant is that of the nearest memory. */
static void by_way_of_bare_nodes(void *arg)
{
	unsigned l3 = way(0, 1, 3), package = way(0, 3, 0);
	unsigned near = way(0, 3, 1), far = way(0, 3, 2);
	unsigned farthest = way(3, 0, 3), bare = way(0, 0, 1);
	unsigned third = way(0, 0, 3);

	take_all();
	took(l3, 25);
	took(package, 110);
	took(near, 200);
	took(far, 400);
	took(farthest, 600);
	took(bare, 2000);
	took(third, 6000);
}

static void a_home_may_be_without_cpus(void **state)
{
	on_machine(ONE_PACKAGE(DISTANCES("50", "10 40 80 120 40 10 60 60 "
					 "80 60 10 60 120 60 60 10 ")),
		   &by_home, by_way_of_bare_nodes, NULL);
}

/* CPUs 0 and 1 are at home on a node without memory: they borrow node 1's,
 * which stays the local one of CPUs 2 and 3. */
static void memory_is_borrowed(void *arg)
{
	unsigned borrowed = way(0, 0, 1), own = way(2, 2, 1);
	unsigned far = way(0, 0, 2), line = way(0, 4, 1);

	take_all();
	took(borrowed, 2000);
	took(own, 1000);
	took(far, 3000);
	took(line, 300);
}

/* Of what is not in the arena the first node with memory is the home: here the
 * next to CPU 0's, which has none. */
static void globals_have_a_home(void *arg)
{
	static u64 word cacheline_aligned;
	u64 start = now_quietly(), ns;

	__atomic_fetch_add(&word, 1, __ATOMIC_RELAXED);
	ns = now_quietly() - start;
	must(ns >= 2000 && ns <= 2003);
}

static void a_node_without_memory_borrows(void **state)
{
	on_machine(MACHINE("0", MATRIX), &direct, memory_is_borrowed, NULL);
	on_machine(MACHINE("0", MATRIX), &direct, globals_have_a_home, NULL);
}

/* ---- what a matrix may say ---- */
/* Zeros are unknown: 20; what is nearer than local is as near; 254 is most. */
static void absurd_values_are_bounded(void *arg)
{
	unsigned zero = way(0, 2, 0), huge = way(0, 4, 0);

	take_all();
	took(zero, 200);
	took(huge, 2540);
}

static void absurd_matrices_are_bounded(void **state)
{
	on_machine(MACHINE(MB64, DISTANCES("57",
			"10 0 999999999999 40 20 10 20 60 "
			"-3 20 10 20 40 60 20 10 ")),
		   &direct, absurd_values_are_bounded, NULL);
}

/* ---- interrupts ---- */
static u64 arrived;

static void note_arrival(void *info)
{
	arrived = now_quietly();
}

static u64 delivery_ns(unsigned cpu)
{
	u64 start = now_quietly();

	smp_call_function_single(cpu, note_arrival, NULL, true);
	return arrived - start;
}

static void interrupts_take_their_way(void *arg)
{
	u64 near, far, package;

	delivery_ns(1);		/* the queues' lines have moved once */
	delivery_ns(2);
	delivery_ns(4);
	package = delivery_ns(1);
	near = delivery_ns(2);
	far = delivery_ns(4);
	/* Lines travel, too: some hundred ns. */
	must(package > 5000 && package < 6500);
	must(near > 10000 && near - package < 5000 + 1500);
	must(far > 15000 && far - near > 5000 && far - near < 5000 + 1500);
}

static void interrupts_follow_the_distances(void **state)
{
	on_machine(MACHINE(MB64, MATRIX), &direct, interrupts_take_their_way,
		   NULL);
}

TEST_MAIN(cmocka_unit_test(costs_follow_the_distances),
	  cmocka_unit_test(without_distances_the_tree_decides),
	  cmocka_unit_test(an_l3_may_span_packages),
	  cmocka_unit_test(a_node_may_span_packages),
	  cmocka_unit_test(a_package_may_be_without_a_node),
	  cmocka_unit_test(the_home_s_distance_counts),
	  cmocka_unit_test(a_home_may_be_without_cpus),
	  cmocka_unit_test(a_node_without_memory_borrows),
	  cmocka_unit_test(absurd_matrices_are_bounded),
	  cmocka_unit_test(interrupts_follow_the_distances))
