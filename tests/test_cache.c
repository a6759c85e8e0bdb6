/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finite caches: what walking through memory costs, by the sizes that the
 * topology gives each cache, powers of two or not.
 */
#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }

static const struct cost_profile profile = {
	.name = "walk", .of = {
		NS(plain_ns, 0.1), NS(l1_ns, 1), NS(l2_ns, 10), NS(l3_ns, 100),
		NS(dram_local_ns, 1000), NS(dram_remote_ns, 1000),
		NS(rmw_ns, 1), NS(fence_ns, 1), NS(pause_ns, 1),
		NS(clock_ns, 1), NS(c2c_smt_ns, 20), NS(c2c_l3_ns, 200),
		NS(c2c_package_ns, 200), NS(c2c_cross_ns, 200), NS(fill_ns, 1),
		NR(streak_nr, 32), NR(misses_nr, 10), NR(stream_mbps, 6400),
		NR(stream_remote_mbps, 6400), NS(irq_entry_ns, 1) },
};

/* ---- a walk, once to fill the caches and once to see what they hold ---- */
struct walk {
	const char	*topology;
	u64		bytes;
	unsigned	cpu;		/* who walks for the second time */
	double		ns[2];		/* a line, least and most */
};

static char *memory(void)
{
	return machine_direct_map + machine_nodes[0].start + (1 << 20);
}

static void walk_once(u64 bytes)
{
	char *from = memory();

	for (u64 offset = 0; offset < bytes; offset += CACHELINE)
		(void)READ_ONCE(from[offset]);
}

static void walk_again(void *arg, unsigned cpu)
{
	const struct walk *walk = arg;
	u64 start = now_quietly();
	double each;

	if (cpu != walk->cpu)
		return;
	walk_once(walk->bytes);
	each = (double)(now_quietly() - start) /
	       (double)(walk->bytes / CACHELINE);
	if (each < walk->ns[0] || each > walk->ns[1])
		printk("%lu bytes of '%s': %lu ps a line, not %lu to %lu",
		       walk->bytes, walk->topology, (u64)(each * 1000),
		       (u64)(walk->ns[0] * 1000), (u64)(walk->ns[1] * 1000));
	must(each >= walk->ns[0] && each <= walk->ns[1]);
}

static void walk_twice(void *arg)
{
	const struct walk *walk = arg;

	walk_once(walk->bytes);
	on_all_cpus(walk_again, (void *)walk);
}

static void walk_all(const struct walk *walks, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		emulate(&(struct emulation){ .cpus = walks[i].cpu + 1,
			.topology = walks[i].topology, .profile = &profile,
			.memory_bytes = 128UL << 20 },
			walk_twice, (void *)&walks[i]);
}

/* Jitter adds up to a nanosecond a line. */
#define HITS_L1		{ 1, 2.2 }
#define HITS_L2		{ 9.9, 11.5 }
#define HITS_L3		{ 99, 103 }
#define MISSES		{ 900, 1003 }
/* A tenth of the sets have a line too many, and lose all. */
#define BEYOND_L2	{ 50, 103 }
#define BEYOND_L3	{ 400, 1003 }
#define ODD	"l3:1(size=37748736) l2:1(size=1310720) " \
		"l1:1(size=32768) core:1 pu:1"
#define EVEN	"l3:1(size=8388608) l2:1(size=1048576) " \
		"l1:1(size=32768) core:1 pu:1"
#define LARGE_L1 "l2:1(size=1310720) l1:1(size=49152) core:1 pu:1"
#define HUGE_L1	"l2:1(size=4194304) l1:1(size=1048576) core:1 pu:1"
#define NO_L3	"l2:1(size=1310720) l1:1(size=32768) core:1 pu:1"
#define THREADS	"l3:1(size=8388608) l2:1(size=1048576) " \
		"l1:1(size=32768) core:1 pu:2"
#define SMALL_L2 "l3:1(size=8388608) l2:1(size=32768) core:4 " \
		"l1:1(size=32768) pu:1"
#define SHARED	"l3:1(size=8388608) l2:1(size=2097152) core:2 pu:1"
#define KB	1024UL

static void caches_have_the_topology_s_sizes(void **state)
{
	static const struct walk walks[] = {
		{ ODD, 31 * KB, 0, HITS_L1 },
		{ ODD, 64 * KB, 0, HITS_L2 },
		{ ODD, 1270 * KB, 0, HITS_L2 },
		{ ODD, 1400 * KB, 0, BEYOND_L2 },
		{ ODD, 2560 * KB, 0, HITS_L3 },
		{ ODD, 36800 * KB, 0, HITS_L3 },
		{ ODD, 39000 * KB, 0, BEYOND_L3 },
		{ ODD, 73728 * KB, 0, MISSES },
		{ EVEN, 1020 * KB, 0, HITS_L2 },
		{ EVEN, 8180 * KB, 0, HITS_L3 },
		{ EVEN, 8700 * KB, 0, BEYOND_L3 },
		{ EVEN, 16384 * KB, 0, MISSES },
	};

	walk_all(walks, ARRAY_SIZE(walks));
}

/* An L1 is a power of two, of 48 KiB 32, and has a limit; topo says so. */
static void a_first_level_is_a_power_of_two(void **state)
{
	static const struct walk walks[] = {
		{ LARGE_L1, 31 * KB, 0, HITS_L1 },
		{ LARGE_L1, 64 * KB, 0, HITS_L2 },
		{ HUGE_L1, 900 * KB, 0, HITS_L2 },
	};

	walk_all(walks, ARRAY_SIZE(walks));
}

static void a_machine_without_l3_has_none(void **state)
{
	static const struct walk walks[] = {
		{ NO_L3, 1270 * KB, 0, HITS_L2 },
		{ NO_L3, 1900 * KB, 0, MISSES },
	};

	walk_all(walks, ARRAY_SIZE(walks));
}

/* A core's part of the L2 may be less than its L1. */
static void a_small_l2_is_no_less_than_l1(void **state)
{
	static const struct walk walks[] = {
		/* But for a few that share a set with what else is used. */
		{ SMALL_L2, 24 * KB, 0, { 1, 4 } },
		{ SMALL_L2, 70 * KB, 0, HITS_L3 },
	};

	walk_all(walks, ARRAY_SIZE(walks));
}

/* What another core has read is in the L3; an L2 of two cores is halved,
 * not that of a core of two threads. */
static void cores_share_their_l3(void **state)
{
	static const struct walk walks[] = {
		{ SHARED, 1020 * KB, 0, HITS_L2 },
		{ SHARED, 2044 * KB, 0, HITS_L3 },
		{ THREADS, 1000 * KB, 0, HITS_L2 },
		/* A quarter is in the other core's L2 still. */
		{ SHARED, 4096 * KB, 1, { 123, 130 } },
	};

	walk_all(walks, ARRAY_SIZE(walks));
}

/* ---- lines in a row ---- */
static u64 read_every(const char *from, u64 stride, u64 lines)
{
	u64 start = now_quietly();
	int sum = 0;

	for (u64 i = 0; i < lines; i++)
		sum += from[i * stride];
	must(sum == 0);
	return now_quietly() - start;
}

/* 6.4 bytes a nanosecond: a line is 10 ns, and the first one is a miss. */
static void read_plainly(void *arg)
{
	u64 row = read_every(memory(), CACHELINE, 100000);
	u64 gaps = read_every(memory() + (16 << 20), 4096 + CACHELINE, 1000);

	must(row >= 100000 * 10 + 990 && row < 100000 * 11);
	must(gaps >= 1000 * 1000 && gaps < 1000 * 1001);
}

static void lines_in_a_row_come_by_bandwidth(void **state)
{
	emulate(&(struct emulation){ .topology = ODD, .profile = &profile,
		.memory_bytes = 128UL << 20 }, read_plainly, NULL);
}

TEST_MAIN(cmocka_unit_test(caches_have_the_topology_s_sizes),
	  cmocka_unit_test(a_first_level_is_a_power_of_two),
	  cmocka_unit_test(a_machine_without_l3_has_none),
	  cmocka_unit_test(a_small_l2_is_no_less_than_l1),
	  cmocka_unit_test(cores_share_their_l3),
	  cmocka_unit_test(lines_in_a_row_come_by_bandwidth))
