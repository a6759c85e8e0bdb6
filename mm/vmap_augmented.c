/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas as in Linux 5.11 to 6.8: one busy tree, one tree of lazily freed
 * areas, and the augmented free tree (vmalloc-tlb-ipi spec 2c).
 *
 * An area goes free tree -> busy -> (unmapped) -> lazy -> purge list -> free
 * tree. vmap_area_lock serialises the busy tree, purge_vmap_area_lock the
 * lazy one; they are never held together. The purge list belongs to who holds
 * vmap_purge_lock. Lazy neighbours are joined when they are freed, so their
 * records are given back early and a purge handles fewer.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"

DEFINE_FAULT(augmented_publish_before_flush, "INV-T6",
	     "a purge gives addresses back before it flushes");

static struct {
	spinlock_t		lock;		/* vmap_area_lock */
	/* Under lock: */
	struct vmap_tree	tree;
} busy cacheline_aligned;

static struct {
	spinlock_t		lock;		/* purge_vmap_area_lock */
	/* Under lock: */
	struct vmap_tree	tree;
} lazy cacheline_aligned;

/* Under vmap_purge_lock; sorted, as it was in the lazy tree. */
static struct list_head purge_list = LIST_HEAD_INIT(purge_list);

static void augmented_init(void)
{
	spin_lock_init(&busy.lock, LOCK_VMAP_AREA);
	vmap_tree_init(&busy.tree);
	spin_lock_init(&lazy.lock, LOCK_PURGE_VMAP_AREA);
	vmap_tree_init(&lazy.tree);
}

static int augmented_alloc(const struct vmap_request *request,
			   struct vmap_area **out)
{
	struct vmap_area *va;
	u64 addr;
	int err;

	might_sleep();
	va = vmap_area_alloc(request->gfp & GFP_RECLAIM_MASK, request->node);
	if (!va)
		return -ENOMEM;
	err = vmap_find_space(request, &addr);
	if (err) {
		vmap_area_free(va);
		return err;
	}
	vmap_area_setup(va, request, addr, 0);
	spin_lock(&busy.lock);
	vmap_tree_insert(&busy.tree, va, NULL);
	spin_unlock(&busy.lock);
	*out = va;
	return 0;
}

static struct vmap_area *augmented_find(u64 addr)
{
	struct vmap_area *va;

	spin_lock(&busy.lock);
	va = vmap_tree_find(&busy.tree, addr);
	spin_unlock(&busy.lock);
	return va;
}

static struct vmap_area *augmented_unlink(u64 addr)
{
	struct vmap_area *va;

	spin_lock(&busy.lock);
	va = vmap_tree_find(&busy.tree, addr);
	if (va)
		vmap_tree_remove(&busy.tree, va);
	spin_unlock(&busy.lock);
	return va;
}

static void augmented_free_lazy(struct vmap_area *va)
{
	u64 va_start = va->va_start;
	u64 nr_lazy = vmap_lazy_add(va);

	spin_lock(&lazy.lock);
	vmap_tree_merge(&lazy.tree, va);
	spin_unlock(&lazy.lock);
	vmap_lazy_added(va_start, nr_lazy);
}

static void detach(void)
{
	spin_lock(&lazy.lock);
	WRITE_ONCE(lazy.tree.root.node, NULL);
	list_splice_init(&lazy.tree.head, &purge_list);
	spin_unlock(&lazy.lock);
}

static void publish(struct vmap_purge *purge)
{
	struct vmap_area *va;
	u64 areas = 0, pages = 0;

	list_for_each_entry(va, &purge_list, list) {
		if_checked(vmap_purge_check(purge, va));
		pages += va_size(va) >> PAGE_SHIFT;
		areas++;
	}
	vmap_free_give(&purge_list);
	atomic_long_sub((long)pages, &vmap_lazy_nr);
	purge->nr_purged = areas;
}

static bool augmented_purge(struct vmap_purge *purge, bool full)
{
	if (RB_EMPTY_ROOT(&lazy.tree.root))
		return false;
	detach();
	vmap_purge_cover(purge, &purge_list);
	if (FAULT(augmented_publish_before_flush))
		publish(purge);
	vmap_purge_flush(purge);
	publish(purge);
	return true;
}

static enum vmap_where where_in(spinlock_t *lock,
				const struct vmap_tree *tree, u64 addr,
				enum vmap_where which)
{
	enum vmap_where where = VMAP_NOWHERE;

	if (!spin_trylock(lock))
		return VMAP_NOWHERE;
	if (vmap_tree_find(tree, addr))
		where = which;
	spin_unlock(lock);
	return where;
}

static enum vmap_where augmented_where(u64 addr)
{
	enum vmap_where where;

	where = where_in(&busy.lock, &busy.tree, addr, VMAP_BUSY);
	if (where == VMAP_NOWHERE)
		where = where_in(&lazy.lock, &lazy.tree, addr, VMAP_LAZY);
	return where;
}

static void augmented_walk(vmap_visit_t visit, void *arg)
{
	const struct vmap_area *va;

	list_for_each_entry(va, &busy.tree.head, list)
		visit(arg, va, VMAP_BUSY);
	list_for_each_entry(va, &lazy.tree.head, list)
		visit(arg, va, VMAP_LAZY);
	list_for_each_entry(va, &purge_list, list)
		visit(arg, va, VMAP_LAZY);
}

static void augmented_show(vmap_visit_t visit, void *arg)
{
	vmap_tree_show(&busy.tree, &busy.lock, visit, arg, VMAP_BUSY);
	vmap_tree_show(&lazy.tree, &lazy.lock, visit, arg, VMAP_LAZY);
}

static void augmented_audit(void)
{
	vmap_tree_audit(&busy.tree, "busy");
	vmap_tree_audit(&lazy.tree, "lazy");
}

static unsigned augmented_nr_nodes(void)
{
	return 1;
}

static bool augmented_name_address(const void *p, struct address_name *name)
{
	static const struct address_field fields[] = {
		ADDRESS_FIELD(__typeof__(busy), lock),
		ADDRESS_FIELD(__typeof__(busy), tree),
	};
	size_t at = (size_t)((const char *)p - (const char *)&busy);
	bool is_busy = at < sizeof(busy);

	if (!is_busy)
		at = (size_t)((const char *)p - (const char *)&lazy);
	if (at >= sizeof(lazy))
		return false;
	address_object_is(name, is_busy ? "busy areas (vmap_area_lock)" :
			  "lazy areas (purge_vmap_area_lock)");
	address_field_is(name, fields, ARRAY_SIZE(fields), at);
	return true;
}

const struct vmap_ops vmap_augmented = {
	.name		= "augmented",
	.summary	= "one busy tree, augmented free tree (5.2-6.8)",
	.init		= augmented_init,
	.alloc		= augmented_alloc,
	.find		= augmented_find,
	.unlink		= augmented_unlink,
	.free_lazy	= augmented_free_lazy,
	.purge		= augmented_purge,
	.where		= augmented_where,
	.walk		= augmented_walk,
	.show		= augmented_show,
	.audit		= augmented_audit,
	.nr_nodes	= augmented_nr_nodes,
	.name_address	= augmented_name_address,
};
