/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_DESCRIBE_ENGINE_H
#define EMU_DESCRIBE_ENGINE_H

#include <jansson.h>

/* Everything this engine knows: the document of `--describe`. Owned by the
 * caller (doc/engine-protocol.md). */
json_t *engine_describe(void);

#endif
