/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of caches that were merged (slub spec 2.5, 4.3): each mergeable cache
 * has a folder ":flags-size" and a link for each of its names. The dump does
 * not say where a link leads to; but a name prints what its folder prints, and
 * a cache that is its own has no aliases, so the names can be counted.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/conform_def.h"

static bool is_folder(const struct dump_sysfs_slab *row)
{
	return *row->name == ':';
}

/* The flags in the letters of a folder's name. */
static u32 folder_flags(const char *name)
{
	u32 flags = 0;

	for (name++; *name && (*name < '0' || *name > '9'); name++)
		flags |= *name == 'd' ? SLAB_CACHE_DMA :
			*name == 'D' ? SLAB_CACHE_DMA32 :
			*name == 'a' ? SLAB_RECLAIM_ACCOUNT :
			*name == 'F' ? SLAB_CONSISTENCY_CHECKS :
			*name == 'A' ? SLAB_ACCOUNT : 0;
	return flags;
}

static u64 folder_size(const char *name)
{
	return strtoull(name + strcspn(name, "0123456789"), NULL, 10);
}

/* Sizes that no cache has are wrong elsewhere. */
static bool could_merge(const struct dump_sysfs_slab *row,
			const struct dump_sysfs_slab *other)
{
	return row->align <= KMALLOC_MAX_SIZE &&
		row->size <= KMALLOC_MAX_SIZE &&
		other->size <= KMALLOC_MAX_SIZE &&
		slab_can_merge((unsigned)row->size, (unsigned)row->align,
			       folder_flags(row->name), (unsigned)other->size,
			       folder_flags(other->name));
}

static void compare_folder(struct conform *c,
			   const struct dump_sysfs_slab *row)
{
	const struct kernel_dump *dump = c->dump;
	const struct conform_place at = { DUMP_SYSFS_SLAB, row->line,
					  row->name };
	char id[SLAB_ID_SIZE];
	u64 others = 0, named = folder_size(row->name);
	bool same;

	slab_unique_id(id, folder_flags(row->name), (unsigned)row->size);
	same = !strcmp(id, row->name);
	conform_compare(c, CLASS_FOLDER, &at, named,
			same || named != row->size ? row->size : 0, false,
			"the name would be %s", id);
	for (size_t i = 0; i < dump->nr_sysfs_slab; i++) {
		const struct dump_sysfs_slab *other = &dump->sysfs_slab[i];

		others += other != row && is_folder(other) &&
			could_merge(row, other);
	}
	conform_compare(c, CLASS_MERGE, &at, others, 0, false,
			"folders that it would merge with");
}

static bool prints_the_same(const struct dump_sysfs_slab *a,
			    const struct dump_sysfs_slab *b)
{
	return a->object_size == b->object_size && a->size == b->size &&
		a->align == b->align && a->order == b->order &&
		a->objects == b->objects &&
		a->cpu_partial == b->cpu_partial &&
		a->min_partial == b->min_partial && a->aliases == b->aliases;
}

/* Folders and names that print what row prints. */
static void count_same(const struct kernel_dump *dump,
		       const struct dump_sysfs_slab *row, u64 *folders,
		       u64 *names)
{
	*folders = *names = 0;
	for (size_t i = 0; i < dump->nr_sysfs_slab; i++) {
		const struct dump_sysfs_slab *other = &dump->sysfs_slab[i];

		if (!prints_the_same(row, other))
			continue;
		if (is_folder(other))
			++*folders;
		else
			++*names;
	}
}

static void compare_aliases(struct conform *c,
			    const struct dump_sysfs_slab *row)
{
	const struct conform_place at = { DUMP_SYSFS_SLAB, row->line,
					  row->name };
	u64 folders, names, want = row->aliases + 1;

	count_same(c->dump, row, &folders, &names);
	if (!folders)
		conform_compare(c, CLASS_ALIASES, &at, row->aliases, 0, false,
				"no folder prints the same");
	else if (!is_folder(row) || (want == 1 && names > folders))
		/* What its folder prints; of its own some caches print it. */
		conform_compare(c, CLASS_ALIASES, &at, row->aliases,
				row->aliases, false, "as a folder prints");
	else
		conform_compare(c, CLASS_ALIASES, &at, want,
				names % folders ? names : names / folders,
				false, "aliases and one; names that print "
				"what %lu folders print", folders);
}

/* slabinfo has a row for each folder and for each cache that has none. */
static void compare_rows(struct conform *c)
{
	const struct kernel_dump *dump = c->dump;
	const struct conform_place at = { DUMP_SLABINFO,
		dump->lines[DUMP_SLABINFO], "rows" };
	u64 folders = 0, names = 0, links = 0;

	for (size_t i = 0; i < dump->nr_sysfs_slab; i++) {
		const struct dump_sysfs_slab *row = &dump->sysfs_slab[i];

		folders += is_folder(row);
		names += !is_folder(row);
		links += is_folder(row) ? row->aliases + 1 : 0;
	}
	conform_compare(c, CLASS_ALIASES, &at, dump->nr_slabinfo,
			folders + names - links, false,
			"%lu folders, %lu names, %lu of them links", folders,
			names, links);
}

void conform_aliases(struct conform *c)
{
	const struct kernel_dump *dump = c->dump;

	for (size_t i = 0; i < dump->nr_sysfs_slab; i++) {
		if (is_folder(&dump->sysfs_slab[i]))
			compare_folder(c, &dump->sysfs_slab[i]);
		compare_aliases(c, &dump->sysfs_slab[i]);
	}
	if (dump->nr_sysfs_slab && dump->nr_slabinfo)
		compare_rows(c);
}
