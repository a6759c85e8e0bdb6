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
#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/verbs.h"
#include "emu/view_names.h"

static json_t *description, *schema;

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

static const char *string_at(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_bold(const char *text)
{
	putchar('*');
	print_escaped(text);
	putchar('*');
}

static void print_synopsis(void)
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

static void print_option(const struct option_spec *spec)
{
	if (spec->letter)
		printf("*-%c*, ", spec->letter);
	printf("*--%s*", spec->name);
	if (spec->argument) {
		printf(" _");
		print_escaped(spec->argument);
		putchar('_');
	}
	puts("");
	print_body(spec->help, spec->argument ? spec->fallback : NULL);
}

static void print_verbs(void)
{
	for (size_t i = 0; i < nr_verbs; i++) {
		printf("## shootdown %s\n\n", verb_table[i].name);
		print_escaped(verb_table[i].help);
		puts(".\n");
		for (int id = 0; id < NR_OPTIONS; id++)
			if (option_table[id].verbs & verb_table[i].options)
				print_option(&option_table[id]);
	}
}

static void print_views(void)
{
	for (int id = 0; id < NR_VIEWS; id++) {
		print_bold(view_word((enum view_id)id));
		printf("\n\t");
		print_escaped(view_names[id].file);
		puts("\n");
	}
}

static void print_job_keys(void)
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

	print_bold(string_at(key, "name"));
	fputs(" = ", stdout);
	json_array_foreach(values, i, value) {
		if (i)
			fputs(" | ", stdout);
		print_escaped(json_string_value(value));
	}
	if (!values) {
		putchar('_');
		print_escaped(string_at(key, "type"));
		putchar('_');
	}
	puts("");
	print_body(string_at(key, "help"), string_at(key, "default"));
}

static void print_keys(const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach((json_t *)keys, i, key)
		print_key(key);
}

static void print_workloads(void)
{
	json_t *workload, *op;
	size_t i, k;

	json_array_foreach(json_object_get(description, "workloads"), i,
			   workload) {
		printf("## ");
		print_escaped(string_at(workload, "name"));
		puts("\n");
		print_escaped(string_at(workload, "summary"));
		printf(". Operations:");
		json_array_foreach(json_object_get(workload, "ops"), k, op) {
			printf("%s ", k ? "," : "");
			print_escaped(json_string_value(op));
		}
		puts(".\n");
		print_keys(json_object_get(workload, "keys"));
	}
}

static void print_common_keys(void)
{
	const json_t *keys = json_object_get(description, "common_keys");

	print_keys(keys);
	if (!json_array_size(keys))
		puts("None.\n");
}

static void print_families(void)
{
	json_t *family, *member;
	size_t i, k;

	json_array_foreach(json_object_get(description, "families"), i,
			   family) {
		print_bold(string_at(family, "name"));
		puts(" = _policy_");
		print_body(string_at(family, "summary"),
			   string_at(family, "default"));
		json_array_foreach(json_object_get(family, "members"), k,
				   member) {
			printf("\t- ");
			print_bold(string_at(member, "name"));
			printf(": ");
			print_escaped(string_at(member, "summary"));
			puts("");
		}
		puts("");
	}
}

static void print_tunables(void)
{
	print_keys(json_object_get(description, "tunables"));
}

/* ---- the schema, flattened -------------------------------------------- */
static const json_t *resolve(const json_t *node)
{
	const char *ref;

	while ((ref = json_string_value(json_object_get(node, "$ref"))))
		node = json_object_get(json_object_get(schema, "definitions"),
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
		const char *help = string_at(property, "description");
		const json_t *target = resolve(property);

		snprintf(below, sizeof(below), "%s%s%s", path,
			 *path ? "." : "", name);
		print_bold(below);
		print_type(target);
		puts("");
		putchar('\t');
		print_escaped(*help ? help : string_at(target, "description"));
		puts("\n");
		print_members(target, below);
	}
}

static void print_schema(void)
{
	print_members(json_object_get(json_object_get(schema, "definitions"),
				      "result"), "");
}

/* ---- completion ------------------------------------------------------- */
static void print_names(const json_t *array)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item)
		printf("%s%s", i ? " " : "", json_is_string(item) ?
		       json_string_value(item) : string_at(item, "name"));
}

static void print_option_names(unsigned verb)
{
	const char *before = "";

	for (int id = 0; id < NR_OPTIONS; id++) {
		const struct option_spec *spec = &option_table[id];

		if (!(spec->verbs & verb))
			continue;
		if (spec->letter)
			printf("%s-%c ", before, spec->letter);
		printf("%s--%s", spec->letter ? "" : before, spec->name);
		before = " ";
	}
}

/* The words of an option: of its table, or of the description's list. */
static void print_option_words(void)
{
	static const struct { int id; const char *list; } described[] = {
		{ OPTION_KERNEL, "kernels" }, { OPTION_ARCH, "archs" },
		{ OPTION_PROFILE, "profiles" },
	};

	for (int id = 0; id < NR_OPTIONS; id++) {
		const char *const *word = option_table[id].value.words;

		if (!word)
			continue;
		printf("\t[%s]=\"", option_table[id].name);
		for (; *word; word++)
			printf("%s ", *word);
		puts("\"");
	}
	for (size_t i = 0; i < sizeof(described) / sizeof(described[0]); i++) {
		printf("\t[%s]=\"", option_table[described[i].id].name);
		print_names(json_object_get(description, described[i].list));
		puts("\"");
	}
}

static void print_key_words(const char *of, const json_t *keys)
{
	json_t *key;
	size_t i;

	json_array_foreach((json_t *)keys, i, key) {
		json_t *values = json_object_get(key, "values");

		if (!values)
			continue;
		printf("\t[%s.%s]=\"", of, string_at(key, "name"));
		print_names(values);
		puts("\"");
	}
}

static void print_bash_views(void)
{
	printf("_shootdown_views=\"");
	for (int id = 0; id < NR_VIEWS; id++)
		printf("%s%s", id ? " " : "", view_names[id].name);
	puts("\"");
}

/* "[a|b|c] ..." of a verb: its words. */
static void print_topics(const char *synopsis)
{
	printf("_shootdown_topics=\"");
	for (const char *c = synopsis + 1; *c && *c != ']'; c++)
		putchar(*c == '|' ? ' ' : *c);
	puts("\"");
}

static void print_bash_verbs(void)
{
	for (size_t i = 0; i < nr_verbs; i++)
		if (verb_table[i].options == VERB_LIST)
			print_topics(verb_table[i].synopsis);
	printf("_shootdown_verbs=\"");
	for (size_t i = 0; i < nr_verbs; i++)
		printf("%s%s", i ? " " : "", verb_table[i].name);
	puts("\"\ndeclare -gA _shootdown_options=(");
	for (size_t i = 0; i < nr_verbs; i++) {
		printf("\t[%s]=\"", verb_table[i].name);
		print_option_names(verb_table[i].options);
		puts("\"");
	}
	puts(")\ndeclare -gA _shootdown_letters=(");
	for (int id = 0; id < NR_OPTIONS; id++)
		if (option_table[id].letter && option_table[id].argument)
			printf("\t[-%c]=--%s\n", option_table[id].letter,
			       option_table[id].name);
	printf(")\n_shootdown_flags=\"");
	for (int id = 0; id < NR_OPTIONS; id++)
		if (!option_table[id].argument)
			printf("--%s ", option_table[id].name);
	puts("\"\ndeclare -gA _shootdown_words=(");
	print_option_words();
	puts(")");
}

static void print_bash_workloads(void)
{
	json_t *workload, *item;
	size_t i;

	printf("_shootdown_workloads=\"");
	print_names(json_object_get(description, "workloads"));
	puts("\"\ndeclare -gA _shootdown_keys=(");
	json_array_foreach(json_object_get(description, "workloads"), i,
			   workload) {
		printf("\t[%s]=\"", string_at(workload, "name"));
		print_names(json_object_get(workload, "keys"));
		putchar(' ');
		print_names(json_object_get(description, "common_keys"));
		puts("\"");
	}
	puts(")\ndeclare -gA _shootdown_key_words=(");
	json_array_foreach(json_object_get(description, "workloads"), i,
			   workload) {
		print_key_words(string_at(workload, "name"),
				json_object_get(workload, "keys"));
		print_key_words(string_at(workload, "name"),
				json_object_get(description, "common_keys"));
	}
	printf(")\n_shootdown_tunables=\"");
	print_names(json_object_get(description, "families"));
	putchar(' ');
	print_names(json_object_get(description, "tunables"));
	puts("\"\ndeclare -gA _shootdown_members=(");
	json_array_foreach(json_object_get(description, "families"), i, item) {
		printf("\t[%s]=\"", string_at(item, "name"));
		print_names(json_object_get(item, "members"));
		puts("\"");
	}
	puts(")");
}

/* ---- templates -------------------------------------------------------- */
static const struct {
	const char	*name;
	void		(*print)(void);
} expansions[] = {
	{ "synopsis", print_synopsis },
	{ "verbs", print_verbs },
	{ "views", print_views },
	{ "job-keys", print_job_keys },
	{ "workloads", print_workloads },
	{ "common-keys", print_common_keys },
	{ "families", print_families },
	{ "tunables", print_tunables },
	{ "schema", print_schema },
	{ "bash-views", print_bash_views },
	{ "bash-verbs", print_bash_verbs },
	{ "bash-workloads", print_bash_workloads },
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
	description = load(argv[2]);
	schema = load(argv[3]);
	failed = !template || !description || !schema || fill_in(template);
	json_decref(description);
	json_decref(schema);
	if (template)
		fclose(template);
	return failed || fflush(stdout) || ferror(stdout);
}
