/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Repetitions as a table: see text.h. */
#include <stdlib.h>

#include "emu/points.h"
#include "emu/table.h"
#include "emu/text.h"

/* "1.23us" and "1.20us .. 1.26us (4.9 %)"; empty cells if there is none. */
static void add_figure(struct table *table, const json_t *figure,
		       const char *(*format)(double, char *, size_t))
{
	const json_t *interval = json_object_get(figure, "ci95");
	double mean = json_number_at(figure, "mean"), low, high;
	char a[32], b[32];

	table_cell(table, "%s", figure ? format(mean, a, sizeof(a)) : "");
	if (!interval) {
		table_cell(table, "%s", "");
		return;
	}
	low = json_number_value(json_array_get(interval, 0));
	high = json_number_value(json_array_get(interval, 1));
	table_cell(table, "%s .. %s (%.1f %%)", format(low, a, sizeof(a)),
		   format(high, b, sizeof(b)), 100 * (high - low) / mean);
}

static void add_op(struct table *table, const json_t *op)
{
	double outliers = json_number_at(op, "mean_ns.outliers");

	table_cell(table, "%s", json_string_value(json_object_get(op,
								   "name")));
	add_figure(table, json_object_get(op, "mean_ns"), format_ns);
	add_figure(table, json_object_get(op, "per_s"), format_count);
	if (outliers)
		table_cell(table, "%.0f", outliers);
	else
		table_cell(table, "%s", "");
}

void text_summary(const json_t *summary, bool color, FILE *file)
{
	static const char *const heads[] = {
		"<point", "times", "<op", "mean", "95 % of the mean", "per s",
		"95 % of the rate", "outliers", NULL,
	};
	struct table table;
	json_t *entry, *op;
	size_t i, k;

	if (!summary)
		return;
	table_init(&table, heads, color);
	json_array_foreach((json_t *)summary, i, entry) {
		char *label = point_label(summary, entry, "");

		json_array_foreach(json_object_get(entry, "ops"), k, op) {
			table_row(&table);
			table_cell(&table, "%s", label && !k ? label : "");
			table_cell(&table, "%.0f", json_number_at(entry,
								  "repeats"));
			add_op(&table, op);
		}
		free(label);
	}
	fputc('\n', file);
	table_print(&table, file);
	table_exit(&table);
	if (!json_at(json_array_get(json_object_get(json_array_get(summary, 0),
						    "ops"), 0),
		     "mean_ns.ci95"))
		fputs("Too few repetitions for an interval: --repeat 5 or "
		      "more.\n", file);
}
