/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages with a place: see usage.h. */
#include "emu/usage.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/utf8.h"

#define LINE_MAX_COLUMNS	120
#define MESSAGE_MAX_COLUMNS	600

/* Of files; the array is never freed. */
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

void usage_forget_lines(void)
{
	nr_lines = 0;
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

/* ---- characters --------------------------------------------------------- */
/* Bytes of the one at text, which is not at its end; 0: it is none. */
static size_t character(const char *text)
{
	size_t size = strnlen(text, 4);

	for (size_t n = 1; n <= size; n++)
		if (utf8_first_bad(text, n) == n)
			return n;
	return 0;
}

/* C0, DEL and C1: they would move the cursor, or worse. */
static bool is_control(const char *text, size_t n)
{
	unsigned char c = (unsigned char)*text;

	return n == 1 ? c < ' ' || c == 127 :
		n == 2 && c == 0xc2 && (unsigned char)text[1] < 0xa0;
}

/* Prints one; returns where the next begins. */
static const char *put_character(const char *text)
{
	size_t n = character(text);

	if (!n)
		fputc('?', stderr);
	else if (is_control(text, n))
		fputc(' ', stderr);
	else
		fwrite(text, 1, n, stderr);
	return text + (n ? n : 1);
}

/* Characters that begin in the first `bytes` of text. */
static size_t columns(const char *text, size_t bytes)
{
	const char *end = text + bytes;
	size_t nr = 0;

	for (; text < end && *text; nr++) {
		size_t n = character(text);

		text += n ? n : 1;
	}
	return nr;
}

/* At most max characters, "..." for what is left out. */
static void put_text(const char *text, size_t max)
{
	size_t nr = columns(text, strlen(text));
	size_t shown = nr > max ? max - 3 : nr;

	while (shown--)
		text = put_character(text);
	fputs(nr > max ? "...\n" : "\n", stderr);
}

/* ---- places ------------------------------------------------------------- */
/*
 * A line and a caret below `length` bytes of it, or as much of both as fits:
 * what stands before and behind is left out.
 */
static void put_marked(const char *line, size_t start, size_t length)
{
	size_t before = columns(line, start);
	size_t marked = columns(line + start, length);
	size_t total = columns(line, strlen(line)), skip = 0;

	if (total > LINE_MAX_COLUMNS && before > LINE_MAX_COLUMNS / 2)
		skip = before - LINE_MAX_COLUMNS / 2;
	for (size_t i = 0; i < skip; i++)
		line += character(line) ? character(line) : 1;
	fputs(skip ? "    ..." : "    ", stderr);
	put_text(line, LINE_MAX_COLUMNS);
	before += skip ? 3 - skip : 0;
	if (marked > LINE_MAX_COLUMNS - LINE_MAX_COLUMNS / 2)
		marked = LINE_MAX_COLUMNS - LINE_MAX_COLUMNS / 2;
	fprintf(stderr, "%*s", (int)before + 4, "");
	do {
		fputc('^', stderr);
	} while (marked-- > 1);
	fputc('\n', stderr);
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

/* As a shell would take it. Returns the bytes before its text. */
static size_t add_argument(FILE *line, int i)
{
	const char *text = shown_argument(i);
	const char *quote = !needs_quotes(text) ? "" :
		strchr(text, '\'') ? "\"" : "'";

	fprintf(line, "%s%s%s", quote, text, quote);
	return strlen(quote);
}

/* The command line, or the one argument if that is too long, and a caret. */
static void print_place(int at, const char *where, int length)
{
	size_t total = 0, size = 0, start = 0;
	int first = 0, last = command_argc - 1;
	char *text = NULL;
	FILE *line;

	for (int i = 0; i < command_argc; i++)
		total += strlen(shown_argument(i)) + 3;
	if (total > LINE_MAX_COLUMNS)
		first = last = at;
	line = open_memstream(&text, &size);
	if (!line)
		return;		/* the message lacks its place */
	for (int i = first; i <= last; i++) {
		long before = ftell(line);
		size_t quote = add_argument(line, i);

		if (i == at)
			start = (size_t)before + quote +
				(size_t)(where - shown_argument(at));
		if (i < last)
			fputc(' ', line);
	}
	if (!fclose(line))
		put_marked(text, start, (size_t)length);
	free(text);
}

/* "shootdown: " and one line. */
static void print_message(const struct line *line, const char *format,
			  va_list args)
{
	char *text;

	fputs("shootdown: ", stderr);
	for (const char *c = line ? line->file : ""; *c;)
		c = put_character(c);
	if (line && line->number)
		fprintf(stderr, ":%u", line->number);
	if (line)
		fputs(": ", stderr);
	if (vasprintf(&text, format, args) < 0) {
		fputs("out of memory\n", stderr);
		return;
	}
	put_text(text, MESSAGE_MAX_COLUMNS);
	free(text);
}

static void print_error(const char *where, int length, const char *hint,
			const char *format, va_list args)
{
	const struct line *line = line_of(where);
	int at = argument_of(where);

	print_message(line, format, args);
	if (line)
		put_marked(line->shown, (size_t)(where - line->text),
			   (size_t)length);
	else if (at >= 0)
		print_place(at, where, length);
	if (hint && *hint) {
		fputs("    ", stderr);
		put_text(hint, MESSAGE_MAX_COLUMNS);
	}
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

	va_start(args, format);
	print_message(NULL, format, args);
	va_end(args);
}
