/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Test harness: cmocka on the main thread; what runs on emulated CPUs runs in
 * a child process, one machine each, and asserts with must().
 *
 *	static void cpus_do(void *arg) { ... must(x == 1); ... }
 *	static void it_holds(void **state)
 *	{
 *		emulate(&(struct emulation){ .cpus = 4, .seeds = 100 },
 *			cpus_do, NULL);
 *	}
 *	TEST_MAIN(cmocka_unit_test(it_holds))
 *
 * On sim the test's own file is instrumented like the kernel, test.c is not.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "cpus/machine.h"
#include "cpus/rng.h"

struct cost_profile;

struct emulation {
	unsigned	cpus;		/* 0: 1. Native: oversubscribed beyond
					 * two PUs */
	unsigned	nodes;		/* 0: 1 */
	uint64_t	memory_bytes;	/* 0: 64 MiB a node */
	const char	*topology;	/* sim: string or file, for nodes */
	const struct cost_profile *profile;	/* sim; NULL: flat */
	unsigned	seeds;		/* that many runs. Native at most 3; sim
					 * at least 100, if it is not 1, nor 0
					 * without several CPUs of the whole
					 * kernel, and nothing is to fail.
					 * TEST_SEEDS= at most; SEED=: only
					 * that one */
	const char	*fault;		/* planted fault to switch on */
	int		kernel;		/* 0: bare machine; 1: mm_init() first,
					 * audit at the end */
	int		expect_exit;	/* 0; 6: a kernel bug must be reported;
					 * 70: must() must fail */
	const char	*expect_text;	/* must appear in the run's stderr */
	const char	*absent_text;	/* must not */
};

/* Runs fn(arg) on CPU 0 of a fresh machine, once a seed; fails the test with
 * the seed and the child's stderr if the exit status is not as expected. */
void emulate(const struct emulation *emulation, void (*fn)(void *arg),
	     void *arg);
/* Within a run: fn(arg, cpu) on every online CPU at once (one task each);
 * returns when all have ended. */
void on_all_cpus(void (*fn)(void *arg, unsigned cpu), void *arg);
/* Within a run: the seed, for rng_seed(). */
uint64_t test_seed(void);
/* The running test counts as skipped ("ok N - name # SKIP why"): call it, then
 * return. One a program at most. */
void test_skip(const char *why);

/* The whole of a program's main(): TEST_MAIN(cmocka_unit_test(it_holds), ...).
 * Tests with a setup function or state of their own are not supported. */
#define TEST_MAIN(...) \
int main(void) \
{ \
	static const struct CMUnitTest tests[] = { __VA_ARGS__ }; \
	return test_main(__FILE__, tests, ARRAY_SIZE(tests)); \
}
int test_main(const char *program, const struct CMUnitTest *tests, size_t nr);

#endif
