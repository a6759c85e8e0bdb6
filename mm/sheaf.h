/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves (slub spec 3S; mm/slub.c, 6.18 and 7.0): arrays of free objects, two
 * on each CPU and a barn of them on each node, in front of the slabs. What the
 * files of the engines mm/slab_layered.c (6.18: CPU slabs beneath, in caches
 * that ask for sheaves) and mm/slab_sheaves.c (7.0: all caches, slabs that no
 * CPU owns) share.
 *
 *	main	what this CPU allocates from and frees to; never NULL
 *	spare	the other one: NULL, empty or full, as a rule
 *	rcu_free what kvfree_rcu() fills, until it is full; NULL as a rule
 *	barn	of a node: full and empty sheaves, for CPUs to swap
 *
 * A CPU touches its sheaves under its trylock alone, which is preemption off
 * and a byte: an interrupt that finds the byte set goes to the slabs instead.
 * barn->lock nests inside; list_lock is never taken while either is held.
 * Objects in sheaves are in use as far as their slab knows.
 */
#ifndef MM_SHEAF_H
#define MM_SHEAF_H

#include "mm/slab_def.h"

#define MAX_FULL_SHEAVES	10	/* soft: counts are read without lock */
#define MAX_EMPTY_SHEAVES	10
#define PCS_BATCH_MAX		32	/* flushed between two lock holds */

/* Holds up to cache->sheaf_capacity objects. */
struct slab_sheaf {
	union {
		struct list_head	barn_list;	/* under barn->lock */
		struct rcu_head		rcu_head;	/* full of rcu's */
		unsigned		capacity;	/* lent */
	};
	struct kmem_cache	*cache;
	unsigned		size;
	int			node;	/* of the CPU that gave it to RCU */
	void			*objects[];
};

static_assert(sizeof(struct slab_sheaf) == 32, "as in 7.0");

/* One CPU's. */
struct slub_percpu_sheaves {
	bool			locked;	/* by this CPU; see pcs_trylock() */
	struct slab_sheaf	*main;
	struct slab_sheaf	*spare;
	struct slab_sheaf	*rcu_free;
};

struct node_barn {
	spinlock_t		lock;
	/* Under lock; the counts are peeked at: */
	struct list_head	sheaves_full;
	struct list_head	sheaves_empty;
	unsigned		nr_full;
	unsigned		nr_empty;
} cacheline_aligned;

/* What is beneath the sheaves of an engine. */
struct sheaf_beneath {
	/* n objects into objects[]; fewer when memory is short. */
	unsigned	(*take)(struct kmem_cache *s, gfp_t gfp, unsigned n,
				void **objects);
	/* n objects back, out of a sheaf; objects[] is permuted. */
	void		(*flush)(struct kmem_cache *s, unsigned n,
				 void **objects);
	/* The same of objects that a caller frees, counted as such. */
	void		(*give)(struct kmem_cache *s, unsigned n,
				void **objects);
};

/* Of one cache; s->sheaves is NULL where there are none. */
struct cache_sheaves {
	const struct sheaf_beneath	*beneath;
	struct slub_percpu_sheaves	*cpu;		/* per CPU */
	struct node_barn		*barn[];	/* NULL: no memory */
};

/* ---- sheaf_cache.c: those of a cache ---- */
/* Sheaves of s->sheaf_capacity objects; all of them or, with -ENOMEM, none.
 * Allocating meanwhile uses none. May sleep. */
int open_sheaves(struct kmem_cache *s, const struct sheaf_beneath *beneath)
	must_check;
/* All are empty but for what CPUs have, which is empty, too. */
void close_sheaves(struct kmem_cache *s);
/* Nothing of s is in a sheaf or in a barn any more. Of a cache without sheaves
 * nothing. Under cpu_hotplug_lock; may sleep, and waits for RCU. */
void drain_sheaves(struct kmem_cache *s);
/* The engines' close(): -EBUSY if objects are left. As drain_sheaves(). */
int sheaf_close_cache(struct kmem_cache *s) must_check;
/* Barns give all sheaves and objects back. */
void shrink_barns(struct kmem_cache *s);

/* ---- sheaf.c: one sheaf ---- */
/*
 * Objects of a sheaf for that stride in 7.0 (spec 3S.2): 4, 12, 26 or 60, and
 * what then fits the kmalloc class; at least as many as are asked for.
 */
unsigned calculate_sheaf_capacity(unsigned stride, unsigned asked);
/* NULL when memory is short, or when it would be made of itself. What of gfp is
 * about the objects' memory is not about the sheaf's. */
struct slab_sheaf *alloc_empty_sheaf(struct kmem_cache *s, gfp_t gfp);
void free_empty_sheaf(struct slab_sheaf *sheaf);
/* -ENOMEM: sheaf is not full, but for what there was. Takes list_locks; gfp
 * never has the reserves. */
int refill_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf, gfp_t gfp)
	must_check;
struct slab_sheaf *alloc_full_sheaf(struct kmem_cache *s, gfp_t gfp);
/* All its objects go back to their slabs. */
void sheaf_flush(struct kmem_cache *s, struct slab_sheaf *sheaf);

/* ---- sheaf_barn.c ---- */
struct node_barn *barn_create(int node);
/* It must be empty. */
void barn_destroy(struct node_barn *barn);
/* A full sheaf for an empty one, or NULL. */
struct slab_sheaf *barn_replace_empty_sheaf(struct node_barn *barn,
					    struct slab_sheaf *empty);
/* An empty sheaf in *empty for a full one; -E2BIG: too many full ones, or
 * -ENOMEM: no empty one. */
int barn_replace_full_sheaf(struct node_barn *barn, struct slab_sheaf *full,
			    struct slab_sheaf **empty) must_check;
struct slab_sheaf *barn_get_empty_sheaf(struct node_barn *barn);
/* Full if there is one; NULL if there is neither. */
struct slab_sheaf *barn_get_full_or_empty_sheaf(struct node_barn *barn);
void barn_put_empty_sheaf(struct node_barn *barn, struct slab_sheaf *sheaf);
void barn_put_full_sheaf(struct node_barn *barn, struct slab_sheaf *sheaf);
/* Gives every sheaf and its objects back. */
void barn_shrink(struct kmem_cache *s, struct node_barn *barn);

/* ---- sheaf_slab.c: slabs that no CPU owns ---- */
/* One object (spec 3S.3, 6); NULL when memory is short. */
void *alloc_from_slabs(struct kmem_cache *s, gfp_t gfp, int node);
/* min to max objects to objects[]; fewer than min when memory is short
 * (spec 3S.3, 5). */
unsigned refill_objects(struct kmem_cache *s, void **objects, gfp_t gfp,
			unsigned min, unsigned max);
/* Objects of one slab go back to it (spec 3S.4, 5); no statistics of its own
 * but of what becomes of the slab. */
void free_to_slab(struct kmem_cache *s, struct slab *slab,
		  struct free_group group);
/* n objects of s go back to their slabs; objects[] is permuted. */
void free_bulk_to_slabs(struct kmem_cache *s, unsigned n, void **objects);

/* ---- sheaf_pcs.c: this CPU's sheaves ---- */
/* An object, or NULL: look in the slabs. */
void *alloc_from_pcs(struct kmem_cache *s, gfp_t gfp, int node);
/* How many of n there were; interrupts on. */
unsigned alloc_from_pcs_bulk(struct kmem_cache *s, unsigned n, void **objects);
/* False: nothing done, free it to its slab. */
bool free_to_pcs(struct kmem_cache *s, void *object) must_check;
/* Objects of s; what is not this node's or has no room goes to its slab. */
void free_to_pcs_bulk(struct kmem_cache *s, unsigned n, void **objects);
/* What this CPU holds goes back to the slabs; main is left, empty. */
void pcs_flush_all(struct kmem_cache *s);

/* This CPU's sheaves, locked; NULL: whom this interrupts holds them. */
struct slub_percpu_sheaves *pcs_trylock(struct kmem_cache *s);
void pcs_unlock(struct slub_percpu_sheaves *pcs);

/* ---- sheaf_rcu.c: kvfree_rcu into sheaves ---- */
/* Collects object in this CPU's rcu_free; false: nothing done. Any context but
 * NMI. The op free_rcu of both engines. */
bool kfree_rcu_sheaf(void *object) must_check;
/* Every object that is collected and not given to RCU yet. At quiescence. */
void sheaf_for_each_collected(void (*visit)(const void *object));
/* RCU gets what this CPU has collected of s, to be given back to slabs. */
void rcu_free_flush(struct kmem_cache *s);

/* ---- sheaf_audit.c ---- */
/*
 * Looks at every sheaf (I22), and marks its objects as held, so that one that
 * is also free, or with a caller, or in two sheaves, is found (I4). At
 * quiescence; sheaf_audit_end() takes the marks away.
 */
void sheaf_audit_begin(struct kmem_cache *s);
void sheaf_audit_end(struct kmem_cache *s);

/* 6.18 counts sheaves apart from CPU slabs (slub spec 4.1). */
static inline enum stat_item pcs_alloc_item(const struct kmem_cache *s)
{
	return s->no_cpu_slabs ? ALLOC_FASTPATH : ALLOC_PCS;
}

static inline enum stat_item pcs_free_item(const struct kmem_cache *s)
{
	return s->no_cpu_slabs ? FREE_FASTPATH : FREE_PCS;
}

/* Of what a CPU's sheaves may have: its node's, not of the reserves. */
static inline bool fits_pcs(const struct slab *slab)
{
	return slab_nid(slab) == (int)numa_node_id() && !slab_of_reserves(slab);
}

static inline struct node_barn *get_barn(const struct kmem_cache *s)
{
	return s->sheaves->barn[numa_node_id()];
}

#endif
