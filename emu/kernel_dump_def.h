/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of the views share: see kernel_dump.h. */
#ifndef EMU_KERNEL_DUMP_DEF_H
#define EMU_KERNEL_DUMP_DEF_H

#include "emu/kernel_dump.h"

/* A walk through the text: one line at a time, up to the next section. */
struct dump_reader {
	struct kernel_dump	*dump;
	unsigned		sections;	/* those to read */
	const char		*next, *end;	/* what is unread */
	const char		*line;		/* this line, without its end */
	int			length;
	int			column;		/* how far it has been read */
	unsigned		number;		/* from 1 */
	struct dump_error	*err;
};

/* To the next line of the section; false at its end. */
bool dump_next_line(struct dump_reader *reader);
/* The same where there must be one: 0, or -EINVAL that misses `what`. */
int dump_need_line(struct dump_reader *reader, const char *what);
/* Back to the beginning of this line: for the next dump_next_line. */
void dump_unread_line(struct dump_reader *reader);

/* The rest of the section, a row a call; read_row begins on the row's first
 * line. 0 or what it returned. */
int dump_read_rows(struct dump_reader *reader,
		   int (*read_row)(struct dump_reader *reader));

/* Does what is left of the line begin so? */
bool dump_looks_at(const struct dump_reader *reader, const char *prefix);
bool dump_at_line_end(const struct dump_reader *reader);
/* 0, or -EINVAL if more is left. */
int dump_end_line(struct dump_reader *reader);

/*
 * Reads what printf would have written for `format`, from the column on; the
 * inverse of %Nu and %0Nx, written %Nx (uint64_t *), of %Ns and %-Ns (const
 * char **, no blanks in it), where N, the least width, is kept exactly. `~` is
 * one blank or more, all else stands for itself. 0, or -EINVAL.
 */
int dump_scan(struct dump_reader *reader, const char *format, ...);

/* length bytes of the line, kept with the dump and NUL-terminated. */
const char *dump_word(struct dump_reader *reader, const char *from,
		      size_t length);

/* Fills *err for the place from column on; -EINVAL. */
__attribute__((format(printf, 3, 4)))
int dump_wrong(struct dump_reader *reader, int length, const char *format,
	       ...);

/*
 * Room for one more at the end of *array of *nr elements, zeroed, counted; NULL
 * without memory.
 */
void *dump_append(void *array, size_t *nr, size_t size);

/* One view each: from behind its head to its end. 0, -EINVAL or -ENOMEM. */
int dump_read_slabinfo(struct dump_reader *reader);
int dump_read_sysfs_slab(struct dump_reader *reader);
int dump_read_slab_flags(struct dump_reader *reader);
int dump_read_cpus(struct dump_reader *reader);
int dump_read_buddyinfo(struct dump_reader *reader);
int dump_read_zoneinfo(struct dump_reader *reader);
int dump_read_pagetypeinfo(struct dump_reader *reader);
int dump_read_vmallocinfo(struct dump_reader *reader);
int dump_read_interrupts(struct dump_reader *reader);
void dump_free_zones(struct kernel_dump *dump);

#endif
