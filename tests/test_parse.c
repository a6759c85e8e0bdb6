/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, times, numbers, ranges and CPU lists, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "emu/parse.h"
#include "emu/suggest.h"

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

static const char *const modes[] = { "repeat", "bulk", "rand", NULL };

static const struct value_spec specs[] = {
	[VALUE_UINT]	= { "count", VALUE_UINT, .max = 1000000 },
	[VALUE_SIZE]	= { "size", VALUE_SIZE },
	[VALUE_TIME]	= { "time", VALUE_TIME },
	[VALUE_BOOL]	= { "zero", VALUE_BOOL },
	[VALUE_ENUM]	= { "mode", VALUE_ENUM, .words = modes },
	[VALUE_STRING]	= { "spec", VALUE_STRING },
	[VALUE_CPUS]	= { "cpus", VALUE_CPUS, .min = 1, .max = 6 },
};

static void good_values_are_read(void **state)
{
	static const struct {
		enum value_type	type;
		const char	*text;
		uint64_t	number;
	} cases[] = {
		{ VALUE_SIZE, "0", 0 }, { VALUE_SIZE, "64K", 65536 },
		{ VALUE_SIZE, "64k", 65536 }, { VALUE_SIZE, "2M", 2097152 },
		{ VALUE_SIZE, "1G", 1073741824 },
		{ VALUE_SIZE, "3T", 3298534883328 },
		{ VALUE_SIZE, "0008", 8 },
		{ VALUE_TIME, "7ns", 7 }, { VALUE_TIME, "7us", 7000 },
		{ VALUE_TIME, "7ms", 7000000 },
		{ VALUE_TIME, "2s", 2000000000 },
		{ VALUE_TIME, "2m", 120000000000 },
		{ VALUE_TIME, "1h", 3600000000000 },
		{ VALUE_UINT, "1000000", 1000000 },
		{ VALUE_BOOL, "1", 1 }, { VALUE_BOOL, "yes", 1 },
		{ VALUE_BOOL, "off", 0 },
		{ VALUE_CPUS, "all", 6 }, { VALUE_CPUS, "64", 64 },
	};
	struct parse_error err;
	struct value value;

	(void)state;
	for (size_t i = 0; i < NR(cases); i++) {
		print_message("# %s\n", cases[i].text);
		assert_int_equal(parse_value(&specs[cases[i].type],
			cases[i].text, strlen(cases[i].text), &value, &err),
			0);
		assert_int_equal(value.number, cases[i].number);
	}
}

static void bad_values_have_a_place(void **state)
{
	static const struct {
		enum value_type	type;
		const char	*text;
		int		column, length;
		const char	*says;
	} cases[] = {
		{ VALUE_SIZE, "4KB", 1, 2, "unknown unit" },
		{ VALUE_SIZE, "4Q", 1, 1, "unknown unit" },
		{ VALUE_SIZE, "-4", 0, 2, "unsigned" },
		{ VALUE_SIZE, "+4", 0, 2, "not" },
		{ VALUE_SIZE, " 4", 0, 2, "not" },
		{ VALUE_SIZE, "0x10", 1, 3, "unknown unit" },
		{ VALUE_SIZE, "1e3", 1, 2, "unknown unit" },
		{ VALUE_SIZE, "1.5M", 1, 3, "whole" },
		{ VALUE_SIZE, "8388608T", 0, 8, "too large" },
		{ VALUE_SIZE, "9223372036854775808", 0, 19, "too large" },
		{ VALUE_SIZE, "18446744073709551617", 0, 20, "too large" },
		{ VALUE_SIZE, "", 0, 1, "no value" },
		{ VALUE_TIME, "5", 0, 1, "unit" },
		{ VALUE_TIME, "5S", 1, 1, "unknown unit" },
		{ VALUE_TIME, "1.5s", 1, 3, "whole" },
		{ VALUE_UINT, "5K", 1, 1, "unknown unit" },
		{ VALUE_UINT, "1000001", 0, 7, "at most 1000000" },
		{ VALUE_BOOL, "2", 0, 1, "0 or 1" },
		{ VALUE_ENUM, "bluk", 0, 4, "unknown mode" },
		{ VALUE_CPUS, "0", 0, 1, "at least 1" },
		{ VALUE_CPUS, "every", 0, 5, "not" },
	};
	struct parse_error err;
	struct value value;

	(void)state;
	for (size_t i = 0; i < NR(cases); i++) {
		print_message("# '%s'\n", cases[i].text);
		assert_int_not_equal(parse_value(&specs[cases[i].type],
			cases[i].text, strlen(cases[i].text), &value, &err),
			0);
		assert_int_equal(err.column, cases[i].column);
		assert_int_equal(err.length, cases[i].length);
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

/* Fails unless text is read as the nr numbers. */
static void assert_list(enum value_type type, const char *text,
			const uint64_t *numbers, size_t nr)
{
	struct parse_error err = { 0 };
	struct value_list list;

	print_message("# %s\n", text);
	assert_int_equal(parse_values(&specs[type], text, &list, &err), 0);
	assert_int_equal(list.nr, nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(list.items[i].number, numbers[i]);
	value_list_exit(&list);
}

#define LIST(type, text, ...) do {					\
	const uint64_t list_[] = { __VA_ARGS__ };			\
	assert_list(type, text, list_, NR(list_));			\
} while (0)

static void ranges_become_lists(void **state)
{
	(void)state;
	LIST(VALUE_UINT, "3..6", 3, 4, 5, 6);
	LIST(VALUE_UINT, "5..5", 5);
	LIST(VALUE_UINT, "1..9*3", 1, 3, 9);
	LIST(VALUE_UINT, "1..8*3", 1, 3);
	LIST(VALUE_UINT, "7|3|5", 7, 3, 5);
	LIST(VALUE_UINT, "7|1..3|2|9..40*2", 7, 1, 2, 3, 9, 18, 36);
	LIST(VALUE_UINT, "0..2", 0, 1, 2);
	LIST(VALUE_SIZE, "1K..4K*2", 1024, 2048, 4096);
	LIST(VALUE_CPUS, "1,2,4", 1, 2, 4);
	LIST(VALUE_CPUS, "1..64*2", 1, 2, 4, 8, 16, 32, 64);
	LIST(VALUE_CPUS, "1..all", 1, 2, 3, 4, 5, 6);
	LIST(VALUE_CPUS, "1..all*2,all", 1, 2, 4, 6);
	LIST(VALUE_BOOL, "0|1", 0, 1);
}

static void wrong_ranges_have_a_place(void **state)
{
	static const struct {
		enum value_type	type;
		const char	*text;
		int		column, length;
	} cases[] = {
		{ VALUE_UINT, "1|x", 2, 1 }, { VALUE_UINT, "1|", 2, 1 },
		{ VALUE_UINT, "|1", 0, 1 }, { VALUE_UINT, "1..", 3, 1 },
		{ VALUE_UINT, "..4", 0, 1 }, { VALUE_UINT, "1..4*", 5, 1 },
		{ VALUE_UINT, "1..4*1", 5, 1 }, { VALUE_UINT, "1..4*x", 5, 1 },
		{ VALUE_UINT, "4..1", 0, 4 }, { VALUE_UINT, "0..8*2", 0, 1 },
		{ VALUE_UINT, "1..9999", 0, 7 },
		{ VALUE_UINT, "1,2", 1, 2 }, { VALUE_UINT, "1...3", 3, 2 },
		{ VALUE_SIZE, "8..4X*2", 4, 1 },
		{ VALUE_CPUS, "1,2,,4", 4, 1 }, { VALUE_CPUS, "1-4", 1, 2 },
		{ VALUE_ENUM, "repeat..rand", 0, 12 },
		{ VALUE_ENUM, "bulk|rnad", 5, 4 },
		{ VALUE_BOOL, "0..1", 0, 4 },
	};
	struct value_list list;
	struct parse_error err;

	(void)state;
	for (size_t i = 0; i < NR(cases); i++) {
		print_message("# '%s'\n", cases[i].text);
		assert_int_not_equal(parse_values(&specs[cases[i].type],
						  cases[i].text, &list, &err),
				     0);
		assert_int_equal(err.column, cases[i].column);
		assert_int_equal(err.length, cases[i].length);
		assert_null(list.items);
	}
}

static void a_range_is_bounded(void **state)
{
	struct parse_error err = { 0 };
	struct value_list list;

	(void)state;
	assert_int_equal(parse_values(&specs[VALUE_UINT], "1..4096", &list,
				      &err), 0);
	assert_int_equal(list.nr, 4096);
	value_list_exit(&list);
	assert_int_not_equal(parse_values(&specs[VALUE_UINT], "0..4096", &list,
					  &err), 0);
	/* The last step would overflow; it must end instead. */
	assert_int_equal(parse_values(&specs[VALUE_SIZE],
				      "4611686018427387904.."
				      "9223372036854775807*2", &list, &err),
			 0);
	assert_int_equal(list.nr, 1);
	value_list_exit(&list);
}

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* What value_format writes is read back as the same, any magnitude. */
static void formatted_values_are_read_back(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20240611;
	uint64_t x = seed;
	static const enum value_type types[] = { VALUE_SIZE, VALUE_TIME };
	struct parse_error err = { 0 };

	(void)state;
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	for (int i = 0; i < 20000; i++) {
		struct value value = { .type = types[i % 2] }, back;
		char text[32], size[32];

		value.number = next_random(&x) >> (1 + next_random(&x) % 63);
		if (next_random(&x) % 2)
			value.number -= value.number % 1000000;
		value_format(&value, text, sizeof(text));
		assert_int_equal(parse_value(&specs[value.type], text,
					     strlen(text), &back, &err), 0);
		assert_true(back.number == value.number);
		format_size(value.number, size, sizeof(size));
		assert_int_equal(parse_value(&specs[VALUE_SIZE], size,
					     strlen(size), &back, &err), 0);
		assert_true(back.number == value.number);
	}
}

static const char *suggested(const char *word)
{
	static const char *const words[] = { "size", "depth", "zero", "cpus",
		"topology", "kmalloc_vs_vmalloc" };
	struct suggestion s;

	suggest_init(&s, word, strlen(word));
	for (size_t i = 0; i < NR(words); i++)
		suggest_offer(&s, words[i]);
	return s.best ? s.best : "";
}

static void the_nearest_word_is_suggested(void **state)
{
	(void)state;
	assert_string_equal(suggested("szie"), "size");
	assert_string_equal(suggested("SIZE"), "size");
	assert_string_equal(suggested("cpu"), "cpus");
	assert_string_equal(suggested("topolgy"), "topology");
	assert_string_equal(suggested("kmalloc_v_vmalloc"),
			    "kmalloc_vs_vmalloc");
	assert_string_equal(suggested("kmalloc"), "kmalloc_vs_vmalloc");
	assert_string_equal(suggested("topo"), "topology");
	assert_string_equal(suggested("x"), "");
	assert_string_equal(suggested("batch"), "");
	assert_int_equal(suggest_distance("ab", 2, "ba", 9), 1);
	assert_int_equal(suggest_distance("kitten", 6, "sitting", 9), 3);
	assert_int_equal(suggest_distance("", 0, "abc", 9), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_values_are_read),
		cmocka_unit_test(bad_values_have_a_place),
		cmocka_unit_test(ranges_become_lists),
		cmocka_unit_test(wrong_ranges_have_a_place),
		cmocka_unit_test(a_range_is_bounded),
		cmocka_unit_test(formatted_values_are_read_back),
		cmocka_unit_test(the_nearest_word_is_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
