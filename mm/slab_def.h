/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the slab allocator share: the cache, its per-CPU and
 * per-node halves, struct slab, and the calls between the files. Not for
 * anybody outside mm/slab*, mm/slub* and mm/kmalloc.c.
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
#ifndef MM_SLAB_DEF_H
#define MM_SLAB_DEF_H

#include "mm/audit.h"
#include "mm/lockclass.h"
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
	/* The engine's alloc and free do all; no CPU has a slab. */
	bool			no_cpu_slabs;
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

#define slab_page(slab)		((struct page *)(slab))
#define page_slab(page)		((struct slab *)(page))
#define slab_address(slab)	((char *)page_address(slab_page(slab)))
#define slab_nid(slab)		((int)page_to_nid(slab_page(slab)))
#define slab_order(slab)	((unsigned)slab_page(slab)->order)

static inline union slab_counters slab_counters(const struct slab *slab)
{
	return (union slab_counters){ .word = READ_ONCE(slab->counters) };
}

static inline bool kmem_cache_debug_flags(const struct kmem_cache *s, u32 flags)
{
	return s->flags & flags;
}

/* Aliases may raise the two while objects come and go. */
static inline unsigned slab_object_size(const struct kmem_cache *s)
{
	return READ_ONCE(s->lay.object_size);
}

static inline unsigned slab_inuse(const struct kmem_cache *s)
{
	return READ_ONCE(s->lay.inuse);
}

#define kmem_cache_debug(s)	kmem_cache_debug_flags(s, SLAB_DEBUG_FLAGS)

/* Written under list_lock only; kfree() reads the word's other bits. */
static inline bool slab_test_node_partial(const struct slab *slab)
{
	return READ_ONCE(slab_page(slab)->flags) & PG_slab_partial;
}

/* ---- slab_freelist.c: order and links of freelists ---- */
#define LINK_ENCODED	0x80000000u	/* in kmem_cache.link */
/* Of a cache whose layout is known. */
void slab_init_links(struct kmem_cache *s);
/* Reports an object that would follow itself. */
void slab_link_bug(void);
/* Gives a cache its order, if it is to have one; -ENOMEM. Of boot caches at
 * the end of boot, by the second. May sleep. */
int slab_init_random_seq(struct kmem_cache *s) must_check;
void slab_init_freelist_randomization(void);
/* Where a new slab begins in its cache's order; the next of its slots. */
unsigned slab_first_pos(const struct kmem_cache *s);
unsigned slab_next_slot(const struct kmem_cache *s, unsigned objects,
			unsigned *pos);

/* Its own inverse. Inlined, as a call would have fast paths save registers. */
static always_inline u64 slab_encode_link(const struct kmem_cache *s,
					  const u64 *slot, u64 word)
{
	return word ^ s->random ^ __builtin_bswap64((u64)slot);
}

static inline void *get_freepointer(const struct kmem_cache *s,
				    const void *object)
{
	u32 link = s->link;
	u64 *slot = (u64 *)((char *)object + (link & ~LINK_ENCODED));

	if (unlikely(link & LINK_ENCODED))
		return (void *)slab_encode_link(s, slot, READ_ONCE(*slot));
	return (void *)READ_ONCE(*(u64 *)((char *)object + link));
}

/* False, after a report, if the object would follow itself. */
static inline bool set_freepointer(const struct kmem_cache *s, void *object,
				   void *next)
{
	u32 link = s->link;
	u64 *slot = (u64 *)((char *)object + (link & ~LINK_ENCODED));

	if (likely(!(link & LINK_ENCODED))) {
		WRITE_ONCE(*(u64 *)((char *)object + link), (u64)next);
		return true;
	}
	if (unlikely(object == next)) {
		slab_link_bug();
		return false;
	}
	WRITE_ONCE(*slot, slab_encode_link(s, slot, (u64)next));
	return true;
}

static inline struct kmem_cache_node *get_node(const struct kmem_cache *s,
					       int node)
{
	return s->node[node];
}

#define for_each_kmem_cache_node(s, nid, n) \
	for ((nid) = 0; (nid) < machine_nr_nodes; (nid)++) \
		if (!((n) = (s)->node[nid])) \
			; \
		else

#define stat_add(s, item, n) \
	this_cpu_field_add(this_cpu_ptr((s)->cpu_slab)->stat[item], n)
#define stat(s, item)	stat_add(s, item, 1)

/*
 * A live invariant: in checked builds, outside virtual time, reported under its
 * id. No effects in cond.
 */
#define slab_check(id, cond, ...) do { \
		if (CHECKS_ON) { \
			machine_quiet_begin(); \
			if (unlikely(!(cond))) \
				audit_violated(id, __VA_ARGS__); \
			machine_quiet_end(); \
		} \
	} while (0)

/* ---- slab_geometry.c: pure functions ---- */
unsigned slab_min_objects(unsigned nr_cpus);
unsigned slab_alignment(u32 flags, unsigned align, unsigned object_size);
/* Of a kmalloc class: the largest power of two in its size (spec 1.3). */
unsigned kmalloc_alignment(unsigned size);
/* -1 if no order up to MAX_PAGE_ORDER holds an object. */
int slab_calculate_order(unsigned size, unsigned nr_cpus);
unsigned slab_min_partial(unsigned size);
unsigned slab_cpu_partial(unsigned size);
unsigned slab_cpu_partial_slabs(unsigned cpu_partial, unsigned objects);
/* -EINVAL for what no cache can be. */
int slab_calculate_layout(struct slab_layout *out, unsigned object_size,
			  unsigned align, u32 flags, bool has_ctor,
			  unsigned nr_cpus) must_check;

/* ---- slab_merge.c: pure functions ---- */
/* Is a cache with these, after debugging flags are added, one of its own?
 * usersize: bytes that may be copied to and from user space, where the kernel
 * has HARDENED_USERCOPY. */
bool slab_unmergeable(u32 flags, bool has_ctor, unsigned usersize);
/* May a new cache become an alias of one with this stride and these flags?
 * Neither is slab_unmergeable(). align: as asked for. */
bool slab_can_merge(unsigned size, unsigned align, u32 flags, unsigned stride,
		    u32 stride_flags);
#define SLAB_ID_SIZE	20
/* Folder of a mergeable cache in sysfs: ":aA-0000192". Returns id. */
const char *slab_unique_id(char id[SLAB_ID_SIZE], u32 flags, unsigned stride);

/* ---- slab.c: the front end ---- */
/* A group of objects of one slab, linked from head to tail by their own free
 * pointers; usually one. */
struct free_group {
	void		*head, *tail;
	unsigned	count;
};

/*
 * An engine behind caches. The fast paths are not behind this table: they are
 * inlined into kmalloc() and kmem_cache_alloc() (mm/slub_fast.h).
 */
struct slab_ops {
	const char	*name;
	const char	*summary;
	/* Makes an empty cache of s, whose layout is known; or -ENOMEM. */
	int		(*open)(struct kmem_cache *s);
	/* Gives everything back; -EBUSY while objects live. May sleep; under
	 * cpu_hotplug_lock and slab_mutex. */
	int		(*close)(struct kmem_cache *s);
	/* Gives empty slabs back; 1 if any slab is left. May sleep. */
	int		(*shrink)(struct kmem_cache *s);
	/* Gives back what this CPU holds of s. */
	void		(*flush_cpu)(struct kmem_cache *s);
	/* Has that CPU anything to give back? A hint. */
	bool		(*cpu_holds)(struct kmem_cache *s, unsigned cpu);
	/* kmalloc works now; may be NULL. */
	void		(*boot_done)(void);
	/* Of caches with no_cpu_slabs, which the fast paths leave to them. */
	void		*(*alloc_one)(struct kmem_cache *s, gfp_t gfp,
				      int node);
	void		(*free_group)(struct kmem_cache *s, struct slab *slab,
				      struct free_group group);
	/* Interrupts on. Fewer than n: memory is short. */
	unsigned	(*alloc_bulk)(struct kmem_cache *s, gfp_t gfp,
				      unsigned n, void **objects);
	void		(*free_bulk)(struct kmem_cache *s, unsigned n,
				     void **objects);
};

extern const struct slab_ops slab_slub, slab_sheaves;
extern const struct slab_ops *slab_ops;		/* fixed at boot */

extern struct mutex slab_mutex;
extern struct list_head slab_caches;		/* newest first */
extern struct list_head slab_caches_left;	/* destroyed with objects */
extern struct kmem_cache *kmem_cache, *kmem_cache_node;
extern struct rw_semaphore cpu_hotplug_lock;

/* Boot: a kmalloc cache. Dies when it cannot. */
struct kmem_cache *slab_create_kmalloc_cache(const char *name, unsigned size,
					     u32 flags);
/* Whether an alias and its cache may be one (I19). */
bool slab_alias_fits(const struct kmem_cache *s,
		     const struct slab_alias *alias);
/* kmalloc.c, boot. */
void create_kmalloc_caches(void);
/* slub_stat.c: a cache goes; its counts are kept in the sums. */
void slub_stat_retire(const struct kmem_cache *s);
u64 slub_stat_of(const struct kmem_cache *s, enum stat_item item);

/* ---- slub_alloc.c, slub_free.c: the ladders behind the fast paths ---- */
/* What a caller of the allocator is to debugging caches. */
#define _RET_IP_	((unsigned long)__builtin_return_address(0))

/* orig_size: what kmalloc was asked for; 0: the whole object. addr: of the
 * caller. Both are for debugging caches. */
void *slub_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
		      size_t orig_size, unsigned long addr);
void slub_free_slow(struct kmem_cache *s, struct slab *slab, void *head,
		    void *tail, unsigned count, unsigned long addr);
/* How much of an object the caller has asked for: all, but for kmalloc caches
 * that keep its size. */
size_t slab_asked_size(const struct kmem_cache *s, const void *object);
/* Wipes that much; its time is accounted when it is large. */
void slab_zero_object(const struct kmem_cache *s, void *object);

/* ---- slub_page.c: slabs from and to the page allocator ---- */
/* Unpublished, freelist linked, inuse 0, not frozen; NULL without memory. */
struct slab *new_slab(struct kmem_cache *s, gfp_t gfp, int node);
/* Uncounts the slab and gives its pages back, in time. No slab lock held. */
void discard_slab(struct kmem_cache *s, struct slab *slab);
void free_slab(struct kmem_cache *s, struct slab *slab);
/* Pages of slabs that wait for a grace period to be given back. */
extern atomic_long_t slab_rcu_pages;
void inc_slabs_node(struct kmem_cache *s, struct slab *slab);
void dec_slabs_node(struct kmem_cache *s, struct slab *slab);
/* Bits that slab pages cannot have are taken out, with the kernel's words. */
#define GFP_SLAB_BUG_MASK	(__GFP_DMA32 | __GFP_HIGHMEM)
gfp_t kmalloc_fix_flags(gfp_t gfp);
/* Nodes that have memory, a bit each; fixed at boot. */
extern u64 slab_nodes;
static inline bool node_has_memory(int node)
{
	return node >= 0 && slab_nodes >> node & 1;
}

/* ---- slab_flush.c ---- */
void slab_flush_init(void);
/* Every CPU gives back what it holds of s. cpu_hotplug_lock held; may sleep. */
void slab_flush_all(struct kmem_cache *s);

/* ---- slub_cache.c: what every engine's caches have ---- */
/* Node structures and statistics for an all-zero s whose layout is known; 0 or
 * -ENOMEM. Closing: no slab is left. */
int slub_open_cache(struct kmem_cache *s) must_check;
void slub_close_cache(struct kmem_cache *s);
/* CPUs and nodes give everything back; -EBUSY, and reported, when objects live.
 * Under cpu_hotplug_lock; may sleep. */
int slub_drain_cache(struct kmem_cache *s) must_check;
/* Empty slabs of node lists go back to the page allocator, the others are
 * sorted; 1 if any slab is left. */
int discard_empty_slabs(struct kmem_cache *s);

/* ---- slub_bulk.c ---- */
/* n objects of s in groups of one slab each, as far as they are near each
 * other; objects[] is permuted. */
void free_in_groups(struct kmem_cache *s, unsigned n, void **objects,
		    void (*sink)(struct kmem_cache *s, struct slab *slab,
				 struct free_group group));

/* ---- slub_partial.c: node lists and CPU partial chains ---- */
enum partial_end { PARTIAL_HEAD, PARTIAL_TAIL };
void add_partial_locked(struct kmem_cache_node *n, struct slab *slab,
			enum partial_end end) must_hold(n->list_lock);
void remove_partial_locked(struct kmem_cache_node *n, struct slab *slab)
	must_hold(n->list_lock);
/* What is wanted of a node's list. */
struct partial_context {
	gfp_t		gfp;
	unsigned	orig_size;
	void		*object;	/* debugging caches: the result */
};

/*
 * Other nodes, in the order of this node's zonelist, that have more slabs than
 * they should keep: what the first gives that gives any, or NULL. About one
 * search in 45 does not look, so that local slabs get made (spec 3.3).
 */
void *search_other_nodes(struct kmem_cache *s,
			 void *(*take)(struct kmem_cache *s,
				       struct kmem_cache_node *n,
				       struct partial_context *pc),
			 struct partial_context *pc);

/* A slab off a node's list, to be frozen by the caller; moves more of them to
 * this CPU's chain. Debugging caches: one object of a slab, which stays. */
struct slab *get_partial(struct kmem_cache *s, struct partial_context *pc,
			 int node);
void put_cpu_partial(struct kmem_cache *s, struct slab *slab, bool drain);
/* Hands a chain, off every list, to the nodes' lists. */
void put_partials(struct kmem_cache *s, struct slab *chain);
/* Unfreezes a detached CPU slab and hands it and its objects on. */
void deactivate_slab(struct kmem_cache *s, struct slab *slab, void *freelist);
bool pfmemalloc_match(const struct slab *slab, gfp_t gfp);

#ifdef WITH_FAULTS
extern struct fault fault_slub_split_exchange;
#endif
/* What the fault does instead. */
bool slab_exchange_in_halves(struct slab *slab, void *old_list, u64 old,
			     void *new_list, u64 new);
/* {freelist, counters} of a slab; false, and counted, if another was faster. */
static always_inline bool
slab_update_freelist(struct kmem_cache *s, struct slab *slab, void *old_list,
		     u64 old_counters, void *new_list, u64 new_counters)
{
	bool done;

	if (FAULT(slub_split_exchange))
		done = slab_exchange_in_halves(slab, old_list, old_counters,
					       new_list, new_counters);
	else
		done = cmpxchg_double(&slab->freelist, (u64)old_list,
				      old_counters, (u64)new_list,
				      new_counters);
	if (unlikely(!done))
		stat(s, CMPXCHG_DOUBLE_FAIL);
	return done;
}

/* The whole freelist of a slab; it stays or becomes frozen if there is one. */
void *grab_freelist(struct kmem_cache *s, struct slab *slab);

/* Checked builds: the cache that object is of, reported if it is not s; NULL
 * if it is of none. */
struct kmem_cache *cache_from_object(struct kmem_cache *s, struct slab *slab,
				     void *object);
/* A block above the largest class. */
void free_large_kmalloc(struct page *page, const void *object);

/* ---- the local lock of kmem_cache_cpu ---- */
struct cpu_slab_guard {
	bool	irqs_off;
	/* Checked builds: as found. */
	u64	tid;
	void	*freelist;
	struct slab *slab;
};

void cpu_slab_note_locked(struct kmem_cache_cpu *c, struct cpu_slab_guard *g);
void cpu_slab_note_unlock(struct kmem_cache_cpu *c, struct cpu_slab_guard *g);
/* How often local locks were taken, of all caches, since boot. */
u64 cpu_slab_nr_locked(void);
/* True if no local lock and no list_lock of s is held here; checked builds. */
bool slab_holds_no_lock(const struct kmem_cache *s);

/*
 * Excludes this CPU's interrupts (local_lock_irqsave; not PREEMPT_RT). c is
 * this CPU's. Does not nest.
 */
static inline void cpu_slab_lock(struct kmem_cache_cpu *c,
				 struct cpu_slab_guard *g)
{
	local_irq_save(g->irqs_off);
	if (CHECKS_ON)
		cpu_slab_note_locked(c, g);
}

static inline void cpu_slab_unlock(struct kmem_cache_cpu *c,
				   struct cpu_slab_guard *g)
{
	if (CHECKS_ON)
		cpu_slab_note_unlock(c, g);
	local_irq_restore(g->irqs_off);
}

void cpu_slab_bump_tid(struct kmem_cache_cpu *c);

/* ---- slab_shadow.c: who has each object (checked builds) ---- */
void slab_shadow_open(struct slab *slab, unsigned objects);
void slab_shadow_close(struct slab *slab);
/* An object leaves or enters the allocator. Free: false when it may not. */
void slab_shadow_alloc(struct kmem_cache *s, const void *object, gfp_t gfp,
		       int node);
bool slab_shadow_free(struct kmem_cache *s, struct slab *slab,
		      const void *object) must_check;
/* False also when it is not known. */
bool slab_shadow_allocated(const struct slab *slab, unsigned index);
/* Every slab that exists, with its number of allocated objects. */
void slab_shadow_for_each(void (*visit)(void *arg, struct slab *slab,
					unsigned allocated), void *arg);
/* False if there were too many slabs to know them all. */
bool slab_shadow_complete(void);

/* Debugging caches, whose own checks decide what is freed. */
void slab_shadow_freed(struct slab *slab, const void *object);
/* Objects that are on no freelist any more are given up: nobody's. */
void slab_shadow_give_up(struct kmem_cache *s, struct slab *slab);

/* The first object; the others are at multiples of the stride from it. */
static inline char *slab_first_object(const struct kmem_cache *s,
				      const struct slab *slab)
{
	return slab_address(slab) + s->lay.red_left_pad;
}

/* Slot of object in slab, or -1 if it is no object's start. */
int slab_object_index(const struct slab *slab, const void *object);

#endif
