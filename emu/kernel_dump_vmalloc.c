/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmallocinfo (vmalloc spec 3.11) and interrupts (5). */
#include "emu/kernel_dump_def.h"

#include <errno.h>
#include <string.h>

/* What may follow the caller, in this order; "=": with a number. */
static const char *const attributes[] = {
	"pages=", "phys=0x", "ioremap", "sparse", "vmalloc", "vmap", "user",
	"dma-coherent", "vpages", "N",
};

#define NR_ATTRIBUTES	(sizeof(attributes) / sizeof(attributes[0]))
#define ATTRIBUTE_NODE	(NR_ATTRIBUTES - 1)

/* Length of the word at the column. */
static size_t word_length(const struct dump_reader *reader)
{
	const char *from = reader->line + reader->column;
	size_t left = (size_t)(reader->length - reader->column);
	const char *blank = memchr(from, ' ', left);

	return blank ? (size_t)(blank - from) : left;
}

/* The attribute at the column, NR_ATTRIBUTES if it is none. */
static size_t which_attribute(const struct dump_reader *reader)
{
	const char *word = reader->line + reader->column;
	size_t length = word_length(reader);

	for (size_t i = 0; i < NR_ATTRIBUTES; i++) {
		size_t n = strlen(attributes[i]);
		bool value = n < length && (attributes[i][n - 1] == '=' ||
					    attributes[i][n - 1] == 'x');

		if (length < n || memcmp(word, attributes[i], n))
			continue;
		if (length == n || value)
			return i;
		if (i == ATTRIBUTE_NODE && memchr(word, '=', length))
			return i;
	}
	return NR_ATTRIBUTES;
}

static int read_attribute(struct dump_reader *reader, size_t which,
			  struct dump_vmalloc *row)
{
	uint64_t number, node;

	if (which == 0)
		return dump_scan(reader, "pages=%u", &row->pages);
	if (which == 1)
		return dump_scan(reader, "phys=0x%16x", &number);
	if (which == ATTRIBUTE_NODE)
		return dump_scan(reader, "N%u=%u", &node, &number);
	return dump_scan(reader, attributes[which]);
}

/* "symbol+0x1/0x2", of a module followed by " [module]". */
static void read_caller(struct dump_reader *reader, struct dump_vmalloc *row)
{
	const char *from = reader->line + reader->column;

	reader->column += (int)word_length(reader);
	if (dump_looks_at(reader, " [")) {
		reader->column++;
		reader->column += (int)word_length(reader);
	}
	row->caller = dump_word(reader, from, (size_t)(reader->line +
						       reader->column - from));
}

/* All behind the size of an ordinary area. */
static int read_attributes(struct dump_reader *reader,
			   struct dump_vmalloc *row)
{
	size_t least = 0, which;
	bool first = true;
	int ret = 0;

	for (; !ret && !dump_at_line_end(reader); first = false) {
		ret = dump_scan(reader, " ");
		if (ret)
			break;
		which = which_attribute(reader);
		if (which == NR_ATTRIBUTES && first && word_length(reader)) {
			read_caller(reader, row);
			continue;
		}
		if (which == NR_ATTRIBUTES || which < least)
			return dump_wrong(reader, (int)word_length(reader),
					  "unexpected here");
		ret = read_attribute(reader, which, row);
		least = which + (which != ATTRIBUTE_NODE);
	}
	return ret;
}

static int read_vmalloc_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_vmalloc *row = dump_append(&dump->vmalloc,
					       &dump->nr_vmalloc,
					       sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "0x%16x-0x%16x %7u", &row->start, &row->end,
			&row->size);
	if (ret)
		return ret;
	row->text = dump_word(reader, reader->line + reader->column,
			      (size_t)(reader->length - reader->column));
	row->vm_map_ram = !strcmp(row->text, " vm_map_ram");
	row->unpurged = !strcmp(row->text, " unpurged vm_area");
	if (row->vm_map_ram || row->unpurged)
		return 0;
	return read_attributes(reader, row);
}

int dump_read_vmallocinfo(struct dump_reader *reader)
{
	return dump_read_rows(reader, read_vmalloc_row);
}

/* "           CPU0       CPU1 ": as many counts has a row. */
static int read_cpus(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	uint64_t cpu;
	int ret = dump_need_line(reader, "the CPUs");

	while (!ret && !dump_at_line_end(reader)) {
		ret = dump_scan(reader, "~");
		if (ret || dump_at_line_end(reader))
			break;
		ret = dump_scan(reader, "CPU%u", &cpu);
		dump->nr_interrupt_cpus++;
	}
	return ret;
}

static int read_counts(struct dump_reader *reader, struct dump_interrupt *row)
{
	size_t cpus = reader->dump->nr_interrupt_cpus;
	int ret = 0;

	while (!ret && row->nr_counts < cpus && !dump_at_line_end(reader)) {
		uint64_t *count = dump_append(&row->counts, &row->nr_counts,
					      sizeof(*count));

		ret = count ? dump_scan(reader, " %10u", count) : -ENOMEM;
	}
	return ret;
}

static int read_interrupt(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_interrupt *row = dump_append(&dump->interrupts,
						 &dump->nr_interrupts,
						 sizeof(*row));
	const char *colon = memchr(reader->line, ':',
				   (size_t)reader->length);
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	while (dump_looks_at(reader, " "))
		reader->column++;
	if (!colon || colon == reader->line + reader->column)
		return dump_wrong(reader, 1, "expected NAME:");
	row->name = dump_word(reader, reader->line + reader->column,
			      (size_t)(colon - reader->line) -
			      (size_t)reader->column);
	reader->column = (int)(colon - reader->line) + 1;
	ret = read_counts(reader, row);
	while (dump_looks_at(reader, " "))
		reader->column++;
	row->text = dump_word(reader, reader->line + reader->column,
			      (size_t)(reader->length - reader->column));
	return ret;
}

int dump_read_interrupts(struct dump_reader *reader)
{
	int ret = read_cpus(reader);

	return ret ? ret : dump_read_rows(reader, read_interrupt);
}
