/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assembling the result document: see result.h. */
#include "emu/config_profile.h"
#include "emu/git.h"
#include "emu/result.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "emu/finding.h"
#include "emu/summary.h"

/* Numbers with 15 digits: what a double holds, and 0.1 stays 0.1. */
#define DUMP_FLAGS	JSON_REAL_PRECISION(15)

/* The members of a point in the order in which they are written. */
static const char *const point_members[] = {
	"oversubscribed", "not_run", "needs", "derived", "binding", "time_ns",
	"ops", "overhead", "time_in", "locks", "lines", "ipi", "tlb", "slab",
	"pages", "vmalloc", "sim", "events", "invariants", "noise", "samples",
	"views", "views_omitted", "reports",
};

#define NR_MEMBERS	(sizeof(point_members) / sizeof(point_members[0]))

json_t *result_tool(void)
{
	json_t *tool = json_pack("{s:s}", "version", PKGVERSION);

#ifdef PKGGIT
	json_object_set_new(tool, "git", json_string(PKGGIT));
#endif
	json_object_set_new(tool, "compiler", json_string(
#ifdef __clang__
		__VERSION__
#else
		"gcc " __VERSION__
#endif
		));
	return tool;
}

static bool is_ours(const char *name)
{
	if (!strcmp(name, "point") || !strcmp(name, "status") ||
	    !strcmp(name, "error"))
		return true;
	for (size_t i = 0; i < NR_MEMBERS; i++)
		if (!strcmp(name, point_members[i]))
			return true;
	return false;
}

json_t *result_point(json_t *point, const struct outcome *outcome)
{
	const json_t *error = json_object_get(outcome->point, "error");
	json_t *out = json_object(), *value;
	const char *name;

	json_object_set_new(out, "point", point);
	json_object_set_new(out, "status", json_integer(outcome->status));
	if (json_is_string(error))
		json_object_set(out, "error", (json_t *)error);
	else
		json_object_set_new(out, "error", outcome->error ?
				    json_string(outcome->error) : json_null());
	for (size_t i = 0; i < NR_MEMBERS; i++) {
		value = json_object_get(outcome->point, point_members[i]);
		if (value && !json_is_null(value))
			json_object_set(out, point_members[i], value);
	}
	if (outcome->said)
		json_object_set(out, "said", outcome->said);
	/* Unknown ones last: the schema, not silence, refuses them. */
	json_object_foreach(outcome->point, name, value)
		if (!is_ours(name))
			json_object_set(out, name, value);
	return out;
}

/* FNV-1a, 64 bit, of the compact dump. */
static json_t *hash_of(const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS |
				JSON_ENCODE_ANY);
	uint64_t hash = 0xcbf29ce484222325;
	char shown[17];

	for (const char *c = text; c && *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	free(text);
	snprintf(shown, sizeof(shown), "%016llx", (unsigned long long)hash);
	return json_string(shown);
}

static json_t *argv_json(int argc, char **argv)
{
	json_t *array = json_array();

	/* The program's directory is nobody's configuration. */
	json_array_append_new(array, json_string("shootdown"));
	for (int i = 1; i < argc; i++) {
		json_t *word = json_string(argv[i]);

		json_array_append_new(array, word ? word :
				      json_string("(not UTF-8)"));
	}
	return array;
}

/* Of what is run, whoever said so. A topology file's path is no part of it; its
 * content is. */
static json_t *config_hash(const struct config *config, json_t *effective)
{
	json_t *values = json_object(), *entry, *hash;
	const char *name;

	json_object_foreach(effective, name, entry)
		json_object_set(values, name, json_object_get(entry, "value"));
	json_object_set_new(values, "topology",
			    json_string(config->topology->hash));
	hash = hash_of(values);
	json_decref(values);
	return hash;
}

static json_t *config_json(const struct config *config, int argc, char **argv)
{
	json_t *object = json_object();
	json_t *effective = config_effective(config);

	if (!config->reproducible)
		json_object_set_new(object, "argv", argv_json(argc, argv));
	json_object_set_new(object, "hash", config_hash(config, effective));
	json_object_set_new(object, "effective", effective);
	return object;
}

static json_t *topology_json(const struct config *config)
{
	const struct topology *topology = config->topology;
	json_t *object = json_object();

	if (!config->reproducible || config->input.kind != TOPOLOGY_XML)
		json_object_set_new(object, "spec", json_string(
			options_text(config->options, OPTION_TOPOLOGY)));
	json_object_set_new(object, "source", json_string(
		topology_kind_name(config->input.kind)));
	json_object_set_new(object, "pus", json_integer(topology->nr_pus));
	json_object_set_new(object, "nodes", json_integer(topology->nr_nodes));
	json_object_set_new(object, "hash", json_string(topology->hash));
	return object;
}

/* "model name" of the first processor, or NULL. */
static json_t *processor_json(void)
{
	FILE *file = fopen("/proc/cpuinfo", "r");
	char line[512];
	json_t *name = NULL;

	while (file && !name && fgets(line, sizeof(line), file)) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, "model name", 10))
			continue;
		line[strcspn(line, "\n")] = '\0';
		name = json_string(colon + 2);
	}
	if (file)
		fclose(file);
	return name;
}

json_t *result_host(void)
{
	json_t *object = json_object(), *processor = processor_json();
	time_t now = time(NULL);
	struct utsname uts;
	struct tm tm;
	char date[32];

	if (!uname(&uts)) {
		json_object_set_new(object, "name", json_string(uts.nodename));
		json_object_set_new(object, "kernel",
				    json_string(uts.release));
		json_object_set_new(object, "arch", json_string(uts.machine));
	}
	if (processor)
		json_object_set_new(object, "processor", processor);
	json_object_set_new(object, "pus", json_integer(
		sysconf(_SC_NPROCESSORS_ONLN)));
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
	json_object_set_new(object, "date", json_string(date));
	return object;
}

/* The one value of an option for the head of the document, if it is one. */
static void set_head(json_t *document, const struct config *config,
		     const char *name)
{
	const struct axis *axis = sweep_find(&config->sweep, AXIS_OPTION, name);

	if (axis && axis->values.nr == 1)
		json_object_set_new(document, name, json_string(
			axis->values.items[0].word));
}

/* A profile of known values assumes some of them; the engine says which. */
static void set_profile(json_t *document, const struct config *config)
{
	json_t *profiles = json_object_get(config->describe->root, "profiles");
	const struct axis *axis = sweep_find(&config->sweep, AXIS_OPTION,
					     "profile");
	json_t *object, *profile, *value;
	size_t i;

	if (!axis || axis->values.nr != 1)
		return;
	if (config->profile) {
		json_object_set_new(document, "profile",
				    config_describe_profile(config));
		return;
	}
	object = json_pack("{s:s}", "name", axis->values.items[0].word);
	json_array_foreach(profiles, i, profile) {
		if (strcmp(json_string_value(json_object_get(profile, "name")),
			   axis->values.items[0].word))
			continue;
		value = json_object_get(profile, "hash");
		if (value)
			json_object_set(object, "hash", value);
		value = json_object_get(profile, "assumed");
		if (value)
			json_object_set(object, "assumed", value);
	}
	json_object_set_new(document, "profile", object);
}

json_t *result_create(const struct config *config, json_t *points,
		      bool complete, int argc, char **argv)
{
	json_t *document = json_object(), *summary = summary_create(points);
	char *finding = finding_text(points);

	json_object_set_new(document, "schema", json_string(RESULT_SCHEMA));
	json_object_set_new(document, "complete", json_boolean(complete));
	json_object_set_new(document, "tool", result_tool());
	json_object_set_new(document, "config",
			    config_json(config, argc, argv));
	json_object_set_new(document, "workload",
			    json_string(config->workload));
	json_object_set_new(document, "machine", json_string(config->machine));
	set_head(document, config, "kernel");
	set_head(document, config, "arch");
	json_object_set_new(document, "topology", topology_json(config));
	set_profile(document, config);
	if (!config->reproducible)
		json_object_set_new(document, "host", result_host());
	json_object_set_new(document, "points", points);
	if (summary)
		json_object_set_new(document, "summary", summary);
	json_object_set_new(document, "finding",
			    json_string(finding ? finding : ""));
	json_object_set(document, "warnings", config->warnings);
	free(finding);
	return document;
}

static int write_document(const json_t *document, size_t flags, FILE *file)
{
	if (json_dumpf(document, file, flags) || fputc('\n', file) == EOF)
		return -EIO;
	return 0;
}

int result_write(const json_t *document, FILE *file)
{
	return write_document(document, DUMP_FLAGS | JSON_INDENT(1), file);
}

int result_write_line(const json_t *document, FILE *file)
{
	int err = write_document(document, DUMP_FLAGS | JSON_COMPACT, file);

	return err || !fflush(file) ? err : -EIO;
}
