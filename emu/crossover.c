/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc against vmalloc: the size from which on vmalloc+vfree costs less
 * than kmalloc+kfree, for each series of points over size. Means add up, so
 * the cost of a pair is the sum of the two means. See finding.h.
 */
#include "emu/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/parse.h"
#include "emu/points.h"

#define SERIES_SHOWN	6

/* Mean ns of allocation and free together; 0 if one of them did not run. */
static double pair_ns(const json_t *point, const char *alloc, const char *free)
{
	double alloc_ns = op_mean_ns(point_op(point, alloc));
	double free_ns = op_mean_ns(point_op(point, free));

	return alloc_ns > 0 && free_ns > 0 ? alloc_ns + free_ns : 0;
}

/* vmalloc's cost by kmalloc's; 0 if the point does not have both. */
static double ratio_of(const json_t *point)
{
	double k = pair_ns(point, "kmalloc", "kfree");

	return k > 0 ? pair_ns(point, "vmalloc", "vfree") / k : 0;
}

/* What one series says. */
struct series {
	double	from;		/* smallest size of the last run below 1 */
	double	largest;	/* size that both were measured at */
	double	best, best_at;	/* the smallest ratio and its size */
};

/* The member of the series that follows in size, or NULL. */
static const json_t *next_size(const json_t *points, const json_t *first,
			       double above)
{
	const json_t *next = NULL;
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		double size = point_setting(point, "size");

		if (size > above && ratio_of(point) > 0 &&
		    points_same_series(point, first, "size") &&
		    (!next || size < point_setting(next, "size")))
			next = point;
	}
	return next;
}

static struct series walk(const json_t *points, const json_t *first)
{
	struct series s = { 0 };
	const json_t *point = next_size(points, first, 0);

	for (; point; point = next_size(points, first, s.largest)) {
		double ratio = ratio_of(point);

		s.largest = point_setting(point, "size");
		if (ratio > 1)
			s.from = 0;
		else if (!s.from)
			s.from = s.largest;
		if (!s.best || ratio < s.best) {
			s.best = ratio;
			s.best_at = s.largest;
		}
	}
	return s;
}

static bool begins_series(const json_t *points, size_t index)
{
	const json_t *point = json_array_get(points, index);

	if (ratio_of(point) <= 0)
		return false;
	for (size_t i = 0; i < index; i++) {
		const json_t *earlier = json_array_get(points, i);

		if (ratio_of(earlier) > 0 &&
		    points_same_series(earlier, point, "size"))
			return false;
	}
	return true;
}

static void say_series(char **text, const json_t *points, const json_t *first)
{
	struct series s = walk(points, first);
	char *label = point_label(points, first, "size seed repeat");
	char from[32], largest[32];

	format_size((uint64_t)s.largest, largest, sizeof(largest));
	format_size((uint64_t)(s.from ? s.from : s.best_at), from,
		    sizeof(from));
	if (label && *label)
		text_append(text, "with %s ", label);
	if (s.from)
		text_append(text, "vmalloc+vfree is cheaper from %s on "
			    "(%.2fx at best, compared up to %s)", from,
			    s.best, largest);
	else if (s.best > 1)
		text_append(text, "vmalloc+vfree is not cheaper than "
			    "kmalloc+kfree up to %s (%.3gx at best, at %s)",
			    largest, s.best, from);
	else
		text_append(text, "vmalloc+vfree is cheaper at %s (%.2fx), but "
			    "not from there on, up to %s", from, s.best,
			    largest);
	free(label);
}

char *finding_crossover(const json_t *points)
{
	size_t nr = json_array_size(points), shown = 0, series = 0;
	char *text = NULL;

	text_append(&text, "%s", "");
	for (size_t i = 0; i < nr; i++) {
		if (!begins_series(points, i))
			continue;
		if (++series > SERIES_SHOWN)
			continue;
		text_append(&text, shown++ ? "; " : "Crossover: ");
		say_series(&text, points, json_array_get(points, i));
	}
	if (series > SERIES_SHOWN)
		text_append(&text, "; and %zu more", series - SERIES_SHOWN);
	if (series)
		text_append(&text, ".");
	return text;
}
