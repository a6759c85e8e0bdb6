/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Objects allocated on one CPU and freed on the next: each loop every CPU
 * allocates a batch, all meet, and each frees what its left neighbour has
 * allocated. With one CPU the frees are local.
 */
#include "mm/slab.h"
#include "workloads/keys.h"

enum { KEY_OBJECT_SIZE, KEY_BATCH, KEY_GFP, KEY_NODE };
enum { OP_KMALLOC, OP_KFREE };

static void prepare(struct worker *w)
{
	w->data = w->run->alloc(run_key(w->run, KEY_BATCH) * sizeof(void *));
}

static bool loop(struct worker *w)
{
	struct run *run = w->run;
	unsigned left = (w->cpu + run->nr_cpus - 1) % run->nr_cpus;
	u64 size = run_key(run, KEY_OBJECT_SIZE);
	u64 batch = run_key(run, KEY_BATCH);
	gfp_t gfp = gfp_choice(run_key(run, KEY_GFP));
	int node = node_choice(run_key(run, KEY_NODE));
	void **mine = w->data, **theirs;
	bool ok = true;

	for (u64 i = 0; i < batch; i++) {
		u64 t = op_begin(w, OP_KMALLOC);

		mine[i] = kmalloc_node(size, gfp, node);
		op_end(w, OP_KMALLOC, t);
		if (unlikely(!mine[i])) {
			op_failed(w, OP_KMALLOC);
			ok = false;
		}
	}
	run_barrier(run);
	theirs = run->workers[left].data;
	for (u64 i = 0; i < batch; i++) {
		u64 t = op_begin(w, OP_KFREE);

		kfree(theirs[i]);
		op_end(w, OP_KFREE, t);
	}
	return ok;
}

static const struct workload_key keys[] = {
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "256", 1, 4 << 20, NULL,
			      "bytes of an object" },
	[KEY_BATCH] = { "batch", KEY_UINT, "64", 1, 1 << 16, NULL,
			"objects of each CPU in one loop" },
	[KEY_GFP] = GFP_KEY,
	[KEY_NODE] = NODE_KEY(NULL),
	{ 0 },
};

const struct workload workload_slab_remote_free = {
	.name		= "slab_remote_free",
	.summary	= "kmalloc on one CPU, kfree on its neighbour",
	.keys		= keys,
	.ops		= { "kmalloc", "kfree" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 100,
	.lockstep	= true,
	.prepare	= prepare,
};
