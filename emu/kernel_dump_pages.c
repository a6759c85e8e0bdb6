/* SPDX-License-Identifier: GPL-2.0-or-later */
/* buddyinfo and pagetypeinfo (slub spec 5.19). */
#include "emu/kernel_dump_def.h"

#include <errno.h>
#include <string.h>

static int read_buddyinfo_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_buddyinfo *row = dump_append(&dump->buddyinfo,
						 &dump->nr_buddyinfo,
						 sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "Node %u, zone %8s ", &row->node, &row->zone);
	for (unsigned o = 0; !ret && o < DUMP_NR_ORDERS; o++)
		ret = dump_scan(reader, "%6u ", &row->nr_free[o]);
	return ret ? ret : dump_end_line(reader);
}

int dump_read_buddyinfo(struct dump_reader *reader)
{
	return dump_read_rows(reader, read_buddyinfo_row);
}

/* "%6u ", or ">100000 ": the walk ended there. */
static int scan_count(struct dump_reader *reader, uint64_t *count,
		      bool *capped)
{
	*capped = dump_looks_at(reader, ">");
	if (*capped)
		reader->column++;
	return dump_scan(reader, "%6u ", count);
}

static int read_pagetype_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_pagetype *row = dump_append(&dump->pagetypes,
						&dump->nr_pagetypes,
						sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "Node %4u, zone %8s, type %12s ", &row->node,
			&row->zone, &row->type);
	for (unsigned o = 0; !ret && o < DUMP_NR_ORDERS; o++)
		ret = scan_count(reader, &row->nr_free[o], &row->capped[o]);
	return ret ? ret : dump_end_line(reader);
}

static int read_order(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	int ret = dump_scan(reader, "Page block order: %u",
			    &dump->pageblock_order);

	if (!ret)
		ret = dump_end_line(reader);
	if (!ret)
		ret = dump_need_line(reader, "the pages per block");
	if (!ret)
		ret = dump_scan(reader, "Pages per block:  %u",
				&dump->pages_per_block);
	return ret ? ret : dump_end_line(reader);
}

static int read_free_head(struct dump_reader *reader)
{
	int ret = dump_scan(reader,
			    "Free pages count per migrate type at order  ");
	uint64_t order;

	for (unsigned o = 0; !ret && o < DUMP_NR_ORDERS; o++) {
		ret = dump_scan(reader, "%6u ", &order);
		if (!ret && order != o)
			ret = dump_wrong(reader, 1, "expected order %u", o);
	}
	return ret ? ret : dump_end_line(reader);
}

/* The heads of the table of blocks: of all of its rows. */
static int read_types(struct dump_reader *reader,
		      struct dump_pageblocks *heads)
{
	int ret = dump_scan(reader, "Number of blocks type  ");

	heads->nr_types = 0;
	while (!ret && !dump_at_line_end(reader)) {
		if (heads->nr_types == DUMP_TYPES_MAX)
			return dump_wrong(reader, 1, "more than %d types",
					  DUMP_TYPES_MAX);
		ret = dump_scan(reader, "%12s ",
				&heads->types[heads->nr_types++]);
	}
	return ret;
}

static int read_blocks_row(struct dump_reader *reader,
			   const struct dump_pageblocks *heads)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_pageblocks *row = dump_append(&dump->pageblocks,
						  &dump->nr_pageblocks,
						  sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	*row = *heads;
	row->line = reader->number;
	ret = dump_scan(reader, "Node %u, zone %8s ", &row->node, &row->zone);
	for (size_t i = 0; !ret && i < row->nr_types; i++)
		ret = dump_scan(reader, "%12u ", &row->blocks[i]);
	return ret ? ret : dump_end_line(reader);
}

/* "Node    0, zone ..., type ..."; rows of the other table have no type. */
static bool is_pagetype_row(const struct dump_reader *reader)
{
	static const char type[] = ", type ";

	return memmem(reader->line, (size_t)reader->length, type,
		      sizeof(type) - 1);
}

int dump_read_pagetypeinfo(struct dump_reader *reader)
{
	struct dump_pageblocks heads = { 0 };
	int ret = 0;

	while (!ret && dump_next_line(reader)) {
		if (dump_at_line_end(reader))
			continue;
		if (dump_looks_at(reader, "Page block order: "))
			ret = read_order(reader);
		else if (dump_looks_at(reader, "Free pages count "))
			ret = read_free_head(reader);
		else if (dump_looks_at(reader, "Number of blocks type"))
			ret = read_types(reader, &heads);
		else if (is_pagetype_row(reader))
			ret = read_pagetype_row(reader);
		else
			ret = read_blocks_row(reader, &heads);
	}
	return ret;
}
