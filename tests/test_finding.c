/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The finding, from planted points: each bottleneck, none, and crossovers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "emu/finding.h"

/* Shares of the CPUs' time at one point, in percent. */
struct plant {
	int	cpus, size;
	double	locks, acks, zeroing;
	double	workers;	/* that wait for locks beside the work */
};

#define TOTAL_NS	1000000	/* a CPU */

static json_t *plant_point(const struct plant *plant)
{
	long long total = (long long)TOTAL_NS * plant->cpus;
	long long locks = (long long)((double)total * plant->locks / 100);
	long long all = locks + (long long)((double)total * plant->workers /
					    100);

	return json_pack("{s:{s:i, s:i, s:i}, s:[{s:s, s:i}], s:{s:I, s:I,"
			 " s:I, s:I, s:b}, s:[{s:s, s:i, s:{s:I}},"
			 " {s:s, s:i, s:{s:I}}], s:{s:i, s:i, s:{s:f}}}",
		"point", "cpus", plant->cpus, "size", plant->size, "seed", 1,
		"ops", "name", "vmalloc", "count", 1000,
		"time_in", "total_ns", total, "lock_wait_ns", locks,
		"ack_wait_ns", (long long)((double)total * plant->acks / 100),
		"zeroing_ns",
		(long long)((double)total * plant->zeroing / 100),
		"zeroing_sampled", 1,
		"locks", "class", "zone.lock", "contended", 5,
		"wait_ns", "total", all / 4,
		"class", "vmap_node.busy", "contended", 77,
		"wait_ns", "total", all - all / 4,
		"ipi", "sent", 321, "calls", 123, "ack_ns", "mean", 450.0);
}

static char *find(const struct plant *plants, size_t nr)
{
	json_t *points = json_array();
	char *text;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(points, plant_point(&plants[i]));
	text = finding_text(points);
	json_decref(points);
	print_message("# %s\n", text);
	assert_non_null(text);
	return text;
}

#define FIND(...) \
	find((const struct plant[]){ __VA_ARGS__ },			\
	     sizeof((const struct plant[]){ __VA_ARGS__ }) /		\
	     sizeof(struct plant))

static void assert_says(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("'%s' does not say '%s'", text, what);
}

static void assert_silent(const char *text, const char *what)
{
	if (strstr(text, what))
		fail_msg("'%s' says '%s'", text, what);
}

static void a_lock_is_named_with_its_onset(void **state)
{
	char *text = FIND({ 1, 4096, 0, 1, 1 }, { 2, 4096, 3, 1, 1 },
			  { 4, 4096, 25, 1, 1 }, { 8, 4096, 60, 1, 1 });

	(void)state;
	assert_says(text, "First bottleneck: waiting for the lock "
		    "vmap_node.busy, from 4 CPUs on");
	assert_says(text, "25 % of the CPUs' time");
	assert_says(text, "contended 77 times in 1000 operations (75 %");
	/* 25 % of 4 CPUs' 1 ms, by 1000 operations. */
	assert_says(text, "1.00us an operation");
	assert_says(text, "with 2 CPUs it was 3.0 %");
	assert_silent(text, "zone.lock");
	assert_silent(text, "acknowledgement");
	free(text);
}

static void a_lock_s_part_is_of_all_waiting(void **state)
{
	char *text = FIND({ 4, 4096, 25, 1, 1, 50 });

	(void)state;
	assert_says(text, "25 % of the CPUs' time");
	assert_says(text, "(75 % of the lock waiting)");
	free(text);
}

static void waiting_for_acks_is_found(void **state)
{
	char *text = FIND({ 1, 4096, 0, 0, 0 }, { 2, 4096, 0, 40, 2 });

	(void)state;
	assert_says(text, "First bottleneck: waiting for acknowledgements of "
		    "interrupts, from 2 CPUs on");
	assert_says(text, "40 % of the CPUs' time");
	assert_says(text, "321 interrupts sent in 123 calls");
	assert_says(text, "450ns to an acknowledgement");
	free(text);
}

static void zeroing_is_found(void **state)
{
	char *text = FIND({ 1, 4096, 0, 0, 5 }, { 1, 65536, 0, 0, 80 });

	(void)state;
	assert_says(text, "First bottleneck: zeroing memory, from 1 CPU on "
		    "(size=64K): 80 %");
	assert_says(text, "(sampled)");
	free(text);
}

static void no_bottleneck_is_said_with_numbers(void **state)
{
	char *text = FIND({ 1, 4096, 0, 0, 0 }, { 2, 4096, 9.9, 4, 3 });

	(void)state;
	assert_says(text, "No bottleneck up to 2 CPUs");
	assert_says(text, "9.9 % waiting for locks");
	assert_says(text, "4.0 % waiting for ack");
	assert_says(text, "3.0 % zeroing");
	free(text);
}

static void a_tenth_of_the_time_is_a_bottleneck(void **state)
{
	char *text = FIND({ 2, 4096, 10, 0, 0 });

	(void)state;
	assert_says(text, "First bottleneck: waiting for the lock");
	free(text);
}

static void the_lowest_cpu_count_is_first(void **state)
{
	/* In any order of points; zeroing is larger but begins later. */
	char *text = FIND({ 8, 4096, 20, 0, 90 }, { 1, 4096, 0, 0, 0 },
			  { 4, 4096, 12, 0, 0 });

	(void)state;
	assert_says(text, "First bottleneck: waiting for the lock "
		    "vmap_node.busy, from 4 CPUs on");
	assert_says(text, "Then zeroing memory, from 8 CPUs on");
	free(text);
}

static void of_equal_onsets_the_larger_is_first(void **state)
{
	char *text = FIND({ 2, 4096, 20, 45, 30 });

	(void)state;
	assert_says(text, "First bottleneck: waiting for ack");
	assert_true(strstr(text, "Then zeroing") <
		    strstr(text, "Then waiting for the lock"));
	free(text);
}

static void the_comparison_stays_in_its_series(void **state)
{
	/* 1 CPU at another size is no baseline for 2 CPUs at 4K. */
	char *text = FIND({ 1, 8192, 7, 0, 0 }, { 1, 4096, 2, 0, 0 },
			  { 2, 4096, 30, 0, 0 });

	(void)state;
	assert_says(text, "with 1 CPU it was 2.0 %");
	free(text);
}

static void nothing_measured_is_no_finding(void **state)
{
	json_t *points = json_pack("[{s:{s:i}, s:s}, {s:{s:i}, s:s}]",
		"point", "cpus", 1, "error", "crashed",
		"point", "cpus", 2, "not_run", "memory");
	char *text = finding_text(points);

	(void)state;
	assert_string_equal(text, "No finding: no point measured anything.");
	free(text);
	json_decref(points);
	points = json_array();
	text = finding_text(points);
	assert_string_equal(text, "No finding: no point measured anything.");
	free(text);
	json_decref(points);
}

/* kmalloc_ns 0: kmalloc did not run at this size. */
static void plant_pair(json_t *points, int cpus, int size, double kmalloc_ns,
		       double vmalloc_ns)
{
	json_t *ops = json_pack("[{s:s, s:{s:f}}, {s:s, s:{s:f}}]",
		"name", "vmalloc", "ns", "mean", vmalloc_ns / 4,
		"name", "vfree", "ns", "mean", vmalloc_ns * 3 / 4);

	if (kmalloc_ns) {
		json_array_append_new(ops, json_pack("{s:s, s:{s:f}}", "name",
			"kmalloc", "ns", "mean", kmalloc_ns / 2));
		json_array_append_new(ops, json_pack("{s:s, s:{s:f}}", "name",
			"kfree", "ns", "mean", kmalloc_ns / 2));
	}
	json_array_append_new(points, json_pack("{s:{s:i, s:i, s:i}, s:o}",
		"point", "cpus", cpus, "size", size, "seed", 1, "ops", ops));
}

static void the_crossover_is_the_last_one(void **state)
{
	json_t *points = json_array();
	char *text;

	(void)state;
	/* Cheaper by chance at 4K, dearer at 8K, cheaper from 16K to 32K. */
	plant_pair(points, 1, 32768, 900, 300);
	plant_pair(points, 1, 4096, 100, 90);
	plant_pair(points, 1, 8192, 100, 400);
	plant_pair(points, 1, 16384, 500, 400);
	plant_pair(points, 1, 65536, 0, 500);
	text = finding_crossover(points);
	print_message("# %s\n", text);
	assert_string_equal(text, "Crossover: vmalloc+vfree is cheaper from "
			    "16K on (0.33x at best, compared up to 32K).");
	free(text);
	json_decref(points);
}

static void no_crossover_is_said(void **state)
{
	json_t *points = json_array();
	char *text;

	(void)state;
	plant_pair(points, 1, 4096, 100, 400);
	plant_pair(points, 1, 8192, 200, 400);
	plant_pair(points, 2, 4096, 100, 50);
	text = finding_crossover(points);
	print_message("# %s\n", text);
	assert_string_equal(text, "Crossover: with cpus=1 vmalloc+vfree is not "
			    "cheaper than kmalloc+kfree up to 8K (2x at best, "
			    "at 8K); with cpus=2 vmalloc+vfree is cheaper from "
			    "4K on (0.50x at best, compared up to 4K).");
	free(text);
	json_decref(points);
}

static void a_dip_is_no_crossover(void **state)
{
	json_t *points = json_array();
	char *text;

	(void)state;
	plant_pair(points, 1, 4096, 100, 200);
	plant_pair(points, 1, 8192, 200, 100);
	plant_pair(points, 1, 16384, 100, 300);
	text = finding_crossover(points);
	assert_string_equal(text, "Crossover: vmalloc+vfree is cheaper at 8K "
			    "(0.50x), but not from there on, up to 16K.");
	free(text);
	json_decref(points);
}

static void other_workloads_have_no_crossover(void **state)
{
	json_t *points = json_array();
	char *text;

	(void)state;
	plant_pair(points, 1, 4096, 0, 400);
	text = finding_crossover(points);
	assert_string_equal(text, "");
	free(text);
	json_decref(points);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_is_named_with_its_onset),
		cmocka_unit_test(a_lock_s_part_is_of_all_waiting),
		cmocka_unit_test(waiting_for_acks_is_found),
		cmocka_unit_test(zeroing_is_found),
		cmocka_unit_test(no_bottleneck_is_said_with_numbers),
		cmocka_unit_test(a_tenth_of_the_time_is_a_bottleneck),
		cmocka_unit_test(the_lowest_cpu_count_is_first),
		cmocka_unit_test(of_equal_onsets_the_larger_is_first),
		cmocka_unit_test(the_comparison_stays_in_its_series),
		cmocka_unit_test(nothing_measured_is_no_finding),
		cmocka_unit_test(the_crossover_is_the_last_one),
		cmocka_unit_test(no_crossover_is_said),
		cmocka_unit_test(a_dip_is_no_crossover),
		cmocka_unit_test(other_workloads_have_no_crossover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
