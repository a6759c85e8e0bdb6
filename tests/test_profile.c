/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cost profiles: the shipped ones are good, bad ones are refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "emu/profile.h"

static json_t *shipped(const char *name)
{
	struct cost_profile profile;
	json_t *word = json_string(name), *described, *all, *constants;
	const char *key;
	json_t *value;
	char error[256] = "";

	assert_int_equal(profile_read(word, &profile, error, sizeof(error)), 0);
	described = profile_describe(&profile);
	all = json_object_get(described, "constants");
	constants = json_object();
	json_object_foreach(all, key, value) {
		json_t *copy = json_copy(value);

		json_object_del(copy, "what");
		json_object_set_new(constants, key, copy);
	}
	json_decref(described);
	json_decref(word);
	return json_pack("{s:s, s:s, s:o}", "profile", name, "summary", "",
			 "constants", constants);
}

static void shipped_profiles_are_good(void **state)
{
	const char *name;
	unsigned i;

	for (i = 0; (name = profile_name(i)); i++) {
		struct cost_profile profile;
		json_t *json = shipped(name);
		char error[256] = "";

		if (i)
			assert_int_equal(profile_read(json, &profile, error,
						      sizeof(error)), 0);
		json_decref(json);
	}
	assert_true(i >= 4);
}

static void published_numbers_are_in_them(void **state)
{
	struct cost_profile profile;
	json_t *word = json_string("broadwell-2s");
	char error[256];

	assert_int_equal(profile_read(word, &profile, error, sizeof(error)), 0);
	assert_int_equal(profile.of[PROFILE_c2c_smt_ns].value, 8000);
	assert_int_equal(profile.of[PROFILE_c2c_l3_ns].value, 44000);
	assert_int_equal(profile.of[PROFILE_c2c_cross_ns].value, 118000);
	assert_int_equal(profile.of[PROFILE_c2c_cross_ns].source,
			 PROFILE_PUBLISHED);
	json_decref(word);
}

static void refused(json_t *json, const char *text)
{
	struct cost_profile profile;
	char error[256] = "";

	assert_int_equal(profile_read(json, &profile, error, sizeof(error)),
			 -EINVAL);
	assert_non_null(strstr(error, text));
	json_decref(json);
}

/* broadwell-2s with one member of one constant set to value; NULL: gone. */
static json_t *with(const char *constant, const char *member, json_t *value)
{
	json_t *json = shipped("broadwell-2s");
	json_t *all = json_object_get(json, "constants");

	if (!member)
		json_object_del(all, constant);
	else if (value)
		json_object_set_new(json_object_get(all, constant), member,
				    value);
	else
		json_object_del(json_object_get(all, constant), member);
	return json;
}

static void bad_profiles_are_refused(void **state)
{
	json_t *json = shipped("broadwell-2s");

	json_object_set_new(json_object_get(json, "constants"), "l4_ns",
			    json_pack("{s:i}", "value", 1));
	refused(json, "l4_ns: no such constant");
	refused(json_string("nope"), "no such profile");
	refused(json_integer(3), "neither a name nor an object");
	refused(json_object(), "its name");
	refused(with("l2_ns", NULL, NULL), "l2_ns: missing");
	refused(with("l2_ns", "value", json_integer(-1)), "l2_ns: -1 is not");
	refused(with("l2_ns", "value", json_real(1e9)), "l2_ns: 1e+09 is not");
	refused(with("l2_ns", "value", json_string("4")), "must be a number");
	refused(with("l2_ns", "source", json_string("guess")), "source must");
	refused(with("l2_ns", "note", NULL), "l2_ns: note missing");
	refused(with("l2_ns", "unit", json_string("s")), "unknown key");
	refused(with("streak_nr", "value", json_real(1.5)), "must be whole");
	refused(with("fill_ns", "value", json_integer(0)), "must not be 0");
	refused(with("c2c_cross_ns", "value", json_integer(3)), "nearer must");
	refused(with("dram_local_ns", "value", json_integer(1)), "must ascend");
	json = shipped("broadwell-2s");
	json_object_set_new(json, "arbiter", json_string("fair"));
	refused(json, "arbiter: must be");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_profiles_are_good),
		cmocka_unit_test(published_numbers_are_in_them),
		cmocka_unit_test(bad_profiles_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
