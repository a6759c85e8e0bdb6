/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many objects at once (slub spec 1.5; mm/slub.c, 6.12).
 *
 * Allocating pops from the CPU slab with interrupts off instead of one exchange
 * an object; what is popped there changes tid once, at the end. Freeing links
 * objects of one slab to a list of their own first, which needs no
 * synchronisation, as the caller owns them, and then frees the list at once.
 */
#include "mm/fault_inject.h"
#include "mm/slub_fast.h"

DEFINE_FAULT(bulk_group_miscounts, "I2", "a bulk free counts its groups short");

/* A group ends at this many objects of other slabs. */
#define LOOKAHEAD	3

/* ---- allocating ---- */
/* What this CPU's slab gives without the slow path; interrupts off. */
static unsigned pop_locked(struct kmem_cache *s, struct kmem_cache_cpu *c,
			   unsigned n, void **objects)
{
	unsigned i;

	for (i = 0; i < n && c->freelist; i++) {
		objects[i] = c->freelist;
		c->freelist = get_freepointer(s, objects[i]);
	}
	cpu_slab_bump_tid(c);
	this_cpu_field_add(c->stat[ALLOC_FASTPATH], i);
	return i;
}

unsigned slub_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
			 void **objects, unsigned long addr)
{
	unsigned done = 0;

	while (done < n) {
		struct cpu_slab_guard guard;
		struct kmem_cache_cpu *c;

		preempt_disable();
		c = this_cpu_ptr(s->cpu_slab);
		cpu_slab_lock(c, &guard);
		done += pop_locked(s, c, n - done, objects + done);
		cpu_slab_unlock(c, &guard);
		preempt_enable();
		if (done == n)
			break;
		/* One from further down, which normally refills the slab. */
		objects[done] = slub_climb(s, gfp, NUMA_NO_NODE, 0, addr);
		if (unlikely(!objects[done]))
			break;
		done++;
	}
	return done;
}

static void note_allocs(const struct kmem_cache *s, unsigned n, void **objects,
			unsigned long caller)
{
	if (!machine_notes_allocs())
		return;
	machine_quiet_begin();
	for (unsigned i = 0; i < n; i++)
		slab_note_alloc(s, objects[i], caller);
	machine_quiet_end();
}

static void check_allocs(struct kmem_cache *s, gfp_t gfp, unsigned n,
			 void **objects)
{
	for (unsigned i = 0; i < n; i++)
		slab_shadow_alloc(s, objects[i], gfp, NUMA_NO_NODE);
}

unsigned kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, unsigned n,
			       void **objects)
{
	unsigned got;

	check(!irqs_disabled());
	if (unlikely(!n || !might_alloc(gfp)))
		return 0;
	if (unlikely(machine_option(injection_on)) &&
	    should_failslab(s, gfp))
		return 0;
	got = unlikely(s->by_engine) ?
		slab_ops->alloc_bulk(s, gfp, n, objects) :
		slub_alloc_bulk(s, gfp, n, objects, _RET_IP_);
	for (unsigned i = 0; unlikely(gfp & __GFP_ZERO) && i < got; i++)
		slab_zero_object(s, objects[i]);
	note_allocs(s, got, objects, _RET_IP_);
	if_checked(check_allocs(s, gfp, got, objects));
	if (likely(got == n))
		return n;
	kmem_cache_free_bulk(s, got, objects);
	return 0;
}

/* ---- freeing ---- */
struct detached {
	struct kmem_cache	*s;
	struct slab		*slab;
	struct free_group	group;
};

/* Begins a group with object. False: there is none to begin. s NULL: any
 * kmalloc memory. */
static bool begin_group(struct detached *d, struct kmem_cache *s, void *object)
{
	struct page *page = virt_to_head_page(object);

	if (!s && page->type != PAGE_TYPE_SLAB) {
		free_large_kmalloc(page, object);
		return false;
	}
	d->slab = page_slab(page);
	d->s = s ? s : d->slab->slab_cache;
	d->group = (struct free_group){ object, object, 1 };
	set_freepointer(d->s, object, NULL);
	return true;
}

static void extend_group(struct detached *d, void *object)
{
	set_freepointer(d->s, object, d->group.head);
	d->group.head = object;
	if (!FAULT(bulk_group_miscounts))
		d->group.count++;
}

/*
 * Takes the last of n objects and those of its slab before it, as far as it
 * looks, out of objects[]; gives how many are left, in front.
 */
static unsigned detach_group(struct detached *d, struct kmem_cache *s,
			     unsigned n, void **objects)
{
	unsigned left = n - 1, others = 0;

	if (!begin_group(d, s, objects[left])) {
		d->slab = NULL;
		return left;
	}
	for (unsigned i = left; i-- > 0 && others < LOOKAHEAD;) {
		if (page_slab(virt_to_head_page(objects[i])) != d->slab) {
			others++;
			continue;
		}
		extend_group(d, objects[i]);
		/* The hole is filled by the last that stays. */
		left--;
		objects[i] = objects[left];
	}
	return left;
}

void free_in_groups(struct kmem_cache *s, unsigned n, void **objects,
		    void (*sink)(struct kmem_cache *s, struct slab *slab,
				 struct free_group group))
{
	struct detached d;

	while (n) {
		n = detach_group(&d, s, n, objects);
		if (d.slab)
			sink(d.s, d.slab, d.group);
	}
}

/* Nothing is wrong with freeing object. One of another cache than s goes home
 * alone. */
static bool may_free(struct kmem_cache *s, void *object)
{
	struct slab *slab = page_slab(virt_to_head_page(object));
	struct kmem_cache *home;

	if (!s && slab_page(slab)->type != PAGE_TYPE_SLAB)
		return true;
	home = s ? cache_from_object(s, slab, object) : slab->slab_cache;
	if (!home || !checked_ok(slab_shadow_free(home, slab, object)))
		return false;
	if (!s || home == s)
		return true;
	slab_free_group(home, slab, (struct free_group){ object, object, 1 },
			0);
	return false;
}

/* Those that may be freed come to the front: how many. */
static unsigned admit_each(struct kmem_cache *s, unsigned n, void **objects)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < n; i++)
		if (may_free(s, objects[i]))
			objects[kept++] = objects[i];
	return kept;
}

static bool any_of_others(const struct kmem_cache *s, unsigned n,
			  void **objects)
{
	for (unsigned i = 0; s && i < n; i++)
		if (page_slab(virt_to_head_page(objects[i]))->slab_cache != s)
			return true;
	return false;
}

/* The kernel looks at each object only with consistency checks; for others
 * locks may be waited for, which no check can. */
static unsigned admit(struct kmem_cache *s, unsigned n, void **objects)
{
	bool each = s && kmem_cache_debug_flags(s, SLAB_CONSISTENCY_CHECKS);

	check(!irqs_disabled());
	if_checked(each |= any_of_others(s, n, objects));
	if (unlikely(each))
		return admit_each(s, n, objects);
	if_checked(n = admit_each(s, n, objects));
	return n;
}

static void free_group(struct kmem_cache *s, struct slab *slab,
		       struct free_group group)
{
	if (unlikely(s->by_engine))
		slab_ops->free_group(s, slab, group);
	else
		slab_free_group(s, slab, group, 0);
}

void kmem_cache_free_bulk(struct kmem_cache *s, unsigned n, void **objects)
{
	n = admit(s, n, objects);
	if (unlikely(s->by_engine))
		slab_ops->free_bulk(s, n, objects);
	else
		free_in_groups(s, n, objects, free_group);
}

void kfree_bulk(unsigned n, void **objects)
{
	n = admit(NULL, n, objects);
	free_in_groups(NULL, n, objects, free_group);
}
