/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The topology of a run: see config_topology.h. */
#include "emu/config_topology.h"

#include <stdlib.h>
#include <string.h>

#include "emu/usage.h"

enum status config_topology(struct config *config)
{
	const char *spec = options_text(config->options, OPTION_TOPOLOGY);
	enum status status = topology_input_open(&config->input, spec);

	config->topology = config->input.topology;
	if (status)
		return status;
	if (strcmp(config->machine, "native") || config->topology->is_this_host)
		return STATUS_DONE;
	return usage_error(spec, (int)strlen(spec),
		"another machine's topology needs the simulated one: -m sim",
		"the native machine runs on this host's topology only");
}

/* One placement of the axis, of which place_pus becomes the narrowest. */
static enum status check_place(struct config *config, const char *at,
			       size_t length)
{
	struct topology_error err = { .text = "out of memory" };
	char *word = strndup(at, length);
	int pus = -1;

	if (word)
		pus = topology_place(config->topology, word, 0, NULL, &err);
	if (pus < 0) {
		free(word);
		return refuse_place(at, length, &err);
	}
	if (config->place && (unsigned)pus >= config->place_pus) {
		free(word);
		return STATUS_DONE;
	}
	free(config->place);
	config->place = word;
	config->place_pus = (unsigned)pus;
	return STATUS_DONE;
}

enum status config_place(struct config *config)
{
	const char *at = options_text(config->options, OPTION_PLACE);
	enum status status;
	size_t length;

	for (;; at += length + 1) {
		length = strcspn(at, "|");
		status = check_place(config, at, length);
		if (status || !at[length])
			return status;
	}
}
