/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's main: `--describe`, `--run` or `--conform`
 * (doc/engine-protocol.md). The same source makes shootdown-native and
 * shootdown-sim.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/conform.h"
#include "emu/describe_engine.h"
#include "emu/point.h"
#include "emu/status.h"

#define RESULT_FD	3
#define EVENTS_FD	4

/* Beats come from a thread of the machine's; a line is never torn. */
static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;

static void write_line(json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT);
	size_t length, at = 0;

	must(text);
	length = strlen(text);
	text[length++] = '\n';
	pthread_mutex_lock(&writing);
	while (at < length) {
		ssize_t n = write(RESULT_FD, text + at, length - at);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	pthread_mutex_unlock(&writing);
	free(text);
	json_decref(json);
}

static void heartbeat(void)
{
	static unsigned beats;
	char line[40];
	int n = snprintf(line, sizeof(line), "{\"heartbeat\": %u}\n", ++beats);

	pthread_mutex_lock(&writing);
	if (write(RESULT_FD, line, (size_t)n) < 0)
		_exit(STATUS_BUG);	/* the driver is gone */
	pthread_mutex_unlock(&writing);
}

static int complain(const char *text)
{
	fprintf(stderr, "shootdown: %s\n", text);
	return STATUS_USAGE;
}

/* The kernel says nothing of a mistyped name. */
static void warn_unused(void)
{
	const char *name;
	size_t n;

	name = slab_debug_unused(&n);
	if (name)
		fprintf(stderr, "shootdown: warning: slab_debug: '%.*s' was no "
			"cache's name\n", (int)n, name);
}

static int write_events(void)
{
	FILE *file = fdopen(EVENTS_FD, "w");

	return file ? trace_print(file, heartbeat) : -errno;
}

static int run(void)
{
	static struct request request;
	static struct outcome outcome;
	char error[512] = "";
	json_error_t json_error;
	json_t *json = json_loadf(stdin, 0, &json_error);
	int err;

	if (!json)
		return complain(json_error.text);
	err = request_parse(json, &request, error, sizeof(error));
	json_decref(json);
	if (err)
		return complain(error);
	machine_set_heartbeat(heartbeat);
	err = engine_run(&request, &outcome, error, sizeof(error));
	if (err) {
		complain(error);
		return err == -ENOSPC ? STATUS_HOST : STATUS_USAGE;
	}
	warn_unused();
	if (request.events_bytes)
		outcome.events_error = write_events();
	write_line(json_pack("{s:o}", "point",
			     point_write(&request, &outcome)));
	return nr_kernel_bugs() != outcome.run.bugs_expected ? STATUS_BROKEN :
							       STATUS_DONE;
}

/* Writes the answer of a question without a run. */
static int answer(json_t *json)
{
	if (!json || json_dumpf(json, stdout, JSON_INDENT(1)) ||
	    fputc('\n', stdout) == EOF || fflush(stdout))
		return STATUS_BUG;
	json_decref(json);
	return STATUS_DONE;
}

static int conform(bool live)
{
	size_t size = 0, got;
	char *text = NULL;
	int status;

	do {
		text = realloc(text, size + 65536);
		must(text);
		got = fread(text + size, 1, 65536, stdin);
		size += got;
	} while (got);
	status = answer(conform_text(text, size, live));
	free(text);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--describe"))
		return answer(engine_describe());
	if (argc == 2 && !strcmp(argv[1], "--run"))
		return run();
	if (argc == 2 && !strncmp(argv[1], "--conform", 9))
		return conform(!strcmp(argv[1], "--conform=live"));
	fprintf(stderr, "%s is started by shootdown: --describe, --run or "
		"--conform\n", argv[0]);
	return STATUS_USAGE;
}
