/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the slab allocator share: the cache, its per-CPU and
 * per-node halves, and struct slab.
 *
 * States of a slab (slub spec 3.1); "listed" is PG_slab_partial:
 *
 *	CPU slab	frozen		in exactly one c->slab
 *	CPU partial	neither		in exactly one c->partial chain
 *	node partial	listed		in its node's n->partial
 *	full		neither		nowhere
 *	in transit	either way	in a local variable of one CPU
 *
 * Only the CPU that froze a slab takes objects from it; any CPU adds to
 * slab->freelist, by a 16-byte compare-and-exchange of {freelist, counters}.
 * inuse counts the objects handed out and those parked in c->freelist.
 */
#ifndef MM_SLAB_TYPES_H
#define MM_SLAB_TYPES_H

#include "mm/page.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"

/* Limits and defaults (slub spec 2.3, 2.4, 8; mm/slub.c, 6.12). */
#define SLUB_MIN_ORDER		0
#define SLUB_MAX_ORDER		PAGE_ALLOC_COSTLY_ORDER
#define MAX_OBJS_PER_PAGE	32767
#define MIN_PARTIAL		5
#define MAX_PARTIAL		10
#define SHRINK_PROMOTE_MAX	32
#define DEFRAG_RATIO_DEFAULT	1000
#define ARCH_SLAB_MINALIGN	8

/* No (CPU, operation) is seen twice: NR_CPUS, rounded up. */
#define TID_STEP		((u64)NR_CPUS_MAX)
static_assert((TID_STEP & (TID_STEP - 1)) == 0, "tid mod step is the CPU");

struct order_objects {
	unsigned	order;
	unsigned	objects;
};

/* What follows from size, alignment, flags and the number of CPUs alone. */
struct slab_layout {
	unsigned		object_size;	/* as asked for */
	unsigned		size;		/* stride */
	unsigned		align;
	unsigned		inuse;		/* end of its own bytes */
	unsigned		offset;		/* of the free pointer */
	unsigned		red_left_pad;	/* before each object */
	struct order_objects	oo;		/* what slabs should be */
	struct order_objects	min;		/* when memory is short */
	unsigned		min_partial;	/* slabs a node keeps */
	unsigned		cpu_partial;	/* objects, what people set */
	unsigned		cpu_partial_slabs;	/* what is enforced */
	gfp_t			allocflags;	/* added to every slab's */
};

/* One CPU's half of a cache; no other CPU writes it. */
struct kmem_cache_cpu {
	void		*freelist;	/* next object to hand out */
	u64		tid;		/* changes whenever freelist may have */
	struct slab	*slab;		/* the frozen slab of freelist */
	struct slab	*partial;	/* chain; the head knows its length */
	u64		stat[NR_SLUB_STAT_ITEMS];
} __attribute__((aligned(16)));

/* One node's half: a line, as in the kernel (slub spec 7.3). */
struct kmem_cache_node {
	spinlock_t		list_lock;
	/* Under list_lock: */
	unsigned long		nr_partial;	/* others peek */
	struct list_head	partial;
	/* Without lock: */
	atomic_long_t		nr_slabs;
	atomic_long_t		total_objects;
	/* Under list_lock, slabs of debugging caches only: */
	struct list_head	full;
};

static_assert(sizeof(struct kmem_cache_node) == CACHELINE, "as in 6.12");

struct kmem_cache {
	/* Fixed after creation: */
	struct kmem_cache_cpu	*cpu_slab;	/* per CPU */
	unsigned		link;		/* lay.offset, and below */
	bool			free_differs;	/* from slub_free.c's ladder */
	struct slab_layout	lay;
	u32			flags;
	unsigned		remote_node_defrag_ratio;
	void			(*ctor)(void *object);
	u64			random;		/* hides links */
	u32			*random_seq;	/* slots, or NULL */
	const char		*name;
	unsigned		useroffset, usersize;
	/* The engine's alloc and free come first; no CPU has a slab. */
	bool			by_engine, no_cpu_slabs;
	unsigned		sheaf_asked;	/* kmem_cache_args's */
	unsigned		sheaf_capacity;	/* 0: no sheaves */
	struct cache_sheaves	*sheaves;	/* mm/sheaf.h */
	/* Under slab_mutex: */
	int			refcount;	/* 1 + aliases; below 0: boot */
	unsigned		nr_merged;	/* ever into this one */
	unsigned		nr_dropped;	/* references ever */
	struct list_head	list;
	struct list_head	aliases;	/* struct slab_alias */
	/* Slabs made (boot) or gone (shrink) past ALLOC_SLAB and FREE_SLAB. */
	atomic_long_t		nr_uncounted;
	/* machine_nr_nodes entries; NULL for a node without memory. */
	struct kmem_cache_node	*node[MAX_NUMNODES];
};

/* A name of a cache that is another's first: a link in sysfs, which stays. */
struct slab_alias {
	struct list_head	list;
	const char		*name;
	/* What was asked for, last: */
	unsigned		size, align;
	u32			flags;
};

/* A slab: lies over its first struct page. */
struct slab {
	u64			page_words;	/* flags, order, type */
	struct kmem_cache	*slab_cache;
	union {
		struct list_head slab_list;	/* under list_lock */
		struct {			/* in a CPU partial chain */
			struct slab	*next;
			unsigned long	slabs;	/* of the chain, in its head */
		};
		struct rcu_head	rcu_head;	/* discarded */
	};
	void			*freelist;	/* with counters, 16 bytes */
	u64			counters;
	u64			page_rest[2];
};

static_assert(sizeof(struct slab) == sizeof(struct page), "an overlay");
static_assert(offsetof(struct slab, slab_cache) ==
	      offsetof(struct page, slab_words), "bytes 8 to 47");
static_assert(offsetof(struct slab, freelist) % 16 == 0, "for cmpxchg_double");
static_assert(offsetof(struct slab, counters) ==
	      offsetof(struct page, slab_words) + 32, "bytes 8 to 47");

union slab_counters {
	u64	word;
	struct {
		u32	inuse : 16, objects : 15, frozen : 1;
	};
};

#endif
