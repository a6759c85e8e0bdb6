/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Caches: geometry and partial limits (slub spec 1.3, 2.1 to 2.4). */
#include <stdlib.h>
#include <string.h>

#include "emu/conform_def.h"

/* How a cache that is named by a size class is aligned. */
enum family { FAMILY_NONE, FAMILY_KMALLOC, FAMILY_BUCKETS };

/* Longer prefixes first; '#' is a digit. Buckets: sets of one use site. */
static const struct {
	const char	*prefix;
	enum family	family;
} prefixes[] = {
	{ "kmalloc-rnd-##-", FAMILY_KMALLOC },
	{ "kmalloc-no-objext-", FAMILY_KMALLOC },
	{ "kmalloc-rcl-", FAMILY_KMALLOC }, { "kmalloc-cg-", FAMILY_KMALLOC },
	{ "dma-kmalloc-", FAMILY_KMALLOC }, { "kmalloc-", FAMILY_KMALLOC },
	{ "msg_msg-", FAMILY_BUCKETS }, { "memdup_user-", FAMILY_BUCKETS },
};

/* What the kernel's command line may have changed. */
static const char *const layout_parameters[] = {
	"slab_debug", "slub_debug", NULL
};
static const char *const order_parameters[] = {
	"slab_min_order", "slub_min_order", "slab_max_order",
	"slub_max_order", "slab_min_objects", "slub_min_objects", NULL
};

static const char *has_prefix(const char *name, const char *prefix)
{
	for (; *prefix; prefix++, name++)
		if (*prefix == '#' ? *name < '0' || *name > '9' :
				     *name != *prefix)
			return NULL;
	return name;
}

/* The family and the class of a name such as kmalloc-2k; else FAMILY_NONE. */
static enum family name_class(const char *name, unsigned *size)
{
	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		const char *digits = has_prefix(name, prefixes[i].prefix);
		char *end;

		if (!digits || *digits < '1' || *digits > '9')
			continue;
		*size = (unsigned)strtoul(digits, &end, 10);
		if (!strcmp(end, "k"))
			*size *= 1024;
		else if (*end)
			continue;
		if (*size <= KMALLOC_MAX_CACHE_SIZE &&
		    kmalloc_size_roundup(*size) == *size)
			return prefixes[i].family;
	}
	return FAMILY_NONE;
}

/* Before 6.11 only powers of two were aligned more than to a word. */
static unsigned class_alignment(const struct conform *c, enum family family,
				unsigned size)
{
	bool power_of_two = !(size & (size - 1));

	if (family == FAMILY_KMALLOC &&
	    (power_of_two || conform_since(c, 6, 11)))
		return slab_alignment(0, kmalloc_alignment(size), size);
	return slab_alignment(0, 0, size);
}

/* A row, and its flags where the dump has them. */
struct cache {
	const struct dump_sysfs_slab	*row;
	bool				known;	/* the rest is */
	u32				flags;
	bool				has_ctor;
	struct conform_place		at;
};

static struct cache cache_of(const struct kernel_dump *dump,
			     const struct dump_sysfs_slab *row)
{
	struct cache cache = {
		.row = row, .at = { DUMP_SYSFS_SLAB, row->line, row->name },
	};
	const struct dump_slab_flags *f = NULL;
	unsigned class;

	for (size_t i = 0; !f && i < dump->nr_slab_flags; i++)
		if (!strcmp(dump->slab_flags[i].name, row->name))
			f = &dump->slab_flags[i];
	if (!f)
		return cache;
	cache.known = true;
	cache.has_ctor = f->ctor;
	cache.flags = (f->hwcache_align ? SLAB_HWCACHE_ALIGN : 0) |
		(f->destroy_by_rcu ? SLAB_TYPESAFE_BY_RCU : 0) |
		(f->sanity_checks ? SLAB_CONSISTENCY_CHECKS : 0) |
		(f->trace ? SLAB_TRACE : 0) |
		(f->red_zone ? SLAB_RED_ZONE : 0) |
		(f->poison ? SLAB_POISON : 0) |
		(f->store_user ? SLAB_STORE_USER : 0) |
		(name_class(row->name, &class) == FAMILY_KMALLOC ?
		 SLAB_KMALLOC : 0);
	return cache;
}

/* What flags give is the least; what was asked for no view says. */
static void compare_asked(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	unsigned least = slab_alignment(cache->flags, 0,
					(unsigned)row->object_size);

	if (row->align > least && !(row->align & (row->align - 1)))
		conform_exclude(c, CLASS_ALIGN, 1, "the alignment asked for");
	else
		conform_compare(c, CLASS_ALIGN, &cache->at, row->align, least,
				true, "object_size %lu%s", row->object_size,
				cache->flags & SLAB_HWCACHE_ALIGN ?
				", SLAB_HWCACHE_ALIGN" : "");
}

static void compare_align(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	const struct conform_place *at = &cache->at;
	unsigned class, possible;
	enum family family = name_class(row->name, &class);

	if (family != FAMILY_NONE) {
		conform_compare(c, CLASS_OBJECT_SIZE, at, row->object_size,
				class, false, "the class in the name");
		conform_compare(c, CLASS_ALIGN, at, row->align,
				class_alignment(c, family, class), false,
				"size class %u", class);
		return;
	}
	if (cache->known) {
		compare_asked(c, cache);
		return;
	}
	possible = slab_alignment(0, (unsigned)row->align, 8);
	if (possible != row->align || (possible & (possible - 1)))
		conform_compare(c, CLASS_ALIGN, at, row->align,
				possible != row->align ? possible : 0, false,
				"a power of two from 8 on");
	else
		conform_exclude(c, CLASS_ALIGN, 1, "the alignment asked for, "
				"SLAB_HWCACHE_ALIGN");
}

/* 0: no cache can be so. */
static u64 stride(const struct dump_sysfs_slab *row, u32 flags, bool has_ctor)
{
	struct slab_layout lay;

	if (row->object_size > KMALLOC_MAX_SIZE ||
	    row->align > KMALLOC_MAX_SIZE ||
	    slab_calculate_layout(&lay, (unsigned)row->object_size,
				  (unsigned)row->align, flags, has_ctor, 1))
		return 0;
	return lay.size;
}

/* A constructor or RCU puts the free pointer behind: not for what merges. */
static void compare_unknown_size(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	u64 inside = stride(row, 0, false), behind = stride(row, 0, true);
	bool is_behind = row->size != inside && row->size == behind &&
		*row->name != ':';

	if (is_behind)
		c->nr_behind++;
	conform_compare(c, CLASS_SIZE, &cache->at, row->size,
			is_behind ? behind : inside, is_behind,
			"object_size %lu, align %lu", row->object_size,
			row->align);
}

/* Readers under RCU may have left a place for it in the object. */
static void compare_size(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	u64 size = stride(row, cache->flags, cache->has_ctor), inside;
	bool left;

	if (!cache->known) {
		compare_unknown_size(c, cache);
		return;
	}
	inside = stride(row, cache->flags & ~SLAB_TYPESAFE_BY_RCU,
			cache->has_ctor);
	left = row->size != size && row->size == inside;
	if (left)
		c->nr_left++;
	conform_compare(c, CLASS_SIZE, &cache->at, row->size,
			left ? inside : size, left,
			"object_size %lu, align %lu%s%s%s", row->object_size,
			row->align, cache->has_ctor ? ", a constructor" : "",
			cache->flags & SLAB_TYPESAFE_BY_RCU ? ", RCU" : "",
			cache->flags & SLAB_DEBUG_FLAGS ? ", debugging" : "");
}

/* What follows from the stride alone; false if no slab could hold it. */
static bool layout_of(u64 size, unsigned nr_cpus, struct slab_layout *lay)
{
	return size && size <= KMALLOC_MAX_SIZE &&
		!slab_calculate_layout(lay, (unsigned)size, 0, 0, false,
				       nr_cpus);
}

static void compare_order(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	const struct conform_place *at = &cache->at;
	struct slab_layout lay = { .size = 0 };

	layout_of(row->size, c->nr_cpus, &lay);
	conform_compare(c, CLASS_ORDER, at, row->order, lay.oo.order, false,
			"slab_size %lu, %u CPUs: min_objects %u", row->size,
			c->nr_cpus, slab_min_objects(c->nr_cpus));
	conform_compare(c, CLASS_OBJECTS, at, row->objects, lay.oo.objects,
			false, "slab_size %lu, order %u", row->size,
			lay.oo.order);
}

static void compare_limits(struct conform *c, const struct cache *cache)
{
	const struct dump_sysfs_slab *row = cache->row;
	const struct conform_place *at = &cache->at;
	struct slab_layout lay = { .size = 0 };

	layout_of(row->size, c->nr_cpus, &lay);
	if (cache->flags & SLAB_DEBUG_FLAGS)
		lay.cpu_partial = 0;
	conform_compare(c, CLASS_CPU_PARTIAL, at, row->cpu_partial,
			conform_since(c, 7, 0) ? 0 : lay.cpu_partial, false,
			"slab_size %lu", row->size);
	conform_compare(c, CLASS_MIN_PARTIAL, at, row->min_partial,
			lay.min_partial, false, "slab_size %lu", row->size);
}

static const struct dump_sysfs_slab *
find_sysfs(const struct kernel_dump *dump, const char *name)
{
	for (size_t i = 0; i < dump->nr_sysfs_slab; i++)
		if (!strcmp(dump->sysfs_slab[i].name, name))
			return &dump->sysfs_slab[i];
	return NULL;
}

static void compare_slabinfo_size(struct conform *c,
				  const struct dump_slabinfo *row,
				  const struct conform_place *at)
{
	const struct dump_sysfs_slab *other = find_sysfs(c->dump, row->name);

	if (other)
		conform_compare(c, CLASS_SIZE, at, row->objsize, other->size,
				false, "slab_size in line %u", other->line);
	else
		conform_exclude(c, CLASS_SIZE, 1, "object_size and align: no "
				"row in sysfs-slab");
}

static void compare_pages(struct conform *c, const struct dump_slabinfo *row,
			  const struct conform_place *at)
{
	struct slab_layout lay = { .size = 0 };

	layout_of(row->objsize, c->nr_cpus, &lay);
	conform_compare(c, CLASS_PAGES, at, row->pagesperslab,
			1ull << lay.oo.order, false,
			"objsize %lu, %u CPUs: min_objects %u", row->objsize,
			c->nr_cpus, slab_min_objects(c->nr_cpus));
	conform_compare(c, CLASS_OBJECTS, at, row->objperslab, lay.oo.objects,
			false, "objsize %lu, order %u", row->objsize,
			lay.oo.order);
}

static const char *parameter_of(const struct conform *c,
				const char *const *parameters)
{
	for (; *parameters; parameters++)
		if (conform_has_parameter(c, *parameters))
			return *parameters;
	return NULL;
}

/* How many rows do not have the order that this many CPUs give? */
static size_t wrong_orders(const struct kernel_dump *dump, unsigned nr_cpus)
{
	struct slab_layout lay;
	size_t wrong = 0;

	for (size_t i = 0; i < dump->nr_sysfs_slab; i++)
		wrong += layout_of(dump->sysfs_slab[i].size, nr_cpus, &lay) &&
			lay.oo.order != dump->sysfs_slab[i].order;
	for (size_t i = 0; i < dump->nr_slabinfo; i++)
		wrong += layout_of(dump->slabinfo[i].objsize, nr_cpus, &lay) &&
			1u << lay.oo.order != dump->slabinfo[i].pagesperslab;
	return wrong;
}

/* With one CPU the kernel takes nr_cpu_ids, which no view has. */
static unsigned infer_cpu_ids(struct conform *c)
{
	unsigned best = 1;

	if (c->dump->possible)
		return (unsigned)min(c->dump->possible, (u64)NR_CPUS_MAX);
	for (unsigned n = 2; n <= NR_CPUS_MAX; n *= 2)
		if (wrong_orders(c->dump, n) < wrong_orders(c->dump, best))
			best = n;
	conform_infer(c, "nr_cpu_ids, which counts where one CPU is present: "
		      "%u%s", best, best > 1 ? " or more" : "");
	return best;
}

static void conform_sysfs(struct conform *c, bool orders)
{
	for (size_t i = 0; i < c->dump->nr_sysfs_slab; i++) {
		const struct cache cache = cache_of(c->dump,
						    &c->dump->sysfs_slab[i]);

		compare_align(c, &cache);
		compare_size(c, &cache);
		compare_limits(c, &cache);
		if (orders)
			compare_order(c, &cache);
	}
}

static void conform_slabinfo(struct conform *c, bool orders)
{
	for (size_t i = 0; i < c->dump->nr_slabinfo; i++) {
		const struct dump_slabinfo *row = &c->dump->slabinfo[i];
		const struct conform_place at = { DUMP_SLABINFO, row->line,
						  row->name };

		compare_slabinfo_size(c, row, &at);
		if (orders)
			compare_pages(c, row, &at);
	}
}

static void exclude_orders(struct conform *c, const char *parameter)
{
	const u64 sysfs = c->dump->nr_sysfs_slab;
	const u64 slabinfo = c->dump->nr_slabinfo;

	conform_exclude(c, CLASS_ORDER, sysfs, parameter);
	conform_exclude(c, CLASS_PAGES, slabinfo, parameter);
	conform_exclude(c, CLASS_OBJECTS, sysfs + slabinfo, parameter);
}

static void exclude_layouts(struct conform *c, const char *parameter)
{
	const u64 sysfs = c->dump->nr_sysfs_slab;

	conform_exclude(c, CLASS_SIZE, sysfs + c->dump->nr_slabinfo,
			parameter);
	conform_exclude(c, CLASS_ALIGN, sysfs, parameter);
	conform_exclude(c, CLASS_CPU_PARTIAL, sysfs, parameter);
	conform_exclude(c, CLASS_MIN_PARTIAL, sysfs, parameter);
	exclude_orders(c, parameter);
}

static void report_caches(struct conform *c)
{
	if (c->nr_behind)
		conform_infer(c, "free pointers behind the object (a "
			      "constructor, RCU): in %u caches", c->nr_behind);
	if (c->nr_left)
		conform_infer(c, "places for free pointers in objects under "
			      "RCU: in %u caches", c->nr_left);
	if (c->counts[CLASS_ALIGN].inferred)
		conform_infer(c, "no alignment asked for but "
			      "SLAB_HWCACHE_ALIGN: in %lu caches",
			      c->counts[CLASS_ALIGN].inferred);
}

void conform_caches(struct conform *c)
{
	const char *layout = parameter_of(c, layout_parameters);
	const char *orders = parameter_of(c, order_parameters);
	unsigned nr_cpus = c->nr_cpus;

	/* Which caches it debugs their flags say. */
	if (layout && !c->dump->nr_slab_flags) {
		exclude_layouts(c, layout);
		return;
	}
	if (orders)
		exclude_orders(c, orders);
	else if (nr_cpus == 1)
		c->nr_cpus = infer_cpu_ids(c);
	conform_sysfs(c, !orders);
	conform_slabinfo(c, !orders);
	report_caches(c);
	c->nr_cpus = nr_cpus;
}
