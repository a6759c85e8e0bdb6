/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges and lists of values: the second half of parse.h. */
#include "emu/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One item of a list: [text, text + length), at `column` of the whole. */
struct item {
	const char	*text;
	size_t		length;
	int		column;
};

static bool value_equal(const struct value *a, const struct value *b)
{
	if (a->word || b->word)
		return a->word && b->word && !strcmp(a->word, b->word);
	return a->number == b->number;
}

/* What comes of a text. */
struct output {
	struct value_list	*list;
	size_t			nr_spelled;	/* with duplicates */
	size_t			nr_before;	/* this range: all differ */
};

/* Takes the value over; a duplicate is dropped. -E2BIG: too many. */
static int append(struct output *out, struct value *value)
{
	struct value_list *list = out->list;
	struct value *items;

	if (++out->nr_spelled > PARSE_VALUES_MAX) {
		value_exit(value);
		return -E2BIG;
	}
	for (size_t i = 0; i < out->nr_before; i++)
		if (value_equal(&list->items[i], value)) {
			value_exit(value);
			return 0;
		}
	/* Room for twice as many whenever it is full. */
	if (!(list->nr & (list->nr - 1))) {
		items = realloc(list->items, (list->nr ? 2 * list->nr : 1) *
				sizeof(*items));
		if (!items) {
			value_exit(value);
			return -ENOMEM;
		}
		list->items = items;
	}
	list->items[list->nr++] = *value;
	return 0;
}

void value_list_exit(struct value_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		value_exit(&list->items[i]);
	free(list->items);
	*list = (struct value_list){ 0 };
}

static int fail_item(struct parse_error *err, const struct item *item,
		     const char *text, const char *hint)
{
	err->column = item->column;
	err->length = (int)item->length;
	snprintf(err->text, sizeof(err->text), "%s", text);
	snprintf(err->hint, sizeof(err->hint), "%s", hint);
	return -EINVAL;
}

static const char *find(const struct item *item, const char *what)
{
	return memmem(item->text, item->length, what, strlen(what));
}

/* What of the item begins at `from` and ends before `end`. */
static struct item part(const struct item *item, const char *from,
			const char *end)
{
	return (struct item){ from, (size_t)(end - from),
		item->column + (int)(from - item->text) };
}

static int parse_item(const struct value_spec *spec, const struct item *item,
		      struct value *out, struct parse_error *err)
{
	int ret = parse_value(spec, item->text, item->length, out, err);

	if (ret)
		err->column += item->column;
	return ret;
}

/* The factor of a..b*k: 2 or more; absent 1, which stands for "plus one". */
static int parse_factor(const struct item *item, const char *star,
			uint64_t *factor, struct parse_error *err)
{
	static const struct value_spec spec = {
		.name = "the factor of a range", .type = VALUE_UINT, .min = 2,
	};
	struct item text;
	struct value value;
	int ret;

	*factor = 1;
	if (!star)
		return 0;
	text = part(item, star + 1, item->text + item->length);
	ret = parse_item(&spec, &text, &value, err);
	if (!ret)
		*factor = value.number;
	return ret;
}

static int append_range(enum value_type type, uint64_t first, uint64_t last,
			uint64_t factor, struct output *out)
{
	for (uint64_t number = first; number <= last;) {
		struct value value = { .type = type, .number = number };
		int ret = append(out, &value);

		if (ret)
			return ret;
		if (factor > 1 && number > PARSE_NUMBER_MAX / factor)
			break;
		number = factor > 1 ? number * factor : number + 1;
	}
	return 0;
}

static int parse_range(const struct value_spec *spec, const struct item *item,
		       const char *dots, struct output *out,
		       struct parse_error *err)
{
	const char *end = item->text + item->length;
	const char *star = memchr(dots, '*', (size_t)(end - dots));
	struct item from = part(item, item->text, dots);
	struct item to = part(item, dots + 2, star ? star : end);
	struct value first = { 0 }, last = { 0 };
	uint64_t factor = 1;
	char name[80];
	int ret;

	if (spec->type == VALUE_ENUM || spec->type == VALUE_BOOL) {
		snprintf(name, sizeof(name), "%s has no order for a range",
			 spec->name);
		return fail_item(err, item, name, "write x|y|z");
	}
	ret = parse_item(spec, &from, &first, err);
	if (!ret)
		ret = parse_item(spec, &to, &last, err);
	if (!ret)
		ret = parse_factor(item, star, &factor, err);
	if (ret)
		return ret;
	if (first.number > last.number)
		return fail_item(err, item, "the range is empty: its first "
				 "value is above its last", "");
	if (factor > 1 && !first.number)
		return fail_item(err, &from, "a range with a factor cannot "
				 "begin at 0", "");
	ret = append_range(spec->type, first.number, last.number, factor, out);
	if (ret == -E2BIG)
		return fail_item(err, item, "the range has more than 4096 "
				 "values", "did you mean a..b*2 (doubling)?");
	return ret;
}

static int parse_one(const struct value_spec *spec, const struct item *item,
		     struct output *out, struct parse_error *err)
{
	const char *dots = NULL;
	struct value value;
	int ret;

	if (spec->type != VALUE_STRING && spec->type != VALUE_SLAB_DEBUG &&
	    spec->type != VALUE_FAULT_ATTR)
		dots = find(item, "..");
	if (dots)
		return parse_range(spec, item, dots, out, err);
	ret = parse_item(spec, item, &value, err);
	if (!ret)
		ret = append(out, &value);
	if (ret == -E2BIG)
		return fail_item(err, item, "the list has more than 4096 "
				 "values", "");
	return ret;
}

int parse_values(const struct value_spec *spec, const char *text,
		 struct value_list *out, struct parse_error *err)
{
	const char *separators = spec->type == VALUE_CPUS ? ",|" : "|";
	struct output output = { .list = out };
	const char *at = text;
	int ret;

	*out = (struct value_list){ 0 };
	for (;;) {
		size_t length = strcspn(at, separators);
		struct item item = { at, length, (int)(at - text) };

		output.nr_before = out->nr;
		ret = parse_one(spec, &item, &output, err);
		if (ret || !at[length])
			break;
		at += length + 1;
	}
	if (ret)
		value_list_exit(out);
	return ret;
}
