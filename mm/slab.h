/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Object caches and kmalloc (slub spec 1 to 4). The engine behind a cache is a
 * family, mm/slab_*.c; the default is SLUB with CPU slabs, as in 6.12.
 */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include "mm/gfp.h"

#define KMALLOC_MAX_CACHE_SIZE	(PAGE_SIZE * 2)
#define KMALLOC_MAX_SIZE	(PAGE_SIZE << 10)
#define ZERO_SIZE_PTR		((void *)16)
#define ZERO_OR_NULL_PTR(p)	((unsigned long)(p) <= 16)

/* Cache flags. Debugging ones are the letters F Z P U T A of slab_debug=; any
 * of SLAB_DEBUG_FLAGS takes the cache off the fast paths (mm/slub_debug.h). */
#define SLAB_CONSISTENCY_CHECKS	0x00000100u
#define SLAB_RED_ZONE		0x00000400u
#define SLAB_POISON		0x00000800u
#define SLAB_STORE_USER		0x00010000u
#define SLAB_TRACE		0x00200000u
#define SLAB_FAILSLAB		0x08000000u
#define SLAB_DEBUG_FLAGS	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | \
				 SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE)
#define SLAB_HWCACHE_ALIGN	0x00002000u
#define SLAB_CACHE_DMA		0x00004000u
#define SLAB_CACHE_DMA32	0x00008000u
#define SLAB_RECLAIM_ACCOUNT	0x00020000u
#define SLAB_PANIC		0x00040000u
#define SLAB_TYPESAFE_BY_RCU	0x00080000u
#define SLAB_NOLEAKTRACE	0x00800000u
#define SLAB_NO_MERGE		0x01000000u
#define SLAB_KMALLOC		0x02000000u
#define SLAB_ACCOUNT		0x04000000u

struct kmem_cache;

/*
 * A cache of objects of size bytes; name is copied. It may be an older cache
 * that is like it (mm/slab_merge.c), and then has the older one's name. NULL
 * (with the kernel's message) when the arguments are wrong or memory is short.
 * May sleep.
 *
 * SLAB_TYPESAFE_BY_RCU: who finds an object under rcu_read_lock() may read it,
 * as an object of this cache, though perhaps another than was looked for; the
 * pages of a slab wait for a grace period, objects do not.
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned size,
				     unsigned align, u32 flags,
				     void (*ctor)(void *object));
/* The same; usersize bytes from useroffset on may be copied to and from user
 * space, which makes it a cache of its own (CONFIG_HARDENED_USERCOPY). */
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned size, unsigned align,
			   u32 flags, unsigned useroffset, unsigned usersize,
			   void (*ctor)(void *object));
/* What else a cache may be asked to be; all zero: nothing. */
struct kmem_cache_args {
	unsigned	align;
	unsigned	useroffset;
	unsigned	usersize;
	void		(*ctor)(void *object);
	/* Objects that a CPU's sheaf holds at least. With slab=layered (6.18)
	 * a cache that asks has sheaves, of just so many; with slab=sheaves
	 * (7.0) its sheaves may be larger than others'. Not of debugging
	 * caches; without sheaves (6.12) nothing. */
	unsigned	sheaf_capacity;
};

struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned size,
					    const struct kmem_cache_args *args,
					    u32 flags);
/* The last reference of a cache and its aliases: waits for kvfree_rcu() and,
 * if the cache is SLAB_TYPESAFE_BY_RCU, for RCU. Objects still alive: the
 * kernel's report, and the cache is left alone for good. May sleep. */
void kmem_cache_destroy(struct kmem_cache *s);

/* One object, or NULL. gfp decides what contexts are legal (spec 3.9). */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node);
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp);
/* Any context but NMI. */
void kmem_cache_free(struct kmem_cache *s, void *object);
const char *kmem_cache_name(const struct kmem_cache *s);
/* Objects that each sheaf of s holds; 0: it has none. */
unsigned kmem_cache_sheaf_capacity(const struct kmem_cache *s);
/* Gives empty slabs back; 0 if none is left, 1 otherwise. May sleep. */
int kmem_cache_shrink(struct kmem_cache *s);

/*
 * /sys/kernel/slab/CACHE/validate: looks at every object of a debugging cache,
 * reports and repairs as the kernel does. The slabs looked at, or -EINVAL for
 * a cache without debugging. Any context but NMI.
 */
long validate_slab_cache(struct kmem_cache *s);
/* The same of all that are debugged; how many slabs. May sleep. */
unsigned long validate_slab_caches(void);
/* Boot, before kmem_cache_init(): slab_debug= as the kernel's command line has
 * it, kept; "" for all that is default. */
void slab_debug_setup(const char *options);
/* A name in it that has decided of no cache so far, n characters; or NULL. */
const char *slab_debug_unused(size_t *n);

/* size 0: ZERO_SIZE_PTR; above 8 KiB from the page allocator (spec 1.4). */
void *__kmalloc_node(size_t size, gfp_t gfp, int node);
void *__kmalloc(size_t size, gfp_t gfp);
void kfree(const void *object);

#define kmalloc(size, gfp)		__kmalloc(size, gfp)
#define kmalloc_node(size, gfp, node)	__kmalloc_node(size, gfp, node)
#define kzalloc(size, gfp)		__kmalloc(size, (gfp) | __GFP_ZERO)

/*
 * n objects into objects[]: all or none; n or 0. Interrupts on; gfp decides
 * whether it may sleep. One window without interrupts for as many as the CPU
 * slab has (spec 1.5).
 */
unsigned kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
			       void **objects) must_check;
/* n objects of s, none of them NULL; interrupts on. Objects of one slab that
 * are near each other in objects[], which is permuted, are freed by one
 * exchange (spec 1.5). */
void kmem_cache_free_bulk(struct kmem_cache *s, unsigned n, void **objects);
/* The same of any kmalloc memory. */
void kfree_bulk(unsigned n, void **objects);

/* ---- util.c ---- */
/* n * size bytes; NULL, silently, if that is more than a size_t. */
void *kmalloc_array(size_t n, size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
/*
 * A block of at least size bytes with object's content; object itself when it
 * has room. NULL: object is untouched. size 0 frees and gives ZERO_SIZE_PTR.
 * With __GFP_ZERO what is new is zero, if the old block was zeroed too.
 */
void *krealloc(const void *object, size_t size, gfp_t gfp) must_check;
void *krealloc_array(const void *object, size_t n, size_t size,
		     gfp_t gfp) must_check;
/* Zeroes before it frees. */
void kfree_sensitive(const void *object);
/*
 * kmalloc if that is easy, else vmalloc. What it returns is an address of the
 * emulated kernel: if is_vmalloc_addr() says so it is reached by vm_load() and
 * friends only. May sleep if gfp allows it; must, to fall back.
 */
void *kvmalloc_node(size_t size, gfp_t gfp, int node);
void *kvmalloc(size_t size, gfp_t gfp);
void *kvzalloc(size_t size, gfp_t gfp);
/* n * size bytes; NULL, silently, if that is more than a size_t. */
void *kvmalloc_array(size_t n, size_t size, gfp_t gfp);
void *kvcalloc(size_t n, size_t size, gfp_t gfp);
/* As krealloc() of either kind of memory, which may change. */
void *kvrealloc(const void *addr, size_t size, gfp_t gfp) must_check;
/* Either kind. Vmalloc memory: see vfree(). */
void kvfree(const void *addr);

/* Bytes really usable (spec 1.4), the class kmalloc(size) takes. */
size_t ksize(const void *object);
size_t kmalloc_size_roundup(size_t size);

/* For kvfree_rcu(): true if the engine collects object itself, to free it after
 * a grace period; any context but NMI. And the wait for all such; may sleep. */
bool slab_free_rcu(void *object) must_check;
void slab_flush_rcu(void);

/* Boot: the boot caches and the kmalloc array. */
void kmem_cache_init(void);

/*
 * A sheaf with n objects or more lent to the caller, to allocate from where it
 * cannot fail; NULL when memory is short. gfp decides whether it may sleep. It
 * is one of the cache's if that holds so many, else made for this. Return it
 * with what is left.
 */
struct slab_sheaf;
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp,
					    unsigned n);
/* NULL: it is empty. Any context but NMI. */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp,
				  struct slab_sheaf *sheaf);
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp,
			     struct slab_sheaf *sheaf);

/* Statistics of spec 4.1, of all caches together, at quiescence. */
enum stat_item {
	ALLOC_FASTPATH, ALLOC_SLOWPATH, FREE_FASTPATH, FREE_SLOWPATH,
	FREE_FROZEN, FREE_ADD_PARTIAL, FREE_REMOVE_PARTIAL, ALLOC_FROM_PARTIAL,
	ALLOC_SLAB, ALLOC_REFILL, ALLOC_NODE_MISMATCH, FREE_SLAB, CPUSLAB_FLUSH,
	DEACTIVATE_FULL, DEACTIVATE_EMPTY, DEACTIVATE_TO_HEAD,
	DEACTIVATE_TO_TAIL, DEACTIVATE_REMOTE_FREES, DEACTIVATE_BYPASS,
	ORDER_FALLBACK, CMPXCHG_DOUBLE_CPU_FAIL, CMPXCHG_DOUBLE_FAIL,
	CPU_PARTIAL_ALLOC, CPU_PARTIAL_FREE, CPU_PARTIAL_NODE,
	CPU_PARTIAL_DRAIN,
	/* of sheaves; the first two in 6.18 only */
	ALLOC_PCS, FREE_PCS, FREE_RCU_SHEAF, FREE_RCU_SHEAF_FAIL, SHEAF_FLUSH,
	SHEAF_REFILL, SHEAF_ALLOC, SHEAF_FREE, BARN_GET, BARN_GET_FAIL,
	BARN_PUT, BARN_PUT_FAIL, SHEAF_PREFILL_FAST, SHEAF_PREFILL_SLOW,
	SHEAF_PREFILL_OVERSIZE, SHEAF_RETURN_FAST, SHEAF_RETURN_SLOW,
	NR_SLUB_STAT_ITEMS,
};

extern const char *const slub_stat_names[NR_SLUB_STAT_ITEMS];	/* lower case */
void slub_stat_sum(u64 out[NR_SLUB_STAT_ITEMS]);
void slub_stat_reset(void);
/* min_objects used for slab orders (spec 2.3), for the result. */
unsigned slub_min_objects(void);

#endif
