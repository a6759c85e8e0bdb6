/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conform document for people. */
#ifndef EMU_CONFORM_TEXT_H
#define EMU_CONFORM_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Prints what conform found: a table a dump, a line a mismatch. */
void conform_print(const json_t *document, bool color, FILE *file);

#endif
