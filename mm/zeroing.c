/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Natively one call in ZERO_SAMPLE is timed and stands for the bytes of all
 * since the last. The host backs memory at its first touch, and may preempt: a
 * sample that took OUTLIER times as long a byte as this CPU's quickest is that,
 * not zeroing, and counts as the quickest.
 */
#include "mm/zeroing.h"

#define ZERO_SAMPLE	16
#define OUTLIER		8

struct zeroing {
	u64	calls;
	u64	bytes;		/* since the last timed call, it included */
	u64	least;		/* ps a KiB; 0: none timed yet */
};

static DEFINE_PER_CPU(struct zeroing, zeroing);

static void account_sample(struct zeroing *z, u64 ns, size_t size)
{
	u64 rate = (ns << 10) * 1000 / size;

	if (!z->least || rate < z->least)
		z->least = max_t(u64, rate, 1);
	if (rate > OUTLIER * z->least)
		rate = z->least;
	cpu_account(CPU_TIME_ZEROING, (rate * z->bytes >> 10) / 1000);
	z->bytes = 0;
}

static void zero_sampled(void *p, size_t size)
{
	struct zeroing *z = this_cpu_ptr(&zeroing);
	u64 start;

	z->bytes += size;
	if (z->calls++ % ZERO_SAMPLE) {
		machine_memset(p, 0, size);
		return;
	}
	start = sched_clock();
	machine_memset(p, 0, size);
	account_sample(z, sched_clock() - start, size);
}

static void zero_timed(void *p, size_t size)
{
	u64 start = sched_clock();

	machine_memset(p, 0, size);
	cpu_account(CPU_TIME_ZEROING, sched_clock() - start);
}

void zero_memory(void *p, size_t size)
{
	unsigned was = op_part_enter(OP_ZEROING);

	if (machine_is_virtual())
		zero_timed(p, size);
	else
		zero_sampled(p, size);
	op_part_leave(was);
}
