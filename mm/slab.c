/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front end of object caches: creating and destroying them, the list of
 * all, and the boot caches, whose structures lie in caches of themselves
 * (slub spec 3.7, 7.1; mm/slab_common.c and kmem_cache_init(), 6.12).
 */
#include "mm/kvfree_rcu.h"
#include "mm/mmzone.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slab_two_owners, "I19", "a cache is born with two references");

/* What callers of kmem_cache_create() may ask for. */
#define SLAB_CREATE_MASK	(SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | \
				 SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | \
				 SLAB_NO_MERGE | SLAB_DEBUG_FLAGS)

const struct slab_ops *slab_ops = &slab_slub;
struct rw_semaphore cpu_hotplug_lock;
struct mutex slab_mutex;
/* Under slab_mutex: */
struct list_head slab_caches = LIST_HEAD_INIT(slab_caches);

struct kmem_cache *kmem_cache, *kmem_cache_node;
static struct kmem_cache boot_kmem_cache, boot_kmem_cache_node;

/* ---- making a cache ---- */
/* Fills an all-zero s, and opens its engine. */
static int open_cache(struct kmem_cache *s, const char *name, unsigned size,
		      unsigned align, u32 flags)
{
	int err;

	flags = kmem_cache_flags(flags, name);
	err = slab_calculate_layout(&s->lay, size, align, flags, s->ctor,
				    num_present_cpus());
	if (!err && disable_higher_order_debug &&
	    get_order(s->lay.size) > get_order(size)) {
		flags &= ~DEBUG_METADATA_FLAGS;
		err = slab_calculate_layout(&s->lay, size, align, flags,
					    s->ctor, num_present_cpus());
	}
	if (err)
		return err;
	s->name = name;
	s->flags = flags;
	s->refcount = 1 + FAULT(slab_two_owners);
	return slab_ops->open(s);
}

static char *duplicate_name(const char *name)
{
	size_t size = 1;
	char *copy;

	while (name[size - 1])
		size++;
	copy = kmalloc(size, GFP_KERNEL);
	return copy ? machine_memcpy(copy, name, size) : NULL;
}

/* An unlisted cache; 0 and *out, or -errno. */
static int make_cache(struct kmem_cache **out, const char *name, unsigned size,
		      unsigned align, u32 flags, void (*ctor)(void *))
{
	struct kmem_cache *s;
	char *copy;
	int err = -ENOMEM;

	copy = duplicate_name(name);
	if (!copy)
		return -ENOMEM;
	s = kmem_cache_alloc(kmem_cache, GFP_KERNEL | __GFP_ZERO);
	if (!s)
		goto free_name;
	s->ctor = ctor;
	err = open_cache(s, copy, size, align, flags);
	if (err)
		goto free_cache;
	*out = s;
	return 0;

free_cache:
	kmem_cache_free(kmem_cache, s);
free_name:
	kfree(copy);
	return err;
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned size,
				     unsigned align, u32 flags,
				     void (*ctor)(void *object))
{
	struct kmem_cache *s = NULL;
	int err = -EINVAL;

	if (!name || in_interrupt() || size > KMALLOC_MAX_SIZE ||
	    (flags & ~SLAB_CREATE_MASK)) {
		printk("kmem_cache_create(%s) integrity check failed",
		       name ? name : "(null)");
	} else {
		mutex_lock(&slab_mutex);
		err = make_cache(&s, name, size, align, flags, ctor);
		if (!err)
			list_add(&s->list, &slab_caches);
		mutex_unlock(&slab_mutex);
	}
	if (err && (flags & SLAB_PANIC))
		kernel_bug("Kernel panic - not syncing: %s: Failed to create "
			   "slab '%s'. Error %d", "__kmem_cache_create_args",
			   name ? name : "(null)", err);
	else if (err)
		printk("%s(%s) failed with error %d",
		       "__kmem_cache_create_args", name ? name : "(null)", err);
	return s;
}

void kmem_cache_destroy(struct kmem_cache *s)
{
	bool last;
	int err = 0;

	if (!s)
		return;
	/* Objects of s may wait there. */
	kvfree_rcu_barrier();
	down_read(&cpu_hotplug_lock);
	mutex_lock(&slab_mutex);
	last = s->refcount == 1;
	if (!last) {
		s->refcount--;
	} else {
		err = slab_ops->close(s);
		if (!err)
			list_del(&s->list);
	}
	mutex_unlock(&slab_mutex);
	up_read(&cpu_hotplug_lock);
	if (!last)
		return;
	if (err) {
		kernel_bug("kmem_cache_destroy %s: Slab cache still has "
			   "objects", s->name);
		return;
	}
	kfree(s->name);
	kmem_cache_free(kmem_cache, s);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	return slab_ops->shrink(s);
}

const char *kmem_cache_name(const struct kmem_cache *s)
{
	return s->name;
}

/* ---- boot ---- */
static void create_boot_cache(struct kmem_cache *s, const char *name,
			      unsigned size, unsigned align, u32 flags)
{
	must(open_cache(s, name, size, align, flags) == 0);
}

struct kmem_cache *slab_create_kmalloc_cache(const char *name, unsigned size,
					     u32 flags)
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache,
						GFP_NOWAIT | __GFP_ZERO);

	must(s);
	/* Aligned to the largest power of two in size (spec 1.3). */
	create_boot_cache(s, name, size, size & -size, flags | SLAB_KMALLOC);
	list_add(&s->list, &slab_caches);
	return s;
}

static void own_slabs(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct slab *slab;

	list_for_each_entry(slab, &n->partial, slab_list)
		slab->slab_cache = s;
	list_for_each_entry(slab, &n->full, slab_list)
		slab->slab_cache = s;
}

/*
 * Moves a boot cache's structure into memory of kmem_cache. Its objects lie in
 * slabs of this CPU and of the node lists; of full ones only debugging caches
 * with tracks have any, and know them.
 */
static struct kmem_cache *bootstrap(struct kmem_cache *boot)
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache,
						GFP_NOWAIT | __GFP_ZERO);
	struct kmem_cache_node *n;
	unsigned nid;

	must(s);
	machine_memcpy(s, boot, boot_kmem_cache.lay.object_size);
	slab_ops->flush_cpu(s);
	for_each_kmem_cache_node(s, nid, n)
		own_slabs(s, n);
	list_add(&s->list, &slab_caches);
	return s;
}

static void find_slab_nodes(void)
{
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		slab_nodes |= 1ull << zone->node;
}

void kmem_cache_init(void)
{
	size_t size = offsetof(struct kmem_cache, node) +
		      machine_nr_nodes * sizeof(struct kmem_cache_node *);

	mutex_init(&slab_mutex, LOCK_SLAB_MUTEX);
	init_rwsem(&cpu_hotplug_lock, LOCK_CPU_HOTPLUG);
	slub_validate_init();
	find_slab_nodes();
	kmem_cache_node = &boot_kmem_cache_node;
	create_boot_cache(kmem_cache_node, "kmem_cache_node",
			  sizeof(struct kmem_cache_node), 0,
			  SLAB_HWCACHE_ALIGN);
	kmem_cache = &boot_kmem_cache;
	create_boot_cache(kmem_cache, "kmem_cache", (unsigned)size, 0,
			  SLAB_HWCACHE_ALIGN);
	kmem_cache = bootstrap(&boot_kmem_cache);
	kmem_cache_node = bootstrap(&boot_kmem_cache_node);
	create_kmalloc_caches();
}
