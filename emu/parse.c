/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values and ranges: see parse.h. */
#include "emu/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/planned.h"
#include "emu/suggest.h"

struct unit {
	const char	*name;
	uint64_t	factor;
};

static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1ull << 10 }, { "M", 1ull << 20 },
	{ "G", 1ull << 30 }, { "T", 1ull << 40 }, { NULL, 0 },
};

/* Ascending, so that value_format finds the largest that divides. */
static const struct unit time_units[] = {
	{ "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
	{ "m", 60000000000 }, { "h", 3600000000000 }, { NULL, 0 },
};

static const struct unit no_units[] = { { "", 1 }, { NULL, 0 } };

__attribute__((format(printf, 4, 5)))
static int fail(struct parse_error *err, size_t column, size_t length,
		const char *format, ...)
{
	va_list args;

	err->column = (int)column;
	err->length = (int)length;
	err->hint[0] = '\0';
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	return -EINVAL;
}

__attribute__((format(printf, 2, 3)))
static int hint(struct parse_error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err->hint, sizeof(err->hint), format, args);
	va_end(args);
	return -EINVAL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_bytes(enum value_type type)
{
	return type == VALUE_SIZE || type == VALUE_ALIGN;
}

static const struct unit *units_of(enum value_type type)
{
	return is_bytes(type) ? size_units :
		type == VALUE_TIME ? time_units : no_units;
}

/* Sizes take small letters too, as the kernel's memparse() does. */
static bool unit_is(const struct unit *unit, enum value_type type,
		    const char *text, size_t length)
{
	if (strlen(unit->name) != length)
		return false;
	return is_bytes(type) ? !strncasecmp(unit->name, text, length) :
		!strncmp(unit->name, text, length);
}

static int bad_unit(const struct value_spec *spec, const char *text,
		    size_t digits, size_t length, struct parse_error *err)
{
	const char *tail = text + digits;
	int rest = (int)(length - digits);

	if (tail[0] == '.' && rest > 1 && is_digit(tail[1])) {
		fail(err, digits, (size_t)rest,
		     "%s takes whole numbers, not '%.*s'", spec->name,
		     (int)length, text);
		return hint(err, "use a smaller unit: 1500ms, 1536K");
	}
	if (spec->type == VALUE_TIME && !rest) {
		fail(err, 0, length, "%s is a time and needs a unit",
		     spec->name);
		return hint(err, "did you mean '%.*ss'? (ns us ms s m h)",
			    (int)length, text);
	}
	fail(err, digits, (size_t)rest, "unknown unit '%.*s' in %s", rest,
	     tail, spec->name);
	if (spec->type == VALUE_CPUS)
		return hint(err, "lists are 1,2,4  1..64  1..64*2  all");
	if (tail[0] == '.' || tail[0] == '-')
		return hint(err, "a range is a..b or a..b*k");
	if (tail[0] == ',')
		return hint(err, "for several values write x|y|z");
	if (spec->type == VALUE_TIME)
		return hint(err, "units are ns us ms s m h");
	if (is_bytes(spec->type) && strchr("kKmMgGtT", tail[0]))
		return hint(err, "did you mean '%.*s%c'? (sizes are binary)",
			    (int)digits, text, tail[0]);
	if (is_bytes(spec->type))
		return hint(err, "units are K M G T, all binary");
	return hint(err, "%s is a plain number", spec->name);
}

static int check_limits(const struct value_spec *spec, uint64_t number,
			size_t length, struct parse_error *err)
{
	const char *unit = spec->type == VALUE_TIME ? "ns" : "";
	uint64_t max = spec->max && spec->type != VALUE_CPUS ?
		spec->max : PARSE_NUMBER_MAX;
	char shown[32];

	if (number < spec->min) {
		format_size(spec->min, shown, sizeof(shown));
		return fail(err, 0, length, "%s is at least %s%s", spec->name,
			    shown, unit);
	}
	if (spec->type == VALUE_NODE && number > spec->max)
		return spec->max ?
			fail(err, 0, length, "there are nodes 0 to %llu only",
			     (unsigned long long)spec->max) :
			fail(err, 0, length, "there is node 0 only");
	if (spec->type == VALUE_ALIGN && number & (number - 1)) {
		while (number & (number - 1))
			number &= number - 1;
		fail(err, 0, length, "%s is a power of 2", spec->name);
		return hint(err, "the next below is %s",
			    format_size(number, shown, sizeof(shown)));
	}
	if (number > max) {
		snprintf(shown, sizeof(shown), "%llu", (unsigned long long)max);
		if (is_bytes(spec->type))
			format_size(max, shown, sizeof(shown));
		return fail(err, 0, length, "%s is at most %s%s", spec->name,
			    shown, unit);
	}
	return 0;
}

static int parse_number(const struct value_spec *spec, const char *text,
			size_t length, uint64_t *out, struct parse_error *err)
{
	const struct unit *unit = units_of(spec->type);
	uint64_t number = 0;
	size_t digits = 0;
	bool over = false;

	for (; digits < length && is_digit(text[digits]); digits++) {
		uint64_t digit = (uint64_t)(text[digits] - '0');

		over |= number > (PARSE_NUMBER_MAX - digit) / 10;
		number = number * 10 + digit;
	}
	if (!digits && text[0] == '-')
		return fail(err, 0, length, "%s is unsigned, '%.*s' is not",
			    spec->name, (int)length, text);
	if (!digits) {
		fail(err, 0, length, "%s is a number, '%.*s' is not",
		     spec->name, (int)length, text);
		return spec->type == VALUE_CPUS ?
			hint(err, "lists are 1,2,4  1..64  1..64*2  all") :
			-EINVAL;
	}
	while (unit->name && !unit_is(unit, spec->type, text + digits,
				      length - digits))
		unit++;
	if (!unit->name)
		return bad_unit(spec, text, digits, length, err);
	if (over || number > PARSE_NUMBER_MAX / unit->factor)
		return fail(err, 0, length, "%s is too large", spec->name);
	*out = number * unit->factor;
	return check_limits(spec, *out, length, err);
}

static int parse_bool(const struct value_spec *spec, const char *text,
		      size_t length, uint64_t *out, struct parse_error *err)
{
	static const char *const words[] = {
		"0", "no", "off", "false", "1", "yes", "on", "true",
	};

	for (unsigned i = 0; i < 8; i++)
		if (strlen(words[i]) == length &&
		    !strncmp(words[i], text, length)) {
			*out = i >= 4;
			return 0;
		}
	fail(err, 0, length, "%s is 0 or 1, '%.*s' is not", spec->name,
	     (int)length, text);
	return -EINVAL;
}

static void list_words(const struct value_spec *spec, struct parse_error *err)
{
	size_t used = (size_t)snprintf(err->hint, sizeof(err->hint),
				       "there is:");

	for (const char *const *word = spec->words; *word; word++)
		if (used + strlen(*word) + 2 < sizeof(err->hint))
			used += (size_t)sprintf(err->hint + used, " %s",
						*word);
}

static int parse_enum(const struct value_spec *spec, const char *text,
		      size_t length, struct value *out,
		      struct parse_error *err)
{
	struct suggestion suggestion;

	suggest_init(&suggestion, text, length);
	for (const char *const *word = spec->words; *word; word++) {
		if (strlen(*word) == length && !strncmp(*word, text, length)) {
			out->word = strdup(*word);
			return out->word ? 0 : -ENOMEM;
		}
		suggest_offer(&suggestion, *word);
	}
	if (is_planned(spec->name, text, length)) {
		fail(err, 0, length, "%s '%.*s' does not exist yet",
		     spec->name, (int)length, text);
		list_words(spec, err);
		return -EINVAL;
	}
	fail(err, 0, length, "unknown %s '%.*s'", spec->name, (int)length,
	     text);
	suggest_hint(&suggestion, err->hint, sizeof(err->hint));
	if (!err->hint[0])
		list_words(spec, err);
	return -EINVAL;
}

/* Blocks between semicolons: letters, then names of caches after commas. What
 * the kernel would skip is an error. */
static int check_slab_debug(const struct value_spec *spec, const char *text,
			    size_t length, struct parse_error *err)
{
	bool letters = true;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == ';' || text[i] == ',')
			letters = text[i] == ';';
		else if (letters && !strchr("fzputaoFZPUTAO-", text[i])) {
			fail(err, i, 1, "%s has no letter '%c'", spec->name,
			     text[i]);
			return hint(err, "letters are F Z P U T A O and -, "
				    "then ,CACHE,CACHE*; a ; between blocks");
		}
	}
	return 0;
}

/* INTERVAL,PROBABILITY,SPACE,TIMES; the last two may be below 0. */
static int check_fault_attr(const struct value_spec *spec, const char *text,
			    size_t length, struct parse_error *err)
{
	static const char *const names[] = { "interval", "probability",
					     "space", "times" };
	size_t at = 0, digits, begin;

	for (unsigned i = 0; i < 4; i++, at++) {
		begin = at;
		if (i >= 2 && at < length && text[at] == '-')
			at++;
		digits = at;
		while (at < length && text[at] >= '0' && text[at] <= '9')
			at++;
		if (at == digits || at - digits > 9 ||
		    (at < length && (text[at] != ',' || i == 3))) {
			fail(err, begin, at > begin ? at - begin : 1,
			     "%s: this is no %s", spec->name, names[i]);
			break;
		}
		if (at == length && i < 3) {
			fail(err, at, 1, "%s has no %s", spec->name,
			     names[i + 1]);
			break;
		}
		if (i == 3)
			return 0;
	}
	return hint(err, "INTERVAL,PROBABILITY,SPACE,TIMES, as in "
		    "%s=1,10,0,-1", spec->name);
}

static int copy_word(const char *text, size_t length, struct value *out)
{
	out->word = strndup(text, length);
	return out->word ? 0 : -ENOMEM;
}

int parse_value(const struct value_spec *spec, const char *text, size_t length,
		struct value *out, struct parse_error *err)
{
	*out = (struct value){ .type = spec->type };
	if (!length)
		return fail(err, 0, 1, "%s has no value", spec->name);
	switch (spec->type) {
	case VALUE_BOOL:
		return parse_bool(spec, text, length, &out->number, err);
	case VALUE_ENUM:
		return parse_enum(spec, text, length, out, err);
	case VALUE_SLAB_DEBUG:
		if (check_slab_debug(spec, text, length, err))
			return -EINVAL;
		return copy_word(text, length, out);
	case VALUE_FAULT_ATTR:
		if (check_fault_attr(spec, text, length, err))
			return -EINVAL;
		return copy_word(text, length, out);
	case VALUE_STRING:
		return copy_word(text, length, out);
	case VALUE_CPUS:
		if (length == 3 && !strncmp(text, "all", 3)) {
			out->number = spec->max;
			return 0;
		}
		break;
	case VALUE_UINT:
	case VALUE_SIZE:
	case VALUE_ALIGN:
	case VALUE_NODE:
	case VALUE_TIME:
		break;
	}
	return parse_number(spec, text, length, &out->number, err);
}

void value_exit(struct value *value)
{
	free(value->word);
	value->word = NULL;
}

const char *format_size(uint64_t bytes, char *buffer, size_t size)
{
	const struct unit *best = &size_units[0];

	for (const struct unit *unit = size_units; unit->name; unit++)
		if (bytes && bytes % unit->factor == 0)
			best = unit;
	snprintf(buffer, size, "%llu%s",
		 (unsigned long long)(bytes / best->factor), best->name);
	return buffer;
}

const char *format_about(uint64_t bytes, char *buffer, size_t size)
{
	static const char units[] = "KMGT";
	double value = (double)bytes;
	int unit = -1;

	format_size(bytes, buffer, size);
	if (strlen(buffer) <= 5)
		return buffer;
	while (value >= 1024 && unit < 3) {
		value /= 1024;
		unit++;
	}
	snprintf(buffer, size, "%.1f%.1s", value, unit < 0 ? "" :
		 units + unit);
	return buffer;
}

const char *value_format(const struct value *value, char *buffer, size_t size)
{
	const struct unit *best = &time_units[0];

	if (value->word) {
		snprintf(buffer, size, "%s", value->word);
		return buffer;
	}
	if (value->type != VALUE_TIME) {
		snprintf(buffer, size, "%llu",
			 (unsigned long long)value->number);
		return buffer;
	}
	for (const struct unit *unit = time_units; unit->name; unit++)
		if (value->number && value->number % unit->factor == 0)
			best = unit;
	snprintf(buffer, size, "%llu%s",
		 (unsigned long long)(value->number / best->factor),
		 best->name);
	return buffer;
}
