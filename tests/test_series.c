/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows over a run of unknown length, against all values in an array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cpus/rng.h"
#include "cpus/series.h"

#define NR_VALUES	5000

static void windows_are_means_of_neighbours(void **state)
{
	static u64 values[NR_VALUES];
	struct series s;
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	series_init(&s);
	assert_int_equal(series_nr_full(&s), 0);
	for (unsigned n = 0; n < NR_VALUES; n++) {
		values[n] = rng_below(&rng, 1000000);
		series_add(&s, values[n]);
		/* A power of two, as small as 16 windows allow. */
		assert_true(s.per_window == 1 ||
			    n + 1 > s.per_window / 2 * SERIES_WINDOWS);
		assert_true(n + 1 <= s.per_window * SERIES_WINDOWS);
		assert_int_equal(series_nr_full(&s), (n + 1) / s.per_window);
		for (unsigned w = 0; w < series_nr_full(&s); w++) {
			double sum = 0;

			for (unsigned i = 0; i < s.per_window; i++)
				sum += (double)values[w * s.per_window + i];
			assert_true(series_mean(&s, w) * s.per_window == sum);
		}
	}
	assert_int_equal(s.per_window, 512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_are_means_of_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
