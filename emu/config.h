/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration of a run: what the user wrote, checked against what the
 * engine knows and the topology has, and spread into a sweep.
 */
#ifndef EMU_CONFIG_H
#define EMU_CONFIG_H

#include <jansson.h>

#include "emu/describe.h"
#include "emu/options.h"
#include "emu/sweep.h"
#include "emu/topology_input.h"

struct config {
	const struct options	*options;	/* not owned */
	const char		*machine;	/* "native" or "sim" */
	const char		*workload;
	bool			reproducible;
	bool			lockstat, explain_lines;
	bool			oversubscribe;
	const char		*views;		/* as --views says */

	struct describe		*describe;
	struct key_table	keys;		/* of the workload */
	const struct topology	*topology;
	struct topology_input	input;		/* whose topology it is */
	unsigned		place_pus;	/* that every placement has */
	char			*place;		/* which has so few; owned */
	uint64_t		memory_bytes;	/* the default */
	bool			memory_capped;

	json_t			*profile;	/* --profile FILE, or NULL */

	struct sweep		sweep;
	json_t			*warnings;	/* array of strings */
};

/*
 * Checks everything that can be checked before a run. STATUS_DONE and *out
 * (free with config_destroy), or another status after the message.
 * options must outlive the configuration.
 */
enum status config_create(struct config **out, const struct options *options);
void config_destroy(struct config *config);

/* Adds a warning to the result and says it on stderr. */
__attribute__((format(printf, 2, 3)))
void config_warn(struct config *config, const char *format, ...);

/* What the engine reads for one point (engine-protocol.md). A new object. */
json_t *config_request(const struct config *config, size_t point);

/* The member "point" of a result: what tells it from others. A new object. */
json_t *config_point(const struct config *config, size_t point);

/* KEY: {"value", "from"} for every setting, in a fixed order. A new object. */
json_t *config_effective(const struct config *config);

/* The member "from" of a setting; command: what the command line is called. */
const char *config_origin(enum option_origin origin, const char *command);

/* Another table's row of one option, its words filled in from the engine. */
struct value_spec config_option_spec(const struct config *config,
				     enum option_id id);

#endif
