/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvfree_rcu() into sheaves (slub spec 3S.4, 6), with both engines that have
 * them: collected, waited for, and put where the spec says, by the counters.
 */
#include "mm/kvfree_rcu.h"
#include "mm/sheaf.h"
#include "mm/vmalloc.h"
#include "tests/kernel.h"
#include "tests/slab_counts.h"
#include "tests/test.h"

#define SIZE	1024

static const struct slab_ops *const engines[] = { &slab_layered,
						  &slab_sheaves };
static void *objects[400];
static unsigned capacity;

static void run(const struct emulation *emulation, void (*fn)(void *arg))
{
	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		slab_ops = engines[i];
		emulate(emulation, fn, NULL);
	}
	slab_ops = &slab_slub;
}

static void create(void)
{
	const struct kmem_cache_args asks = { .sheaf_capacity = 12 };

	s = __kmem_cache_create_args("collected", SIZE, &asks, SLAB_NO_MERGE);
	must(s && s->sheaves);
	capacity = s->sheaf_capacity;
	must(capacity == 12);
}

static void take(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		must((objects[i] = kmem_cache_alloc(s, GFP_KERNEL)));
}

static void give(unsigned first, unsigned nr)
{
	for (unsigned i = first; i < first + nr; i++)
		kvfree_call_rcu((struct rcu_head *)objects[i], objects[i]);
}

static struct kvfree_rcu_stat batched(void)
{
	struct kvfree_rcu_stat stat;

	kvfree_rcu_stat_read(&stat);
	return stat;
}

/* ---- where they go ---- */
static void collect_some(void *arg)
{
	struct node_barn *barn;

	create();
	barn = get_barn(s);
	take(0, 4 * capacity);
	must(this_cpu_ptr(s->sheaves->cpu)->spare);
	note_counts();
	/* The empty spare is for them, no object is freed. */
	give(0, 1);
	must(!this_cpu_ptr(s->sheaves->cpu)->spare);
	MOVED({ FREE_RCU_SHEAF, 1 });
	must(this_cpu_ptr(s->sheaves->cpu)->rcu_free->size == 1);
	give(1, capacity - 2);
	MOVED({ FREE_RCU_SHEAF, capacity - 2 });
	slab_audit();
	kvfree_rcu_audit();
	/* The last one makes it RCU's; then it is the barn's, as it is. */
	give(capacity - 1, 1);
	must(!this_cpu_ptr(s->sheaves->cpu)->rcu_free);
	rcu_barrier();
	MOVED({ FREE_RCU_SHEAF, 1 }, { BARN_PUT, 1 });
	must(barn->nr_full == 1);
	must(batched().kmalloc_noted + batched().chained == 0);
	slab_audit();
	/* Neither spare nor barn has an empty one: a new one.
	 * What is collected and never full is flushed by who waits for it. */
	give(capacity, 3);
	MOVED({ FREE_RCU_SHEAF, 3 }, { SHEAF_ALLOC, 1 });
	kvfree_rcu_barrier();
	must(!this_cpu_ptr(s->sheaves->cpu)->rcu_free);
	must(barn->nr_full == 1);
	must(slub_stat_of(s, SHEAF_FLUSH) == was[SHEAF_FLUSH] + 3);
	slab_audit();
	give(capacity + 3, 3 * capacity - 3);
	kmem_cache_destroy(s);
}

/* Readers hold everything back: nothing of it is anywhere else. */
static void wait_for_readers(void *arg)
{
	create();
	take(0, capacity);
	rcu_read_lock();
	give(0, capacity);
	must(!get_barn(s)->nr_full);
	for (unsigned i = 0; i < capacity; i++)
		must(kvfree_rcu_has(objects[i]));
	rcu_read_unlock();
	rcu_barrier();
	must(get_barn(s)->nr_full == 1);
	for (unsigned i = 0; i < capacity; i++)
		must(!kvfree_rcu_has(objects[i]));
	kmem_cache_destroy(s);
}

/* Ten full ones are enough: the rest goes to slabs, its sheaf to the barn. */
static void overfill_the_barn(void *arg)
{
	struct node_barn *barn;
	unsigned empty;

	create();
	barn = get_barn(s);
	take(0, 12 * capacity);
	for (unsigned i = 0; i < 10; i++) {
		give(i * capacity, capacity);
		rcu_barrier();
	}
	must(barn->nr_full == MAX_FULL_SHEAVES);
	give(10 * capacity, capacity - 1);
	empty = barn->nr_empty;
	note_counts();
	give(11 * capacity - 1, 1);
	rcu_barrier();
	must(barn->nr_full == MAX_FULL_SHEAVES);
	must(barn->nr_empty == empty + 1);
	must(slub_stat_of(s, BARN_PUT_FAIL) == was[BARN_PUT_FAIL] + 1);
	must(slub_stat_of(s, SHEAF_FLUSH) == was[SHEAF_FLUSH] + capacity);
	slab_audit();
	give(11 * capacity, capacity);
	kmem_cache_destroy(s);
}

/* Who interrupts the one that has the sheaves locked falls back to blocks. */
static void collect_while_locked(void *arg)
{
	struct slub_percpu_sheaves *pcs;

	create();
	take(0, 1);
	note_counts();
	pcs = pcs_trylock(s);
	give(0, 1);
	pcs_unlock(pcs);
	MOVED({ FREE_RCU_SHEAF_FAIL, 1 });
	must(batched().kmalloc_noted + batched().chained == 1);
	kmem_cache_destroy(s);
}

/* Large kmalloc and vmalloc have no cache; another node's are batched. */
static void give_what_has_no_sheaf(void *arg)
{
	void *large = kmalloc(10000, GFP_KERNEL);
	void *area = (void *)vmalloc(PAGE_SIZE);

	create();
	objects[0] = kmem_cache_alloc_node(s, GFP_KERNEL, 1);
	must(large && area && objects[0]);
	note_counts();
	give(0, 1);
	kvfree_call_rcu(NULL, large);
	kvfree_call_rcu(NULL, area);
	MOVED({ FREE_RCU_SHEAF, 0 });
	kvfree_rcu_barrier();
	must(vmalloc_nr_pages() == 0);
	must(batched().kmalloc_noted + batched().vmalloc_noted +
	     batched().chained == 3);
	kmem_cache_destroy(s);
}

static void each_step_moves_its_counters(void **state)
{
	const struct emulation one = { .kernel = 1 };

	run(&one, collect_some);
	run(&one, wait_for_readers);
	run(&one, overfill_the_barn);
	run(&one, collect_while_locked);
	run(&(struct emulation){ .kernel = 1, .cpus = 2, .nodes = 2 },
	    give_what_has_no_sheaf);
}

/* ---- all CPUs ---- */
#define NR_SLOTS	8

static u64 *slots[NR_SLOTS];
static u32 writers_left;

static void read_slot(struct rng *rng)
{
	u64 *p, generation;

	rcu_read_lock();
	p = rcu_dereference(slots[rng_below(rng, NR_SLOTS)]);
	if (p) {
		generation = READ_ONCE(p[4]);
		ndelay(rng_below(rng, 500));
		must(READ_ONCE(p[4]) == generation);
		must(READ_ONCE(p[SIZE / 8 - 1]) == generation);
	}
	rcu_read_unlock();
}

static void replace_slot(struct rng *rng, u64 generation)
{
	u64 *p = kmem_cache_alloc(s, GFP_KERNEL), *old;

	must(p);
	WRITE_ONCE(p[4], generation);
	WRITE_ONCE(p[SIZE / 8 - 1], generation);
	old = __atomic_exchange_n(&slots[rng_below(rng, NR_SLOTS)], p,
				  __ATOMIC_ACQ_REL);
	if (old)
		kvfree_call_rcu((struct rcu_head *)old, old);
}

static void read_or_replace(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	for (u64 i = 1; cpu < 2 && i < 600; i++) {
		replace_slot(&rng, i << 8 | cpu);
		if (rng_chance(&rng, 1))
			kvfree_rcu_barrier();
		if (rng_chance(&rng, 1))
			kmem_cache_shrink(s);
		cond_resched();
	}
	if (cpu < 2)
		__atomic_fetch_sub(&writers_left, 1, __ATOMIC_RELEASE);
	while (cpu >= 2 && smp_load_acquire(&writers_left)) {
		read_slot(&rng);
		cond_resched();
	}
}

static void readers_and_writers(void *arg)
{
	create();
	writers_left = 2;
	on_all_cpus(read_or_replace, NULL);
	must(slub_stat_of(s, FREE_RCU_SHEAF) > 0);
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (slots[i])
			kvfree_call_rcu((struct rcu_head *)slots[i], slots[i]);
	kmem_cache_destroy(s);
}

static void readers_keep_what_they_have(void **state)
{
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .seeds = 12 },
	    readers_and_writers);
	run(&(struct emulation){ .kernel = 1, .cpus = 4, .nodes = 2,
	    .seeds = 6 }, readers_and_writers);
}

/* ---- planted faults ---- */
static void fill_one(void *arg)
{
	create();
	take(0, capacity);
	give(0, capacity);
	rcu_barrier();
	slab_audit();
}

static void planted_faults_are_caught(void **state)
{
	run(&(struct emulation){ .kernel = 1, .fault = "sheaf_rcu_stays",
	    .expect_exit = 6, .expect_text = "invariant I22" }, fill_one);
	run(&(struct emulation){ .kernel = 1, .fault = "sheaf_rcu_too_early",
	    .expect_exit = 6, .expect_text = "invariant I20" }, fill_one);
	run(&(struct emulation){ .kernel = 1, .fault = "sheaf_rcu_lost",
	    .expect_exit = 6, .expect_text = "invariant I13" }, fill_one);
}

TEST_MAIN(cmocka_unit_test(each_step_moves_its_counters),
	  cmocka_unit_test(readers_keep_what_they_have),
	  cmocka_unit_test(planted_faults_are_caught))
