/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine's own speed, in events of all CPUs on one host core, by
 * the time that the process had on it. Beside each number of CPUs stands the
 * bare core, measured in the same process: a fiber switch, the winner tree and
 * a touch of the next CPU's state for each event, and nothing else. Goals are
 * ratios to it.
 *
 *	private: every CPU counts in lines of its own
 *	contended: all count in one word
 *	mixed: eight accesses to own lines, then one to a word of eight CPUs
 *	kmalloc: pairs of kmalloc(64) and kfree, on every CPU
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpus/boot.h"
#include "cpus/fiber.h"
#include "cpus/sim/schedule.h"
#include "mm/mm.h"
#include "mm/slab.h"

#define GROUP		8	/* CPUs that share a word */
#define bare_code	__attribute__((no_sanitize("thread")))

enum kind { BARE, PRIVATE, CONTENDED, MIXED, KMALLOC, NR_KINDS };

static const char *const kind_names[NR_KINDS] = {
	"bare core", "private", "contended", "mixed", "kmalloc + kfree",
};

/* What a process tells: events (kmalloc: pairs) a second, millions. */
struct speeds {
	double	of[NR_KINDS];
	double	events_of_pair;
};

/* Of a measurement: so many, and for each CPU so many that the making of its
 * task and the first touch of its stack are little of it. */
static u64 least_events = 1UL << 21, events_each = 1UL << 12;
static u64 nr_events;
static unsigned nr_cpus;
static struct speeds speeds;

static bare_code double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- the bare core ----------------------------------------------------- */
struct bare_cpu {
	u64	clock, rng, events;
	char	rest[232];
};

static struct bare_cpu *bare;

static struct fiber **bare_fibers, *bare_host;
static struct sim_tree bare_tree;
static u64 bare_left;
static unsigned bare_self;

static bare_code void bare_loop(void *arg)
{
	struct bare_cpu *me = arg;
	unsigned id = (unsigned)(me - bare);

	for (;;) {
		u64 key, next;

		me->events++;
		me->rng = me->rng * 6364136223846793005UL + 1;
		me->clock += 10 + (me->rng >> 60);
		if (!--bare_left)
			fiber_switch(bare_fibers[id], bare_host);
		key = sim_key(me->clock, id);
		next = sim_tree_set(&bare_tree, id, key);
		if (next < key) {
			bare_self = next & (NR_CPUS_MAX - 1);
			fiber_switch(bare_fibers[id], bare_fibers[bare_self]);
		}
	}
}

static bare_code double measure_bare(void)
{
	double start;
	unsigned i;

	bare = calloc(nr_cpus, sizeof(*bare));
	bare_fibers = calloc(nr_cpus, sizeof(*bare_fibers));
	must(bare && bare_fibers);
	sim_tree_create(&bare_tree, nr_cpus);
	for (i = 0; i < nr_cpus; i++) {
		bare[i].rng = i + 1;
		bare_fibers[i] = fiber_create(FIBER_STACK_SIZE, bare_loop,
					      &bare[i]);
		sim_tree_set(&bare_tree, i, sim_key(0, i));
	}
	bare_host = fiber_adopt_thread();
	bare_left = nr_events;
	start = now_s();
	fiber_switch(bare_host, bare_fibers[0]);
	return (double)nr_events / (now_s() - start) / 1e6;
}

/* ---- instrumented: what the CPUs do ------------------------------------ */
static struct own_line {
	u64	word[8];
} cacheline_aligned own_lines[NR_CPUS_MAX];

static struct shared_line {
	u64	word;
} cacheline_aligned shared_lines[NR_CPUS_MAX / GROUP];

static void count_privately(unsigned cpu, u64 events)
{
	u64 *word = own_lines[cpu].word;

	/* A load and a store each: the barrier keeps them. */
	for (u64 i = 0; i < events / 2; i++) {
		word[i % 8]++;
		barrier();
	}
}

static void count_together(unsigned cpu, u64 events)
{
	for (u64 i = 0; i < events; i++)
		__atomic_fetch_add(&shared_lines[0].word, 1, __ATOMIC_SEQ_CST);
}

static void count_both(unsigned cpu, u64 events)
{
	for (u64 i = 0; i < events / 9; i++) {
		count_privately(cpu, 8);
		__atomic_fetch_add(&shared_lines[cpu / GROUP].word, 1,
				   __ATOMIC_SEQ_CST);
	}
}

static void allocate(unsigned cpu, u64 pairs)
{
	for (u64 i = 0; i < pairs; i++) {
		void *p = kmalloc(64, GFP_KERNEL);

		must(p);
		kfree(p);
	}
}

static void (*const work[NR_KINDS])(unsigned cpu, u64 n) = {
	[PRIVATE] = count_privately, [CONTENDED] = count_together,
	[MIXED] = count_both, [KMALLOC] = allocate,
};

struct part {
	enum kind	kind;
	unsigned	cpu;
	u64		n;
};

static void do_part(void *arg)
{
	const struct part *part = arg;

	work[part->kind](part->cpu, part->n);
}

/* n on each CPU; returns events, and the seconds that they took. */
static u64 all_do(enum kind kind, u64 n, double *seconds)
{
	static struct part parts[NR_CPUS_MAX];
	static struct task_struct *tasks[NR_CPUS_MAX];
	struct machine_stat before, after;
	double start;
	unsigned i;

	machine_stat_read(&before);
	start = now_s();
	for (i = 0; i < nr_cpus; i++) {
		parts[i] = (struct part){ kind, i, n };
		tasks[i] = task_create(i, "bench", do_part, &parts[i]);
	}
	for (i = 0; i < nr_cpus; i++)
		task_join(tasks[i]);
	*seconds = now_s() - start;
	machine_stat_read(&after);
	return after.events - before.events;
}

static void measure_machine(void *arg)
{
	u64 n = nr_events / nr_cpus, events;
	double seconds;

	mm_init(&(struct mm_config){ 0 });
	for (enum kind kind = PRIVATE; kind < NR_KINDS; kind++) {
		u64 each = kind == KMALLOC ? max(n / 16, 1UL) : n;

		all_do(kind, max(each / 8, 1UL), &seconds);	/* warm up */
		events = all_do(kind, each, &seconds);
		if (kind == KMALLOC) {
			u64 pairs = each * nr_cpus;

			speeds.events_of_pair = (double)events / (double)pairs;
			events = pairs;
		}
		speeds.of[kind] = (double)events / seconds / 1e6;
	}
}

#define NS(name, ns)	[PROFILE_##name] = { (u64)((ns) * 1000), 0, "" }
#define NR(name, n)	[PROFILE_##name] = { n, 0, "" }

static const struct cost_profile profile = { .name = "bench", .of = {
	NS(plain_ns, 0.4), NS(l1_ns, 1), NS(l2_ns, 4), NS(l3_ns, 18),
	NS(dram_local_ns, 90), NS(dram_remote_ns, 140), NS(rmw_ns, 7),
	NS(fence_ns, 10), NS(pause_ns, 4), NS(clock_ns, 9),
	NS(c2c_smt_ns, 8), NS(c2c_l3_ns, 45), NS(c2c_package_ns, 45),
	NS(c2c_cross_ns, 120), NS(fill_ns, 10), NS(ack_ns, 0.5),
	NS(hold_ns, 8), NR(streak_nr, 32), NR(misses_nr, 10),
	NR(stream_mbps, 10000), NR(stream_remote_mbps, 6000),
	NS(ipi_send_ns, 100), NS(ipi_deliver_ns, 700),
	NS(ipi_deliver_cross_ns, 1200), NS(irq_entry_ns, 250),
	NS(irq_exit_ns, 200), NS(idle_wake_ns, 1000), NS(invlpg_ns, 100),
	NS(flush_ns, 400) } };

/* In a process of its own: one machine each. */
static void measure(void)
{
	struct topology_error why;
	char spec[80], error[256];
	unsigned *pus = calloc(nr_cpus, sizeof(*pus));
	struct machine_config config = { .pu_of_cpu = pus,
		.nr_cpus = nr_cpus, .seed = 1, .profile = &profile,
		.memory_bytes = 8UL << 30 };
	struct topology *topology;

	must(pus);
	for (unsigned i = 0; i < nr_cpus; i++)
		pus[i] = i;
	snprintf(spec, sizeof(spec), "pack:2 numa:1(memory=4GB) l3:2 core:%u "
		 "pu:1", nr_cpus / 4);
	speeds.of[BARE] = measure_bare();
	if (topology_create(&topology, TOPOLOGY_SYNTHETIC, spec, &why))
		must(!"a topology");
	config.topology = topology;
	if (machine_create(&config, error, sizeof(error))) {
		fprintf(stderr, "bench: %s\n", error);
		_exit(4);
	}
	machine_run(measure_machine, NULL);
}

static bool measured(unsigned nr, struct speeds *out)
{
	int ends[2], status;
	ssize_t got;
	pid_t child;

	nr_cpus = nr;
	nr_events = max(least_events, nr * events_each);
	must(!pipe(ends));
	child = fork();
	if (!child) {
		measure();
		_exit(write(ends[1], &speeds, sizeof(speeds)) !=
		      sizeof(speeds));
	}
	close(ends[1]);
	got = read(ends[0], out, sizeof(*out));
	close(ends[0]);
	return waitpid(child, &status, 0) == child && !status &&
		got == sizeof(*out);
}

/* ---- the table --------------------------------------------------------- */
static const unsigned sizes[] = { 64, 256, 1024, 4096 };
static unsigned nr_sizes = ARRAY_SIZE(sizes);

/* Of the bare core at 64 CPUs. It makes 70 M events/s where these are asked
 * for: 60 M private ones, 2 M pairs. */
static const double goals[NR_KINDS] = {
	[PRIVATE] = 60. / 70, [CONTENDED] = 0.3, [MIXED] = 0.3,
	[KMALLOC] = 2. / 70,
};

#define GROWTH_MAX	4.0	/* of an event's cost, 64 to 4096 CPUs */

static bool markdown;

/* Each run measures all sizes, one after the other. */
#define RUNS_MAX	5

static unsigned nr_runs = RUNS_MAX;
static struct speeds runs[RUNS_MAX][ARRAY_SIZE(sizes)];

static int by_value(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median_of(double (*value)(const struct speeds *run,
					unsigned size, enum kind kind),
			unsigned size, enum kind kind)
{
	double values[RUNS_MAX];

	for (unsigned run = 0; run < nr_runs; run++)
		values[run] = value(runs[run], size, kind);
	qsort(values, nr_runs, sizeof(values[0]), by_value);
	return values[nr_runs / 2];
}

static double speed(const struct speeds *run, unsigned size, enum kind kind)
{
	return run[size].of[kind];
}

static double of_bare(const struct speeds *run, unsigned size, enum kind kind)
{
	return run[size].of[kind] / run[size].of[BARE];
}

static double growth_to(const struct speeds *run, unsigned size, enum kind kind)
{
	return run[0].of[kind] / run[size].of[kind];
}

static void print_row(unsigned size, enum kind kind)
{
	double ratio = median_of(of_bare, size, kind);
	const char *verdict = "shown";
	char goal[16] = "-";

	if (size == 0 && goals[kind]) {
		snprintf(goal, sizeof(goal), "%.3f", goals[kind]);
		verdict = ratio >= goals[kind] ? "met" : "MISSED";
	}
	printf(markdown ? "| %u | %s | %.2f | %.3f | %s | %s |\n" :
	       "  %4u CPUs  %-18s %8.2f  %7.3f  %7s  %s\n", sizes[size],
	       kind_names[kind], median_of(speed, size, kind), ratio, goal,
	       verdict);
}

/* The bare core's is the host's. */
static void print_growth(enum kind kind)
{
	double growth = median_of(growth_to, nr_sizes - 1, kind);

	printf(markdown ? "| 64 to 4096 | %s costs so many times as much | | "
	       "%.2f | %.2f | %s |\n" :
	       "  64 to 4096 CPUs: %s costs %.2f times as much (at most %.2f)  "
	       "%s\n", kind_names[kind], growth, GROWTH_MAX,
	       kind == BARE ? "shown" :
	       growth <= GROWTH_MAX ? "met" : "MISSED");
}

static void print_table(void)
{
	printf(markdown ? "\n## The simulated machine on one host core\n\n"
	       "Medians of %u runs of all sizes.\n\n"
	       "| CPUs | events | M/s | of the bare core | at least | |\n"
	       "|---:|---|---:|---:|---:|---|\n" :
	       "\nThe simulated machine on one host core (medians of %u "
	       "runs)\n", nr_runs);
	if (!markdown)
		printf("%32s %8s  %7s  %7s\n", "", "M/s", "of bare", "least");
	for (unsigned size = 0; size < nr_sizes; size++)
		for (enum kind kind = BARE; kind < NR_KINDS; kind++)
			print_row(size, kind);
	for (enum kind kind = BARE; nr_sizes > 1 && kind < NR_KINDS; kind++)
		print_growth(kind);
}

/* bench.sim [--markdown] [--quick] */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		markdown |= !strcmp(argv[i], "--markdown");
		if (!strcmp(argv[i], "--quick")) {
			least_events = 1UL << 16;
			events_each = 1;
			nr_sizes = 1;
			nr_runs = 1;
		}
	}
	for (unsigned run = 0; run < nr_runs; run++)
		for (unsigned size = 0; size < nr_sizes; size++)
			if (!measured(sizes[size], &runs[run][size]))
				return 70;
	print_table();
	return 0;
}
