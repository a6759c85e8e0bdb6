/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_POINT_LINES_H
#define EMU_POINT_LINES_H

#include <jansson.h>

#include "workloads/workload.h"

/* The member "lines" of a point (--explain-lines): the lines that cost most
 * time to move, named, but for the harness's own, which are summed up. Owned by
 * the caller. In a quiet section, while what they are of is still there. */
json_t *lines_json(const struct run *run);

#endif
