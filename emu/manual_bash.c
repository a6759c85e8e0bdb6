/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for a shell to complete, from tables: see manual.h. */
#include <stdio.h>
#include <string.h>

#include "emu/manual.h"
#include "emu/verbs.h"
#include "emu/view_names.h"

static void print_names(const json_t *array)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)array, i, item)
		printf("%s%s", i ? " " : "", json_is_string(item) ?
		       json_string_value(item) : manual_string(item, "name"));
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
		print_names(manual_list(described[i].list));
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
		printf("\t[%s.%s]=\"", of, manual_string(key, "name"));
		print_names(values);
		puts("\"");
	}
}

void manual_bash_views(void)
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

void manual_bash_verbs(void)
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

void manual_bash_workloads(void)
{
	json_t *workload, *item;
	size_t i;

	printf("_shootdown_workloads=\"");
	print_names(manual_list("workloads"));
	puts("\"\ndeclare -gA _shootdown_keys=(");
	json_array_foreach(manual_list("workloads"), i, workload) {
		printf("\t[%s]=\"", manual_string(workload, "name"));
		print_names(json_object_get(workload, "keys"));
		putchar(' ');
		print_names(manual_list("common_keys"));
		puts("\"");
	}
	puts(")\ndeclare -gA _shootdown_key_words=(");
	json_array_foreach(manual_list("workloads"), i, workload) {
		print_key_words(manual_string(workload, "name"),
				json_object_get(workload, "keys"));
		print_key_words(manual_string(workload, "name"),
				manual_list("common_keys"));
	}
	printf(")\n_shootdown_tunables=\"");
	print_names(manual_list("families"));
	putchar(' ');
	print_names(manual_list("tunables"));
	puts("\"\ndeclare -gA _shootdown_members=(");
	json_array_foreach(manual_list("families"), i, item) {
		printf("\t[%s]=\"", manual_string(item, "name"));
		print_names(json_object_get(item, "members"));
		puts("\"");
	}
	puts(")");
}
