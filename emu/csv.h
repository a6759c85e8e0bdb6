/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A result as a table (RFC 4180) for spreadsheets and data frames: a row for
 * each operation of each point, and one for a point that has none. First the
 * settings, under their names; then the figures, units in their names. A cell
 * without a value is empty.
 */
#ifndef EMU_CSV_H
#define EMU_CSV_H

#include <jansson.h>
#include <stdio.h>

void csv_write(const json_t *document, FILE *file);

#endif
