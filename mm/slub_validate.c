/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at all objects of debugging caches: for the audit (I23), and as
 * people do by writing to /sys/kernel/slab/CACHE/validate (mm/slub.c
 * validate_slab_cache(), 6.12), which reports and repairs.
 */
#include "mm/slub_debug.h"

static spinlock_t object_map_lock;
/* Under object_map_lock: */
static u64 object_map[DIV_ROUND_UP(MAX_OBJS_PER_PAGE, 64)];

void slub_validate_init(void)
{
	spin_lock_init(&object_map_lock, LOCK_OBJECT_MAP);
}

/* A bit for each object of a sound freelist. */
static void fill_map(const struct kmem_cache *s, const struct slab *slab)
{
	unsigned objects = slab_counters(slab).objects, nr = 0;

	for (unsigned i = 0; i < DIV_ROUND_UP(objects, 64); i++)
		object_map[i] = 0;
	for (void *free = slab->freelist; free && nr < objects;
	     free = get_freepointer(s, free), nr++) {
		int index = slab_object_index(slab, free);

		if (index < 0)
			return;
		object_map[index / 64] |= 1ull << index % 64;
	}
}

static u8 state_of(unsigned index)
{
	return object_map[index / 64] >> index % 64 & 1 ? SLUB_RED_INACTIVE :
							SLUB_RED_ACTIVE;
}

/* ---- the audit ---- */
static void audit_object(const struct kmem_cache *s, const void *object,
			 u8 state)
{
	struct slub_region regions[MAX_SLUB_REGIONS];
	unsigned nr = slub_object_regions(s, object, state, regions);

	for (unsigned i = 0; i < nr; i++) {
		const struct slub_region *region = &regions[i];
		const u8 *fault = memchr_inv(region->start, region->value,
					     region->size);

		if (fault)
			audit_violated("I23", "%s: %s of 0x%lx overwritten, "
				       "0x%x instead of 0x%x", s->name,
				       region->what,
				       machine_print_address(object), *fault,
				       region->value);
	}
}

void slub_audit_slab(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);
	char *object = slab_first_object(s, slab);

	/* One that failed a check is left as it was found. */
	if (counters.frozen)
		return;
	fill_map(s, slab);
	for (unsigned i = 0; i < counters.objects; i++, object += s->lay.size)
		audit_object(s, object, state_of(i));
}

/* ---- by hand ---- */
static void validate_slab(struct kmem_cache *s, struct slab *slab)
{
	char *object = slab_first_object(s, slab);
	unsigned objects;

	if (!check_slab(s, slab) || !on_freelist(s, slab, NULL))
		return;
	objects = slab_counters(slab).objects;
	spin_lock(&object_map_lock);
	fill_map(s, slab);
	for (unsigned i = 0; i < objects; i++, object += s->lay.size)
		if (!check_object(s, slab, object, state_of(i)))
			break;
	spin_unlock(&object_map_lock);
}

static unsigned long validate_list_locked(struct kmem_cache *s,
					  struct kmem_cache_node *n,
					  struct list_head *list)
	must_hold(n->list_lock);

static unsigned long validate_list_locked(struct kmem_cache *s,
					  struct kmem_cache_node *n,
					  struct list_head *list)
{
	unsigned long count = 0;
	struct slab *slab;

	list_for_each_entry(slab, list, slab_list) {
		validate_slab(s, slab);
		count++;
	}
	return count;
}

static long validate_node(struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long count, flags;

	spin_lock_irqsave(&n->list_lock, flags);
	count = validate_list_locked(s, n, &n->partial);
	if (count != n->nr_partial)
		kernel_bug("SLUB %s: %lu partial slabs counted but counter=%lu",
			   s->name, count, n->nr_partial);
	if (s->flags & SLAB_STORE_USER) {
		count += validate_list_locked(s, n, &n->full);
		if (count != (unsigned long)atomic_long_read(&n->nr_slabs))
			kernel_bug("SLUB: %s %lu slabs counted but "
				   "counter=%ld", s->name, count,
				   atomic_long_read(&n->nr_slabs));
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	return (long)count;
}

long validate_slab_cache(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned nid;
	long count = 0;

	if (!kmem_cache_debug(s))
		return -EINVAL;
	for_each_kmem_cache_node(s, nid, n)
		count += validate_node(s, n);
	return count;
}

unsigned long validate_slab_caches(void)
{
	unsigned long count = 0;
	struct kmem_cache *s;

	mutex_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		if (kmem_cache_debug(s))
			count += (unsigned long)validate_slab_cache(s);
	mutex_unlock(&slab_mutex);
	return count;
}
