/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that the kernel prints for a reader of /proc or /sys (fs/seq_file.c,
 * 6.12), collected in the host's memory: no emulated memory is used. Any
 * context; costs no virtual time.
 */
#ifndef CPUS_SEQ_FILE_H
#define CPUS_SEQ_FILE_H

#include "cpus/compiler.h"

/* All zero: empty. */
struct seq_file {
	char	*buf;		/* count characters and a NUL; NULL if none */
	size_t	count;
	size_t	size;		/* of buf */
};

/* %pS does not exist: print what symbol_print() gives. */
void seq_printf(struct seq_file *m, const char *fmt, ...) printf_like(2, 3);
void seq_puts(struct seq_file *m, const char *text);
void seq_putc(struct seq_file *m, char c);

/* What was printed, "" if nothing. */
const char *seq_text(const struct seq_file *m);
/* Frees the text: empty again. */
void seq_release(struct seq_file *m);

#endif
