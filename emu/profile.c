/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/profile.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "emu/profiles.h"
#include "emu/suggest.h"
#include "emu/utf8.h"

/* What a number of the file means, and what its text is called. */
struct constant {
	const char	*name;
	double		least, most;
	const char	*what;
};

static const struct constant constants[] = {
#define X(name, least, most, what) { #name, least, most, what },
	PROFILE_CONSTANTS(X)
#undef X
};

static const char *const sources[] = { "assumed", "derived", "published",
				       "measured" };

struct context {
	struct cost_profile	*out;
	char			*error;
	size_t			error_size;
};

/* What fits of it, in whole characters: a result is UTF-8. */
static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
	out[utf8_first_bad(out, strlen(out))] = '\0';
}

/* One line, whatever the file calls things. */
static int wrong(struct context *c, const char *place, const char *what)
{
	snprintf(c->error, c->error_size, "profile %s: %.100s%s%s",
		 c->out->name[0] ? c->out->name : "?", place,
		 place[0] ? ": " : "", what);
	c->error[utf8_first_bad(c->error, strlen(c->error))] = '\0';
	for (char *at = c->error; *at; at++)
		if (iscntrl((unsigned char)*at))
			*at = ' ';
	return -EINVAL;
}

static bool is_time(const struct constant *constant)
{
	size_t length = strlen(constant->name);

	return length > 3 && !strcmp(constant->name + length - 3, "_ns");
}

static int read_source(const char *name)
{
	for (unsigned i = 0; name && i < ARRAY_SIZE(sources); i++)
		if (!strcmp(sources[i], name))
			return (int)i;
	return -1;
}

static int read_number(struct context *c, unsigned i, const json_t *json)
{
	const struct constant *constant = &constants[i];
	double value = json_number_value(json);
	char text[160];

	if (!json_is_number(json))
		return wrong(c, constant->name, "value must be a number");
	if (value < constant->least || value > constant->most) {
		snprintf(text, sizeof(text), "%g is not in %g to %g", value,
			 constant->least, constant->most);
		return wrong(c, constant->name, text);
	}
	if (!is_time(constant) && value != floor(value))
		return wrong(c, constant->name, "must be whole");
	c->out->of[i].value = (u64)llround(is_time(constant) ? value * 1000 :
					   value);
	return 0;
}

static int read_constant(struct context *c, unsigned i, json_t *json)
{
	struct profile_value *out = &c->out->of[i];
	const char *name = constants[i].name, *key;
	int source;
	json_t *value;

	if (!json)
		return wrong(c, name, "missing");
	if (!json_is_object(json))
		return wrong(c, name, "must be an object of value, source "
			     "and note");
	json_object_foreach(json, key, value)
		if (strcmp(key, "value") && strcmp(key, "source") &&
		    strcmp(key, "note"))
			return wrong(c, name, "unknown key beside value, "
				     "source and note");
	source = read_source(json_string_value(json_object_get(json,
							       "source")));
	if (source < 0)
		return wrong(c, name, "source must be assumed, derived, "
			     "published or measured");
	out->source = (enum profile_source)source;
	key = json_string_value(json_object_get(json, "note"));
	if (!key || !*key)
		return wrong(c, name, "note missing: whence is it?");
	copy_text(out->note, sizeof(out->note), key);
	return read_number(c, i, json_object_get(json, "value"));
}

static int no_such_constant(struct context *c, const char *key)
{
	struct suggestion near;
	char text[160], hint[128];

	suggest_init(&near, key, strlen(key));
	for (unsigned i = 0; i < NR_PROFILE_CONSTANTS; i++)
		suggest_offer(&near, constants[i].name);
	suggest_hint(&near, hint, sizeof(hint));
	snprintf(text, sizeof(text), "no such constant%s%s", *hint ? ": " : "",
		 hint);
	return wrong(c, key, text);
}

static int refuse_unknown(struct context *c, json_t *json)
{
	const char *key;
	json_t *value;

	json_object_foreach(json, key, value) {
		unsigned i;

		for (i = 0; i < NR_PROFILE_CONSTANTS; i++)
			if (!strcmp(constants[i].name, key))
				break;
		if (i == NR_PROFILE_CONSTANTS)
			return no_such_constant(c, key);
	}
	return 0;
}

static u64 of(const struct cost_profile *profile, enum profile_constant c)
{
	return profile->of[c].value;
}

/* What this build does not see. */
static int refuse_unseen(struct context *c)
{
#ifndef WITH_BLOCKS
	if (of(c->out, PROFILE_block_ns))
		return wrong(c, "block_ns", "this build sees accesses only "
			     "(configure --enable-blocks)");
#endif
	return 0;
}

/* Numbers that each make sense, but not together. */
static int refuse_absurd(struct context *c)
{
	const struct cost_profile *p = c->out;

	if (of(p, PROFILE_c2c_smt_ns) > of(p, PROFILE_c2c_l3_ns) ||
	    of(p, PROFILE_c2c_l3_ns) > of(p, PROFILE_c2c_package_ns) ||
	    of(p, PROFILE_c2c_package_ns) > of(p, PROFILE_c2c_cross_ns))
		return wrong(c, "c2c_*_ns", "nearer must not cost more");
	if (of(p, PROFILE_l1_ns) > of(p, PROFILE_l2_ns) ||
	    of(p, PROFILE_l2_ns) > of(p, PROFILE_l3_ns) ||
	    of(p, PROFILE_l3_ns) > of(p, PROFILE_dram_local_ns) ||
	    of(p, PROFILE_dram_local_ns) > of(p, PROFILE_dram_remote_ns))
		return wrong(c, "l1, l2, l3, dram", "must ascend");
	if (!of(p, PROFILE_l2_ns) || !of(p, PROFILE_fill_ns))
		return wrong(c, "l2_ns, fill_ns", "must not be 0");
	return 0;
}

static int read_arbiter(struct context *c, const json_t *json)
{
	static const char *const names[] = PROFILE_ARBITERS;
	const char *name = json ? json_string_value(json) : names[0];

	for (unsigned i = 0; name && i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name)) {
			snprintf(c->out->arbiter, sizeof(c->out->arbiter),
				 "%s", name);
			return 0;
		}
	return wrong(c, "arbiter", "must be nearest or fifo");
}

static bool has_control(const char *text)
{
	while (*text && !iscntrl((unsigned char)*text))
		text++;
	return *text != '\0';
}

static int read_document(struct context *c, json_t *json)
{
	json_t *all = json_object_get(json, "constants"), *value;
	const char *key, *text;

	text = json_string_value(json_object_get(json, "profile"));
	copy_text(c->out->name, sizeof(c->out->name), text ? text : "");
	if (!text || !text[0])
		return wrong(c, "", "no \"profile\": its name");
	if (has_control(text))
		return wrong(c, "", "its name is more than one line");
	json_object_foreach(json, key, value)
		if (strcmp(key, "profile") && strcmp(key, "summary") &&
		    strcmp(key, "arbiter") && strcmp(key, "constants"))
			return wrong(c, key, "unknown key");
	text = json_string_value(json_object_get(json, "summary"));
	copy_text(c->out->summary, sizeof(c->out->summary),
		  text ? text : "");
	if (!json_is_object(all))
		return wrong(c, "", "no \"constants\"");
	if (read_arbiter(c, json_object_get(json, "arbiter")) ||
	    refuse_unknown(c, all))
		return -EINVAL;
	for (unsigned i = 0; i < NR_PROFILE_CONSTANTS; i++)
		if (read_constant(c, i, json_object_get(all,
							constants[i].name)))
			return -EINVAL;
	if (refuse_unseen(c))
		return -EINVAL;
	return refuse_absurd(c);
}

static int read_named(struct context *c, const char *name)
{
	json_error_t error;
	json_t *json;
	int err;

	if (!strcmp(name, "flat")) {
		c->out->flat = true;
		snprintf(c->out->name, sizeof(c->out->name), "flat");
		snprintf(c->out->summary, sizeof(c->out->summary), "every "
			 "access costs the same; no coherence is modelled");
		return 0;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(shipped_profiles); i++) {
		if (strcmp(shipped_profiles[i].name, name))
			continue;
		json = json_loads(shipped_profiles[i].text, 0, &error);
		if (!json)
			return wrong(c, name, error.text);
		err = read_document(c, json);
		json_decref(json);
		return err;
	}
	return wrong(c, name, "no such profile");
}

const char *profile_name(unsigned index)
{
	if (!index)
		return "flat";
	return index <= ARRAY_SIZE(shipped_profiles) ?
	       shipped_profiles[index - 1].name : NULL;
}

int profile_read(const json_t *json, struct cost_profile *out, char *error,
		 size_t error_size)
{
	struct context c = { out, error, error_size };

	memset(out, 0, sizeof(*out));
	if (json_is_string(json))
		return read_named(&c, json_string_value(json));
	if (!json_is_object(json))
		return wrong(&c, "", "neither a name nor an object");
	return read_document(&c, (json_t *)json);
}

/* ---- telling ---------------------------------------------------------- */
static double shown(const struct cost_profile *profile, unsigned i)
{
	double value = (double)profile->of[i].value;

	return is_time(&constants[i]) ? value / 1000 : value;
}

/* FNV-1a over names, values and sources. */
static u64 hash_of(const struct cost_profile *profile)
{
	u64 hash = 0xcbf29ce484222325UL;
	char line[96];

	for (unsigned i = 0; i < NR_PROFILE_CONSTANTS; i++) {
		snprintf(line, sizeof(line), "%s %lu %d\n", constants[i].name,
			 (unsigned long)profile->of[i].value,
			 (int)profile->of[i].source);
		for (const char *at = line; *at; at++)
			hash = (hash ^ (u8)*at) * 0x100000001b3UL;
	}
	return hash;
}

json_t *profile_describe(const struct cost_profile *profile)
{
	json_t *all = json_object(), *assumed = json_array();
	char hash[17];

	snprintf(hash, sizeof(hash), "%016lx",
		 (unsigned long)hash_of(profile));
	for (unsigned i = 0; !profile->flat && i < NR_PROFILE_CONSTANTS; i++) {
		const struct profile_value *value = &profile->of[i];

		json_object_set_new(all, constants[i].name,
			json_pack("{s:f, s:s, s:s, s:s}", "value",
				  shown(profile, i), "source",
				  sources[value->source], "note", value->note,
				  "what", constants[i].what));
		if (value->source == PROFILE_ASSUMED)
			json_array_append_new(assumed,
					json_string(constants[i].name));
	}
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", profile->name,
			 "summary", profile->summary, "hash", hash, "assumed",
			 assumed, "constants", all);
}
