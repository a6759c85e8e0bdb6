/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop over running engines: see launch.h. */
#include "emu/launch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stopped engine may still write its point in this time. */
#define STOP_GRACE_NS	2000000000ull

/* Somebody waits and sees it go on, be it one point alone. */
#define PROGRESS_NS	1000000000ull

struct pool {
	const struct launch	*launch;
	struct process		*slots;		/* launch->jobs of them */
	struct pollfd		*polls;		/* two for each slot */
	unsigned		nr_running;
	size_t			next, nr_done;
	uint64_t		start_ns;
	uint64_t		done_ns;	/* of the last point */
	uint64_t		shown_ns;	/* progress, last */
	uint64_t		stop_ns;	/* when asked to stop, or 0 */
	bool			killed;		/* by the second signal */
	enum launch_end		end;
};

static volatile sig_atomic_t nr_signals;

static void on_signal(int number)
{
	nr_signals++;
	/* The third time the default action: now in any case. */
	if (nr_signals >= 2)
		signal(number, SIG_DFL);
}

static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

#define NR_CAUGHT	(sizeof(caught) / sizeof(caught[0]))

/* A hangup that is ignored (nohup) stays so. */
static void catch_signals(struct sigaction *before)
{
	struct sigaction action = { .sa_handler = on_signal };

	for (unsigned i = 0; i < NR_CAUGHT; i++) {
		sigaction(caught[i], &action, &before[i]);
		if (caught[i] == SIGHUP && before[i].sa_handler == SIG_IGN)
			signal(SIGHUP, SIG_IGN);
	}
}

static void restore_signals(const struct sigaction *before)
{
	for (unsigned i = 0; i < NR_CAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
	return (double)(to_ns - from_ns) / 1e9;
}

/* How long it takes, and by the points that are done will take yet. */
static void show_progress(struct pool *pool)
{
	size_t nr = pool->launch->nr_points, left = nr - pool->nr_done;
	double left_s;

	pool->shown_ns = process_clock_ns();
	if (!pool->launch->progress)
		return;
	fprintf(stderr, "\r\033[K%zu/%zu points, %.0f s", pool->nr_done, nr,
		seconds(pool->start_ns, pool->shown_ns));
	if (pool->nr_done) {
		left_s = seconds(pool->start_ns, pool->done_ns) *
			 (double)left / (double)pool->nr_done -
			 seconds(pool->done_ns, pool->shown_ns);
		fprintf(stderr, ", %.0f s left", left_s > 0 ? left_s : 0);
	}
	fflush(stderr);
}

static void clear_progress(const struct pool *pool)
{
	if (pool->launch->progress)
		fputs("\r\033[K", stderr);
}

/* By a signal or the deadline. */
static bool is_stopped(const struct pool *pool)
{
	return pool->end == LAUNCH_INTERRUPTED || pool->end == LAUNCH_TIMEOUT;
}

static void deliver(struct pool *pool, size_t point,
		    struct outcome *outcome)
{
	/* What a stop broke off is no result, and no failure either. */
	bool cut = is_stopped(pool) && outcome->status != STATUS_DONE &&
		outcome->status != STATUS_BROKEN;

	if (outcome->status == STATUS_USAGE)
		pool->end = LAUNCH_REFUSED;
	if (!cut) {
		pool->nr_done++;
		pool->done_ns = process_clock_ns();
		pool->launch->done(pool->launch->context, point, outcome);
	}
	outcome_exit(outcome);
	show_progress(pool);
}

static struct process *free_slot(struct pool *pool)
{
	for (unsigned i = 0; i < pool->launch->jobs; i++)
		if (!pool->slots[i].pid)
			return &pool->slots[i];
	return NULL;
}

static void start_next(struct pool *pool)
{
	struct process *slot = free_slot(pool);
	size_t point = pool->next++;
	int events = -1, ret = -ENOMEM;
	json_t *request = pool->launch->request(pool->launch->context, point,
						&events);

	if (request)
		ret = process_start(slot, pool->launch->engine, request,
				    events, point);
	json_decref(request);
	if (!ret) {
		pool->nr_running++;
		return;
	}
	deliver(pool, point, &(struct outcome){
		.status = STATUS_HOST,
		.error = strdup(strerror(-ret)),
	});
}

/* Waits for news: a line, an end, a signal, or the next deadline. */
static void wait_for_news(struct pool *pool)
{
	int timeout_ms = 100;
	unsigned nr = 0;

	for (unsigned i = 0; i < pool->launch->jobs; i++) {
		const struct process *slot = &pool->slots[i];

		if (!slot->pid)
			continue;
		/* It has closed its report: its end is near. */
		if (slot->report.fd < 0)
			timeout_ms = 2;
		pool->polls[nr++] = (struct pollfd){ slot->report.fd, POLLIN,
			0 };
		pool->polls[nr++] = (struct pollfd){ slot->talk.fd, POLLIN,
			0 };
	}
	poll(pool->polls, nr, timeout_ms);
}

static void check_slot(struct pool *pool, struct process *slot)
{
	size_t point = slot->index;
	struct outcome outcome;

	process_read(slot);
	if (process_reap(slot, &outcome)) {
		pool->nr_running--;
		clear_progress(pool);
		deliver(pool, point, &outcome);
		return;
	}
	if (process_clock_ns() - slot->heard_ns > LAUNCH_HEARTBEAT_NS)
		process_kill(slot, "the engine gave no heartbeat for 10 s");
}

static void kill_all(struct pool *pool, const char *why)
{
	for (unsigned i = 0; i < pool->launch->jobs; i++)
		if (pool->slots[i].pid)
			process_kill(&pool->slots[i], why);
}

static void stop(struct pool *pool, enum launch_end end)
{
	pool->end = end;
	pool->stop_ns = process_clock_ns();
	for (unsigned i = 0; i < pool->launch->jobs; i++)
		if (pool->slots[i].pid)
			kill(pool->slots[i].pid, SIGTERM);
}

/* The first signal asks, and so does the deadline; the second kills. */
static void check_end(struct pool *pool)
{
	uint64_t now = process_clock_ns();

	if (pool->end == LAUNCH_REFUSED) {
		kill_all(pool, "another point was refused");
		return;
	}
	if (nr_signals && pool->end != LAUNCH_INTERRUPTED)
		stop(pool, LAUNCH_INTERRUPTED);
	else if (pool->end == LAUNCH_COMPLETE && pool->launch->timeout_ns &&
		 now - pool->start_ns > pool->launch->timeout_ns)
		stop(pool, LAUNCH_TIMEOUT);
	if (is_stopped(pool) && !pool->killed &&
	    (nr_signals > 1 || now > pool->stop_ns + STOP_GRACE_NS)) {
		pool->killed = true;
		kill_all(pool, "stopped");
	}
}

static void run(struct pool *pool)
{
	while (pool->nr_running ||
	       (pool->end == LAUNCH_COMPLETE &&
		pool->next < pool->launch->nr_points)) {
		while (pool->end == LAUNCH_COMPLETE &&
		       pool->nr_running < pool->launch->jobs &&
		       pool->next < pool->launch->nr_points)
			start_next(pool);
		wait_for_news(pool);
		for (unsigned i = 0; i < pool->launch->jobs; i++)
			if (pool->slots[i].pid)
				check_slot(pool, &pool->slots[i]);
		check_end(pool);
		if (process_clock_ns() - pool->shown_ns > PROGRESS_NS)
			show_progress(pool);
	}
}

enum launch_end launch_run(const struct launch *launch)
{
	struct pool pool = {
		.launch = launch,
		.slots = calloc(launch->jobs, sizeof(*pool.slots)),
		.polls = calloc(launch->jobs, 2 * sizeof(*pool.polls)),
		.start_ns = process_clock_ns(),
		.shown_ns = process_clock_ns(),
		.end = LAUNCH_COMPLETE,
	};
	struct sigaction before[NR_CAUGHT];

	nr_signals = 0;
	catch_signals(before);
	if (pool.slots && pool.polls)
		run(&pool);
	else
		pool.end = LAUNCH_REFUSED;
	clear_progress(&pool);
	restore_signals(before);
	free(pool.slots);
	free(pool.polls);
	/* A deadline that passed while the last point ended cut nothing. */
	if (pool.end == LAUNCH_TIMEOUT && pool.nr_done == launch->nr_points)
		return LAUNCH_COMPLETE;
	return pool.end;
}
