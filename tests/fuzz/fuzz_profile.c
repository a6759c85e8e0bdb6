/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cost profiles, as --profile FILE reads them: refused with one line that says
 * what is wrong, or all constants are within their bounds and the profile
 * tells of itself what was in the file.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "emu/profile.h"
#include "emu/utf8.h"
#include "tests/fuzz/fuzz.h"

/* What a profile tells is, less the words for people, such a file. */
static json_t *as_document(json_t *told, const struct cost_profile *profile)
{
	json_t *constants = json_object_get(told, "constants"), *constant;
	const char *name;

	json_object_foreach(constants, name, constant)
		fuzz_must(!json_object_del(constant, "what"));
	return json_pack("{s:O, s:s, s:O}", "profile",
			 json_object_get(told, "name"), "arbiter",
			 profile->arbiter, "constants", constants);
}

static void check_profile(const struct cost_profile *profile)
{
	json_t *told = profile_describe(profile), *document, *again;
	char error[300] = "";
	struct cost_profile copy;

	fuzz_must(told);
	fuzz_must(json_object_size(json_object_get(told, "constants")) ==
		  NR_PROFILE_CONSTANTS);
	document = as_document(told, profile);
	fuzz_must(document);
	fuzz_must(!profile_read(document, &copy, error, sizeof(error)));
	again = profile_describe(&copy);
	fuzz_must(json_equal(json_object_get(told, "hash"),
			     json_object_get(again, "hash")));
	fuzz_must(json_equal(json_object_get(told, "assumed"),
			     json_object_get(again, "assumed")));
	json_decref(again);
	json_decref(document);
	json_decref(told);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *json = json_loadb((const char *)data, size,
				  JSON_REJECT_DUPLICATES, NULL);
	char error[300] = "";
	struct cost_profile profile;
	int ret;

	if (!json_is_object(json)) {
		json_decref(json);
		return 0;
	}
	ret = profile_read(json, &profile, error, sizeof(error));
	json_decref(json);
	if (!ret) {
		check_profile(&profile);
		return 0;
	}
	fuzz_must(ret == -EINVAL);
	fuzz_must(!strncmp(error, "profile ", 8));
	fuzz_must(utf8_first_bad(error, strlen(error)) == strlen(error));
	for (const char *at = error; *at; at++)
		fuzz_must(!iscntrl((unsigned char)*at));
	return 0;
}
