/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synthetic topology strings: what is taken, what is refused and where, and
 * that hwloc agrees with our parser. SEED= replays the random strings.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/topology_checks.h"

static void good_strings_are_taken(void **state)
{
	static const struct {
		const char	*spec;
		unsigned	pus, cores, l3s, packages, nodes;
		uint64_t	memory;
		bool		assumed;
	} good[] = {
		{ "pack:2 numa:1 l3:4 core:8 pu:2", 128, 64, 8, 2, 2,
		  2UL << 30, true },
		{ "pu:4096", 4096, 4096, 1, 1, 1, 1UL << 30, true },
		{ " PACK:2\tcore:3  pu:1 ", 6, 6, 2, 2, 1, 1UL << 30, true },
		{ "pack:2 [numa(memory=4G)] pu:1", 2, 2, 2, 2, 2,
		  8UL << 30, false },
		{ "numa:2(memory=1GB) pu:1", 2, 2, 1, 1, 2, 2000000000UL,
		  false },
		{ "pack:2 [numa(memory=1K)] [numa] pu:1", 2, 2, 2, 2, 4,
		  2048 + (2UL << 30), true },
		{ "numa:2(memory=0) pu:2", 4, 4, 1, 1, 2, 0, false },
		{ "l3:2(size=8M) core:2 pu:2", 8, 4, 2, 1, 1, 1UL << 30,
		  true },
		{ "2 2", 4, 4, 1, 1, 2, 2UL << 30, true },
	};
	struct topology *t;

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		t = load(TOPOLOGY_SYNTHETIC, good[i].spec);
		is_sound(t);
		assert_int_equal(t->nr_pus, good[i].pus);
		if (strchr(good[i].spec, ':')) {
			assert_int_equal(t->pus[t->nr_pus - 1].core + 1,
					 good[i].cores);
			assert_int_equal(t->pus[t->nr_pus - 1].l3 + 1,
					 good[i].l3s);
			assert_int_equal(t->nr_packages, good[i].packages);
		}
		assert_int_equal(t->nr_nodes, good[i].nodes);
		assert_true(t->memory_bytes == good[i].memory);
		assert_int_equal(t->memory_assumed, good[i].assumed);
		topology_destroy(t);
	}
}

static void indexes_number_the_pus(void **state)
{
	static const char *const specs[] = {
		"pack:2 pu:2(indexes=0,2,1,3)", "pack:2 pu:2(indexes=2*2:1*2)",
		"pack:2 pu:2(indexes=pack)",
	};
	static const unsigned numbers[] = { 0, 2, 1, 3 };
	struct topology *t;

	for (size_t i = 0; i < ARRAY_SIZE(specs); i++) {
		t = load(TOPOLOGY_SYNTHETIC, specs[i]);
		for (unsigned pu = 0; pu < 4; pu++)
			assert_int_equal(t->pus[pu].os_index, numbers[pu]);
		topology_destroy(t);
	}
}

static void wrong_words_are_shown(void **state)
{
	static const struct {
		const char	*spec;
		int		column;
		const char	*text, *hint;
	} wrong[] = {
		{ "", 0, "must be pu", "pu:1" },
		{ "pack:2", 6, "must be pu", "pu:1" },
		{ "pakc:2 pu:1", 0, "'pakc'", "'pack'" },
		{ "pack:2 croe:2 pu:1", 7, "'croe'", "'core'" },
		{ "l6:2 pu:1", 0, "'l6'", "'l5'" },
		{ "memcache:2 pu:1", 0, "'memcache'", "types" },
		{ "machine:1 pu:1", 0, "no level", "" },
		{ "pack:2 core pu:1", 7, "after 'core'", "core:COUNT" },
		{ "pack:0 pu:1", 5, "at least 1", "" },
		{ "pack:x pu:1", 5, "number", "" },
		{ "pack:2x pu:1", 6, "'x'", "" },
		{ "pack:2,core:2 pu:1", 6, "','", "" },
		{ "core:2 pack:2 pu:1", 7, "'pack' inside 'core'", "order" },
		{ "l2:2 l3:2 pu:1", 5, "'l3' inside 'l2'", "order" },
		{ "pu:2 core:2", 5, "'core' inside 'pu'", "" },
		{ "numa:2 numa:2 pu:1", 7, "inside", "" },
		{ "numa:2 [numa] pu:1", 7, "besides", "brackets" },
		{ "[numa] numa:2 pu:1", 7, "besides", "brackets" },
		{ "pack:2 [core] pu:1", 8, "only numa", "" },
		{ "pack:2 [numa:2] pu:1", 12, "no count", "[numa] [numa]" },
		{ "pack:2 [numa pu:1", 7, "'['", "" },
		{ "pack:2 2", 7, "with and without", "" },
		{ "(memory=4GB) pu:1", 0, "behind", "[numa(" },
		{ "pack:2(memory=4GB) pu:1", 7, "'memory'", "[numa(" },
		{ "pack:2 [numa(memroy=4GB)] pu:1", 13, "'memroy'",
		  "'memory'" },
		{ "numa:2(memory=4X) pu:1", 15, "'X'", "units" },
		{ "numa:2(memory=) pu:1", 14, "number", "" },
		{ "numa:2(memory=4GB pu:1", 18, "'pu:1'", "" },
		{ "numa:2(memory=4GB", 6, "'('", "" },
		{ "l3:2(size=99999999999999999999) pu:1", 10, "too large", "" },
		{ "pack:2 pu:2(indexes=0,2,1)", 20, "3 indexes for 4", "" },
		{ "pack:2 pu:2(indexes=0,2,2,1)", 24, "twice", "" },
		{ "pack:2 pu:2(indexes=1*2:1*2)", 20, "loops", "" },
		{ "pack:2 pu:2(indexes=9999*2:1*2)", 20, "loops", "" },
		{ "pack:2 pu:2(indexes=core)", 20, "'core'", "" },
		{ "l3:2(indexes=1,0) pu:1", 5, "'indexes'", "" },
		{ "pack:64 core:64 pu:2", 19, "4096", "" },
		{ "pu:4097", 3, "4096", "" },
	};
	struct topology_error err;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		fails(TOPOLOGY_SYNTHETIC, wrong[i].spec, &err);
		if (err.column != wrong[i].column ||
		    !strstr(err.text, wrong[i].text) ||
		    !strstr(err.hint, wrong[i].hint))
			fail_msg("'%s': column %d: %s (%s)", wrong[i].spec,
				 err.column, err.text, err.hint);
	}
}

/* splitmix64 (Vigna, public domain) */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void random_string(uint64_t *rng, char *spec, size_t size)
{
	static const char *const parts[] = {
		"pack:2", "die:2", "numa:2", "[numa]", "l3:2", "l2:1", "core:2",
		"pu:2", "group:2", "3", "l1i:1", "[numa(memory=1K)]", "pu:1",
		"(size=1M)", "(indexes=1*2)", "pa:1", "numa:1(memory=0)", "x",
		"pu:2(indexes=1,0)", ":2", "l3cache:2(size=3)", "socket:2",
	};
	unsigned nr = 1 + next_random(rng) % 5;
	size_t used = 0;

	for (spec[0] = '\0'; nr > 0; nr--)
		used += (size_t)snprintf(spec + used, size - used, "%s%s",
				parts[next_random(rng) % ARRAY_SIZE(parts)],
				next_random(rng) % 8 ? " " : "");
	if (next_random(rng) % 2)
		snprintf(spec + used, size - used, "pu:2");
}

/* Whatever our parser takes, hwloc takes and understands alike. */
static void hwloc_agrees_with_the_parser(void **state)
{
	const char *given = getenv("SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1, rng = seed;
	struct topology *keep = load(TOPOLOGY_SYNTHETIC, "pu:1"), *t;
	struct topology_error err;
	unsigned taken = 0;
	char spec[256];

	for (unsigned i = 0; i < 3000; i++) {
		random_string(&rng, spec, sizeof(spec));
		if (!topology_create(&t, TOPOLOGY_SYNTHETIC, spec, &err)) {
			is_sound(t);
			topology_destroy(t);
			taken++;
		} else if (err.column < 0) {
			fail_msg("SEED=%" PRIu64 " '%s': %s", seed, spec,
				 err.text);
		}
	}
	assert_in_range(taken, 100, 2900);
	topology_destroy(keep);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_strings_are_taken),
		cmocka_unit_test(indexes_number_the_pus),
		cmocka_unit_test(wrong_words_are_shown),
		cmocka_unit_test(hwloc_agrees_with_the_parser),
	};

	return cmocka_run_group_tests_name("synthetic", tests, NULL, NULL);
}
