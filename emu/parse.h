/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values as users type them. Sizes are binary (64K 2M 1G), times need a unit
 * (ns us ms s m h), numbers are unsigned and decimal; the locale never
 * matters. Any value may be a range, which becomes an axis of the sweep:
 *
 *	a..b	a, a+1, ... b		a..b*k	a, a*k, a*k*k ... up to b
 *	x|y|z	alternatives, each a value or a range
 *
 * CPU lists also separate by commas, and `all` is the number of PUs.
 */
#ifndef EMU_PARSE_H
#define EMU_PARSE_H

#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_UINT,
	VALUE_SIZE,		/* bytes */
	VALUE_ALIGN,		/* bytes, a power of 2 */
	VALUE_NODE,		/* of the topology: 0 to spec->max */
	VALUE_TIME,		/* nanoseconds */
	VALUE_BOOL,
	VALUE_ENUM,		/* one of spec->words */
	VALUE_STRING,
	VALUE_SLAB_DEBUG,	/* the kernel's slab_debug= */
	VALUE_FAULT_ATTR,	/* and its failslab= */
	VALUE_CPUS,		/* a number of CPUs; `all` is spec->max, which
				 * is no limit */
};

/* What a value must be. Not owned: it points into tables. */
struct value_spec {
	const char		*name;		/* for messages */
	enum value_type		type;
	uint64_t		min, max;	/* inclusive; max 0: no limit */
	const char *const	*words;		/* VALUE_ENUM; NULL ends */
};

struct value {
	enum value_type		type;
	uint64_t		number;		/* of the number types */
	char			*word;		/* of the others; owned */
};

struct value_list {
	size_t			nr;
	struct value		*items;
};

/* A wrong value: where in its text, what is wrong, what may be meant. */
struct parse_error {
	int			column;		/* from 0 */
	int			length;		/* characters to underline */
	char			text[200];
	char			hint[160];
};

/* No value is larger: JSON integers are signed. */
#define PARSE_NUMBER_MAX	((uint64_t)INT64_MAX)
/* A range of more values is a mistake (`8..64M` for `8..64M*2`). */
#define PARSE_VALUES_MAX	4096

/*
 * One value of one type, no range, of exactly `length` characters.
 * 0, or -EINVAL with *err filled.
 */
int parse_value(const struct value_spec *spec, const char *text, size_t length,
		struct value *out, struct parse_error *err);
void value_exit(struct value *value);

/*
 * A value or a range; *out without duplicates, in the user's order, free it
 * with value_list_exit. 0, or -EINVAL with *err filled.
 */
int parse_values(const struct value_spec *spec, const char *text,
		 struct value_list *out, struct parse_error *err);
void value_list_exit(struct value_list *list);

/*
 * Writes the value so that parse_value reads it again: numbers in decimal,
 * times in their largest exact unit. Returns buffer.
 */
const char *value_format(const struct value *value, char *buffer, size_t size);

/* Bytes for people, exact: 4096 is "4K", 4097 "4097". Returns buffer. */
const char *format_size(uint64_t bytes, char *buffer, size_t size);
/* The same where that is short: 1280K, 24M; else 125.9G. */
const char *format_about(uint64_t bytes, char *buffer, size_t size);

#endif
