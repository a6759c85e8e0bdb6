/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown show: a text view of the emulated kernel, out of a result. */
#include "emu/cmd.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/points.h"
#include "emu/result.h"
#include "emu/source.h"
#include "emu/suggest.h"
#include "emu/usage.h"
#include "emu/view_names.h"

#define HINT_SIZE	512

static int length_of(const char *text)
{
	return (int)strlen(text);
}

/* Appends a word to a list; what is too long is cut. */
static void list_word(char *list, const char *word)
{
	size_t length = strlen(list);

	snprintf(list + length, HINT_SIZE - length, "%s%s", length ? " " : "",
		 word);
}

/* ---- which view ------------------------------------------------------- */
static bool is_cache(const char *view)
{
	const char *slab = view_names[VIEW_SLAB].name;
	size_t length = strlen(slab);

	return !strncmp(view, slab, length) && view[length] == ':' &&
		view[length + 1];
}

static enum status check_view(const char *view)
{
	struct suggestion suggestion;
	char hint[HINT_SIZE] = "";

	if (!view)
		return usage_error(NULL, 0, "see: shootdown show --help",
				   "which view of which result?");
	if (is_cache(view))
		return STATUS_DONE;
	suggest_init(&suggestion, view, strlen(view));
	for (int id = 0; id < NR_VIEWS; id++) {
		const char *name = view_names[id].name;

		list_word(hint, view_word((enum view_id)id));
		if (id == VIEW_SLAB)
			continue;
		if (!strcmp(view, name))
			return STATUS_DONE;
		suggest_offer(&suggestion, name);
	}
	if (suggestion.best)
		suggest_hint(&suggestion, hint, sizeof(hint));
	return usage_error(view, length_of(view), hint, "no view is called "
			   "'%s'", view);
}

/* ---- the points of a result ------------------------------------------- */
static enum status not_a_result(const char *path, const char *why)
{
	return usage_error(path, length_of(path),
			   "shootdown run WORKLOAD -O result.json makes one",
			   "%s is not a result: %s", path, why);
}

/* One document, or a line each of several. */
static enum status parse_points(const char *path, const char *text,
				size_t size, json_t *points)
{
	enum status status = STATUS_DONE;
	json_error_t error;

	for (size_t at = 0; !status && at < size;) {
		json_t *document = json_loadb(text + at, size - at,
			JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK,
			&error);
		const char *schema = json_string_value(
			json_object_get(document, "schema"));

		if (!document)
			return not_a_result(path, error.text);
		if (!schema || strcmp(schema, RESULT_SCHEMA))
			status = not_a_result(path, "its schema is not "
					      RESULT_SCHEMA);
		json_array_extend(points, json_object_get(document, "points"));
		json_decref(document);
		at += (size_t)error.position;
		while (at < size && isspace((unsigned char)text[at]))
			at++;
	}
	return status;
}

static enum status load_points(const char *path, json_t *points)
{
	enum status status;
	size_t size = 0;
	char *text;

	if (!path)
		return usage_error(NULL, 0, "shootdown show VIEW RESULT",
				   "of which result?");
	status = source_read(path, &text, &size);
	if (!status)
		status = parse_points(path, text, size, points);
	free(text);
	if (!status && !json_array_size(points))
		status = not_a_result(path, "no point of it has ended");
	return status;
}

/* ---- which point ------------------------------------------------------ */
/* A setting of a point as a person may type it: 65536, 64K. */
static bool is_typed(const json_t *setting, const char *typed)
{
	char text[32];

	if (json_is_string(setting))
		return !strcmp(json_string_value(setting), typed);
	if (json_is_boolean(setting))
		return !strcmp(typed, json_is_true(setting) ? "1" : "0");
	snprintf(text, sizeof(text), "%.15g", json_number_value(setting));
	return !strcmp(text, typed) || (json_is_integer(setting) &&
		!strcmp(format_size((uint64_t)json_integer_value(setting),
				    text, sizeof(text)), typed));
}

static json_t *matching(const json_t *points, const char *name,
			const char *value)
{
	json_t *kept = json_array(), *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point)
		if (is_typed(json_object_get(json_object_get(point, "point"),
					     name), value))
			json_array_append(kept, point);
	return kept;
}

static void list_labels(char *list, const json_t *points, const char *except)
{
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		char *label = point_label(points, point, except);

		if (label)
			list_word(list, label);
		if (label && i + 1 < json_array_size(points))
			list_word(list, "|");
		free(label);
	}
}

/* A setting that no point has, or has with this value. */
static enum status refuse_key(const json_t *points,
			      const struct option_word *word,
			      const char *name)
{
	const json_t *settings = json_object_get(json_array_get(points, 0),
						 "point");
	struct suggestion suggestion;
	char hint[HINT_SIZE] = "";
	json_t *value;
	const char *other;

	if (json_object_get(settings, name)) {
		list_labels(hint, points, "");
		if (json_array_size(points) == 1)
			snprintf(hint, sizeof(hint), "it is the only point");
		return usage_error(word->value, length_of(word->value), hint,
				   "no point has %s=%s", name, word->value);
	}
	suggest_init(&suggestion, name, strlen(name));
	json_object_foreach((json_t *)settings, other, value) {
		suggest_offer(&suggestion, other);
		list_word(hint, other);
	}
	if (suggestion.best)
		suggest_hint(&suggestion, hint, sizeof(hint));
	return usage_error(word->name, (int)word->name_length, hint,
			   "points have no setting %s", name);
}

/* The points that have all of the settings; *points is replaced. */
static enum status filter(const struct options *options, json_t **points)
{
	for (size_t i = 0; i < options->nr_keys; i++) {
		const struct option_word *word = &options->keys[i];
		char name[64];
		enum status status;
		json_t *kept;

		snprintf(name, sizeof(name), "%.*s", (int)word->name_length,
			 word->name);
		kept = matching(*points, name, word->value);
		if (!json_array_size(kept)) {
			status = refuse_key(*points, word, name);
			json_decref(kept);
			return status;
		}
		json_decref(*points);
		*points = kept;
	}
	return STATUS_DONE;
}

static enum status need_one(const struct options *options,
			    const json_t *points)
{
	char hint[HINT_SIZE] = "choose with key=value:";

	if (json_array_size(points) == 1)
		return STATUS_DONE;
	list_labels(hint, points, "");
	return usage_error(options->second, length_of(options->second), hint,
			   "%zu points", json_array_size(points));
}

/* ---- printing --------------------------------------------------------- */
/* "slab:" and a cache that is not there: which one may be meant. */
static void hint_at_views(const json_t *views, const char *view, char *hint)
{
	bool caches = false, wants_cache = is_cache(view);
	struct suggestion suggestion;
	const char *name;
	json_t *text;

	suggest_init(&suggestion, view, strlen(view));
	json_object_foreach((json_t *)views, name, text) {
		if (is_cache(name) == wants_cache)
			suggest_offer(&suggestion, name);
		if (is_cache(name) && !caches)
			list_word(hint, "slab:CACHE");
		else if (!is_cache(name))
			list_word(hint, name);
		caches = caches || is_cache(name);
	}
	if (suggestion.best)
		suggest_hint(&suggestion, hint, HINT_SIZE);
}

/* The option without which there is no such view, or NULL. */
static const char *needed_option(const char *view)
{
	for (int id = 0; id < NR_VIEWS; id++)
		if (!strcmp(view, view_names[id].name))
			return view_names[id].needs;
	return NULL;
}

static enum status explain_missing(const json_t *point, const char *view)
{
	const json_t *views = json_object_get(point, "views");
	const json_t *bytes = json_object_get(json_object_get(point,
					      "views_omitted"), view);
	char not_run[128], hint[HINT_SIZE] = "there is:";
	const char *why = point_not_run(point, not_run, sizeof(not_run));
	const char *error = json_string_value(json_object_get(point, "error"));

	if (bytes)
		return usage_error(view, length_of(view),
				   "run with --views and its name, or "
				   "--views all", "%s was left out: it has %"
				   JSON_INTEGER_FORMAT " bytes", view,
				   json_integer_value(bytes));
	if (needed_option(view))
		snprintf(hint, sizeof(hint), "run with %s",
			 needed_option(view));
	else if (json_object_size(views))
		hint_at_views(views, view, hint);
	else if (why)
		snprintf(hint, sizeof(hint), "it was not run: %s", why);
	else if (error)
		snprintf(hint, sizeof(hint), "it failed: %s", error);
	else
		snprintf(hint, sizeof(hint), "it was run with --views none");
	return usage_error(view, length_of(view), hint,
			   "the point has no view '%s'", view);
}

static enum status print_view(const json_t *point, const char *view)
{
	const char *text = json_string_value(json_object_get(
		json_object_get(point, "views"), view));

	if (!text)
		return explain_missing(point, view);
	fputs(text, stdout);
	return STATUS_DONE;
}

enum status cmd_show(const struct options *options, int argc, char **argv)
{
	json_t *points = json_array();
	enum status status = check_view(options->subject);

	(void)argc;
	(void)argv;
	if (!status)
		status = load_points(options->second, points);
	if (!status)
		status = filter(options, &points);
	if (!status)
		status = need_one(options, points);
	if (!status)
		status = print_view(json_array_get(points, 0),
				    options->subject);
	json_decref(points);
	return status;
}
