/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and numbers for a terminal: see table.h. */
#include "emu/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *table, const char *const *heads, bool bold)
{
	*table = (struct table){ .heads = heads, .bold = bold };
	while (heads[table->nr_columns] && table->nr_columns < TABLE_COLUMNS)
		table->nr_columns++;
}

void table_exit(struct table *table)
{
	for (size_t i = 0; i < table->nr_rows; i++) {
		for (size_t k = 0; k < table->nr_columns; k++)
			free(table->rows[i][k]);
		free(table->rows[i]);
	}
	free(table->rows);
	*table = (struct table){ 0 };
}

void table_row(struct table *table)
{
	char ***rows = realloc(table->rows,
			       (table->nr_rows + 1) * sizeof(*rows));
	char **row = calloc(table->nr_columns, sizeof(*row));

	if (rows)
		table->rows = rows;
	if (!rows || !row) {
		free(row);
		return;
	}
	rows[table->nr_rows++] = row;
	table->nr_cells = 0;
}

void table_cell(struct table *table, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	if (!table->nr_rows || table->nr_cells >= table->nr_columns)
		return;
	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	table->rows[table->nr_rows - 1][table->nr_cells++] =
		length < 0 ? NULL : text;
}

static bool is_left(const char *head)
{
	return *head == '<';
}

static const char *head_text(const char *head)
{
	return is_left(head) ? head + 1 : head;
}

static const char *cell_text(const struct table *table, size_t row, size_t k)
{
	return table->rows[row][k] ? table->rows[row][k] : "";
}

/* 0: no row has anything in this column. */
static int width_of(const struct table *table, size_t k)
{
	size_t width = 0, head = strlen(head_text(table->heads[k]));

	for (size_t i = 0; i < table->nr_rows; i++)
		if (strlen(cell_text(table, i, k)) > width)
			width = strlen(cell_text(table, i, k));
	return width && head > width ? (int)head : (int)width;
}

void print_wrapped(const char *text, size_t column, size_t wrap, FILE *file)
{
	size_t at = column, length;

	for (text += strspn(text, " \n"); *text; text += strspn(text, " \n")) {
		length = strcspn(text, " \n");
		if (at > column && at + 1 + length > wrap) {
			fprintf(file, "\n%*s", (int)column, "");
			at = column;
		} else if (at > column) {
			fputc(' ', file);
			at++;
		}
		fprintf(file, "%.*s", (int)length, text);
		at += length;
		text += length;
	}
}

/* Where the last column begins. */
static size_t last_column(const struct table *table, const int *widths)
{
	size_t column = 0;

	for (size_t k = 0; k + 1 < table->nr_columns; k++)
		column += widths[k] ? (size_t)widths[k] + 2 : 0;
	return column;
}

/* One line without blanks at its end. */
static void print_line(const struct table *table, const int *widths,
		       const char *const *cells, FILE *file)
{
	size_t wrapped = table->wrap ? table->nr_columns - 1 : TABLE_COLUMNS;
	int pending = 0;

	for (size_t k = 0; k < table->nr_columns; k++) {
		int length = (int)strlen(cells[k]);

		if (!widths[k])
			continue;
		if (!is_left(table->heads[k]))
			pending += widths[k] - length;
		if (length && k == wrapped) {
			fprintf(file, "%*s", pending, "");
			print_wrapped(cells[k], last_column(table, widths),
				      table->wrap, file);
			break;
		}
		if (length) {
			fprintf(file, "%*s%s", pending, "", cells[k]);
			pending = 0;
		}
		if (is_left(table->heads[k]))
			pending += widths[k] - length;
		pending += 2;
	}
	fputs(table->bold && cells[0] == head_text(table->heads[0]) ?
	      "\033[0m\n" : "\n", file);
}

void table_print(const struct table *table, FILE *file)
{
	const char *cells[TABLE_COLUMNS];
	int widths[TABLE_COLUMNS];
	bool heads = false;

	if (!table->nr_rows)
		return;
	for (size_t k = 0; k < table->nr_columns; k++) {
		widths[k] = width_of(table, k);
		cells[k] = head_text(table->heads[k]);
		heads |= *cells[k] != '\0';
	}
	if (heads) {
		fputs(table->bold ? "\033[1m" : "", file);
		print_line(table, widths, cells, file);
	}
	for (size_t i = 0; i < table->nr_rows; i++) {
		for (size_t k = 0; k < table->nr_columns; k++)
			cells[k] = cell_text(table, i, k);
		print_line(table, widths, cells, file);
	}
}

/* Three significant digits, but whole numbers up to 9999 as they are. */
static void three_digits(double number, char *buffer, size_t size)
{
	if (number >= 100 || number == 0)
		snprintf(buffer, size, "%.0f", number);
	else if (number >= 10)
		snprintf(buffer, size, "%.1f", number);
	else
		snprintf(buffer, size, "%.2f", number);
}

static const char *with_unit(double number, const char *const *units,
			     char *buffer, size_t size)
{
	char digits[32];

	/* 999.5 would be printed as 1000. */
	while (number >= 999.5 && units[1]) {
		number /= 1000;
		units++;
	}
	three_digits(number, digits, sizeof(digits));
	snprintf(buffer, size, "%s%s", digits, *units);
	return buffer;
}

const char *format_ns(double ns, char *buffer, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s", NULL };

	if (ns < 0)
		snprintf(buffer, size, "-");
	else
		with_unit(ns, units, buffer, size);
	return buffer;
}

const char *format_count(double count, char *buffer, size_t size)
{
	static const char *const units[] = { "", "K", "M", "G", "T", NULL };

	if (count < 10000 && count == (double)(uint64_t)count)
		snprintf(buffer, size, "%.0f", count);
	else
		with_unit(count, units, buffer, size);
	return buffer;
}

const char *format_ratio(double ratio, char *buffer, size_t size)
{
	if (ratio >= 100)
		snprintf(buffer, size, "%.0f", ratio);
	else if (ratio && ratio < 0.0001)
		snprintf(buffer, size, "%.1e", ratio);
	else
		snprintf(buffer, size, "%.3g", ratio);
	return buffer;
}
