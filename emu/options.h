/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's options: one table that feeds getopt_long, the values' checks,
 * the effective configuration and --help. Adding an option is one line of the
 * table in options.c and one name here.
 */
#ifndef EMU_OPTIONS_H
#define EMU_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "emu/parse.h"
#include "emu/status.h"

enum option_id {
	OPTION_MACHINE, OPTION_TOPOLOGY, OPTION_CPUS, OPTION_ONLINE,
	OPTION_PLACE, OPTION_KERNEL, OPTION_ARCH, OPTION_PROFILE,
	OPTION_MEMORY, OPTION_SEED, OPTION_LOOPS, OPTION_DURATION,
	OPTION_WARMUP, OPTION_REPEAT, OPTION_LOCKSTAT, OPTION_EXPLAIN_LINES,
	OPTION_OVERSUBSCRIBE, OPTION_VIEWS, OPTION_TUNABLE, OPTION_TIMEOUT,
	OPTION_REPRODUCIBLE, OPTION_FORMAT, OPTION_OUTPUT, OPTION_EVENTS,
	OPTION_EVENTS_BUFFER, OPTION_JOBS, OPTION_LIVE, OPTION_COLOR,
	OPTION_HELP, OPTION_VERSION,
	NR_OPTIONS
};

/* Which verbs know an option. */
enum {
	VERB_RUN = 1, VERB_LIST = 2, VERB_DOCTOR = 4, VERB_SHOW = 8,
	VERB_TOPO = 16, VERB_CONFORM = 32,
	VERB_ALL = VERB_RUN | VERB_LIST | VERB_DOCTOR | VERB_SHOW | VERB_TOPO |
		VERB_CONFORM
};

struct option_spec {
	const char		*name;		/* without the dashes */
	char			letter;		/* 0: none */
	const char		*argument;	/* for help; NULL: a flag */
	unsigned		verbs;
	/* Its values; ENUM words that an engine knows are filled in later. */
	struct value_spec	value;
	bool			axis;		/* a range makes a sweep */
	bool			config;		/* decides the result */
	const char		*fallback;	/* the default, or NULL */
	const char		*help;		/* see option_help() */
};

extern const struct option_spec option_table[NR_OPTIONS];

/* Who said so. */
enum option_origin { ORIGIN_COMMAND, ORIGIN_JOB, ORIGIN_RESULT };

/* A NAME=VALUE word; both point into argv, or into a line that is kept. */
struct option_word {
	const char		*name;
	size_t			name_length;
	const char		*value;
	enum option_origin	origin;
};

/* What the user wrote; nothing is owned but the arrays. */
struct options {
	unsigned		verb;
	const char		*given[NR_OPTIONS];	/* text, "1" or NULL */
	enum option_origin	origin[NR_OPTIONS];	/* of what is given */
	const char		*subject;	/* the word without '=' */
	enum option_origin	subject_origin;
	const char		*second;	/* of show: the result */
	const char		**files;	/* of conform: all words */
	size_t			nr_files;
	struct option_word	*tunables;	/* of -o */
	size_t			nr_tunables;
	/* Of a file they may be tunables, too. */
	struct option_word	*keys;
	size_t			nr_keys;
	char			**kept;		/* texts that others point to */
	size_t			nr_kept;
};

/*
 * Reads argv[2..] for a verb. STATUS_DONE, or STATUS_USAGE after the message.
 * Free with options_exit in both cases.
 */
enum status options_parse(struct options *options, unsigned verb, int argc,
			  char **argv);
void options_exit(struct options *options);

/* Owns text from now on, until options_exit(). 0, or -ENOMEM: it is freed. */
int options_keep(struct options *options, char *text);

/* A key of a file, unless the command line has it as a key or a tunable. */
enum status options_add_key(struct options *options,
			    const struct option_word *word);

/* The text of an option: as given, or its default (NULL if it has none). */
const char *options_text(const struct options *options, enum option_id id);

/*
 * The one value of an option that is no axis, or of a default. STATUS_DONE,
 * or STATUS_USAGE after the message; free *out with value_exit.
 */
enum status options_value(const struct options *options, enum option_id id,
			  struct value *out);

/*
 * Which of a verb's words (NULL ends) an option says, by its place; 0 if it is
 * not given. STATUS_DONE, or STATUS_USAGE after the message.
 */
enum status options_choice(const struct options *options, enum option_id id,
			   const char *const *words, unsigned *out);

/* Whether an option may stand in a job file or a result, as a key. */
bool option_is_key(enum option_id id);

/* What the option does for one verb. Lines divided by line feeds. */
const char *option_help(enum option_id id, unsigned verb);

/* Prints the options of a verb to stdout. */
void options_help(unsigned verb);

#endif
