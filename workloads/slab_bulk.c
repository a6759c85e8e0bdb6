/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects in batches, one by one or by the bulk calls (slub spec 1.5): what an
 * interrupt window for each object costs, and one for all; or freed when RCU
 * lets them go (3.8, 3S.4). With sheaves of a capacity, where the kernel has
 * any (3S).
 */
#include "mm/kvfree_rcu.h"
#include "mm/slab.h"
#include "workloads/keys.h"

enum { KEY_OBJECT_SIZE, KEY_BATCH, KEY_MODE, KEY_GFP, KEY_OBJECT_ALIGN,
       KEY_SHEAF_CAPACITY };
enum { OP_ALLOC, OP_FREE };
enum { MODE_BULK, MODE_SINGLE, MODE_RCU };

#define BATCH_MAX	256

static struct kmem_cache *cache;	/* from setup to teardown */

static const char *setup(struct run *run)
{
	const struct kmem_cache_args args = {
		.align = (unsigned)run_key(run, KEY_OBJECT_ALIGN),
		.sheaf_capacity = (unsigned)run_key(run, KEY_SHEAF_CAPACITY),
	};

	cache = __kmem_cache_create_args("slab_bulk",
			(unsigned)run_key(run, KEY_OBJECT_SIZE), &args,
			SLAB_NO_MERGE);
	if (!cache)
		return "memory";
	run_figure(run, "sheaf_capacity", kmem_cache_sheaf_capacity(cache));
	return NULL;
}

static void teardown(struct run *run)
{
	kmem_cache_destroy(cache);
}

static void prepare(struct worker *w)
{
	w->data = w->run->alloc(BATCH_MAX * sizeof(void *));
}

static unsigned take_all(gfp_t gfp, unsigned n, void **objects)
{
	unsigned got;

	for (got = 0; got < n; got++) {
		objects[got] = kmem_cache_alloc(cache, gfp);
		if (unlikely(!objects[got]))
			break;
	}
	return got;
}

static void give_all(unsigned n, void **objects)
{
	for (unsigned i = 0; i < n; i++)
		kmem_cache_free(cache, objects[i]);
}

static void give_to_rcu(unsigned n, void **objects)
{
	for (unsigned i = 0; i < n; i++)
		kvfree_rcu_mightsleep(objects[i]);
}

static void give_back(u64 mode, unsigned n, void **objects)
{
	if (mode == MODE_BULK)
		kmem_cache_free_bulk(cache, n, objects);
	else if (mode == MODE_SINGLE)
		give_all(n, objects);
	else
		give_to_rcu(n, objects);
}

static bool loop(struct worker *w)
{
	u64 mode = run_key(w->run, KEY_MODE);
	unsigned n = (unsigned)run_key(w->run, KEY_BATCH), got;
	gfp_t gfp = gfp_choice(run_key(w->run, KEY_GFP));
	void **objects = w->data;
	u64 t = op_begin(w, OP_ALLOC);

	got = mode == MODE_BULK ?
		kmem_cache_alloc_bulk(cache, gfp, n, objects) :
		take_all(gfp, n, objects);
	op_end_many(w, OP_ALLOC, t, n);
	if (unlikely(got < n))
		op_failed(w, OP_ALLOC);
	if (unlikely(!got))
		return false;
	t = op_begin(w, OP_FREE);
	give_back(mode, got, objects);
	op_end_many(w, OP_FREE, t, got);
	return got == n;
}

static const char *const modes[] = { "bulk", "single", "rcu", NULL };

static const struct workload_key keys[] = {
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "256", 8, 8192, NULL,
			      "bytes of an object" },
	[KEY_BATCH] = { "batch", KEY_UINT, "32", 1, BATCH_MAX, NULL,
			"objects at once" },
	[KEY_MODE] = { "mode", KEY_ENUM, "bulk", 0, 0, modes,
		       "bulk: kmem_cache_alloc_bulk and _free_bulk; single:\n"
		       "one by one; rcu: that, freed by kvfree_rcu" },
	[KEY_GFP] = GFP_KEY,
	[KEY_OBJECT_ALIGN] = { "align", KEY_POWER, "8", 8, PAGE_SIZE, NULL,
			       "alignment of an object, a power of 2" },
	[KEY_SHEAF_CAPACITY] = { "sheaf_capacity", KEY_UINT, "0", 0, 500, NULL,
				 "objects of a CPU's sheaf that the cache\n"
				 "asks for (kernels 6.18 and 7.0)" },
	{ 0 },
};

const struct workload workload_slab_bulk = {
	.name		= "slab_bulk",
	.summary	= "batches of objects, by the bulk calls or one by one",
	.keys		= keys,
	.ops		= { "alloc", "free" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare,
	.teardown	= teardown,
};
