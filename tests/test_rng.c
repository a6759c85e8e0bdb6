/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers: the published sequences, and what is built on them. */
#include "tests/test.h"

/* splitmix64 from 1234567: the sequence published with the algorithm. */
static void seeding_is_splitmix64(void **state)
{
	static const u64 expected[4] = {
		6457827717110365317u, 3203168211198807973u,
		9817491932198370423u, 4593380528125082431u,
	};
	struct rng rng;
	unsigned i;

	rng_seed(&rng, 1234567);
	for (i = 0; i < 4; i++)
		assert_true(rng.s[i] == expected[i]);
}

/* xoshiro256** from state {1, 2, 3, 4}: the authors' program prints these. */
static void the_sequence_is_xoshiro256starstar(void **state)
{
	static const u64 expected[] = {
		11520u, 0u, 1509978240u, 1215971899390074240u,
		1216172134540287360u, 607988272756665600u,
		16172922978634559625u, 8476171486693032832u,
		10595114339597558777u, 2904607092377533576u,
	};
	struct rng rng = { { 1, 2, 3, 4 } };
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(expected); i++)
		assert_true(rng_next(&rng) == expected[i]);
}

/* 60000 draws from 6: 10000 each, give or take five standard deviations. */
static void below_is_uniform(void **state)
{
	unsigned count[6] = { 0 }, i;
	struct rng rng;

	rng_seed(&rng, 1);
	for (i = 0; i < 60000; i++) {
		u64 draw = rng_below(&rng, 6);

		assert_true(draw < 6);
		count[draw]++;
	}
	for (i = 0; i < 6; i++)
		assert_in_range(count[i], 10000 - 457, 10000 + 457);
	for (i = 0; i < 100; i++)
		assert_true(rng_below(&rng, 1) == 0);
}

/* With n of 3/4 of 2^64, a plain product or remainder would favour a third of
 * the results by two to one. */
static void below_has_no_bias_for_large_n(void **state)
{
	const u64 third = 1UL << 62, n = 3 * third;
	unsigned count[3] = { 0 }, odd = 0, i;
	struct rng rng;

	rng_seed(&rng, 2);
	for (i = 0; i < 30000; i++) {
		u64 draw = rng_below(&rng, n);

		assert_true(draw < n);
		count[draw / third]++;
		/* The product alone reaches 3k twice as often as others. */
		odd += draw % 3 == 0;
	}
	for (i = 0; i < 3; i++)
		assert_in_range(count[i], 10000 - 409, 10000 + 409);
	assert_in_range(odd, 10000 - 409, 10000 + 409);
}

static void chance_is_in_per_cent(void **state)
{
	unsigned hits = 0, i;
	struct rng rng;

	rng_seed(&rng, 3);
	for (i = 0; i < 10000; i++) {
		assert_false(rng_chance(&rng, 0));
		assert_true(rng_chance(&rng, 100));
		hits += rng_chance(&rng, 30);
	}
	assert_in_range(hits, 3000 - 230, 3000 + 230);
}

TEST_MAIN(cmocka_unit_test(seeding_is_splitmix64),
	  cmocka_unit_test(the_sequence_is_xoshiro256starstar),
	  cmocka_unit_test(below_is_uniform),
	  cmocka_unit_test(below_has_no_bias_for_large_n),
	  cmocka_unit_test(chance_is_in_per_cent))
