/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disjoint vmap areas sorted by address: a red-black tree threaded by a list,
 * for neighbours in O(1). With an augmented tree each node knows the size of
 * the largest area below it. No locking: the owner serialises.
 */
#ifndef MM_VMAP_TREE_H
#define MM_VMAP_TREE_H

#include "mm/vmap.h"

struct vmap_tree {
	struct rb_root		root;
	struct list_head	head;		/* ascending */
	const struct rb_augment_callbacks *augment;	/* fixed; or NULL */
};

static inline u64 va_size(const struct vmap_area *va)
{
	return va->va_end - va->va_start;
}

void vmap_tree_init(struct vmap_tree *tree);
void vmap_tree_init_augmented(struct vmap_tree *tree);

/*
 * False, with the kernel's warning, if va overlaps what is there. The descent
 * begins at from, a node whose subtree is known to hold the place, or (NULL)
 * at the root.
 */
bool vmap_tree_insert(struct vmap_tree *tree, struct vmap_area *va,
		      struct rb_node *from);
void vmap_tree_remove(struct vmap_tree *tree, struct vmap_area *va);
/*
 * Inserts, or makes va part of its neighbours: the records that are not
 * needed any more are freed, va's among them. False as above.
 */
bool vmap_tree_merge(struct vmap_tree *tree, struct vmap_area *va);
/* The area with start <= addr < end, or NULL. */
struct vmap_area *vmap_tree_find(const struct vmap_tree *tree, u64 addr);

/* Augmented trees: the largest size in the subtree of node; 0 for NULL. */
u64 vmap_tree_max(const struct rb_node *node);
/* Augmented trees: va has changed its size in place. */
void vmap_tree_resized(struct vmap_area *va);

/* Visits all by address, under lock; see procfs_lock(). */
void vmap_tree_show(const struct vmap_tree *tree, spinlock_t *lock,
		    vmap_visit_t visit, void *arg, enum vmap_where where);

/* INV-A3, and for augmented trees INV-A2 and INV-A4; what names the tree. */
void vmap_tree_audit(const struct vmap_tree *tree, const char *what);
/* The same for va and its neighbours only: after each operation, checked. */
void vmap_tree_audit_around(const struct vmap_tree *tree,
			    const struct vmap_area *va);

#endif
