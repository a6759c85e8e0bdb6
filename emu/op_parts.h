/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_OP_PARTS_H
#define EMU_OP_PARTS_H

#include <jansson.h>

#include "workloads/workload.h"

/*
 * Where the time of an operation went, as the member "breakdown" of a result:
 * means in ns of those operations that were looked at. NULL if none was.
 */
json_t *op_parts_json(const struct run *run, unsigned op);

#endif
