/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of comma-separated values: see csv.h. */
#include "emu/csv.h"

#include <stdlib.h>
#include <string.h>

#include "emu/points.h"

/* A column: its head, and the path of its value in a point or operation. */
struct column {
	const char	*head, *path;
};

static const struct column point_columns[] = {
	{ "status", "status" },
	{ "error", "error" },
	{ "not_run", "not_run" },
	{ "time_ns", "time_ns" },
	{ "invariants_violated", "invariants.violated" },
	{ "noise", "noise.verdict" },
};

static const struct column op_columns[] = {
	{ "op", "name" },
	{ "phase", "phase" },
	{ "count", "count" },
	{ "failed", "failed" },
	{ "per_s", "per_s" },
	{ "samples", "ns.samples" },
	{ "mean_ns", "ns.mean" },
	{ "mean_trimmed_ns", "ns.mean_trimmed" },
	{ "min_ns", "ns.min" },
	{ "p50_ns", "ns.p50" },
	{ "p90_ns", "ns.p90" },
	{ "p99_ns", "ns.p99" },
	{ "p999_ns", "ns.p999" },
	{ "max_ns", "ns.max" },
	{ "ipis_per_op", "per_op.ipis" },
	{ "tlb_misses_per_op", "per_op.tlb_misses" },
	{ "contended_per_op", "per_op.contended" },
};

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

static void print_quoted(const char *text, FILE *file)
{
	if (!text[strcspn(text, ",\"\r\n")]) {
		fputs(text, file);
		return;
	}
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', file);
		putc(*text, file);
	}
	putc('"', file);
}

static void print_cell(const json_t *value, FILE *file)
{
	char *text;

	if (json_is_string(value)) {
		print_quoted(json_string_value(value), file);
		return;
	}
	if (!value || json_is_null(value))
		return;
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT |
			  JSON_REAL_PRECISION(15));
	if (text)
		print_quoted(text, file);
	free(text);
}

/*
 * The settings: the effective ones, of which a point's own value counts, and
 * what only points have (a repetition's number is one of both).
 */
static json_t *setting_columns(const json_t *document)
{
	json_t *columns = json_object(), *value, *point;
	const char *name;
	size_t i;

	json_object_foreach((json_t *)json_at(document, "config.effective"),
			    name, value)
		json_object_set(columns, name,
				json_object_get(value, "value"));
	json_array_foreach(json_object_get(document, "points"), i, point)
		json_object_foreach(json_object_get(point, "point"), name,
				    value)
			json_object_set_new(columns, name, json_null());
	return columns;
}

static void print_head(const json_t *settings, FILE *file)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)settings, name, value) {
		print_quoted(name, file);
		putc(',', file);
	}
	for (size_t i = 0; i < NR(point_columns); i++)
		fprintf(file, "%s,", point_columns[i].head);
	for (size_t i = 0; i < NR(op_columns); i++)
		fprintf(file, "%s%s", i ? "," : "", op_columns[i].head);
	fputs("\r\n", file);
}

static void print_row(const json_t *settings, const json_t *point,
		      const json_t *op, FILE *file)
{
	const json_t *own = json_object_get(point, "point");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)settings, name, value) {
		const json_t *cell = json_object_get(own, name);

		print_cell(cell ? cell : value, file);
		putc(',', file);
	}
	for (size_t i = 0; i < NR(point_columns); i++) {
		print_cell(json_at(point, point_columns[i].path), file);
		putc(',', file);
	}
	for (size_t i = 0; i < NR(op_columns); i++) {
		if (i)
			putc(',', file);
		print_cell(json_at(op, op_columns[i].path), file);
	}
	fputs("\r\n", file);
}

void csv_write(const json_t *document, FILE *file)
{
	json_t *settings = setting_columns(document), *point, *op;
	size_t i, k;

	print_head(settings, file);
	json_array_foreach(json_object_get(document, "points"), i, point) {
		json_t *ops = json_object_get(point, "ops");

		if (!json_array_size(ops))
			print_row(settings, point, NULL, file);
		json_array_foreach(ops, k, op)
			print_row(settings, point, op, file);
	}
	json_decref(settings);
}
