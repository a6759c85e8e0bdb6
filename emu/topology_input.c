/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A topology as users name it: see topology_input.h. */
#include "emu/topology_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/suggest.h"
#include "emu/usage.h"

/*
 * Copies standard input to an anonymous file that the engine, a child with
 * our uid, opens through /proc.
 */
static enum status spool_stdin(struct topology_input *input)
{
	char buffer[65536];
	ssize_t length;

	input->fd = memfd_create("topology.xml", MFD_CLOEXEC);
	if (input->fd < 0)
		goto failed;
	while ((length = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (write(input->fd, buffer, (size_t)length) != length)
			goto failed;
	if (length < 0)
		goto failed;
	if (asprintf(&input->path, "/proc/%d/fd/%d", (int)getpid(),
		     input->fd) < 0)
		input->path = NULL;
	return STATUS_DONE;

failed:
	usage_note("cannot read the topology from standard input: %s",
		   strerror(errno));
	return STATUS_HOST;
}

/* What our copy of standard input is called is nobody's business. */
static void name_stdin(const struct topology_input *input,
		       struct topology_error *err)
{
	static const char name[] = "on standard input";
	char quoted[64], *at;
	size_t length = (size_t)snprintf(quoted, sizeof(quoted), "file '%s'",
					 input->path);

	at = strstr(err->text, quoted);
	if (input->fd < 0 || !at || length < sizeof(name) - 1)
		return;
	memcpy(at, name, sizeof(name) - 1);
	at += sizeof(name) - 1;
	memmove(at, at + length - (sizeof(name) - 1),
		strlen(at + length - (sizeof(name) - 1)) + 1);
}

static enum status load(struct topology_input *input, const char *spec)
{
	const char *text = spec;
	struct topology_error err = { .column = -1 };
	int length = (int)strlen(spec);
	struct suggestion host;
	char hint[64] = "";

	if (!topology_create(&input->topology, input->kind, input->path, &err))
		return STATUS_DONE;
	name_stdin(input, &err);
	if (err.column >= 0 && err.column <= length &&
	    input->kind == TOPOLOGY_SYNTHETIC) {
		text = spec + err.column;
		length = (int)strcspn(text, " ");
	}
	suggest_init(&host, spec, strlen(spec));
	suggest_offer(&host, "host");
	if (input->kind == TOPOLOGY_SYNTHETIC)
		suggest_hint(&host, hint, sizeof(hint));
	return usage_error(text, length, *hint ? hint : err.hint, "%s%s",
			   strncmp(err.text, "topology", 8) ? "topology: " :
			   "", err.text);
}

enum status topology_input_open(struct topology_input *input, const char *spec)
{
	enum status status = STATUS_DONE;

	*input = (struct topology_input){ .kind = topology_kind_of(spec),
					  .fd = -1 };
	if (!strcmp(spec, "-"))
		status = spool_stdin(input);
	else
		input->path = strdup(spec);
	if (status)
		return status;
	if (!input->path)
		return usage_error(NULL, 0, NULL, "out of memory");
	return load(input, spec);
}

void topology_input_close(struct topology_input *input)
{
	if (input->topology)
		topology_destroy(input->topology);
	if (input->fd >= 0)
		close(input->fd);
	free(input->path);
	*input = (struct topology_input){ .fd = -1 };
}

enum status refuse_place(const char *word, size_t length,
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

const char *topology_kind_name(enum topology_kind kind)
{
	static const char *const names[] = {
		[TOPOLOGY_HOST] = "host", [TOPOLOGY_XML] = "xml",
		[TOPOLOGY_SYNTHETIC] = "synthetic",
	};

	return names[kind];
}
