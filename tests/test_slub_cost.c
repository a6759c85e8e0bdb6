/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each rung of the two ladders costs: the table of slub spec 3.2b, with
 * the counters of 4.1, row by row. On the simulated machine every atomic
 * operation is counted, and every window in which interrupts or preemption are
 * off; natively locks, local locks and pages are.
 */
#include "cpus/boot.h"
#include "mm/lockclass.h"
#include "mm/page_alloc.h"
#include "mm/slab_def.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define SIZE	1024
#define MOST	400	/* objects */

static struct kmem_cache *s;
static void *objects[MOST];
static unsigned per_slab, chain;

/* Letters as in the spec. */
struct cost {
	unsigned	u;	/* exchanges of 16 bytes on this CPU */
	unsigned	c;	/* and locked ones, of a slab */
	unsigned	l;	/* windows without interrupts */
	unsigned	n;	/* list_lock */
	unsigned	a;	/* atomic operations on a node's counters */
	unsigned	p;	/* blocks of pages taken and given */
	/* Times that they went off. "In L" and "in N" of the spec are such a
	 * window each, but for an L in an N; N's spinlock has preemption off,
	 * too, and so has the whole slow path, but around P. */
	unsigned	irqs, preempt;
};

struct moved {
	enum stat_item	item;
	unsigned	by;	/* 0: the end */
};

/* ---- measuring ---- */
/* What the page allocator itself has off for a block, taken or given. */
static struct { unsigned irqs, preempt; } page_cost;
/* Of the CPU that took the step. */
static struct { u64 irqs, preempt; } went_off;

static void windows_begin(void)
{
	went_off.irqs = this_cpu()->own.nr_irqs_off;
	went_off.preempt = this_cpu()->own.nr_preempt_off;
}

static void windows_end(void)
{
	went_off.irqs = this_cpu()->own.nr_irqs_off - went_off.irqs;
	went_off.preempt = this_cpu()->own.nr_preempt_off - went_off.preempt;
}

/* Given, then taken: the CPU's list has one. */
static void measure_pages(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, s->lay.oo.order);

	must(page);
	windows_begin();
	__free_pages(page, s->lay.oo.order);
	windows_end();
	page_cost.irqs = (unsigned)went_off.irqs;
	page_cost.preempt = (unsigned)went_off.preempt;
	windows_begin();
	page = alloc_pages(GFP_KERNEL, s->lay.oo.order);
	windows_end();
	must(went_off.irqs == page_cost.irqs);
	must(went_off.preempt == page_cost.preempt);
	__free_pages(page, s->lay.oo.order);
}

static u64 stats[NR_SLUB_STAT_ITEMS];
static struct cost so_far;

static struct cost read_costs(void)
{
	struct machine_stat machine;
	struct lock_stat lock;
	u64 pages;

	machine_stat_read(&machine);
	lock_stat_read(LOCK_LIST, &lock);
	pages = sum_vm_event(PGALLOC_DMA) + sum_vm_event(PGALLOC_DMA32) +
		sum_vm_event(PGALLOC_NORMAL) + sum_vm_event(PGFREE);
	return (struct cost){
		.u = (unsigned)machine.local_exchanges,
		.c = (unsigned)machine.locked_exchanges,
		.l = (unsigned)cpu_slab_nr_locked(),
		.n = (unsigned)lock.acquired,
		.a = (unsigned)machine.rmws_counted,
		.p = (unsigned)(pages >> s->lay.oo.order),
	};
}

static void begin(void)
{
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		stats[i] = slub_stat_of(s, i);
	so_far = read_costs();
}

static bool differs(const char *rung, const char *what, u64 is, u64 wanted)
{
	if (is != wanted)
		printk("%s: %s %lu, not %lu", rung, what, is, wanted);
	return is != wanted;
}

static bool costs_differ(const char *rung, const struct cost *wanted)
{
	struct cost now = read_costs();
	bool wrong = differs(rung, "L", now.l - so_far.l, wanted->l);

	wrong |= differs(rung, "N", now.n - so_far.n, wanted->n);
	wrong |= differs(rung, "P", now.p - so_far.p, wanted->p);
	if (!machine_is_virtual())
		return wrong;
	wrong |= differs(rung, "U", now.u - so_far.u, wanted->u);
	wrong |= differs(rung, "C", now.c - so_far.c, wanted->c);
	wrong |= differs(rung, "A", now.a - so_far.a, wanted->a);
	wrong |= differs(rung, "windows without interrupts", went_off.irqs,
			 wanted->irqs + wanted->p * page_cost.irqs);
	wrong |= differs(rung, "windows without preemption", went_off.preempt,
			 wanted->preempt + wanted->p * page_cost.preempt);
	return wrong;
}

static bool counters_differ(const char *rung, const struct moved *moved)
{
	bool wrong = false;

	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++) {
		unsigned by = 0;

		for (const struct moved *m = moved; m->by; m++)
			if (m->item == i)
				by = m->by;
		wrong |= differs(rung, slub_stat_names[i],
				 slub_stat_of(s, i) - stats[i], by);
	}
	return wrong;
}

/* ---- doing ---- */
static void take(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		must((objects[i] = kmem_cache_alloc(s, GFP_KERNEL)));
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kmem_cache_free(s, objects[i]);
}

static void give_one(void *arg)
{
	windows_begin();
	kmem_cache_free(s, arg);
	windows_end();
}

/* On the other CPU, by a task, whose windows are counted. */
static void give_from_afar(unsigned i)
{
	task_join(task_create(1, "giver", give_one, objects[i]));
}

static void nothing(void)
{
}

static void take_first(void)
{
	take(0, 1);
}

static void take_second(void)
{
	take(1, 1);
}

static void take_slab(void)
{
	take(0, per_slab);
}

static void take_next(void)
{
	take(MOST - 1, 1);
}

static void take_for_odd_node(void)
{
	objects[1] = kmem_cache_alloc_node(s, GFP_KERNEL, MAX_NUMNODES - 1);
	must(objects[1]);
}

static void slab_with_remote_frees(void)
{
	take_slab();
	give_from_afar(0);
	give_from_afar(1);
}

static void free_from_afar(void)
{
	give_from_afar(0);
}

static void free_first(void)
{
	give(0, 1);
}

static void free_second(void)
{
	give(1, 1);
}

static void two_slabs(void)
{
	take(0, 2 * per_slab);
}

static void one_on_chain(void)
{
	two_slabs();
	give(0, 1);
}

/* Of each of the first slabs one is free: the CPU's chain is full. */
static void full_chain(void)
{
	take(0, (chain + 2) * per_slab);
	for (unsigned i = 0; i < chain; i++)
		give(i * per_slab, 1);
}

static void one_more_on_chain(void)
{
	give(chain * per_slab, 1);
}

/* Two of its slabs have no object in use, and nodes keep none such. */
static void full_chain_with_empties(void)
{
	full_chain();
	s->lay.min_partial = 0;
	give(1, per_slab - 1);
	give(per_slab + 1, per_slab - 1);
}

/* The first slabs are on the node's list; all but one of the first is free. */
static void listed(void)
{
	full_chain();
	one_more_on_chain();
	s->lay.min_partial = 0;
	give(1, per_slab - 2);
}

static void free_last_of_first(void)
{
	give(per_slab - 1, 1);
}

/* The CPU has nothing, the node has the chain's slabs. */
static void node_has_slabs(void)
{
	full_chain();
	one_more_on_chain();
	take(MOST - 2, 1);
}

static void flush(void)
{
	slab_ops->flush_cpu(s);
}

static void bulk_take(void)
{
	must(kmem_cache_alloc_bulk(s, GFP_KERNEL, 5, objects + 1) == 5);
}

static void take_six(void)
{
	take(0, 6);
}

static void bulk_give(void)
{
	kmem_cache_free_bulk(s, 5, objects + 1);
}

/* ---- the table ---- */
static const struct rung {
	const char	*name;
	void		(*prepare)(void);
	void		(*step)(void);
	struct cost	cost;
	struct moved	moved[8];
	bool		afar;	/* the step counts its windows */
} rungs[] = {
	{ "alloc fast", take_first, take_second, { .u = 1 },
	  { { ALLOC_FASTPATH, 1 } } },
	{ "alloc, freelist read again", take_first, take_for_odd_node,
	  { .l = 1, .irqs = 1, .preempt = 1 }, { { ALLOC_SLOWPATH, 1 } } },
	{ "alloc, shared freelist", slab_with_remote_frees, take_next,
	  { .c = 1, .l = 1, .irqs = 1, .preempt = 1 },
	  { { ALLOC_SLOWPATH, 1 }, { ALLOC_REFILL, 1 } } },
	{ "alloc, CPU partial", one_on_chain, take_next,
	  { .c = 2, .l = 2, .irqs = 2, .preempt = 1 },
	  { { ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	    { CPU_PARTIAL_ALLOC, 1 } } },
	/* Two more, of the three there are, go to the chain. */
	{ "alloc, node partial", node_has_slabs, take_next,
	  { .c = 2, .l = 2 + 2, .n = 1, .irqs = 2 + 1, .preempt = 1 },
	  { { ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	    { ALLOC_FROM_PARTIAL, 1 }, { CPU_PARTIAL_NODE, 2 } } },
	{ "alloc, new slab", take_slab, take_next,
	  { .c = 1, .l = 2, .a = 2, .p = 1, .irqs = 2, .preempt = 2 },
	  { { ALLOC_SLOWPATH, 1 }, { DEACTIVATE_BYPASS, 1 },
	    { ALLOC_SLAB, 1 } } },
	{ "alloc, the first", nothing, take_next,
	  { .l = 1, .a = 2, .p = 1, .irqs = 1, .preempt = 2 },
	  { { ALLOC_SLOWPATH, 1 }, { ALLOC_SLAB, 1 } } },
	{ "alloc bulk", take_first, bulk_take,
	  { .l = 1, .irqs = 1, .preempt = 1 },
	  { { ALLOC_FASTPATH, 5 } } },
	{ "free fast", take_first, free_first, { .u = 1 },
	  { { FREE_FASTPATH, 1 } } },
	{ "free a: frozen", take_slab, free_from_afar, { .c = 1 },
	  { { FREE_SLOWPATH, 1 }, { FREE_FROZEN, 1 } }, .afar = true },
	{ "free b: partial", one_on_chain, free_second, { .c = 1 },
	  { { FREE_SLOWPATH, 1 } } },
	{ "free c: full", two_slabs, free_first,
	  { .c = 1, .l = 1, .irqs = 1 },
	  { { FREE_SLOWPATH, 1 }, { CPU_PARTIAL_FREE, 1 } } },
	{ "free c, drain", full_chain, one_more_on_chain,
	  { .c = 1, .l = 1, .n = 1, .irqs = 2, .preempt = 1 },
	  { { FREE_SLOWPATH, 1 }, { CPU_PARTIAL_FREE, 1 },
	    { CPU_PARTIAL_DRAIN, 1 }, { FREE_ADD_PARTIAL, 3 } } },
	{ "free c, drain, two empty", full_chain_with_empties,
	  one_more_on_chain, { .c = 1, .l = 1, .n = 1, .a = 2 * 2, .p = 2,
			       .irqs = 2, .preempt = 1 },
	  { { FREE_SLOWPATH, 1 }, { CPU_PARTIAL_FREE, 1 },
	    { CPU_PARTIAL_DRAIN, 1 }, { FREE_ADD_PARTIAL, 1 },
	    { DEACTIVATE_EMPTY, 2 }, { FREE_SLAB, 2 } } },
	{ "free d: discard", listed, free_last_of_first,
	  { .c = 1, .n = 1, .a = 2, .p = 1, .irqs = 1, .preempt = 1 },
	  { { FREE_SLOWPATH, 1 }, { FREE_REMOVE_PARTIAL, 1 },
	    { FREE_SLAB, 1 } } },
	{ "free bulk, one exchange a group", take_six, bulk_give, { .u = 1 },
	  { { FREE_FASTPATH, 5 } } },
	{ "free bulk, of another slab", two_slabs, bulk_give,
	  { .c = 1, .l = 1, .irqs = 1 }, { { FREE_SLOWPATH, 1 },
	    { CPU_PARTIAL_FREE, 1 } } },
	/* One window more looks for a chain. */
	{ "deactivate to a list", take_first, flush,
	  { .c = 1, .l = 1 + 1, .n = 1, .irqs = 2 + 1, .preempt = 1 },
	  { { CPUSLAB_FLUSH, 1 }, { DEACTIVATE_TO_HEAD, 1 } } },
};

/* A cache of its own, whose node's counters are watched. */
static void climb(void *arg)
{
	const struct rung *rung = arg;
	const struct kmem_cache_node *n;
	bool wrong;

	s = kmem_cache_create("cost", SIZE, 0, SLAB_NO_MERGE, NULL);
	must(s);
	per_slab = s->lay.oo.objects;
	chain = s->lay.cpu_partial_slabs;
	/* Spec 2.3's table, 2 CPUs. */
	must(per_slab == 16 && chain == 3 && (chain + 2) * per_slab < MOST);
	n = get_node(s, 0);
	machine_count_atomics(&n->nr_slabs, sizeof(n->nr_slabs) +
			      sizeof(n->total_objects));
	rung->prepare();
	measure_pages();
	begin();
	if (!rung->afar)
		windows_begin();
	rung->step();
	if (!rung->afar)
		windows_end();
	wrong = costs_differ(rung->name, &rung->cost);
	wrong |= counters_differ(rung->name, rung->moved);
	must(!wrong);
}

static void each_rung_costs_what_the_spec_says(void **state)
{
	/* Before any CPU runs. */
	lock_stat_enable();
	for (unsigned i = 0; i < ARRAY_SIZE(rungs); i++)
		emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
			/* a batch of pages that no rung fills */
			.memory_bytes = 512 << 20 }, climb,
			(void *)&rungs[i]);
}

TEST_MAIN(cmocka_unit_test(each_rung_costs_what_the_spec_says))
