/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spinlocks: every member of the family, statistics, the order check. */
#include "tests/test.h"

#include "cpus/boot.h"

static const struct lock_ops *const family[] = {
	&lock_ticket, &lock_qspinlock,
};

enum {
	CLASS_SLEEPER = LOCK_CLASS_KERNEL,
	CLASS_OUTER,
	CLASS_INNER,
	CLASS_PEER,		/* of the rank of CLASS_INNER */
};

static const struct lock_class classes[] = {
	{ "sleeper", 5 }, { "outer", 10 }, { "inner", 20 }, { "peer", 20 },
};

/* Native machines of these tests have two CPUs, the host's. */
static unsigned nr_cpus(unsigned simulated)
{
	return machine_is_virtual() ? simulated : 2;
}

static unsigned nr_seeds(void)
{
	return machine_is_virtual() ? 100 : 1;
}

/* ---- mutual exclusion --------------------------------------------------- */
static const char until_it_fails[] = "many loops";

#define NR_STORES	10	/* as ck's validate.h */

static spinlock_t the_lock;
static u64 guarded[NR_STORES];	/* under the_lock: all equal */
static u64 nr_entered;		/* under the_lock */
static u64 nr_tried[NR_CPUS_MAX];

static void critical_section(struct rng *rng, unsigned cpu)
{
	u64 before = nr_entered;

	for (unsigned i = 0; i < NR_STORES; i++) {
		must(guarded[i] == 0);
		guarded[i] = cpu + 1;
		if (rng_chance(rng, 10))
			ndelay(rng_below(rng, 30));
	}
	for (unsigned i = 0; i < NR_STORES; i++) {
		must(guarded[i] == cpu + 1);
		guarded[i] = 0;
	}
	must(nr_entered == before);
	nr_entered = before + 1;
}

static void enter_often(void *arg, unsigned cpu)
{
	unsigned loops = machine_is_virtual() ? 40 : arg ? 5000000 : 20000;
	struct rng rng;
	bool flags;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	for (unsigned i = 0; i < loops; i++) {
		switch (rng_below(&rng, 4)) {
		case 0:
			if (!spin_trylock(&the_lock))
				continue;
			critical_section(&rng, cpu);
			spin_unlock(&the_lock);
			break;
		case 1:
			spin_lock_irqsave(&the_lock, flags);
			critical_section(&rng, cpu);
			spin_unlock_irqrestore(&the_lock, flags);
			break;
		default:
			spin_lock(&the_lock);
			critical_section(&rng, cpu);
			spin_unlock(&the_lock);
		}
		nr_tried[cpu]++;
		ndelay(rng_below(&rng, 50));
	}
}

static void all_enter(void *arg)
{
	u64 tried = 0;

	spin_lock_init(&the_lock, LOCK_CLASS_NONE);
	on_all_cpus(enter_often, arg);
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		tried += nr_tried[cpu];
	must(nr_entered == tried);
	must(!spin_is_locked(&the_lock));
	must(preempt_count() == 0);
}

static void one_cpu_at_a_time_is_inside(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(family); i++) {
		lock_ops = family[i];
		emulate(&(struct emulation){ .cpus = nr_cpus(6),
			.seeds = nr_seeds() }, all_enter, NULL);
	}
}

static void planted_lock_faults_are_caught(void **state)
{
	static const struct {
		const struct lock_ops	*ops;
		const char		*fault;
	} planted[] = {
		{ &lock_qspinlock, "lock_busted" },
		{ &lock_ticket, "ticket_early_unlock" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(planted); i++) {
		lock_ops = planted[i].ops;
		emulate(&(struct emulation){ .cpus = nr_cpus(6), .seeds = 1,
			.fault = planted[i].fault, .expect_exit = 70,
			.expect_text = "test_lock.c" }, all_enter,
			(void *)until_it_fails);
	}
}

static void enter_and_leave(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	for (unsigned i = 0; i < 1500; i++) {
		spin_lock(&the_lock);
		ndelay(rng_below(&rng, 40));
		spin_unlock(&the_lock);
		ndelay(rng_below(&rng, 200));
	}
}

static void all_enter_and_leave(void *arg)
{
	spin_lock_init(&the_lock, LOCK_CLASS_NONE);
	on_all_cpus(enter_and_leave, NULL);
}

/* A waiter that nobody wakes: only sim can say that it waits for ever. */
static void planted_queue_faults_hang(void **state)
{
	static const char *const faults[] = {
		"mcs_link_first", "mcs_no_late_next",
	};

	if (!machine_is_virtual()) {
		test_skip("a lost wake-up hangs a native machine");
		return;
	}
	lock_ops = &lock_qspinlock;
	for (unsigned i = 0; i < ARRAY_SIZE(faults); i++)
		emulate(&(struct emulation){ .cpus = 4, .seeds = 5,
			.fault = faults[i], .expect_exit = 70 },
			all_enter_and_leave, NULL);
	emulate(&(struct emulation){ .cpus = 4, .seeds = 5 },
		all_enter_and_leave, NULL);
}

/* ---- order of service --------------------------------------------------- */
static unsigned served[64];
static unsigned nr_served;	/* under the_lock */

/* CPU i arrives at i * 2 us, all while CPU 0 holds the lock. */
static void arrive_in_turn(void *arg, unsigned cpu)
{
	ndelay(cpu * 2000);
	spin_lock(&the_lock);
	served[nr_served++] = cpu;
	if (cpu == 0)
		ndelay(nr_cpu_ids * 2000 + 1000);
	ndelay(10);
	spin_unlock(&the_lock);
}

static void all_arrive(void *arg)
{
	spin_lock_init(&the_lock, LOCK_CLASS_NONE);
	on_all_cpus(arrive_in_turn, NULL);
	must(nr_served == nr_cpu_ids);
	for (unsigned i = 0; machine_is_virtual() && i < nr_served; i++)
		must(served[i] == i);
}

static void first_come_first_served(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(family); i++) {
		lock_ops = family[i];
		emulate(&(struct emulation){ .cpus = nr_cpus(16),
			.seeds = machine_is_virtual() ? 20 : 1 },
			all_arrive, NULL);
	}
}

/* ---- trylock ------------------------------------------------------------ */
static void try_once(void *arg, unsigned cpu)
{
	bool taken = spin_trylock(&the_lock);

	must(taken == (arg != NULL));
	if (taken)
		spin_unlock(&the_lock);
}

static void try_elsewhere(void *info)
{
	try_once(info, smp_processor_id());
}

static void held_then_free(void *arg)
{
	spin_lock_init(&the_lock, LOCK_CLASS_NONE);
	must(!spin_is_locked(&the_lock));
	spin_lock(&the_lock);
	must(spin_is_locked(&the_lock));
	must(lock_held(&the_lock));
	/* The other CPU answers while we hold a lock with interrupts on. */
	must(!smp_call_function_single(1, try_elsewhere, NULL, true));
	spin_unlock(&the_lock);
	must(!lock_held(&the_lock));
	must(!smp_call_function_single(1, try_elsewhere, &the_lock, true));
	must(spin_trylock(&the_lock));
	spin_unlock(&the_lock);
	must(preempt_count() == 0);
}

static void trylock_takes_a_free_lock_only(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(family); i++) {
		lock_ops = family[i];
		emulate(&(struct emulation){ .cpus = 2 }, held_then_free, NULL);
	}
}

/* ---- interrupts while waiting ------------------------------------------- */
#define MAX_DEPTH	7	/* more than MAX_NODES of qspinlock */

static spinlock_t nest_locks[MAX_DEPTH];
static u32 nest_depth[4];	/* atomics */

static void wait_at_next_depth(void)
{
	unsigned cpu = smp_processor_id();
	unsigned depth = __atomic_fetch_add(&nest_depth[cpu], 1,
					    __ATOMIC_SEQ_CST);

	must(depth < MAX_DEPTH);
	/* As no real handler would: so that the next can interrupt it. */
	local_irq_enable();
	spin_lock(&nest_locks[depth]);
	spin_unlock(&nest_locks[depth]);
	local_irq_disable();
}

static void enter_depth(unsigned cpu, unsigned depth)
{
	while (READ_ONCE(nest_depth[cpu]) != depth)
		cpu_relax();
	ndelay(5000);		/* it has begun to wait by now */
}

static void nest(void *arg, unsigned cpu)
{
	if (cpu) {
		/* The first is pending; who comes later queues, behind it or
		 * behind each other, and needs a node each time. */
		if (cpu > 1)
			enter_depth(cpu - 1, MAX_DEPTH);
		__atomic_fetch_add(&nest_depth[cpu], 1, __ATOMIC_SEQ_CST);
		spin_lock(&nest_locks[0]);
		spin_unlock(&nest_locks[0]);
		return;
	}
	for (unsigned i = 0; i < MAX_DEPTH; i++)
		spin_lock(&nest_locks[i]);
	for (unsigned other = 1; other < nr_cpu_ids; other++)
		for (unsigned depth = 1; depth <= MAX_DEPTH; depth++) {
			enter_depth(other, depth);
			if (depth < MAX_DEPTH)
				machine_kick(other, CPU_IRQ_DEVICE);
		}
	for (unsigned i = MAX_DEPTH; i-- > 0;)
		spin_unlock(&nest_locks[i]);
}

static void nest_and_enter(void *arg)
{
	for (unsigned i = 0; i < MAX_DEPTH; i++)
		spin_lock_init(&nest_locks[i], LOCK_CLASS_NONE);
	machine_set_device_handler(wait_at_next_depth);
	on_all_cpus(nest, NULL);
	for (unsigned i = 0; i < MAX_DEPTH; i++)
		must(!spin_is_locked(&nest_locks[i]));
	all_enter(NULL);
}

static void waits_nest_deeper_than_there_are_nodes(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(family); i++) {
		lock_ops = family[i];
		emulate(&(struct emulation){ .cpus = 4,
			.seeds = machine_is_virtual() ? 20 : 1 },
			nest_and_enter, NULL);
	}
}

/* ---- statistics --------------------------------------------------------- */
#define HOLD_NS		20000

static void contend_once(void *arg, unsigned cpu)
{
	static u32 held;

	if (cpu == 0) {
		spin_lock(&the_lock);
		WRITE_ONCE(held, 1);
		while (!machine_is_virtual() &&
		       !READ_ONCE(cpus[1]->own.nr_spinning))
			cpu_relax();
		ndelay(HOLD_NS);
	} else {
		while (!READ_ONCE(held))
			cpu_relax();
		spin_lock(&the_lock);
	}
	spin_unlock(&the_lock);
}

static void count(void *arg)
{
	struct lock_stat stat;

	lock_classes_register(classes, ARRAY_SIZE(classes));
	spin_lock_init(&the_lock, CLASS_OUTER);
	on_all_cpus(contend_once, NULL);
	lock_stat_read(CLASS_OUTER, &stat);
	must(stat.contended == 1 && stat.acquired == 0);
	must(stat.wait_ns_min == stat.wait_ns_max);
	must(stat.wait_ns_total == stat.wait_ns_max);
	if (machine_is_virtual())
		must(stat.wait_ns_max > HOLD_NS / 2 &&
		     stat.wait_ns_max < HOLD_NS + 2000);

	lock_stat_enable();
	lock_stat_reset();
	for (unsigned i = 0; i < 3; i++) {
		spin_lock(&the_lock);
		ndelay(i * 1000);
		spin_unlock(&the_lock);
	}
	lock_stat_read(CLASS_OUTER, &stat);
	must(stat.contended == 0 && stat.wait_ns_total == 0);
	must(stat.acquired == 3);
	must(stat.hold_ns_max >= 2000 && stat.hold_ns_total >= 3000);
	must(stat.hold_ns_total <= 3 * stat.hold_ns_max);
	lock_stat_read(CLASS_INNER, &stat);
	must(stat.acquired == 0);
}

static void waits_and_holds_are_counted(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, count, NULL);
}

static u64 events_of_locking(void)
{
	struct machine_stat before, after;

	machine_stat_read(&before);
	for (unsigned i = 0; i < 100; i++) {
		spin_lock(&the_lock);
		spin_unlock(&the_lock);
	}
	machine_stat_read(&after);
	return after.events - before.events;
}

static void compare_events(void *arg)
{
	u64 with, without, counted;

	spin_lock_init(&the_lock, LOCK_CLASS_NONE);
	with = events_of_locking();
	lock_checks_enable(false);
	without = events_of_locking();
	lock_stat_enable();
	counted = events_of_locking();
	must(with == without && counted == without);
	must(!machine_is_virtual() || without >= 200);
}

static void checks_and_statistics_are_free_in_virtual_time(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, compare_events, NULL);
}

/* ---- the order check ---------------------------------------------------- */
static spinlock_t outer, inner, inner2, peer, unnamed;
static struct mutex sleeper;

static void init_locks(void)
{
	lock_classes_register(classes, ARRAY_SIZE(classes));
	spin_lock_init(&outer, CLASS_OUTER);
	spin_lock_init(&inner, CLASS_INNER);
	spin_lock_init(&inner2, CLASS_INNER);
	spin_lock_init(&peer, CLASS_PEER);
	spin_lock_init(&unnamed, LOCK_CLASS_NONE);
	mutex_init(&sleeper, CLASS_SLEEPER);
}

static void take_outer(void)
{
	spin_lock(&outer);
	spin_unlock(&outer);
}

static unanalysed void in_order(void *arg)
{
	init_locks();
	mutex_lock(&sleeper);
	spin_lock(&outer);
	spin_lock(&inner);
	/* Out of order, but a trylock cannot deadlock. */
	must(spin_trylock(&peer));
	spin_unlock(&peer);
	spin_lock(&unnamed);
	spin_unlock(&outer);		/* not the innermost: legal */
	spin_unlock(&unnamed);
	spin_unlock(&inner);
	mutex_unlock(&sleeper);
	/* An interrupt does not inherit the order of what it interrupts. */
	machine_set_device_handler(take_outer);
	spin_lock(&inner);
	machine_kick(smp_processor_id(), CPU_IRQ_DEVICE);
	ndelay(50000);
	cpu_poll();
	spin_unlock(&inner);
}

static unanalysed void same_class(void *arg)
{
	init_locks();
	spin_lock(&inner);
	spin_lock(&inner2);
	spin_unlock(&inner2);
	spin_unlock(&inner);
}

static unanalysed void smaller_rank(void *arg)
{
	init_locks();
	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static unanalysed void same_rank(void *arg)
{
	init_locks();
	spin_lock(&inner);
	spin_lock(&peer);
	spin_unlock(&peer);
	spin_unlock(&inner);
}

static unanalysed void mutex_under_spinlock(void *arg)
{
	init_locks();
	spin_lock(&outer);
	mutex_lock(&sleeper);
	mutex_unlock(&sleeper);
	spin_unlock(&outer);
}

static unanalysed void unlock_twice(void *arg)
{
	init_locks();
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&outer);
	must(!spin_is_locked(&outer));
	must(preempt_count() == 0);
}

static unanalysed void lock_twice(void *arg)
{
	init_locks();
	spin_lock(&unnamed);
	spin_lock(&unnamed);
	spin_unlock(&unnamed);
	must(spin_is_locked(&unnamed));
	spin_unlock(&unnamed);
	must(!spin_is_locked(&unnamed));
	must(preempt_count() == 0);
}

static void first_report_only(void *arg)
{
	same_class(NULL);
	smaller_rank(NULL);
	must(nr_kernel_bugs() == 1);
	lock_checks_enable(true);
	smaller_rank(NULL);
	must(nr_kernel_bugs() == 2);
}

static void locks_out_of_order_are_reported(void **state)
{
	static const struct {
		void		(*fn)(void *arg);
		const char	*text;
	} cases[] = {
		{ same_class, "WARNING: possible recursive locking detected" },
		{ smaller_rank,
		  "WARNING: possible circular locking dependency detected" },
		{ same_rank,
		  "WARNING: possible circular locking dependency detected" },
		{ same_class, " (inner){+.+.}-{2:2}, at: " },
		{ same_class, "1 lock held by " },
		{ mutex_under_spinlock, "[ BUG: Invalid wait context ]" },
		{ unlock_twice, "WARNING: bad unlock balance detected!" },
		{ lock_twice, "BUG: spinlock recursion on CPU#0, " },
		{ first_report_only, "recursive locking" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
			.expect_text = cases[i].text }, cases[i].fn, NULL);
}

static void locks_in_order_are_not(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, in_order, NULL);
}

TEST_MAIN(
	cmocka_unit_test(one_cpu_at_a_time_is_inside),
	cmocka_unit_test(planted_lock_faults_are_caught),
	cmocka_unit_test(planted_queue_faults_hang),
	cmocka_unit_test(first_come_first_served),
	cmocka_unit_test(trylock_takes_a_free_lock_only),
	cmocka_unit_test(waits_nest_deeper_than_there_are_nodes),
	cmocka_unit_test(waits_and_holds_are_counted),
	cmocka_unit_test(checks_and_statistics_are_free_in_virtual_time),
	cmocka_unit_test(locks_out_of_order_are_reported),
	cmocka_unit_test(locks_in_order_are_not),
)
