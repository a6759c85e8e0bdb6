/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debugging of slab caches (slub spec 2.6, 3.6; mm/slub.c, 6.12): caches with
 * any of SLAB_DEBUG_FLAGS. They have no CPU slabs: each object comes from and
 * goes to a slab of a node's list under list_lock, where it is checked. What
 * an object is surrounded by is laid out by mm/slab_geometry.c. For mm/slab*
 * and mm/slub* only.
 */
#ifndef MM_SLUB_DEBUG_H
#define MM_SLUB_DEBUG_H

#include "mm/slab_def.h"

/* What memory is filled with (spec 2.6). */
#define POISON_FREE		0x6b	/* a free object; POISON_END its last */
#define POISON_END		0xa5
#define POISON_INUSE		0x5a	/* padding, and all of a new slab */
#define SLUB_RED_INACTIVE	0xbb	/* red zones of a free object */
#define SLUB_RED_ACTIVE		0xcc	/* and of an allocated one */

#define DEBUG_METADATA_FLAGS	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define DEBUG_DEFAULT_FLAGS	(SLAB_CONSISTENCY_CHECKS | DEBUG_METADATA_FLAGS)

/* The size asked for is kept behind the tracks. */
static inline bool slub_debug_orig_size(u32 flags)
{
	return (flags & SLAB_STORE_USER) && (flags & SLAB_KMALLOC);
}

/* Not what a constructor has made, nor what readers may still look at. */
static inline bool slub_poisons_object(const struct kmem_cache *s)
{
	return (s->flags & SLAB_POISON) && !s->ctor &&
	       !(s->flags & SLAB_TYPESAFE_BY_RCU);
}

static inline bool freeptr_outside_object(const struct kmem_cache *s)
{
	return s->lay.offset >= slab_inuse(s);
}

/* NULL, or an object's start. Reads the slab's counters and nothing else. */
bool check_valid_pointer(const struct kmem_cache *s, const struct slab *slab,
			 const void *object);

/* ---- slub_track.c: who had an object last ---- */
enum track_item { TRACK_ALLOC, TRACK_FREE, NR_TRACKS };

struct track {
	unsigned long	addr;		/* called from; 0: never */
	u32		handle;		/* of the stack, 0: not kept */
	unsigned	cpu;
	int		pid;
	u64		when;		/* jiffies */
};

static_assert(sizeof(struct track) == 32, "slub spec 2.2");

/* No track yet. */
void init_tracking(struct kmem_cache *s, void *object);
/* The calling CPU, its task, and the stack from addr on. Any context. */
void set_track(struct kmem_cache *s, void *object, enum track_item which,
	       unsigned long addr);
/* "Allocated in ..." and "Freed in ...", what is known. Quiet. */
void print_tracking(const struct kmem_cache *s, const void *object);
/* What kmalloc was asked for, kept in the object's slot. */
void set_orig_size(struct kmem_cache *s, void *object, unsigned orig_size);
unsigned get_orig_size(const struct kmem_cache *s, const void *object);
/* Where padding begins, from the object's start: behind all the above. */
unsigned slub_info_end(const struct kmem_cache *s);

/* ---- slub_report.c: the kernel's words, all quiet ---- */
/* The cache is broken: counted, and the run's exit status is 6. */
void object_err(const struct kmem_cache *s, const struct slab *slab,
		const void *object, const char *reason);
void slab_err(const struct kmem_cache *s, const struct slab *slab,
	      const char *fmt, ...) printf_like(3, 4);
/* Bytes [from, to) of a slab are not value. */
void slub_report_overwritten(const struct slab *slab, const char *what,
			     const u8 *from, const u8 *to, u8 value);
/* What the allocator does about it. */
void slab_fix(const struct kmem_cache *s, const char *fmt, ...)
	printf_like(2, 3);
/* The objects in use of the slabs of n's list, of a cache that is destroyed.
 * Full slabs are on no list that could be walked, as in the kernel. */
void slub_report_remaining(const struct kmem_cache *s,
			   struct kmem_cache_node *n) must_hold(n->list_lock);
/* A hex dump, 16 bytes a line, with the kernel's addresses. */
void print_section(const char *text, const void *addr, size_t size);
/* An address as the kernel would print it; wild ones as they are. */
unsigned long slub_print_pointer(const void *p);

/* ---- slub_check.c: what must hold of objects and slabs ---- */
/* A run of bytes around or in an object that must have one value. */
struct slub_region {
	const char	*what;		/* in reports */
	u8		*start;
	unsigned	size;
	u8		value;
};

#define MAX_SLUB_REGIONS	5

/* The regions of an object that is free (SLUB_RED_INACTIVE) or allocated
 * (SLUB_RED_ACTIVE); their number. */
unsigned slub_object_regions(const struct kmem_cache *s, const void *object,
			     u8 state, struct slub_region *regions);
/* The first byte of [start, start + size) that is not value, or NULL. */
const u8 *memchr_inv(const u8 *start, u8 value, size_t size);
/* True if all is well; else reported, repaired, and false. list_lock. */
bool check_object(struct kmem_cache *s, struct slab *slab, void *object,
		  u8 state);
bool check_slab(struct kmem_cache *s, struct slab *slab);
/* The waste at a slab's end. */
void slab_pad_check(struct kmem_cache *s, struct slab *slab);
/* Whether object is on slab's freelist; NULL: whether that list is sound. */
bool on_freelist(struct kmem_cache *s, struct slab *slab, const void *object);

/* ---- slub_debug.c: the paths ---- */
/* Fills an object and its red zones, for its new state. */
void init_object(struct kmem_cache *s, void *object, u8 state);
/* A new slab, before its objects are linked. */
void slub_debug_setup_slab(struct kmem_cache *s, struct slab *slab);
void slub_debug_setup_object(struct kmem_cache *s, void *object);
/* A slab on its way back to the page allocator. */
void slub_debug_check_gone(struct kmem_cache *s, struct slab *slab);
/* An object of the first sound slab of n's list, or NULL; unsound ones are
 * taken out of use. */
struct slab *slub_debug_take_locked(struct kmem_cache *s,
				    struct kmem_cache_node *n,
				    struct partial_context *pc)
	must_hold(n->list_lock);
/* The first object of a slab that nobody knows yet, which gets listed. */
void *alloc_single_from_new_slab(struct kmem_cache *s, struct slab *slab,
				 unsigned orig_size);
/* Frees a group, or reports why not and leaves it. */
void free_to_partial_list(struct kmem_cache *s, struct slab *slab,
			  struct free_group group, unsigned long addr);

/* ---- slub_validate.c ---- */
void slub_validate_init(void);
/* I23 of one slab: reports by audit_violated(), repairs nothing. At
 * quiescence. */
void slub_audit_slab(struct kmem_cache *s, struct slab *slab);

/* ---- slab_debug_options.c ---- */
/* flags and those that slab_debug= names for a cache of that name. */
u32 kmem_cache_flags(u32 flags, const char *name);
/* slab_debug=...O: no metadata where it would raise the order. */
extern bool disable_higher_order_debug;

#endif
