/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/slab_stress.h"

#include "cpus/boot.h"
#include "mm/kvfree_rcu.h"
#include "mm/slab_def.h"
#include "tests/test.h"

#define NR_SLOTS	64
#define NR_STEPS	400
#define NR_MINE		24

/* Objects on their way from CPU to CPU: whoever exchanges has them. */
static u64 *slots[NR_SLOTS];
static const unsigned sizes[] = { 8, 64, 192, 1024, 4096 };
static struct kmem_cache *caches[ARRAY_SIZE(sizes)];
static u64 nr_allocs[NR_CPUS_MAX], nr_irq_allocs[NR_CPUS_MAX];

/* First word: which cache and who made it. Others: the address. */
static u64 *make_object(unsigned which, gfp_t gfp, int node)
{
	u64 *p = kmem_cache_alloc_node(caches[which], gfp, node);

	if (!p)
		return NULL;
	for (unsigned w = 1; w < sizes[which] / 8; w += 7)
		p[w] = (u64)p + w;
	p[0] = which;
	return p;
}

static void free_object(u64 *p)
{
	unsigned which = (unsigned)p[0];

	must(which < ARRAY_SIZE(sizes));
	for (unsigned w = 1; w < sizes[which] / 8; w += 7)
		must(p[w] == (u64)p + w);
	kmem_cache_free(caches[which], p);
}

/* Where there are sheaves some go through those of RCU; else groups of them
 * would be freed, which count as one. */
static void free_somehow(u64 *p, struct rng *rng)
{
	if (slab_ops == &slab_slub || !rng_chance(rng, 10)) {
		free_object(p);
		return;
	}
	must(p[0] < ARRAY_SIZE(sizes));
	kvfree_call_rcu(NULL, p);
}

/* An interrupt allocates and frees in the caches it interrupts. */
static void device_interrupt(void)
{
	unsigned cpu = smp_processor_id();
	unsigned which = (unsigned)(nr_irq_allocs[cpu] % ARRAY_SIZE(sizes));
	u64 *p = make_object(which, GFP_ATOMIC, NUMA_NO_NODE);
	u64 *q = make_object(which, GFP_ATOMIC, NUMA_NO_NODE);

	must(p && q && p != q);
	nr_irq_allocs[cpu] += 2;
	free_object(p);
	p = xchg(&slots[cpu % NR_SLOTS], q);
	if (p)
		free_object(p);
}

static void stress_step(struct rng *rng, u64 **mine, unsigned cpu)
{
	u64 **slot = &slots[rng_below(rng, NR_SLOTS)];
	u64 **own = &mine[rng_below(rng, NR_MINE)];
	unsigned which = (unsigned)rng_below(rng, ARRAY_SIZE(sizes));
	int node = rng_chance(rng, 10) ?
		(int)rng_below(rng, machine_nr_nodes) : NUMA_NO_NODE;

	if (*own && rng_chance(rng, 50)) {
		/* To another CPU, and what was on its way comes here. */
		*own = xchg(slot, *own);
	} else if (*own) {
		free_somehow(*own, rng);
		*own = NULL;
	} else {
		*own = make_object(which, rng_chance(rng, 50) ? GFP_KERNEL :
				   GFP_ATOMIC, node);
		must(*own);
		nr_allocs[cpu]++;
	}
	if (rng_chance(rng, 30))
		machine_kick((unsigned)rng_below(rng, nr_cpu_ids),
			     CPU_IRQ_DEVICE);
	if (rng_chance(rng, 1))
		kmem_cache_shrink(caches[which]);
	cpu_poll();
}

static void stress_cpu(void *arg, unsigned cpu)
{
	u64 *mine[NR_MINE] = { NULL };
	struct rng rng;

	rng_seed(&rng, test_seed() * NR_CPUS_MAX + cpu);
	for (unsigned step = 0; step < NR_STEPS; step++)
		stress_step(&rng, mine, cpu);
	for (unsigned i = 0; i < NR_MINE; i++)
		if (mine[i])
			free_object(mine[i]);
}

u64 slab_stress_sum(enum stat_item item)
{
	u64 sum = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		sum += slub_stat_of(caches[i], item);
	return sum;
}

static void do_nothing(void *arg, unsigned cpu)
{
}

void slab_stress(void *arg)
{
	/* The even ones have small sheaves, if the engine has any. */
	static const struct kmem_cache_args args[2] = {
		{ .sheaf_capacity = 5 },
	};
	void (*identities)(u64 made, u64 live) = arg;
	u64 made = 0, live = 0;
	unsigned cpu;

	machine_set_device_handler(device_interrupt);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		caches[i] = __kmem_cache_create_args("stress", sizes[i],
						     &args[i % 2], 0);
	on_all_cpus(stress_cpu, NULL);
	/* Interrupts still on their way arrive; a task there then orders what
	 * they did before what is read here. */
	schedule_timeout_ns(1000000);
	kvfree_rcu_barrier();
	rcu_barrier();
	on_all_cpus(do_nothing, NULL);
	machine_set_device_handler(NULL);
	for_each_online_cpu(cpu)
		made += nr_allocs[cpu] + nr_irq_allocs[cpu];
	for (unsigned i = 0; i < NR_SLOTS; i++)
		live += slots[i] != NULL;
	identities(made, live);
	slab_audit();
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (slots[i])
			free_object(slots[i]);
	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		kmem_cache_destroy(caches[i]);
}

