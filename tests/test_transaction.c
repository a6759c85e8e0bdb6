/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Single accesses of a few CPUs, each at a time that is given, and what they
 * take: reckoned by hand from the rules that stand above coherence.c and
 * transaction.c.
 */
#include <stdlib.h>

#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }

static const struct cost_profile profile = {
	.name = "steps", .of = {
		NS(plain_ns, 0.1), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16),
		NS(dram_local_ns, 1000), NS(dram_remote_ns, 2000),
		NS(rmw_ns, 7), NS(fence_ns, 10), NS(pause_ns, 4),
		NS(clock_ns, 1), NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 50),
		NS(c2c_package_ns, 110), NS(c2c_cross_ns, 200),
		NS(fill_ns, 10), NS(ack_ns, 30), NS(hold_ns, 40),
		NR(streak_nr, 2), NR(misses_nr, 10), NR(stream_mbps, 6400),
		NR(stream_remote_mbps, 6400), NS(ipi_send_ns, 100),
		NS(ipi_deliver_ns, 500), NS(ipi_deliver_cross_ns, 500),
		NS(irq_entry_ns, 1) },
};

/* A CPU makes its steps in their order, none before its time. What it takes
 * counts from then on, 0 is not looked at. Words 0 to 99 are so far apart that
 * they share a set of each cache; those of the next hundred are beside them. */
#define WORD_STRIDE	(128UL << 10)
#define MAX_STEPS	40

enum what { END, LOAD, STORE, ADD, FENCE };

struct step {
	u64		at;
	unsigned	cpu;
	enum what	what;
	unsigned	word;
	u64		ns;
};

struct script {
	const char	*topology;
	unsigned	cpus;
	u64		dram_ns;	/* of local memory; 0: 1000 */
	struct step	steps[MAX_STEPS];
};

/* Host memory, which is no CPU's line. */
struct play {
	const struct script	*script;
	char			*memory;
	u64			begin;
};

static void make(const struct play *play, const struct step *step)
{
	u64 *word = (u64 *)(play->memory + step->word % 100 *
			    WORD_STRIDE + step->word / 100 * CACHELINE);

	if (step->what == LOAD)
		(void)READ_ONCE(*word);
	else if (step->what == STORE)
		WRITE_ONCE(*word, step->at + 1);
	else if (step->what == ADD)
		__atomic_fetch_add(word, 1, __ATOMIC_RELAXED);
	else
		smp_mb();
}

/* Up to a nanosecond of jitter for an access, and clocks are rounded down. */
static void play_own(void *arg, unsigned cpu)
{
	const struct play *play = arg;

	for (const struct step *step = play->script->steps; step->what;
	     step++) {
		u64 at = play->begin + step->at, took;

		if (step->cpu != cpu)
			continue;
		if (now_quietly() < at)
			ndelay(at - now_quietly());
		make(play, step);
		took = now_quietly() - at;
		if (!step->ns || (took + 1 >= step->ns && took <= step->ns + 4))
			continue;
		printk("step %ld at %lu: %lu ns, not %lu",
		       step - play->script->steps, step->at, took, step->ns);
		must(!"a step takes what it is reckoned to take");
	}
}

static void play(void *arg)
{
	struct play *play = malloc(sizeof(*play));

	play->script = arg;
	play->memory = machine_direct_map + machine_nodes[0].start + (1 << 20);
	play->begin = now_quietly() + 1000000;
	on_all_cpus(play_own, play);
	free(play);
}

static void plays(const struct script *script)
{
	struct cost_profile chosen = profile;

	if (script->dram_ns)
		chosen.of[PROFILE_dram_local_ns].value = script->dram_ns * 1000;
	emulate(&(struct emulation){ .cpus = script->cpus, .profile = &chosen,
		.topology = script->topology, .memory_bytes = 128UL << 20 },
		play, (void *)script);
}

/* ---- the copies of others ---- */
#define THREADS	"l3:1 core:4 pu:2"
#define PACKAGES "pack:2 numa:1 l3:1 core:2 pu:1"

/* The farthest copy, and an acknowledgement for each core but the first; not
 * for the writer's own. */
static void each_core_acknowledges_once(void **state)
{
	static const struct script script = { THREADS, 8, 0, {
		{ 0, 0, LOAD, 0, 1000 }, { 5000, 1, LOAD, 0, 8 },
		{ 10000, 0, ADD, 0, 8 },
		{ 20000, 2, LOAD, 0, 50 }, { 30000, 0, ADD, 0, 50 },
		{ 40000, 2, LOAD, 0, 50 }, { 45000, 3, LOAD, 0, 5 },
		{ 50000, 0, ADD, 0, 50 },
		{ 60000, 2, LOAD, 0, 50 }, { 65000, 4, LOAD, 0, 16 },
		{ 70000, 0, ADD, 0, 80 },
		{ 80000, 2, LOAD, 0, 50 }, { 82000, 3, LOAD, 0, 5 },
		{ 84000, 4, LOAD, 0, 16 }, { 86000, 5, LOAD, 0, 5 },
		{ 87000, 6, LOAD, 0, 16 }, { 88000, 1, LOAD, 0, 5 },
		{ 90000, 0, ADD, 0, 110 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* The other thread has not looked at the lines that drove it out. */
static void what_leaves_l2_leaves_both_threads(void **state)
{
	static const struct script script = {
		"l3:1(size=8388608) l2:1(size=1048576) l1:1(size=32768) "
		"core:1 pu:2", 2, 0, {
		{ 0, 0, LOAD, 0, 1000 }, { 5000, 1, LOAD, 0, 8 },
		{ 10000, 1, LOAD, 0, 1 },
		{ 20000, 0, LOAD, 1, 1000 }, { 22000, 0, LOAD, 2, 1000 },
		{ 24000, 0, LOAD, 3, 1000 }, { 26000, 0, LOAD, 4, 1000 },
		{ 28000, 0, LOAD, 5, 1000 }, { 30000, 0, LOAD, 6, 1000 },
		{ 32000, 0, LOAD, 7, 1000 }, { 33500, 1, LOAD, 0, 1 },
		{ 34000, 0, LOAD, 8, 1000 }, { 36000, 1, LOAD, 0, 16 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* The L3 had lost it to what core 1 walked through; when CPU 2, of the other
 * L3, reads it, it is there again, and nearer than core 0. */
static void what_is_read_is_in_its_owner_s_l3(void **state)
{
	static const struct script script = {
		"l3:2(size=2097152) core:2 l2:1(size=4194304) "
		"l1:1(size=32768) pu:1", 4, 0, {
		{ 0, 0, ADD, 0, 1000 },
		{ 10000, 1, LOAD, 1, 0 }, { 10000, 1, LOAD, 2, 0 },
		{ 10000, 1, LOAD, 3, 0 }, { 10000, 1, LOAD, 4, 0 },
		{ 10000, 1, LOAD, 5, 0 }, { 10000, 1, LOAD, 6, 0 },
		{ 10000, 1, LOAD, 7, 0 }, { 10000, 1, LOAD, 8, 0 },
		{ 10000, 1, LOAD, 9, 0 }, { 10000, 1, LOAD, 10, 0 },
		{ 10000, 1, LOAD, 11, 0 }, { 10000, 1, LOAD, 12, 0 },
		{ 10000, 1, LOAD, 13, 0 }, { 10000, 1, LOAD, 14, 0 },
		{ 10000, 1, LOAD, 15, 0 }, { 10000, 1, LOAD, 16, 0 },
		{ 50000, 2, LOAD, 0, 110 }, { 60000, 1, LOAD, 0, 16 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* L3s 0 and 16 share a bit of the directory. */
static void l3s_that_share_a_bit_are_told_apart(void **state)
{
	static const struct script script = { "l3:18 core:2 pu:1", 36, 0, {
		{ 0, 0, LOAD, 0, 1000 }, { 5000, 32, LOAD, 0, 110 },
		{ 10000, 2, ADD, 0, 140 },
		{ 20000, 0, LOAD, 0, 110 }, { 25000, 32, LOAD, 0, 110 },
		/* It was the last that came to L3 0, and so it is again. */
		{ 30000, 2, ADD, 0, 140 },
		{ 40000, 0, LOAD, 0, 110 }, { 45000, 1, LOAD, 0, 16 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* Of L3s 1 and 17, too, where 1 expects the line that it gets again: what 17
 * had is old. CPU 2 then reads so much else that the line is in no core. */
static void an_expected_line_leaves_the_other_l3(void **state)
{
	static const struct script script = { "l3:18 core:2 pu:1", 36, 0, {
		{ 0, 2, ADD, 0, 1000 }, { 5000, 34, LOAD, 0, 110 },
		{ 10000, 2, ADD, 0, 110 },
		{ 20000, 2, LOAD, 1, 1000 }, { 22000, 2, LOAD, 2, 1000 },
		{ 24000, 2, LOAD, 3, 1000 }, { 26000, 2, LOAD, 4, 1000 },
		{ 28000, 2, LOAD, 5, 1000 }, { 30000, 2, LOAD, 6, 1000 },
		{ 32000, 2, LOAD, 7, 1000 }, { 34000, 2, LOAD, 8, 1000 },
		{ 40000, 35, LOAD, 0, 1000 }, { 45000, 3, LOAD, 0, 110 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* CPU 0's L2 expects the line; its L3 has lost it to what CPU 1 read, and gets
 * it anew. */
static void an_expected_line_comes_into_l3_again(void **state)
{
	static const struct script script = {
		"pack:2 numa:1 l3:1(size=2097152) core:2 l2:1(size=1048576) "
		"l1:1(size=32768) pu:1", 4, 0, {
		{ 0, 0, ADD, 0, 1000 },
		{ 2000, 1, LOAD, 1, 1000 }, { 4000, 1, LOAD, 2, 1000 },
		{ 6000, 1, LOAD, 3, 1000 }, { 8000, 1, LOAD, 4, 1000 },
		{ 10000, 1, LOAD, 5, 1000 }, { 12000, 1, LOAD, 6, 1000 },
		{ 14000, 1, LOAD, 7, 1000 }, { 16000, 1, LOAD, 8, 1000 },
		{ 18000, 1, LOAD, 9, 1000 }, { 20000, 1, LOAD, 10, 1000 },
		{ 22000, 1, LOAD, 11, 1000 }, { 24000, 1, LOAD, 12, 1000 },
		{ 26000, 1, LOAD, 13, 1000 }, { 28000, 1, LOAD, 14, 1000 },
		{ 30000, 1, LOAD, 15, 1000 }, { 32000, 1, LOAD, 16, 1000 },
		{ 35000, 2, ADD, 0, 200 }, { 40000, 0, ADD, 0, 200 },
		{ 42000, 0, LOAD, 17, 1000 }, { 44000, 0, LOAD, 18, 1000 },
		{ 46000, 0, LOAD, 19, 1000 }, { 48000, 0, LOAD, 20, 1000 },
		{ 50000, 0, LOAD, 21, 1000 }, { 52000, 0, LOAD, 22, 1000 },
		{ 54000, 0, LOAD, 23, 1000 }, { 56000, 0, LOAD, 24, 1000 },
		{ 60000, 1, LOAD, 0, 16 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* A clean copy is memory's, too, if that is nearer than who has one; but no
 * nearer than another core. */
static void a_clean_copy_comes_from_the_nearest(void **state)
{
	static const struct script scripts[] = {
		{ PACKAGES, 4, 150, {
		{ 0, 2, LOAD, 0, 2000 }, { 5000, 3, LOAD, 0, 50 },
		{ 10000, 0, LOAD, 0, 150 },
		{ 0, 0, END, 0, 0 } } },
		{ PACKAGES, 4, 20, {
		{ 0, 2, LOAD, 0, 2000 }, { 5000, 3, LOAD, 0, 50 },
		{ 10000, 0, LOAD, 0, 50 },
		{ 0, 0, END, 0, 0 } } },
		{ PACKAGES, 4, 0, {
		{ 0, 2, LOAD, 0, 2000 }, { 5000, 3, LOAD, 0, 50 },
		{ 10000, 0, LOAD, 0, 200 },
		{ 0, 0, END, 0, 0 } } },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(scripts); i++)
		plays(&scripts[i]);
}

/* ---- how long a line is busy ---- */
#define CORES	"l3:1 core:4 pu:1"

/* A store's line for hold_ns more than it takes, a locked operation's not; a
 * further reader's for fill_ns. */
static void a_line_is_busy_for_its_time(void **state)
{
	static const struct script script = { CORES, 4, 0, {
		{ 0, 0, STORE, 0, 1 }, { 100, 1, ADD, 0, 940 + 50 },
		{ 10000, 0, ADD, 1, 1000 }, { 10100, 1, ADD, 1, 900 + 50 },
		{ 20000, 2, LOAD, 1, 50 }, { 30000, 0, LOAD, 1, 16 },
		{ 30002, 3, LOAD, 1, 8 + 16 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* Lines that no other core has are fetched together, others one by one. */
static void stores_are_fetched_together_or_not(void **state)
{
	static const struct script script = { CORES, 4, 0, {
		{ 0, 0, STORE, 0, 1 }, { 0, 0, STORE, 1, 2 },
		{ 0, 0, FENCE, 0, 1000 + 2 + 10 },
		{ 10000, 1, ADD, 2, 1000 }, { 20000, 1, ADD, 3, 1000 },
		{ 30000, 0, STORE, 2, 1 }, { 30000, 0, STORE, 3, 2 },
		{ 30000, 0, FENCE, 0, 50 + 50 + 10 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* All are seen in the order of the stores: none before one of memory's. */
static void stores_are_seen_in_their_order(void **state)
{
	static const struct script script = { CORES, 4, 0, {
		/* 1 is in the L3, 102 in its L1, 2 another core's. */
		{ 0, 0, ADD, 102, 1000 }, { 5000, 1, ADD, 2, 1000 },
		{ 10000, 3, LOAD, 1, 1000 }, { 12000, 2, LOAD, 1, 50 },
		{ 20000, 0, STORE, 3, 1 }, { 20000, 0, STORE, 102, 2 },
		{ 20100, 1, LOAD, 102, 900 + 50 },
		{ 30000, 0, STORE, 4, 1 }, { 30000, 0, STORE, 2, 2 },
		{ 30000, 0, FENCE, 0, 1000 + 50 + 10 },
		/* 3 has lost its place in L1 to 4, not in L2. */
		{ 35000, 0, STORE, 6, 1 }, { 35000, 0, STORE, 3, 6 },
		{ 35100, 1, LOAD, 3, 900 + 50 },
		{ 40000, 0, STORE, 5, 1 }, { 40000, 0, STORE, 106, 2 },
		{ 40000, 0, STORE, 107, 3 },
		{ 40000, 0, FENCE, 0, 1000 + 3 + 10 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* Word 0 has left L2 and is in no core: its store is done soon, and yet after
 * the one before. */
static void a_near_store_waits_for_a_far_one(void **state)
{
	static const struct script script = {
		"l3:1(size=8388608) core:2 l2:1(size=1048576) "
		"l1:1(size=32768) pu:1", 2, 0, {
		{ 0, 0, LOAD, 0, 0 }, { 0, 0, LOAD, 1, 0 },
		{ 0, 0, LOAD, 2, 0 }, { 0, 0, LOAD, 3, 0 },
		{ 0, 0, LOAD, 4, 0 }, { 0, 0, LOAD, 5, 0 },
		{ 0, 0, LOAD, 6, 0 }, { 0, 0, LOAD, 7, 0 },
		{ 0, 0, LOAD, 8, 0 },
		{ 20000, 0, STORE, 120, 1 }, { 20000, 0, STORE, 0, 2 },
		{ 20000, 0, FENCE, 0, 1000 + 2 + 10 },
		{ 30000, 0, STORE, 121, 1 }, { 30000, 0, STORE, 1, 2 },
		{ 30100, 1, LOAD, 1, 900 + 50 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* ---- who is next ---- */
/* CPU 4 of the other package asks first; two pass it by, not three. */
static void the_farther_waits_for_a_streak(void **state)
{
	static const struct script script = {
		"pack:2 numa:1 l3:1 core:4 pu:1", 8, 0, {
		{ 0, 0, ADD, 0, 1000 },
		{ 100, 4, ADD, 0, 900 + 50 + 50 + 200 },
		{ 110, 1, ADD, 0, 890 + 50 },
		{ 120, 2, ADD, 0, 880 + 50 + 50 },
		{ 130, 3, ADD, 0, 870 + 50 + 50 + 200 + 200 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* CPU 2 comes from a miss, a microsecond later than the others, and queues
 * before they have had the line; it is free when CPU 2's time comes. */
static void who_queues_early_is_served_in_time(void **state)
{
	static const struct script script = { CORES, 4, 0, {
		{ 0, 0, ADD, 0, 1000 }, { 100, 1, ADD, 0, 900 + 50 },
		{ 150, 2, LOAD, 1, 1000 }, { 1150, 2, ADD, 0, 50 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* The core's other thread after another core, though it has come before. */
static void another_core_is_before_a_thread(void **state)
{
	static const struct script script = { THREADS, 8, 0, {
		{ 0, 0, ADD, 0, 1000 }, { 100, 1, ADD, 0, 900 + 50 + 50 },
		{ 110, 2, ADD, 0, 890 + 50 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

/* Packages 0 and 8 are of one group of the queue, and yet far. */
static void packages_of_a_group_are_told_apart(void **state)
{
	static const struct script script = {
		"numa:1 pack:16 l3:1 core:2 pu:1", 32, 0, {
		{ 0, 0, ADD, 0, 1000 }, { 100, 2, ADD, 0, 900 + 200 },
		{ 110, 16, ADD, 0, 890 + 200 + 200 },
		{ 0, 0, END, 0, 0 } } };

	plays(&script);
}

TEST_MAIN(cmocka_unit_test(each_core_acknowledges_once),
	  cmocka_unit_test(what_leaves_l2_leaves_both_threads),
	  cmocka_unit_test(what_is_read_is_in_its_owner_s_l3),
	  cmocka_unit_test(l3s_that_share_a_bit_are_told_apart),
	  cmocka_unit_test(an_expected_line_leaves_the_other_l3),
	  cmocka_unit_test(an_expected_line_comes_into_l3_again),
	  cmocka_unit_test(a_clean_copy_comes_from_the_nearest),
	  cmocka_unit_test(a_line_is_busy_for_its_time),
	  cmocka_unit_test(stores_are_fetched_together_or_not),
	  cmocka_unit_test(stores_are_seen_in_their_order),
	  cmocka_unit_test(a_near_store_waits_for_a_far_one),
	  cmocka_unit_test(the_farther_waits_for_a_streak),
	  cmocka_unit_test(who_queues_early_is_served_in_time),
	  cmocka_unit_test(another_core_is_before_a_thread),
	  cmocka_unit_test(packages_of_a_group_are_told_apart))
