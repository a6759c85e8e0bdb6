/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The histogram against a sorted array of all values. */
#include <stdlib.h>

#include "cpus/histogram.h"
#include "tests/test.h"

#define NR_VALUES	3000

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* Of any size: as many of 10 bits as of 60. */
static u64 random_value(struct rng *rng)
{
	return rng_next(rng) >> rng_below(rng, 64);
}

/* The smallest value such that a share q of all is <= it. */
static u64 model_quantile(const u64 *sorted, unsigned nr, double q)
{
	unsigned i;

	for (i = 0; i < nr; i++)
		if ((double)(i + 1) >= q * nr)
			break;
	return sorted[min(i, nr - 1)];
}

static void check_against(const struct histogram *h, u64 *values, unsigned nr)
{
	u64 sum = 0;
	unsigned i;

	qsort(values, nr, sizeof(*values), compare);
	for (i = 0; i < nr; i++)
		sum += values[i];
	assert_true(h->count == nr);
	assert_true(h->sum == sum);
	assert_true(h->min == values[0]);
	assert_true(h->max == values[nr - 1]);
	assert_true(histogram_quantile(h, 0) == values[0]);
	assert_true(histogram_quantile(h, 1) == values[nr - 1]);
	for (i = 1; i < 100; i++) {
		u64 model = model_quantile(values, nr, i / 100.0);
		u64 got = histogram_quantile(h, i / 100.0);

		/* The low end of the model's bucket, at most 1/32 below. */
		assert_true(got <= model);
		assert_true(model - got <= model / 32);
	}
}

static void agrees_with_a_sorted_array(void **state)
{
	static u64 values[NR_VALUES];
	static struct histogram h;
	u64 seed;

	for (seed = 1; seed <= 20; seed++) {
		struct rng rng;
		unsigned nr, i;

		rng_seed(&rng, seed);
		nr = 1 + (unsigned)rng_below(&rng, NR_VALUES);
		histogram_init(&h);
		for (i = 0; i < nr; i++) {
			values[i] = random_value(&rng);
			histogram_add(&h, values[i]);
		}
		check_against(&h, values, nr);
	}
}

static void merging_is_adding_all(void **state)
{
	static u64 values[NR_VALUES];
	static struct histogram parts[3], whole;
	struct rng rng;
	unsigned i;

	rng_seed(&rng, 5);
	histogram_init(&whole);
	for (i = 0; i < 3; i++)
		histogram_init(&parts[i]);
	for (i = 0; i < NR_VALUES; i++) {
		values[i] = random_value(&rng);
		histogram_add(&parts[i % 2], values[i]);
	}
	for (i = 0; i < 3; i++)		/* the third is empty */
		histogram_merge(&whole, &parts[i]);
	check_against(&whole, values, NR_VALUES);
}

/* Buckets are adjacent, grow, and are at most 1/32 of their values wide. */
static void buckets_cover_all_values(void **state)
{
	unsigned i;

	assert_true(histogram_bucket_low(0) == 0);
	for (i = 1; i < HISTOGRAM_BUCKETS; i++) {
		u64 low = histogram_bucket_low(i - 1);
		u64 next = histogram_bucket_low(i);

		assert_true(next > low);
		assert_true(next - low <= max((u64)1, low / 32));
	}
	assert_true(histogram_bucket_low(HISTOGRAM_BUCKETS - 1) >=
		    (u64)63 << 58);
}

static void extremes_fit(void **state)
{
	static struct histogram h;

	histogram_init(&h);
	assert_true(histogram_quantile(&h, 0.5) == 0);
	histogram_add(&h, ~0UL);
	assert_true(histogram_quantile(&h, 0.5) == ~0UL);
	histogram_add(&h, 0);
	assert_true(histogram_quantile(&h, 0.5) == 0);
	assert_true(h.buckets[0] == 1 && h.buckets[HISTOGRAM_BUCKETS - 1] == 1);
}

TEST_MAIN(cmocka_unit_test(agrees_with_a_sorted_array),
	  cmocka_unit_test(merging_is_adding_all),
	  cmocka_unit_test(buckets_cover_all_values),
	  cmocka_unit_test(extremes_fit))
