/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects in batches, one by one or by the bulk calls (slub spec 1.5): what an
 * interrupt window for each object costs, and one for all.
 */
#include "mm/slab.h"
#include "workloads/keys.h"

enum { KEY_OBJECT_SIZE, KEY_BATCH, KEY_MODE, KEY_GFP, KEY_OBJECT_ALIGN };
enum { OP_ALLOC, OP_FREE };
enum { MODE_BULK, MODE_SINGLE };

#define BATCH_MAX	256

static struct kmem_cache *cache;	/* from setup to teardown */

static const char *setup(struct run *run)
{
	cache = kmem_cache_create("slab_bulk",
				  (unsigned)run_key(run, KEY_OBJECT_SIZE),
				  (unsigned)run_key(run, KEY_OBJECT_ALIGN),
				  SLAB_NO_MERGE, NULL);
	return cache ? NULL : "memory";
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

static bool loop(struct worker *w)
{
	bool bulk = run_key(w->run, KEY_MODE) == MODE_BULK;
	unsigned n = (unsigned)run_key(w->run, KEY_BATCH), got;
	gfp_t gfp = gfp_choice(run_key(w->run, KEY_GFP));
	void **objects = w->data;
	u64 t = op_begin(w, OP_ALLOC);

	got = bulk ? kmem_cache_alloc_bulk(cache, gfp, n, objects) :
		     take_all(gfp, n, objects);
	op_end_many(w, OP_ALLOC, t, n);
	if (unlikely(got < n))
		op_failed(w, OP_ALLOC);
	if (unlikely(!got))
		return false;
	t = op_begin(w, OP_FREE);
	if (bulk)
		kmem_cache_free_bulk(cache, got, objects);
	else
		give_all(got, objects);
	op_end_many(w, OP_FREE, t, got);
	return got == n;
}

static const char *const modes[] = { "bulk", "single", NULL };

static const struct workload_key keys[] = {
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "256", 8, 8192, NULL,
			      "bytes of an object" },
	[KEY_BATCH] = { "batch", KEY_UINT, "32", 1, BATCH_MAX, NULL,
			"objects at once" },
	[KEY_MODE] = { "mode", KEY_ENUM, "bulk", 0, 0, modes,
		       "bulk: kmem_cache_alloc_bulk and _free_bulk; single:\n"
		       "one by one" },
	[KEY_GFP] = GFP_KEY,
	[KEY_OBJECT_ALIGN] = { "align", KEY_POWER, "8", 8, PAGE_SIZE, NULL,
			       "alignment of an object, a power of 2" },
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
