/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The topology of a run: see config_topology.h. */
#include "emu/config_topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/usage.h"

/*
 * Copies standard input to an anonymous file that the engine, a child with
 * our uid, opens through /proc.
 */
static enum status spool_stdin(struct config *config)
{
	char buffer[65536];
	ssize_t length;

	config->topology_fd = memfd_create("topology.xml", MFD_CLOEXEC);
	if (config->topology_fd < 0)
		goto failed;
	while ((length = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (write(config->topology_fd, buffer, (size_t)length) !=
		    length)
			goto failed;
	if (length < 0)
		goto failed;
	if (asprintf(&config->topology_path, "/proc/%d/fd/%d", (int)getpid(),
		     config->topology_fd) < 0)
		config->topology_path = NULL;
	if (config->topology_path)
		return STATUS_DONE;

failed:
	usage_note("cannot read the topology from standard input: %s",
		   strerror(errno));
	return STATUS_HOST;
}

static enum status load(struct config *config, const char *spec)
{
	const char *text = spec;
	struct topology_error err = { .column = -1 };
	int length = (int)strlen(spec);

	if (!topology_create(&config->topology, config->topology_kind,
			     config->topology_path, &err))
		return STATUS_DONE;
	if (err.column >= 0 && err.column < length &&
	    config->topology_kind == TOPOLOGY_SYNTHETIC) {
		text = spec + err.column;
		length = (int)strcspn(text, " ");
	}
	return usage_error(text, length, err.hint, "%s%s",
			   strncmp(err.text, "topology", 8) ? "topology: " :
			   "", err.text);
}

enum status config_topology(struct config *config)
{
	const char *spec = options_text(config->options, OPTION_TOPOLOGY);
	enum status status;

	config->topology_kind = topology_kind_of(spec);
	if (!strcmp(spec, "-")) {
		status = spool_stdin(config);
		if (status)
			return status;
	} else {
		config->topology_path = strdup(spec);
	}
	if (!config->topology_path)
		return usage_error(NULL, 0, NULL, "out of memory");
	status = load(config, spec);
	if (status)
		return status;
	if (strcmp(config->machine, "native") || config->topology->is_this_host)
		return STATUS_DONE;
	return usage_error(spec, (int)strlen(spec),
		"another machine's topology needs the simulated one: -m sim",
		"the native machine runs on this host's topology only");
}

static enum status wrong_place(const char *word, size_t length,
			       const struct topology_error *err)
{
	const char *at = word + (err->column > 0 ? err->column : 0);
	size_t marked = strcspn(at, ",|");

	if (at >= word + length)
		marked = 1;
	else if (at + marked > word + length)
		marked = (size_t)(word + length - at);
	return usage_error(at, (int)marked, err->hint, "%s", err->text);
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
		return wrong_place(at, length, &err);
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
