/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine says about itself (`ENGINE --describe`, engine-protocol.md):
 * workloads, keys, policies, kernels. The driver has no such table of its own.
 */
#ifndef EMU_DESCRIBE_H
#define EMU_DESCRIBE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/parse.h"
#include "emu/status.h"

/* One key a user may set: a workload key, a common key or a tunable. */
struct key_spec {
	struct value_spec	value;		/* value.name is the key */
	const char		*fallback;
	const char		*help;
};

struct key_table {
	struct key_spec		*keys;
	size_t			nr;
};

struct describe {
	json_t			*root;		/* owns all strings */
	char			*engine;	/* path of the program */
	/* NULL-terminated names. */
	const char		**workloads;
	const char		**kernels;
	const char		**archs;
	const char		**profiles;
	struct key_table	tunables;	/* families first */
	uint64_t		cpus_max;
	uint64_t		nodes_max;	/* 0: not said */
	uint64_t		memory_bytes_max;
	uint64_t		node_bytes_min;	/* 0: not said */
};

/*
 * Finds and asks the engine of a machine ("native", "sim"). STATUS_DONE and
 * *out (free with describe_destroy), or a message and STATUS_BUG: without an
 * engine the installation is broken.
 */
enum status describe_create(struct describe **out, const char *machine);
void describe_destroy(struct describe *describe);

/* The object of that name in a list ("workloads", "kernels"), or NULL. */
const json_t *describe_named(const struct describe *describe, const char *list,
			     const char *name);

/*
 * The keys of a workload, its own first, then the common ones. 0, -ENOMEM, or
 * -EINVAL for a malformed table; free with key_table_exit.
 */
int describe_keys(const struct describe *describe, const json_t *workload,
		  struct key_table *out);
void key_table_exit(struct key_table *table);
const struct key_spec *key_table_find(const struct key_table *table,
				      const char *name, size_t length);

/* The member of `family` that a kernel generation chooses, or NULL. */
const char *describe_choice(const struct describe *describe,
			    const char *kernel, const char *family);

#endif
