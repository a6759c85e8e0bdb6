/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/slab.h"
#include "mm/xarray.h"

#define XA_CHUNK_SHIFT	6
#define XA_CHUNK_SIZE	(1u << XA_CHUNK_SHIFT)
#define XA_CHUNK_MASK	(XA_CHUNK_SIZE - 1)
#define XA_MAX_MARKS	3

/*
 * The kernel's, field by field, so that the cache is the kernel's, too. What
 * has no use here, values, shadow lists and marks, stays empty.
 */
struct xa_node {
	/* Fixed when it is linked: */
	u8		shift;		/* bits of an index below this level */
	u8		offset;		/* slot in parent */
	/* Under xa_lock: */
	u8		count;		/* slots in use */
	u8		nr_values;
	struct xa_node	*parent;	/* NULL: this is the head */
	struct xarray	*array;
	union {
		struct list_head private_list;
		struct rcu_head	rcu_head;
	};
	/* Read under RCU: */
	void		*slots[XA_CHUNK_SIZE];
	unsigned long	marks[XA_MAX_MARKS];
};

static_assert(sizeof(struct xa_node) == 576, "as in the kernel");

static struct kmem_cache *node_cachep;

/* A node that is free has no entries: who frees one leaves it like that. */
static void radix_tree_node_ctor(void *object)
{
	struct xa_node *node = object;

	machine_memset(node, 0, sizeof(*node));
	INIT_LIST_HEAD(&node->private_list);
}

void xarray_init(void)
{
	node_cachep = kmem_cache_create("radix_tree_node",
					sizeof(struct xa_node), 0,
					SLAB_PANIC | SLAB_RECLAIM_ACCOUNT,
					radix_tree_node_ctor);
}

void xa_init(struct xarray *xa, unsigned lock_class)
{
	spin_lock_init(&xa->xa_lock, lock_class);
	xa->xa_head = NULL;
}

static bool is_node(const void *entry)
{
	return (uintptr_t)entry & 2;
}

static struct xa_node *to_node(const void *entry)
{
	return (struct xa_node *)((uintptr_t)entry - 2);
}

static void *mk_node(const struct xa_node *node)
{
	return (void *)((uintptr_t)node | 2);
}

static unsigned slot_of(u64 index, const struct xa_node *node)
{
	return index >> node->shift & XA_CHUNK_MASK;
}

/* The largest index below a head. */
static u64 max_index(const void *head)
{
	if (!is_node(head))
		return 0;
	return ((u64)XA_CHUNK_SIZE << to_node(head)->shift) - 1;
}

/* ---- readers ------------------------------------------------------------- */
void *xa_load(struct xarray *xa, u64 index)
{
	void *entry;

	rcu_read_lock();
	/* Acquire, here and below: pairs with the releases of link(). */
	entry = smp_load_acquire(&xa->xa_head);
	if (index > max_index(entry))
		entry = NULL;
	while (is_node(entry)) {
		struct xa_node *node = to_node(entry);

		entry = smp_load_acquire(&node->slots[slot_of(index, node)]);
	}
	rcu_read_unlock();
	return entry;
}

/* One descent. False: nothing below the slot where it ended, and *index is
 * what follows that slot (0 if nothing does). */
static bool descend(struct xarray *xa, u64 *index, void **out)
{
	void *entry = smp_load_acquire(&xa->xa_head);

	if (*index > max_index(entry)) {
		*index = 0;
		return false;
	}
	while (is_node(entry)) {
		struct xa_node *node = to_node(entry);

		entry = smp_load_acquire(&node->slots[slot_of(*index, node)]);
		if (!entry) {
			*index = ((*index >> node->shift) + 1) << node->shift;
			return false;
		}
	}
	*out = entry;
	if (!entry)
		*index = 0;
	return entry;
}

void *xa_find(struct xarray *xa, u64 *index)
{
	void *entry = NULL;

	do {
		if (descend(xa, index, &entry))
			return entry;
	} while (*index);
	return NULL;
}

/* ---- writers ------------------------------------------------------------- */
/* Release: who finds the entry finds what it points to complete. */
static void link(void **slot, void *entry)
{
	smp_store_release(slot, entry);
}

static struct xa_node *new_node(struct xarray *xa, struct xa_node *parent,
				unsigned shift, struct xa_node **spare)
{
	struct xa_node *node = *spare;

	*spare = NULL;
	if (!node)
		node = kmem_cache_alloc(node_cachep,
					GFP_NOWAIT | __GFP_NOWARN);
	if (!node)
		return NULL;
	node->shift = (u8)shift;
	node->offset = 0;
	node->count = 0;
	node->parent = parent;
	node->array = xa;
	return node;
}

/* Of the level above a head; above nothing, of that which holds the index. */
static unsigned shift_above(const void *head, u64 index)
{
	unsigned shift = 0;

	if (is_node(head))
		return to_node(head)->shift + XA_CHUNK_SHIFT;
	while (!head && index >> shift > XA_CHUNK_MASK)
		shift += XA_CHUNK_SHIFT;
	return shift;
}

/* Another level above the head, for that index. */
static int grow_locked(struct xarray *xa, u64 index, struct xa_node **spare)
	must_hold(xa->xa_lock);

static int grow_locked(struct xarray *xa, u64 index, struct xa_node **spare)
{
	void *head = xa->xa_head;
	struct xa_node *node = new_node(xa, NULL, shift_above(head, index),
					spare);

	if (!node)
		return -ENOMEM;
	node->slots[0] = head;
	node->count = head != NULL;
	if (is_node(head))
		to_node(head)->parent = node;
	link(&xa->xa_head, mk_node(node));
	return 0;
}

static int insert_below(struct xa_node *node, u64 index, void *entry,
			struct xa_node **spare)
{
	while (node->shift) {
		void **slot = &node->slots[slot_of(index, node)];
		struct xa_node *child;

		if (!*slot) {
			child = new_node(node->array, node,
					 node->shift - XA_CHUNK_SHIFT, spare);
			if (!child)
				return -ENOMEM;
			child->offset = (u8)slot_of(index, node);
			node->count++;
			link(slot, mk_node(child));
		}
		node = to_node(*slot);
	}
	if (node->slots[slot_of(index, node)])
		return -EBUSY;
	node->count++;
	link(&node->slots[slot_of(index, node)], entry);
	return 0;
}

/* Nodes made before memory ran out stay, for who tries next. */
static int insert_locked(struct xarray *xa, u64 index, void *entry,
			 struct xa_node **spare) must_hold(xa->xa_lock);

static int insert_locked(struct xarray *xa, u64 index, void *entry,
			 struct xa_node **spare)
{
	int err;

	check(lock_held(&xa->xa_lock));
	while (index > max_index(xa->xa_head)) {
		err = grow_locked(xa, index, spare);
		if (err)
			return err;
	}
	if (is_node(xa->xa_head))
		return insert_below(to_node(xa->xa_head), index, entry, spare);
	if (xa->xa_head)
		return -EBUSY;
	link(&xa->xa_head, entry);
	return 0;
}

int xa_insert(struct xarray *xa, u64 index, void *entry, gfp_t gfp)
{
	struct xa_node *spare = NULL;
	int err;

	must(entry && !((uintptr_t)entry & 3));
	do {
		spin_lock(&xa->xa_lock);
		err = insert_locked(xa, index, entry, &spare);
		spin_unlock(&xa->xa_lock);
		/* Where sleeping is allowed, one node a round. */
	} while (err == -ENOMEM &&
		 (spare = kmem_cache_alloc(node_cachep, gfp)));
	if (spare)
		kmem_cache_free(node_cachep, spare);
	return err;
}

/* Readers may have followed its slots until now. */
static void free_node_rcu(struct rcu_head *head)
{
	struct xa_node *node = container_of(head, struct xa_node, rcu_head);

	machine_memset(node->slots, 0, sizeof(node->slots));
	machine_memset(node->marks, 0, sizeof(node->marks));
	INIT_LIST_HEAD(&node->private_list);
	kmem_cache_free(node_cachep, node);
}

static void free_node(struct xa_node *node)
{
	call_rcu(&node->rcu_head, free_node_rcu);
}

/* Nodes that have become empty, upwards from node. */
static void prune_locked(struct xarray *xa, struct xa_node *node)
	must_hold(xa->xa_lock);

static void prune_locked(struct xarray *xa, struct xa_node *node)
{
	check(lock_held(&xa->xa_lock));
	while (node && !node->count) {
		struct xa_node *parent = node->parent;

		if (parent) {
			link(&parent->slots[node->offset], NULL);
			parent->count--;
		} else {
			link(&xa->xa_head, NULL);
		}
		free_node(node);
		node = parent;
	}
}

/* Levels that only lead to their first slot. */
static void shrink_locked(struct xarray *xa) must_hold(xa->xa_lock);

static void shrink_locked(struct xarray *xa)
{
	check(lock_held(&xa->xa_lock));
	while (is_node(xa->xa_head)) {
		struct xa_node *node = to_node(xa->xa_head);
		void *only = node->slots[0];

		if (node->count != 1 || !only)
			break;
		/* A reader that is in node yet finds the same there. */
		link(&xa->xa_head, only);
		if (is_node(only))
			to_node(only)->parent = NULL;
		free_node(node);
	}
}

static void *erase_locked(struct xarray *xa, u64 index)
	must_hold(xa->xa_lock);

static void *erase_locked(struct xarray *xa, u64 index)
{
	struct xa_node *node = NULL;
	void *entry = xa->xa_head;

	check(lock_held(&xa->xa_lock));
	if (index > max_index(entry))
		return NULL;
	while (is_node(entry)) {
		node = to_node(entry);
		entry = node->slots[slot_of(index, node)];
	}
	if (!entry)
		return NULL;
	if (!node) {
		link(&xa->xa_head, NULL);
		return entry;
	}
	link(&node->slots[slot_of(index, node)], NULL);
	node->count--;
	prune_locked(xa, node);
	shrink_locked(xa);
	return entry;
}

void *xa_erase(struct xarray *xa, u64 index)
{
	void *entry;

	spin_lock(&xa->xa_lock);
	entry = erase_locked(xa, index);
	spin_unlock(&xa->xa_lock);
	return entry;
}
