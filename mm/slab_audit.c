/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The invariants of slub spec 6.1 at quiescence: I1-I9, I11-I14, I18, I19, I21.
 * Visits every slab that a CPU or a node refers to and, in checked builds,
 * where all slabs and their owners are known (slab_shadow.c), every other one
 * too: it must be full. The other invariants are looked at where they happen.
 */
#include "mm/sheaf.h"
#include "mm/slub_debug.h"

/* On slabs found by this walk: finds a slab in two places. */
#define PG_slab_seen	0x80000000u

enum place { ON_CPU, ON_CHAIN, ON_NODE, ON_FULL };

static const char *const place_names[] = {
	[ON_CPU] = "a CPU slab", [ON_CHAIN] = "on a chain",
	[ON_NODE] = "on a node's list", [ON_FULL] = "on a full list",
};

/* One cache's sums. */
struct tally {
	struct kmem_cache	*s;
	u64			slabs, objects, nr_free;	/* found */
	u64			all_slabs, all_objects;		/* existing */
	u64			allocated;
	u64			pages;
};

/* Objects of one slab met so far; one slab at a time. */
static u64 met[DIV_ROUND_UP(MAX_OBJS_PER_PAGE, 64)];

#define violated(id, s, fmt, ...) \
	audit_violated(id, "%s: " fmt, (s)->name, __VA_ARGS__)

/* ---- one slab ---- */
/* I3, I4: length of a freelist whose links are sound; bounded. */
static unsigned audit_freelist(struct kmem_cache *s, struct slab *slab,
			       void *object)
{
	unsigned length = 0;

	for (; object; object = get_freepointer(s, object)) {
		int index = slab_object_index(slab, object);

		if (index < 0) {
			violated("I3", s, "link to 0x%lx, which is no object",
				 machine_print_address(object));
			break;
		}
		if (met[index / 64] >> index % 64 & 1) {
			violated("I3", s, "object %d is twice on freelists",
				 index);
			break;
		}
		met[index / 64] |= 1ull << index % 64;
		if (slab_shadow_allocated(slab, (unsigned)index))
			violated("I4", s, "object %d is free and allocated",
				 index);
		length++;
	}
	return length;
}

static void audit_counts(struct kmem_cache *s, struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);
	u64 room = (PAGE_SIZE << slab_order(slab)) / s->lay.size;

	if (counters.inuse > counters.objects || counters.objects > room ||
	    (counters.objects != s->lay.oo.objects &&
	     counters.objects != s->lay.min.objects))
		violated("I1", s, "inuse %u, objects %u, room for %llu",
			 counters.inuse, counters.objects,
			 (unsigned long long)room);
}

static void audit_state(struct kmem_cache *s, struct slab *slab,
			enum place place)
{
	bool frozen = slab_counters(slab).frozen;

	if (slab_test_node_partial(slab) != (place == ON_NODE))
		violated("I6", s, "mark of a slab %s is wrong",
			 place_names[place]);
	if (frozen != (place == ON_CPU))
		violated("I7", s, "a slab %s is %sfrozen", place_names[place],
			 frozen ? "" : "not ");
	if (place == ON_FULL && slab->freelist)
		violated("I5", s, "a slab %s has free objects",
			 place_names[place]);
	if (place == ON_NODE && !slab->freelist)
		violated("I8", s, "a full slab is %s", place_names[place]);
}

/* False when it was met before: then it is walked no further. */
static bool audit_slab(struct tally *tally, struct slab *slab,
		       enum place place, void *cpu_freelist)
{
	struct kmem_cache *s = tally->s;
	union slab_counters counters = slab_counters(slab);
	unsigned shared, own;

	if (slab_page(slab)->flags & PG_slab_seen ||
	    slab_page(slab)->type != PAGE_TYPE_SLAB || slab->slab_cache != s) {
		violated("I5", s, "a slab %s is elsewhere too",
			 place_names[place]);
		return false;
	}
	slab_page(slab)->flags |= PG_slab_seen;
	audit_counts(s, slab);
	audit_state(s, slab, place);
	for (unsigned i = 0; i < ARRAY_SIZE(met) && i * 64 < counters.objects;
	     i++)
		met[i] = 0;
	shared = audit_freelist(s, slab, slab->freelist);
	own = audit_freelist(s, slab, cpu_freelist);
	/* Objects parked in the CPU's freelist count as in use. */
	if (shared + counters.inuse != counters.objects || own > counters.inuse)
		violated("I2", s, "%u + %u free, but %u of %u in use", shared,
			 own, counters.inuse, counters.objects);
	if (kmem_cache_debug(s))
		slub_audit_slab(s, slab);
	tally->slabs++;
	tally->objects += counters.objects;
	tally->nr_free += shared + own;
	return true;
}

/* ---- where slabs are ---- */
static void audit_cpu(struct tally *tally, unsigned cpu)
{
	struct kmem_cache *s = tally->s;
	struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, cpu);
	unsigned limit = s->lay.cpu_partial_slabs;
	unsigned long length = 0;

	if (c->tid % TID_STEP != cpu)
		violated("I18", s, "tid 0x%llx on CPU %u",
			 (unsigned long long)c->tid, cpu);
	if (c->slab)
		audit_slab(tally, c->slab, ON_CPU, c->freelist);
	else if (c->freelist)
		violated("I5", s, "CPU %u has objects of no slab", cpu);
	for (struct slab *slab = c->partial; slab; slab = slab->next) {
		if (!audit_slab(tally, slab, ON_CHAIN, NULL))
			break;
		length++;
	}
	if ((c->partial && c->partial->slabs != length) ||
	    length > limit + limit / 2 + 1)
		violated("I11", s, "chain of %lu slabs on CPU %u says %lu",
			 length, cpu, c->partial ? c->partial->slabs : 0);
}

static void audit_node(struct tally *tally, struct kmem_cache_node *n)
{
	unsigned long length = 0;
	struct slab *slab;

	list_for_each_entry(slab, &n->partial, slab_list) {
		if (!audit_slab(tally, slab, ON_NODE, NULL))
			break;
		length++;
	}
	if (length != n->nr_partial)
		violated("I9", tally->s, "%lu slabs on a list that says %lu",
			 length, n->nr_partial);
	list_for_each_entry(slab, &n->full, slab_list)
		if (!audit_slab(tally, slab, ON_FULL, NULL))
			break;
}

/* The seen marks go, by the same way as they came. */
static bool unmark(struct slab *slab)
{
	bool seen = slab_page(slab)->flags & PG_slab_seen;

	slab_page(slab)->flags &= ~PG_slab_seen;
	return seen;
}

static void unmark_cache(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	struct slab *slab;
	unsigned i;

	for_each_online_cpu(i) {
		struct kmem_cache_cpu *c = per_cpu_ptr(s->cpu_slab, i);

		if (c->slab)
			unmark(c->slab);
		for (slab = c->partial; slab && unmark(slab);)
			slab = slab->next;
	}
	for_each_kmem_cache_node(s, i, n) {
		list_for_each_entry(slab, &n->partial, slab_list)
			if (!unmark(slab))
				break;
		list_for_each_entry(slab, &n->full, slab_list)
			if (!unmark(slab))
				break;
	}
}

/* ---- a cache ---- */
/* A slab that nobody refers to must be full, or have failed a check: frozen. */
static void audit_existing(void *arg, struct slab *slab, unsigned allocated)
{
	union slab_counters counters = slab_counters(slab);
	struct tally *tally = arg;

	if (slab->slab_cache != tally->s)
		return;
	tally->all_slabs++;
	tally->all_objects += counters.objects;
	tally->allocated += allocated;
	tally->pages += 1ull << slab_order(slab);
	if (slab_page(slab)->flags & PG_slab_seen)
		return;
	audit_counts(tally->s, slab);
	if (kmem_cache_debug(tally->s))
		slub_audit_slab(tally->s, slab);
	if (slab->freelist || slab_test_node_partial(slab) ||
	    (counters.frozen && !kmem_cache_debug(tally->s)) ||
	    counters.inuse != counters.objects)
		violated("I5", tally->s, "a slab is nowhere, yet not full: "
			 "%u of %u in use", counters.inuse, counters.objects);
}

static void audit_sums(struct tally *tally, u64 nr_slabs, u64 total_objects)
{
	struct kmem_cache *s = tally->s;
	u64 counted = slub_stat_of(s, ALLOC_SLAB) - slub_stat_of(s, FREE_SLAB) +
		      (u64)atomic_long_read(&s->nr_uncounted);

	if (counted != nr_slabs)
		violated("I21", s, "statistics say %lld slabs, nodes %lld",
			 (long long)counted, (long long)nr_slabs);
	if (tally->slabs > nr_slabs || tally->objects > total_objects)
		violated("I12", s, "%llu slabs found, nodes say %lld",
			 (unsigned long long)tally->slabs,
			 (long long)nr_slabs);
	if (!slab_shadow_complete())
		return;
	if (tally->all_slabs != nr_slabs || tally->all_objects != total_objects)
		violated("I12", s, "%llu slabs with %llu objects, nodes say "
			 "%lld with %lld", (unsigned long long)tally->all_slabs,
			 (unsigned long long)tally->all_objects,
			 (long long)nr_slabs, (long long)total_objects);
	if (tally->allocated + tally->nr_free != tally->all_objects)
		violated("I13", s, "%llu allocated and %llu free of %llu",
			 (unsigned long long)tally->allocated,
			 (unsigned long long)tally->nr_free,
			 (unsigned long long)tally->all_objects);
}

static void audit_references(const struct kmem_cache *s)
{
	struct slab_alias *alias;

	if (s->refcount != 1 + (int)s->nr_merged - (int)s->nr_dropped)
		violated("I19", s, "%d references: %u aliases, %u dropped",
			 s->refcount, s->nr_merged, s->nr_dropped);
	list_for_each_entry(alias, &s->aliases, list)
		if (!slab_alias_fits(s, alias))
			violated("I19", s, "%s, of %u bytes aligned to %u, is "
				 "no alias of it", alias->name, alias->size,
				 alias->align);
}

/* Pages of the cache's slabs. */
static u64 audit_cache(struct kmem_cache *s)
{
	struct tally tally = { .s = s };
	struct kmem_cache_node *n;
	u64 nr_slabs = 0, total_objects = 0;
	unsigned i;

	audit_references(s);
	sheaf_audit_begin(s);
	for_each_online_cpu(i)
		audit_cpu(&tally, i);
	for_each_kmem_cache_node(s, i, n) {
		audit_node(&tally, n);
		nr_slabs += (u64)atomic_long_read(&n->nr_slabs);
		total_objects += (u64)atomic_long_read(&n->total_objects);
	}
	slab_shadow_for_each(audit_existing, &tally);
	audit_sums(&tally, nr_slabs, total_objects);
	sheaf_audit_end(s);
	unmark_cache(s);
	return tally.pages;
}

void slab_audit(void)
{
	struct kmem_cache *s;
	u64 pages = 0, counted;

	machine_quiet_begin();
	list_for_each_entry(s, &slab_caches, list)
		pages += audit_cache(s);
	list_for_each_entry(s, &slab_caches_left, list)
		pages += audit_cache(s);
	pages += (u64)atomic_long_read(&slab_rcu_pages);
	counted = global_node_page_state(NR_SLAB_RECLAIMABLE) +
		  global_node_page_state(NR_SLAB_UNRECLAIMABLE);
	if (slab_shadow_complete() && counted != pages)
		audit_violated("I14", "slabs have %llu pages, counted are %lld",
			       (unsigned long long)pages, (long long)counted);
	machine_quiet_end();
}
