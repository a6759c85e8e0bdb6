/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPU lists, `1,2,4`, `1..64*2`, `all`, on a machine of 96 PUs: between 1 and
 * 4096 counts, each at least one CPU, none twice.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define NR_PUS	96

static const struct value_spec spec = {
	"cpus", VALUE_CPUS, .min = 1, .max = NR_PUS,
};

static void check_counts(const char *text, const struct value_list *list)
{
	bool all = false;

	fuzz_must(list->nr >= 1 && list->nr <= PARSE_VALUES_MAX);
	for (size_t i = 0; i < list->nr; i++) {
		fuzz_must(list->items[i].number >= 1 && !list->items[i].word);
		fuzz_must(!i || list->items[i].number !=
			  list->items[i - 1].number);
		all |= list->items[i].number == NR_PUS;
	}
	if (!strcmp(text, "all"))
		fuzz_must(list->nr == 1);
	if (strstr(text, "all") && !strstr(text, "*"))
		fuzz_must(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct parse_error err = { 0 };
	struct value_list list;

	if (parse_values(&spec, text, &list, &err)) {
		fuzz_check_error(&err, text);
		fuzz_must(!list.nr && !list.items);
	} else {
		check_counts(text, &list);
		value_list_exit(&list);
	}
	free(text);
	return 0;
}
