/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls to a CPU that polls, against lines bounced between the two. */
#include <stdlib.h>

#include "tests/bench/bench.h"

#define CALLS		1000
#define OUTSTANDING	8

static u32 calls_done;

static void count_call(void *info)
{
	this_cpu()->own.nr_ipis_received++;
}

static u64 call_ns[CALLS];

static void call_all(void)
{
	for (unsigned i = 0; i < CALLS; i++)
		smp_call_function_single(1, count_call, NULL, true);
}

static void call_timed(void)
{
	for (unsigned i = 0; i < CALLS; i++) {
		u64 start = sched_clock_ordered();

		smp_call_function_single(1, count_call, NULL, true);
		call_ns[i] = sched_clock_ordered() - start;
	}
}

static void call_outstanding(void)
{
	static call_single_data_t csds[OUTSTANDING] cacheline_aligned;

	for (unsigned i = 0; i < CALLS; i += OUTSTANDING) {
		for (unsigned n = 0; n < OUTSTANDING; n++) {
			csds[n].func = count_call;
			must(!smp_call_function_single_async(1, &csds[n]));
		}
		for (unsigned n = 0; n < OUTSTANDING; n++)
			while (smp_load_acquire(&csds[n].flags) & CSD_FLAG_LOCK)
				cpu_relax();
	}
}

static void (*caller)(void);

static double call_on(unsigned long unused, unsigned cpu)
{
	u64 start = sched_clock_ordered();

	if (cpu == 0) {
		caller();
		start = sched_clock_ordered() - start;
		smp_store_release(&calls_done, 1);
		return (double)start / CALLS;
	}
	while (!smp_load_acquire(&calls_done))
		cpu_relax();
	return 0;
}

static double calls(void (*how)(void))
{
	calls_done = 0;
	caller = how;
	return bench_both(call_on, 0);
}

static double call_and_wait(unsigned long unused)
{
	return calls(call_all);
}

static double post_eight(unsigned long unused)
{
	return calls(call_outstanding);
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return (x > y) - (x < y);
}

/* The quantile is of the calls of this measurement, one clock included. */
static double call_p99(unsigned long unused)
{
	if (calls(call_timed) < 0)
		return BENCH_MISSING;
	qsort(call_ns, CALLS, sizeof(*call_ns), by_value);
	return (double)call_ns[CALLS * 99 / 100];
}

static double call_p50(unsigned long unused)
{
	return (double)call_ns[CALLS / 2];
}

#define PING	{ "ping-pong of two lines", bench_ping_pong }
#define GROUP	"IPI call with acknowledgement to a polling CPU"

const struct bench_goal bench_smp_goals[] = {
	{ GROUP, "one call", { "call", call_and_wait }, { PING }, 1.5,
	  .two_cpus = true },
	{ GROUP, "p99 of the calls", { "p99", call_p99 },
	  { { "p50 of the same calls", call_p50 } }, 2.0, .two_cpus = true },
	{ GROUP, "8 outstanding, per message", { "message", post_eight },
	  { PING }, 0.5, .two_cpus = true },
	{ 0 },
};
