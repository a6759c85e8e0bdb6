/* SPDX-License-Identifier: GPL-2.0-or-later */
/* slabinfo (slub spec 4.2) and the attributes of /sys/kernel/slab (4.3). */
#include "emu/kernel_dump_def.h"

#include <errno.h>

static int read_slabinfo_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_slabinfo *row = dump_append(&dump->slabinfo,
						&dump->nr_slabinfo,
						sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "%-17s %6u %6u %6u %4u %4u : tunables %4u %4u "
			"%4u : slabdata %6u %6u %6u", &row->name,
			&row->active_objs, &row->num_objs, &row->objsize,
			&row->objperslab, &row->pagesperslab, &row->limit,
			&row->batchcount, &row->sharedfactor,
			&row->active_slabs, &row->num_slabs,
			&row->sharedavail);
	return ret ? ret : dump_end_line(reader);
}

int dump_read_slabinfo(struct dump_reader *reader)
{
	static const char *const heads[] = {
		"slabinfo - version: 2.1",
		"# name            <active_objs> <num_objs> <objsize> "
		"<objperslab> <pagesperslab> : tunables <limit> <batchcount> "
		"<sharedfactor> : slabdata <active_slabs> <num_slabs> "
		"<sharedavail>",
	};
	int ret = 0;

	for (unsigned i = 0; !ret && i < 2; i++) {
		ret = dump_need_line(reader, "its head");
		if (!ret)
			ret = dump_scan(reader, heads[i]);
		if (!ret)
			ret = dump_end_line(reader);
	}
	return ret ? ret : dump_read_rows(reader, read_slabinfo_row);
}

static int read_sysfs_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_sysfs_slab *row = dump_append(&dump->sysfs_slab,
						  &dump->nr_sysfs_slab,
						  sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "%s %u %u %u %u %u %u %u %u", &row->name,
			&row->object_size, &row->size, &row->align,
			&row->order, &row->objects, &row->cpu_partial,
			&row->min_partial, &row->aliases);
	return ret ? ret : dump_end_line(reader);
}

int dump_read_sysfs_slab(struct dump_reader *reader)
{
	return dump_read_rows(reader, read_sysfs_row);
}

static int read_flags_row(struct dump_reader *reader)
{
	struct kernel_dump *dump = reader->dump;
	struct dump_slab_flags *row = dump_append(&dump->slab_flags,
						  &dump->nr_slab_flags,
						  sizeof(*row));
	int ret;

	if (!row)
		return -ENOMEM;
	row->line = reader->number;
	ret = dump_scan(reader, "%s %u %u %u %u %u %u %u %u", &row->name,
			&row->hwcache_align, &row->destroy_by_rcu, &row->ctor,
			&row->sanity_checks, &row->trace, &row->red_zone,
			&row->poison, &row->store_user);
	if (!ret && (row->hwcache_align | row->destroy_by_rcu | row->ctor |
		     row->sanity_checks | row->trace | row->red_zone |
		     row->poison | row->store_user) > 1)
		return dump_wrong(reader, 1, "flags are 0 or 1");
	return ret ? ret : dump_end_line(reader);
}

int dump_read_slab_flags(struct dump_reader *reader)
{
	return dump_read_rows(reader, read_flags_row);
}
