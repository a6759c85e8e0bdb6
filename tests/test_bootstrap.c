/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intervals of a mean: against distributions whose mean is known, an interval
 * of 95 % must hold it about as often as theory says of the percentile method.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpus/rng.h"
#include "emu/bootstrap.h"

#define TRIALS	400

static double uniform(struct rng *rng)
{
	return (double)(rng_next(rng) >> 11) / 9007199254740992.0;
}

/* Mean 0, deviation 1: the sum of twelve uniform ones less 6. */
static double normal(struct rng *rng)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += uniform(rng);
	return sum;
}

/* Mean 1: times between events. */
static double exponential(struct rng *rng)
{
	return -log(1 - uniform(rng));
}

static double covered(double (*draw)(struct rng *rng), double mean, size_t nr)
{
	double values[100];
	struct bootstrap b;
	struct rng rng;
	unsigned hits = 0;

	rng_seed(&rng, 1);
	for (unsigned trial = 0; trial < TRIALS; trial++) {
		for (size_t i = 0; i < nr; i++)
			values[i] = draw(&rng);
		bootstrap_mean(values, nr, &b);
		assert_true(b.interval && b.low <= b.mean &&
			    b.mean <= b.high);
		hits += b.low <= mean && mean <= b.high;
	}
	print_message("# %zu values: %.1f %%\n", nr, 100.0 * hits / TRIALS);
	return (double)hits / TRIALS;
}

/* The deviation of the share itself is 0.011 at 95 %: four of them. With few
 * values the normal theory of percentiles gives t's coverage of 1.96 *
 * sqrt((n - 1) / n): 0.85 for 5. */
static void interval_holds_the_mean(void **state)
{
	double many = covered(normal, 0, 80), few = covered(normal, 0, 5);
	double skewed = covered(exponential, 1, 80);

	(void)state;
	assert_true(many > 0.90 && many < 0.99);
	assert_true(few > 0.77 && few < 0.92);
	assert_true(skewed > 0.88 && skewed < 0.99);
}

static void interval_shrinks_as_the_root_of_n(void **state)
{
	double values[100], width[2];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (int i = 0; i < 100; i++)
		values[i] = i % 2 ? 1 : -1;
	for (int i = 0; i < 2; i++) {
		struct bootstrap b;

		bootstrap_mean(values, i ? 100 : 24, &b);
		assert_true(b.mean == 0 && b.outliers == 0);
		/* 2 * 1.96 / sqrt(n), and what resampling scatters */
		width[i] = (b.high - b.low) * sqrt(i ? 100 : 24) / 3.92;
		assert_true(width[i] > 0.85 && width[i] < 1.15);
	}
}

static void few_values_have_no_interval(void **state)
{
	const double values[] = { 1, 2, 3, 4, 5 };
	struct bootstrap b;

	(void)state;
	bootstrap_mean(values, BOOTSTRAP_MIN - 1, &b);
	assert_false(b.interval);
	assert_true(b.mean == 2.5);
	bootstrap_mean(values, BOOTSTRAP_MIN, &b);
	assert_true(b.interval && b.mean == 3 && b.low >= 1 && b.high <= 5);
}

static void outliers_are_counted_and_kept(void **state)
{
	double values[] = { 10, 11, 12, 9, 10, 11, 50 };
	struct bootstrap b;

	(void)state;
	bootstrap_mean(values, 7, &b);
	assert_int_equal(b.outliers, 1);
	assert_true(fabs(b.mean - 113.0 / 7) < 1e-9);
	values[6] = 12;
	bootstrap_mean(values, 7, &b);
	assert_int_equal(b.outliers, 0);
	for (int i = 0; i < 7; i++)
		values[i] = 3;
	bootstrap_mean(values, 7, &b);
	assert_true(b.low == 3 && b.high == 3 && b.outliers == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interval_holds_the_mean),
		cmocka_unit_test(interval_shrinks_as_the_root_of_n),
		cmocka_unit_test(few_values_have_no_interval),
		cmocka_unit_test(outliers_are_counted_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
