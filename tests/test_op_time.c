/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an operation's time: they are all of it, the innermost counts,
 * what another task does is not in them, and looking costs no virtual time.
 */
#include "mm/page_alloc.h"
#include "mm/vmalloc.h"
#include "tests/kernel.h"
#include "tests/sim_clock.h"
#include "tests/test.h"

#undef PROT_READ
#undef PROT_WRITE
#undef PROT_EXEC
#include <sys/mman.h>	/* its PROT_* are the host's */

#define LOCK_TESTED	LOCK_CLASS_KERNEL
#define HOLD_NS		20000
#define WORK_NS		2000

static struct op_time parts;
static spinlock_t lock;
static u32 is_held, is_wanted;

static u64 sum_of_parts(void)
{
	u64 sum = 0;

	for (unsigned i = 0; i < NR_OP_PARTS; i++)
		sum += parts.ns[i];
	return sum;
}

static void hold_for_a_while(void)
{
	spin_lock(&lock);
	WRITE_ONCE(is_held, 1);
	while (!READ_ONCE(is_wanted))
		cpu_relax();
	ndelay(HOLD_NS);
	spin_unlock(&lock);
}

/* Works, waits for the lock inside the "page allocator", works there. */
static void wait_inside(void)
{
	unsigned was;
	u64 start;

	while (!READ_ONCE(is_held))
		cpu_relax();
	op_time_begin(&parts);
	start = now_quietly();
	ndelay(WORK_NS);
	was = op_part_enter(OP_PAGE_ALLOC);
	WRITE_ONCE(is_wanted, 1);
	spin_lock(&lock);
	ndelay(WORK_NS);
	spin_unlock(&lock);
	op_part_leave(was);
	op_time_end(1);
	start = now_quietly() - start;

	must(!current->op_time && parts.operations == 1);
	must(parts.ns[OP_REST] >= WORK_NS);
	must(parts.ns[OP_PAGE_ALLOC] >= WORK_NS);
	must(parts.ns[OP_LOCK_WAIT + LOCK_TESTED] >= HOLD_NS / 4);
	must(sum_of_parts() <= start + 1000);
	if (!machine_is_virtual())
		return;
	must(sum_of_parts() == start);
	must(parts.ns[OP_PAGE_ALLOC] < 2 * WORK_NS);
	must(parts.ns[OP_LOCK_WAIT + LOCK_TESTED] < 2 * HOLD_NS);
}

static void on_cpu(void *arg, unsigned cpu)
{
	if (cpu == 0)
		hold_for_a_while();
	else
		wait_inside();
}

static void lock_inside_allocator(void *arg)
{
	spin_lock_init(&lock, LOCK_TESTED);
	on_all_cpus(on_cpu, NULL);
}

static void the_innermost_part_counts(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, lock_inside_allocator, NULL);
}

/* ---- the kernel's parts ---- */
struct look {
	bool	looks;
	u64	took;		/* the answer, in memory shared with the run */
};

static void look_at_vmalloc(void *arg)
{
	struct look *look = arg;
	u64 start = now_quietly();

	for (unsigned i = 0; i < 20; i++) {
		vaddr_t area;

		if (look->looks)
			op_time_begin(&parts);
		area = vzalloc(16 * PAGE_SIZE);
		must(area);
		vfree(area);
		if (look->looks)
			op_time_end(2);
	}
	look->took = now_quietly() - start;
	must(!current->op_time);
	if (!look->looks)
		return;
	must(parts.operations == 40);
	must(parts.ns[OP_PAGE_TABLES] && parts.ns[OP_ZEROING] &&
	     parts.ns[OP_PAGE_ALLOC] && parts.ns[OP_REST]);
	must(sum_of_parts() <= look->took);
}

static u64 time_of_vmalloc(bool looks)
{
	struct look *look = mmap(NULL, sizeof(*look), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u64 took;

	assert_true(look != MAP_FAILED);
	look->looks = looks;
	emulate(&(struct emulation){ .cpus = 1, .kernel = 1 },
		look_at_vmalloc, look);
	took = look->took;
	munmap(look, sizeof(*look));
	return took;
}

static void looking_costs_no_virtual_time(void **state)
{
	u64 seen = time_of_vmalloc(true), unseen = time_of_vmalloc(false);

	if (machine_is_virtual())
		assert_int_equal(seen, unseen);
}

TEST_MAIN(cmocka_unit_test(the_innermost_part_counts),
	  cmocka_unit_test(looking_costs_no_virtual_time))
