/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

DEFINE_FAULT(vmap_search_skips_left, "INV-A8",
	     "the search takes a fitting block without looking below it");
DEFINE_FAULT(vmap_ignores_vend, "INV-A7",
	     "space above the end of the range is handed out");
DEFINE_FAULT(space_given_twice, "INV-M4",
	     "the second request gets what the first has got");

#define area_of(node)	rb_entry(node, struct vmap_area, rb_node)
#define LOWEST_FIT_CHECKS	64	/* blocks that INV-A8 looks at */

static spinlock_t free_vmap_area_lock;
/* Under free_vmap_area_lock: */
static struct vmap_tree free_tree;

/*
 * A record for the split in the middle of a block, put here before the lock
 * is taken: each CPU's own. Tasks do not migrate and interrupts do not
 * allocate space, so plain accesses under the lock do.
 */
static DEFINE_PER_CPU(struct vmap_area *, ne_fit_preload);

void vmap_free_init(void)
{
	struct vmap_area *va = vmap_area_alloc(GFP_NOWAIT, NUMA_NO_NODE);

	must(va);
	spin_lock_init(&free_vmap_area_lock, LOCK_FREE_VMAP_AREA);
	vmap_tree_init_augmented(&free_tree);
	va->va_start = 1;
	va->va_end = ULONG_MAX;
	vmap_tree_insert(&free_tree, va, NULL);
}

/* ---- search (2c) --------------------------------------------------------- */
static bool fits(const struct vmap_area *va, u64 size, u64 align, u64 vstart)
{
	u64 addr = ALIGN(max(va->va_start, vstart), align);

	/* The sum or the alignment may wrap. */
	if (addr + size < addr || addr < vstart)
		return false;
	return addr + size <= va->va_end;
}

/*
 * The way up from node, which has no fit to its right: the next block that
 * fits is returned; or *node is the root of the subtree to search next, with
 * *vstart raised so that what lies to its left is not visited again.
 */
static struct vmap_area *climb(struct rb_node **node, u64 size, u64 align,
			       u64 length, u64 *vstart)
{
	while ((*node = rb_parent(*node))) {
		struct vmap_area *va = area_of(*node);

		if (fits(va, size, align, *vstart))
			return va;
		if (vmap_tree_max((*node)->right) >= length &&
		    *vstart <= va->va_start) {
			*vstart = va->va_start + 1;
			*node = (*node)->right;
			return NULL;
		}
	}
	return NULL;
}

static struct vmap_area *find_lowest_fit(u64 size, u64 align, u64 vstart,
					 bool padded)
{
	u64 length = padded ? size + align - 1 : size;
	struct rb_node *node = free_tree.root.node;
	struct vmap_area *va;

	while (node) {
		va = area_of(node);
		if (vmap_tree_max(node->left) >= length &&
		    vstart < va->va_start && !FAULT(vmap_search_skips_left)) {
			node = node->left;
			continue;
		}
		if (fits(va, size, align, vstart))
			return va;
		if (vmap_tree_max(node->right) >= length) {
			node = node->right;
			continue;
		}
		va = climb(&node, size, align, length, &vstart);
		if (va)
			return va;
	}
	return NULL;
}

static void check_lowest(const struct vmap_area *found,
			 const struct vmap_request *r)
{
	unsigned left = LOWEST_FIT_CHECKS;
	const struct vmap_area *va;

	if (r->align > PAGE_SIZE)
		return;
	list_for_each_entry(va, &free_tree.head, list) {
		if (va == found || !left--)
			break;
		if (fits(va, r->size, r->align, r->vstart))
			audit_violated("INV-A8", "0x%lx-0x%lx fits %lu bytes, "
				       "0x%lx was taken", va->va_start,
				       va->va_end, r->size, found->va_start);
	}
}

/* ---- split --------------------------------------------------------------- */
/* Leaves a block on either side: the one record becomes two. */
static int split_middle(struct vmap_area *va, u64 addr, u64 size)
{
	struct vmap_area *left = this_cpu_var(ne_fit_preload);

	this_cpu_var(ne_fit_preload) = NULL;
	if (!left)
		left = vmap_area_alloc(GFP_NOWAIT, NUMA_NO_NODE);
	if (!left)
		return -ENOMEM;
	left->va_start = va->va_start;
	left->va_end = addr;
	va->va_start = addr + size;
	vmap_tree_resized(va);
	vmap_tree_insert(&free_tree, left, &va->rb_node);
	if_checked(vmap_tree_audit_around(&free_tree, left));
	return 0;
}

/* Cuts [addr, addr + size) out of va. */
static int clip(struct vmap_area *va, u64 addr, u64 size)
{
	bool at_start = va->va_start == addr;
	bool at_end = va->va_end == addr + size;

	if (!at_start && !at_end)
		return split_middle(va, addr, size);
	if (at_start && at_end) {
		vmap_tree_remove(&free_tree, va);
		vmap_area_free(va);
		return 0;
	}
	if (at_start)
		va->va_start += size;
	else
		va->va_end = addr;
	vmap_tree_resized(va);
	if_checked(vmap_tree_audit_around(&free_tree, va));
	return 0;
}

static int take_locked(const struct vmap_request *r, u64 *out)
	must_hold(free_vmap_area_lock);

static int take_locked(const struct vmap_request *r, u64 *out)
{
	/* A window of exactly the size asked for must be found whole. */
	bool padded = r->align > PAGE_SIZE && r->vend - r->vstart != r->size;
	struct vmap_area *va;
	u64 addr;
	int err;

	check(lock_held(&free_vmap_area_lock));
	va = find_lowest_fit(r->size, r->align, r->vstart, padded);
	if (!va)
		return -EBUSY;
	if_checked(check_lowest(va, r));
	addr = ALIGN(max(va->va_start, r->vstart), r->align);
	/* No second try with another block: the lowest decides. */
	if (addr + r->size > r->vend && !FAULT(vmap_ignores_vend))
		return -EBUSY;
	if (FAULT(space_given_twice) && addr == VMALLOC_START) {
		*out = addr;
		return 0;
	}
	err = clip(va, addr, r->size);
	if (err)
		return err;
	*out = addr;
	return 0;
}

/* Fills the CPU's slot if it is empty, and takes the lock. */
static void preload_and_lock(gfp_t gfp, int node)
	takes(free_vmap_area_lock);

static void preload_and_lock(gfp_t gfp, int node)
{
	struct vmap_area *va = NULL;

	if (!this_cpu_var(ne_fit_preload))
		va = vmap_area_alloc(gfp, node);
	spin_lock(&free_vmap_area_lock);
	if (!va)
		return;
	/* Another task of this CPU may have been here while we slept. */
	if (this_cpu_var(ne_fit_preload))
		vmap_area_free(va);
	else
		this_cpu_var(ne_fit_preload) = va;
}

unsigned vmap_free_nr_preloaded(void)
{
	unsigned cpu, nr = 0;

	for_each_possible_cpu(cpu)
		nr += !!per_cpu(ne_fit_preload, cpu);
	return nr;
}

int vmap_free_take(const struct vmap_request *request, u64 *addr)
{
	int err;

	preload_and_lock(request->gfp & GFP_RECLAIM_MASK, request->node);
	err = take_locked(request, addr);
	spin_unlock(&free_vmap_area_lock);
	return err;
}

void vmap_free_give(struct list_head *areas)
{
	struct vmap_area *va, *next;

	if (list_empty(areas))
		return;
	spin_lock(&free_vmap_area_lock);
	list_for_each_entry_safe(va, next, areas, list) {
		list_del_init(&va->list);
		vmap_tree_merge(&free_tree, va);
	}
	spin_unlock(&free_vmap_area_lock);
}

/* ---- for readers --------------------------------------------------------- */
enum vmap_where vmap_free_where(u64 addr)
{
	enum vmap_where where = VMAP_NOWHERE;

	if (!spin_trylock(&free_vmap_area_lock))
		return VMAP_NOWHERE;
	if (vmap_tree_find(&free_tree, addr))
		where = VMAP_FREE;
	spin_unlock(&free_vmap_area_lock);
	return where;
}

void vmap_free_walk(vmap_visit_t visit, void *arg)
{
	const struct vmap_area *va;

	list_for_each_entry(va, &free_tree.head, list)
		visit(arg, va, VMAP_FREE);
}

void vmap_free_audit(void)
{
	vmap_tree_audit(&free_tree, "free");
}
