/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cost profile: a name, a user's file, or, when nothing is said, the
 * shipped one whose processors the topology names.
 */
#include "emu/config_profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/source.h"
#include "emu/usage.h"

/* Parts of hwloc's CPUModel, as /proc/cpuinfo has it. */
static const struct {
	const char	*model[2];
	const char	*profile;
} models[] = {
	{ { "E5-", " v4" }, "broadwell-2s" },
	{ { "Platinum 83", "" }, "icelake-sp-2s" },
	{ { "Gold 63", "" }, "icelake-sp-2s" },
	{ { "Gold 53", "" }, "icelake-sp-2s" },
};

const char *nearest_profile(const struct topology *topology, char *why,
			    size_t why_size)
{
	const char *model = topology_cpu_model(topology);

	for (unsigned i = 0; model && i < sizeof(models) / sizeof(models[0]);
	     i++)
		if (strstr(model, models[i].model[0]) &&
		    strstr(model, models[i].model[1])) {
			snprintf(why, why_size, "its processors are %s", model);
			return models[i].profile;
		}
	if (model)
		snprintf(why, why_size, "none is made for its processors, %s",
			 model);
	else
		snprintf(why, why_size, "it does not name its processors");
	return "generic";
}

static const char *known(const struct config *config, const char *name)
{
	for (unsigned i = 0; config->describe->profiles[i]; i++)
		if (!strcmp(config->describe->profiles[i], name))
			return name;
	return config->describe->profiles[0];
}

const char *config_nearest_profile(const struct config *config)
{
	char why[1];

	return known(config, nearest_profile(config->topology, why,
					     sizeof(why)));
}

bool config_is_profile_file(const char *given)
{
	const char *dot = given ? strrchr(given, '.') : NULL;

	return given && (strchr(given, '/') || (dot && !strcmp(dot, ".json")));
}

enum status read_profile_file(const char *path, struct cost_profile *out,
			      json_t **document)
{
	char *text, error_text[400];
	json_error_t error;
	size_t size;
	enum status status = source_read(path, &text, &size);

	*document = NULL;
	if (!status)
		*document = json_loadb(text, size, JSON_REJECT_DUPLICATES,
				       &error);
	free(text);
	if (status)
		return status;
	if (!*document)
		return usage_error(path, (int)strlen(path), NULL,
				   "profile %s:%d:%d: %s", path, error.line,
				   error.column, error.text);
	if (!profile_read(*document, out, error_text, sizeof(error_text)))
		return STATUS_DONE;
	json_decref(*document);
	*document = NULL;
	return usage_error(path, (int)strlen(path), NULL, "%s: %s", path,
			   error_text);
}

enum status config_read_profile(struct config *config, const char *path)
{
	struct cost_profile profile;

	return read_profile_file(path, &profile, &config->profile);
}

/* A member of what profile_describe() says of the file. */
static json_t *described(const struct config *config, const char *name)
{
	struct cost_profile profile;
	char error[400];
	json_t *all, *member;

	if (profile_read(config->profile, &profile, error, sizeof(error)))
		return NULL;	/* it has been read before */
	all = profile_describe(&profile);
	member = json_incref(json_object_get(all, name));
	json_decref(all);
	return member;
}

json_t *config_profile_hash(const struct config *config)
{
	return described(config, "hash");
}

json_t *config_describe_profile(const struct config *config)
{
	return json_pack("{s:o, s:o, s:o}", "name", described(config, "name"),
			 "hash", described(config, "hash"), "assumed",
			 described(config, "assumed"));
}
