/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a key that nobody knows may have been: see config_words.h. */
#include "emu/config_words.h"

#include <stdio.h>
#include <string.h>

#include "emu/suggest.h"
#include "emu/usage.h"

struct unknown {
	const struct config		*config;
	const struct option_word	*word;
	bool				tunable;	/* of -o */
	char				hint[256];
};

static bool of_command(const struct unknown *u)
{
	return u->word->origin == ORIGIN_COMMAND;
}

/* "--loops = 4" of a file, too. */
static size_t dashes(const struct option_word *word)
{
	size_t nr = strspn(word->name, "-");

	return word->origin != ORIGIN_COMMAND && nr < word->name_length ?
		nr : 0;
}

static const char *option_named(const char *name, size_t length)
{
	for (int id = 0; id < NR_OPTIONS; id++)
		if (strlen(option_table[id].name) == length &&
		    !strncmp(option_table[id].name, name, length))
			return option_table[id].name;
	return NULL;
}

/* Exactly an option, or given to -o a key of the workload. */
static void hint_elsewhere(struct unknown *u)
{
	const struct option_word *word = u->word;
	size_t skip = dashes(word);
	const char *option = option_named(word->name + skip,
					  word->name_length - skip);

	if (option && of_command(u))
		snprintf(u->hint, sizeof(u->hint), "it is an option: --%s %s",
			 option, word->value);
	else if (option)
		snprintf(u->hint, sizeof(u->hint), "in a file without dashes: "
			 "%s", option);
	else if (u->tunable && key_table_find(&u->config->keys, word->name,
					      word->name_length))
		snprintf(u->hint, sizeof(u->hint),
			 "it is a key of the workload: %s, without -o",
			 word->name);
}

static void offer_keys(struct suggestion *suggestion,
		       const struct key_table *table)
{
	for (size_t i = 0; i < table->nr; i++)
		suggest_offer(suggestion, table->keys[i].value.name);
}

/* The nearest key, policy or tunable; in a file options are keys as well. */
static void hint_nearest(struct unknown *u)
{
	struct suggestion suggestion;
	const char *key;

	suggest_init(&suggestion, u->word->name, u->word->name_length);
	if (!u->tunable)
		offer_keys(&suggestion, &u->config->keys);
	offer_keys(&suggestion, &u->config->describe->tunables);
	key = suggestion.best;
	for (int id = 0; id < NR_OPTIONS; id++)
		if (option_is_key((enum option_id)id))
			suggest_offer(&suggestion, option_table[id].name);
	if (suggestion.best != key && of_command(u))
		snprintf(u->hint, sizeof(u->hint), "did you mean --%s %s?",
			 suggestion.best, u->word->value);
	else
		suggest_hint(&suggestion, u->hint, sizeof(u->hint));
}

static void list_keys(struct unknown *u, const struct key_table *table)
{
	size_t used = (size_t)snprintf(u->hint, sizeof(u->hint), "there is:");

	for (size_t i = 0; i < table->nr && used < 200; i++)
		used += (size_t)snprintf(u->hint + used,
			sizeof(u->hint) - used, " %.40s",
			table->keys[i].value.name);
}

enum status config_unknown_key(const struct config *config,
			       const struct option_word *word, bool tunable)
{
	struct unknown u = { .config = config, .word = word,
			     .tunable = tunable };

	hint_elsewhere(&u);
	if (!*u.hint)
		hint_nearest(&u);
	if (!*u.hint)
		list_keys(&u, tunable ? &config->describe->tunables :
			  &config->keys);
	if (tunable)
		return usage_error(word->name, (int)word->name_length, u.hint,
				   "unknown policy or tunable '%.*s'",
				   (int)word->name_length, word->name);
	return usage_error(word->name, (int)word->name_length, u.hint,
			   "workload %s has no key '%.*s'", config->workload,
			   (int)word->name_length, word->name);
}
