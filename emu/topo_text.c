/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of `shootdown topo`, from its document. */
#include <stdlib.h>
#include <string.h>

#include "emu/parse.h"
#include "emu/points.h"
#include "emu/table.h"
#include "emu/topo.h"

#define LIST_MAX	40	/* characters of a list of PUs */

struct style {
	const char	*bold, *plain;
	FILE		*file;
};

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static unsigned long number_at(const json_t *object, const char *name)
{
	return (unsigned long)json_integer_value(json_object_get(object, name));
}

static unsigned long item_at(const json_t *array, size_t i)
{
	return (unsigned long)json_integer_value(json_array_get(array, i));
}

static const char *plural(unsigned long nr)
{
	return nr == 1 ? "" : "s";
}

/* "0-3,8", or its beginning. */
static const char *short_list(const char *list, char buffer[LIST_MAX + 4])
{
	size_t length = strlen(list);

	if (length > LIST_MAX) {
		length = LIST_MAX;
		while (length && list[length] != ',')
			length--;
		snprintf(buffer, LIST_MAX + 4, "%.*s...", (int)length + 1,
			 list);
		return buffer;
	}
	return list;
}

static void heading(const struct style *style, const char *text)
{
	fprintf(style->file, "\n%s%s%s\n", style->bold, text, style->plain);
}

/* ---- the tree ---------------------------------------------------------- */
static void print_object(const json_t *tree, FILE *file)
{
	unsigned long count = number_at(tree, "count");
	unsigned long bytes = number_at(tree, "bytes");
	const char *name = string_at(tree, "object");
	size_t word = strcspn(name, "(");
	char size[32];

	while (word && name[word - 1] == ' ')
		word--;
	if (count > 1)
		fprintf(file, "%lu %.*ss%s", count, (int)word, name,
			name + word);
	else
		fprintf(file, "%s", name);
	if (bytes)
		fprintf(file, " of %s",
			format_about(bytes, size, sizeof(size)));
}

/* Only children go on the line of their parent, others on lines below. */
static void print_tree(const json_t *tree, int indent, FILE *file)
{
	const char *pus = string_at(tree, "pus");
	json_t *each, *child;
	char list[LIST_MAX + 4];
	size_t i;

	fprintf(file, "%*s", indent, "");
	for (;; tree = json_array_get(each, 0)) {
		each = json_object_get(tree, "each");
		print_object(tree, file);
		if (json_array_size(each) != 1)
			break;
		fputs(number_at(tree, "count") > 1 ? ", each with " : ", ",
		      file);
	}
	if (*pus)
		fprintf(file, " [%s]", short_list(pus, list));
	if (json_array_size(each))
		fputs(number_at(tree, "count") > 1 ? ", each with:" : ":",
		      file);
	fputc('\n', file);
	json_array_foreach(each, i, child)
		print_tree(child, indent + 2, file);
}

static void print_head(const json_t *document, const struct style *style)
{
	const json_t *t = json_object_get(document, "topology");
	unsigned long nodes = number_at(t, "nodes");
	char size[32];

	fprintf(style->file, "%stopology %s%s (%s, hash %s)\n", style->bold,
		string_at(t, "spec"), style->plain, string_at(t, "source"),
		string_at(t, "hash"));
	fprintf(style->file, "%lu PU%s, %lu core%s, %lu last-level cache%s, "
		"%lu package%s; %lu memory node%s, %s\n",
		number_at(t, "pus"), plural(number_at(t, "pus")),
		number_at(t, "cores"), plural(number_at(t, "cores")),
		number_at(t, "l3s"), plural(number_at(t, "l3s")),
		number_at(t, "packages"), plural(number_at(t, "packages")),
		nodes, plural(nodes), format_about(number_at(t,
				"memory_bytes"), size, sizeof(size)));
	heading(style, "Tree (numbers of PUs in brackets)");
	print_tree(json_object_get(document, "tree"), 2, style->file);
}

/* ---- nodes ------------------------------------------------------------- */
#define NODES_MAX	32	/* columns of distances */

static void print_nodes(const json_t *document, const struct style *style)
{
	json_t *nodes = json_object_get(document, "nodes"), *node, *distance;
	bool all = json_array_size(nodes) <= NODES_MAX;
	char size[32], list[LIST_MAX + 4];
	int width = 4;
	size_t i, k;

	json_array_foreach(nodes, i, node) {
		int length = (int)strlen(short_list(string_at(node, "pus"),
						    list));

		width = length > width ? length : width;
	}
	heading(style, all ? "Memory nodes: size, PUs, distances as in a SLIT" :
		"Memory nodes: size, PUs");
	json_array_foreach(nodes, i, node) {
		fprintf(style->file, "  %4lu  %6s  %-*s",
			number_at(node, "node"),
			format_about(number_at(node, "memory_bytes"), size,
			      sizeof(size)), all ? width : 0,
			*string_at(node, "pus") ?
			short_list(string_at(node, "pus"), list) : "none");
		json_array_foreach(json_object_get(node, "distances"), k,
				   distance)
			if (all)
				fprintf(style->file, " %3d", (int)
					json_integer_value(distance));
		fputc('\n', style->file);
	}
}

static void print_list(const json_t *list, FILE *file)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (json_is_string(item))
			fprintf(file, "%s%s", i ? ", " : "",
				json_string_value(item));
		else
			fprintf(file, "%s%d", i ? "," : "",
				(int)json_integer_value(item));
	fputc('\n', file);
}

static void print_rest(const json_t *document, const struct style *style)
{
	json_t *kinds = json_object_get(document, "kinds"), *notes, *item;
	json_t *placement = json_object_get(document, "placement");
	size_t i;

	json_array_foreach(kinds, i, item)
		fprintf(style->file, "%s%s%s", i ? " and " :
			"\nKinds of cores: PUs ", json_string_value(item),
			i + 1 == json_array_size(kinds) ? "\n" : "");
	if (placement) {
		fprintf(style->file, "\nPlacement %s: CPUs 0 to %zu on PUs ",
			string_at(placement, "name"), json_array_size(
			json_object_get(placement, "pus")) - 1);
		print_list(json_object_get(placement, "pus"), style->file);
	}
	notes = json_object_get(document, "notes");
	json_array_foreach(notes, i, item)
		fprintf(style->file, "%snote: %s\n", i ? "" : "\n",
			json_string_value(item));
}

/* ---- costs ------------------------------------------------------------- */
static const char *value_text(const json_t *value, const char *name,
			      char *buffer, size_t size)
{
	const char *unit = strrchr(name, '_');

	snprintf(buffer, size, "%g%s", json_number_value(value),
		 !unit || !strcmp(unit, "_nr") ? "" :
		 !strcmp(unit, "_ns") ? "ns" : "MB/s");
	return buffer;
}

/* The nearest, and the farthest if that is another. */
static const char *class_ns(const json_t *class, char *buffer, size_t size)
{
	double ns = json_number_value(json_object_get(class, "ns"));
	double far_ns = json_number_value(json_object_get(class, "far_ns"));

	if (!json_object_get(class, "ns"))
		return "";
	if (far_ns > ns)
		snprintf(buffer, size, "%g to %.4gns", ns, far_ns);
	else
		snprintf(buffer, size, "%gns", ns);
	return buffer;
}

/* Two PUs, of a range those of both its ends. */
static const char *class_example(const json_t *class, char *buffer, size_t size)
{
	const json_t *near = json_object_get(class, "example");
	const json_t *far = json_object_get(class, "far_example");
	int length = snprintf(buffer, size, "PU %lu and %lu",
			      item_at(near, 0), item_at(near, 1));

	if (far)
		snprintf(buffer + length, size - (size_t)length,
			 " to %lu and %lu", item_at(far, 0), item_at(far, 1));
	return buffer;
}

static void print_classes(const json_t *document, const struct style *style)
{
	static const char *const heads[] = { "<  a line from", "pairs",
		"<example", "one way", "<whence", "<constant", NULL };
	struct table table;
	json_t *class;
	char text[64];
	size_t i;

	table_init(&table, heads, *style->bold);
	json_array_foreach(json_object_get(document, "classes"), i, class) {
		table_row(&table);
		table_cell(&table, "  %s", string_at(class, "class"));
		table_cell(&table, "%lu", number_at(class, "pairs"));
		table_cell(&table, "%s", class_example(class, text,
						       sizeof(text)));
		table_cell(&table, "%s", class_ns(class, text, sizeof(text)));
		table_cell(&table, "%s", string_at(class, "source"));
		table_cell(&table, "%s", string_at(class, "constant"));
	}
	table_print(&table, style->file);
	table_exit(&table);
}

/* Three digits, or all before the point. */
static const char *short_number(double value, char text[32])
{
	snprintf(text, 32, value < 100 ? "%.3g" : "%.0f", value);
	return text;
}

static void print_square(const char *corner, json_t *columns, json_t *rows,
			 const json_t *cells, FILE *file)
{
	json_t *name, *row, *cell;
	char text[32];
	size_t i, k;

	fprintf(file, "  %5s", corner);
	json_array_foreach(columns, i, name)
		fprintf(file, " %5d", (int)json_integer_value(name));
	json_array_foreach(rows, i, name) {
		fprintf(file, "\n  %5d", (int)json_integer_value(name));
		row = json_array_get(cells, i);
		json_array_foreach(row, k, cell)
			if (json_is_null(cell))
				fprintf(file, " %5s", "-");
			else
				fprintf(file, " %5s", short_number(
					json_number_value(cell), text));
	}
	fputc('\n', file);
}

static void print_matrix(const json_t *document, const struct style *style)
{
	const json_t *matrix = json_object_get(document, "matrix");
	json_t *pus = json_object_get(matrix, "pus");

	if (!matrix)
		return;
	heading(style, "Transfer matrix: ns of a line, one way (a PU to itself:"
		" a hit)");
	print_square("PU", pus, pus, json_object_get(matrix, "ns"),
		     style->file);
}

static void print_between(const json_t *document, const struct style *style)
{
	const json_t *between = json_object_get(document, "between");
	json_t *from = json_object_get(between, "from");
	json_t *to = json_object_get(between, "to");

	if (!between)
		return;
	heading(style, !strcmp(string_at(between, "by"), "distances") ?
		"Transfer matrix of nodes: by the topology's distances" :
		"Transfer matrix of nodes: by the tree, for want of distances");
	fputs("  ns of a line, first CPU of the row's node from the last of "
	      "the column's\n", style->file);
	print_square("node", to, from, json_object_get(between, "line_ns"),
		     style->file);
	fputs("  ns of a load from the column's memory\n", style->file);
	print_square("node", to, from, json_object_get(between, "load_ns"),
		     style->file);
}

static void print_constants(const json_t *constants, const struct style *style)
{
	static const char *const heads[] = { "<  constant", "value", "<whence",
		"<what", NULL };
	json_t *constant;
	struct table table;
	const char *name;
	char text[32];

	heading(style, "Constants");
	table_init(&table, heads, *style->bold);
	table.wrap = 100;
	json_object_foreach((json_t *)constants, name, constant) {
		table_row(&table);
		table_cell(&table, "  %s", name);
		table_cell(&table, "%s", value_text(json_object_get(constant,
			"value"), name, text, sizeof(text)));
		table_cell(&table, "%s", string_at(constant, "source"));
		table_cell(&table, "%s (%s)", string_at(constant, "what"),
			   string_at(constant, "note"));
	}
	table_print(&table, style->file);
	table_exit(&table);
}

/* "L1 of 48K, simulated as 32K (topology), L2 of 2M, 512K a core ..." */
static void print_caches(const json_t *document, FILE *file)
{
	json_t *cache;
	char size[32], used[32];
	size_t i;

	fputs("  caches:", file);
	json_array_foreach(json_object_get(document, "caches"), i, cache) {
		format_about(number_at(cache, "bytes"), size, sizeof(size));
		format_about(number_at(cache, "simulated_bytes"), used,
			     sizeof(used));
		fprintf(file, "%s L%lu of %s", i ? "," : "",
			number_at(cache, "level"), size);
		if (strcmp(size, used))
			fprintf(file, number_at(cache, "level") == 1 ?
				", simulated as %s" : ", %s a core", used);
		fprintf(file, " (%s)", string_at(cache, "from"));
	}
	fputc('\n', file);
}

static void print_profile(const json_t *document, const struct style *style)
{
	const json_t *profile = json_object_get(document, "profile");
	const json_t *assumed = json_object_get(profile, "assumed");
	FILE *file = style->file;

	fprintf(file, "\n%sCosts on the sim machine: profile %s%s%s%s, %s\n",
		style->bold, string_at(profile, "name"), style->plain,
		*string_at(profile, "file") ? " of " : "",
		string_at(profile, "file"), string_at(profile, "summary"));
	if (!strcmp(string_at(profile, "from"), "nearest"))
		fprintf(file, "  the nearest to this topology: %s\n",
			string_at(profile, "why"));
	if (!json_object_size(json_object_get(profile, "constants")))
		return;
	print_caches(document, file);
	if (json_number_at(profile, "constants.home_nr.value") > 0)
		fputs("  a line that leaves its L3 goes by way of its home "
		      "node: the farthest of the three counts\n", file);
	fprintf(file, "  who is next at a contended line: the %s\n",
		!strcmp(string_at(profile, "arbiter"), "fifo") ?
		"oldest (fifo)" : "nearest, within streak_nr");
	print_classes(document, style);
	print_matrix(document, style);
	print_between(document, style);
	print_constants(json_object_get(profile, "constants"), style);
	fputs("\nAssumed, for want of a source: ", file);
	if (json_array_size(assumed))
		print_list(assumed, file);
	else
		fputs("none\n", file);
}

void topo_print(const json_t *document, bool color, FILE *file)
{
	const struct style style = { color ? "\033[1m" : "",
				     color ? "\033[0m" : "", file };

	print_head(document, &style);
	print_nodes(document, &style);
	print_rest(document, &style);
	print_profile(document, &style);
}
