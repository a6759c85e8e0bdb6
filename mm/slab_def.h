/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls between the files of the slab allocator; mm/slab_types.h has what
 * they are about. Not for anybody outside mm/slab*, mm/slub*, mm/sheaf* and
 * mm/kmalloc.c.
 */
#ifndef MM_SLAB_DEF_H
#define MM_SLAB_DEF_H

#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/slab_types.h"

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

/* Its pages were given to one who may have the last of them. */
static inline bool slab_of_reserves(const struct slab *slab)
{
	return READ_ONCE(slab_page(slab)->flags) & PG_pfmemalloc;
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

static inline void slab_note_alloc(const struct kmem_cache *s,
				   const void *object, unsigned long caller)
{
	if (!machine_notes_allocs())
		return;
	machine_quiet_begin();
	machine_note_alloc(object, slab_object_size(s), caller);
	machine_quiet_end();
}

#define kmem_cache_debug(s)	kmem_cache_debug_flags(s, SLAB_DEBUG_FLAGS)

/* Written under list_lock only; kfree() reads the word's other bits. */
static inline bool slab_test_node_partial(const struct slab *slab)
{
	return READ_ONCE(slab_page(slab)->flags) & PG_slab_partial;
}

/* ---- slab_freelist.c: order and links of freelists ---- */
/* In kmem_cache.link, beside the free pointer's offset: */
#define LINK_ENCODED	0x80000000u
#define LINK_SHEAVES	0x40000000u	/* they come before CPU slabs */
#define LINK_FLAGS	(LINK_ENCODED | LINK_SHEAVES)
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

/* link: s->link. */
static always_inline void *slab_read_link(const struct kmem_cache *s, u32 link,
					  const void *object)
{
	u64 *slot = (u64 *)((char *)object + (link & ~LINK_FLAGS));

	if (likely(!(link & LINK_FLAGS)))
		return (void *)READ_ONCE(*(u64 *)((char *)object + link));
	if (link & LINK_ENCODED)
		return (void *)slab_encode_link(s, slot, READ_ONCE(*slot));
	return (void *)READ_ONCE(*slot);
}

/* False, after a report, if the object would follow itself. */
static always_inline bool slab_write_link(const struct kmem_cache *s, u32 link,
					  void *object, void *next)
{
	u64 *slot = (u64 *)((char *)object + (link & ~LINK_FLAGS));
	u64 word = (u64)next;

	if (likely(!(link & LINK_FLAGS))) {
		WRITE_ONCE(*(u64 *)((char *)object + link), word);
		return true;
	}
	if (link & LINK_ENCODED) {
		if (unlikely(object == next)) {
			slab_link_bug();
			return false;
		}
		word = slab_encode_link(s, slot, word);
	}
	WRITE_ONCE(*slot, word);
	return true;
}

static inline void *get_freepointer(const struct kmem_cache *s,
				    const void *object)
{
	return slab_read_link(s, s->link, object);
}

static inline bool set_freepointer(const struct kmem_cache *s, void *object,
				   void *next)
{
	return slab_write_link(s, s->link, object, next);
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
#define slab_check(id, cond, ...) \
	if_checked((void)(likely(cond) || (audit_violated(id, __VA_ARGS__), 0)))

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
	/* Of caches with by_engine, which the fast paths leave to them. */
	void		*(*alloc_one)(struct kmem_cache *s, gfp_t gfp,
				      int node);
	void		(*free_one)(struct kmem_cache *s, struct slab *slab,
				    void *object);
	/* kfree_bulk()'s: to the slab. */
	void		(*free_group)(struct kmem_cache *s, struct slab *slab,
				      struct free_group group);
	/* Interrupts on. Fewer than n: memory is short. */
	unsigned	(*alloc_bulk)(struct kmem_cache *s, gfp_t gfp,
				      unsigned n, void **objects);
	void		(*free_bulk)(struct kmem_cache *s, unsigned n,
				     void **objects);
	/* What kvfree_rcu() is given; false: not for this engine. NULL where
	 * nothing is. */
	bool		(*free_rcu)(void *object);
};

extern const struct slab_ops slab_slub, slab_layered, slab_sheaves;
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
/* The ladders themselves, of caches without debugging: whatever comes before
 * CPU slabs has been asked. */
void *slub_climb(struct kmem_cache *s, gfp_t gfp, int node, size_t orig_size,
		 unsigned long addr);
void slub_free_to_slab(struct kmem_cache *s, struct slab *slab,
		       struct free_group group);
/* The kernel's words about it, unless gfp or the rate limit say no. */
void slab_out_of_memory(const struct kmem_cache *s, gfp_t gfp, int node);
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
/* Of n objects those that can be had of CPU slabs and beneath; interrupts on.
 * addr: of the caller, for debugging caches. */
unsigned slub_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
			 void **objects, unsigned long addr);
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
	if_checked(cpu_slab_note_locked(c, g));
}

static inline void cpu_slab_unlock(struct kmem_cache_cpu *c,
				   struct cpu_slab_guard *g)
{
	if_checked(cpu_slab_note_unlock(c, g));
	local_irq_restore(g->irqs_off);
}

void cpu_slab_bump_tid(struct kmem_cache_cpu *c);

/* ---- slab_shadow.c: who has each object; in if_checked(), and audits ---- */
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
