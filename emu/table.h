/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for a terminal: cells of text, columns as wide as they need. */
#ifndef EMU_TABLE_H
#define EMU_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define TABLE_COLUMNS	20

struct table {
	const char	*const *heads;	/* NULL at the end; '<': to the left */
	size_t		nr_columns;
	char		***rows;	/* owned */
	size_t		nr_rows, nr_cells;	/* cells of the last row */
	bool		bold;		/* heads */
	/* Columns of a line: the last cell, if it is to the left, goes on
	 * below itself. 0: never. */
	size_t		wrap;
};

/* heads must outlive the table. */
void table_init(struct table *table, const char *const *heads, bool bold);
void table_exit(struct table *table);

void table_row(struct table *table);

/* The next cell of the last row. */
__attribute__((format(printf, 2, 3)))
void table_cell(struct table *table, const char *format, ...);

/* Columns without a text are not printed, nor heads that are all empty. */
void table_print(const struct table *table, FILE *file);

/*
 * Words of text that begin at a column, from 0, and go on below it where a line
 * would be longer than wrap. Line feeds are blanks. No line feed at the end.
 */
void print_wrapped(const char *text, size_t column, size_t wrap, FILE *file);

/* "812ns" "12.3us" "4.56ms" "1.20s"; "-" for none (negative). */
const char *format_ns(double ns, char *buffer, size_t size);

/* "812" "12.3K" "4.56M"; counts and rates, decimal. */
const char *format_count(double count, char *buffer, size_t size);

/* A small number with three digits: "0.00123", "12.3", "0". */
const char *format_ratio(double ratio, char *buffer, size_t size);

#endif
