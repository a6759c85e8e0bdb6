/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which cost profile: a name, a user's file, or, when nothing is said, the
 * shipped one whose processors the topology names.
 */
#include "emu/config_profile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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
	FILE *file = fopen(path, "r");
	json_error_t error;
	char text[400];

	*document = NULL;
	if (!file)
		return usage_error(path, (int)strlen(path), NULL,
				   "cannot read the profile: %s",
				   strerror(errno));
	*document = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	if (!*document)
		return usage_error(path, (int)strlen(path), NULL,
				   "profile %s:%d:%d: %s", path, error.line,
				   error.column, error.text);
	if (!profile_read(*document, out, text, sizeof(text)))
		return STATUS_DONE;
	json_decref(*document);
	*document = NULL;
	return usage_error(path, (int)strlen(path), NULL, "%s", text);
}

enum status config_read_profile(struct config *config, const char *path)
{
	struct cost_profile profile;

	return read_profile_file(path, &profile, &config->profile);
}

json_t *config_describe_profile(const struct config *config)
{
	json_t *assumed = json_array(), *constant;
	const char *name = json_string_value(
		json_object_get(config->profile, "profile")), *key;

	json_object_foreach(json_object_get(config->profile, "constants"), key,
			    constant) {
		const char *source = json_string_value(
			json_object_get(constant, "source"));

		if (source && !strcmp(source, "assumed"))
			json_array_append_new(assumed, json_string(key));
	}
	return json_pack("{s:s, s:o}", "name", name ? name : "?", "assumed",
			 assumed);
}
