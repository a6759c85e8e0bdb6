/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cost profiles: shipped ones by name, and a user's by their JSON. */
#ifndef EMU_PROFILE_H
#define EMU_PROFILE_H

#include <jansson.h>

#include "cpus/profile.h"

/* "flat" first, then what emu/profiles/ has; NULL after the last. */
const char *profile_name(unsigned index);

/*
 * Fills *out from a name (a JSON string) or a document (an object). 0; -EINVAL
 * with one line in error that names the constant: unknown, missing, negative,
 * out of its bounds, or without a source.
 */
int profile_read(const json_t *json, struct cost_profile *out, char *error,
		 size_t error_size);

/* {"name", "summary", "hash", "assumed": [..], "constants": {..}}. */
json_t *profile_describe(const struct cost_profile *profile);

#endif
