/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of `shootdown run`, one argument a line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "emu/usage.h"
#include "emu/utf8.h"
#include "tests/fuzz/fuzz.h"

#define NR_WORDS_MAX	64

/* getopt remembers where in a cluster of letters it was. */
static void forget_cluster(void)
{
	static char name[] = "x";
	char *argv[] = { name, NULL };

	optind = 0;
	getopt_long(1, argv, "", NULL, NULL);
}

static int split(char *text, char **argv)
{
	int argc = 2;

	for (char *next = text; next && argc < NR_WORDS_MAX;)
		argv[argc++] = strsep(&next, "\n");
	argv[argc] = NULL;
	return argc;
}

static void check(int argc, char **argv)
{
	struct options options;
	enum status status;
	char *message;

	usage_init(argc, argv);
	forget_cluster();
	fuzz_capture();
	status = options_parse(&options, VERB_RUN, argc, argv);
	message = fuzz_captured();
	if (status) {
		fuzz_must(status == STATUS_USAGE);
		fuzz_check_message(message);
	} else {
		fuzz_must(!*message);
		for (size_t i = 0; i < options.nr_keys; i++)
			fuzz_must(options.keys[i].name_length > 0);
	}
	free(message);
	options_exit(&options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char program[] = "shootdown", verb[] = "run";
	char *argv[NR_WORDS_MAX + 1] = { program, verb };
	char *text = fuzz_text(data, size);

	/* main() has refused what is not UTF-8. */
	if (utf8_first_bad(text, strlen(text)) == strlen(text))
		check(split(text, argv), argv);
	free(text);
	return 0;
}
