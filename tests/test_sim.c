/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine: order by virtual time, one history a seed, what costs
 * time and what does not. This file is instrumented like the kernel: its
 * accesses are the events under test.
 */
#include <stdlib.h>

#include "cpus/boot.h"
#include "cpus/sim/arbiter.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#include <sys/mman.h>	/* its PROT_* are the host's */
#include <unistd.h>

/* What runs tell the test program: runs are child processes. */
struct told {
	u64	hash[4], events[4];
};

static struct told *shared_page(void)
{
	void *p = mmap(NULL, 2 * sizeof(struct told), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

/* ---- the heart ---- */
static unsigned nr_beats;

static void count_beat(void)
{
	nr_beats++;
}

#define ALIGNED_NS	1000000
#define BEAT_NS		250000000	/* of the host's time */
#define TURNS_NS	90000

/* No CPU's turn takes long, but all of them together do. */
static void let_host_time_pass(void)
{
	u64 start = sim_host_ns();

	while (sim_host_ns() - start < BEAT_NS)
		usleep(10000);
}

/* All have their own beat at one time, and then do 90 us of the 100 us to the
 * next. */
static void take_small_steps(void *arg, unsigned cpu)
{
	ndelay(ALIGNED_NS - now_quietly());
	for (unsigned i = 0; i < TURNS_NS; i++) {
		ndelay(1);
		if (cpu || i != 1000)
			continue;
		nr_beats = 0;
		let_host_time_pass();
	}
}

static void beat_meanwhile(void *arg)
{
	on_all_cpus(take_small_steps, NULL);
	must(sched_clock() < ALIGNED_NS + 100000);
	must(nr_beats);
}

static void the_heart_beats_while_many_take_turns(void **state)
{
	machine_set_heartbeat(count_beat);
	emulate(&(struct emulation){ .cpus = 8 }, beat_meanwhile, NULL);
}

/* ---- the winner tree ---- */
static u64 lowest_of(const u64 *keys, unsigned nr, unsigned but)
{
	u64 lowest = SIM_KEY_PARKED;
	unsigned i;

	for (i = 0; i < nr; i++)
		if (i != but && keys[i] < lowest)
			lowest = keys[i];
	return lowest;
}

static void the_tree_agrees_with_a_search(void **state)
{
	static const unsigned sizes[] = { 1, 2, 3, 7, 64, 100, 4096 };
	static u64 keys[4096];
	struct sim_tree tree;
	struct rng rng;
	unsigned s, i;

	rng_seed(&rng, 1);
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		unsigned nr = sizes[s];

		sim_tree_create(&tree, nr);
		for (i = 0; i < nr; i++)
			keys[i] = SIM_KEY_PARKED;
		for (i = 0; i < 2000; i++) {
			unsigned cpu = (unsigned)rng_below(&rng, nr);

			/* Few clocks: equal ones go by number. */
			keys[cpu] = rng_chance(&rng, 20) ? SIM_KEY_PARKED :
				    sim_key(rng_below(&rng, 5), cpu);
			assert_true(sim_tree_set(&tree, cpu, keys[cpu]) ==
				    lowest_of(keys, nr, cpu));
			assert_true(sim_tree_key(&tree, cpu) == keys[cpu]);
			assert_true(tree.keys[1] == lowest_of(keys, nr, nr));
		}
		free(tree.keys);
	}
}

/* ---- the queue of a line ---- */
#define NR_WAITERS	60
#define NR_PACKAGES	11	/* more than a queue has groups */

/* Of those that wait, and have arrived: the oldest, of one package or of all;
 * of a core that is not the given one, if it can be had. */
static struct sim_cpu *search(unsigned package, unsigned core, u64 now)
{
	struct sim_cpu *best = NULL;

	for (unsigned i = 0; i < NR_WAITERS; i++) {
		struct sim_cpu *cpu = &sim.cpus[i];

		if (!cpu->waits || sim_key_clock(cpu->arrived) > now ||
		    (package < NR_PACKAGES && cpu->package != package))
			continue;
		if (!best || (best->core == core) > (cpu->core == core) ||
		    ((best->core == core) == (cpu->core == core) &&
		     cpu->arrived < best->arrived))
			best = cpu;
	}
	return best;
}

static void check_picks(const struct line_queue *queue, struct rng *rng)
{
	const struct sim_cpu *last = &sim.cpus[rng_below(rng, NR_WAITERS)];
	struct sim_cpu *oldest = search(NR_PACKAGES, ~0u, ~0UL), *nearest;
	u64 now;

	if (!oldest) {
		assert_true(queue->oldest == ~0UL && !line_queue_late(queue));
		return;
	}
	now = sim_key_clock(oldest->arrived) + rng_below(rng, 300);
	assert_true(queue->oldest == oldest->arrived);
	assert_true(line_queue_late(queue)->waits);
	assert_ptr_equal(arbiter_fifo.pick(queue, last, now), oldest);
	nearest = search(last->package, last->core, now);
	oldest->passed_by = 0;
	assert_ptr_equal(arbiter_nearest.pick(queue, last, now),
			 nearest ? nearest : oldest);
	oldest->passed_by = sim.cost.streak;
	assert_ptr_equal(arbiter_nearest.pick(queue, last, now), oldest);
}

/* CPUs come with clocks ahead of others and leave in any order. */
static void a_queue_agrees_with_a_search(void **state)
{
	static struct sim_cpu all[NR_WAITERS];
	struct line_queue *queue;
	struct rng rng;

	rng_seed(&rng, 1);
	nr_cpu_ids = NR_WAITERS;
	sim.cpus = all;
	sim.cost.streak = 32;
	for (unsigned i = 0; i < NR_WAITERS; i++) {
		all[i].id = (u16)i;
		all[i].core = (u16)(i / 2);
		all[i].package = (u16)(i / 2 % NR_PACKAGES);
	}
	line_queues_create();
	queue = &line_queues[line_queue_take(1)];
	for (u64 step = 0; step < 20000; step++) {
		struct sim_cpu *cpu = &all[rng_below(&rng, NR_WAITERS)];

		if (cpu->waits) {
			line_queue_remove(queue, cpu);
		} else {
			cpu->arrived = sim_key(step + rng_below(&rng, 200),
					       cpu->id);
			line_queue_add(queue, cpu);
		}
		cpu->waits = !cpu->waits;
		check_picks(queue, &rng);
	}
	sim.cpus = NULL;
	nr_cpu_ids = 0;
}

/* ---- order ---- */
#define NR_STAMPS	400

static u64 stamps[8 * NR_STAMPS];
static u64 nr_stamps;

static void stamp(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < NR_STAMPS; i++) {
		u64 slot = __atomic_fetch_add(&nr_stamps, 1, __ATOMIC_RELAXED);

		stamps[slot] = now_quietly();
		ndelay(cpu * 7);
	}
}

static void stamps_are_in_order(void *arg)
{
	u64 i;

	on_all_cpus(stamp, NULL);
	must(nr_stamps == num_online_cpus() * NR_STAMPS);
	for (i = 1; i < nr_stamps; i++)
		must(stamps[i - 1] <= stamps[i]);
	must(stamps[nr_stamps - 1] > 1000);
}

static void accesses_happen_in_the_order_of_clocks(void **state)
{
	emulate(&(struct emulation){ .cpus = 8, .seeds = 20 },
		stamps_are_in_order, NULL);
}

static u32 mixed_lock;
static u64 mixed[4];

static void mix(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < 100; i++) {
		while (xchg(&mixed_lock, 1))
			cpu_relax();
		mixed[cpu % 4] += mixed[(cpu + 1) % 4] + 1;
		smp_store_release(&mixed_lock, 0);
		__atomic_fetch_add(&mixed[i % 4], cpu, __ATOMIC_RELAXED);
	}
}

static void mix_and_tell(void *arg)
{
	struct told *told = arg;
	u64 seed = test_seed();

	on_all_cpus(mix, NULL);
	synchronize_rcu();
	if (seed < 4) {
		told->hash[seed] = sim_trace_hash();
		told->events[seed] = nr_events();
	}
}

static void a_seed_is_a_history(void **state)
{
	struct told *told = shared_page();
	struct emulation e = { .cpus = 5, .nodes = 2, .seeds = 3 };

	if (getenv("SEED")) {
		test_skip("compares seeds");
		return;
	}
	emulate(&e, mix_and_tell, &told[0]);
	emulate(&e, mix_and_tell, &told[1]);
	assert_true(told[0].hash[1] != 0);
	assert_memory_equal(&told[0], &told[1], sizeof(*told));
	assert_true(told[0].hash[1] != told[0].hash[2]);
	assert_true(told[0].hash[2] != told[0].hash[3]);
}

/* ---- idling and time ---- */
static void sleep_a_little(void *arg, unsigned cpu)
{
	u64 start = sched_clock();

	schedule_timeout_ns(1000000 + cpu * 1000);
	must(sched_clock() - start >= 1000000 + cpu * 1000);
	must(sched_clock() - start < 1005000 + cpu * 1000);
}

static void sleep_on_all(void *arg)
{
	u64 events = nr_events();

	on_all_cpus(sleep_a_little, NULL);
	must(nr_events() - events < num_online_cpus() * 1000);
}

static void sleepers_wake_in_time(void **state)
{
	emulate(&(struct emulation){ .cpus = 16, .seeds = 3 }, sleep_on_all,
		NULL);
}

static u64 quiet_words[64];

static void be_quiet(void *arg)
{
	u64 start, events;
	unsigned i;

	start = now_quietly();
	events = nr_events();
	machine_quiet_begin();
	for (i = 0; i < 64; i++)
		__atomic_fetch_add(&quiet_words[i], i, __ATOMIC_SEQ_CST);
	machine_memset(quiet_words, 0, sizeof(quiet_words));
	ndelay(1000);
	machine_quiet_end();
	must(nr_events() - events < 10);
	must(now_quietly() - start < 10);

	start = now_quietly();
	for (i = 0; i < 64; i++)
		__atomic_fetch_add(&quiet_words[i], i, __ATOMIC_SEQ_CST);
	must(now_quietly() - start > 64 * 5);
}

static void quiet_costs_no_virtual_time(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, be_quiet, NULL);
}

static void move_much_memory(void *arg)
{
	char *memory = machine_direct_map + machine_nodes[0].start;
	u64 start = now_quietly();

	machine_memset(memory, 0x5a, 64000);
	/* 1000 lines of 1 ns, 10 bytes a nanosecond */
	must(now_quietly() - start >= 7400 && now_quietly() - start < 7403);
	machine_memcpy(memory + 64000, memory, 64000);
	must(memory[64000] == 0x5a && memory[127999] == 0x5a);
	must(!machine_memcmp(memory, memory + 64000, 64000));
	memory[5] = 1;
	machine_memmove(memory + 1, memory, 100);
	must(memory[6] == 1 && memory[5] == 0x5a);
	must(machine_memcmp(memory, memory + 64000, 64000) != 0);
}

static void bulk_memory_is_charged_by_bandwidth(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, move_much_memory, NULL);
}

static u64 bulk[16] cacheline_aligned;

static void wait_for_bulk(void *arg)
{
	while (!READ_ONCE(bulk[15]))
		cpu_relax();
}

static void clear_bulk(void *arg)
{
	struct task_struct *waiter = task_create(1, "waiter", wait_for_bulk,
						 NULL);

	ndelay(100000);
	machine_memset(bulk, 1, sizeof(bulk));
	task_join(waiter);
}

static void bulk_memory_wakes_spinners(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 5 }, clear_bulk,
		NULL);
}

/* ---- many CPUs ---- */
static u64 count;

static void add_some(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < 20; i++)
		__atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

static void count_on_all(void *arg)
{
	on_all_cpus(add_some, NULL);
	must(count == 20 * num_online_cpus());
}

static void machines_of_many_cpus_run(void **state)
{
	emulate(&(struct emulation){ .cpus = 256, .nodes = 4 }, count_on_all,
		NULL);
	emulate(&(struct emulation){ .cpus = 4096, .nodes = 8 }, count_on_all,
		NULL);
}

TEST_MAIN(cmocka_unit_test(the_heart_beats_while_many_take_turns),
	  cmocka_unit_test(the_tree_agrees_with_a_search),
	  cmocka_unit_test(a_queue_agrees_with_a_search),
	  cmocka_unit_test(accesses_happen_in_the_order_of_clocks),
	  cmocka_unit_test(a_seed_is_a_history),
	  cmocka_unit_test(sleepers_wake_in_time),
	  cmocka_unit_test(quiet_costs_no_virtual_time),
	  cmocka_unit_test(bulk_memory_is_charged_by_bandwidth),
	  cmocka_unit_test(bulk_memory_wakes_spinners),
	  cmocka_unit_test(machines_of_many_cpus_run))
