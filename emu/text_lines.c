/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where cache lines moved: see text.h. */
#include <stdlib.h>
#include <string.h>

#include "emu/points.h"
#include "emu/table.h"
#include "emu/text.h"

#define LINES_SHOWN	8
#define USERS_SHOWN	4
#define SHARE_SHOWN	0.02	/* of a line's time: less is not worth a row */

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_user(const json_t *user, FILE *file)
{
	const char *field = string_at(user, "field");
	double cpus = json_number_at(user, "cpus");
	char lost[32], moves[32];

	if (json_object_get(user, "at"))
		fprintf(file, "       %s %s %s%s%s: ", string_at(user, "at"),
			strcmp(string_at(user, "access"), "read") ? "writes" :
			"reads", string_at(user, "object"), *field ? ": " : "",
			field);
	else
		fputs("       elsewhere: ", file);
	fprintf(file, "%s on %s time%s, by %.0f CPU%s\n",
		format_ns(json_number_at(user, "lost_ns"), lost, sizeof(lost)),
		format_count(json_number_at(user, "moves"), moves,
			     sizeof(moves)),
		json_number_at(user, "moves") == 1 ? "" : "s", cpus,
		cpus == 1 ? "" : "s");
}

static void print_users(const json_t *line, FILE *file)
{
	double lost = json_number_at(line, "lost_ns");
	json_t *user;
	size_t i;

	json_array_foreach(json_object_get(line, "users"), i, user)
		if (i < USERS_SHOWN && json_number_at(user, "lost_ns") >=
		    SHARE_SHOWN * lost)
			print_user(user, file);
}

static void print_line(size_t rank, const json_t *line, double total,
		       FILE *file)
{
	static const char *const ways[] = { "smt", "l3", "package", "cross" };
	double lost = json_number_at(line, "lost_ns");
	const char *object = string_at(line, "object"), *before = "moved";
	const char *fields = string_at(line, "fields");
	const char *others = strstr(object, "; ");	/* than the first */
	char text[32];

	others = others ? others : object + strlen(object);
	fprintf(file, "  %2zu. %.*s%s%s%s%s\n", rank + 1,
		(int)(others - object), object, *fields ? ": " : "", fields,
		others,
		json_is_true(json_object_get(line, "false_sharing")) ?
		" -- FALSE SHARING: no 8 bytes of it are of two CPUs" : "");
	fprintf(file, "       %s, %.1f %% of the CPUs' time;",
		format_ns(lost, text, sizeof(text)),
		total > 0 ? 100 * lost / total : 0);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		double moves = json_number_at(json_object_get(line, "moves"),
					      ways[i]);

		if (!moves)
			continue;
		fprintf(file, " %s %s %s", before, ways[i],
			format_count(moves, text, sizeof(text)));
		before = "+";
	}
	fprintf(file, "%s waited %s; read by %s; written by %s\n",
		*before == '+' ? "," : "",
		format_count(json_number_at(line, "waits"), text,
			     sizeof(text)),
		*string_at(line, "readers") ? string_at(line, "readers") :
		"nobody", *string_at(line, "writers") ?
		string_at(line, "writers") : "nobody");
	print_users(line, file);
}

static void print_point(const json_t *points, const json_t *point, FILE *file)
{
	json_t *lines = json_object_get(point, "lines"), *line;
	double total = json_number_at(point, "time_in.total_ns");
	double unknown = json_number_at(lines, "unknown_moves");
	char *label = point_label(points, point, ""), text[32];
	size_t i;

	fprintf(file, "\nWhere cache lines moved%s%s: %.0f lines, %s, %.1f %% "
		"of the CPUs' time\n", label && *label ? ", " : "",
		label ? label : "", json_number_at(lines, "moved"),
		format_ns(json_number_at(lines, "lost_ns"), text,
			  sizeof(text)), total > 0 ? 100 *
		json_number_at(lines, "lost_ns") / total : 0);
	free(label);
	json_array_foreach(json_object_get(lines, "hottest"), i, line)
		if (i < LINES_SHOWN)
			print_line(i, line, total, file);
	if (json_number_at(lines, "harness_lines") > 0)
		fprintf(file, "  (the harness's own lines, its barrier: %s, "
			"not among the above)\n",
			format_ns(json_number_at(lines, "harness_ns"), text,
				  sizeof(text)));
	if (unknown > 0)
		fprintf(file, "  (there were more lines than could be kept: "
			"%.0f moves are not told)\n", unknown);
}

/* The last point that has any: the most CPUs. */
void text_lines(const json_t *points, FILE *file)
{
	for (size_t i = json_array_size(points); i-- > 0; ) {
		const json_t *point = json_array_get(points, i);

		if (!json_object_get(point, "lines"))
			continue;
		print_point(points, point, file);
		return;
	}
}
