/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated CPU whose events go on but which neither waits nor lets others
 * run is named after two seconds of virtual time; one that comes back is not.
 * test_soft_lockup.c has those without events.
 */
#include "cpus/boot.h"
#include "cpus/smp.h"
#include "tests/test.h"

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }

/* Dear: or two seconds would take as long of the host's time. */
static const struct cost_profile dear = { .name = "dear", .of = {
	NS(plain_ns, 400), NS(l1_ns, 400), NS(l2_ns, 400), NS(l3_ns, 400),
	NS(dram_local_ns, 400), NS(dram_remote_ns, 400), NS(rmw_ns, 400),
	NS(fence_ns, 400), NS(pause_ns, 400), NS(clock_ns, 400),
	NS(c2c_smt_ns, 400), NS(c2c_l3_ns, 400), NS(c2c_package_ns, 400),
	NS(c2c_cross_ns, 400), NS(fill_ns, 1), NR(streak_nr, 32),
	NR(misses_nr, 10), NR(stream_mbps, 6400),
	NR(stream_remote_mbps, 6400), NS(ipi_send_ns, 400),
	NS(ipi_deliver_ns, 700), NS(ipi_deliver_cross_ns, 700),
	NS(irq_entry_ns, 300), NS(irq_exit_ns, 100) } };

static u32 set_by_nobody;

static noinline void poll_without_relaxing(void *arg)
{
	while (!READ_ONCE(set_by_nobody))
		;
}

static noinline void walk_for_ever(void *arg)
{
	struct list_head head, entry, *at;

	head.next = head.prev = &head;
	list_add(&entry, &head);
	entry.next = &entry;		/* deleted and added again, say */
	for (at = head.next; at != &head; at = READ_ONCE(at->next))
		;
}

static noinline void compute_with_irqs_off(void *arg)
{
	preempt_disable();
	local_irq_disable();
	for (;;)
		ndelay(1000);
}

static void lose_to(void *fn)
{
	task_join(task_create(1, "lost", (void (*)(void *))fn, NULL));
}

static void names_lockup(void (*fn)(void *arg), const char *text)
{
	emulate(&(struct emulation){ .cpus = 2, .expect_text = text,
		.profile = &dear, .topology = "l3:1 core:2 pu:1",
		.expect_exit = 70 }, lose_to, (void *)fn);
}

static void who_makes_events_for_ever_is_named(void **state)
{
	names_lockup(poll_without_relaxing, "] watchdog: BUG: soft lockup - "
		     "CPU#1 stuck for 2s! [lost:");
	names_lockup(poll_without_relaxing,
		     "] RIP: 0010:poll_without_relaxing+0x");
	names_lockup(poll_without_relaxing, "]  task_main+0x");
	names_lockup(poll_without_relaxing, "\nsim: CPU 1 has not scheduled "
		     "for 2000 ms of virtual time: lost/");
	names_lockup(walk_for_ever, ", at walk_for_ever+0x");
	names_lockup(compute_with_irqs_off, "]  compute_with_irqs_off+0x");
}

#define SECOND	1000000000UL

static void compute_for_almost_two_seconds(void)
{
	for (unsigned i = 0; i < 19; i++)
		ndelay(SECOND / 10);
}

static void ask_for_others(void)
{
	cond_resched();
}

static void could_sleep(void)
{
	might_sleep();
}

static void sleep_and_wake(void)
{
	schedule_timeout_ns(5 * SECOND);
}

static void wait_a_bit(void)
{
	cpu_relax_until(sched_clock() + 5 * SECOND);
}

static void compute_and_come_back(void *arg)
{
	void (*come_back)(void) = arg;

	for (unsigned i = 0; i < 4; i++) {
		compute_for_almost_two_seconds();
		come_back();
	}
}

static void nothing(void *info)
{
}

/* CPU 1 has nothing to do but this, and CPU 0 sleeps in between. */
static void interrupt_who_idles(void *arg)
{
	for (unsigned i = 0; i < 4; i++) {
		schedule_timeout_ns(3 * SECOND);
		smp_call_function_single(1, nothing, NULL, true);
	}
}

static void who_comes_back_is_not(void **state)
{
	static void (*const come_back[])(void) = {
		ask_for_others, could_sleep, sleep_and_wake, wait_a_bit,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(come_back); i++)
		emulate(&(struct emulation){ .cpus = 1 },
			compute_and_come_back, (void *)come_back[i]);
	emulate(&(struct emulation){ .cpus = 2 }, interrupt_who_idles, NULL);
}

TEST_MAIN(cmocka_unit_test(who_makes_events_for_ever_is_named),
	  cmocka_unit_test(who_comes_back_is_not))
