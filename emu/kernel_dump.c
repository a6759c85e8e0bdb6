/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections, lines and columns of a kernel's views: see kernel_dump.h. */
#include "emu/kernel_dump_def.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const dump_section_names[DUMP_NR_SECTIONS] = {
	"BOOT", "slabinfo", "sysfs-slab", "sysfs-slab-flags", "cpus",
	"buddyinfo", "zoneinfo", "pagetypeinfo", "vmallocinfo", "interrupts",
	"ceiling",
};

#define SECTION_MARK	"@@@ "

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* In the last line, and that has no end. */
static bool is_cut_off(const struct dump_reader *reader)
{
	return reader->number && reader->next == reader->end &&
		reader->end[-1] != '\n';
}

int dump_wrong(struct dump_reader *reader, int length, const char *format, ...)
{
	va_list args;
	int left = reader->length - reader->column;

	reader->err->line = reader->number;
	reader->err->column = reader->column;
	reader->err->length = length < left ? length : left > 0 ? left : 1;
	va_start(args, format);
	vsnprintf(reader->err->text, sizeof(reader->err->text), format, args);
	va_end(args);
	if (is_cut_off(reader))
		strncat(reader->err->text, "; is the dump cut off?",
			sizeof(reader->err->text) -
			strlen(reader->err->text) - 1);
	return -EINVAL;
}

void *dump_append(void *array, size_t *nr, size_t size)
{
	char **base = array, *grown = *base;

	/* Powers of two, from 16 on. */
	if (!*nr || (*nr >= 16 && !(*nr & (*nr - 1))))
		grown = realloc(*base, (*nr ? *nr * 2 : 16) * size);
	if (!grown)
		return NULL;
	*base = grown;
	memset(grown + *nr * size, 0, size);
	return grown + (*nr)++ * size;
}

const char *dump_word(struct dump_reader *reader, const char *from,
		      size_t length)
{
	struct kernel_dump *dump = reader->dump;
	char *word = dump->words + dump->nr_words;

	memcpy(word, from, length);
	word[length] = '\0';
	dump->nr_words += length + 1;
	return word;
}

/* ---- lines ---- */

/* "[   36.937306] ", maybe with the caller, "[    1.000000][    T1] ": the
 * kernel's log on the console. */
static bool is_log_line(const char *line, int length)
{
	int at = 1, dots = 0;

	if (length < 4 || line[0] != '[')
		return false;
	while (at < length && line[at] == ' ')
		at++;
	for (; at < length && (is_digit(line[at]) || line[at] == '.'); at++)
		dots += line[at] == '.';
	return dots == 1 && at + 1 < length && line[at] == ']' &&
		(line[at + 1] == ' ' || line[at + 1] == '[');
}

/* The next line, whatever it is; false at the end of the text. */
static bool any_line(struct dump_reader *reader)
{
	const char *newline;

	if (reader->next == reader->end)
		return false;
	newline = memchr(reader->next, '\n',
			 (size_t)(reader->end - reader->next));
	reader->line = reader->next;
	reader->next = newline ? newline + 1 : reader->end;
	reader->length = (int)((newline ? newline : reader->end) -
			       reader->line);
	/* Of a serial console. */
	if (reader->length && reader->line[reader->length - 1] == '\r')
		reader->length--;
	reader->column = 0;
	reader->number++;
	return true;
}

static bool begins_section(const struct dump_reader *reader)
{
	return reader->length > 4 && !memcmp(reader->line, SECTION_MARK, 4);
}

void dump_unread_line(struct dump_reader *reader)
{
	reader->next = reader->line;
	reader->number--;
}

bool dump_next_line(struct dump_reader *reader)
{
	while (any_line(reader)) {
		if (begins_section(reader)) {
			dump_unread_line(reader);
			return false;
		}
		if (!is_log_line(reader->line, reader->length))
			return true;
	}
	return false;
}

int dump_read_rows(struct dump_reader *reader,
		   int (*read_row)(struct dump_reader *reader))
{
	int ret = 0;

	while (!ret && dump_next_line(reader))
		ret = read_row(reader);
	return ret;
}

int dump_need_line(struct dump_reader *reader, const char *what)
{
	if (dump_next_line(reader))
		return 0;
	/* The line may be the next section's: no place in it. */
	reader->column = reader->length = 0;
	return dump_wrong(reader, 1, "the section ends before %s", what);
}

bool dump_looks_at(const struct dump_reader *reader, const char *prefix)
{
	size_t length = strlen(prefix);

	return (size_t)(reader->length - reader->column) >= length &&
		!memcmp(reader->line + reader->column, prefix, length);
}

bool dump_at_line_end(const struct dump_reader *reader)
{
	return reader->column == reader->length;
}

int dump_end_line(struct dump_reader *reader)
{
	if (dump_at_line_end(reader))
		return 0;
	return dump_wrong(reader, reader->length,
			  "more than the kernel prints here");
}

/* ---- columns ---- */

/* What a conversion asks for. */
struct field {
	int	width;
	bool	left;
	char	type;
	char	stop;		/* what follows: no part of a word */
};

static const char *parse_field(const char *format, struct field *field)
{
	*field = (struct field){ .left = *format == '-' };
	if (field->left)
		format++;
	for (; is_digit(*format); format++)
		field->width = field->width * 10 + (*format - '0');
	field->type = *format;
	field->stop = format[1];
	return format + 1;
}

static bool in_field(char c, const struct field *field)
{
	return field->type == 'u' ? is_digit(c) :
		field->type == 'x' ? is_hex(c) :
		c > ' ' && c < 127 && c != field->stop;
}

static int scan_number(struct dump_reader *reader, const char *from,
		       int length, char type, uint64_t *out)
{
	uint64_t base = type == 'u' ? 10 : 16, value = 0;

	for (int i = 0; i < length; i++) {
		uint64_t digit = (uint64_t)(is_digit(from[i]) ?
			from[i] - '0' : from[i] - 'a' + 10);

		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return dump_wrong(reader, length,
					  "a number above 64 bits");
	}
	if (type == 'u' && length > 1 && from[0] == '0')
		return dump_wrong(reader, length, "a number begins with 0");
	*out = value;
	return 0;
}

static int count_blanks(const struct dump_reader *reader, int from)
{
	int end = from;

	while (end < reader->length && reader->line[end] == ' ')
		end++;
	return end - from;
}

/* The word and, before or behind it, as many blanks as printf writes. */
static int scan_field(struct dump_reader *reader, const struct field *field,
		      void *out)
{
	int at = reader->column, end, length, need, blanks, ret = 0;

	/* Addresses are padded by zeros. */
	if (!field->left && field->type != 'x')
		at += count_blanks(reader, at);
	for (end = at; end < reader->length &&
	     in_field(reader->line[end], field); )
		end++;
	length = end - at;
	if (!length) {
		reader->column = at;
		return dump_wrong(reader, 1, "expected a %s",
				  field->type == 's' ? "word" : "number");
	}
	need = length < field->width ? field->width - length : 0;
	blanks = field->left ? count_blanks(reader, end) :
		at - reader->column;
	if (blanks < need || (!field->left && blanks > need))
		return dump_wrong(reader, end - reader->column,
				  "the column is not %d wide", field->width);
	if (field->type == 's')
		*(const char **)out = dump_word(reader, reader->line + at,
						(size_t)length);
	else
		ret = scan_number(reader, reader->line + at, length,
				  field->type, out);
	if (!ret)
		reader->column = end + (field->left ? need : 0);
	return ret;
}

static int scan_blanks(struct dump_reader *reader)
{
	int blanks = count_blanks(reader, reader->column);

	reader->column += blanks;
	return blanks ? 0 : dump_wrong(reader, 1, "expected a blank");
}

int dump_scan(struct dump_reader *reader, const char *format, ...)
{
	struct field field;
	va_list args;
	int ret = 0;

	va_start(args, format);
	while (!ret && *format) {
		if (*format == '%') {
			format = parse_field(format + 1, &field);
			ret = scan_field(reader, &field,
					 va_arg(args, void *));
		} else if (*format == '~') {
			ret = scan_blanks(reader);
			format++;
		} else if (!dump_at_line_end(reader) &&
			   reader->line[reader->column] == *format) {
			reader->column++;
			format++;
		} else {
			ret = dump_wrong(reader, 1, "expected '%.*s'",
				(int)strcspn(format + 1, "%~") + 1, format);
		}
	}
	va_end(args);
	return ret;
}

/* ---- sections ---- */

/* "6.12.107+deb12-amd64": what stands before the second dot or the rest. */
static int read_release(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	const char *word[3];
	char *rest;
	int ret = dump_scan(reader, "%s %s ", &word[0], &word[1]);

	if (!ret && strcmp(word[0], "Linux")) {
		reader->column = 0;
		return dump_wrong(reader, (int)strlen(word[0]),
				  "expected uname -a of a Linux kernel");
	}
	if (!ret)
		ret = dump_scan(reader, "%s", &word[2]);
	if (ret)
		return ret;
	dump->release = word[2];
	dump->x86_64 = memmem(reader->line, (size_t)reader->length, "x86_64",
			      6);
	dump->major = (unsigned)strtoul(word[2], &rest, 10);
	if (is_digit(*word[2]) && *rest == '.' && is_digit(rest[1])) {
		dump->minor = (unsigned)strtoul(rest + 1, NULL, 10);
		return 0;
	}
	reader->column -= (int)strlen(word[2]);
	return dump_wrong(reader, (int)strlen(word[2]),
			  "expected a kernel release such as 6.12.107");
}

static int read_boot(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	int ret = dump_need_line(reader, "uname -a");

	if (!ret)
		ret = read_release(reader);
	if (!ret)
		ret = dump_need_line(reader, "the number of CPUs");
	if (!ret)
		ret = dump_scan(reader, "%u", &dump->cpus);
	if (!ret && !dump->cpus)
		ret = dump_wrong(reader, 1, "no CPU");
	if (!ret)
		ret = dump_end_line(reader);
	if (ret || !dump_next_line(reader))
		return ret;
	dump->cmdline = dump_word(reader, reader->line,
				  (size_t)reader->length);
	if (dump_next_line(reader))
		return dump_wrong(reader, reader->length,
				  "BOOT has three lines");
	return 0;
}

/* Its value stands in the head of the section. */
static int read_ceiling(struct dump_reader *reader)
{
	if (dump_next_line(reader))
		return dump_wrong(reader, reader->length,
				  "ceiling has no lines");
	return 0;
}

static int (*const section_readers[DUMP_NR_SECTIONS])(struct dump_reader *) = {
	read_boot, dump_read_slabinfo, dump_read_sysfs_slab,
	dump_read_slab_flags, dump_read_cpus,
	dump_read_buddyinfo, dump_read_zoneinfo, dump_read_pagetypeinfo,
	dump_read_vmallocinfo, dump_read_interrupts, read_ceiling,
};

static int skip_section(struct dump_reader *reader, const char *name)
{
	struct kernel_dump *dump = reader->dump;

	if (dump->nr_unknown < DUMP_UNKNOWN_MAX)
		dump->unknown[dump->nr_unknown++] = name;
	while (dump_next_line(reader))
		;
	return 0;
}

/* At a line "@@@ name". */
static int read_section(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	const char *name;
	unsigned section;
	int ret = dump_scan(reader, SECTION_MARK "%s", &name);

	if (ret)
		return ret;
	for (section = 0; section < DUMP_NR_SECTIONS; section++)
		if (!strcmp(name, dump_section_names[section]))
			break;
	if (section == DUMP_NR_SECTIONS ||
	    !(reader->sections & DUMP_BIT(section)))
		return skip_section(reader, name);
	if (dump->lines[section]) {
		reader->column = 4;
		return dump_wrong(reader, (int)strlen(name),
				  "a second section %s; the first is in line "
				  "%u", name, dump->lines[section]);
	}
	dump->lines[section] = reader->number;
	if (section == DUMP_CEILING)
		ret = dump_scan(reader, " %u", &dump->ceiling);
	if (!ret)
		ret = dump_end_line(reader);
	return ret ? ret : section_readers[section](reader);
}

static int read_all(struct dump_reader *reader)
{
	bool any = false;
	int ret = 0;

	while (!ret && any_line(reader)) {
		if (!begins_section(reader))
			continue;
		if (dump_looks_at(reader, SECTION_MARK "END"))
			break;
		any = true;
		ret = read_section(reader);
	}
	if (!ret && !any) {
		/* No place in it. */
		reader->number = 0;
		reader->column = 0;
		return dump_wrong(reader, 1, "this is no dump of a kernel: no "
				  "line '@@@ name' begins a section");
	}
	return ret;
}

int kernel_dump_parse(struct kernel_dump **out, const char *text, size_t size,
		      unsigned sections, struct dump_error *err)
{
	struct kernel_dump *dump = calloc(1, sizeof(*dump));
	struct dump_reader reader = {
		.dump = dump, .sections = sections, .next = text,
		.end = text + size, .line = text, .err = err,
	};
	int ret = -ENOMEM;

	*err = (struct dump_error){ 0 };
	if (dump)
		/* No byte of the text is in more than two words. */
		dump->words = malloc(2 * (size + 1));
	if (dump && dump->words)
		ret = read_all(&reader);
	if (ret) {
		kernel_dump_destroy(dump);
		dump = NULL;
	}
	*out = dump;
	return ret;
}

void kernel_dump_destroy(struct kernel_dump *dump)
{
	if (!dump)
		return;
	dump_free_zones(dump);
	for (size_t i = 0; i < dump->nr_interrupts; i++)
		free(dump->interrupts[i].counts);
	free(dump->slabinfo);
	free(dump->sysfs_slab);
	free(dump->slab_flags);
	free(dump->nodes);
	free(dump->buddyinfo);
	free(dump->pagetypes);
	free(dump->pageblocks);
	free(dump->vmalloc);
	free(dump->interrupts);
	free(dump->words);
	free(dump);
}
