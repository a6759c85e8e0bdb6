/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The harness: a machine is for once, so each run of emulate() is a child
 * process. Its standard error is kept and shown if the run does not end as
 * expected; a run that takes too long is killed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cpus/boot.h"
#include "tests/test.h"

#define TIMEOUT_S	120
#define OUTPUT_MAX	(64UL << 10)
#define NATIVE_PUS_MAX	2u
#define NATIVE_SEEDS_MAX 3u
#define SIM_SEEDS_MIN	100u
#define MIB		(1UL << 20)
#define EXIT_BUG	6		/* the kernel has reported one */
#define EXIT_SETUP	71		/* the machine could not be made */

/* The kernel's, for tests that link it: tests/kernel.c. */
void mm_boot_for_test(void) __attribute__((weak));
void mm_audit_for_test(void) __attribute__((weak));

static struct CMUnitTest *this_test;
static uint64_t run_seed;

uint64_t test_seed(void)
{
	return run_seed;
}

/* ---- the machine of a run: in the child ---- */
static void die(const char *what)
{
	fprintf(stderr, "test: %s\n", what);
	exit(EXIT_SETUP);
}

static struct topology *load(enum topology_kind kind, const char *spec)
{
	struct topology_error error;
	struct topology *topology;

	if (topology_create(&topology, kind, spec, &error))
		die(error.text);
	return topology;
}

static struct topology *synthetic(unsigned nr_cpus, unsigned nr_nodes)
{
	char spec[64];

	snprintf(spec, sizeof(spec), "node:%u core:%u pu:1", nr_nodes,
		 (nr_cpus + nr_nodes - 1) / nr_nodes);
	return load(TOPOLOGY_SYNTHETIC, spec);
}

/*
 * A PU for each CPU, of the first few of this host again and again, and as
 * many nodes as wanted, all of them this host's first.
 */
static struct topology *multiplied_host(unsigned nr_cpus, unsigned nr_nodes,
					unsigned *nr_real)
{
	struct topology *t = load(TOPOLOGY_HOST, "host");
	struct topology_pu *pus = calloc(nr_cpus, sizeof(*pus));
	struct topology_node *nodes = calloc(nr_nodes, sizeof(*nodes));
	uint16_t *distances = calloc(nr_nodes * nr_nodes, sizeof(*distances));
	unsigned i;

	if (!pus || !nodes || !distances)
		die("no memory");
	*nr_real = min(t->nr_pus, NATIVE_PUS_MAX);
	for (i = 0; i < nr_cpus; i++) {
		pus[i] = t->pus[i % *nr_real];
		pus[i].node = i * nr_nodes / nr_cpus;
	}
	for (i = 0; i < nr_nodes; i++) {
		nodes[i] = t->nodes[t->pus[0].node];
		nodes[i].memory_bytes = MIB;
	}
	for (i = 0; i < nr_nodes * nr_nodes; i++)
		distances[i] = i / nr_nodes == i % nr_nodes ? 10 : 20;
	t->pus = pus;
	t->nr_pus = nr_cpus;
	t->nodes = nodes;
	t->nr_nodes = nr_nodes;
	t->distances = distances;
	return t;
}

static void make_machine(const struct emulation *emulation)
{
	unsigned nr_cpus = max(emulation->cpus, 1u), cpu, nr_real = nr_cpus;
	unsigned nr_nodes = max(emulation->nodes, 1u);
	unsigned *pu_of_cpu = calloc(nr_cpus, sizeof(*pu_of_cpu));
	struct machine_config config = {
		.nr_cpus	= nr_cpus,
		.pu_of_cpu	= pu_of_cpu,
		.memory_bytes	= emulation->memory_bytes,
		.seed		= run_seed,
		.profile	= emulation->profile,
	};
	char error[256] = "";

	if (!pu_of_cpu)
		die("no memory");
	/* 64 MiB a node, more if the CPUs' own areas would take half of it. */
	if (!config.memory_bytes)
		config.memory_bytes = max(64 * MIB * nr_nodes,
			ALIGN(nr_cpus * MIB / 2, 16 * MIB * nr_nodes));
	if (machine_is_virtual())
		config.topology = emulation->topology ?
			load(topology_kind_of(emulation->topology),
			     emulation->topology) :
			synthetic(nr_cpus, nr_nodes);
	else
		config.topology = multiplied_host(nr_cpus, nr_nodes, &nr_real);
	config.oversubscribe = nr_cpus > nr_real;
	for (cpu = 0; cpu < nr_cpus; cpu++)
		pu_of_cpu[cpu] = cpu;
	if (machine_create(&config, error, sizeof(error)))
		die(error);
	free(pu_of_cpu);
}

struct run {
	const struct emulation	*emulation;
	void			(*fn)(void *arg);
	void			*arg;
};

static void run_main(void *arg)
{
	const struct run *run = arg;

	if (run->emulation->kernel)
		mm_boot_for_test();
	run->fn(run->arg);
	if (run->emulation->kernel)
		mm_audit_for_test();
}

static int child(const struct run *run)
{
	const struct emulation *emulation = run->emulation;

	alarm(TIMEOUT_S);
	if (emulation->kernel && (!mm_boot_for_test || !mm_audit_for_test))
		die("this program is linked without tests/kernel.c");
	if (emulation->fault && fault_set(emulation->fault, true))
		die("no such fault is compiled in");
	make_machine(emulation);
	machine_run(run_main, (void *)run);
	return nr_kernel_bugs() ? EXIT_BUG : 0;
}

/* ---- one run, many runs: in the test program ---- */
/* Reads all; keeps what fits. Returns a string of the caller's. */
static char *read_all(int fd)
{
	char *text = malloc(OUTPUT_MAX + 1), rest[4096];
	size_t size = 0;
	ssize_t n;

	assert_non_null(text);
	while ((n = size < OUTPUT_MAX ?
		read(fd, text + size, OUTPUT_MAX - size) :
		read(fd, rest, sizeof(rest))) > 0)
		if (size < OUTPUT_MAX)
			size += (size_t)n;
	text[size] = '\0';
	return text;
}

/* Exit status, or 128 + signal; *output is the run's standard error. */
static int run_once(const struct run *run, char **output)
{
	int fds[2], status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(stdout);
	fflush(stderr);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		dup2(fds[1], STDERR_FILENO);
		dup2(fds[1], STDOUT_FILENO);
		close(fds[1]);
		status = child(run);
		fflush(stdout);
		_exit(status);
	}
	close(fds[1]);
	*output = read_all(fds[0]);
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	       128 + WTERMSIG(status);
}

/*
 * A planted fault that is a data race is caught by ThreadSanitizer before the
 * invariant sees anything: as good (its exit status is 66).
 */
static bool race_was_caught(const struct emulation *emulation, int status)
{
#ifdef __SANITIZE_THREAD__
	return emulation->fault && emulation->expect_exit && status == 66;
#else
	return false;
#endif
}

static bool as_expected(const struct emulation *emulation, int status,
			const char *output)
{
	const char *there = emulation->expect_text;
	const char *absent = emulation->absent_text;
	bool ok = status == emulation->expect_exit;

	if (race_was_caught(emulation, status))
		return true;
	if (there && !strstr(output, there)) {
		fprintf(stderr, "# without the text '%s'\n", there);
		ok = false;
	}
	if (absent && strstr(output, absent)) {
		fprintf(stderr, "# with the text '%s'\n", absent);
		ok = false;
	}
	return ok;
}

static void run_seeded(const struct run *run, uint64_t seed)
{
	const struct emulation *emulation = run->emulation;
	char *output;
	int status;

	run_seed = seed;
	status = run_once(run, &output);
	if (as_expected(emulation, status, output)) {
		free(output);
		return;
	}
	fprintf(stderr, "# SEED=%llu replays this: exit status %d, expected "
		"%d; its output:\n%s# end of output\n",
		(unsigned long long)seed, status, emulation->expect_exit,
		output);
	free(output);
	fail();
}

/*
 * On sim the seed decides the order of CPUs' accesses: of what depends on that,
 * or says that it varies, many are run. A planted fault is found by few.
 */
static unsigned nr_seeds(const struct emulation *emulation)
{
	unsigned nr = max(emulation->seeds, 1u);
	const char *most = getenv("TEST_SEEDS");

	if (!machine_is_virtual())
		nr = min(nr, NATIVE_SEEDS_MAX);
	else if (!emulation->fault && !emulation->expect_exit &&
		 (nr > 1 || (!emulation->seeds && emulation->kernel &&
			     emulation->cpus > 1)))
		nr = max(nr, SIM_SEEDS_MIN);
	if (most)
		nr = clamp_t(unsigned, strtoul(most, NULL, 0), 1, nr);
	return nr;
}

void emulate(const struct emulation *emulation, void (*fn)(void *arg),
	     void *arg)
{
	struct run run = { .emulation = emulation, .fn = fn, .arg = arg };
	const char *wanted = getenv("SEED");
	unsigned nr = nr_seeds(emulation), i;

	if (wanted) {
		run_seeded(&run, strtoull(wanted, NULL, 0));
		return;
	}
	for (i = 0; i < nr; i++)
		run_seeded(&run, i + 1);
}

/* ---- on the emulated CPUs ---- */
struct on_cpu {
	void			(*fn)(void *arg, unsigned cpu);
	void			*arg;
	unsigned		cpu;
	struct task_struct	*task;
};

static void on_cpu_main(void *arg)
{
	struct on_cpu *on = arg;

	on->fn(on->arg, on->cpu);
}

void on_all_cpus(void (*fn)(void *arg, unsigned cpu), void *arg)
{
	struct on_cpu *on = calloc(nr_cpu_ids, sizeof(*on));
	unsigned cpu;
	char name[16];

	must(on);
	for_each_online_cpu(cpu) {
		on[cpu] = (struct on_cpu){ .fn = fn, .arg = arg, .cpu = cpu };
		snprintf(name, sizeof(name), "test/%u", cpu);
		on[cpu].task = task_create(cpu, name, on_cpu_main, &on[cpu]);
	}
	for_each_online_cpu(cpu)
		task_join(on[cpu].task);
	free(on);
}

/* ---- the program ---- */
/* cmocka's own skip() prints "not ok", so the directive goes into the name,
 * which cmocka prints after the test. */
void test_skip(const char *why)
{
	static char name[256];

	snprintf(name, sizeof(name), "%s # SKIP %s", this_test->name, why);
	this_test->name = name;
}

static int note_test(void **state)
{
	this_test = *state;
	return 0;
}

int test_main(const char *program, const struct CMUnitTest *tests, size_t nr)
{
	struct CMUnitTest *copy = calloc(nr, sizeof(*copy));
	size_t i;
	int failed;

	if (!copy)
		return 1;
	for (i = 0; i < nr; i++) {
		copy[i] = tests[i];
		copy[i].setup_func = note_test;
		copy[i].initial_state = &copy[i];
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = _cmocka_run_group_tests(program, copy, nr, NULL, NULL);
	free(copy);
	return failed != 0;
}
