/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc against vmalloc over size: two lines a size, one table for each
 * setting of the rest (CPUs, depth). See text.h.
 */
#include "emu/text.h"

#include <stdlib.h>
#include <string.h>

#include "emu/finding.h"
#include "emu/parse.h"
#include "emu/points.h"
#include "emu/table.h"

struct side {
	const char	*alloc, *touch, *free;
};

static const struct side sides[] = {
	{ "kmalloc", "kmalloc_touch", "kfree" },
	{ "vmalloc", "vmalloc_touch", "vfree" },
};

bool text_is_versus(const json_t *points)
{
	bool both = false;
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point)
		both |= point_op(point, "kmalloc") &&
			point_op(point, "vmalloc") && point_op(point, "vfree");
	return both && json_array_size(points) > 1;
}

static void add_ns(struct table *table, const json_t *op, const char *path)
{
	char text[32];

	table_cell(table, "%s", format_ns(op ? json_number_at(op, path) : -1,
					  text, sizeof(text)));
}

static void add_mean(struct table *table, const json_t *op)
{
	char text[32];

	table_cell(table, "%s", format_ns(op ? op_mean_ns(op) : -1, text,
					  sizeof(text)));
}

static void add_depth(struct table *table, double depth)
{
	if (depth > 0)
		table_cell(table, "%.0f", depth);
	else
		table_cell(table, "%s", "");
}

static double pair_ns(const json_t *point, const struct side *side)
{
	const json_t *alloc = point_op(point, side->alloc);
	const json_t *free = point_op(point, side->free);

	return alloc && free ? op_mean_ns(alloc) + op_mean_ns(free) : -1;
}

static void add_per_op(struct table *table, const json_t *point,
		       const json_t *op, const char *name)
{
	double value = op ? text_per_op(point, op, name) : -1;
	char text[32];

	table_cell(table, "%s", value < 0 ? "-" :
		   format_ratio(value, text, sizeof(text)));
}

/* vmalloc's line says how it compares. */
static void add_times(struct table *table, const json_t *point, int which)
{
	double ns = pair_ns(point, &sides[which]);
	double other = pair_ns(point, &sides[0]);
	char text[32];

	table_cell(table, "%s", format_ns(ns, text, sizeof(text)));
	if (which && ns > 0 && other > 0)
		table_cell(table, "%sx", format_ratio(ns / other, text,
						      sizeof(text)));
	else
		table_cell(table, "%s", "");
}

static void add_failed(struct table *table, const json_t *op)
{
	double failed = json_number_at(op, "failed");
	char text[32];

	table_cell(table, "%s", failed ? format_count(failed, text,
						      sizeof(text)) : "");
}

static void add_side(struct table *table, const json_t *point, int which)
{
	const struct side *side = &sides[which];
	const json_t *alloc = point_op(point, side->alloc);
	const json_t *touch = point_op(point, side->touch);
	const json_t *free = point_op(point, side->free);
	char spread[48];

	table_cell(table, "%s", side->alloc);
	add_mean(table, alloc);
	add_ns(table, alloc, "ns.p50");
	add_ns(table, alloc, "ns.p99");
	add_mean(table, touch);
	add_mean(table, free);
	add_ns(table, free, "ns.p50");
	add_ns(table, free, "ns.p99");
	add_times(table, point, which);
	add_per_op(table, point, alloc, "ipis");
	add_per_op(table, point, alloc, "tlb_misses");
	add_per_op(table, point, alloc, "contended");
	text_spread(alloc, spread, sizeof(spread));
	table_cell(table, "%s", spread);
	add_failed(table, alloc);
}

static void add_point(struct table *table, const json_t *point)
{
	double depth = json_number_at(point, "derived.depth");
	char size[32];

	format_size((uint64_t)point_setting(point, "size"), size,
		    sizeof(size));
	table_row(table);
	table_cell(table, "%s", size);
	if (!point_measured(point)) {
		table_cell(table, "%s", "");
		text_no_ops(table, point);
		return;
	}
	add_depth(table, depth);
	add_side(table, point, 0);
	table_row(table);
	table_cell(table, "%s", "");
	table_cell(table, "%s", "");
	add_side(table, point, 1);
}

static bool begins_series(const json_t *points, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (points_same_series(json_array_get(points, i),
				       json_array_get(points, index), "size"))
			return false;
	return true;
}

static void print_series(const json_t *points, size_t first, bool color,
			 FILE *file)
{
	static const char *const heads[] = {
		"size", "depth", "<call", "alloc mean", "p50", "p99",
		"touch", "free mean", "p50", "p99", "alloc+free", "ratio",
		"IPIs/op", "TLB miss/op", "contended/op", "slowest/fastest",
		"failed", NULL,
	};
	json_t *head = json_array_get(points, first), *one = json_array();
	char *label = point_label(points, head, "size seed repeat cpus");
	double cpus = point_setting(head, "cpus");
	struct table table;
	char *crossover;

	fprintf(file, "%s%.0f CPU%s%s%s\n", first ? "\n" : "", cpus,
		cpus == 1 ? "" : "s", label && *label ? ", " : "",
		label ? label : "");
	table_init(&table, heads, color);
	for (size_t i = first; i < json_array_size(points); i++) {
		const json_t *point = json_array_get(points, i);

		if (!points_same_series(point, head, "size"))
			continue;
		add_point(&table, point);
		json_array_append(one, (json_t *)point);
	}
	table_print(&table, file);
	table_exit(&table);
	crossover = finding_crossover(one);
	if (crossover && *crossover)
		fprintf(file, "%s\n", crossover);
	free(crossover);
	free(label);
	json_decref(one);
}

void text_versus(const json_t *points, bool color, FILE *file)
{
	for (size_t i = 0; i < json_array_size(points); i++)
		if (begins_series(points, i))
			print_series(points, i, color, file);
}
