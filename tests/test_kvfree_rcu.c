/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvfree_rcu: nothing is freed while a reader may have it, everything is freed
 * once and in time, by way of blocks, chains and waiting callers.
 */
#include "mm/kvfree_rcu.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "tests/kernel.h"
#include "tests/test.h"

#define BLOCK	507	/* pointers, slub spec 3.8 */
#define TICK	4000000UL

struct thing {
	u64		generation;
	struct rcu_head	rcu;
	u64		same;	/* as generation, while it is alive */
};

static struct kvfree_rcu_stat stats(void)
{
	struct kvfree_rcu_stat stat;

	kvfree_rcu_stat_read(&stat);
	return stat;
}

/* ---- readers ---- */
#define NR_SLOTS	4

static struct thing *slots[NR_SLOTS];
static struct kmem_cache *things;
static u32 writers_left;

static void read_slots(struct rng *rng)
{
	struct thing *thing;
	u64 generation;

	rcu_read_lock();
	thing = rcu_dereference(slots[rng_below(rng, NR_SLOTS)]);
	if (thing) {
		generation = READ_ONCE(thing->generation);
		ndelay(rng_below(rng, 2000));
		must(READ_ONCE(thing->generation) == generation);
		must(READ_ONCE(thing->same) == generation);
	}
	rcu_read_unlock();
}

static void write_slot(struct rng *rng, u64 generation, unsigned slot)
{
	struct thing *thing = kmem_cache_alloc(things, GFP_KERNEL), *old;

	must(thing);
	WRITE_ONCE(thing->generation, generation);
	WRITE_ONCE(thing->same, generation);
	old = __atomic_exchange_n(&slots[slot], thing, __ATOMIC_ACQ_REL);
	if (rng_chance(rng, 50))
		kfree_rcu(old, rcu);
	else
		kfree_rcu_mightsleep(old);
}

/* The first two CPUs write, the others read. */
static void read_or_write(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	if (cpu > 1) {
		while (smp_load_acquire(&writers_left)) {
			read_slots(&rng);
			cond_resched();
		}
		return;
	}
	for (u64 i = 1; i < 2 * BLOCK; i++) {
		write_slot(&rng, i << 8 | cpu, rng_below(&rng, NR_SLOTS));
		cond_resched();
		if (rng_chance(&rng, 2))
			schedule_timeout_ns(TICK / 8);
	}
	__atomic_fetch_sub(&writers_left, 1, __ATOMIC_RELEASE);
}

static void read_and_write(void *arg)
{
	things = kmem_cache_create("things", sizeof(struct thing), 8, 0, NULL);
	must(things);
	writers_left = 2;
	on_all_cpus(read_or_write, NULL);
	for (unsigned i = 0; i < NR_SLOTS; i++)
		if (slots[i])
			kfree_rcu(slots[i], rcu);
	/* Waits for them. */
	kmem_cache_destroy(things);
}

static void readers_keep_what_they_have(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .kernel = 1, .seeds = 12 },
		read_and_write, NULL);
}

/* ---- everything is freed, once ---- */
static void give_one(struct rng *rng)
{
	static const size_t sizes[] = { 32, 200, 4096, 8192, 10000 };
	size_t size = sizes[rng_below(rng, ARRAY_SIZE(sizes))];
	bool far = rng_chance(rng, 40);
	struct thing *thing = far ? (struct thing *)vmalloc(size) :
				    kmalloc(size, GFP_KERNEL);

	must(thing);
	if (rng_chance(rng, 50))
		kvfree_rcu(thing, rcu);
	else
		kvfree_rcu_mightsleep(thing);
}

static void give_many(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 8 + cpu);
	for (unsigned i = 0; i < 700; i++) {
		give_one(&rng);
		if (rng_chance(&rng, 10))
			cond_resched();
		if (rng_chance(&rng, 1))
			schedule_timeout_ns(TICK);
		if (cpu == 3 && rng_chance(&rng, 1))
			kvfree_rcu_barrier();
	}
}

static u64 large_and_vmalloc_pages(void)
{
	return global_node_page_state(NR_LARGE_KMALLOC) + vmalloc_nr_pages();
}

static void give_and_wait(void *arg)
{
	u64 before = large_and_vmalloc_pages();
	struct kvfree_rcu_stat stat;

	on_all_cpus(give_many, NULL);
	kvfree_rcu_barrier();
	must(large_and_vmalloc_pages() == before);
	stat = stats();
	must(stat.kmalloc_noted + stat.vmalloc_noted + stat.chained +
	     stat.waited == 700 * nr_cpu_ids);
	must(stat.kmalloc_noted && stat.vmalloc_noted && stat.chained);
	must(!stat.waited);
}

static void all_kinds_are_freed(void **state)
{
	emulate(&(struct emulation){ .cpus = 4, .kernel = 1, .seeds = 12 },
		give_and_wait, NULL);
}

static void chain_one(void *arg)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	kvfree_rcu(thing, rcu);
	must(stats().chained == 1);
	kvfree_rcu_barrier();
}

/* The chained one has found no block: a worker takes five (spec 3.8). */
static void count_after_the_worker(void *arg)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	kvfree_rcu(thing, rcu);
	must(stats().blocks == 5);
	kvfree_rcu_barrier();
	must(stats().blocks == 5);
}

static void count_while_others_give(void *arg, unsigned cpu)
{
	struct kvfree_rcu_stat stat;

	if (cpu) {
		give_many(NULL, cpu);
		return;
	}
	for (unsigned i = 0; i < 20; i++) {
		stat = stats();
		must(stat.kmalloc_noted + stat.vmalloc_noted + stat.chained +
		     stat.waited <= 700 * nr_cpu_ids);
		schedule_timeout_ns(TICK / 8);
	}
}

static void count_on_one_cpu(void *arg)
{
	on_all_cpus(count_while_others_give, NULL);
	kvfree_rcu_barrier();
}

static void counts_can_be_read_at_any_time(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 },
		count_after_the_worker, NULL);
	emulate(&(struct emulation){ .cpus = 4, .kernel = 1, .seeds = 4 },
		count_on_one_cpu, NULL);
}

static void what_is_forgotten_is_seen(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1,
				     .fault = "kvfree_rcu_lose",
				     .expect_exit = 6,
				     .expect_text = "invariant I13" },
		chain_one, NULL);
}

static void give_areas(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		vaddr_t area = vmalloc(PAGE_SIZE);

		must(area);
		kvfree_rcu_mightsleep((void *)area);
	}
}

/* Ten pointers in a block that was used before. */
static void give_again(void *arg)
{
	for (unsigned i = 0; i < 6; i++) {
		give_areas(10);
		kvfree_rcu_barrier();
	}
}

static void freeing_twice_is_seen(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1,
				     .fault = "kvfree_rcu_twice",
				     .expect_exit = 6,
				     .expect_text = "invariant I4" },
		give_again, NULL);
}

/* ---- when ---- */

static void a_tick_for_507(void *arg)
{
	give_areas(BLOCK);
	must(vmalloc_nr_pages() == BLOCK);
	/* One until the monitor comes, and time for a grace period. */
	schedule_timeout_ns(TICK * (machine_is_virtual() ? 2 : 50));
	must(vmalloc_nr_pages() == 0);
	must(stats().vmalloc_noted == BLOCK && stats().blocks == 1);
	must(stats().batches <= 1);
}

static void a_full_block_is_drained_after_a_tick(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 }, a_tick_for_507,
		NULL);
}

static void five_seconds_for_506(void *arg)
{
	u64 begun = sched_clock();

	give_areas(BLOCK - 1);
	schedule_timeout_ns(begun + 5000000000UL - TICK - sched_clock());
	must(vmalloc_nr_pages() == BLOCK - 1 && stats().batches == 0);
	schedule_timeout_ns(3 * TICK);
	must(vmalloc_nr_pages() == 0);
}

static void less_is_drained_after_five_seconds(void **state)
{
	if (!machine_is_virtual()) {
		test_skip("five seconds of virtual time only");
		return;
	}
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 },
		five_seconds_for_506, NULL);
}

/* Two works: what comes while both wait for a reader waits for them. */
static u32 reader_entered, reader_may_leave;

static void hold_grace_periods(void *arg)
{
	rcu_read_lock();
	smp_store_release(&reader_entered, 1);
	while (!smp_load_acquire(&reader_may_leave))
		cpu_relax();
	rcu_read_unlock();
}

static void two_batches_in_flight(void *arg)
{
	struct task_struct *reader = task_create(1, "reader",
						 hold_grace_periods, NULL);

	while (!smp_load_acquire(&reader_entered))
		cpu_relax();
	for (unsigned i = 0; i < 4; i++) {
		give_areas(BLOCK);
		schedule_timeout_ns(2 * TICK);
	}
	must(stats().batches <= 2 && vmalloc_nr_pages() == 4 * BLOCK);
	/* A host under load may be late with the monitor. */
	must(stats().batches == 2 || !machine_is_virtual());
	smp_store_release(&reader_may_leave, 1);
	task_join(reader);
	kvfree_rcu_barrier();
	must(vmalloc_nr_pages() == 0);
}

static void at_most_two_batches_wait(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1 },
		two_batches_in_flight, NULL);
}

static void give_under_a_reader(void *arg)
{
	struct task_struct *reader = task_create(1, "reader",
						 hold_grace_periods, NULL);

	while (!smp_load_acquire(&reader_entered))
		cpu_relax();
	give_areas(BLOCK);
	schedule_timeout_ns(2 * TICK);
	smp_store_release(&reader_may_leave, 1);
	task_join(reader);
}

static void freeing_early_is_seen(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
				     .fault = "kvfree_rcu_no_wait",
				     .expect_exit = 6,
				     .expect_text = "invariant I20" },
		give_under_a_reader, NULL);
}

/* ---- without memory ---- */
static struct page *take_all_pages(void)
{
	struct page *list = NULL, *page;

	while ((page = alloc_pages(GFP_NOWAIT, 0))) {
		page->private = (u64)list;
		list = page;
	}
	return list;
}

static void no_page_for_a_block(void *arg)
{
	vaddr_t area = vmalloc(PAGE_SIZE), other = vmalloc(PAGE_SIZE);
	struct page *list, *next;
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	must(area && other && thing);
	list = take_all_pages();
	kvfree_rcu((struct thing *)other, rcu);
	kvfree_rcu(thing, rcu);
	must(vmalloc_nr_pages() == 2);
	kvfree_rcu_mightsleep((void *)area);
	must(vmalloc_nr_pages() == 1);
	/* Sleeps: others may give pages back meanwhile. */
	must(stats().chained == 2 && stats().waited == 1);
	kvfree_rcu_barrier();
	must(vmalloc_nr_pages() == 0);
	for (; list; list = next) {
		next = (struct page *)list->private;
		__free_pages(list, 0);
	}
}

static void without_pages_it_waits_or_chains(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1,
				     .memory_bytes = 32 << 20 },
		no_page_for_a_block, NULL);
}

/* ---- misuse ---- */
static void give_twice(void *arg)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	kvfree_rcu(thing, rcu);
	kvfree_rcu(thing, rcu);
	kvfree_rcu_barrier();
}

static void giving_twice_is_reported(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1, .expect_exit = 6,
				     .expect_text = "Double-freed call" },
		give_twice, NULL);
}

static void free_what_is_given(void *arg)
{
	struct thing *thing = kmalloc(sizeof(*thing), GFP_KERNEL);

	kvfree_rcu(thing, rcu);
	kfree(thing);
	/* The first of the CPU's list again. */
	must(kmalloc(sizeof(*thing), GFP_KERNEL) == thing);
}

static void an_object_given_is_not_handed_out(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1, .expect_exit = 6,
				     .expect_text = "while kvfree_rcu has it" },
		free_what_is_given, NULL);
}

static void sleep_in_atomic(void *arg)
{
	void *object = kmalloc(64, GFP_KERNEL);

	preempt_disable();
	kvfree_rcu_mightsleep(object);
	preempt_enable();
}

static void the_single_argument_form_may_sleep(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1, .expect_exit = 6,
				     .expect_text = "sleeping function called "
						    "from invalid context at "
						    "mm/kvfree_rcu.c" },
		sleep_in_atomic, NULL);
}

TEST_MAIN(cmocka_unit_test(readers_keep_what_they_have),
	  cmocka_unit_test(freeing_early_is_seen),
	  cmocka_unit_test(freeing_twice_is_seen),
	  cmocka_unit_test(all_kinds_are_freed),
	  cmocka_unit_test(counts_can_be_read_at_any_time),
	  cmocka_unit_test(what_is_forgotten_is_seen),
	  cmocka_unit_test(a_full_block_is_drained_after_a_tick),
	  cmocka_unit_test(less_is_drained_after_five_seconds),
	  cmocka_unit_test(at_most_two_batches_wait),
	  cmocka_unit_test(without_pages_it_waits_or_chains),
	  cmocka_unit_test(giving_twice_is_reported),
	  cmocka_unit_test(an_object_given_is_not_handed_out),
	  cmocka_unit_test(the_single_argument_form_may_sleep))
