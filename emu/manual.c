/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills the manual pages and the completion in: a program of the build. What
 * can be said from tables is; a template says the rest.
 *
 *	manual TEMPLATE DESCRIPTION SCHEMA >PAGE
 *
 * DESCRIPTION is what an engine says of itself, SCHEMA the result's. A line of
 * the template that is "@NAME" and nothing else is replaced: see expansions[].
 */
#include "emu/manual.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *manual_description, *manual_schema;

static const struct {
	const char	*name;
	void		(*print)(void);
} expansions[] = {
	{ "synopsis", manual_synopsis },
	{ "verbs", manual_verbs },
	{ "views", manual_views },
	{ "job-keys", manual_job_keys },
	{ "workloads", manual_workloads },
	{ "common-keys", manual_common_keys },
	{ "families", manual_families },
	{ "tunables", manual_tunables },
	{ "schema", manual_result },
	{ "bash-views", manual_bash_views },
	{ "bash-verbs", manual_bash_verbs },
	{ "bash-workloads", manual_bash_workloads },
};

static bool expand(const char *name)
{
	for (size_t i = 0; i < sizeof(expansions) / sizeof(expansions[0]); i++)
		if (!strcmp(name, expansions[i].name)) {
			expansions[i].print();
			return true;
		}
	return false;
}

static json_t *load(const char *path)
{
	json_error_t err;
	json_t *json = json_load_file(path, 0, &err);

	if (!json)
		fprintf(stderr, "manual: %s:%d: %s\n", path, err.line,
			err.text);
	return json;
}

static int fill_in(FILE *template)
{
	char *line = NULL;
	size_t room = 0;
	int failed = 0;

	while (!failed && getline(&line, &room, template) > 0) {
		if (line[0] != '@') {
			fputs(line, stdout);
			continue;
		}
		line[strcspn(line, "\n")] = '\0';
		failed = !expand(line + 1);
		if (failed)
			fprintf(stderr, "manual: no expansion %s\n", line);
	}
	free(line);
	return failed;
}

int main(int argc, char **argv)
{
	FILE *template;
	int failed;

	if (argc != 4) {
		fputs("usage: manual TEMPLATE DESCRIPTION SCHEMA\n", stderr);
		return 2;
	}
	template = fopen(argv[1], "r");
	manual_description = load(argv[2]);
	manual_schema = load(argv[3]);
	failed = !template || !manual_description || !manual_schema ||
		fill_in(template);
	json_decref(manual_description);
	json_decref(manual_schema);
	if (template)
		fclose(template);
	return failed || fflush(stdout) || ferror(stdout);
}
