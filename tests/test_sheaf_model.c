/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any history of all that a cache can be asked, against a set of what is out,
 * for caches with sheaves of every generation, and those without: one by one,
 * in bulk, from lent sheaves, from nodes, freed at once, later by RCU, and
 * shrunk meanwhile. What an object holds, to its last word, tells whose it is.
 */
#include "mm/kvfree_rcu.h"
#include "mm/sheaf.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define NR_STEPS	500
#define MAX_OUT		300
#define MAX_BATCH	40

static struct kmem_cache *cache;
static unsigned size;

struct out {
	u64	*objects[MAX_OUT];
	unsigned nr;
	u64	made;
};

/* ---- the model ---- */
static void enter(struct out *out, void *object, gfp_t gfp)
{
	u64 *p = object;

	must(p && out->nr < MAX_OUT);
	for (unsigned w = 0; w < size / 8; w++) {
		must(!(gfp & __GFP_ZERO) || !p[w]);
		p[w] = (u64)p * 3 + w;
	}
	out->objects[out->nr++] = p;
	out->made++;
}

/* One that is out, as it was written. */
static void *leave(struct out *out, struct rng *rng)
{
	unsigned i = (unsigned)rng_below(rng, out->nr);
	u64 *p = out->objects[i];

	for (unsigned w = 0; w < size / 8; w++)
		must(p[w] == (u64)p * 3 + w);
	out->objects[i] = out->objects[--out->nr];
	return p;
}

/* ---- the operations ---- */
static gfp_t any_gfp(struct rng *rng)
{
	gfp_t gfp = rng_chance(rng, 60) ? GFP_KERNEL : GFP_ATOMIC;

	return rng_chance(rng, 20) ? gfp | __GFP_ZERO : gfp;
}

static void alloc_one(struct out *out, struct rng *rng)
{
	gfp_t gfp = any_gfp(rng);
	int node = rng_chance(rng, 80) ? NUMA_NO_NODE :
		   (int)rng_below(rng, machine_nr_nodes);
	bool strict = node != NUMA_NO_NODE && rng_chance(rng, 50);
	void *p = kmem_cache_alloc_node(cache, strict ? gfp | __GFP_THISNODE :
					gfp, node);

	enter(out, p, gfp);
	must(!strict || slab_nid(page_slab(virt_to_head_page(p))) == node);
}

static void alloc_bulk(struct out *out, struct rng *rng)
{
	void *objects[MAX_BATCH];
	gfp_t gfp = any_gfp(rng);
	unsigned n = 1 + (unsigned)rng_below(rng, MAX_BATCH);

	must(kmem_cache_alloc_bulk(cache, gfp, n, objects) == n);
	while (n--)
		enter(out, objects[n], gfp);
}

static void alloc_from_sheaf(struct out *out, struct rng *rng)
{
	unsigned n = 1 + (unsigned)rng_below(rng, MAX_BATCH), used;
	struct slab_sheaf *sheaf;

	sheaf = kmem_cache_prefill_sheaf(cache, GFP_KERNEL, n);
	must(sheaf && sheaf->size >= n);
	used = (unsigned)rng_below(rng, n + 1);
	while (used--)
		enter(out, kmem_cache_alloc_from_sheaf(cache, GFP_ATOMIC,
						       sheaf), GFP_ATOMIC);
	kmem_cache_return_sheaf(cache, GFP_KERNEL, sheaf);
}

static void free_one(struct out *out, struct rng *rng)
{
	void *p = leave(out, rng);

	if (rng_chance(rng, 70))
		kmem_cache_free(cache, p);
	else
		kfree(p);
}

static void free_rcu(struct out *out, struct rng *rng)
{
	void *p = leave(out, rng);

	kvfree_call_rcu(size >= sizeof(struct rcu_head) &&
			rng_chance(rng, 50) ? p : NULL, p);
}

static void free_bulk(struct out *out, struct rng *rng)
{
	unsigned n = 1 + (unsigned)rng_below(rng, MAX_BATCH), i;
	void *objects[MAX_BATCH];

	n = min(n, out->nr);
	for (i = 0; i < n; i++)
		objects[i] = leave(out, rng);
	if (rng_chance(rng, 50))
		kmem_cache_free_bulk(cache, n, objects);
	else
		kfree_bulk(n, objects);
}

typedef void (*operation)(struct out *out, struct rng *rng);

static void step(struct out *out, struct rng *rng)
{
	static const operation takes[] = {
		alloc_one, alloc_one, alloc_one, alloc_bulk, alloc_from_sheaf,
	};
	static const operation gives[] = {
		free_one, free_one, free_one, free_rcu, free_bulk,
	};

	if (rng_chance(rng, 50) && out->nr + MAX_BATCH <= MAX_OUT)
		takes[rng_below(rng, ARRAY_SIZE(takes))](out, rng);
	else if (out->nr)
		gives[rng_below(rng, ARRAY_SIZE(gives))](out, rng);
	if (rng_chance(rng, 1))
		kmem_cache_shrink(cache);
	if (rng_chance(rng, 1) && rng_chance(rng, 30))
		kvfree_rcu_barrier();
	cond_resched();
}

/* ---- all CPUs ---- */
static struct out outs[8];

static void act(void *arg, unsigned cpu)
{
	struct out *out = &outs[cpu];
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	/* On sim a hundred seeds. */
	for (unsigned i = machine_is_virtual() ? 3 * NR_STEPS / 4 : 0;
	     i < NR_STEPS; i++)
		step(out, &rng);
}

static void do_nothing(void *arg, unsigned cpu)
{
}

/* Nothing is on its way any more, and what was done is seen here. */
static void come_to_rest(void)
{
	kvfree_rcu_barrier();
	rcu_barrier();
	flush_all_workqueues();
	on_all_cpus(do_nothing, NULL);
}

/* What is out is what is allocated: pages come back when all is given. */
static void history(void *arg)
{
	static const unsigned sizes[] = { 8, 64, 256, 1024, 4096 };
	const struct kmem_cache_args args = {
		.sheaf_capacity = test_seed() % 3 ? 12 : 0,
	};
	struct rng rng;

	rng_seed(&rng, test_seed());
	size = sizes[rng_below(&rng, ARRAY_SIZE(sizes))];
	cache = __kmem_cache_create_args("model", size, &args, SLAB_NO_MERGE);
	must(cache);
	on_all_cpus(act, NULL);
	come_to_rest();
	slab_audit();
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		while (outs[cpu].nr)
			kmem_cache_free(cache, leave(&outs[cpu], &rng));
	come_to_rest();
	slab_audit();
	must(!kmem_cache_shrink(cache));
	kmem_cache_destroy(cache);
}

static void run(const struct emulation *emulation)
{
	static const struct slab_ops *const engines[] = {
		&slab_sheaves, &slab_layered, &slab_slub,
	};

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		slab_ops = engines[i];
		emulate(emulation, history, NULL);
	}
}

static void agrees_with_the_model_on_one_cpu(void **state)
{
	run(&(struct emulation){ .kernel = 1, .seeds = 40 });
}

static void agrees_with_the_model_on_all_cpus(void **state)
{
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 20 });
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
	    .seeds = 20 });
}

static void links_are_hardened_and_random(void **state)
{
	kernel_config.slab_freelist_hardened = true;
	kernel_config.slab_freelist_random = true;
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 10 });
	kernel_config.slab_freelist_hardened = false;
	kernel_config.slab_freelist_random = false;
}

static void debugged_caches_agree(void **state)
{
	kernel_config.slab_debug = "FZPU,model";
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .seeds = 6 });
	kernel_config.slab_debug = NULL;
}

TEST_MAIN(cmocka_unit_test(agrees_with_the_model_on_one_cpu),
	  cmocka_unit_test(agrees_with_the_model_on_all_cpus),
	  cmocka_unit_test(links_are_hardened_and_random),
	  cmocka_unit_test(debugged_caches_agree))
