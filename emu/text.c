/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text format: see text.h. */
#include "emu/text.h"

#include <stdlib.h>
#include <string.h>

#include "emu/parse.h"
#include "emu/points.h"
#include "emu/table.h"

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static double sum_contended(const json_t *point)
{
	json_t *locks = json_object_get(point, "locks"), *lock;
	double sum = 0;
	size_t i;

	json_array_foreach(locks, i, lock)
		sum += json_number_at(lock, "contended");
	return sum;
}

double text_per_op(const json_t *point, const json_t *op, const char *name)
{
	const json_t *own = json_object_get(json_object_get(op, "per_op"),
					    name);
	double sum, ops = point_nr_ops(point);

	if (own)
		return json_number_value(own);
	if (!strcmp(name, "ipis") && json_object_get(point, "ipi"))
		sum = json_number_at(point, "ipi.sent");
	else if (!strcmp(name, "tlb_misses") && json_object_get(point, "tlb"))
		sum = json_number_at(point, "tlb.misses");
	else if (!strcmp(name, "contended") && json_object_get(point, "locks"))
		sum = sum_contended(point);
	else
		return -1;
	return ops > 0 ? sum / ops : -1;
}

void text_no_ops(struct table *table, const json_t *point)
{
	char text[128];
	const char *why = point_not_run(point, text, sizeof(text));

	table_cell(table, why ? "not run: %s" : "failed", why);
}

void text_spread(const json_t *op, char *buffer, size_t size)
{
	double slow = json_number_at(op, "cpus.slowest.mean_ns");
	double fast = json_number_at(op, "cpus.fastest.mean_ns");

	*buffer = '\0';
	if (fast > 0)
		snprintf(buffer, size, "cpu%.0f/cpu%.0f %.2fx",
			 json_number_at(op, "cpus.slowest.cpu"),
			 json_number_at(op, "cpus.fastest.cpu"), slow / fast);
}

/* Its name, and the file of one that is not shipped, or its digest if where it
 * lies may not be told: it may call itself as one that is. */
static void print_profile(const json_t *document, FILE *file)
{
	const json_t *option = json_at(document, "config.effective.profile");
	const json_t *profile = json_object_get(document, "profile");
	const char *name = string_at(profile, "name");
	const char *given = string_at(option, "value");

	if (!profile)
		return;
	fprintf(file, "; cost profile %s", name);
	if (!strcmp(string_at(option, "from"), "default"))
		fputs(", the nearest", file);
	else if (*given && strcmp(given, name))
		fprintf(file, strcmp(given, string_at(profile, "hash")) ?
			" of %s" : ", hash %s", given);
}

static void print_head(const json_t *document, FILE *file)
{
	const json_t *topology = json_object_get(document, "topology");
	const char *kernel = string_at(document, "kernel");
	const char *spec = string_at(topology, "spec");
	double pus = json_number_at(topology, "pus");
	double nodes = json_number_at(topology, "nodes");

	fprintf(file, "%s on the %s machine", string_at(document, "workload"),
		string_at(document, "machine"));
	if (*kernel)
		fprintf(file, ", kernel %s", kernel);
	if (*string_at(document, "arch"))
		fprintf(file, ", %s", string_at(document, "arch"));
	fprintf(file, "\ntopology %s: %.0f PU%s, %.0f node%s", *spec ? spec :
		string_at(topology, "hash"), pus, pus == 1 ? "" : "s", nodes,
		nodes == 1 ? "" : "s");
	print_profile(document, file);
	fputc('\n', file);
}

static void add_ns(struct table *table, const json_t *op, const char *path)
{
	char text[32];

	table_cell(table, "%s", format_ns(json_number_at(op, path), text,
					  sizeof(text)));
}

static void add_per_op(struct table *table, const json_t *point,
		       const json_t *op, const char *name)
{
	double value = text_per_op(point, op, name);
	char text[32];

	table_cell(table, "%s", value < 0 ? "" :
		   format_ratio(value, text, sizeof(text)));
}

static void add_op(struct table *table, const json_t *point, const json_t *op)
{
	char text[64];

	table_cell(table, "%s", string_at(op, "name"));
	table_cell(table, "%s", format_count(json_number_at(op, "count"),
					     text, sizeof(text)));
	table_cell(table, "%s", json_number_at(op, "failed") ?
		   format_count(json_number_at(op, "failed"), text,
				sizeof(text)) : "");
	table_cell(table, "%s", format_count(json_number_at(op, "per_s"),
					     text, sizeof(text)));
	table_cell(table, "%s", format_ns(op_mean_ns(op), text,
					  sizeof(text)));
	add_ns(table, op, "ns.p50");
	add_ns(table, op, "ns.p99");
	add_ns(table, op, "ns.max");
	add_per_op(table, point, op, "ipis");
	add_per_op(table, point, op, "tlb_misses");
	add_per_op(table, point, op, "contended");
	text_spread(op, text, sizeof(text));
	table_cell(table, "%s", text);
}

static void print_ops(const json_t *points, bool color, FILE *file)
{
	static const char *const heads[] = {
		"<point", "<op", "count", "failed", "per s", "mean", "p50",
		"p99", "max", "IPIs/op", "TLB miss/op", "contended/op",
		"slowest/fastest", NULL,
	};
	struct table table;
	json_t *point, *op;
	size_t i, k;

	table_init(&table, heads, color);
	json_array_foreach((json_t *)points, i, point) {
		char *label = point_label(points, point, "");

		table_row(&table);
		table_cell(&table, "%s", label ? label : "");
		free(label);
		if (!point_measured(point))
			text_no_ops(&table, point);
		json_array_foreach(json_object_get(point, "ops"), k, op) {
			if (k) {
				table_row(&table);
				table_cell(&table, "%s", "");
			}
			add_op(&table, point, op);
		}
	}
	table_print(&table, file);
	table_exit(&table);
}

static int compare_wait(const void *left, const void *right)
{
	double a = json_number_at(*(json_t *const *)left, "wait_ns.total");
	double b = json_number_at(*(json_t *const *)right, "wait_ns.total");

	return a > b ? -1 : a < b;
}

/* Locks of one point, those waited for longest first. */
static void print_locks(const json_t *point, bool color, FILE *file)
{
	static const char *const heads[] = {
		"<lock", "contended", "waited", "longest", "acquired", "held",
		"longest held", NULL,
	};
	json_t *locks = json_object_get(point, "locks"), *sorted[64], *lock;
	struct table table;
	size_t i, nr = 0;
	char text[32];

	json_array_foreach(locks, i, lock)
		if (nr < 64 && (json_number_at(lock, "contended") ||
				json_number_at(lock, "acquired")))
			sorted[nr++] = lock;
	if (!nr)
		return;
	qsort(sorted, nr, sizeof(sorted[0]), compare_wait);
	table_init(&table, heads, color);
	for (i = 0; i < nr; i++) {
		bool stat = json_object_get(sorted[i], "acquired") != NULL;

		table_row(&table);
		table_cell(&table, "%s", string_at(sorted[i], "class"));
		table_cell(&table, "%s", format_count(json_number_at(sorted[i],
			   "contended"), text, sizeof(text)));
		add_ns(&table, sorted[i], "wait_ns.total");
		add_ns(&table, sorted[i], "wait_ns.max");
		if (!stat)
			continue;
		table_cell(&table, "%s", format_count(json_number_at(sorted[i],
			   "acquired"), text, sizeof(text)));
		add_ns(&table, sorted[i], "hold_ns.total");
		add_ns(&table, sorted[i], "hold_ns.max");
	}
	fputc('\n', file);
	table_print(&table, file);
	table_exit(&table);
}

/* "1G" for what is called memory_bytes, or else a count. */
static const char *counter_text(const char *name, double value, char *text,
				size_t size)
{
	size_t length = strlen(name);

	if (length > 6 && !strcmp(name + length - 6, "_bytes"))
		return format_about((uint64_t)value, text, size);
	return format_count(value, text, size);
}

/* "tlb: hits 12, misses 3": the numbers of one member; nothing if all 0. */
static void print_counters(const json_t *point, const char *member,
			   FILE *file)
{
	json_t *object = json_object_get(point, member), *value;
	const char *name, *before = "\n  ";
	char text[32];

	json_object_foreach(object, name, value) {
		if (!json_is_number(value) || !json_number_value(value))
			continue;
		if (*before == '\n')
			fprintf(file, "%-8s", member);
		fprintf(file, "%s%s %s", *before == '\n' ? "  " : before, name,
			counter_text(name, json_number_value(value), text,
				     sizeof(text)));
		before = ", ";
	}
	if (*before != '\n')
		fputc('\n', file);
}

static void print_detail(const json_t *point, bool color, FILE *file)
{
	static const char *const members[] = {
		"derived", "ipi", "tlb", "pages", "slab", "vmalloc", "sim",
	};

	if (!point_measured(point))
		return;
	print_locks(point, color, file);
	fputc('\n', file);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		print_counters(point, members[i], file);
}

/* What a workload has to say of its own; a line a point. */
static void print_figures(const json_t *points, FILE *file)
{
	json_t *point, *value;
	const char *name;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		json_t *figures = json_object_get(point, "figures");
		const char *before = " ";
		char *label;

		if (!figures)
			continue;
		label = point_label(points, point, "");
		fprintf(file, "%s%s:", i ? "" : "\n",
			label && *label ? label : "workload");
		json_object_foreach(figures, name, value) {
			fprintf(file, "%s%s %.15g", before, name,
				json_number_value(value));
			before = ", ";
		}
		fputc('\n', file);
		free(label);
	}
}

static void print_overhead(const json_t *points, FILE *file)
{
	char loop[32], hit[32], clock[32];
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		const json_t *overhead = json_object_get(point, "overhead");

		if (!overhead)
			continue;
		fprintf(file, "\nMeans are of the fastest 99 %%. Emulation "
			"overhead: empty loop %s, software TLB hit %s, "
			"reading the clock %s (taken off).\n",
			format_ns(json_number_at(overhead, "empty_loop_ns"),
				  loop, sizeof(loop)),
			format_ns(json_number_at(overhead, "tlb_hit_ns"),
				  hit, sizeof(hit)),
			format_ns(json_number_at(overhead, "clock_ns"),
				  clock, sizeof(clock)));
		return;
	}
}

static void print_errors(const json_t *points, FILE *file)
{
	json_t *point, *line;
	size_t i, k;

	json_array_foreach((json_t *)points, i, point) {
		const char *error = string_at(point, "error");
		char *label;

		if (!*error)
			continue;
		label = point_label(points, point, "");
		fprintf(file, "\nFAILED %s%s%s\n", label ? label : "",
			label && *label ? ": " : "", error);
		free(label);
		json_array_foreach(json_object_get(point, "said"), k, line)
			fprintf(file, "  %s\n", json_string_value(line));
	}
}

/* Invariants and timings that do not mean what they seem to. */
static void print_checks(const json_t *points, FILE *file)
{
	double checked = 0, violated = 0;
	bool oversubscribed = false;
	size_t i, judged = 0, quiet = 0;
	json_t *point;

	json_array_foreach((json_t *)points, i, point) {
		const char *verdict = json_string_value(json_at(point,
			"noise.verdict"));

		judged += verdict != NULL;
		quiet += verdict && !strcmp(verdict, "quiet");
		checked += json_number_at(point, "invariants.checked");
		violated += json_number_at(point, "invariants.violated");
		oversubscribed |= json_is_true(
			json_object_get(point, "oversubscribed"));
	}
	if (oversubscribed)
		fputs("\nOversubscribed: more CPUs than PUs, timings include "
		      "the host's scheduler.\n", file);
	if (judged)
		fprintf(file, "\nNoise: %zu of %zu point%s quiet.\n", quiet,
			judged, judged == 1 ? "" : "s");
	if (checked || violated)
		fprintf(file, "\nInvariants: %.0f checked, %.0f violated.\n",
			checked, violated);
}

void text_write(const json_t *document, bool color, FILE *file)
{
	const json_t *points = json_object_get(document, "points");
	json_t *warnings = json_object_get(document, "warnings"), *warning;
	size_t i;

	print_head(document, file);
	fputc('\n', file);
	if (text_is_versus(points))
		text_versus(points, color, file);
	else if (json_array_size(points))
		print_ops(points, color, file);
	text_summary(json_object_get(document, "summary"), color, file);
	if (json_array_size(points) == 1)
		print_detail(json_array_get(points, 0), color, file);
	text_parts(points, file);
	text_lines(points, file);
	print_figures(points, file);
	print_overhead(points, file);
	print_checks(points, file);
	print_errors(points, file);
	json_array_foreach(warnings, i, warning)
		fprintf(file, "\nwarning: %s\n", json_string_value(warning));
	if (!json_is_true(json_object_get(document, "complete")))
		fprintf(file, "\nIncomplete: stopped after %zu points.\n",
			json_array_size(points));
	fprintf(file, "\n%s%s%s\n", color ? "\033[1m" : "",
		string_at(document, "finding"), color ? "\033[0m" : "");
}
