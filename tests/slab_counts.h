/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cache's statistics have moved by, for tests that climb a ladder rung
 * by rung: create the cache in `s`, note_counts(), do something, MOVED().
 */
#ifndef TESTS_SLAB_COUNTS_H
#define TESTS_SLAB_COUNTS_H

#include "mm/slab_def.h"
#include "tests/test.h"

static struct kmem_cache *s;
static u64 was[NR_SLUB_STAT_ITEMS];

static void note_counts(void)
{
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		was[i] = slub_stat_of(s, (enum stat_item)i);
}

struct moved {
	enum stat_item	item;
	u64		by;
};

/* These counters have moved by so much since the last call, and no other. */
static void counts_moved(const struct moved *moved, size_t nr)
{
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++) {
		u64 is = slub_stat_of(s, (enum stat_item)i), by = 0;

		for (size_t k = 0; k < nr; k++)
			if (moved[k].item == i)
				by = moved[k].by;
		if (is - was[i] != by)
			printk("%s: moved by %llu, not %llu",
			       slub_stat_names[i],
			       (unsigned long long)(is - was[i]),
			       (unsigned long long)by);
		must(is - was[i] == by);
	}
	note_counts();
}

#define MOVED(...) counts_moved((const struct moved[]){ __VA_ARGS__ }, \
	sizeof((const struct moved[]){ __VA_ARGS__ }) / sizeof(struct moved))

#endif
