/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/conform_text.h"

#include "emu/table.h"

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static json_int_t number_at(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* A count, nothing for none. */
static void count_cell(struct table *table, const json_t *class,
		       const char *name)
{
	json_int_t n = number_at(class, name);

	if (n)
		table_cell(table, "%lld", (long long)n);
	else
		table_cell(table, "%s", "");
}

static void print_classes(const json_t *dump, bool color, FILE *file)
{
	static const char *const heads[] = {
		"<class", "values", "equal", "inferred", "no input", "wrong",
		"<what it is", NULL
	};
	json_t *class;
	struct table table;
	size_t i;

	table_init(&table, heads, color);
	json_array_foreach(json_object_get(dump, "classes"), i, class) {
		if (!number_at(class, "values"))
			continue;
		table_row(&table);
		table_cell(&table, "%s", string_at(class, "name"));
		count_cell(&table, class, "values");
		count_cell(&table, class, "equal");
		count_cell(&table, class, "inferred");
		count_cell(&table, class, "excluded");
		count_cell(&table, class, "wrong");
		table_cell(&table, "%s", string_at(class, "formula"));
	}
	table_print(&table, file);
	table_exit(&table);
}

static void print_mismatches(const json_t *dump, bool color, FILE *file)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(dump, "mismatches"), i, item)
		fprintf(file, "%s%s:%lld: %s: %s: printed %lld, computed "
			"%lld%s (%s)\n", color ? "\033[31m" : "",
			string_at(dump, "file"),
			(long long)number_at(item, "line"),
			string_at(item, "name"), string_at(item, "class"),
			(long long)number_at(item, "printed"),
			(long long)number_at(item, "computed"),
			color ? "\033[0m" : "", string_at(item, "inputs"));
}

static void print_reasons(const json_t *dump, FILE *file)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(dump, "inferred"), i, item)
		fprintf(file, "inferred: %s\n", json_string_value(item));
	json_array_foreach(json_object_get(dump, "excluded"), i, item)
		fprintf(file, "no input: %lld of %s: %s\n",
			(long long)number_at(item, "values"),
			string_at(item, "class"), string_at(item, "input"));
	json_array_foreach(json_object_get(dump, "notes"), i, item)
		fprintf(file, "note: %s\n", json_string_value(item));
}

static void print_dump(const json_t *dump, bool color, FILE *file)
{
	const json_t *kernel = json_object_get(dump, "kernel");

	fprintf(file, "%s%s%s: %s, CPUs: %lld, nodes: %lld, managed pages: "
		"%lld\n", color ? "\033[1m" : "", string_at(dump, "file"),
		color ? "\033[0m" : "", string_at(kernel, "release"),
		(long long)number_at(kernel, "cpus"),
		(long long)number_at(kernel, "nodes"),
		(long long)number_at(kernel, "managed_pages"));
	print_mismatches(dump, color, file);
	print_classes(dump, color, file);
	print_reasons(dump, file);
	fputc('\n', file);
}

void conform_print(const json_t *document, bool color, FILE *file)
{
	const json_t *totals = json_object_get(document, "totals");
	json_int_t good = number_at(totals, "equal") +
		number_at(totals, "inferred");
	json_int_t all = good + number_at(totals, "wrong");
	json_t *dump;
	size_t i;

	json_array_foreach(json_object_get(document, "dumps"), i, dump)
		print_dump(dump, color, file);
	/* Rounded down: 100 % is all. */
	fprintf(file, "%lld.%02lld %%: %lld of %lld values are as our "
		"formulas give them, %lld of these by inferred inputs; %lld "
		"more lack an input.\n",
		(long long)(all ? good * 100 / all : 0),
		(long long)(all ? good * 10000 / all % 100 : 0),
		(long long)good, (long long)all,
		(long long)number_at(totals, "inferred"),
		(long long)number_at(totals, "excluded"));
}
