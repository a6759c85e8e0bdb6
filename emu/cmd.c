/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What verbs have in common: see cmd.h. */
#include "emu/cmd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/usage.h"

enum status cmd_no_words(const struct options *options)
{
	const char *word = options->subject;
	int length = word ? (int)strlen(word) : 0;

	if (!word && options->nr_keys) {
		word = options->keys[0].name;
		length = (int)options->keys[0].name_length;
	}
	if (!word)
		return STATUS_DONE;
	return usage_error(word, length, NULL, "one word too many: '%.*s'",
			   length, word);
}

bool cmd_color(const struct options *options, int fd)
{
	const char *when = options_text(options, OPTION_COLOR);
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(when, "always"))
		return true;
	return strcmp(when, "never") && (!no_color || !*no_color) &&
		isatty(fd);
}
