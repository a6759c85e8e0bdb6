/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coherent memory of the simulated machine: what an access costs by who has the
 * line, against a model of a few lines and no time; that two CPUs that hand a
 * line to and fro take what the profile says; that a hot word is no queue.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

/* Numbers that no two costs share. CPUs 0 and 1 are one core, 0 to 3 share an
 * L3, 0 to 7 are one package. */
#define TOPOLOGY	"pack:2 numa:1 l3:2 core:2 pu:2"
#define NR_CPUS		16
#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }
#define CONSTANTS(home) .of = { \
	NS(plain_ns, 0.4), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16), \
	NS(dram_local_ns, 300), NS(dram_remote_ns, 400), NS(rmw_ns, 7), \
	NS(fence_ns, 10), NS(pause_ns, 4), NS(clock_ns, 9), \
	NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 110), \
	NS(c2c_cross_ns, 200), NS(fill_ns, 10), NS(ack_ns, 0), \
	NR(home_nr, home), NR(streak_nr, 32), NR(misses_nr, 10), \
	NR(stream_mbps, 10000), NR(stream_remote_mbps, 6000) }

static const struct cost_profile intel = { .name = "intel", CONSTANTS(0) };
static const struct cost_profile by_home = { .name = "home", CONSTANTS(1) };

static u64 ns_of(const struct cost_profile *profile, unsigned constant)
{
	return profile->of[constant].value / 1000;
}

static unsigned class_of(unsigned a, unsigned b)
{
	if (a / 8 != b / 8)
		return PROFILE_c2c_cross_ns;
	if (a / 4 != b / 4)
		return PROFILE_c2c_package_ns;
	return a / 2 != b / 2 ? PROFILE_c2c_l3_ns : PROFILE_c2c_smt_ns;
}

/* What `shootdown topo` says a line costs is what it is tested to cost here. */
static void classes_are_the_topology_s(void **state)
{
	static const unsigned constants[] = {
		[TOPOLOGY_SAME_CORE] = PROFILE_c2c_smt_ns,
		[TOPOLOGY_SAME_L3] = PROFILE_c2c_l3_ns,
		[TOPOLOGY_SAME_PACKAGE] = PROFILE_c2c_package_ns,
		[TOPOLOGY_CROSS] = PROFILE_c2c_cross_ns,
	};
	struct topology_error err;
	struct topology *t;

	assert_int_equal(topology_create(&t, TOPOLOGY_SYNTHETIC, TOPOLOGY,
					 &err), 0);
	for (unsigned a = 0; a < NR_CPUS; a++)
		for (unsigned b = 0; b < NR_CPUS; b++)
			if (a != b)
				assert_int_equal(constants[topology_class(t, a,
						 b)], class_of(a, b));
	topology_destroy(t);
}

/* ---- one access at a time, against a model ---- */
#define NR_LINES	8
#define NR_STEPS	3000
#define STEP_NS		2000UL

static struct {
	u64	word;
} cacheline_aligned lines[NR_LINES];

/* The model: of each line who may write it, or who may read it. Not memory of
 * the machine: touched quietly. */
static struct {
	int	owner;
	u32	readers;
	bool	touched;
} model[NR_LINES];

static bool core_reads(u32 readers, unsigned cpu)
{
	return readers >> (cpu & ~1u) & 3;
}

static u64 farthest(u32 readers, unsigned cpu)
{
	u64 most = 0;

	for (unsigned i = 0; i < NR_CPUS; i++)
		if (i != cpu && (readers >> i & 1))
			most = max(most, ns_of(&intel, class_of(cpu, i)));
	return most;
}

static u64 nearest(u32 readers, unsigned cpu)
{
	u64 least = ~0UL;

	for (unsigned i = 0; i < NR_CPUS; i++)
		if (i != cpu && (readers >> i & 1))
			least = min(least, ns_of(&intel, class_of(cpu, i)));
	return least;
}

/* A clean copy: the core's, the L3's, or the nearest other's, all nearer than
 * memory. least and most differ where the model keeps no caches. */
static void expect_read(unsigned line, unsigned cpu, u64 *least, u64 *most)
{
	u32 readers = model[line].readers;
	int owner = model[line].owner;

	*least = *most = 1;
	if (owner >= 0 && owner != (int)cpu) {
		*least = *most = ns_of(&intel, class_of(cpu, (unsigned)owner));
		return;
	}
	if (owner == (int)cpu || (readers >> cpu & 1))
		return;
	if (core_reads(readers, cpu))
		*least = *most = 5;
	else if (readers >> (cpu & ~3u) & 15)
		*least = *most = 16;
	else if (readers)
		*least = *most = nearest(readers, cpu);
	else
		*least = 16, *most = 400;
}

static void expect_write(unsigned line, unsigned cpu, u64 *least, u64 *most)
{
	u32 readers = model[line].readers;

	if (model[line].owner == (int)cpu) {
		*least = *most = 7;
		return;
	}
	expect_read(line, cpu, least, most);
	if (readers) {
		u64 other = farthest(readers, cpu);

		*least = max(other, *least == 1 ? 0 : *least);
		*most = max(other, *most);
	}
	if (readers == 1u << cpu)
		*least = 0;
}

static void model_step(unsigned line, unsigned cpu, bool write)
{
	int owner = model[line].owner;

	if (write) {
		model[line].owner = (int)cpu;
		model[line].readers = 0;
	} else if (owner >= 0 && owner != (int)cpu) {
		model[line].readers = 1u << owner | 1u << cpu;
		model[line].owner = -1;
	} else if (owner < 0 && model[line].readers) {
		model[line].readers |= 1u << cpu;
	} else if (owner < 0) {
		model[line].owner = (int)cpu;
	}
}

static void one_access(unsigned line, unsigned cpu, bool write)
{
	u64 start = now_quietly(), took, least, most;

	if (write)
		__atomic_fetch_add(&lines[line].word, 1, __ATOMIC_RELAXED);
	else
		(void)READ_ONCE(lines[line].word);
	took = now_quietly() - start;
	machine_quiet_begin();
	if (write)
		expect_write(line, cpu, &least, &most);
	else
		expect_read(line, cpu, &least, &most);
	/* Jitter of a nanosecond, and two clocks that are rounded down. */
	if (took + 1 < least || took > most + 3) {
		printk("line %u, CPU %u %s: %lu ns, not %lu to %lu", line, cpu,
		       write ? "writes" : "reads", took, least, most);
		must(!"the model agrees");
	}
	model_step(line, cpu, write);
	machine_quiet_end();
}

static u64 steps_begin;

/* All draw the same steps; each does those that are its own, at their time. */
static void do_steps(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, 1 + test_seed());
	for (unsigned i = 0; i < NR_STEPS; i++) {
		unsigned who = (unsigned)rng_below(&rng, NR_CPUS);
		unsigned line = (unsigned)rng_below(&rng, NR_LINES);
		bool write = rng_chance(&rng, 40);
		u64 at = steps_begin + i * STEP_NS;

		if (who != cpu)
			continue;
		ndelay(at - now_quietly());
		one_access(line, cpu, write);
	}
}

static void access_at_random(void *arg)
{
	machine_quiet_begin();
	for (unsigned i = 0; i < NR_LINES; i++)
		model[i].owner = -1;
	steps_begin = sched_clock() + 100000;
	machine_quiet_end();
	on_all_cpus(do_steps, NULL);
}

static void costs_agree_with_a_model(void **state)
{
	emulate(&(struct emulation){ .cpus = NR_CPUS, .topology = TOPOLOGY,
		.profile = &intel, .seeds = 20 }, access_at_random, NULL);
}

/* ---- computation ---- */
static const struct cost_profile blocks = { .name = "blocks", .of = {
	NS(block_ns, 100), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
	NS(dram_local_ns, 90), NS(dram_remote_ns, 90), NS(c2c_l3_ns, 20),
	NS(c2c_package_ns, 20), NS(c2c_cross_ns, 20), NS(fill_ns, 10),
	NR(streak_nr, 32), NR(misses_nr, 10), NR(stream_mbps, 10000),
	NR(stream_remote_mbps, 6000) } };

/* Registers only: a loop that no access betrays. */
static noinline u64 compute(unsigned rounds)
{
	u64 x = 1;

	for (unsigned i = 0; i < rounds; i++) {
		x = x * 6364136223846793005UL + 1;
		__asm__ volatile("" : "+r"(x));
	}
	return x;
}

static void take_time_to_compute(void *arg)
{
	u64 start = now_quietly(), ns;

	must(compute(1000));
	ns = now_quietly() - start;
	must(ns >= 100 * 1000 && ns <= 2 * 100 * 1000 + 2000);
}

#ifdef WITH_BLOCKS
#define SEES_BLOCKS	1
#else
#define SEES_BLOCKS	0
#endif

static void computation_is_charged_by_blocks(void **state)
{
	if (!SEES_BLOCKS) {
		test_skip("a build with --enable-blocks only");
		return;
	}
	emulate(&(struct emulation){ .cpus = NR_CPUS, .topology = TOPOLOGY,
		.profile = &blocks }, take_time_to_compute, NULL);
}

/* ---- to and fro ---- */
#define NR_ROUNDS	2000

static struct {
	u32	turn;
} cacheline_aligned ball;

static unsigned partner;
static u64 ball_ns;

static void play(unsigned mine, unsigned other)
{
	for (unsigned i = 0; i < NR_ROUNDS; i++) {
		u32 expected = mine;

		while (!__atomic_compare_exchange_n(&ball.turn, &expected,
				other, false, __ATOMIC_SEQ_CST,
				__ATOMIC_RELAXED))
			expected = mine;
	}
}

static void ping_or_pong(void *arg, unsigned cpu)
{
	u64 start = now_quietly();

	if (cpu == 0) {
		play(0, 1);
		ball_ns = (now_quietly() - start) / (2 * NR_ROUNDS);
	} else if (cpu == partner) {
		play(1, 0);
	}
}

static const struct cost_profile *played;

/* The half of a round trip, for a partner of each class. */
static void hand_to_and_fro(void *arg)
{
	const unsigned *who = arg;
	u64 expected;

	partner = *who;
	on_all_cpus(ping_or_pong, NULL);
	expected = ns_of(played, class_of(0, partner));
	if (ball_ns * 10 < expected * 9 || ball_ns * 10 > expected * 11 + 9)
		printk("%s: CPU 0 and %u: %lu ns, not %lu", played->name,
		       partner, ball_ns, expected);
	must(ball_ns * 10 >= expected * 9 && ball_ns * 10 <= expected * 11 + 9);
}

static void play_each_class(const struct cost_profile *profile)
{
	static const unsigned partners[] = { 1, 2, 4, 8 };

	played = profile;
	for (unsigned i = 0; i < ARRAY_SIZE(partners); i++)
		emulate(&(struct emulation){ .cpus = NR_CPUS,
			.topology = TOPOLOGY, .profile = profile },
			hand_to_and_fro, (void *)&partners[i]);
}

static void a_line_to_and_fro_takes_its_class(void **state)
{
	play_each_class(&intel);
}

/* ---- the same of the profiles that are shipped ---- */
static void read_constant(struct profile_value *value, const char *text,
			  const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\"", name);
	at = strstr(text, key);
	assert_non_null(at);
	at = strstr(at, "\"value\":");
	assert_non_null(at);
	value->value = (u64)(strtod(at + strlen("\"value\":"), NULL) *
			     (strstr(name, "_ns") ? 1000 : 1) + 0.5);
}

static void read_profile(struct cost_profile *profile, const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	memset(profile, 0, sizeof(*profile));
	snprintf(profile->name, sizeof(profile->name), "%.60s",
		 strrchr(path, '/') + 1);
#define X(constant, least, most, what) \
	read_constant(&profile->of[PROFILE_##constant], text, #constant);
	PROFILE_CONSTANTS(X)
#undef X
}

static void shipped_profiles_reproduce_their_classes(void **state)
{
	const char *top = getenv("abs_top_srcdir");
	struct cost_profile profile;
	char pattern[512];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%s/emu/profiles/*.json",
		 top ? top : "..");
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_true(found.gl_pathc >= 3);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		read_profile(&profile, found.gl_pathv[i]);
		play_each_class(&profile);
	}
	globfree(&found);
}

/* ---- a flag ---- */
/* A reader spins; the writer's store and the reader's load each take the way of
 * an L3, the line stays with the writer for a while in between, and the branch
 * out of the spin was predicted wrongly. */
static const struct cost_profile spinning = {
	.name = "spinning", .of = {
		NS(plain_ns, 0.1), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
		NS(dram_local_ns, 300), NS(dram_remote_ns, 400), NS(rmw_ns, 7),
		NS(pause_ns, 4), NS(mispredict_ns, 1000), NS(hold_ns, 300),
		NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 2000), NS(c2c_package_ns, 110),
		NS(c2c_cross_ns, 200), NR(streak_nr, 32), NR(misses_nr, 10),
		NR(stream_mbps, 10000), NR(stream_remote_mbps, 6000) },
};

static struct {
	u32	up;
} cacheline_aligned flag;

static u64 raised_at, seen_at;

static void raise_or_see(void *arg, unsigned cpu)
{
	u64 now;

	if (cpu == 0) {
		ndelay(100000);
		now = now_quietly();
		WRITE_ONCE(flag.up, 1);
		raised_at = now;
	} else if (cpu == 2) {
		while (!READ_ONCE(flag.up))
			cpu_relax();
		seen_at = now_quietly();
	}
}

static void see_the_flag(void *arg)
{
	on_all_cpus(raise_or_see, NULL);
	must(seen_at - raised_at >= 2000 + 300 + 2000 + 1000);
	must(seen_at - raised_at < 2000 + 300 + 2000 + 1000 + 20);
}

static void a_flag_is_seen_after_two_ways(void **state)
{
	emulate(&(struct emulation){ .cpus = NR_CPUS, .topology = TOPOLOGY,
		.profile = &spinning }, see_the_flag, NULL);
}

/* Of readers each core takes fill_ns of the line's time, not each thread: what
 * one has fetched the other finds in its own caches. */
#define NR_SPINNERS	14

static u64 seen_by[NR_SPINNERS + 2];

static void raise_or_spin(void *arg, unsigned cpu)
{
	u64 now;

	if (cpu == 0) {
		ndelay(100000);
		now = now_quietly();
		WRITE_ONCE(flag.up, 1);
		raised_at = now;
	} else if (cpu > 1) {
		while (!READ_ONCE(flag.up))
			cpu_relax();
		now = now_quietly();
		machine_quiet_begin();
		seen_by[cpu] = now;
		machine_quiet_end();
	}
}

static void all_see_the_flag(void *arg)
{
	u64 last = 0;

	on_all_cpus(raise_or_spin, NULL);
	for (unsigned cpu = 2; cpu < NR_SPINNERS + 2; cpu++)
		last = max(last, seen_by[cpu] - raised_at);
	/* The store, the first core's load, six cores more, a thread's hit. */
	if (last < 25 + 25 + 6 * 10 || last > 25 + 25 + 6 * 10 + 5 + 10)
		printk("the last: after %lu ns", last);
	must(last >= 25 + 25 + 6 * 10 && last <= 25 + 25 + 6 * 10 + 5 + 10);
}

static void cores_wait_for_a_line_not_threads(void **state)
{
	emulate(&(struct emulation){ .cpus = NR_SPINNERS + 2,
		.topology = "numa:1 l3:1 core:8 pu:2", .profile = &intel,
		.seeds = 5 }, all_see_the_flag, NULL);
}

/* ---- by way of home ---- */
static u64 far_ns;

static void touch_from_far(void *arg, unsigned cpu)
{
	u64 *word = (u64 *)(machine_direct_map + machine_nodes[0].start +
			    (1 << 20));
	u64 start;

	/* CPUs 8 and 12: two L3s of the package that is not the line's home. */
	if (cpu == 8)
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
	if (cpu != 12)
		return;
	ndelay(100000);
	start = now_quietly();
	__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
	far_ns = now_quietly() - start;
}

static void home_counts(void *arg)
{
	on_all_cpus(touch_from_far, NULL);
	must(arg ? far_ns >= 198 && far_ns <= 203 :
	     far_ns >= 108 && far_ns <= 113);
}

static void a_line_travels_by_its_home(void **state)
{
	struct emulation e = { .cpus = NR_CPUS, .topology = TOPOLOGY,
		.profile = &intel };

	emulate(&e, home_counts, NULL);
	e.profile = &by_home;
	emulate(&e, home_counts, &e);
}

/* ---- a hot word ---- */
static struct {
	u64	sum;
} cacheline_aligned hot;

static void hammer(void *arg, unsigned cpu)
{
	for (unsigned i = 0; i < 500; i++)
		__atomic_fetch_add(&hot.sum, 1, __ATOMIC_RELAXED);
}

/* Half of all pairs are of two packages, 200 ns apart: a queue in order of
 * arrival pays that, an arbiter that keeps the line near does not. */
static void all_hammer(void *arg)
{
	u64 start = now_quietly(), each;

	on_all_cpus(hammer, NULL);
	must(hot.sum == 500 * NR_CPUS);
	each = (now_quietly() - start) / hot.sum;
	must(arg ? each > 90 : each >= 20 && each < 35);
}

static void a_hot_word_stays_near(void **state)
{
	struct cost_profile queued = intel;
	struct emulation e = { .cpus = NR_CPUS, .profile = &intel,
		.topology = "pack:2 numa:1 l3:1 core:4 pu:2" };

	emulate(&e, all_hammer, NULL);
	strcpy(queued.arbiter, "fifo");
	e.profile = &queued;
	emulate(&e, all_hammer, &e);
}

TEST_MAIN(cmocka_unit_test(classes_are_the_topology_s),
	  cmocka_unit_test(costs_agree_with_a_model),
	  cmocka_unit_test(computation_is_charged_by_blocks),
	  cmocka_unit_test(a_line_to_and_fro_takes_its_class),
	  cmocka_unit_test(shipped_profiles_reproduce_their_classes),
	  cmocka_unit_test(a_flag_is_seen_after_two_ways),
	  cmocka_unit_test(cores_wait_for_a_line_not_threads),
	  cmocka_unit_test(a_line_travels_by_its_home),
	  cmocka_unit_test(a_hot_word_stays_near))
