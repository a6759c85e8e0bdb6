/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bench's main: a native machine, all goals, a table. See bench.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cpus/boot.h"
#include "mm/mm.h"
#include "tests/bench/bench.h"
#include "tests/bench/bench_start.h"

#define REPETITIONS	31
#define MEMORY_BYTES	(1UL << 30)
#define GOALS_MAX	128

static const struct bench_goal *const tables[] = {
	bench_slab_goals, bench_mm_goals, bench_tlb_goals, bench_smp_goals,
	bench_cost_goals,
};

struct result {
	const struct bench_goal	*goal;
	unsigned		nr;		/* repetitions measured */
	double			subject[REPETITIONS];
	double			against[REPETITIONS];
	double			ratio[REPETITIONS];
	double			ping_pong[REPETITIONS];
	unsigned		fastest[BENCH_AGAINST];	/* times it counted */
};

static struct result results[GOALS_MAX];
static unsigned nr_results, nr_missed, nr_skipped;
static bool markdown;
static unsigned repetitions = REPETITIONS;

/* ---- two CPUs ---------------------------------------------------------- */
struct both {
	double		(*fn)(unsigned long arg, unsigned cpu);
	unsigned long	arg;
	u32		arrived;		/* atomics */
	double		ns[2];
};

static void both_on(struct both *both, unsigned cpu)
{
	__atomic_fetch_add(&both->arrived, 1, __ATOMIC_SEQ_CST);
	while (smp_load_acquire(&both->arrived) != 2)
		cpu_relax();
	both->ns[cpu] = both->fn(both->arg, cpu);
}

static void both_on_other(void *arg)
{
	both_on(arg, 1);
}

double bench_both(double (*fn)(unsigned long arg, unsigned cpu),
		  unsigned long arg)
{
	static struct both both;
	struct task_struct *other;

	if (num_online_cpus() < 2)
		return BENCH_MISSING;
	both = (struct both){ .fn = fn, .arg = arg };
	other = task_create(1, "bench/1", both_on_other, &both);
	both_on(&both, 0);
	task_join(other);
	return max(both.ns[0], both.ns[1]);
}

static void alone_on_other(void *arg)
{
	struct both *both = arg;

	both->ns[1] = both->fn(both->arg, 1);
}

double bench_each(double (*fn)(unsigned long arg, unsigned cpu),
		  unsigned long arg)
{
	static struct both both;

	if (num_online_cpus() < 2)
		return BENCH_MISSING;
	both = (struct both){ .fn = fn, .arg = arg };
	both.ns[0] = fn(arg, 0);
	task_join(task_create(1, "bench/1", alone_on_other, &both));
	return max(both.ns[0], both.ns[1]);
}

/* ---- ping-pong --------------------------------------------------------- */
static struct {
	u32	ping cacheline_aligned;
	u32	pong cacheline_aligned;
} lines;

static double ping_pong_on(unsigned long rounds, unsigned cpu)
{
	u64 start = sched_clock_ordered();

	for (u32 i = 1; i <= rounds; i++) {
		if (cpu == 0) {
			smp_store_release(&lines.ping, i);
			while (smp_load_acquire(&lines.pong) != i)
				;
		} else {
			while (smp_load_acquire(&lines.ping) != i)
				;
			smp_store_release(&lines.pong, i);
		}
	}
	return (double)(sched_clock_ordered() - start) / (double)rounds;
}

double bench_ping_pong(unsigned long unused)
{
	lines.ping = lines.pong = 0;
	return bench_both(ping_pong_on, 1000);
}

/* ---- measuring --------------------------------------------------------- */
static void measure(struct result *r)
{
	const struct bench_goal *goal = r->goal;
	double subject = goal->subject.ns(goal->subject.arg);
	double best = BENCH_MISSING;
	unsigned fastest = 0;

	for (unsigned i = 0; i < BENCH_AGAINST && goal->against[i].ns; i++) {
		double ns = goal->against[i].ns(goal->against[i].arg);

		if (ns > 0 && (best < 0 || ns < best)) {
			best = ns;
			fastest = i;
		}
	}
	if (subject <= 0 || best <= 0)
		return;
	r->fastest[fastest]++;
	r->subject[r->nr] = subject;
	r->against[r->nr] = best;
	r->ratio[r->nr] = subject / best;
	r->ping_pong[r->nr] = goal->two_cpus ? bench_ping_pong(0) : 0;
	r->nr++;
}

static void run_bench(void *arg)
{
	mm_init(&(struct mm_config){ 0 });
	bench_slab_setup();
	bench_tlb_setup();
	for (unsigned rep = 0; rep < repetitions; rep++) {
		for (unsigned i = 0; i < nr_results; i++)
			measure(&results[i]);
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\rrepetition %u of %u", rep + 1,
				repetitions);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\n");
}

/* ---- the table --------------------------------------------------------- */
static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned nr)
{
	qsort(values, nr, sizeof(*values), by_value);
	return nr ? values[nr / 2] : 0;
}

static const char *most_often_fastest(const struct result *r)
{
	unsigned best = 0;

	for (unsigned i = 1; i < BENCH_AGAINST; i++)
		if (r->fastest[i] > r->fastest[best])
			best = i;
	return r->goal->against[best].name;
}

static const char *verdict(const struct bench_goal *goal, double ratio)
{
	if (!goal->limit)
		return "shown";
	if (ratio > goal->limit) {
		nr_missed++;
		return "MISSED";
	}
	return goal->aim && ratio <= goal->aim ? "met, aim too" : "met";
}

static void print_head(const char *group)
{
	if (markdown)
		printf("\n## %s\n\n"
		       "| what | ns | against | ns | ratio | at most | "
		       "ping-pong ns | |\n"
		       "|---|---:|---|---:|---:|---:|---:|---|\n", group);
	else
		printf("\n%s\n", group);
}

static void print_result(struct result *r)
{
	const struct bench_goal *goal = r->goal;
	double ratio = median(r->ratio, r->nr);
	char limit[16] = "-", ping[16] = "-";

	if (!r->nr) {
		nr_skipped++;
		printf(markdown ? "| %s | | %s | | | | | not measured |\n" :
		       "  %-44s not measured: no %s here\n", goal->what,
		       goal->against[0].name);
		return;
	}
	if (goal->limit)
		snprintf(limit, sizeof(limit), "%.2f", goal->limit);
	if (goal->two_cpus)
		snprintf(ping, sizeof(ping), "%.0f",
			 median(r->ping_pong, r->nr));
	printf(markdown ? "| %s | %.2f | %s | %.2f | %.2f | %s | %s | %s |\n" :
	       "  %-44s %9.2f  %-22s %9.2f  %6.2f  %6s  %6s  %s\n",
	       goal->what, median(r->subject, r->nr), most_often_fastest(r),
	       median(r->against, r->nr), ratio, limit, ping,
	       verdict(goal, ratio));
}

static void print_table(void)
{
	const char *group = "";

	if (!markdown)
		printf("%-46s %9s  %-22s %9s  %6s  %6s  %6s\n", "", "ns",
		       "against", "ns", "ratio", "most", "ping");
	for (unsigned i = 0; i < nr_results; i++) {
		if (strcmp(group, results[i].goal->group)) {
			group = results[i].goal->group;
			print_head(group);
		}
		print_result(&results[i]);
	}
	printf("\n%u goals, %u missed, %u not measured; medians of %u "
	       "interleaved repetitions\n", nr_results, nr_missed, nr_skipped,
	       repetitions);
}

/* ---- the machine ------------------------------------------------------- */
static void collect_goals(const char *only)
{
	for (unsigned t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct bench_goal *g = tables[t]; g->what; g++)
			if (!only || strstr(g->group, only) ||
			    strstr(g->what, only)) {
				must(nr_results < GOALS_MAX);
				results[nr_results++].goal = g;
			}
}

static int run_machine(void)
{
	static const unsigned pus[2] = { 0, 1 };
	struct topology_error why;
	struct topology *topology;
	char error[256];
	struct machine_config config = {
		.pu_of_cpu	= pus,
		.memory_bytes	= MEMORY_BYTES,
		.seed		= 1,
	};

	if (topology_create(&topology, TOPOLOGY_HOST, "host", &why)) {
		fprintf(stderr, "bench: %s\n", why.text);
		return 4;
	}
	config.topology = topology;
	config.nr_cpus = min(topology->nr_pus, 2u);
	if (machine_create(&config, error, sizeof(error))) {
		fprintf(stderr, "bench: %s\n", error);
		return 4;
	}
	machine_run(run_bench, NULL);
	return 0;
}

/* bench [--markdown] [--quick] [PART OF A NAME] */
int main(int argc, char **argv)
{
	int status;

	for (; argc > 1 && argv[1][0] == '-'; argc--, argv++) {
		markdown |= !strcmp(argv[1], "--markdown");
		if (!strcmp(argv[1], "--quick"))
			repetitions = 1;
	}
	collect_goals(argc > 1 ? argv[1] : NULL);
	if (!nr_results) {
		fprintf(stderr, "bench: no goal's name has '%s'\n", argv[1]);
		return 2;
	}
	status = run_machine();
	if (!status)
		print_table();
	if (!status && argc < 2)
		bench_print_start(markdown);
	return status;
}
