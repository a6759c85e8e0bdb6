/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpus/seq_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE	4096

static void make_room(struct seq_file *m, size_t length)
{
	size_t size = m->size ? m->size : FIRST_SIZE;

	while (size - m->count <= length)
		size *= 2;
	if (size == m->size)
		return;
	m->buf = realloc(m->buf, size);
	must(m->buf);
	m->size = size;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	must(length >= 0);
	make_room(m, (size_t)length);
	va_start(args, fmt);
	vsnprintf(m->buf + m->count, m->size - m->count, fmt, args);
	va_end(args);
	m->count += (size_t)length;
}

void seq_puts(struct seq_file *m, const char *text)
{
	size_t length = strlen(text);

	make_room(m, length);
	memcpy(m->buf + m->count, text, length + 1);
	m->count += length;
}

void seq_putc(struct seq_file *m, char c)
{
	make_room(m, 1);
	m->buf[m->count++] = c;
	m->buf[m->count] = '\0';
}

const char *seq_text(const struct seq_file *m)
{
	return m->buf ? m->buf : "";
}

void seq_release(struct seq_file *m)
{
	free(m->buf);
	*m = (struct seq_file){ 0 };
}
