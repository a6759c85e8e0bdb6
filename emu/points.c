/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading points: see points.h. */
#include "emu/points.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/parse.h"

void text_append(char **text, const char *format, ...)
{
	size_t length = *text ? strlen(*text) : 0;
	va_list args;
	char *more, *grown;
	int added;

	va_start(args, format);
	added = vasprintf(&more, format, args);
	va_end(args);
	if (added < 0)
		return;
	grown = realloc(*text, length + (size_t)added + 1);
	if (grown) {
		memcpy(grown + length, more, (size_t)added + 1);
		*text = grown;
	}
	free(more);
}

const json_t *json_at(const json_t *object, const char *path)
{
	char name[64];

	while (object) {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_object_get(object, name);
		if (!path[length])
			break;
		path += length + 1;
	}
	return object;
}

double json_number_at(const json_t *object, const char *path)
{
	object = json_at(object, path);
	return json_is_number(object) ? json_number_value(object) : 0;
}

bool point_measured(const json_t *point)
{
	return json_array_size(json_object_get(point, "ops")) > 0;
}

const char *point_not_run(const json_t *point, char *buffer, size_t size)
{
	const char *why = json_string_value(json_object_get(point, "not_run"));
	const char *limit = json_string_value(json_at(point, "needs.limit"));
	char needed[32], most[32];

	if (!why)
		return NULL;
	if (!limit)
		return why;
	snprintf(buffer, size, "%s: needs %s, %s %s", why,
		 format_about((uint64_t)json_number_at(point, "needs.bytes"),
			      needed, sizeof(needed)), limit,
		 format_about((uint64_t)json_number_at(point,
				"needs.limit_bytes"), most, sizeof(most)));
	return buffer;
}

double point_setting(const json_t *point, const char *name)
{
	return json_number_value(json_object_get(
		json_object_get(point, "point"), name));
}

const json_t *point_op(const json_t *point, const char *name)
{
	json_t *ops = json_object_get(point, "ops"), *op;
	size_t i;

	json_array_foreach(ops, i, op) {
		const char *it = json_string_value(json_object_get(op, "name"));

		if (it && !strcmp(it, name))
			return op;
	}
	return NULL;
}

double op_mean_ns(const json_t *op)
{
	const json_t *ns = json_object_get(op, "ns");

	return json_number_at(ns, json_object_get(ns, "mean_trimmed") ?
			      "mean_trimmed" : "mean");
}

double point_nr_ops(const json_t *point)
{
	json_t *ops = json_object_get(point, "ops"), *op;
	double sum = 0;
	size_t i;

	json_array_foreach(ops, i, op)
		sum += json_number_at(op, "count");
	return sum;
}

bool points_same_series(const json_t *a, const json_t *b, const char *varying)
{
	json_t *settings = json_object_get(a, "point"), *value;
	const json_t *others = json_object_get(b, "point");
	const char *name;

	json_object_foreach(settings, name, value) {
		if (!strcmp(name, varying) || !strcmp(name, "seed") ||
		    !strcmp(name, "repeat"))
			continue;
		if (!json_equal(value, json_object_get(others, name)))
			return false;
	}
	return true;
}

bool points_vary(const json_t *points, const char *name)
{
	const json_t *first = json_object_get(json_object_get(
		json_array_get(points, 0), "point"), name);
	size_t i;
	json_t *point;

	json_array_foreach((json_t *)points, i, point)
		if (!json_equal(first, json_object_get(
				json_object_get(point, "point"), name)))
			return true;
	return false;
}

static bool is_word_of(const char *name, const char *words)
{
	size_t length = strlen(name);

	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && !strncmp(at, name, length))
			return true;
		at += word;
	}
	return false;
}

static bool is_bytes(const char *name)
{
	return !strcmp(name, "size") || !strcmp(name, "memory") ||
		!strcmp(name, "align");
}

char *point_label(const json_t *points, const json_t *point,
		  const char *except)
{
	json_t *settings = json_object_get(point, "point"), *value;
	const char *name;
	char *text = NULL, size[32];

	text_append(&text, "%s", "");
	json_object_foreach(settings, name, value) {
		if (is_word_of(name, except) || !points_vary(points, name))
			continue;
		text_append(&text, "%s%s=", text && *text ? " " : "", name);
		if (json_is_string(value))
			text_append(&text, "%s", json_string_value(value));
		else if (json_is_boolean(value))
			text_append(&text, "%d", json_is_true(value));
		else if (is_bytes(name))
			text_append(&text, "%s", format_size((uint64_t)
				json_integer_value(value), size,
				sizeof(size)));
		else
			text_append(&text, "%.15g", json_number_value(value));
	}
	return text;
}
