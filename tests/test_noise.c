/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict on planted runs: each reason alone, none, and too few values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "emu/noise.h"

#define NR_VALUES	4096

static const struct workload planted = {
	.name = "planted", .ops = { "alloc", "free" },
};

static struct topology topology = { .nr_pus = 4 };
static struct request request = { .topology = &topology, .cpus = 2,
	.online = 2 };
static struct series series[2][2];	/* by worker, operation */
static struct worker workers[2];
static struct outcome outcome;

/* Two CPUs of a second each, every operation at 100 ns give or take 10. */
static void plant(unsigned nr_values)
{
	struct rng rng;

	rng_seed(&rng, 1);
	memset(&outcome, 0, sizeof(outcome));
	outcome.noise.known = true;
	outcome.run.workload = &planted;
	outcome.run.workers = workers;
	outcome.run.nr_cpus = 2;
	request.online = 2;
	for (unsigned w = 0; w < 2; w++) {
		workers[w].time_ns = 1000000000;
		for (unsigned op = 0; op < 2; op++) {
			workers[w].ops[op].series = &series[w][op];
			series_init(&series[w][op]);
			for (unsigned i = 0; i < nr_values; i++)
				series_add(&series[w][op],
					   90 + rng_below(&rng, 21));
		}
	}
}

/* Another course of "free" on the first nr CPUs: value(i) each time. */
static void replant(unsigned nr, u64 (*value)(unsigned i))
{
	for (unsigned w = 0; w < nr; w++) {
		series_init(&series[w][1]);
		for (unsigned i = 0; i < NR_VALUES; i++)
			series_add(&series[w][1], value(i));
	}
}

/* The verdict, and that its only reason (if any) says `reason`. */
static void check_verdict(const char *verdict, const char *reason)
{
	json_t *point = json_object(), *noise, *reasons;

	noise_write(point, &request, &outcome);
	noise = json_object_get(point, "noise");
	reasons = json_object_get(noise, "reasons");
	assert_string_equal(json_string_value(json_object_get(noise,
		"verdict")), verdict);
	assert_int_equal(json_array_size(reasons), reason ? 1 : 0);
	if (reason)
		assert_non_null(strstr(json_string_value(json_array_get(
			reasons, 0)), reason));
	assert_true(json_array_size(json_object_get(point, "samples")) == 4);
	json_decref(point);
}

static void quiet_run_is_quiet(void **state)
{
	(void)state;
	plant(NR_VALUES);
	outcome.noise.run_delay_ns = 15000000;		/* 0.75 % of 2 s */
	outcome.noise.steal_ns = 10000000;
	outcome.noise.preemptions = 100;
	check_verdict("quiet", NULL);
}

static void what_the_host_took_is_noise(void **state)
{
	(void)state;
	plant(NR_VALUES);
	outcome.noise.run_delay_ns = 25000000;
	check_verdict("noisy", "scheduler 1.2 % of the time");
	plant(NR_VALUES);
	outcome.noise.run_delay_ns = 9000000000;
	check_verdict("noisy", "scheduler 4 times what was measured");
	plant(NR_VALUES);
	outcome.noise.steal_ns = 200000000;
	check_verdict("noisy", "stole 10.0 %");
	plant(NR_VALUES);
	outcome.noise.migrations = 3;
	check_verdict("noisy", "moved threads 3 times");
	plant(NR_VALUES);
	request.online = 5;
	check_verdict("noisy", "5 CPUs share 4 PUs");
}

/* 100 to 120 over the run, in steps that hardly scatter. */
static u64 rising(unsigned i)
{
	return 100 + 20 * i / NR_VALUES;
}

static u64 falling(unsigned i)
{
	return 120 - 20 * i / NR_VALUES;
}

static u64 rising_by_3(unsigned i)
{
	return 1000 + 40 * i / NR_VALUES;
}

/* Two of 16 windows at twice the cost. */
static u64 bumpy(unsigned i)
{
	unsigned window = i / (NR_VALUES / 16);

	return window == 5 || window == 9 ? 200 : 100;
}

static u64 one_bump(unsigned i)
{
	return i / (NR_VALUES / 16) == 5 ? 200 : 100;
}

static void drift_is_noise(void **state)
{
	(void)state;
	plant(NR_VALUES);
	replant(2, rising);
	check_verdict("noisy", "free drifted by +15 %");
	replant(2, falling);
	check_verdict("noisy", "free drifted by -13 %");
	replant(2, rising_by_3);
	check_verdict("quiet", NULL);
}

static void dear_parts_are_noise(void **state)
{
	(void)state;
	plant(NR_VALUES);
	replant(2, bumpy);
	check_verdict("noisy", "free cost over 1.5 times its median in 12 %");
	replant(2, one_bump);
	check_verdict("noisy", "free cost");
	plant(NR_VALUES);
	replant(1, one_bump);
	check_verdict("quiet", NULL);
}

static void too_short_is_unknown(void **state)
{
	(void)state;
	plant(16);
	check_verdict("unknown", NULL);
	plant(NR_VALUES);
	outcome.noise.known = false;
	check_verdict("unknown", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet_run_is_quiet),
		cmocka_unit_test(what_the_host_took_is_noise),
		cmocka_unit_test(drift_is_noise),
		cmocka_unit_test(dear_parts_are_noise),
		cmocka_unit_test(too_short_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
