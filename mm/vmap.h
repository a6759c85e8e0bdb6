/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The allocator of kernel virtual address ranges behind vmalloc: how areas
 * are found, kept while busy, freed lazily and purged. A family, mm/vmap_*.c
 * (vmalloc-tlb-ipi spec 2 and 3.6, 3.7).
 */
#ifndef MM_VMAP_H
#define MM_VMAP_H

#include "mm/rbtree.h"
#include "mm/gfp.h"

struct kmem_cache;
struct vm_struct;

struct vmap_area {
	u64			va_start, va_end;
	struct rb_node		rb_node;	/* by start */
	struct list_head	list;		/* sorted by start */
	union {
		u64			subtree_max_size;	/* free */
		struct vm_struct	*vm;			/* busy */
	};
	u64			flags;		/* owner id << 8 | VMAP_* */
};

/* Of vmap_area.flags, with 6.12's values. */
#define VMAP_RAM	0x1u	/* of vm_map_ram() */
#define VMAP_BLOCK	0x2u	/* many mappings: mm/vmap_block.c */

struct vmap_purge;

struct vmap_request {
	u64	size;		/* multiple of PAGE_SIZE, with guard */
	u64	align;		/* power of two */
	u64	vstart, vend;	/* limits of the search */
	gfp_t	gfp;
	int	node;		/* of the records; NUMA_NO_NODE */
	u64	flags;		/* VMAP_*, for the area's */
	struct vm_struct *vm;	/* gets addr and size; may be NULL */
};

/* Where an address is, for the stale-TLB oracle and the audit. */
enum vmap_where {
	VMAP_NOWHERE, VMAP_FREE, VMAP_BUSY, VMAP_LAZY, VMAP_POOL,
};

typedef void (*vmap_visit_t)(void *arg, const struct vmap_area *va,
			     enum vmap_where where);

struct vmap_ops {
	const char	*name;
	const char	*summary;
	void		(*init)(void);
	/* 0 and *out; -EBUSY, -ENOMEM, -EINVAL. May sleep. */
	int		(*alloc)(const struct vmap_request *request,
				 struct vmap_area **out);
	/* The busy area that holds addr, or NULL. */
	struct vmap_area *(*find)(u64 addr);
	/* Takes the busy area that holds addr out, or NULL. */
	struct vmap_area *(*unlink)(u64 addr);
	/* An unlinked and unmapped area: freed lazily; may start a purge. */
	void		(*free_lazy)(struct vmap_area *va);
	/* Flushes and frees what is lazy, now; full: pools too. True if
	 * anything was; then purge's range was flushed with it. Under
	 * vmap_purge_lock. */
	bool		(*purge)(struct vmap_purge *purge, bool full);
	/* Where addr is among what this member keeps, by trylocks: in any
	 * context; VMAP_NOWHERE also when a lock is held or it is in flight. */
	enum vmap_where	(*where)(u64 addr);
	/* Every busy, lazy and pooled area, and those of purge lists, as lazy.
	 * At quiescence. */
	void		(*walk)(vmap_visit_t visit, void *arg);
	/* In the order of /proc/vmallocinfo: busy areas, then lazy ones, each
	 * under its lock. At any time; see procfs_lock(). */
	void		(*show)(vmap_visit_t visit, void *arg);
	void		(*audit)(void);		/* its own structures */
	unsigned	(*nr_nodes)(void);
	/* mm/whatis.h, for what has no name of its own; may be NULL. */
	bool		(*name_address)(const void *p,
					struct address_name *name);
};

extern const struct vmap_ops vmap_augmented, vmap_nodes;
extern const struct vmap_ops *vmap_ops;		/* fixed at boot */

/* Exact at quiescence; else VMAP_NOWHERE may also mean that somebody is
 * changing what it is. Any context. */
enum vmap_where vmap_where_is(u64 addr);

u64 lazy_max_pages(void);
unsigned vmap_nr_nodes(void);
/* s is the cache of area records. */
bool vmap_area_is_of(const struct kmem_cache *s);

struct vmap_stat {
	u64	purges, areas_purged;
	u64	pool_hits, pool_misses;
	u64	overflows;
};

void vmap_stat_read(struct vmap_stat *out);
void vmap_stat_reset(void);

#endif
