/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line that many want: who gets it sees what those before left there, no
 * earlier than they did it, and nobody waits for ever, whatever its owner does.
 */
#include <stdlib.h>
#include <string.h>

#include "cpus/boot.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }
#define CONSTANTS .of = { \
	NS(plain_ns, 0.4), NS(l1_ns, 1), NS(l2_ns, 5), NS(l3_ns, 16), \
	NS(dram_local_ns, 300), NS(dram_remote_ns, 400), NS(rmw_ns, 7), \
	NS(fence_ns, 10), NS(pause_ns, 4), NS(clock_ns, 9), \
	NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 25), NS(c2c_package_ns, 110), \
	NS(c2c_cross_ns, 200), NS(fill_ns, 10), \
	NR(streak_nr, 32), NR(misses_nr, 10), \
	NR(stream_mbps, 10000), NR(stream_remote_mbps, 6000) }

static const struct cost_profile nearest = { .name = "nearest",
	.arbiter = "nearest", CONSTANTS };
static const struct cost_profile fifo = { .name = "fifo",
	.arbiter = "fifo", CONSTANTS };

#define CROSS_NS	200	/* the longest that a line is on its way */
#define NR_HOT		6

static struct {
	u64	word[8];
} cacheline_aligned hot[NR_HOT];

/* ---- order ---- */
#define NR_CPUS		64
#define NR_STEPS	1200

enum others { ATOMIC_ONLY, STORES_TOO, BULK_TOO };

struct seen {
	u64		value;
	u64		end;		/* ns */
	unsigned	hot;
	bool		wrote;
};

static enum others others;
static struct seen *all_seen;	/* the host's: no event */
static unsigned nr_seen;

static void note(unsigned line, u64 value, bool wrote)
{
	machine_quiet_begin();
	all_seen[nr_seen++] = (struct seen){ value, sched_clock(), line,
					     wrote };
	machine_quiet_end();
}

static void one_step(struct rng *rng)
{
	unsigned line = (unsigned)rng_below(rng, NR_HOT);
	unsigned what = (unsigned)rng_below(rng, 100);
	u64 *word = hot[line].word;

	if (what < 40)
		note(line, __atomic_fetch_add(word, 1, __ATOMIC_RELAXED) + 1,
		     true);
	else if (what < 75)
		note(line, __atomic_load_n(word, __ATOMIC_RELAXED), false);
	else if (what < 80 && others >= STORES_TOO)
		__atomic_store_n(&word[1], what, __ATOMIC_RELAXED);
	else if (what < 83 && others >= BULK_TOO)
		machine_memset(&word[4], 0, 16);
	else if (what < 95)
		ndelay(rng_below(rng, 400));
}

static void step(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * NR_CPUS + cpu);
	for (unsigned i = 0; i < NR_STEPS; i++)
		one_step(&rng);
}

/* By line and value; who wrote it first. */
static int compare(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	if (x->hot != y->hot)
		return x->hot < y->hot ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return y->wrote - x->wrote;
}

/* Clocks are rounded down: two of them differ by 1 ns. A load of a CPU whose
 * store waits is made at the clock at which that was issued (coherence.c). */
static void check_order(void)
{
	const struct seen *writer = NULL;

	for (unsigned i = 0; i < nr_seen; i++) {
		const struct seen *s = &all_seen[i];

		if (writer && writer->hot != s->hot)
			writer = NULL;
		if (s->wrote) {
			must(s->value == (writer ? writer->value : 0) + 1);
			must(!writer || s->end + 1 >= writer->end);
			writer = s;
		} else if (writer && others == ATOMIC_ONLY) {
			must(s->end + 1 + CROSS_NS >= writer->end);
		}
	}
}

static void contend(void *arg)
{
	machine_quiet_begin();
	all_seen = calloc(NR_CPUS * NR_STEPS, sizeof(*all_seen));
	must(all_seen);
	machine_quiet_end();
	on_all_cpus(step, NULL);
	machine_quiet_begin();
	qsort(all_seen, nr_seen, sizeof(*all_seen), compare);
	check_order();
	machine_quiet_end();
}

static void values_are_seen_in_order(void **state)
{
	static const struct cost_profile *const profiles[] = { &nearest,
							       &fifo };

	for (unsigned i = 0; i < ARRAY_SIZE(profiles); i++)
		for (others = ATOMIC_ONLY; others <= BULK_TOO; others++)
			emulate(&(struct emulation){ .cpus = NR_CPUS,
				.topology = "pack:2 numa:1 l3:2 core:8 pu:2",
				.profile = profiles[i], .seeds = 5 }, contend,
				NULL);
}

/* ---- nobody waits for ever ---- */
static u32 done;
static void (*disturb)(unsigned cpu, unsigned round);

/* Its stores lie in the buffer behind one that takes long. */
static void store_near_and_far(unsigned cpu, unsigned round)
{
	u64 *far = (u64 *)(machine_direct_map + machine_nodes[0].start) +
		   (1 << 17);

	WRITE_ONCE(hot[0].word[cpu], round);
	WRITE_ONCE(far[(cpu * 100000 + round) * 8], round);
}

static void copy_in_bulk(unsigned cpu, unsigned round)
{
	machine_memcpy(&hot[0].word[2], &hot[0].word[4], 8);
}

static void want_it_too(void *arg, unsigned cpu)
{
	u64 worst = 0;

	for (unsigned i = 0; cpu && i < 20000 && !READ_ONCE(done); i++)
		disturb(cpu, i);
	for (unsigned i = 0; !cpu && i < 20; i++) {
		u64 start = now_quietly();

		__atomic_fetch_add(&hot[0].word[0], 1, __ATOMIC_RELAXED);
		worst = max(worst, now_quietly() - start);
		ndelay(500);
	}
	if (cpu)
		return;
	WRITE_ONCE(done, 1);
	/* All others once, and the stores that one has in its buffer. */
	must(worst < num_online_cpus() * CROSS_NS + 10 * 300);
}

static void disturbed(void *arg)
{
	on_all_cpus(want_it_too, NULL);
}

static void stores_do_not_keep_a_line(void **state)
{
	disturb = store_near_and_far;
	emulate(&(struct emulation){ .cpus = 2, .profile = &nearest,
		.topology = "pack:2 numa:1 l3:1 core:8 pu:2",
		.memory_bytes = 128UL << 20 }, disturbed, NULL);
}

static void bulk_does_not_keep_a_line(void **state)
{
	disturb = copy_in_bulk;
	emulate(&(struct emulation){ .cpus = 16, .profile = &nearest,
		.topology = "pack:2 numa:1 l3:1 core:8 pu:2" }, disturbed,
		NULL);
}

TEST_MAIN(cmocka_unit_test(values_are_seen_in_order),
	  cmocka_unit_test(stores_do_not_keep_a_line),
	  cmocka_unit_test(bulk_does_not_keep_a_line))
