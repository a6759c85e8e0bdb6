/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Areas as in Linux 6.9 and later: per-CPU vmap nodes before the augmented
 * free tree (vmalloc-tlb-ipi spec 2d, 3.6, 3.7).
 *
 * Which node? Busy areas hash by their start, in zones of 16 pages, so that
 * neighbours in space have different locks. Pools belong to CPUs: an area
 * allocated through a node carries its id, comes back to its lazy tree when
 * freed, and to its pool when purged.
 *
 * An area goes (pool or free tree) -> busy -> (unmapped) -> lazy -> purge list
 * -> (flushed) -> pool or free tree. Busy, lazy and pool locks are never held
 * together. Purge lists, skip_populate and nr_purged belong to who holds
 * vmap_purge_lock, and to the workers it has queued and waits for.
 */
#include "mm/audit.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/trace_vmalloc.h"
#include "mm/vmap_core.h"
#include "mm/vmap_free.h"
#include "mm/vmap_pool.h"
#include "mm/vmalloc.h"

#define VMAP_NODES_MAX		128
#define VMAP_ZONE_PAGES		16
#define VMAP_ID_SHIFT		8	/* flags: (node + 1) << 8 */

DEFINE_FAULT(nodes_lazy_under_busy, "INV-C4",
	     "the lazy lock is taken while the busy lock is held");
DEFINE_FAULT(nodes_publish_before_flush, "INV-T6",
	     "a purge gives addresses back before it flushes (V-04)");
DEFINE_FAULT(nodes_wrong_busy, "INV-A5",
	     "a busy area is put into the node after its own");
DEFINE_FAULT(nodes_wrong_owner, "INV-A13",
	     "an area carries the id of the node after its allocator's");
DEFINE_FAULT(nodes_too_many, "INV-A14",
	     "there is one node more than CPUs");
DEFINE_FAULT(nodes_lazy_nr_stays, "INV-A10",
	     "a purge does not take its pages off vmap_lazy_nr");

struct vmap_node {
	struct vmap_pools	pools;
	struct {
		struct vmap_tree	tree;	/* under lock */
		spinlock_t		lock;
	} busy, lazy;

	/* Under vmap_purge_lock: */
	struct list_head	purge_list;
	struct work_struct	purge_work;
	const struct vmap_purge	*purge;		/* the one in progress */
	u64			nr_purged;
	bool			skip_populate;
	bool			marked;		/* has a purge list */
	bool			helped;		/* by a worker */
};

static struct vmap_node single_node;
/* Fixed at boot: */
static struct vmap_node *nodes;
static unsigned nr_nodes;
static u64 zone_size;

static struct vmap_node *addr_to_node(u64 addr)
{
	return &nodes[(addr / zone_size) % nr_nodes];
}

/* The node that allocated an area, or NULL. */
static struct vmap_node *owner_of(const struct vmap_area *va)
{
	u64 id = va->flags >> VMAP_ID_SHIFT;

	return id && id <= nr_nodes ? &nodes[id - 1] : NULL;
}

static void purge_node_work(struct work_struct *work);

static void init_node(struct vmap_node *vn)
{
	vmap_pools_init(&vn->pools);
	vmap_tree_init(&vn->busy.tree);
	spin_lock_init(&vn->busy.lock, LOCK_VMAP_BUSY);
	vmap_tree_init(&vn->lazy.tree);
	spin_lock_init(&vn->lazy.lock, LOCK_VMAP_LAZY);
	INIT_LIST_HEAD(&vn->purge_list);
	INIT_WORK(&vn->purge_work, purge_node_work);
	vn->purge = NULL;
	vn->nr_purged = 0;
	vn->skip_populate = false;
	vn->marked = false;
	vn->helped = false;
}

static void nodes_init(void)
{
	unsigned wanted = mm_config.vmap_nodes;

	if (!wanted)
		wanted = num_possible_cpus();
	nr_nodes = clamp_t(unsigned, wanted, 1, VMAP_NODES_MAX);
	if (FAULT(nodes_too_many))
		nr_nodes = num_possible_cpus() + 1;
	if (!arch->is_64bit)
		nr_nodes = 1;
	nodes = &single_node;
	if (nr_nodes > 1) {
		nodes = kmalloc(nr_nodes * sizeof(*nodes),
				GFP_NOWAIT | __GFP_NOWARN);
		if (!nodes) {
			printk("Failed to allocate an array. Disable a node "
			       "layer");
			nodes = &single_node;
			nr_nodes = 1;
		}
	}
	/* One node: which address hashes where does not matter. */
	zone_size = nr_nodes > 1 ? VMAP_ZONE_PAGES * PAGE_SIZE : 1;
	for (unsigned i = 0; i < nr_nodes; i++)
		init_node(&nodes[i]);
}

/* ---- allocation ---------------------------------------------------------- */
/* From this CPU's pool; *flags gets the owner's id, hit or miss. */
static struct vmap_area *pool_alloc(const struct vmap_request *r, u64 *flags)
{
	unsigned id = raw_smp_processor_id() % nr_nodes;
	struct vmap_area *va;

	*flags = 0;
	if (r->vstart != VMALLOC_START || r->vend != VMALLOC_END ||
	    nr_nodes == 1)
		return NULL;
	*flags = (u64)(id + 1 + !!FAULT(nodes_wrong_owner)) << VMAP_ID_SHIFT;
	va = vmap_pools_take(&nodes[id].pools, r);
	if (va)
		vmap_count(pool_hits, 1);
	else
		vmap_count(pool_misses, 1);
	return va;
}

static void check_owner(const struct vmap_area *va,
			const struct vmap_request *r)
{
	bool whole = r->vstart == VMALLOC_START && r->vend == VMALLOC_END;
	unsigned id = raw_smp_processor_id() % nr_nodes;
	u64 expected = whole && nr_nodes > 1 ? id + 1 : 0;

	if (va->flags >> VMAP_ID_SHIFT != expected)
		audit_violated("INV-A13", "owner id of 0x%lx is %lu, not %lu",
			       va->va_start, va->flags >> VMAP_ID_SHIFT,
			       expected);
}

static void insert_busy(struct vmap_area *va)
{
	struct vmap_node *vn = addr_to_node(va->va_start);

	if (FAULT(nodes_wrong_busy))
		vn = &nodes[(vn - nodes + 1) % nr_nodes];
	spin_lock(&vn->busy.lock);
	vmap_tree_insert(&vn->busy.tree, va, NULL);
	spin_unlock(&vn->busy.lock);
}

static int nodes_alloc(const struct vmap_request *request,
		       struct vmap_area **out)
{
	struct vmap_area *va;
	u64 addr, flags;
	int err;

	might_sleep();
	va = pool_alloc(request, &flags);
	if (va) {
		addr = va->va_start;
		trace_alloc_vmap_area(addr, request);
	} else {
		va = vmap_area_alloc(request->gfp & GFP_RECLAIM_MASK,
				     request->node);
		if (!va)
			return -ENOMEM;
		err = vmap_find_space(request, &addr);
		if (err) {
			vmap_area_free(va);
			return err;
		}
	}
	vmap_area_setup(va, request, addr, flags);
	if_checked(check_owner(va, request));
	insert_busy(va);
	*out = va;
	return 0;
}

/* ---- lookup -------------------------------------------------------------- */
/* va is the caller's. */
static void check_probes(const struct vmap_area *va, u64 addr, bool first)
{
	if (va->va_start == addr && !first)
		audit_violated("INV-A5", "0x%lx was not in its own node", addr);
}

/*
 * An area is in the node of its start; an address inside of it may hash to any
 * other, so that each node is asked, from the address's own on.
 */
static struct vmap_area *find_busy(u64 addr, bool take)
{
	unsigned first = addr_to_node(addr) - nodes, i = first;

	do {
		struct vmap_node *vn = &nodes[i];
		struct vmap_area *va;

		spin_lock(&vn->busy.lock);
		va = vmap_tree_find(&vn->busy.tree, addr);
		if (va && take)
			vmap_tree_remove(&vn->busy.tree, va);
		spin_unlock(&vn->busy.lock);
		if (va) {
			if (take)
				if_checked(check_probes(va, addr,
							i == first));
			return va;
		}
		i = (i + 1) % nr_nodes;
	} while (i != first);
	return NULL;
}

static struct vmap_area *nodes_find(u64 addr)
{
	return find_busy(addr, false);
}

static struct vmap_area *nodes_unlink(u64 addr)
{
	return find_busy(addr, true);
}

static void insert_lazy(struct vmap_node *vn, struct vmap_area *va)
{
	spin_lock(&vn->lazy.lock);
	vmap_tree_insert(&vn->lazy.tree, va, NULL);
	spin_unlock(&vn->lazy.lock);
}

static void nodes_free_lazy(struct vmap_area *va)
{
	struct vmap_node *vn = owner_of(va);
	u64 va_start = va->va_start;
	u64 nr_lazy = vmap_lazy_add(va);

	if (!vn)
		vn = addr_to_node(va_start);
	if (FAULT(nodes_lazy_under_busy)) {
		spin_lock(&vn->busy.lock);
		insert_lazy(vn, va);
		spin_unlock(&vn->busy.lock);
	} else {
		insert_lazy(vn, va);
	}
	vmap_lazy_added(va_start, nr_lazy);
}

/* ---- purge --------------------------------------------------------------- */
/* Publishes one node's purge list: its pools get what they may, the free tree
 * the rest. On any CPU. */
static void purge_node(struct vmap_node *vn)
{
	struct list_head to_free = LIST_HEAD_INIT(to_free);
	struct vmap_area *va, *next;
	u64 pages = 0, areas = 0;

	list_for_each_entry_safe(va, next, &vn->purge_list, list) {
		if_checked(vmap_purge_check(vn->purge, va));
		list_del_init(&va->list);
		pages += va_size(va) >> PAGE_SHIFT;
		areas++;
		if (owner_of(va) && !vn->skip_populate &&
		    vmap_pools_put(&vn->pools, va))
			continue;
		list_add(&va->list, &to_free);
	}
	vmap_free_give(&to_free);
	vn->nr_purged = areas;
	if (!FAULT(nodes_lazy_nr_stays))
		atomic_long_sub((long)pages, &vmap_lazy_nr);
}

static void purge_node_work(struct work_struct *work)
{
	purge_node(container_of(work, struct vmap_node, purge_work));
}

/* The number of nodes that have something to purge. */
static unsigned detach(struct vmap_purge *purge, bool full)
{
	unsigned marked = 0;

	for (unsigned i = 0; i < nr_nodes; i++) {
		struct vmap_node *vn = &nodes[i];

		INIT_LIST_HEAD(&vn->purge_list);
		vn->skip_populate = full;
		vn->marked = false;
		vn->helped = false;
		vmap_pools_decay(&vn->pools, full);
		if (RB_EMPTY_ROOT(&vn->lazy.tree.root))
			continue;
		spin_lock(&vn->lazy.lock);
		WRITE_ONCE(vn->lazy.tree.root.node, NULL);
		list_splice_init(&vn->lazy.tree.head, &vn->purge_list);
		spin_unlock(&vn->lazy.lock);
		vmap_purge_cover(purge, &vn->purge_list);
		vn->purge = purge;
		vn->marked = true;
		marked++;
	}
	return marked;
}

/* One helper for each further lazy_max_pages() that have piled up. How many
 * areas there were. */
static u64 publish(unsigned marked)
{
	u64 helpers = atomic_long_read(&vmap_lazy_nr) / lazy_max_pages();
	u64 purged = 0;

	helpers = clamp_t(u64, helpers, 1, marked) - 1;
	for (unsigned i = 0; i < nr_nodes; i++) {
		struct vmap_node *vn = &nodes[i];

		if (!vn->marked)
			continue;
		if (helpers) {
			vn->helped = true;
			queue_work_on(i < num_online_cpus() ? i :
				      raw_smp_processor_id(),
				      &vn->purge_work);
			helpers--;
		} else {
			purge_node(vn);
		}
	}
	for (unsigned i = 0; i < nr_nodes; i++) {
		if (nodes[i].helped)
			flush_work(&nodes[i].purge_work);
		if (nodes[i].marked)
			purged += nodes[i].nr_purged;
	}
	return purged;
}

static bool nodes_purge(struct vmap_purge *purge, bool full)
{
	unsigned marked = detach(purge, full);

	if (!marked)
		return false;
	if (FAULT(nodes_publish_before_flush)) {
		purge->nr_purged = publish(marked);
		vmap_purge_flush(purge);
		return true;
	}
	vmap_purge_flush(purge);
	purge->nr_purged = publish(marked);
	return true;
}

/* ---- for readers --------------------------------------------------------- */
static enum vmap_where where_in_node(struct vmap_node *vn, u64 addr)
{
	enum vmap_where where = VMAP_NOWHERE;

	if (spin_trylock(&vn->busy.lock)) {
		if (vmap_tree_find(&vn->busy.tree, addr))
			where = VMAP_BUSY;
		spin_unlock(&vn->busy.lock);
	}
	if (where == VMAP_NOWHERE && spin_trylock(&vn->lazy.lock)) {
		if (vmap_tree_find(&vn->lazy.tree, addr))
			where = VMAP_LAZY;
		spin_unlock(&vn->lazy.lock);
	}
	if (where == VMAP_NOWHERE && vmap_pools_hold(&vn->pools, addr))
		where = VMAP_POOL;
	return where;
}

static enum vmap_where nodes_where(u64 addr)
{
	enum vmap_where where = VMAP_NOWHERE;

	for (unsigned i = 0; i < nr_nodes && where == VMAP_NOWHERE; i++)
		where = where_in_node(&nodes[i], addr);
	return where;
}

static void nodes_walk(vmap_visit_t visit, void *arg)
{
	const struct vmap_area *va;

	for (unsigned i = 0; i < nr_nodes; i++) {
		const struct vmap_node *vn = &nodes[i];

		list_for_each_entry(va, &vn->busy.tree.head, list)
			visit(arg, va, VMAP_BUSY);
		list_for_each_entry(va, &vn->lazy.tree.head, list)
			visit(arg, va, VMAP_LAZY);
		list_for_each_entry(va, &vn->purge_list, list)
			visit(arg, va, VMAP_LAZY);
		vmap_pools_walk(&vn->pools, visit, arg);
	}
}

static void nodes_show(vmap_visit_t visit, void *arg)
{
	for (unsigned i = 0; i < nr_nodes; i++)
		vmap_tree_show(&nodes[i].busy.tree, &nodes[i].busy.lock, visit,
			       arg, VMAP_BUSY);
	for (unsigned i = 0; i < nr_nodes; i++)
		vmap_tree_show(&nodes[i].lazy.tree, &nodes[i].lazy.lock, visit,
			       arg, VMAP_LAZY);
}

static void nodes_audit(void)
{
	const struct vmap_area *va;

	for (unsigned i = 0; i < nr_nodes; i++) {
		const struct vmap_node *vn = &nodes[i];

		vmap_tree_audit(&vn->busy.tree, "busy");
		vmap_tree_audit(&vn->lazy.tree, "lazy");
		vmap_pools_audit(&vn->pools);
		list_for_each_entry(va, &vn->busy.tree.head, list)
			if (addr_to_node(va->va_start) != vn)
				audit_violated("INV-A5", "busy area 0x%lx is "
					       "in node %u", va->va_start, i);
	}
	if (nr_nodes < 1 || nr_nodes > VMAP_NODES_MAX ||
	    (!mm_config.vmap_nodes && nr_nodes > num_possible_cpus()))
		audit_violated("INV-A14", "%u nodes for %u CPUs", nr_nodes,
			       num_possible_cpus());
}

static unsigned nodes_nr_nodes(void)
{
	return nr_nodes;
}

static bool nodes_name_address(const void *p, struct address_name *name)
{
	static const struct address_field fields[] = {
		ADDRESS_ARRAY(struct vmap_node, pools.pool),
		ADDRESS_FIELD(struct vmap_node, pools.lock),
		ADDRESS_FIELD(struct vmap_node, busy.tree),
		ADDRESS_FIELD(struct vmap_node, busy.lock),
		ADDRESS_FIELD(struct vmap_node, lazy.tree),
		ADDRESS_FIELD(struct vmap_node, lazy.lock),
		ADDRESS_FIELD(struct vmap_node, purge_list),
		ADDRESS_FIELD(struct vmap_node, purge_work),
		ADDRESS_FIELD(struct vmap_node, purge),
		ADDRESS_FIELD(struct vmap_node, nr_purged),
		ADDRESS_FIELD(struct vmap_node, skip_populate),
	};
	size_t at = (size_t)((const char *)p - (const char *)nodes);

	if (at >= nr_nodes * sizeof(*nodes))
		return false;
	address_object_is(name, "struct vmap_node %zu", at / sizeof(*nodes));
	address_field_is(name, fields, ARRAY_SIZE(fields),
			 at % sizeof(*nodes));
	return true;
}

const struct vmap_ops vmap_nodes = {
	.name		= "nodes",
	.summary	= "per-CPU nodes, pools, augmented free tree (6.9-)",
	.init		= nodes_init,
	.alloc		= nodes_alloc,
	.find		= nodes_find,
	.unlink		= nodes_unlink,
	.free_lazy	= nodes_free_lazy,
	.purge		= nodes_purge,
	.where		= nodes_where,
	.walk		= nodes_walk,
	.show		= nodes_show,
	.audit		= nodes_audit,
	.nr_nodes	= nodes_nr_nodes,
	.name_address	= nodes_name_address,
};
