/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fibers on the test's own thread: registers, stacks, guard page. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpus/fiber.h"
#include "tests/test.h"

#define NR_FIBERS	5
#define NR_ROUNDS	1000

static struct fiber *home, *fibers[NR_FIBERS];
static unsigned trace[NR_FIBERS * NR_ROUNDS], nr_trace;

/* Keeps more live values over the switch than there are registers to save. */
static void count_main(void *arg)
{
	unsigned self = (unsigned)(uintptr_t)arg;
	uint64_t a = self, b = a * 3, c = a * 5, d = a * 7, e = a * 11;
	uint64_t f = a * 13, g = a * 17, h = a * 19, round;
	double x = self;

	for (round = 0; ; round++) {
		assert_int_equal(b - a * 2, a);
		assert_int_equal(c + d + e + f + g + h, (5 + 7 + 11 + 13 + 17 +
							19) * a);
		assert_true(x == (double)(self + round));
		x += 1;
		a++;
		b += 3;
		c += 5;
		d += 7;
		e += 11;
		f += 13;
		g += 17;
		h += 19;
		trace[nr_trace++] = self;
		fiber_switch(fibers[self], self + 1 < NR_FIBERS ?
			     fibers[self + 1] : home);
	}
}

static void switching_keeps_every_context(void **state)
{
	unsigned i;

	(void)state;
	home = fiber_adopt_thread();
	for (i = 0; i < NR_FIBERS; i++)
		fibers[i] = fiber_create(FIBER_STACK_SIZE, count_main,
					 (void *)(uintptr_t)i);
	for (i = 0; i < NR_ROUNDS; i++)
		fiber_switch(home, fibers[0]);
	assert_int_equal(nr_trace, NR_FIBERS * NR_ROUNDS);
	for (i = 0; i < nr_trace; i++)
		assert_int_equal(trace[i], i % NR_FIBERS);
	for (i = 0; i < NR_FIBERS; i++)
		fiber_destroy(fibers[i]);
	fiber_destroy(home);
}

static struct fiber *prober;
static char *probe;
static uintptr_t misaligned;

static void probe_main(void *arg)
{
	char here __attribute__((aligned(16)));

	probe = &here;
	/* A function may assume this of its stack; the compiler did. */
	misaligned = (uintptr_t)&here % 16 +
		     ((uintptr_t)__builtin_frame_address(0) % 16);
	for (;;)
		fiber_switch(prober, home);
}

static void a_fiber_runs_on_its_own_stack(void **state)
{
	char here, *low, *high;

	(void)state;
	home = fiber_adopt_thread();
	prober = fiber_create(FIBER_STACK_SIZE, probe_main, NULL);
	fiber_switch(home, prober);
	assert_true(fiber_on_stack(prober, probe));
	assert_true(fiber_on_stack(home, &here));
	assert_false(fiber_on_stack(home, probe));
	assert_false(fiber_on_stack(prober, &here));
	assert_int_equal(misaligned, 0);
	fiber_stack_bounds(prober, &low, &high);
	assert_true((size_t)(high - low) >= FIBER_STACK_SIZE);
	assert_true(probe >= low && probe < high);
	assert_true(high - probe < 8192);
	fiber_destroy(prober);
	fiber_destroy(home);
}

/* Off the end of the stack is a fault, not somebody else's memory. */
static void the_page_below_a_stack_is_guarded(void **state)
{
	char *low, *high;
	int status;
	pid_t pid;

	(void)state;
	prober = fiber_create(FIBER_STACK_SIZE, probe_main, NULL);
	fiber_stack_bounds(prober, &low, &high);
	low[0] = 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		low[-1] = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
	fiber_destroy(prober);
}

/* Frames with what a sanitizer puts around an array. */
static void leave_amid_frames(void *arg)
{
	volatile char line[64];

	for (unsigned i = 0; i < sizeof(line); i++)
		line[i] = 0;
	for (;;)
		fiber_switch(prober, home);
}

/* The next fiber's memory may be that of one that was left in the midst. */
static void a_fiber_may_lie_where_another_lay(void **state)
{
	(void)state;
	home = fiber_adopt_thread();
	for (unsigned i = 0; i < 100; i++) {
		prober = fiber_create(FIBER_STACK_SIZE, leave_amid_frames,
				      NULL);
		fiber_switch(home, prober);
		fiber_destroy(prober);
	}
	fiber_destroy(home);
}

TEST_MAIN(cmocka_unit_test(switching_keeps_every_context),
	  cmocka_unit_test(a_fiber_runs_on_its_own_stack),
	  cmocka_unit_test(the_page_below_a_stack_is_guarded),
	  cmocka_unit_test(a_fiber_may_lie_where_another_lay))
