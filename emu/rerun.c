/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Repeating a result, or the lines of one (jsonl): its effective
 * configuration, as far as somebody chose it, becomes this run's. Defaults and
 * what a generation or a topology implies follow again from the rest.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "emu/result.h"
#include "emu/source.h"
#include "emu/usage.h"

static enum status not_a_result(const char *path, const char *why)
{
	return usage_error(path, (int)strlen(path),
			   "shootdown run WORKLOAD -O result.json makes one",
			   "%s is not a result: %s", path, why);
}

static char *scalar_text(const json_t *value)
{
	char text[64];

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_boolean(value))
		return strdup(json_is_true(value) ? "1" : "0");
	if (!json_is_integer(value))
		return NULL;
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT,
		 json_integer_value(value));
	return strdup(text);
}

/* "a|b|c", as a person would type it; NULL: not a setting. */
static char *value_text(const json_t *value)
{
	char *text = NULL;
	json_t *item;
	size_t i;

	if (!json_is_array(value))
		return scalar_text(value);
	json_array_foreach(value, i, item) {
		char *part = scalar_text(item), *longer;

		if (!part || asprintf(&longer, "%s%s%s", text ? text : "",
				      text ? "|" : "", part) < 0) {
			free(part);
			free(text);
			return NULL;
		}
		free(part);
		free(text);
		text = longer;
	}
	return text;
}

/* A --reproducible result names files by their digests. */
static bool is_digest(const struct options *options, const char *name,
		      const json_t *entry)
{
	const char *text = json_string_value(json_object_get(entry, "value"));
	enum option_id id = !strcmp(name, "topology") ? OPTION_TOPOLOGY :
			    !strcmp(name, "profile") ? OPTION_PROFILE :
			    NR_OPTIONS;

	return id < NR_OPTIONS && !options->given[id] && text &&
	       strlen(text) == 16 && strspn(text, "0123456789abcdef") == 16;
}

/* "NAME = VALUE" as a line for messages; the value within it. */
static enum status take_entry(struct options *options, const char *path,
			      const char *name, const json_t *entry)
{
	char *value = value_text(json_object_get(entry, "value"));
	char *line = NULL, *shown;

	if (is_digest(options, name, entry)) {
		free(value);
		return usage_error(path, (int)strlen(path), "say which file it "
				   "was: --topology FILE, --profile FILE",
				   "%s has only the digest of its %s file "
				   "(--reproducible)", path, name);
	}
	if (!value || asprintf(&line, "%s = %s", name, value) < 0) {
		free(value);
		return usage_error(path, (int)strlen(path), NULL,
				   "%s: config.effective.%s has no value that "
				   "a setting can have", path, name);
	}
	free(value);
	shown = strdup(line);
	if (!shown || options_keep(options, line) ||
	    options_keep(options, shown)) {
		usage_note("out of memory");
		return STATUS_HOST;
	}
	usage_add_line(path, 0, line, shown);
	return source_set(options, line, strlen(name),
			  line + strlen(name) + strlen(" = "), ORIGIN_RESULT);
}

/* Somebody has chosen it: a job, a command line, or whom they repeated. */
static bool was_chosen(const json_t *entry)
{
	static const char *const implied[] = { "default", "generation",
					       "topology" };
	const char *from = json_string_value(json_object_get(entry, "from"));

	for (size_t i = 0; i < sizeof(implied) / sizeof(implied[0]); i++)
		if (from && !strcmp(from, implied[i]))
			return false;
	return true;
}

static enum status take_effective(struct options *options, const char *path,
				  json_t *document)
{
	const char *schema = json_string_value(json_object_get(document,
							       "schema"));
	json_t *entries = json_object_get(json_object_get(document, "config"),
					  "effective"), *entry;
	enum status status = STATUS_DONE;
	const char *name;

	if (!schema || strcmp(schema, RESULT_SCHEMA))
		return not_a_result(path, "its schema is not "
				    RESULT_SCHEMA);
	if (!json_is_object(entries))
		return not_a_result(path, "it has no config.effective");
	json_object_foreach(entries, name, entry)
		if (!status && was_chosen(entry))
			status = take_entry(options, path, name, entry);
	return status;
}

static const char *hash_of(const json_t *document)
{
	const char *hash = json_string_value(json_object_get(
		json_object_get(document, "config"), "hash"));

	return hash ? hash : "";
}

/* The document at *at, which moves behind it; NULL after the message. */
static json_t *load_one(const char *path, const char *text, size_t size,
			size_t *at, unsigned *line)
{
	json_error_t error;
	json_t *document = json_loadb(text + *at, size - *at,
		JSON_REJECT_DUPLICATES | JSON_DISABLE_EOF_CHECK, &error);

	if (!document) {
		usage_error(path, (int)strlen(path), NULL, "%s:%u:%d: %s", path,
			    *line + (unsigned)error.line - 1, error.column,
			    error.text);
		return NULL;
	}
	for (size_t end = *at + (size_t)error.position; *at < end; (*at)++)
		*line += text[*at] == '\n';
	for (; *at < size && strchr(" \t\r\n", text[*at]); (*at)++)
		*line += text[*at] == '\n';
	return document;
}

/* Lines of one run have its whole configuration each: the first stands for
 * them, and the others must be of that run. */
static enum status check_others(const char *path, const char *text,
				size_t size, size_t at, unsigned line,
				const json_t *first)
{
	while (at < size) {
		unsigned number = line;
		json_t *other = load_one(path, text, size, &at, &line);
		bool same = other && !strcmp(hash_of(first), hash_of(other));

		json_decref(other);
		if (!other)
			return STATUS_USAGE;
		if (!same)
			return usage_error(path, (int)strlen(path),
					   "repeat one run at a time",
					   "%s:%u: a result of another run "
					   "than line 1", path, number);
	}
	return STATUS_DONE;
}

enum status rerun_load(struct options *options, const char *path,
		       const char *text, size_t size)
{
	unsigned line = 1;
	size_t at = 0;
	json_t *document = load_one(path, text, size, &at, &line);
	enum status status = STATUS_USAGE;

	if (document)
		status = check_others(path, text, size, at, line, document);
	if (!status)
		status = take_effective(options, path, document);
	json_decref(document);
	return status;
}
