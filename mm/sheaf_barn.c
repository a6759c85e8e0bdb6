/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A node's barn of full and empty sheaves (slub spec 3S.2 to 3S.4). Counts are
 * read without the lock first: a barn that cannot help costs one shared line.
 * Replacing keeps the number of sheaves; that there may be at most 10 full ones
 * is soft, by as many as CPUs decide at once.
 */
#include "mm/sheaf.h"

DEFINE_FAULT(barn_miscounts, "I22", "a full sheaf leaves the barn uncounted");

struct node_barn *barn_create(int node)
{
	struct node_barn *barn = kmalloc_node(sizeof(*barn), GFP_KERNEL, node);

	if (!barn)
		return NULL;
	spin_lock_init(&barn->lock, LOCK_BARN);
	INIT_LIST_HEAD(&barn->sheaves_full);
	INIT_LIST_HEAD(&barn->sheaves_empty);
	barn->nr_full = 0;
	barn->nr_empty = 0;
	return barn;
}

void barn_destroy(struct node_barn *barn)
{
	must(!barn->nr_full && !barn->nr_empty);
	kfree(barn);
}

/* ---- under its lock ---- */
static struct slab_sheaf *pop_full_locked(struct node_barn *barn)
	must_hold(barn->lock);
static struct slab_sheaf *pop_empty_locked(struct node_barn *barn)
	must_hold(barn->lock);
static void push_full_locked(struct node_barn *barn, struct slab_sheaf *sheaf)
	must_hold(barn->lock);
static void push_empty_locked(struct node_barn *barn, struct slab_sheaf *sheaf)
	must_hold(barn->lock);

static struct slab_sheaf *pop_full_locked(struct node_barn *barn)
{
	struct slab_sheaf *sheaf;

	if (!barn->nr_full)
		return NULL;
	sheaf = list_first_entry(&barn->sheaves_full, struct slab_sheaf,
				 barn_list);
	list_del(&sheaf->barn_list);
	if (!FAULT(barn_miscounts))
		WRITE_ONCE(barn->nr_full, barn->nr_full - 1);
	return sheaf;
}

static struct slab_sheaf *pop_empty_locked(struct node_barn *barn)
{
	struct slab_sheaf *sheaf;

	if (!barn->nr_empty)
		return NULL;
	sheaf = list_first_entry(&barn->sheaves_empty, struct slab_sheaf,
				 barn_list);
	list_del(&sheaf->barn_list);
	WRITE_ONCE(barn->nr_empty, barn->nr_empty - 1);
	return sheaf;
}

static void push_full_locked(struct node_barn *barn, struct slab_sheaf *sheaf)
{
	list_add(&sheaf->barn_list, &barn->sheaves_full);
	WRITE_ONCE(barn->nr_full, barn->nr_full + 1);
}

static void push_empty_locked(struct node_barn *barn, struct slab_sheaf *sheaf)
{
	list_add(&sheaf->barn_list, &barn->sheaves_empty);
	WRITE_ONCE(barn->nr_empty, barn->nr_empty + 1);
}

/* ---- swaps ---- */
struct slab_sheaf *barn_replace_empty_sheaf(struct node_barn *barn,
					    struct slab_sheaf *empty)
{
	struct slab_sheaf *full;
	unsigned long flags;

	if (!READ_ONCE(barn->nr_full))
		return NULL;
	spin_lock_irqsave(&barn->lock, flags);
	full = pop_full_locked(barn);
	if (full)
		push_empty_locked(barn, empty);
	spin_unlock_irqrestore(&barn->lock, flags);
	return full;
}

int barn_replace_full_sheaf(struct node_barn *barn, struct slab_sheaf *full,
			    struct slab_sheaf **empty)
{
	unsigned long flags;

	if (READ_ONCE(barn->nr_full) >= MAX_FULL_SHEAVES)
		return -E2BIG;
	if (!READ_ONCE(barn->nr_empty))
		return -ENOMEM;
	spin_lock_irqsave(&barn->lock, flags);
	*empty = pop_empty_locked(barn);
	if (*empty)
		push_full_locked(barn, full);
	spin_unlock_irqrestore(&barn->lock, flags);
	return *empty ? 0 : -ENOMEM;
}

struct slab_sheaf *barn_get_empty_sheaf(struct node_barn *barn)
{
	struct slab_sheaf *empty;
	unsigned long flags;

	if (!READ_ONCE(barn->nr_empty))
		return NULL;
	spin_lock_irqsave(&barn->lock, flags);
	empty = pop_empty_locked(barn);
	spin_unlock_irqrestore(&barn->lock, flags);
	return empty;
}

struct slab_sheaf *barn_get_full_or_empty_sheaf(struct node_barn *barn)
{
	struct slab_sheaf *sheaf;
	unsigned long flags;

	if (!READ_ONCE(barn->nr_full) && !READ_ONCE(barn->nr_empty))
		return NULL;
	spin_lock_irqsave(&barn->lock, flags);
	sheaf = pop_full_locked(barn);
	if (!sheaf)
		sheaf = pop_empty_locked(barn);
	spin_unlock_irqrestore(&barn->lock, flags);
	return sheaf;
}

void barn_put_empty_sheaf(struct node_barn *barn, struct slab_sheaf *sheaf)
{
	unsigned long flags;

	spin_lock_irqsave(&barn->lock, flags);
	push_empty_locked(barn, sheaf);
	spin_unlock_irqrestore(&barn->lock, flags);
}

void barn_put_full_sheaf(struct node_barn *barn, struct slab_sheaf *sheaf)
{
	unsigned long flags;

	spin_lock_irqsave(&barn->lock, flags);
	push_full_locked(barn, sheaf);
	spin_unlock_irqrestore(&barn->lock, flags);
}

void barn_shrink(struct kmem_cache *s, struct node_barn *barn)
{
	struct list_head full = LIST_HEAD_INIT(full);
	struct list_head empty = LIST_HEAD_INIT(empty);
	struct slab_sheaf *sheaf, *next;
	unsigned long flags;

	spin_lock_irqsave(&barn->lock, flags);
	list_splice_init(&barn->sheaves_full, &full);
	list_splice_init(&barn->sheaves_empty, &empty);
	WRITE_ONCE(barn->nr_full, 0);
	WRITE_ONCE(barn->nr_empty, 0);
	spin_unlock_irqrestore(&barn->lock, flags);
	list_for_each_entry_safe(sheaf, next, &full, barn_list) {
		sheaf_flush(s, sheaf);
		free_empty_sheaf(sheaf);
	}
	list_for_each_entry_safe(sheaf, next, &empty, barn_list)
		free_empty_sheaf(sheaf);
}
