/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cost profile a run has (doc/profiles.md). The driver's. */
#ifndef EMU_CONFIG_PROFILE_H
#define EMU_CONFIG_PROFILE_H

#include <stdbool.h>

#include "emu/config.h"

/* The name of the profile that is nearest to the topology's processors. */
const char *config_nearest_profile(const struct config *config);
/* Is it a file, not a name? */
bool config_is_profile_file(const char *given);
/* Reads it into config->profile, or another status after the message. What is
 * in it the engine checks. */
enum status config_read_profile(struct config *config, const char *path);
/* The file's name and assumed constants, for the result. A new object. */
json_t *config_describe_profile(const struct config *config);

#endif
