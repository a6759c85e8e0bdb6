/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of manual pages, from tables: see manual.h. */
#include <stdio.h>
#include <string.h>

#include "emu/manual.h"
#include "emu/verbs.h"
#include "emu/view_names.h"

/* ---- scdoc ------------------------------------------------------------ */
/* Text as it is: what scdoc takes for markup is escaped. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\#<>", *text))
			putchar('\\');
		putchar(*text == '\n' ? ' ' : *text);
	}
}

static void print_bold(const char *text)
{
	putchar('*');
	print_escaped(text);
	putchar('*');
}

void manual_synopsis(void)
{
	for (size_t i = 0; i < nr_verbs; i++) {
		printf("*shootdown %s* ", verb_table[i].name);
		print_escaped(verb_table[i].synopsis);
		puts("++");
	}
}

/* The help's text, its default behind it, as the body of a definition. */
static void print_body(const char *help, const char *fallback)
{
	putchar('\t');
	print_escaped(help);
	if (fallback && *fallback) {
		printf(" (default: ");
		print_escaped(fallback);
		putchar(')');
	}
	puts("\n");
}

static void print_option(enum option_id id, unsigned verb)
{
	const struct option_spec *spec = &option_table[id];

	if (spec->letter)
		printf("*-%c*, ", spec->letter);
	printf("*--%s*", spec->name);
	if (spec->argument) {
		printf(" _");
		print_escaped(spec->argument);
		putchar('_');
	}
	puts("");
	print_body(option_help(id, verb), spec->argument ? spec->fallback :
		   NULL);
}

void manual_verbs(void)
{
	for (size_t i = 0; i < nr_verbs; i++) {
		printf("## shootdown %s\n\n", verb_table[i].name);
		print_escaped(verb_table[i].help);
		puts(".\n");
		for (int id = 0; id < NR_OPTIONS; id++)
			if (option_table[id].verbs & verb_table[i].options)
				print_option((enum option_id)id,
					     verb_table[i].options);
	}
}

void manual_views(void)
{
	for (int id = 0; id < NR_VIEWS; id++) {
		print_bold(view_word((enum view_id)id));
		printf("\n\t");
		print_escaped(view_names[id].file);
		puts("\n");
	}
}

void manual_job_keys(void)
{
	for (int id = 0; id < NR_OPTIONS; id++) {
		const struct option_spec *spec = &option_table[id];

		if (!option_is_key((enum option_id)id))
			continue;
		print_bold(spec->name);
		printf(" = ");
		print_escaped(spec->argument ? spec->argument : "0|1");
		puts("");
		print_body(spec->help, spec->fallback);
	}
}

static void print_key(const json_t *key)
{
	json_t *values = json_object_get(key, "values"), *value;
	size_t i;

	print_bold(manual_string(key, "name"));
	fputs(" = ", stdout);
	json_array_foreach(values, i, value) {
		if (i)
			fputs(" | ", stdout);
		print_escaped(json_string_value(value));
	}
	if (!values) {
		putchar('_');
		print_escaped(manual_string(key, "type"));
		putchar('_');
	}
	puts("");
	print_body(manual_string(key, "help"), manual_string(key, "default"));
}

static void print_keys(const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach((json_t *)keys, i, key)
		print_key(key);
}

void manual_workloads(void)
{
	json_t *workload, *op;
	size_t i, k;

	json_array_foreach(manual_list("workloads"), i, workload) {
		printf("## ");
		print_escaped(manual_string(workload, "name"));
		puts("\n");
		print_escaped(manual_string(workload, "summary"));
		printf(". Operations:");
		json_array_foreach(json_object_get(workload, "ops"), k, op) {
			printf("%s ", k ? "," : "");
			print_escaped(json_string_value(op));
		}
		puts(".\n");
		print_keys(json_object_get(workload, "keys"));
	}
}

void manual_common_keys(void)
{
	const json_t *keys = manual_list("common_keys");

	print_keys(keys);
	if (!json_array_size(keys))
		puts("None.\n");
}

void manual_families(void)
{
	json_t *family, *member;
	size_t i, k;

	json_array_foreach(manual_list("families"), i, family) {
		print_bold(manual_string(family, "name"));
		puts(" = _policy_");
		print_body(manual_string(family, "summary"),
			   manual_string(family, "default"));
		json_array_foreach(json_object_get(family, "members"), k,
				   member) {
			printf("\t- ");
			print_bold(manual_string(member, "name"));
			printf(": ");
			print_escaped(manual_string(member, "summary"));
			puts("");
		}
		puts("");
	}
}

void manual_tunables(void)
{
	print_keys(manual_list("tunables"));
}

/* ---- the schema, flattened -------------------------------------------- */
static const json_t *resolve(const json_t *node)
{
	const char *ref;

	while ((ref = json_string_value(json_object_get(node, "$ref"))))
		node = json_object_get(json_object_get(manual_schema,
						       "definitions"),
				       strrchr(ref, '/') + 1);
	return node;
}

static void print_type(const json_t *node)
{
	const json_t *type = json_object_get(node, "type");
	json_t *words = json_object_get(node, "enum"), *word;
	size_t i;

	if (words)
		type = NULL;
	if (json_is_string(type))
		printf(" (%s)", json_string_value(type));
	json_array_foreach(words, i, word) {
		printf(i ? ", " : " (");
		if (json_is_string(word))
			print_escaped(json_string_value(word));
		else
			printf("%" JSON_INTEGER_FORMAT,
			       json_integer_value(word));
	}
	if (words)
		putchar(')');
}

/* A line a member; path is what leads to the node. */
static void print_members(const json_t *node, const char *path)
{
	json_t *properties, *property;
	const json_t *items;
	const char *name;
	char below[256];

	node = resolve(node);
	items = json_object_get(node, "items");
	if (json_is_object(items)) {
		snprintf(below, sizeof(below), "%s[]", path);
		print_members(items, below);
	}
	properties = json_object_get(node, "properties");
	json_object_foreach(properties, name, property) {
		const char *help = manual_string(property, "description");
		const json_t *target = resolve(property);

		snprintf(below, sizeof(below), "%s%s%s", path,
			 *path ? "." : "", name);
		print_bold(below);
		print_type(target);
		puts("");
		putchar('\t');
		print_escaped(*help ? help :
			      manual_string(target, "description"));
		puts("\n");
		print_members(target, below);
	}
}

void manual_result(void)
{
	print_members(json_object_get(json_object_get(manual_schema,
						       "definitions"),
				      "result"), "");
}
