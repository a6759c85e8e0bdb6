/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The front end of object caches: creating and destroying them, the list of
 * all, and the boot caches, whose structures lie in caches of themselves
 * (slub spec 3.7, 7.1; mm/slab_common.c and kmem_cache_init(), 6.12).
 */
#include "mm/kvfree_rcu.h"
#include "mm/mm.h"
#include "mm/mmzone.h"
#include "mm/slub_debug.h"

DEFINE_FAULT(slab_two_owners, "I19", "a cache is born with two references");
DEFINE_FAULT(slab_merge_any, "I19", "caches are one whatever their strides");

/* What callers of kmem_cache_create() may ask for. */
#define SLAB_CREATE_MASK	(SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | \
				 SLAB_CACHE_DMA32 | SLAB_RECLAIM_ACCOUNT | \
				 SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | \
				 SLAB_NOLEAKTRACE | SLAB_ACCOUNT | \
				 SLAB_FAILSLAB | \
				 SLAB_NO_MERGE | SLAB_DEBUG_FLAGS)

const struct slab_ops *slab_ops = &slab_slub;
struct rw_semaphore cpu_hotplug_lock;
struct mutex slab_mutex;
/* Under slab_mutex: */
struct list_head slab_caches = LIST_HEAD_INIT(slab_caches);
struct list_head slab_caches_left = LIST_HEAD_INIT(slab_caches_left);

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
	INIT_LIST_HEAD(&s->aliases);
	slab_init_links(s);
	err = slab_init_random_seq(s);
	if (!err)
		err = slab_ops->open(s);
	s->free_differs = kmem_cache_debug(s) || s->by_engine ||
			  (s->link & LINK_ENCODED);
	if (err)
		kfree(s->random_seq);
	return err;
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

/* What a caller of kmem_cache_create() asks for. */
struct slab_request {
	const char		*name;
	unsigned		size;
	u32			flags;
	struct kmem_cache_args	args;
};

/* An unlisted cache; 0 and *out, or -errno. */
static int make_cache(struct kmem_cache **out, const struct slab_request *r)
{
	struct kmem_cache *s;
	char *copy;
	int err = -ENOMEM;

	copy = duplicate_name(r->name);
	if (!copy)
		return -ENOMEM;
	s = kmem_cache_alloc(kmem_cache, GFP_KERNEL | __GFP_ZERO);
	if (!s)
		goto free_name;
	s->ctor = r->args.ctor;
	s->useroffset = r->args.useroffset;
	s->usersize = r->args.usersize;
	s->sheaf_asked = r->args.sheaf_capacity;
	err = open_cache(s, copy, r->size, r->args.align, r->flags);
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

/* ---- caches that are one ---- */
static bool never_merged(const struct kmem_cache *s)
{
	return s->refcount < 0 || s->sheaf_asked ||
	       slab_unmergeable(s->flags, s->ctor, s->usersize);
}

/* The oldest that will do. */
static struct kmem_cache *find_mergeable(const struct slab_request *r)
{
	u32 flags = kmem_cache_flags(r->flags, r->name);
	struct kmem_cache *s;

	if (mm_config.slab_nomerge || r->args.sheaf_capacity ||
	    slab_unmergeable(flags, r->args.ctor, r->args.usersize))
		return NULL;
	list_for_each_entry_reverse(s, &slab_caches, list)
		if (!never_merged(s) &&
		    (slab_can_merge(r->size, r->args.align, flags, s->lay.size,
				    s->flags) || FAULT(slab_merge_any)))
			return s;
	return NULL;
}

static bool same_name(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

/* The link of that name; it may be left from a cache that is destroyed. */
static struct slab_alias *find_alias(struct kmem_cache *s, const char *name)
{
	struct slab_alias *alias;

	list_for_each_entry(alias, &s->aliases, list)
		if (same_name(alias->name, name))
			return alias;
	alias = kmalloc(sizeof(*alias), GFP_KERNEL);
	if (!alias)
		return NULL;
	alias->name = duplicate_name(name);
	if (!alias->name) {
		kfree(alias);
		return NULL;
	}
	list_add_tail(&alias->list, &s->aliases);
	return alias;
}

/* Folds what is asked for into an older cache; NULL if there is none. */
static struct kmem_cache *__kmem_cache_alias(const struct slab_request *r)
{
	struct kmem_cache *s = find_mergeable(r);
	struct slab_alias *alias;

	if (!s)
		return NULL;
	s->refcount++;
	s->nr_merged++;
	/* Who zeroes an object meanwhile has asked for one that is smaller. */
	WRITE_ONCE(s->lay.object_size, max(s->lay.object_size, r->size));
	WRITE_ONCE(s->lay.inuse, max(s->lay.inuse,
				     ALIGN(r->size, (unsigned)sizeof(void *))));
	alias = find_alias(s, r->name);
	if (alias) {
		alias->size = r->size;
		alias->align = r->args.align;
		alias->flags = r->flags;
	} else {
		printk("SLUB: Unable to add cache alias %s to sysfs", r->name);
	}
	return s;
}

bool slab_alias_fits(const struct kmem_cache *s, const struct slab_alias *alias)
{
	return !slab_unmergeable(alias->flags, false, 0) && !never_merged(s) &&
	       slab_can_merge(alias->size, alias->align, alias->flags,
			      s->lay.size, s->flags) &&
	       alias->size <= s->lay.object_size;
}

/* ---- creating ---- */
static bool sane_request(const struct slab_request *r)
{
	return r->name && !in_interrupt() && r->size <= KMALLOC_MAX_SIZE &&
	       !(r->flags & ~SLAB_CREATE_MASK);
}

static int find_or_make(struct kmem_cache **s, const struct slab_request *r)
{
	int err = 0;

	mutex_lock(&slab_mutex);
	*s = __kmem_cache_alias(r);
	if (!*s) {
		err = make_cache(s, r);
		if (!err)
			list_add(&(*s)->list, &slab_caches);
	}
	mutex_unlock(&slab_mutex);
	return err;
}

static void report_not_created(const struct slab_request *r, int err)
{
	const char *name = r->name ? r->name : "(null)";

	if (r->flags & SLAB_PANIC)
		kernel_bug("Kernel panic - not syncing: %s: Failed to create "
			   "slab '%s'. Error %d", "__kmem_cache_create_args",
			   name, err);
	else
		printk("%s(%s) failed with error %d",
		       "__kmem_cache_create_args", name, err);
}

/* What of args this kernel looks at: the window must lie in the object, or is
 * none; sheaves are for engines that have them. */
static struct kmem_cache_args sane_args(const struct kmem_cache_args *args,
					unsigned size)
{
	struct kmem_cache_args sane = *args;

	if (mm_config.no_hardened_usercopy ||
	    (!sane.usersize && sane.useroffset) || size < sane.usersize ||
	    size - sane.usersize < sane.useroffset)
		sane.usersize = sane.useroffset = 0;
	if (slab_ops == &slab_slub)
		sane.sheaf_capacity = 0;
	return sane;
}

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned size,
					    const struct kmem_cache_args *args,
					    u32 flags)
{
	struct slab_request r = { name, size, flags, sane_args(args, size) };
	struct kmem_cache *s = NULL;
	int err = -EINVAL;

	if (sane_request(&r))
		err = find_or_make(&s, &r);
	else
		printk("kmem_cache_create(%s) integrity check failed",
		       name ? name : "(null)");
	if (err)
		report_not_created(&r, err);
	return s;
}

struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned size, unsigned align,
			   u32 flags, unsigned useroffset, unsigned usersize,
			   void (*ctor)(void *object))
{
	const struct kmem_cache_args args = {
		.align = align, .useroffset = useroffset,
		.usersize = usersize, .ctor = ctor,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned size,
				     unsigned align, u32 flags,
				     void (*ctor)(void *object))
{
	return kmem_cache_create_usercopy(name, size, align, flags, 0, 0, ctor);
}

/* ---- destroying ---- */
static void release_cache(struct kmem_cache *s)
{
	struct slab_alias *alias, *next;

	list_for_each_entry_safe(alias, next, &s->aliases, list) {
		kfree(alias->name);
		kfree(alias);
	}
	kfree(s->random_seq);
	kfree(s->name);
	kmem_cache_free(kmem_cache, s);
}

/* The last reference: -EBUSY if objects are left, and the cache with them. */
static int shutdown_cache(struct kmem_cache *s)
{
	int err = slab_ops->close(s);

	list_del(&s->list);
	if (err)
		list_add(&s->list, &slab_caches_left);
	return err;
}

static void report_objects_left(const struct kmem_cache *s, unsigned long ip)
{
	char symbol[KSYM_SYMBOL_LEN];

	printk("------------[ cut here ]------------");
	kernel_bug("kmem_cache_destroy %s: Slab cache still has objects when "
		   "called from %s", s->name, symbol_print(symbol, ip));
	printk("WARNING: CPU: %u PID: %d at %s:%d %s", smp_processor_id(),
	       current->pid, source_path(__FILE__), __LINE__,
	       "kmem_cache_destroy");
	dump_stack();
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
	s->nr_dropped++;
	last = --s->refcount == 0;
	if (last)
		err = shutdown_cache(s);
	mutex_unlock(&slab_mutex);
	up_read(&cpu_hotplug_lock);
	if (!last)
		return;
	if (err) {
		report_objects_left(s, _RET_IP_);
		return;
	}
	/* Slabs that wait for RCU refer to s. */
	if (s->flags & SLAB_TYPESAFE_BY_RCU)
		rcu_barrier();
	release_cache(s);
}

bool slab_free_rcu(void *object)
{
	return slab_ops->free_rcu && slab_ops->free_rcu(object);
}

int kmem_cache_shrink(struct kmem_cache *s)
{
	return slab_ops->shrink(s);
}

unsigned kmem_cache_sheaf_capacity(const struct kmem_cache *s)
{
	return s->sheaf_capacity;
}

const char *kmem_cache_name(const struct kmem_cache *s)
{
	return s->name;
}

/* ---- boot ---- */
/* Not to be merged with before it is where it stays. */
static void create_boot_cache(struct kmem_cache *s, const char *name,
			      unsigned size, unsigned align, u32 flags)
{
	must(open_cache(s, name, size, align, flags) == 0);
	s->refcount = -1;
}

static void list_boot_cache(struct kmem_cache *s)
{
	s->refcount = 1;
	list_add(&s->list, &slab_caches);
}

struct kmem_cache *slab_create_kmalloc_cache(const char *name, unsigned size,
					     u32 flags)
{
	struct kmem_cache *s = kmem_cache_alloc(kmem_cache,
						GFP_NOWAIT | __GFP_ZERO);
	unsigned align = kmalloc_alignment(size);

	must(s);
	if (mm_config.no_natural_align && align != size)
		align = ARCH_SLAB_MINALIGN;
	create_boot_cache(s, name, size, align, flags | SLAB_KMALLOC);
	if (!mm_config.no_hardened_usercopy)
		s->usersize = size;
	list_boot_cache(s);
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
	INIT_LIST_HEAD(&s->aliases);
	list_boot_cache(s);
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
	if (slab_ops->boot_done)
		slab_ops->boot_done();
	slab_init_freelist_randomization();
}
