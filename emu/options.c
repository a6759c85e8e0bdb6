/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options and its readers: see options.h. */
#include "emu/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/suggest.h"
#include "emu/usage.h"

static const char *const machines[] = { "native", "sim", NULL };
static const char *const places[] = { "compact", "smt-last", "scatter",
				      "node=", "list:", NULL };
static const char *const formats[] = { "text", "json", "jsonl", "csv", NULL };
static const char *const colors[] = { "auto", "always", "never", NULL };

/* clang-format off */
const struct option_spec option_table[NR_OPTIONS] = {
[OPTION_MACHINE] = { "machine", 'm', "NAME",
	VERB_RUN | VERB_LIST | VERB_CONFORM,
	{ "machine", VALUE_ENUM, .words = machines }, false, true, "native",
	"native (pinned threads, real time) or sim (virtual time)" },
[OPTION_TOPOLOGY] = { "topology", 't', "SPEC", VERB_RUN | VERB_TOPO,
	{ "topology", VALUE_STRING }, false, true, "host",
	"host, an hwloc XML file, - (XML on stdin), or an hwloc\n"
	"synthetic string: \"pack:2 numa:1 l3:4 core:8 pu:1\"" },
[OPTION_CPUS] = { "cpus", 'c', "LIST", VERB_RUN,
	{ "cpus", VALUE_CPUS, .min = 1 }, true, true, "all",
	"CPUs that run the workload: 1,2,4  1..64  1..64*2  all" },
[OPTION_ONLINE] = { "online", 0, "N", VERB_RUN,
	{ "online", VALUE_CPUS, .min = 1 }, true, true, NULL,
	"CPUs booted; the others idle and answer interrupts (as\n"
	"many as --cpus)" },
[OPTION_PLACE] = { "place", 0, "POLICY", VERB_RUN | VERB_TOPO,
	{ "placement", VALUE_STRING, .words = places }, true, true, "compact",
	"order of CPUs on PUs: compact (SMT siblings, L3, package),\n"
	"smt-last, scatter, node=N, list:0-3,8" },
[OPTION_KERNEL] = { "kernel", 'k', "VERSION", VERB_RUN,
	{ "kernel", VALUE_ENUM }, true, true, "6.12",
	"generation of designs (list kernels)" },
[OPTION_ARCH] = { "arch", 'a', "NAME", VERB_RUN,
	{ "architecture", VALUE_ENUM }, true, true, "x86_64-4l",
	"address-space layout (list archs)" },
[OPTION_PROFILE] = { "profile", 0, "NAME|FILE", VERB_RUN | VERB_TOPO,
	{ "profile", VALUE_ENUM }, true, true, NULL,
	"cost profile of the sim machine (list profiles) (nearest to\n"
	"the topology)" },
[OPTION_MEMORY] = { "memory", 0, "SIZE", VERB_RUN,
	{ "memory", VALUE_SIZE, .min = 1 << 20 }, true, true, NULL,
	"emulated memory (the topology's)" },
[OPTION_SEED] = { "seed", 0, "N", VERB_RUN,
	{ "seed", VALUE_UINT }, true, true, "1",
	"seed of the run; repetition i has seed N + i" },
[OPTION_LOOPS] = { "loops", 0, "N", VERB_RUN,
	{ "loops", VALUE_UINT, .min = 1 }, true, true, NULL,
	"rounds of each CPU (the workload's)" },
[OPTION_DURATION] = { "duration", 0, "TIME", VERB_RUN,
	{ "duration", VALUE_TIME, .min = 1 }, true, true, NULL,
	"run for a time instead of --loops" },
[OPTION_WARMUP] = { "warmup", 0, "TIME", VERB_RUN,
	{ "warmup", VALUE_TIME }, true, true, "0ns",
	"run unmeasured for a time first" },
[OPTION_REPEAT] = { "repeat", 0, "N", VERB_RUN,
	{ "repeat", VALUE_UINT, .min = 1, .max = 100000 }, false, true, "1",
	"every point N times, interleaved" },
[OPTION_LOCKSTAT] = { "lockstat", 0, NULL, VERB_RUN,
	{ "lockstat", VALUE_BOOL }, false, true, "0",
	"count acquisitions and hold times of locks too" },
[OPTION_EXPLAIN_LINES] = { "explain-lines", 0, NULL, VERB_RUN,
	{ "explain-lines", VALUE_BOOL }, false, true, "0",
	"sim: the cache lines that cost most to move, what is in\n"
	"them, where that was allocated, and who accesses it" },
[OPTION_OVERSUBSCRIBE] = { "oversubscribe", 0, NULL, VERB_RUN,
	{ "oversubscribe", VALUE_BOOL }, false, true, "0",
	"allow more CPUs than PUs on native" },
[OPTION_VIEWS] = { "views", 0, "LIST", VERB_RUN,
	{ "views", VALUE_STRING }, false, true, "small",
	"the kernel's text views to keep for `show`: their names,\n"
	"all, none, or small: those of at most 128 KiB" },
[OPTION_TUNABLE] = { "option", 'o', "KEY=VALUE", VERB_RUN,
	{ "option", VALUE_STRING }, false, false, NULL,
	"a policy or constant (list policies); where the workload\n"
	"has no key of that name, vmap=nodes is the same" },
[OPTION_TIMEOUT] = { "timeout", 0, "TIME", VERB_RUN,
	{ "timeout", VALUE_TIME, .min = 1 }, false, false, NULL,
	"end the whole run after this time: points that are done\n"
	"are written, exit status 5" },
[OPTION_REPRODUCIBLE] = { "reproducible", 0, NULL, VERB_RUN,
	{ "reproducible", VALUE_BOOL }, false, false, "0",
	"leave host, dates, host times and directories out" },
[OPTION_FORMAT] = { "format", 0, "NAME",
	VERB_RUN | VERB_LIST | VERB_DOCTOR | VERB_TOPO | VERB_CONFORM,
	{ "format", VALUE_ENUM, .words = formats }, false, false, NULL,
	"text or json (text; json with -O)" },
[OPTION_OUTPUT] = { "output", 'O', "FILE",
	VERB_RUN | VERB_DOCTOR | VERB_TOPO | VERB_CONFORM,
	{ "output", VALUE_STRING }, false, false, NULL,
	"write the result to FILE, atomically" },
[OPTION_EVENTS] = { "events", 0, "FILE", VERB_RUN,
	{ "events", VALUE_STRING }, false, false, NULL,
	"write what the kernel did to FILE, as ftrace's text; of\n"
	"several points to FILE.1, FILE.2 ..." },
[OPTION_EVENTS_BUFFER] = { "events-buffer", 0, "SIZE", VERB_RUN,
	{ "events-buffer", VALUE_SIZE, .min = 4096, .max = 1ull << 36 }, false,
	false, "16M",
	"how much of its events each CPU keeps, the last ones" },
[OPTION_JOBS] = { "jobs", 'j', "N", VERB_RUN,
	{ "jobs", VALUE_UINT, .min = 1, .max = 4096 }, false, false, NULL,
	"engine processes at once (1; with -m sim the host's PUs)" },
[OPTION_LIVE] = { "live", 0, NULL, VERB_CONFORM,
	{ "live", VALUE_BOOL }, false, false, "0",
	"the views of the running kernel instead of dumps (as root)" },
[OPTION_COLOR] = { "color", 0, "WHEN",
	VERB_RUN | VERB_LIST | VERB_DOCTOR | VERB_TOPO | VERB_CONFORM,
	{ "color", VALUE_ENUM, .words = colors }, false, false, "auto",
	"auto, always or never; NO_COLOR is honoured" },
[OPTION_HELP] = { "help", 'h', NULL, VERB_ALL,
	{ "help", VALUE_BOOL }, false, false, NULL, "this help" },
[OPTION_VERSION] = { "version", 'V', NULL, VERB_ALL,
	{ "version", VALUE_BOOL }, false, false, NULL, "the version" },
};
/* clang-format on */

/* getopt_long's tables, made from ours. */
struct getopt_tables {
	struct option	longs[NR_OPTIONS + 1];
	char		shorts[2 * NR_OPTIONS + 3];
};

static void make_getopt_tables(struct getopt_tables *tables, unsigned verb)
{
	struct option *next = tables->longs;
	char *letter = tables->shorts;

	/* '-': words come in order, as option 1; ':': no messages, ':' ret. */
	*letter++ = '-';
	*letter++ = ':';
	for (int id = 0; id < NR_OPTIONS; id++) {
		const struct option_spec *spec = &option_table[id];

		if (!(spec->verbs & verb))
			continue;
		*next++ = (struct option){ spec->name, spec->argument ?
			required_argument : no_argument, NULL, 256 + id };
		if (spec->letter)
			*letter++ = spec->letter;
		if (spec->letter && spec->argument)
			*letter++ = ':';
	}
	*next = (struct option){ 0 };
	*letter = '\0';
}

static int id_of(int code)
{
	if (code >= 256)
		return code - 256;
	for (int id = 0; id < NR_OPTIONS; id++)
		if (code && option_table[id].letter == code)
			return id;
	return -1;
}

/* "--c may be --cpus or --color": what a short form may stand for. */
static void hint_beginnings(unsigned verb, const char *name, size_t length,
			    char *hint, size_t size)
{
	const char *gap = "it may be";
	size_t used = 0;

	for (int id = 0; id < NR_OPTIONS && used < size; id++)
		if (length && (option_table[id].verbs & verb) &&
		    !strncmp(option_table[id].name, name, length)) {
			used += (size_t)snprintf(hint + used, size - used,
				"%s --%s", gap, option_table[id].name);
			gap = ",";
		}
}

/* An option that getopt refused: unknown, or a value for a flag. */
static enum status refuse_option(unsigned verb, const char *argument,
				 int code)
{
	bool is_long = argument[0] == '-' && argument[1] == '-';
	const char *name = argument + (is_long ? 2 : 1);
	size_t length = strcspn(name, "=");
	struct suggestion suggestion;
	char hint[128];

	if (is_long && code >= 256)
		return usage_error(name + length, (int)strlen(name + length),
				   NULL, "--%.*s takes no value", (int)length,
				   name);
	if (!is_long) {
		const char *at = strchr(name, code);

		return usage_error(at ? at : name, 1, "see --help",
				   "unknown option -%c", code);
	}
	suggest_init(&suggestion, name, length);
	for (int id = 0; id < NR_OPTIONS; id++)
		if (option_table[id].verbs & verb)
			suggest_offer(&suggestion, option_table[id].name);
	hint[0] = '\0';
	if (suggestion.best)
		snprintf(hint, sizeof(hint), "did you mean --%s?",
			 suggestion.best);
	else
		hint_beginnings(verb, name, length, hint, sizeof(hint));
	return usage_error(argument, (int)length + 2, hint,
			   "unknown option --%.*s", (int)length, name);
}

static int append_word(struct option_word **words, size_t *nr,
		       struct option_word word)
{
	struct option_word *grown;

	grown = realloc(*words, (*nr + 1) * sizeof(*grown));
	if (!grown)
		return -1;
	*words = grown;
	grown[(*nr)++] = word;
	return 0;
}

static const struct option_word *find_word(const struct option_word *words,
					   size_t nr,
					   const struct option_word *word)
{
	for (size_t i = 0; i < nr; i++)
		if (words[i].name_length == word->name_length &&
		    !strncmp(words[i].name, word->name, word->name_length))
			return &words[i];
	return NULL;
}

/* NAME=VALUE into a list, each name once: a policy may be in either. */
static enum status take_word(struct options *options,
			     struct option_word **words, size_t *nr,
			     const char *text)
{
	const char *equals = strchr(text, '=');
	struct option_word word = { text, (size_t)(equals - text), equals + 1,
				    ORIGIN_COMMAND };

	if (equals == text)
		return usage_error(text, 1, NULL, "a key is missing before =");
	if (find_word(options->keys, options->nr_keys, &word) ||
	    find_word(options->tunables, options->nr_tunables, &word))
		return usage_error(text, (int)word.name_length,
				   "for several values write x|y|z",
				   "%.*s is given twice", (int)word.name_length,
				   text);
	if (append_word(words, nr, word))
		return usage_error(NULL, 0, NULL, "out of memory");
	return STATUS_DONE;
}

/* Of a verb that takes as many as there are. */
static enum status take_file(struct options *options, const char *text)
{
	const char **grown = realloc(options->files, (options->nr_files + 1) *
				     sizeof(*grown));

	if (!grown)
		return usage_error(NULL, 0, NULL, "out of memory");
	options->files = grown;
	grown[options->nr_files++] = text;
	return STATUS_DONE;
}

static enum status take_plain_word(struct options *options, const char *text)
{
	if (options->verb == VERB_CONFORM && *text)
		return take_file(options, text);
	/* A synthetic topology may have a '='. */
	if (strchr(text, '=') && options->verb != VERB_TOPO)
		return take_word(options, &options->keys, &options->nr_keys,
				 text);
	if (!*text)
		return usage_error(text, 1, NULL, "an empty word");
	if (options->verb == VERB_SHOW && options->subject &&
	    !options->second) {
		options->second = text;
		return STATUS_DONE;
	}
	if (options->subject)
		return usage_error(text, (int)strlen(text),
				   options->verb & (VERB_RUN | VERB_SHOW) ?
				   "keys are written key=value" :
				   options->verb == VERB_TOPO ?
				   "a topology is one word: quote it" : NULL,
				   "one word too many: '%s'", text);
	options->subject = text;
	return STATUS_DONE;
}

static enum status take_option(struct options *options, int id,
			       const char *argument)
{
	const struct option_spec *spec = &option_table[id];

	if (id == OPTION_TUNABLE) {
		if (!strchr(argument, '='))
			return usage_error(argument, (int)strlen(argument),
					   "write -o KEY=VALUE",
					   "-o without a value");
		return take_word(options, &options->tunables,
				 &options->nr_tunables, argument);
	}
	if (options->given[id] && spec->argument)
		return usage_error(argument, (int)strlen(argument), NULL,
				   "--%s is given twice", spec->name);
	options->given[id] = argument ? argument : "1";
	return STATUS_DONE;
}

enum status options_parse(struct options *options, unsigned verb, int argc,
			  char **argv)
{
	struct getopt_tables tables;
	enum status status = STATUS_DONE;
	int code;

	*options = (struct options){ .verb = verb };
	make_getopt_tables(&tables, verb);
	opterr = 0;
	optind = 2;
	while (!status) {
		const char *argument = optind < argc ? argv[optind] : NULL;

		code = getopt_long(argc, argv, tables.shorts, tables.longs,
				   NULL);
		if (code == -1)
			break;
		/* Within a cluster such as -xyz optind stays. */
		if (code == 1)
			status = take_plain_word(options, optarg);
		else if (code == ':')
			status = usage_error(argument, (int)strlen(argument),
				NULL, "--%s needs a value",
				option_table[id_of(optopt)].name);
		else if (code == '?')
			status = refuse_option(verb, argument, optopt);
		else
			status = take_option(options, id_of(code), optarg);
	}
	while (!status && optind < argc)
		status = take_plain_word(options, argv[optind++]);
	return status;
}

int options_keep(struct options *options, char *text)
{
	size_t nr = options->nr_kept;
	char **grown = realloc(options->kept, (nr + 1) * sizeof(*grown));

	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	options->kept = grown;
	grown[options->nr_kept++] = text;
	return 0;
}

enum status options_add_key(struct options *options,
			    const struct option_word *word)
{
	const struct option_word *other;

	if (find_word(options->tunables, options->nr_tunables, word))
		return STATUS_DONE;
	other = find_word(options->keys, options->nr_keys, word);
	if (other && other->origin == ORIGIN_COMMAND)
		return STATUS_DONE;
	if (other)
		return usage_error(word->name, (int)word->name_length,
				   "for several values write x|y|z",
				   "%.*s is given twice",
				   (int)word->name_length, word->name);
	if (append_word(&options->keys, &options->nr_keys, *word))
		return usage_error(NULL, 0, NULL, "out of memory");
	return STATUS_DONE;
}

void options_exit(struct options *options)
{
	for (size_t i = 0; i < options->nr_kept; i++)
		free(options->kept[i]);
	free(options->kept);
	free(options->files);
	free(options->tunables);
	free(options->keys);
	*options = (struct options){ 0 };
}

const char *options_text(const struct options *options, enum option_id id)
{
	return options->given[id] ? options->given[id] :
		option_table[id].fallback;
}

enum status options_value(const struct options *options, enum option_id id,
			  struct value *out)
{
	const char *text = options_text(options, id);
	struct parse_error err = { 0 };

	if (!parse_value(&option_table[id].value, text, strlen(text), out,
			 &err))
		return STATUS_DONE;
	return usage_error(text + err.column, err.length, err.hint, "%s",
			   err.text);
}

enum status options_choice(const struct options *options, enum option_id id,
			   const char *const *words, unsigned *out)
{
	struct value_spec spec = option_table[id].value;
	const char *text = options->given[id];
	struct parse_error err = { 0 };
	struct value value;

	*out = 0;
	if (!text)
		return STATUS_DONE;
	spec.words = words;
	if (parse_value(&spec, text, strlen(text), &value, &err))
		return usage_error(text + err.column, err.length, err.hint,
				   "%s", err.text);
	while (strcmp(words[*out], value.word))
		++*out;
	value_exit(&value);
	return STATUS_DONE;
}

bool option_is_key(enum option_id id)
{
	return (option_table[id].verbs & VERB_RUN) && id != OPTION_TUNABLE &&
		id != OPTION_HELP && id != OPTION_VERSION;
}

const char *option_help(enum option_id id, unsigned verb)
{
	static const struct {
		enum option_id	id;
		unsigned	verb;
		const char	*help;
	} others[] = {
		{ OPTION_FORMAT, VERB_RUN,
		  "text, json, jsonl (a document a point, as they end) or\n"
		  "csv (a row an operation) (text; json with -O)" },
		{ OPTION_FORMAT, VERB_LIST, "text or json (text)" },
		{ OPTION_OUTPUT, VERB_TOPO,
		  "write to FILE, atomically: FILE.json, FILE.xml (hwloc's),\n"
		  "FILE.svg, .png or .pdf (lstopo's picture)" },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i].id == id && others[i].verb == verb)
			return others[i].help;
	return option_table[id].help;
}

/* One option; later lines of its help are indented like the first. */
static void print_option(const struct option_spec *spec, const char *line)
{
	char left[64];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s",
		 spec->letter ? '-' : ' ', spec->letter ? spec->letter : ' ',
		 spec->letter ? ',' : ' ', spec->name,
		 spec->argument ? " " : "",
		 spec->argument ? spec->argument : "");
	printf("  %-24s  ", left);
	for (const char *end; (end = strchr(line, '\n')); line = end + 1)
		printf("%.*s\n%28s", (int)(end - line), line, "");
	printf("%s", line);
	if (spec->fallback && spec->argument)
		printf(" (%s)", spec->fallback);
	putchar('\n');
}

void options_help(unsigned verb)
{
	for (int id = 0; id < NR_OPTIONS; id++)
		if (option_table[id].verbs & verb)
			print_option(&option_table[id],
				     option_help((enum option_id)id, verb));
}
