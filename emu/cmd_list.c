/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shootdown list: what the engine of a machine knows. */
#include "emu/cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/describe.h"
#include "emu/output.h"
#include "emu/profile.h"
#include "emu/result.h"
#include "emu/table.h"
#include "emu/usage.h"

#define COLUMNS	80

/* A topic: its name for the user, and its member of the description. */
struct topic {
	const char	*name, *member;
	void		(*print)(const json_t *array, bool color);
};

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_named(const json_t *array, bool color)
{
	static const char *const heads[] = { "<name", "<", NULL };
	struct table table;
	json_t *item;
	size_t i;

	table_init(&table, heads, color);
	json_array_foreach((json_t *)array, i, item) {
		table_row(&table);
		table_cell(&table, "%s", string_at(item, "name"));
		table_cell(&table, "%s", string_at(item, "summary"));
	}
	table_print(&table, stdout);
	table_exit(&table);
}

/* They are the sim machine's; who asks the native one is shown them too. */
static void print_profiles(const json_t *array, bool color)
{
	json_t *all = json_array(), *word;
	struct cost_profile profile;
	char error[256];

	if (!json_array_size(array))
		puts("Of the sim machine; a native run costs what this host "
		     "takes.");
	for (unsigned i = 0; profile_name(i); i++) {
		word = json_string(profile_name(i));
		if (!profile_read(word, &profile, error, sizeof(error)))
			json_array_append_new(all, profile_describe(&profile));
		json_decref(word);
	}
	print_named(json_array_size(array) ? array : all, color);
	json_decref(all);
}

/* "gfp  GFP_KERNEL  flags of the allocations: GFP_KERNEL GFP_NOFS" */
static void add_key(struct table *table, const json_t *key)
{
	json_t *values = json_object_get(key, "values"), *value;
	const char *fallback = string_at(key, "default");
	char words[400] = "";
	size_t i, used = 0;

	json_array_foreach(values, i, value)
		if (used < sizeof(words))
			used += (size_t)snprintf(words + used, sizeof(words) -
				used, "%s %s", i ? "" : ":",
				json_string_value(value));
	table_row(table);
	table_cell(table, "    %s", string_at(key, "name"));
	table_cell(table, "%s", *fallback ? fallback : "-");
	table_cell(table, "%s%s", string_at(key, "help"), words);
}

static void print_keys(const json_t *keys)
{
	static const char *const heads[] = { "<", "<", "<", NULL };
	struct table table;
	json_t *key;
	size_t i;

	table_init(&table, heads, false);
	table.wrap = COLUMNS;
	json_array_foreach((json_t *)keys, i, key)
		add_key(&table, key);
	table_print(&table, stdout);
	table_exit(&table);
}

static void print_workloads(const json_t *array, bool color)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item) {
		printf("%s%s%s%s\n    ", i ? "\n" : "", color ? "\033[1m" : "",
		       string_at(item, "name"), color ? "\033[0m" : "");
		print_wrapped(string_at(item, "summary"), 4, COLUMNS, stdout);
		putchar('\n');
		print_keys(json_object_get(item, "keys"));
	}
}

static void add_word(char *words, size_t size, const char *format, ...)
{
	size_t used = strlen(words);
	va_list args;

	va_start(args, format);
	vsnprintf(words + used, size - used, format, args);
	va_end(args);
}

/* "vmap=augmented slab=slub ...", and what there is not. */
static void print_choices(const json_t *item)
{
	char words[400] = "";
	const char *name;
	json_t *word;
	size_t i;

	json_object_foreach(json_object_get(item, "choices"), name, word)
		add_word(words, sizeof(words), "%s%s=%s", *words ? " " : "",
			 name, json_string_value(word));
	json_array_foreach(json_object_get(item, "absent"), i, word)
		add_word(words, sizeof(words), ", no %s",
			 json_string_value(word));
	printf("\n%8s", "");
	print_wrapped(words, 8, COLUMNS, stdout);
}

static void print_kernel(const json_t *item, bool color)
{
	const char *partly = string_at(item, "partly");

	printf("%s%-6s%s  ", color ? "\033[1m" : "", string_at(item, "name"),
	       color ? "\033[0m" : "");
	print_wrapped(string_at(item, "summary"), 8, COLUMNS, stdout);
	print_choices(item);
	if (*partly) {
		printf("\n%8sin part: ", "");
		print_wrapped(partly, 17, COLUMNS, stdout);
	}
	putchar('\n');
}

static void print_kernels(const json_t *array, bool color)
{
	json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
		print_kernel(item, color);
}

static void print_families(const json_t *array, bool color)
{
	json_t *item, *member;
	size_t i, k;

	json_array_foreach((json_t *)array, i, item) {
		printf("%s%s%s%s (%s)  %s\n", i ? "\n" : "",
		       color ? "\033[1m" : "", string_at(item, "name"),
		       color ? "\033[0m" : "", string_at(item, "default"),
		       string_at(item, "summary"));
		json_array_foreach(json_object_get(item, "members"), k,
				   member) {
			printf("    %-16s  ", string_at(member, "name"));
			print_wrapped(string_at(member, "summary"), 22,
				      COLUMNS, stdout);
			putchar('\n');
		}
	}
}

static void print_tunables(const json_t *array, bool color)
{
	(void)color;
	print_keys(array);
}

static void print_invariant(const json_t *item, bool color)
{
	const char *fault = string_at(item, "fault");
	const char *where = string_at(item, "where");
	const char *why = string_at(item, "why");
	char text[600];

	printf("%s%-7s%s ", color ? "\033[1m" : "", string_at(item, "id"),
	       color ? "\033[0m" : "");
	print_wrapped(string_at(item, "text"), 8, COLUMNS, stdout);
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s", string_at(item,
		 "status"), *where ? " in " : "", where, *fault ?
		 "; planted fault " : "", fault, *why ? ": " : "", why);
	printf("\n%10s", "");
	print_wrapped(text, 10, COLUMNS, stdout);
	putchar('\n');
}

static void print_invariants(const json_t *array, bool color)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item)
		print_invariant(item, color);
}

/* Policies are families and the tunables beside them. */
static const struct topic topics[] = {
	{ "workloads", "workloads", print_workloads },
	{ "kernels", "kernels", print_kernels },
	{ "archs", "archs", print_named },
	{ "locks", "locks", print_named },
	{ "policies", "families", print_families },
	{ "policies", "tunables", print_tunables },
	{ "profiles", "profiles", print_profiles },
	{ "invariants", "invariants", print_invariants },
};

#define NR_TOPICS	(sizeof(topics) / sizeof(topics[0]))

static void print_text(const struct describe *describe, const char *subject,
		       bool color)
{
	const char *before = NULL;

	for (size_t i = 0; i < NR_TOPICS; i++) {
		const json_t *array = json_object_get(describe->root,
						      topics[i].member);

		if (subject && strcmp(subject, topics[i].name))
			continue;
		if (!subject && (!before || strcmp(before, topics[i].name)))
			printf("%s== %s\n", before ? "\n" : "",
			       topics[i].name);
		else if (before && json_array_size(array))
			putchar('\n');
		before = topics[i].name;
		topics[i].print(array, color);
	}
}

static json_t *list_document(const struct describe *describe,
			     const char *subject)
{
	json_t *document = json_pack("{s:s, s:o, s:O}", "schema",
		"shootdown.list/1", "tool", result_tool(), "machine",
		json_object_get(describe->root, "machine"));

	for (size_t i = 0; i < NR_TOPICS; i++)
		if (!subject || !strcmp(subject, topics[i].name))
			json_object_set(document, topics[i].member,
				json_object_get(describe->root,
						topics[i].member));
	return document;
}

static enum status check_subject(const char *subject)
{
	const char *names[NR_TOPICS + 1] = { NULL };
	struct value_spec spec = { .name = "topic", .type = VALUE_ENUM,
		.words = names };
	struct parse_error err;
	struct value value;
	size_t nr = 0;

	if (!subject)
		return STATUS_DONE;
	for (size_t i = 0; i < NR_TOPICS; i++)
		if (!i || strcmp(topics[i].name, topics[i - 1].name))
			names[nr++] = topics[i].name;
	if (parse_value(&spec, subject, strlen(subject), &value, &err))
		return usage_error(subject, err.length, err.hint, "%s",
				   err.text);
	value_exit(&value);
	return STATUS_DONE;
}

static enum status print_list(const struct options *options,
			      const struct describe *describe, bool json)
{
	struct output output;
	enum status status = output_open(&output, NULL);
	json_t *document;

	if (status)
		return status;
	if (json) {
		document = list_document(describe, options->subject);
		result_write(document, output.file);
		json_decref(document);
	} else {
		print_text(describe, options->subject,
			   cmd_color(options, STDOUT_FILENO));
	}
	return output_commit(&output);
}

enum status cmd_list(const struct options *options, int argc, char **argv)
{
	static const char *const formats[] = { "text", "json", NULL };
	struct value machine = { 0 };
	struct describe *describe = NULL;
	unsigned format;
	enum status status = check_subject(options->subject);

	(void)argc;
	(void)argv;
	if (!status && options->nr_keys)
		status = usage_error(options->keys[0].name,
				     (int)options->keys[0].name_length, NULL,
				     "list takes no keys");
	if (!status)
		status = options_value(options, OPTION_MACHINE, &machine);
	if (!status)
		status = options_choice(options, OPTION_FORMAT, formats,
					&format);
	if (!status)
		status = describe_create(&describe, machine.word);
	if (!status)
		status = print_list(options, describe, format == 1);
	describe_destroy(describe);
	value_exit(&machine);
	return status;
}
