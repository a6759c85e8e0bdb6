/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_POINT_H
#define EMU_POINT_H

#include <jansson.h>

#include "emu/engine_run.h"

/* The point of a result (doc/engine-protocol.md); owned by the caller. */
json_t *point_write(const struct request *request,
		    const struct outcome *outcome);

#endif
