/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the kernel's text views, for tests of what is in them. */
#ifndef TESTS_VIEW_H
#define TESTS_VIEW_H

#include <stdlib.h>
#include <string.h>

#include "cpus/procfs.h"
#include "mm/page_alloc.h"
#include "mm/procfs.h"
#include "mm/slab.h"
#include "tests/test.h"

static inline void show_begin(void)
{
	local_irq_disable();
	machine_quiet_begin();
}

static inline void show_end(void)
{
	machine_quiet_end();
	local_irq_enable();
}

/* A view's text; to release. */
static inline struct seq_file view(void (*show)(struct seq_file *m))
{
	struct seq_file m = { 0 };

	show_begin();
	show(&m);
	show_end();
	return m;
}

struct wanted {
	const char	*name;
	struct seq_file	m;
};

static inline void show_if_wanted(void *arg, const struct kmem_cache *s)
{
	struct wanted *wanted = arg;

	if (!strcmp(kmem_cache_name(s), wanted->name))
		slab_sysfs_show(&wanted->m, s);
}

static inline struct seq_file sysfs(const char *cache)
{
	struct wanted wanted = { .name = cache };

	show_begin();
	slab_for_each_cache(show_if_wanted, &wanted);
	show_end();
	must(wanted.m.count);
	return wanted.m;
}

/* The line after the text that begins with prefix, or NULL. */
static const char *line_of(const char *text, const char *prefix)
{
	while (text && strncmp(text, prefix, strlen(prefix))) {
		text = strchr(text, '\n');
		text = text && text[1] ? text + 1 : NULL;
	}
	return text ? text + strlen(prefix) : NULL;
}

static inline u64 value_of(const struct seq_file *m, const char *name)
{
	char prefix[64];
	const char *line;

	snprintf(prefix, sizeof(prefix), "%s:", name);
	line = line_of(seq_text(m), prefix);
	must(line);
	return strtoul(line, NULL, 10);
}

static inline u64 value_of_file(const char *cache, const char *name)
{
	struct seq_file m = sysfs(cache);
	u64 value = value_of(&m, name);

	seq_release(&m);
	return value;
}

/* Of all orders and types, some freed: lists of every kind. */
static inline void fragment(void)
{
	static const gfp_t kinds[] = {
		GFP_KERNEL, GFP_KERNEL | __GFP_MOVABLE,
		GFP_KERNEL | __GFP_RECLAIMABLE, GFP_KERNEL | GFP_DMA,
	};
	struct page *pages[64];

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		pages[i] = alloc_pages_node((int)(i % machine_nr_nodes),
					    kinds[i % 4], i % 6);
		must(pages[i]);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i += 2)
		__free_pages(pages[i], i % 6);
}

#endif
