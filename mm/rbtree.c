/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/rbtree.h"

#define BLACK	1UL

static bool is_black(const struct rb_node *node)
{
	return !node || (node->parent_color & BLACK);
}

static bool is_red(const struct rb_node *node)
{
	return !is_black(node);
}

static void set_black(struct rb_node *node)
{
	node->parent_color |= BLACK;
}

static void set_red(struct rb_node *node)
{
	node->parent_color &= ~BLACK;
}

static void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->parent_color = (unsigned long)parent |
		(node->parent_color & BLACK);
}

/* Where the pointer to old stands: in its parent, or the root. */
static void replace_child(struct rb_node *parent, struct rb_node *old,
			  struct rb_node *new, struct rb_root *root)
{
	if (!parent)
		WRITE_ONCE(root->node, new);
	else if (parent->left == old)
		parent->left = new;
	else
		parent->right = new;
}

/* Lifts the right (or left) child of node into its place. */
static void rotate(struct rb_node *node, bool left, struct rb_root *root,
		   const struct rb_augment_callbacks *augment)
{
	struct rb_node *up = left ? node->right : node->left;
	struct rb_node *inner = left ? up->left : up->right;
	struct rb_node *parent = rb_parent(node);

	if (left) {
		node->right = inner;
		up->left = node;
	} else {
		node->left = inner;
		up->right = node;
	}
	if (inner)
		set_parent(inner, node);
	replace_child(parent, node, up, root);
	set_parent(up, parent);
	set_parent(node, up);
	if (augment)
		augment->rotate(node, up);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent;

	while ((parent = rb_parent(node)) && is_red(parent)) {
		/* A red node is not the root: there is a grandparent. */
		struct rb_node *grandparent = rb_parent(parent);
		bool left = parent == grandparent->left;
		struct rb_node *uncle = left ? grandparent->right :
			grandparent->left;

		if (is_red(uncle)) {
			set_black(parent);
			set_black(uncle);
			set_red(grandparent);
			node = grandparent;
			continue;
		}
		if (node == (left ? parent->right : parent->left)) {
			rotate(parent, left, root, augment);
			swap(node, parent);
		}
		set_black(parent);
		set_red(grandparent);
		rotate(grandparent, !left, root, augment);
		return;
	}
	if (!parent)
		set_black(node);
}

/*
 * Paths through node, a child of parent or a missing one, are one black node
 * short. Ends when a red node could be painted or the root is reached.
 */
static void fix_short_paths(struct rb_node *node, struct rb_node *parent,
			    struct rb_root *root,
			    const struct rb_augment_callbacks *augment)
{
	while (parent && is_black(node)) {
		bool left = node == parent->left;
		struct rb_node *sibling = left ? parent->right : parent->left;
		struct rb_node *inner, *outer;

		if (is_red(sibling)) {
			set_black(sibling);
			set_red(parent);
			rotate(parent, left, root, augment);
			sibling = left ? parent->right : parent->left;
		}
		inner = left ? sibling->left : sibling->right;
		outer = left ? sibling->right : sibling->left;
		if (is_black(inner) && is_black(outer)) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			continue;
		}
		if (is_black(outer)) {
			set_black(inner);
			set_red(sibling);
			rotate(sibling, !left, root, augment);
			outer = sibling;
			sibling = inner;
		}
		sibling->parent_color = (sibling->parent_color & ~BLACK) |
			(parent->parent_color & BLACK);
		set_black(parent);
		set_black(outer);
		rotate(parent, left, root, augment);
		return;
	}
	if (node)
		set_black(node);
}

/*
 * node has two children: its successor, which has no left child, takes its
 * place and colour. Returns the colour that is missing where the successor was;
 * *child hangs there now, below *parent.
 */
static unsigned long put_successor(struct rb_node *node, struct rb_root *root,
				   const struct rb_augment_callbacks *augment,
				   struct rb_node **child,
				   struct rb_node **parent)
{
	struct rb_node *next = node->right;
	unsigned long color;

	while (next->left)
		next = next->left;
	color = next->parent_color & BLACK;
	*child = next->right;
	if (next == node->right) {
		*parent = next;
	} else {
		*parent = rb_parent(next);
		(*parent)->left = *child;
		if (*child)
			set_parent(*child, *parent);
		next->right = node->right;
		set_parent(next->right, next);
	}
	next->left = node->left;
	set_parent(next->left, next);
	next->parent_color = node->parent_color;
	replace_child(rb_parent(node), node, next, root);
	if (augment) {
		augment->copy(node, next);
		if (*parent != next)
			augment->propagate(*parent, next);
		augment->propagate(next, NULL);
	}
	return color;
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	struct rb_node *child, *parent;
	unsigned long color;

	if (node->left && node->right) {
		color = put_successor(node, root, augment, &child, &parent);
	} else {
		child = node->left ? node->left : node->right;
		parent = rb_parent(node);
		color = node->parent_color & BLACK;
		replace_child(parent, node, child, root);
		if (child)
			set_parent(child, parent);
		if (augment && parent)
			augment->propagate(parent, NULL);
	}
	if (color == BLACK)
		fix_short_paths(child, parent, root, augment);
}

/* ---- walking ---------------------------------------------------------- */
struct rb_node *rb_first(const struct rb_root *root)
{
	struct rb_node *node = root->node;

	while (node && node->left)
		node = node->left;
	return node;
}

struct rb_node *rb_last(const struct rb_root *root)
{
	struct rb_node *node = root->node;

	while (node && node->right)
		node = node->right;
	return node;
}

struct rb_node *rb_next(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->right)
		return rb_first(&(struct rb_root){ node->right });
	while ((parent = rb_parent(node)) && node == parent->right)
		node = parent;
	return parent;
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	struct rb_node *parent;

	if (node->left)
		return rb_last(&(struct rb_root){ node->left });
	while ((parent = rb_parent(node)) && node == parent->left)
		node = parent;
	return parent;
}

/* Black nodes on each path down from node, or -1 if that is not one number. */
static int black_height(const struct rb_node *node,
			const struct rb_node *parent)
{
	int left, right;

	if (!node)
		return 0;
	if (rb_parent(node) != parent || (is_red(node) && is_red(parent)))
		return -1;
	left = black_height(node->left, node);
	right = black_height(node->right, node);
	if (left < 0 || left != right)
		return -1;
	return left + (is_black(node) ? 1 : 0);
}

bool rb_is_sound(const struct rb_root *root)
{
	return is_black(root->node) && black_height(root->node, NULL) >= 0;
}
