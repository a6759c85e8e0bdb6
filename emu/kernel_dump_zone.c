/* SPDX-License-Identifier: GPL-2.0-or-later */
/* zoneinfo (slub spec 5.19), and the CPUs of nodes. */
#include "emu/kernel_dump_def.h"

#include <errno.h>
#include <stdlib.h>

/* Whole lines "      name         value", while there are some. */
static int read_stats(struct dump_reader *reader, struct dump_stat **stats,
		      size_t *nr)
{
	static const char indent[] = "      ";
	int ret = 0;

	while (!ret && dump_next_line(reader)) {
		struct dump_stat *stat;

		if (!dump_looks_at(reader, indent) ||
		    dump_looks_at(reader, "       ")) {
			dump_unread_line(reader);
			break;
		}
		stat = dump_append(stats, nr, sizeof(*stat));
		if (!stat)
			return -ENOMEM;
		ret = dump_scan(reader, "      %-12s %u", &stat->name,
				&stat->value);
		if (!ret)
			ret = dump_end_line(reader);
	}
	return ret;
}

/* One line of one number. */
static int read_value(struct dump_reader *reader, const char *format,
		      uint64_t *out)
{
	int ret = dump_need_line(reader, format);

	if (!ret)
		ret = dump_scan(reader, format, out);
	return ret ? ret : dump_end_line(reader);
}

/* Does the next line begin so? It stays the next one. */
static bool next_line_is(struct dump_reader *reader, const char *prefix)
{
	bool is;

	if (!dump_next_line(reader))
		return false;
	is = dump_looks_at(reader, prefix);
	dump_unread_line(reader);
	return is;
}

static int read_pages(struct dump_reader *reader, struct dump_zone *zone)
{
	int ret = read_value(reader, "  pages free     %u", &zone->free);

	if (!ret)
		ret = read_value(reader, "        boost    %u", &zone->boost);
	if (!ret)
		ret = read_value(reader, "        min      %u", &zone->min);
	if (!ret)
		ret = read_value(reader, "        low      %u", &zone->low);
	if (!ret)
		ret = read_value(reader, "        high     %u", &zone->high);
	zone->has_promo = next_line_is(reader, "        promo ");
	if (!ret && zone->has_promo)
		ret = read_value(reader, "        promo    %u", &zone->promo);
	if (!ret)
		ret = read_value(reader, "        spanned  %u",
				 &zone->spanned);
	if (!ret)
		ret = read_value(reader, "        present  %u",
				 &zone->present);
	if (!ret)
		ret = read_value(reader, "        managed  %u",
				 &zone->managed);
	if (!ret)
		ret = read_value(reader, "        cma      %u", &zone->cma);
	return ret;
}

static int read_protection(struct dump_reader *reader, struct dump_zone *zone)
{
	int ret = dump_need_line(reader, "protection");

	if (!ret)
		ret = dump_scan(reader, "        protection: (");
	while (!ret) {
		if (zone->nr_protection == DUMP_PROTECTION_MAX)
			return dump_wrong(reader, 1, "more than %d zones",
					  DUMP_PROTECTION_MAX);
		ret = dump_scan(reader, "%u",
				&zone->protection[zone->nr_protection++]);
		if (ret || !dump_looks_at(reader, ", "))
			break;
		reader->column += 2;
	}
	if (!ret)
		ret = dump_scan(reader, ")");
	return ret ? ret : dump_end_line(reader);
}

/* "~": 6.18 aligns the numbers of a CPU. */
static int read_pageset(struct dump_reader *reader, struct dump_pageset *set)
{
	int ret = read_value(reader, "    cpu: %u", &set->cpu);

	set->line = reader->number;
	if (!ret)
		ret = read_value(reader, "              count:~%u",
				 &set->count);
	if (!ret)
		ret = read_value(reader, "              high:~%u", &set->high);
	if (!ret)
		ret = read_value(reader, "              batch:~%u",
				 &set->batch);
	set->has_limits = next_line_is(reader, "              high_min:");
	if (!ret && set->has_limits)
		ret = read_value(reader, "              high_min:~%u",
				 &set->high_min);
	if (!ret && set->has_limits)
		ret = read_value(reader, "              high_max:~%u",
				 &set->high_max);
	if (!ret)
		ret = read_value(reader, "  vm stats threshold: %u",
				 &set->threshold);
	return ret;
}

/* What only populated zones have. */
static int read_populated(struct dump_reader *reader, struct dump_zone *zone)
{
	int ret = read_stats(reader, &zone->stats, &zone->nr_stats);

	if (!ret)
		ret = dump_need_line(reader, "pagesets");
	if (!ret)
		ret = dump_scan(reader, "  pagesets");
	if (!ret)
		ret = dump_end_line(reader);
	while (!ret && next_line_is(reader, "    cpu: ")) {
		struct dump_pageset *set = dump_append(&zone->pagesets,
						       &zone->nr_pagesets,
						       sizeof(*set));

		ret = set ? read_pageset(reader, set) : -ENOMEM;
	}
	if (!ret)
		ret = read_value(reader, "  node_unreclaimable:  %u",
				 &zone->node_unreclaimable);
	if (!ret)
		ret = read_value(reader, "  start_pfn:           %u",
				 &zone->start_pfn);
	return ret;
}

/* At its line "Node N, zone NAME". */
static int read_zone(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_zone *zone = dump_append(&dump->zones, &dump->nr_zones,
					     sizeof(*zone));
	int ret;

	if (!zone)
		return -ENOMEM;
	zone->line = reader->number;
	ret = dump_scan(reader, "Node %u, zone %8s", &zone->node, &zone->name);
	if (!ret)
		ret = dump_end_line(reader);
	if (!ret && next_line_is(reader, "  per-node stats")) {
		dump_next_line(reader);
		ret = dump_scan(reader, "  per-node stats");
		if (!ret)
			ret = dump_end_line(reader);
		if (!ret)
			ret = read_stats(reader, &zone->node_stats,
					 &zone->nr_node_stats);
	}
	if (!ret)
		ret = read_pages(reader, zone);
	if (!ret)
		ret = read_protection(reader, zone);
	zone->populated = !ret && next_line_is(reader, " ");
	if (zone->populated)
		ret = read_populated(reader, zone);
	return ret;
}

int dump_read_zoneinfo(struct dump_reader *reader)
{
	return dump_read_rows(reader, read_zone);
}

void dump_free_zones(struct kernel_dump *dump)
{
	for (size_t i = 0; i < dump->nr_zones; i++) {
		free(dump->zones[i].node_stats);
		free(dump->zones[i].stats);
		free(dump->zones[i].pagesets);
	}
	free(dump->zones);
}

/* ---- cpus ---- */
static int read_node(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_node *row = dump_append(&dump->nodes, &dump->nr_nodes,
					    sizeof(*row));

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	return dump_scan(reader, "node %u %u", &row->node, &row->cpus);
}

int dump_read_cpus(struct dump_reader *reader)
{
	int ret = 0;

	while (!ret && dump_next_line(reader)) {
		ret = dump_looks_at(reader, "node ") ? read_node(reader) :
			dump_scan(reader, "possible %u",
				  &reader->dump->possible);
		if (!ret)
			ret = dump_end_line(reader);
	}
	return ret;
}
