/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A CPU that computes and never comes back is named, with its task and the
 * place where it is; on sim, where nobody else can go on, that is the end. One
 * that is only slow is not taken for it.
 */
#include <time.h>
#include <unistd.h>

#include "cpus/boot.h"
#include "tests/test.h"

#define MS	1000000UL

/* Neither an access nor a call: no event of the simulated machine. */
static noinline void compute_for_ever(void *arg)
{
	for (;;)
		__asm__ volatile("");
}

static void lose_a_cpu(void *arg)
{
	task_create(1, "lost", compute_for_ever, NULL);
	schedule_timeout_ns(soft_lockup_ns + 500 * MS);
}

/* Set before the machine runs: its timer then is as short. */
static void names(u64 ns, const char *text)
{
	soft_lockup_ns = ns;
	emulate(&(struct emulation){ .cpus = 2, .expect_text = text,
		.expect_exit = machine_is_virtual() ? 70 : 0 }, lose_a_cpu,
		NULL);
}

static void who_computes_for_ever_is_named(void **state)
{
	names(1000 * MS, "] watchdog: BUG: soft lockup - CPU#1 stuck for 1s! "
	      "[lost:");
#ifndef __SANITIZE_THREAD__
	/* It keeps signals back until the thread makes a call. */
	names(250 * MS, "] CPU: 1 UID: 0 PID: ");
	names(250 * MS, "] RIP: 0010:compute_for_ever+0x");
	names(250 * MS, "]  task_main+0x");
#endif
	if (!machine_is_virtual())
		return;
	names(200 * MS, "\nsim: CPU 1 makes no progress: no event in 0.2 s of "
	      "the host's processor time, at compute_for_ever+0x");
	names(200 * MS, "\nsim: CPU 1 makes no progress: no event in 0.4 s of "
	      "the host's processor time, at compute_for_ever+0x");
	names(200 * MS, " ns: lost/");	/* where all CPUs are */
}

static u64 processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (u64)now.tv_sec * 1000 * MS + (u64)now.tv_nsec;
}

/* A signal ends a sleep. */
static void starve(void *arg)
{
	for (unsigned i = 0; i < 60; i++)
		usleep(10000);
}

static void check_at_length(void *arg)
{
	u64 start;

	machine_quiet_begin();
	start = processor_ns();
	while (processor_ns() - start < 600 * MS)
		;
	machine_quiet_end();
}

/* Virtual time moves, or it does not: an access does without a switch. */
static void access_at_length(void *arg)
{
	static u64 word;
	u64 start = processor_ns();

	while (processor_ns() - start < 600 * MS)
		WRITE_ONCE(word, word + 1);
}

static void simulated_ones(void)
{
	static void (*const slow[])(void *arg) = {
		starve, check_at_length, access_at_length,
	};

	soft_lockup_ns = 200 * MS;
	for (unsigned i = 0; i < ARRAY_SIZE(slow); i++)
		emulate(&(struct emulation){ .cpus = 2,
				.absent_text = "soft lockup" }, slow[i], NULL);
}

/* ---- native CPUs that come back between two looks of the watchdog ---- */
#define LOOK_MS		250
#define NR_LOOKS	6	/* without a sign, and it is reported */

static u32 nr_looks;	/* atomic */

static void count_look(void)
{
	__atomic_fetch_add(&nr_looks, 1, __ATOMIC_RELAXED);
}

/* Until one look, not the first, has seen no sign. Sleeps, which the watchdog
 * cannot know, so that a busy host lets it come back in time. */
static void compute_for_a_look(void)
{
	u32 first = READ_ONCE(nr_looks);

	while (READ_ONCE(nr_looks) - first < 2)
		usleep(5000);
}

static void nap(void)
{
	schedule_timeout_ns(MS);
}

static void say_so(void)
{
	machine_note_progress();
}

/* Long enough were it not for the signs; CPU 0 idles. */
static void compute_and_come_back(void *arg, unsigned cpu)
{
	static void (*const signs[])(void) = { cpu_relax, nap, say_so };

	for (unsigned i = 0; cpu && i < NR_LOOKS + 1; i++) {
		compute_for_a_look();
		signs[cpu - 1]();
	}
}

static void come_back(void *arg)
{
	on_all_cpus(compute_and_come_back, NULL);
	must(READ_ONCE(nr_looks) > 2 * NR_LOOKS);
}

static void native_ones(void)
{
	machine_set_heartbeat(count_look);
	soft_lockup_ns = NR_LOOKS * LOOK_MS * MS;
	emulate(&(struct emulation){ .cpus = 4,
			.absent_text = "soft lockup" }, come_back, NULL);
}

static void who_is_slow_is_not(void **state)
{
	if (machine_is_virtual())
		simulated_ones();
	else
		native_ones();
}

TEST_MAIN(cmocka_unit_test(who_computes_for_ever_is_named),
	  cmocka_unit_test(who_is_slow_is_not))
