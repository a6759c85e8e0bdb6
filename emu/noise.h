/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the host left a native run alone. "noisy" is said with its reasons:
 * the host kept threads from running, took their processors, moved them, the
 * cost of an operation drifted over the run, or parts of the run cost much
 * more than the rest; "unknown" if the run was too short to tell.
 */
#ifndef EMU_NOISE_H
#define EMU_NOISE_H

#include <jansson.h>

#include "emu/engine_run.h"

/* Sets the point's "noise" and "samples" (means over the run's course). */
void noise_write(json_t *point, const struct request *r,
		 const struct outcome *o);

#endif
