/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intrusive red-black tree (Cormen et al., Introduction to Algorithms, ch. 13
 * and 14), with callbacks that keep a value derived from each subtree. The
 * caller descends, links, and rebalances, as in Linux. No locking: who owns
 * the tree serialises; only emptiness may be read without (RB_EMPTY_ROOT).
 */
#ifndef MM_RBTREE_H
#define MM_RBTREE_H

#include "cpus/machine.h"

struct rb_node {
	unsigned long	parent_color;	/* parent's address | 1 if black */
	struct rb_node	*left, *right;
};

struct rb_root {
	struct rb_node	*node;
};

/*
 * propagate: the subtree of node has changed: recompute upwards from node,
 * up to but not including stop (NULL: the root). copy: new takes the place of
 * old, with its children. rotate: new has become the root of the subtree
 * whose root was old, which is now new's child.
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *new);
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

#define RB_ROOT			((struct rb_root){ NULL })
#define RB_EMPTY_ROOT(root)	(READ_ONCE((root)->node) == NULL)
#define RB_CLEAR_NODE(n)	((n)->parent_color = (unsigned long)(n))
#define RB_EMPTY_NODE(n)	((n)->parent_color == (unsigned long)(n))
#define rb_entry(ptr, type, member)	container_of(ptr, type, member)

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->parent_color & ~1UL);
}

/* Hangs node, red, at *link, a NULL child of parent (or the empty root). */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->parent_color = (unsigned long)parent;
	node->left = NULL;
	node->right = NULL;
	WRITE_ONCE(*link, node);
}

/*
 * Rebalances after rb_link_node(). augment may be NULL; else the values of
 * node and its ancestors are right already.
 */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment);
/* Takes node out. Its own fields are left as they were. */
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment);
#define rb_insert_color(node, root)	rb_insert_augmented(node, root, NULL)
#define rb_erase(node, root)		rb_erase_augmented(node, root, NULL)

/* In order; NULL at the ends. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Whether colours, black heights and parent pointers are those of a red-black
 * tree. For tests and audits: recursive, visits all. */
bool rb_is_sound(const struct rb_root *root);

#endif
