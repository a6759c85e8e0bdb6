/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_POINT_LINES_H
#define EMU_POINT_LINES_H

#include <jansson.h>

/* The member "lines" of a point (--explain-lines): the lines that cost most
 * time to move, named. Owned by the caller. When the machine has run. */
json_t *lines_json(void);

#endif
