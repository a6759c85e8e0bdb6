/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lock, or one counter, and every CPU: take, hold, release, wait, as ARM's
 * lockhammer does (synchronization-benchmarks, its options --cpu_acquires,
 * --critical, --parallel). With the lock the policy "lock" is what is measured.
 * It reports the wall time of an acquisition, system-wide: that of the phase,
 * over the acquisitions of all CPUs.
 */
#include "workloads/workload.h"

enum { KEY_OP, KEY_CRITICAL, KEY_PARALLEL };
enum { LOCK, FETCH_ADD };
enum { OP_ACQUIRE };

static struct {
	spinlock_t	lock;
} hammered cacheline_aligned;

static struct {
	u64		sum;
} counter cacheline_aligned;

static const char *setup(struct run *run)
{
	spin_lock_init(&hammered.lock, LOCK_CLASS_NONE);
	return NULL;
}

static void teardown(struct run *run)
{
	u64 acquired = 0;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		acquired += run->workers[cpu].ops[OP_ACQUIRE].count;
	if (acquired)
		run_figure_milli(run, "wall_ns_per_acquisition",
				 run->phase_ns[0] * 1000 / acquired);
}

static void wait_ns(struct worker *w, unsigned key)
{
	u64 ns = run_key(w->run, key);

	if (ns)
		ndelay(ns);
}

/*
 * A fair lock keeps the order of the first arrivals for ever. Off a barrier
 * that order would be the CPUs', neighbours after neighbours; threads of a real
 * machine start at random.
 */
static void start_at_random(struct worker *w)
{
	enum { APART_NS = 1000 };

	ndelay(rng_below(&w->rng, APART_NS * w->run->nr_cpus));
}

static bool loop(struct worker *w)
{
	u64 t;

	if (!w->ops[OP_ACQUIRE].count)
		start_at_random(w);
	t = op_begin(w, OP_ACQUIRE);
	if (run_key(w->run, KEY_OP) == FETCH_ADD) {
		__atomic_fetch_add(&counter.sum, 1, __ATOMIC_SEQ_CST);
		op_end(w, OP_ACQUIRE, t);
		wait_ns(w, KEY_CRITICAL);
	} else {
		spin_lock(&hammered.lock);
		op_end(w, OP_ACQUIRE, t);
		wait_ns(w, KEY_CRITICAL);
		spin_unlock(&hammered.lock);
	}
	wait_ns(w, KEY_PARALLEL);
	return true;
}

static const char *const ops[] = { "lock", "fetch_add", NULL };

static const struct workload_key keys[] = {
	[KEY_OP] = { "op", KEY_ENUM, "lock", 0, 0, ops,
		     "a spinlock, or an atomic add to one word" },
	[KEY_CRITICAL] = { "critical", KEY_TIME, "0ns", 0, 1000000000, NULL,
			   "how long the lock is held" },
	[KEY_PARALLEL] = { "parallel", KEY_TIME, "0ns", 0, 1000000000, NULL,
			   "how long a CPU computes between two" },
	{ 0 },
};

const struct workload workload_lockhammer = {
	.name		= "lockhammer",
	.summary	= "one lock or counter hammered by every CPU",
	.keys		= keys,
	.ops		= { "acquire" },
	.phases		= { { "loop", loop, 1 } },
	.loops		= 1000,
	.setup		= setup,
	.teardown	= teardown,
};
