/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The paths of debugging caches (slub spec 3.6; mm/slub.c
 * alloc_single_from_partial(), free_to_partial_list(), 6.12): one object at a
 * time, under list_lock, checked on its way. The slab's words are written
 * under that lock only, so no exchange is needed.
 *
 *	partial		listed, on n->partial: has a free object
 *	full		on n->full, with SLAB_STORE_USER; else nowhere
 *	out of use	frozen, all "in use", nowhere: failed a check
 */
#include "mm/slub_debug.h"

DEFINE_FAULT(slub_poison_short, "I23", "a freed object's end is not poisoned");

/* ---- what memory is filled with ---- */
void init_object(struct kmem_cache *s, void *object, u8 state)
{
	unsigned body = slab_object_size(s);
	u8 *p = object;

	if (s->flags & SLAB_RED_ZONE) {
		machine_memset(p - s->lay.red_left_pad, state,
			       s->lay.red_left_pad);
		/* What was not asked for is red zone, too. */
		if (state == SLUB_RED_ACTIVE)
			body = get_orig_size(s, object);
	}
	if (slub_poisons_object(s)) {
		machine_memset(p, POISON_FREE, body - 1);
		p[body - 1] = POISON_END;
	}
	if (s->flags & SLAB_RED_ZONE)
		machine_memset(p + body, state,
			       slab_inuse(s) - body);
}

void slub_debug_setup_slab(struct kmem_cache *s, struct slab *slab)
{
	if (s->flags & SLAB_POISON)
		machine_memset(slab_address(slab), POISON_INUSE,
			       PAGE_SIZE << slab_order(slab));
}

void slub_debug_setup_object(struct kmem_cache *s, void *object)
{
	init_object(s, object, SLUB_RED_INACTIVE);
	init_tracking(s, object);
}

void slub_debug_check_gone(struct kmem_cache *s, struct slab *slab)
{
	char *object = slab_first_object(s, slab);

	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	slab_pad_check(s, slab);
	for (unsigned i = 0; i < slab_counters(slab).objects;
	     i++, object += s->lay.size)
		check_object(s, slab, object, SLUB_RED_INACTIVE);
}

static void trace(const struct kmem_cache *s, const struct slab *slab,
		  const void *object, bool alloc)
{
	if (!(s->flags & SLAB_TRACE))
		return;
	machine_quiet_begin();
	printk("TRACE %s %s 0x%016lx inuse=%u fp=0x%016lx", s->name,
	       alloc ? "alloc" : "free", machine_print_address(object),
	       slab_counters(slab).inuse, slub_print_pointer(slab->freelist));
	if (!alloc)
		print_section("Object   ", object, slab_object_size(s));
	dump_stack();
	machine_quiet_end();
}

/* ---- allocating ---- */
static bool alloc_consistency_checks(struct kmem_cache *s, struct slab *slab,
				     void *object)
{
	if (!check_slab(s, slab))
		return false;
	if (!check_valid_pointer(s, slab, object)) {
		object_err(s, slab, object, "Freelist Pointer check fails");
		return false;
	}
	return check_object(s, slab, object, SLUB_RED_INACTIVE);
}

/* The slab is out of use for good; its users may keep what they have. */
static void mark_all_used(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	slab_fix(s, "Marking all objects used");
	counters.inuse = counters.objects;
	counters.frozen = 1;
	WRITE_ONCE(slab->freelist, NULL);
	WRITE_ONCE(slab->counters, counters.word);
	if_checked(slab_shadow_give_up(s, slab));
}

static bool alloc_debug_processing(struct kmem_cache *s, struct slab *slab,
				   void *object, unsigned orig_size)
{
	if ((s->flags & SLAB_CONSISTENCY_CHECKS) &&
	    !alloc_consistency_checks(s, slab, object)) {
		if (slab_page(slab)->type == PAGE_TYPE_SLAB)
			mark_all_used(s, slab);
		return false;
	}
	trace(s, slab, object, true);
	set_orig_size(s, object, orig_size);
	init_object(s, object, SLUB_RED_ACTIVE);
	return true;
}

/* The slab's first object off its list, unchecked. */
static void *pop_object(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);
	void *object = slab->freelist;

	counters.inuse++;
	WRITE_ONCE(slab->freelist, get_freepointer(s, object));
	WRITE_ONCE(slab->counters, counters.word);
	return object;
}

static bool slab_is_full(const struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);

	return counters.inuse == counters.objects;
}

static void add_full_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			    struct slab *slab) must_hold(n->list_lock);

static void add_full_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			    struct slab *slab)
{
	if (s->flags & SLAB_STORE_USER)
		list_add(&slab->slab_list, &n->full);
}

static void *alloc_single_from_partial(struct kmem_cache *s,
				       struct kmem_cache_node *n,
				       struct slab *slab, unsigned orig_size)
	must_hold(n->list_lock);

static void *alloc_single_from_partial(struct kmem_cache *s,
				       struct kmem_cache_node *n,
				       struct slab *slab, unsigned orig_size)
{
	void *object = pop_object(s, slab);

	if (!alloc_debug_processing(s, slab, object, orig_size)) {
		remove_partial_locked(n, slab);
		return NULL;
	}
	if (slab_is_full(slab)) {
		remove_partial_locked(n, slab);
		add_full_locked(s, n, slab);
	}
	return object;
}

struct slab *slub_debug_take_locked(struct kmem_cache *s,
				    struct kmem_cache_node *n,
				    struct partial_context *pc)
{
	struct slab *slab, *next;

	list_for_each_entry_safe(slab, next, &n->partial, slab_list) {
		if (!pfmemalloc_match(slab, pc->gfp))
			continue;
		pc->object = alloc_single_from_partial(s, n, slab,
						       pc->orig_size);
		if (pc->object)
			return slab;
	}
	return NULL;
}

void *alloc_single_from_new_slab(struct kmem_cache *s, struct slab *slab,
				 unsigned orig_size)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	void *object = pop_object(s, slab);
	unsigned long flags;

	/* A wild write to a slab this young: it is lost, as in the kernel. */
	if (!alloc_debug_processing(s, slab, object, orig_size))
		return NULL;
	spin_lock_irqsave(&n->list_lock, flags);
	if (slab_is_full(slab))
		add_full_locked(s, n, slab);
	else
		add_partial_locked(n, slab, PARTIAL_HEAD);
	inc_slabs_node(s, slab);
	spin_unlock_irqrestore(&n->list_lock, flags);
	return object;
}

/* ---- freeing ---- */
static bool free_consistency_checks(struct kmem_cache *s, struct slab *slab,
				    void *object)
{
	if (!check_valid_pointer(s, slab, object)) {
		slab_err(s, slab, "Invalid object pointer 0x%016lx",
			 slub_print_pointer(object));
		return false;
	}
	if (on_freelist(s, slab, object)) {
		object_err(s, slab, object, "Object already free");
		return false;
	}
	return check_object(s, slab, object, SLUB_RED_ACTIVE);
}

/* Objects of the group up to its tail; count + 1: it has no tail, 0: one may
 * not be freed. *stopped is the last looked at. */
static unsigned check_group(struct kmem_cache *s, struct slab *slab,
			    const struct free_group *group, unsigned long addr,
			    void **stopped)
{
	void *object = group->head;

	for (unsigned nr = 1; nr <= group->count; nr++) {
		*stopped = object;
		if ((s->flags & SLAB_CONSISTENCY_CHECKS) &&
		    !free_consistency_checks(s, slab, object))
			return 0;
		set_track(s, object, TRACK_FREE, addr);
		trace(s, slab, object, false);
		init_object(s, object, SLUB_RED_INACTIVE);
		if (FAULT(slub_poison_short))
			((u8 *)object)[slab_object_size(s) - 1] = POISON_FREE;
		if (object == group->tail)
			return nr;
		object = get_freepointer(s, object);
	}
	return group->count + 1;
}

/* False: the group is not freed; some of it may have been filled. */
static bool free_debug_processing(struct kmem_cache *s, struct slab *slab,
				  struct free_group *group, unsigned long addr)
{
	void *stopped = group->head;
	unsigned inuse = slab_counters(slab).inuse, nr;
	bool ok = false;

	if ((s->flags & SLAB_CONSISTENCY_CHECKS) && !check_slab(s, slab))
		goto out;
	if (inuse < group->count) {
		slab_err(s, slab, "Slab has %u allocated objects but %u are to "
			 "be freed", inuse, group->count);
		goto out;
	}
	nr = check_group(s, slab, group, addr, &stopped);
	if (nr && nr != group->count)
		slab_err(s, slab, "Bulk free expected %u objects but found %u",
			 group->count, nr);
	ok = nr && nr <= group->count;
	if (ok)
		group->count = nr;
out:
	if (!ok)
		slab_fix(s, "Object at 0x%016lx not freed",
			 slub_print_pointer(stopped));
	return ok;
}

static void note_freed(struct kmem_cache *s, struct slab *slab,
		       const struct free_group *group)
{
	void *object = group->head;

	/* Others are noted where they enter: slab_shadow_free(). */
	if (!(s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	for (;;) {
		slab_shadow_freed(slab, object);
		if (object == group->tail)
			return;
		object = get_freepointer(s, object);
	}
}

/* The group to the slab's list, and the slab to where it belongs now. True:
 * it is empty, off all lists and uncounted. */
static bool free_group_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			      struct slab *slab, const struct free_group *group)
	must_hold(n->list_lock);

static bool free_group_locked(struct kmem_cache *s, struct kmem_cache_node *n,
			      struct slab *slab, const struct free_group *group)
{
	union slab_counters counters = slab_counters(slab);
	void *prior = slab->freelist;
	bool discard;

	counters.inuse -= group->count;
	set_freepointer(s, group->tail, prior);
	WRITE_ONCE(slab->freelist, group->head);
	WRITE_ONCE(slab->counters, counters.word);
	discard = !counters.inuse && n->nr_partial >= s->lay.min_partial;
	if (!prior) {
		if (s->flags & SLAB_STORE_USER)
			list_del(&slab->slab_list);
		if (!discard) {
			add_partial_locked(n, slab, PARTIAL_TAIL);
			stat(s, FREE_ADD_PARTIAL);
		}
	} else if (discard) {
		remove_partial_locked(n, slab);
		stat(s, FREE_REMOVE_PARTIAL);
	}
	if (discard)
		dec_slabs_node(s, slab);
	return discard;
}

void free_to_partial_list(struct kmem_cache *s, struct slab *slab,
			  struct free_group group, unsigned long addr)
{
	struct kmem_cache_node *n = get_node(s, slab_nid(slab));
	bool discard = false;
	unsigned long flags;

	spin_lock_irqsave(&n->list_lock, flags);
	if (free_debug_processing(s, slab, &group, addr)) {
		if_checked(note_freed(s, slab, &group));
		discard = free_group_locked(s, n, slab, &group);
	}
	spin_unlock_irqrestore(&n->list_lock, flags);
	if (discard) {
		stat(s, FREE_SLAB);
		free_slab(s, slab);
	}
}
