/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the user: an error about a word of the command line shows that
 * line, underlines the place and suggests what was meant. All on stderr.
 */
#ifndef EMU_USAGE_H
#define EMU_USAGE_H

#include "emu/status.h"

/* Remembers the command line; argv must outlive every message. */
void usage_init(int argc, char **argv);

/*
 * Remembers a line of a file, number 0: none to show. Words of it that are
 * complained about point into text; shown is the same as the user wrote it.
 * Both outlive every message.
 */
void usage_add_line(const char *file, unsigned number, const char *text,
		    const char *shown);
/* Their texts may be freed now. */
void usage_forget_lines(void);

/*
 * Prints an error about the `length` characters at `where`. If where points
 * into an argument or a remembered line, that and a caret follow; otherwise (a
 * default, NULL) only the text. hint may be NULL or "". Returns STATUS_USAGE.
 * Control characters become blanks, what is too long is cut: the message is
 * one line, the place at most another two, the hint one.
 */
__attribute__((format(printf, 4, 5)))
enum status usage_error(const char *where, int length, const char *hint,
			const char *format, ...);

/* As usage_error, but for what this host cannot do: STATUS_HOST. */
__attribute__((format(printf, 4, 5)))
enum status usage_refuse(const char *where, int length, const char *hint,
			 const char *format, ...);

/* One line, "shootdown: ...", as above: for notes and warnings. */
__attribute__((format(printf, 1, 2)))
void usage_note(const char *format, ...);

#endif
