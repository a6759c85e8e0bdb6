/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the time of each operation went, in shares: see text.h. */
#include <stdlib.h>
#include <string.h>

#include "emu/points.h"
#include "emu/table.h"
#include "emu/text.h"

#define PARTS_MAX	64
#define SHARE_SHOWN	0.005	/* less is not worth a word */

static int longest_first(const void *left, const void *right)
{
	double a = json_number_at(*(json_t *const *)left, "ns");
	double b = json_number_at(*(json_t *const *)right, "ns");

	return a > b ? -1 : a < b;
}

static const char *part_words(const json_t *part)
{
	static const char *const words[][2] = {
		{ "ipi_wait", "waiting for IPIs" },
		{ "page_tables", "page tables" },
		{ "zeroing", "zeroing" },
		{ "page_allocator", "page allocator" },
		{ "lock_wait", "waiting for" },
	};
	const char *name = json_string_value(json_object_get(part, "part"));

	/* A workload's own has no class. */
	if (name && !strcmp(name, "lock_wait") &&
	    !json_object_get(part, "class"))
		return "waiting for the lock";
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (name && !strcmp(name, words[i][0]))
			return words[i][1];
	return "rest";
}

static void print_parts(const json_t *op, FILE *file)
{
	json_t *sorted[PARTS_MAX], *part;
	json_t *parts = json_object_get(json_object_get(op, "breakdown"),
					"parts");
	double total = 0;
	size_t i, nr = 0;

	json_array_foreach(parts, i, part)
		if (nr < PARTS_MAX) {
			sorted[nr++] = part;
			total += json_number_at(part, "ns");
		}
	qsort(sorted, nr, sizeof(sorted[0]), longest_first);
	fprintf(file, "  %-17s", json_string_value(json_object_get(op,
								   "name")));
	for (i = 0; i < nr; i++) {
		double share = json_number_at(sorted[i], "ns") / total;
		json_t *class = json_object_get(sorted[i], "class");

		if (share < SHARE_SHOWN)
			break;
		fprintf(file, "%s%.0f%% %s%s%s", i ? ", " : "", share * 100,
			part_words(sorted[i]), class ? " " : "",
			class ? json_string_value(class) : "");
	}
	fputc('\n', file);
}

/* The last point that was measured: the most CPUs, the largest size. */
static const json_t *last_measured(const json_t *points)
{
	size_t i = json_array_size(points);

	while (i-- > 0)
		if (point_measured(json_array_get(points, i)))
			return json_array_get(points, i);
	return NULL;
}

static void print_how(const json_t *point, FILE *file)
{
	json_t *op = json_array_get(json_object_get(point, "ops"), 0);
	double overhead = json_number_at(op, "breakdown.overhead_ns");
	char text[32];

	if (overhead > 0)
		fprintf(file, "  (of %.0f operations that were looked at; "
			"reading the clock is %s of each)\n",
			json_number_at(op, "breakdown.operations"),
			format_ns(overhead, text, sizeof(text)));
}

void text_parts(const json_t *points, FILE *file)
{
	const json_t *point = last_measured(points);
	json_t *op;
	char *label;
	size_t i;

	if (!point || !json_object_get(json_array_get(
			json_object_get(point, "ops"), 0), "breakdown"))
		return;
	label = point_label(points, point, "");
	fprintf(file, "\nWhere the time went%s%s:\n",
		label && *label ? ", " : "", label ? label : "");
	free(label);
	json_array_foreach(json_object_get(point, "ops"), i, op)
		if (json_object_get(op, "breakdown"))
			print_parts(op, file);
	print_how(point, file);
}
