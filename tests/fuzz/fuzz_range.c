/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ranges and lists, which become axes: a bounded number of values, all within
 * the limits, none twice; those of one range ascend.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

static const char *const words[] = { "repeat", "bulk", "rand", NULL };

static const struct value_spec specs[] = {
	{ "n", VALUE_UINT }, { "size", VALUE_SIZE, .min = 8, .max = 64 << 20 },
	{ "time", VALUE_TIME }, { "flag", VALUE_BOOL },
	{ "text", VALUE_STRING },
	{ "mode", VALUE_ENUM, .words = words },
};

#define NR_SPECS	(sizeof(specs) / sizeof(specs[0]))

static bool same(const struct value *a, const struct value *b)
{
	if (a->word && b->word)
		return !strcmp(a->word, b->word);
	return !a->word == !b->word && a->number == b->number;
}

static void check_list(const struct value_spec *spec,
		       const struct value_list *list, bool one_range)
{
	fuzz_must(list->nr >= 1 && list->nr <= PARSE_VALUES_MAX);
	for (size_t i = 0; i < list->nr; i++) {
		const struct value *value = &list->items[i];

		fuzz_must(value->number <= PARSE_NUMBER_MAX);
		if (!value->word && spec->type != VALUE_BOOL)
			fuzz_must(value->number >= spec->min && (!spec->max ||
				  value->number <= spec->max));
		if (i && one_range)
			fuzz_must(value->number > list->items[i - 1].number);
		/* All pairs of a short list, neighbours of a long one. */
		for (size_t j = list->nr < 64 || !i ? 0 : i - 1; j < i; j++)
			fuzz_must(!same(value, &list->items[j]));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parse_error err = { 0 };
	const struct value_spec *spec;
	struct value_list list;
	char *text;

	if (!size)
		return 0;
	spec = &specs[data[0] % NR_SPECS];
	text = fuzz_text(data + 1, size - 1);
	if (parse_values(spec, text, &list, &err)) {
		fuzz_check_error(&err, text);
		fuzz_must(!list.nr && !list.items);
	} else {
		check_list(spec, &list, !strchr(text, '|') &&
			   spec->type != VALUE_STRING);
		value_list_exit(&list);
	}
	free(text);
	return 0;
}
