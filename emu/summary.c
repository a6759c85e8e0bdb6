/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points of one setting, put together: see summary.h. */
#include "emu/summary.h"

#include <stdlib.h>
#include <string.h>

#include "emu/bootstrap.h"
#include "emu/points.h"

#define REMARKS_SHOWN	3

/* The setting without what tells repetitions from each other. */
static json_t *setting_of(const json_t *point)
{
	json_t *setting = json_copy(json_object_get(point, "point"));

	json_object_del(setting, "seed");
	json_object_del(setting, "repeat");
	return setting;
}

/* Measured points by their setting: {setting's text: [point, ...]}. */
static json_t *group_points(const json_t *points)
{
	json_t *groups = json_object(), *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		json_t *setting = setting_of(point), *group;
		char *text = json_dumps(setting, JSON_COMPACT);

		json_decref(setting);
		if (!text || !point_measured(point)) {
			free(text);
			continue;
		}
		group = json_object_get(groups, text);
		if (!group) {
			group = json_array();
			json_object_set_new(groups, text, group);
		}
		json_array_append(group, point);
		free(text);
	}
	return groups;
}

/* {"mean", "ci95", "outliers"} of one figure of an operation over a group;
 * values: room for all of them. NULL: not measured everywhere. */
static json_t *figure_json(const json_t *group, const char *op,
			   double (*figure)(const json_t *op), double *values)
{
	struct bootstrap b;
	size_t i, nr = 0;
	json_t *point, *json;

	json_array_foreach((json_t *)group, i, point) {
		const json_t *one = point_op(point, op);

		if (one && figure(one) > 0)
			values[nr++] = figure(one);
	}
	if (!nr || nr < json_array_size(group))
		return NULL;
	bootstrap_mean(values, nr, &b);
	json = json_pack("{s:f}", "mean", b.mean);
	if (b.interval) {
		json_object_set_new(json, "ci95",
				    json_pack("[f, f]", b.low, b.high));
		json_object_set_new(json, "outliers",
				    json_integer((json_int_t)b.outliers));
	}
	return json;
}

static double per_s_of(const json_t *op)
{
	return json_number_at(op, "per_s");
}

static json_t *ops_json(const json_t *group)
{
	json_t *first = json_object_get(json_array_get(group, 0), "ops"), *op;
	double *values = calloc(json_array_size(group), sizeof(*values));
	json_t *ops = json_array();
	size_t i;

	json_array_foreach(values ? first : NULL, i, op) {
		const char *name = json_string_value(json_object_get(op,
								     "name"));
		json_t *mean = figure_json(group, name, op_mean_ns, values);
		json_t *rate = figure_json(group, name, per_s_of, values);
		json_t *json = json_pack("{s:s}", "name", name);

		if (mean)
			json_object_set_new(json, "mean_ns", mean);
		if (rate)
			json_object_set_new(json, "per_s", rate);
		json_array_append_new(ops, json);
	}
	free(values);
	return ops;
}

json_t *summary_create(const json_t *points)
{
	json_t *groups = group_points(points), *group;
	json_t *summary = json_array();
	const char *text;

	json_object_foreach(groups, text, group)
		if (json_array_size(group) > 1)
			json_array_append_new(summary, json_pack(
				"{s:o, s:I, s:o}", "point",
				setting_of(json_array_get(group, 0)),
				"repeats", (json_int_t)json_array_size(group),
				"ops", ops_json(group)));
	json_decref(groups);
	if (json_array_size(summary))
		return summary;
	json_decref(summary);
	return NULL;
}

/* Points of which something is to be said: the first of them by name. */
struct remarks {
	const json_t	*points;
	char		*list;
	size_t		nr;
};

/* The label of a point, before what is said of it; NULL: enough was. */
static char **remark(struct remarks *remarks, const json_t *point)
{
	char *label;

	if (remarks->nr++ >= REMARKS_SHOWN)
		return NULL;
	label = point_label(remarks->points, point, "");
	text_append(&remarks->list, "%s%s%s", remarks->nr > 1 ? "; " : "",
		    label ? label : "", label && *label ? ": " : "");
	free(label);
	return &remarks->list;
}

/* "WHAT 3 of 20 points BE: ...", or NULL. */
static char *remarks_text(struct remarks *remarks, const char *what,
			  const char *be)
{
	size_t all = json_array_size(remarks->points);
	char *text = NULL;

	if (remarks->nr)
		text_append(&text, "%s%zu of %zu point%s%s: %s%s", what,
			    remarks->nr, all, all == 1 ? "" : "s", be,
			    remarks->list ? remarks->list : "",
			    remarks->nr > REMARKS_SHOWN ? "; ..." : "");
	free(remarks->list);
	return text;
}

static void append_reasons(char **text, const json_t *point)
{
	json_t *reasons = json_object_get(json_object_get(point, "noise"),
					  "reasons"), *reason;
	size_t i;

	json_array_foreach(reasons, i, reason)
		text_append(text, "%s%s", i ? ", " : "",
			    json_string_value(reason));
}

char *summary_noise(const json_t *points)
{
	struct remarks remarks = { .points = points };
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		const char *verdict = json_string_value(json_at(point,
			"noise.verdict"));
		char **text;

		if (!verdict || strcmp(verdict, "noisy"))
			continue;
		text = remark(&remarks, point);
		if (text)
			append_reasons(text, point);
	}
	return remarks_text(&remarks, "noisy host in ", "");
}

char *summary_not_run(const json_t *points)
{
	struct remarks remarks = { .points = points };
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		char buffer[128], **text;
		const char *why = point_not_run(point, buffer, sizeof(buffer));

		text = why ? remark(&remarks, point) : NULL;
		if (text)
			text_append(text, "%s", why);
	}
	return remarks_text(&remarks, "", " not run");
}

bool summary_nothing_run(const json_t *points)
{
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point)
		if (!json_object_get(point, "not_run"))
			return false;
	return json_array_size(points) > 0;
}
