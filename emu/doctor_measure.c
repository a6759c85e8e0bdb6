/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks that measure: binding, what the host takes from a thread that only
 * looks at the clock, and the distance of PUs as the round trip of a line that
 * two threads write in turn.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/doctor.h"

#define NS_PER_S		1000000000ull
/* A thread that does nothing else sees no longer step of its clock than one
 * interrupt of a quiet host takes. */
#define LOOK_NS			200000000ull
#define GAP_NS			10000ull
#define LOST_SHARE_MAX		0.01
#define ROUND_TRIPS		1000
#define REPETITIONS		31
#define WARM_UP			3
/* Round trips of one pair that differ by more are two states of the host. */
#define STATES_APART		2.0
#define PAIRS_OF_A_TIE		3
/* Looks until a waiter lets others run: with a PU each they never do. */
#define YIELD_EVERY		100000

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/* ---- a thread for each of some PUs ------------------------------------ */
struct looker {
	const struct topology	*topology;
	unsigned		pu;
	int			bind_error;
	int			ran_on;		/* OS index */
	uint64_t		spent_ns, lost_ns, longest_ns;
};

static void *bind_and_tell(void *arg)
{
	struct looker *looker = arg;

	looker->bind_error = topology_bind_thread(looker->topology,
						  looker->pu);
	looker->ran_on = sched_getcpu();
	return NULL;
}

static void *look_at_clock(void *arg)
{
	struct looker *looker = arg;
	uint64_t start, last, now;

	bind_and_tell(looker);
	start = last = clock_ns();
	do {
		now = clock_ns();
		if (now - last > GAP_NS)
			looker->lost_ns += now - last;
		if (now - last > looker->longest_ns)
			looker->longest_ns = now - last;
		last = now;
	} while (now - start < LOOK_NS);
	looker->spent_ns = now - start;
	return NULL;
}

/* One for each PU, all at once, joined. NULL: no threads. To free. */
static struct looker *run_on_all(const struct topology *topology,
				 void *(*fn)(void *arg))
{
	unsigned nr = topology->nr_pus, made;
	struct looker *lookers = calloc(nr, sizeof(*lookers));
	pthread_t *threads = calloc(nr, sizeof(*threads));

	for (made = 0; lookers && threads && made < nr; made++) {
		lookers[made].topology = topology;
		lookers[made].pu = made;
		if (pthread_create(&threads[made], NULL, fn, &lookers[made]))
			break;
	}
	for (unsigned i = 0; i < made; i++)
		pthread_join(threads[i], NULL);
	free(threads);
	if (made == nr)
		return lookers;
	free(lookers);
	return NULL;
}

void doctor_binding(const struct doctor *doctor, struct doctor_finding *out)
{
	const struct topology *topology = doctor->topology;
	struct looker *lookers = run_on_all(topology, bind_and_tell);

	if (!lookers) {
		doctor_say(out, DOCTOR_BAD, "no threads for %u PUs",
			   topology->nr_pus);
		doctor_advise(out, "ulimit -u, pids.max");
		return;
	}
	doctor_say(out, DOCTOR_GOOD, "a thread can be bound to each PU, and "
		   "runs there");
	for (unsigned i = 0; i < topology->nr_pus; i++) {
		unsigned os_index = topology->pus[i].os_index;

		if (!lookers[i].bind_error &&
		    lookers[i].ran_on == (int)os_index)
			continue;
		doctor_say(out, DOCTOR_BAD, "a thread for PU %u cannot be "
			   "bound: %s, it ran on %d", os_index,
			   strerror(-lookers[i].bind_error),
			   lookers[i].ran_on);
		break;
	}
	free(lookers);
}

void doctor_quiet(const struct doctor *doctor, struct doctor_finding *out)
{
	struct looker *lookers = run_on_all(doctor->topology, look_at_clock);
	uint64_t lost = 0, spent = 1, longest = 0;
	double share;

	if (!lookers) {
		doctor_say(out, DOCTOR_UNKNOWN, "not enough threads");
		return;
	}
	for (unsigned i = 0; i < doctor->topology->nr_pus; i++) {
		lost += lookers[i].lost_ns;
		spent += lookers[i].spent_ns;
		if (lookers[i].longest_ns > longest)
			longest = lookers[i].longest_ns;
	}
	free(lookers);
	share = (double)lost / (double)spent;
	out->figures = json_pack("{s:f, s:I}", "lost_share", share,
				 "longest_ns", (json_int_t)longest);
	doctor_say(out, share > LOST_SHARE_MAX ? DOCTOR_WARN : DOCTOR_GOOD,
		   "a thread that only looks at the clock loses %.2f %% of "
		   "its time in gaps over 10 us; the longest is %.0f us",
		   share * 100, (double)longest / 1000);
	if (share > LOST_SHARE_MAX)
		doctor_advise(out, "stop what else runs here; keep interrupts "
			      "and tasks off these PUs (isolcpus, nohz_full, "
			      "irqaffinity)");
}

/* ---- distance --------------------------------------------------------- */
/* How far two PUs are by the topology. */
enum tie { TIE_CORE, TIE_L3, TIE_PACKAGE, TIE_NONE, NR_TIES };

static const char *const tie_names[NR_TIES] = {
	"one core", "one L3", "one package", "two packages",
};

/* A line that two threads write in turn. */
struct pair {
	_Alignas(128) unsigned	turn;
	_Alignas(128) const struct topology *topology;
	unsigned		pu[2];
	double			low_ns, median_ns, high_ns;
};

/* From turn `first` on: waits for it, passes the turn on; n times. */
static void bounce(struct pair *pair, unsigned first, unsigned n)
{
	for (unsigned want = first; n--; want += 2) {
		unsigned looks = 0;

		while (__atomic_load_n(&pair->turn, __ATOMIC_ACQUIRE) != want)
			if (++looks % YIELD_EVERY == 0)
				sched_yield();
		__atomic_store_n(&pair->turn, want + 1, __ATOMIC_RELEASE);
	}
}

static void *other_side(void *arg)
{
	struct pair *pair = arg;

	topology_bind_thread(pair->topology, pair->pu[1]);
	bounce(pair, 1, (WARM_UP + REPETITIONS) * ROUND_TRIPS);
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* On a thread of its own, so that the caller's binding stays. */
static void *first_side(void *arg)
{
	struct pair *pair = arg;
	double ns[REPETITIONS];
	unsigned turn = 2 * WARM_UP * ROUND_TRIPS;
	pthread_t other;

	if (pthread_create(&other, NULL, other_side, pair))
		return NULL;
	topology_bind_thread(pair->topology, pair->pu[0]);
	bounce(pair, 0, WARM_UP * ROUND_TRIPS);
	for (int i = 0; i < REPETITIONS; i++, turn += 2 * ROUND_TRIPS) {
		uint64_t start = clock_ns();

		bounce(pair, turn, ROUND_TRIPS);
		ns[i] = (double)(clock_ns() - start) / ROUND_TRIPS;
	}
	pthread_join(other, NULL);
	qsort(ns, REPETITIONS, sizeof(*ns), compare);
	pair->low_ns = ns[REPETITIONS / 10];
	pair->median_ns = ns[REPETITIONS / 2];
	pair->high_ns = ns[REPETITIONS - 1 - REPETITIONS / 10];
	return NULL;
}

static bool measure_pair(const struct topology *topology, unsigned a,
			 unsigned b, struct pair *out)
{
	pthread_t thread;

	*out = (struct pair){ .topology = topology, .pu = { a, b } };
	if (pthread_create(&thread, NULL, first_side, out))
		return false;
	pthread_join(thread, NULL);
	return out->median_ns > 0;
}

static enum tie tie_of(const struct topology_pu *a,
		       const struct topology_pu *b)
{
	if (a->core == b->core)
		return TIE_CORE;
	if (a->l3 == b->l3)
		return TIE_L3;
	return a->package == b->package ? TIE_PACKAGE : TIE_NONE;
}

/* Measures the first pairs of a tie; appends what was found to figures and to
 * the text. Whether one of them was in two states. */
static bool measure_tie(const struct topology *topology, enum tie tie,
			struct doctor_finding *out)
{
	json_t *list = json_array();
	size_t length = strlen(out->text);
	unsigned left = PAIRS_OF_A_TIE;
	double low = 0, high = 0;
	bool apart = false;

	for (unsigned a = 0; a < topology->nr_pus && left; a++)
		for (unsigned b = a + 1; b < topology->nr_pus && left; b++) {
			struct pair pair;

			if (tie_of(&topology->pus[a], &topology->pus[b]) !=
			    tie || !measure_pair(topology, a, b, &pair))
				continue;
			left--;
			low = !low || pair.low_ns < low ? pair.low_ns : low;
			high = pair.high_ns > high ? pair.high_ns : high;
			apart |= pair.high_ns > STATES_APART * pair.low_ns;
			json_array_append_new(list, json_pack(
				"{s:i, s:i, s:f, s:f, s:f}", "pu",
				(int)topology->pus[a].os_index, "other",
				(int)topology->pus[b].os_index, "low_ns",
				pair.low_ns, "median_ns", pair.median_ns,
				"high_ns", pair.high_ns));
		}
	if (high > 0)
		snprintf(out->text + length, sizeof(out->text) - length,
			 "%s %s %.0f..%.0f ns", length ? "," : "round trip:",
			 tie_names[tie], low, high);
	if (json_array_size(list))
		json_object_set(out->figures, tie_names[tie], list);
	json_decref(list);
	return apart;
}

void doctor_distance(const struct doctor *doctor, struct doctor_finding *out)
{
	bool apart = false;

	if (doctor->topology->nr_pus < 2) {
		doctor_say(out, DOCTOR_UNKNOWN, "one PU has no distance");
		return;
	}
	out->figures = json_object();
	for (enum tie tie = 0; tie < NR_TIES; tie++)
		apart |= measure_tie(doctor->topology, tie, out);
	out->verdict = apart ? DOCTOR_WARN : DOCTOR_GOOD;
	if (apart)
		doctor_advise(out, "PUs are near and far by turns (a guest "
			      "that is moved, or other load): compare within "
			      "one run only");
}
