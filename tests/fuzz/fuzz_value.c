/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes, times, numbers and flags: the first byte chooses which, and whether
 * there are limits. What is read, written and read again is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static const char *const words[] = { "compact", "scatter", "node=0", NULL };

static const struct value_spec specs[] = {
	{ "size", VALUE_SIZE }, { "time", VALUE_TIME }, { "n", VALUE_UINT },
	{ "flag", VALUE_BOOL }, { "word", VALUE_ENUM, .words = words },
	{ "size", VALUE_SIZE, .min = 8, .max = 64 << 20 },
	{ "time", VALUE_TIME, .min = 1, .max = 3600000000000 },
	{ "n", VALUE_UINT, .min = 1, .max = 100000 },
	{ "debug", VALUE_SLAB_DEBUG }, { "fault", VALUE_FAULT_ATTR },
};

#define NR_SPECS	(sizeof(specs) / sizeof(specs[0]))

static void check_again(const struct value_spec *spec,
			const struct value *value, const char *shown)
{
	struct parse_error err = { 0 };
	struct value again;

	fuzz_must(!parse_value(spec, shown, strlen(shown), &again, &err));
	fuzz_must(again.number == value->number);
	fuzz_must(!again.word == !value->word);
	fuzz_must(!again.word || !strcmp(again.word, value->word));
	value_exit(&again);
}

static void check_value(const struct value_spec *spec,
			const struct value *value)
{
	char shown[4096];

	fuzz_must(value->type == spec->type);
	fuzz_must(value->number <= PARSE_NUMBER_MAX);
	if (spec->type != VALUE_BOOL && !value->word)
		fuzz_must(value->number >= spec->min &&
			  (!spec->max || value->number <= spec->max));
	check_again(spec, value, value_format(value, shown, sizeof(shown)));
	if (spec->type == VALUE_SIZE)
		check_again(spec, value, format_size(value->number, shown,
						     sizeof(shown)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_error err = { 0 };
	const struct value_spec *spec;
	struct value value;
	char *text;

	if (!size)
		return 0;
	spec = &specs[data[0] % NR_SPECS];
	text = fuzz_text(data + 1, size - 1);
	if (parse_value(spec, text, strlen(text), &value, &err)) {
		fuzz_check_error(&err, text);
		fuzz_must(!value.word);
	} else {
		check_value(spec, &value);
		value_exit(&value);
	}
	free(text);
	return 0;
}
