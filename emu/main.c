/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver: which verb, then its options, then the verb. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/git.h"
#include "emu/cmd.h"
#include "emu/output.h"
#include "emu/source.h"
#include "emu/suggest.h"
#include "emu/usage.h"
#include "emu/utf8.h"
#include "emu/verbs.h"
#include "emu/view_names.h"

static void print_help(void)
{
	puts("shootdown: how kmalloc, vmalloc and their TLB shootdowns scale "
	     "with CPUs\n");
	for (size_t i = 0; i < nr_verbs; i++)
		printf("  shootdown %s %s\n      %s\n", verb_table[i].name,
		       verb_table[i].synopsis, verb_table[i].help);
	puts("\n  shootdown VERB --help      the options of a verb\n"
	     "  shootdown --version\n\n"
	     "Exit status: 0 done, 1 an expectation failed, 2 usage, 4 it "
	     "cannot be done here,\n5 interrupted or --timeout (partial "
	     "result), 6 the emulated kernel broke an\ninvariant, 70 an "
	     "engine failed.");
}

static void print_version(void)
{
#ifdef PKGGIT
	puts("shootdown " PKGVERSION " (" PKGGIT ")");
#else
	puts("shootdown " PKGVERSION);
#endif
}

static void print_views(void)
{
	puts("\nViews (kept by the run, see its --views):");
	for (int id = 0; id < NR_VIEWS; id++)
		printf("  %-16s  %s\n", view_word((enum view_id)id),
		       view_names[id].file);
}

static void print_verb_help(const struct verb *verb)
{
	printf("Usage: shootdown %s %s\n%s\n\n", verb->name, verb->synopsis,
	       verb->help);
	options_help(verb->options);
	if (verb->options == VERB_RUN)
		puts("\nSizes are binary (64K 2M 1G), times need a unit (ns us "
		     "ms s m h). Any option or key\nwith a value may hold a "
		     "range: a..b, a..b*k, x|y|z.");
	if (verb->options == VERB_SHOW)
		print_views();
}

static enum status unknown_verb(const char *word)
{
	struct suggestion suggestion;
	char hint[128] = "there is:";

	for (size_t i = 0; i < nr_verbs; i++)
		snprintf(hint + strlen(hint), sizeof(hint) - strlen(hint),
			 " %s", verb_table[i].name);
	for (size_t i = 0; verbs_planned[i]; i++)
		if (!strcmp(word, verbs_planned[i]))
			return usage_error(word, (int)strlen(word),
					   hint, "'%s' does not exist yet",
					   word);
	if (!strcmp(word, "help") || !strcmp(word, "version"))
		return usage_error(word, (int)strlen(word), NULL,
				   "it is an option: --%s", word);
	if (word[0] == '-' && word[1])
		snprintf(hint, sizeof(hint), "options stand behind a verb, "
			 "see: shootdown --help");
	suggest_init(&suggestion, word, strlen(word));
	for (size_t i = 0; i < nr_verbs; i++)
		suggest_offer(&suggestion, verb_table[i].name);
	if (suggestion.best)
		suggest_hint(&suggestion, hint, sizeof(hint));
	return usage_error(word, (int)strlen(word), hint, "unknown verb '%s'",
			   word);
}

static enum status run_verb(const struct verb *verb, int argc, char **argv)
{
	struct options options;
	struct value color = { 0 };
	enum status status = options_parse(&options, verb->options, argc,
					   argv);

	if (!status && options.given[OPTION_HELP])
		print_verb_help(verb);
	else if (!status && options.given[OPTION_VERSION])
		print_version();
	else if (!status && verb->options == VERB_RUN)
		status = source_load(&options);
	if (!status && !options.given[OPTION_HELP] &&
	    !options.given[OPTION_VERSION])
		status = options_value(&options, OPTION_COLOR, &color);
	if (color.word)
		status = verb->run(&options, argc, argv);
	value_exit(&color);
	options_exit(&options);
	return status;
}

/* Standard output must take what was said without an output of its own. */
static enum status flushed(enum status status)
{
	struct output output;

	output_open(&output, NULL);
	return status_worst(status, output_commit(&output));
}

/* They are in the result, which is UTF-8. */
static enum status check_arguments(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (utf8_first_bad(argv[i], strlen(argv[i])) < strlen(argv[i]))
			return usage_error(NULL, 0, NULL,
					   "argument %d is not UTF-8", i);
	return STATUS_DONE;
}

/*
 * A descriptor that is closed would be the next file's that we open: what is
 * meant for people, or the result, would go there. Writing to a file that was
 * opened for reading fails, as it would have.
 */
static void open_standard_files(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 1 ? O_RDONLY : O_RDWR) != fd)
			abort();
}

int main(int argc, char **argv)
{
	open_standard_files();
	usage_init(argc, argv);
	if (check_arguments(argc, argv))
		return STATUS_USAGE;
	if (argc < 2)
		return usage_error(NULL, 0, "see: shootdown --help",
				   "which verb?");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return flushed(STATUS_DONE);
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		print_version();
		return flushed(STATUS_DONE);
	}
	for (size_t i = 0; i < nr_verbs; i++)
		if (!strcmp(argv[1], verb_table[i].name))
			return flushed(run_verb(&verb_table[i], argc, argv));
	return unknown_verb(argv[1]);
}
