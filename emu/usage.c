/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages with a place: see usage.h. */
#include "emu/usage.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_COLUMNS	120

/* Of files; a few hundred at most, never freed before the end. */
struct line {
	const char	*file, *text, *shown;
	unsigned	number;
};

static struct line *lines;
static size_t nr_lines;

static int command_argc;
static char **command_argv;

void usage_init(int argc, char **argv)
{
	command_argc = argc;
	command_argv = argv;
}

void usage_add_line(const char *file, unsigned number, const char *text,
		    const char *shown)
{
	struct line *grown = realloc(lines, (nr_lines + 1) * sizeof(*lines));

	if (!grown)
		return;		/* a message will lack its place */
	lines = grown;
	lines[nr_lines++] = (struct line){ file, text, shown, number };
}

static const struct line *line_of(const char *where)
{
	for (size_t i = 0; where && i < nr_lines; i++)
		if (where >= lines[i].text &&
		    where <= lines[i].text + strlen(lines[i].shown))
			return &lines[i];
	return NULL;
}

enum status status_worst(enum status a, enum status b)
{
	static const enum status by_rank[] = {
		STATUS_USAGE, STATUS_BUG, STATUS_BROKEN, STATUS_INTERRUPTED,
		STATUS_HOST, STATUS_WORSE, STATUS_NOISE, STATUS_DONE,
	};

	for (unsigned i = 0; i < sizeof(by_rank) / sizeof(by_rank[0]); i++)
		if (a == by_rank[i] || b == by_rank[i])
			return by_rank[i];
	return STATUS_BUG;
}

/* The argument that contains the character at where, or -1. */
static int argument_of(const char *where)
{
	for (int i = 0; where && i < command_argc; i++)
		if (where >= command_argv[i] &&
		    where <= command_argv[i] + strlen(command_argv[i]))
			return i;
	return -1;
}

static bool needs_quotes(const char *argument)
{
	return !*argument || strpbrk(argument, " \t\n\"'\\$`|;&<>()*?[]#~!{}");
}

static const char *shown_argument(int i)
{
	const char *slash = i ? NULL : strrchr(command_argv[0], '/');

	return slash ? slash + 1 : command_argv[i];
}

/* Characters that the argument takes on the line, quotes included. */
static int shown_length(int i)
{
	return (int)strlen(shown_argument(i)) +
		(needs_quotes(shown_argument(i)) ? 2 : 0);
}

static void print_argument(int i)
{
	const char *text = shown_argument(i);
	const char *quote = !needs_quotes(text) ? "" :
		strchr(text, '\'') ? "\"" : "'";

	fputs(quote, stderr);
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' ? ' ' : *text, stderr);
	fputs(quote, stderr);
}

/* The command line, or the one argument if that is too long, and a caret. */
static void print_place(int at, const char *where, int length)
{
	int first = 0, last = command_argc - 1, column = 4, total = 4;

	for (int i = 0; i < command_argc; i++)
		total += shown_length(i) + 1;
	if (total > LINE_MAX_COLUMNS)
		first = last = at;
	fputs("    ", stderr);
	for (int i = first; i <= last; i++) {
		print_argument(i);
		fputs(i < last ? " " : "\n", stderr);
		if (i < at)
			column += shown_length(i) + 1;
	}
	column += needs_quotes(shown_argument(at)) ? 1 : 0;
	column += (int)(where - shown_argument(at));
	fprintf(stderr, "%*s", column, "");
	for (int i = 0; i < (length > 0 ? length : 1); i++)
		fputc('^', stderr);
	fputc('\n', stderr);
}

static void print_line(const struct line *line, const char *where, int length)
{
	int column = (int)(where - line->text);

	fputs("    ", stderr);
	for (const char *c = line->shown; *c; c++)
		fputc((unsigned char)*c < ' ' ? ' ' : *c, stderr);
	fprintf(stderr, "\n%*s", column + 4, "");
	for (int i = 0; i < (length > 0 ? length : 1); i++)
		fputc('^', stderr);
	fputc('\n', stderr);
}

static void print_error(const char *where, int length, const char *hint,
			const char *format, va_list args)
{
	const struct line *line = line_of(where);
	int at = argument_of(where);

	fputs("shootdown: ", stderr);
	if (line)
		fprintf(stderr, "%s:", line->file);
	if (line && line->number)
		fprintf(stderr, "%u:", line->number);
	if (line)
		fputc(' ', stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	if (line)
		print_line(line, where, length);
	if (at >= 0)
		print_place(at, where, length);
	if (hint && *hint)
		fprintf(stderr, "    %s\n", hint);
}

enum status usage_error(const char *where, int length, const char *hint,
			const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(where, length, hint, format, args);
	va_end(args);
	return STATUS_USAGE;
}

enum status usage_refuse(const char *where, int length, const char *hint,
			 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_error(where, length, hint, format, args);
	va_end(args);
	return STATUS_HOST;
}

void usage_note(const char *format, ...)
{
	va_list args;

	fputs("shootdown: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
