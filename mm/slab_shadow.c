/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checked builds: who has each object. A bit for every object of every slab is
 * set while a caller has it, by atomic exchange, so that an object handed out
 * or freed twice is found at once (I4). Lies outside the emulated memory and
 * costs no virtual time. Also the live checks of what is handed out (I15,
 * I16, I17) and of the local lock (I18, I24).
 */
#include "mm/kvfree_rcu.h"
#include "mm/sheaf.h"

#define SHADOW_WORDS	8	/* 512 objects: kmalloc-8 in a page */
#define NR_SHADOWS	(CHECKS_BUILT ? 1u << 18 : 1)

/*
 * The slabs that exist: shadows[0..nr_shadows), with holes that first_hole
 * chains. struct page.shadow of a slab is its index + 1.
 */
static struct shadow {
	struct slab	*slab;		/* NULL: a hole */
	u32		next_hole;	/* index + 1 */
	u64		bits[SHADOW_WORDS];
} shadows[NR_SHADOWS];

static u32 shadow_lock;
/* Under shadow_lock: */
static u32 nr_shadows, first_hole;
static u64 nr_unknown;		/* slabs without a shadow */

static DEFINE_PER_CPU(unsigned, nr_cpu_slab_locks);
static DEFINE_PER_CPU(u64, nr_cpu_slab_locked);		/* ever */

/* Nobody holding this waits, so it needs no interrupts off natively. */
static void lock_shadows(void)
{
	while (xchg(&shadow_lock, 1))
		cpu_relax();
}

static void unlock_shadows(void)
{
	smp_store_release(&shadow_lock, 0);
}

static struct shadow *shadow_of(const struct slab *slab)
{
	u32 index = READ_ONCE(slab_page(slab)->shadow);

	return index ? &shadows[index - 1] : NULL;
}

void slab_shadow_open(struct slab *slab, unsigned objects)
{
	u32 index = 0;

	lock_shadows();
	if (objects > SHADOW_WORDS * 64) {
		index = 0;
	} else if (first_hole) {
		index = first_hole;
		first_hole = shadows[index - 1].next_hole;
	} else if (nr_shadows < NR_SHADOWS) {
		index = ++nr_shadows;
	}
	if (index) {
		for (unsigned i = 0; i < SHADOW_WORDS; i++)
			shadows[index - 1].bits[i] = 0;
		shadows[index - 1].slab = slab;
	} else {
		nr_unknown++;
	}
	slab_page(slab)->shadow = index;
	unlock_shadows();
}

void slab_shadow_close(struct slab *slab)
{
	struct shadow *shadow;

	lock_shadows();
	shadow = shadow_of(slab);
	if (shadow) {
		shadow->slab = NULL;
		shadow->next_hole = first_hole;
		first_hole = (u32)(shadow - shadows) + 1;
	} else {
		nr_unknown--;
	}
	slab_page(slab)->shadow = 0;
	unlock_shadows();
}

int slab_object_index(const struct slab *slab, const void *object)
{
	const struct kmem_cache *s = slab->slab_cache;
	u64 offset = (u64)((const char *)object - slab_first_object(s, slab));
	unsigned size = s->lay.size;

	if (offset % size || offset / size >= slab_counters(slab).objects)
		return -1;
	return (int)(offset / size);
}

bool slab_shadow_allocated(const struct slab *slab, unsigned index)
{
	struct shadow *shadow = shadow_of(slab);

	return shadow && (READ_ONCE(shadow->bits[index / 64]) >>
			  index % 64 & 1);
}

/* ---- what callers get ---- */
/* All of a small object, a byte in 64 of a large one. */
static bool is_zero(const char *object, unsigned size)
{
	unsigned step = size <= 512 ? 1 : 64;

	for (unsigned i = 0; i < size; i += step)
		if (object[i])
			return false;
	return !object[size - 1];
}

static void check_object(struct kmem_cache *s, struct slab *slab,
			 const void *object, gfp_t gfp, int node)
{
	unsigned long addr = machine_print_address(object);

	if (!IS_ALIGNED(addr, (unsigned long)s->lay.align))
		audit_violated("I15", "%s: 0x%lx is not aligned to %u",
			       s->name, addr, s->lay.align);
	if ((gfp & __GFP_ZERO) &&
	    !is_zero(object, (unsigned)slab_asked_size(s, object)))
		audit_violated("I16", "%s: 0x%lx is not zero", s->name, addr);
	if ((gfp & __GFP_THISNODE) && node_has_memory(node) &&
	    slab_nid(slab) != node)
		audit_violated("I17", "%s: node %d instead of %d", s->name,
			       slab_nid(slab), node);
}

void slab_shadow_alloc(struct kmem_cache *s, const void *object, gfp_t gfp,
		       int node)
{
	struct shadow *shadow;
	struct slab *slab;
	int index;
	u64 bit, old;

	if (kvfree_rcu_has(object))
		audit_violated("I4", "%s: 0x%lx is handed out while kvfree_rcu "
			       "has it", s->name,
			       machine_print_address(object));
	slab = page_slab(virt_to_head_page(object));
	check_object(s, slab, object, gfp, node);
	shadow = shadow_of(slab);
	index = slab_object_index(slab, object);
	if (index < 0) {
		audit_violated("I3", "%s: 0x%lx is no object", s->name,
			       machine_print_address(object));
	} else if (shadow) {
		bit = 1ull << index % 64;
		old = __atomic_fetch_or(&shadow->bits[index / 64], bit,
					__ATOMIC_RELAXED);
		if (old & bit)
			audit_violated("I4", "%s: 0x%lx is handed out twice",
				       s->name, machine_print_address(object));
	}
}

static void report_bad_free(const struct kmem_cache *s, const char *what,
			    const struct slab *slab, const void *object)
{
	const void *free = READ_ONCE(slab->freelist);

	kernel_bug("BUG %s (Not tainted): %s", s->name, what);
	printk("Object 0x%lx @offset=%td fp=0x%lx",
	       machine_print_address(object),
	       (const char *)object - slab_address(slab),
	       free ? machine_print_address(free) : 0);
	dump_stack();
}

/* Of the list that it would be freed to. */
static bool is_head(const struct kmem_cache *s, const struct slab *slab,
		    const void *object)
{
	const struct kmem_cache_cpu *c = this_cpu_ptr(s->cpu_slab);

	return !s->by_engine &&
	       object == (c->slab == slab ? c->freelist :
			 READ_ONCE(slab->freelist));
}

static bool note_free(struct kmem_cache *s, struct slab *slab,
		      const void *object)
{
	struct shadow *shadow = shadow_of(slab);
	int index = slab_object_index(slab, object);
	u64 bit, old;

	if (index < 0) {
		report_bad_free(s, "Invalid object pointer", slab, object);
		return false;
	}
	if (!shadow)
		return true;
	bit = 1ull << index % 64;
	old = __atomic_fetch_and(&shadow->bits[index / 64], ~bit,
				 __ATOMIC_RELAXED);
	/* Hardened links find this themselves. */
	if ((old & bit) ||
	    ((s->link & LINK_ENCODED) && is_head(s, slab, object)))
		return true;
	report_bad_free(s, "Object already free", slab, object);
	return false;
}

bool slab_shadow_free(struct kmem_cache *s, struct slab *slab,
		      const void *object)
{
	/* The emulated kernel looks itself: free_consistency_checks(). */
	return kmem_cache_debug_flags(s, SLAB_CONSISTENCY_CHECKS) ||
	       note_free(s, slab, object);
}

void slab_shadow_freed(struct slab *slab, const void *object)
{
	struct shadow *shadow;
	int index;
	u64 bit, old;

	shadow = shadow_of(slab);
	index = slab_object_index(slab, object);
	if (shadow && index >= 0) {
		bit = 1ull << index % 64;
		old = __atomic_fetch_and(&shadow->bits[index / 64], ~bit,
					 __ATOMIC_RELAXED);
		if (!(old & bit))
			audit_violated("I4", "%s: 0x%lx is freed twice",
				       slab->slab_cache->name,
				       machine_print_address(object));
	}
}

void slab_shadow_give_up(struct kmem_cache *s, struct slab *slab)
{
	unsigned objects = slab_counters(slab).objects, nr = 0;
	struct shadow *shadow;
	int index;

	shadow = shadow_of(slab);
	for (unsigned i = 0; shadow && i < objects; i++)
		__atomic_fetch_or(&shadow->bits[i / 64], 1ull << i % 64,
				  __ATOMIC_RELAXED);
	for (void *free = slab->freelist; shadow && free && nr++ < objects;
	     free = get_freepointer(s, free)) {
		index = slab_object_index(slab, free);
		if (index < 0)
			break;
		__atomic_fetch_and(&shadow->bits[index / 64],
				   ~(1ull << index % 64), __ATOMIC_RELAXED);
	}
}

/* ---- for the audit ---- */
bool slab_shadow_complete(void)
{
	return CHECKS_ON && !nr_unknown;
}

void slab_shadow_for_each(void (*visit)(void *arg, struct slab *slab,
					unsigned allocated), void *arg)
{
	for (u32 i = 0; i < nr_shadows; i++) {
		unsigned allocated = 0;

		if (!shadows[i].slab)
			continue;
		for (unsigned w = 0; w < SHADOW_WORDS; w++)
			allocated += (unsigned)
				__builtin_popcountll(shadows[i].bits[w]);
		visit(arg, shadows[i].slab, allocated);
	}
}

/* ---- the local lock ---- */
void cpu_slab_note_locked(struct kmem_cache_cpu *c, struct cpu_slab_guard *g)
{
	must(this_cpu_var(nr_cpu_slab_locks) == 0);
	this_cpu_var(nr_cpu_slab_locks) = 1;
	this_cpu_var(nr_cpu_slab_locked)++;
	g->tid = c->tid;
	g->freelist = c->freelist;
	g->slab = c->slab;
}

void cpu_slab_note_unlock(struct kmem_cache_cpu *c, struct cpu_slab_guard *g)
{
	bool changed, bumped;

	changed = c->freelist != g->freelist || c->slab != g->slab;
	bumped = c->tid == g->tid + TID_STEP;
	if ((!bumped && (changed || c->tid != g->tid)) ||
	    c->tid % TID_STEP != smp_processor_id())
		audit_violated("I18", "tid 0x%llx of CPU %u was 0x%llx",
			       (unsigned long long)c->tid, smp_processor_id(),
			       (unsigned long long)g->tid);
	must(irqs_disabled() && this_cpu_var(nr_cpu_slab_locks) == 1);
	this_cpu_var(nr_cpu_slab_locks) = 0;
}

u64 cpu_slab_nr_locked(void)
{
	unsigned cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += READ_ONCE(per_cpu(nr_cpu_slab_locked, cpu));
	return sum;
}

bool slab_holds_no_lock(const struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	unsigned nid;

	if (this_cpu_var(nr_cpu_slab_locks))
		return false;
	for_each_kmem_cache_node(s, nid, n)
		if (lock_held(&n->list_lock) ||
		    (s->sheaves && lock_held(&s->sheaves->barn[nid]->lock)))
			return false;
	return true;
}
