/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which cost profile a run has (doc/profiles.md). The driver's. */
#ifndef EMU_CONFIG_PROFILE_H
#define EMU_CONFIG_PROFILE_H

#include <stdbool.h>

#include "emu/config.h"
#include "emu/profile.h"

/*
 * The shipped profile of the processors that a topology names, or "generic".
 * *why, if wanted, says which processors those are, or that nobody says.
 */
const char *nearest_profile(const struct topology *topology, char *why,
			    size_t why_size);
/* Reads one file. STATUS_DONE, or another status after the message. */
enum status read_profile_file(const char *path, struct cost_profile *out,
			      json_t **document);
/* The name of the profile that is nearest to the topology's processors. */
const char *config_nearest_profile(const struct config *config);
/* Is it a file, not a name? */
bool config_is_profile_file(const char *given);
/* Reads it into config->profile, or another status after the message. */
enum status config_read_profile(struct config *config, const char *path);
/* The file's digest: of its constants, whatever it is called. A new string. */
json_t *config_profile_hash(const struct config *config);
/* Its name, digest and assumed constants, for the result. A new object. */
json_t *config_describe_profile(const struct config *config);

#endif
