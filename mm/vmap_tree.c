/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/audit.h"
#include "mm/procfs.h"
#include "mm/vmap_core.h"
#include "mm/vmap_tree.h"

DEFINE_FAULT(vmap_merge_skips_prev, "INV-A2",
	     "a freed block is not joined with the one before it");
DEFINE_FAULT(vmap_list_misplaced, "INV-A3",
	     "an area is put on the wrong side of its neighbour in the list");
DEFINE_FAULT(vmap_no_propagate, "INV-A4",
	     "subtree maxima are not updated when a block changes");

#define area_of(node)	rb_entry(node, struct vmap_area, rb_node)

/* ---- the augmented value ------------------------------------------------- */
u64 vmap_tree_max(const struct rb_node *node)
{
	return node ? area_of(node)->subtree_max_size : 0;
}

static u64 compute_max(const struct vmap_area *va)
{
	return max(va_size(va), max(vmap_tree_max(va->rb_node.left),
				    vmap_tree_max(va->rb_node.right)));
}

static void propagate(struct rb_node *node, struct rb_node *stop)
{
	for (; node != stop; node = rb_parent(node)) {
		u64 size = compute_max(area_of(node));

		if (area_of(node)->subtree_max_size == size)
			return;
		area_of(node)->subtree_max_size = size;
	}
}

static void copy_max(struct rb_node *old, struct rb_node *new)
{
	area_of(new)->subtree_max_size = area_of(old)->subtree_max_size;
}

static void rotate_max(struct rb_node *old, struct rb_node *new)
{
	copy_max(old, new);
	area_of(old)->subtree_max_size = compute_max(area_of(old));
}

static const struct rb_augment_callbacks largest_below = {
	.propagate	= propagate,
	.copy		= copy_max,
	.rotate		= rotate_max,
};

void vmap_tree_resized(struct vmap_area *va)
{
	if (!FAULT(vmap_no_propagate))
		propagate(&va->rb_node, NULL);
}

/* ---- the tree ------------------------------------------------------------ */
void vmap_tree_init(struct vmap_tree *tree)
{
	tree->root.node = NULL;
	INIT_LIST_HEAD(&tree->head);
	tree->augment = NULL;
}

void vmap_tree_init_augmented(struct vmap_tree *tree)
{
	vmap_tree_init(tree);
	tree->augment = &largest_below;
}

/* Where va belongs: a NULL link below *parent; or NULL if it overlaps. */
static struct rb_node **find_link(struct vmap_tree *tree,
				  const struct vmap_area *va,
				  struct rb_node *from,
				  struct rb_node **parent)
{
	struct rb_node **link = from ? &from : &tree->root.node;

	*parent = NULL;
	while (*link) {
		const struct vmap_area *at = area_of(*link);

		*parent = *link;
		if (va->va_end <= at->va_start) {
			link = &(*parent)->left;
		} else if (va->va_start >= at->va_end) {
			link = &(*parent)->right;
		} else {
			kernel_bug("vmalloc bug: 0x%lx-0x%lx overlaps with "
				   "0x%lx-0x%lx", va->va_start, va->va_end,
				   at->va_start, at->va_end);
			return NULL;
		}
	}
	return link;
}

static void link_area(struct vmap_tree *tree, struct vmap_area *va,
		      struct rb_node *parent, struct rb_node **link)
{
	struct list_head *before = &tree->head;

	if (parent) {
		before = &area_of(parent)->list;
		if ((link != &parent->right) ^ !!FAULT(vmap_list_misplaced))
			before = before->prev;
	}
	list_add(&va->list, before);
	rb_link_node(&va->rb_node, parent, link);
	if (tree->augment) {
		va->subtree_max_size = va_size(va);
		propagate(parent, NULL);
	}
	rb_insert_augmented(&va->rb_node, &tree->root, tree->augment);
}

bool vmap_tree_insert(struct vmap_tree *tree, struct vmap_area *va,
		      struct rb_node *from)
{
	struct rb_node *parent;
	struct rb_node **link = find_link(tree, va, from, &parent);

	if (!link)
		return false;
	link_area(tree, va, parent, link);
	return true;
}

void vmap_tree_remove(struct vmap_tree *tree, struct vmap_area *va)
{
	rb_erase_augmented(&va->rb_node, &tree->root, tree->augment);
	RB_CLEAR_NODE(&va->rb_node);
	list_del_init(&va->list);
}

bool vmap_tree_merge(struct vmap_tree *tree, struct vmap_area *va)
{
	struct list_head *next = &tree->head;
	struct rb_node *parent, **link;
	struct vmap_area *with;
	bool merged = false;

	link = find_link(tree, va, NULL, &parent);
	if (!link)
		return false;
	if (parent)
		next = link == &parent->right ? area_of(parent)->list.next :
			&area_of(parent)->list;
	with = list_entry(next, struct vmap_area, list);
	if (next != &tree->head && with->va_start == va->va_end) {
		with->va_start = va->va_start;
		vmap_area_free(va);
		va = with;
		merged = true;
	}
	with = list_entry(next->prev, struct vmap_area, list);
	if (next->prev != &tree->head && with->va_end == va->va_start &&
	    !FAULT(vmap_merge_skips_prev)) {
		if (merged)
			vmap_tree_remove(tree, va);
		with->va_end = va->va_end;
		vmap_area_free(va);
		va = with;
		merged = true;
	}
	if (!merged)
		link_area(tree, va, parent, link);
	else if (tree->augment)
		vmap_tree_resized(va);
	if_checked(vmap_tree_audit_around(tree, va));
	return true;
}

struct vmap_area *vmap_tree_find(const struct vmap_tree *tree, u64 addr)
{
	struct rb_node *node = tree->root.node;

	while (node) {
		struct vmap_area *va = area_of(node);

		if (addr < va->va_start)
			node = node->left;
		else if (addr >= va->va_end)
			node = node->right;
		else
			return va;
	}
	return NULL;
}

/* ---- for readers --------------------------------------------------------- */
void vmap_tree_show(const struct vmap_tree *tree, spinlock_t *lock,
		    vmap_visit_t visit, void *arg, enum vmap_where where)
{
	const struct vmap_area *va;

	procfs_lock(lock);
	list_for_each_entry(va, &tree->head, list)
		visit(arg, va, where);
	spin_unlock(lock);
}

/* ---- audit --------------------------------------------------------------- */
static bool page_aligned(u64 addr)
{
	return IS_ALIGNED(addr, PAGE_SIZE) || addr == 1 || addr == ULONG_MAX;
}

static void audit_area(const struct vmap_tree *tree,
		       const struct vmap_area *va)
{
	const struct vmap_area *next = list_next_entry(va, list);

	if (va->va_start >= va->va_end || !page_aligned(va->va_start) ||
	    !page_aligned(va->va_end))
		audit_violated("INV-A3", "area 0x%lx-0x%lx is empty or not "
			       "page aligned", va->va_start, va->va_end);
	if (&next->list != &tree->head && next->va_start < va->va_end)
		audit_violated("INV-A3", "area 0x%lx-0x%lx stands before "
			       "0x%lx-0x%lx in the list", va->va_start,
			       va->va_end, next->va_start, next->va_end);
	if (!tree->augment)
		return;
	if (&next->list != &tree->head && next->va_start == va->va_end)
		audit_violated("INV-A2", "free blocks touch at 0x%lx",
			       va->va_end);
	if (va->subtree_max_size != compute_max(va))
		audit_violated("INV-A4", "subtree_max_size of 0x%lx-0x%lx is "
			       "%lu, not %lu", va->va_start, va->va_end,
			       va->subtree_max_size, compute_max(va));
}

void vmap_tree_audit_around(const struct vmap_tree *tree,
			    const struct vmap_area *va)
{
	const struct rb_node *node = &va->rb_node;

	if (va->list.prev != &tree->head)
		audit_area(tree, list_entry(va->list.prev, struct vmap_area,
					    list));
	for (; node; node = rb_parent(node))
		audit_area(tree, area_of(node));
}

void vmap_tree_audit(const struct vmap_tree *tree, const char *what)
{
	const struct rb_node *node = rb_first(&tree->root);
	const struct vmap_area *va;

	if (!rb_is_sound(&tree->root))
		audit_violated("INV-A3", "the %s tree is no red-black tree",
			       what);
	list_for_each_entry(va, &tree->head, list) {
		audit_area(tree, va);
		if (!node || area_of(node) != va) {
			audit_violated("INV-A3", "list and tree of %s areas "
				       "differ at 0x%lx", what, va->va_start);
			return;
		}
		node = rb_next(node);
	}
	if (node)
		audit_violated("INV-A3", "the %s tree has areas that its list "
			       "has not", what);
}
