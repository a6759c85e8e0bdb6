/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first bottleneck in words: see finding.h. */
#include "emu/finding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/points.h"
#include "emu/table.h"

enum cause { CAUSE_LOCKS, CAUSE_ACKS, CAUSE_ZEROING, NR_CAUSES };

static const char *const cause_paths[NR_CAUSES] = {
	"time_in.lock_wait_ns", "time_in.ack_wait_ns", "time_in.zeroing_ns",
};

static const char *const cause_names[NR_CAUSES] = {
	"waiting for locks", "waiting for acknowledgements of interrupts",
	"zeroing memory",
};

/* Where a cause begins, and the largest share it has anywhere. */
struct onset {
	enum cause	cause;
	const json_t	*point;		/* NULL: it never does */
	double		cpus, share;
	double		most;
};

static double share_of(const json_t *point, enum cause cause)
{
	double total = json_number_at(point, "time_in.total_ns");

	return total > 0 ? json_number_at(point, cause_paths[cause]) / total :
		0;
}

static void consider(struct onset *onset, const json_t *point)
{
	double share = share_of(point, onset->cause);
	double cpus = point_setting(point, "cpus");

	if (share > onset->most)
		onset->most = share;
	if (share < FINDING_SHARE)
		return;
	if (onset->point && (cpus > onset->cpus ||
			     (cpus == onset->cpus && share <= onset->share)))
		return;
	onset->point = point;
	onset->cpus = cpus;
	onset->share = share;
}

/* Begins at fewer CPUs; with as many, takes more. */
static int compare_onsets(const void *left, const void *right)
{
	const struct onset *a = left, *b = right;

	if (!a->point || !b->point)
		return !a->point - !b->point;
	if (a->cpus != b->cpus)
		return a->cpus < b->cpus ? -1 : 1;
	return a->share > b->share ? -1 : a->share < b->share;
}

/* The class with most of the waiting, or NULL; *all: for all classes. */
static const json_t *worst_lock(const json_t *point, double *all)
{
	json_t *locks = json_object_get(point, "locks"), *lock;
	const json_t *worst = NULL;
	double most = 0;
	size_t i;

	*all = 0;
	json_array_foreach(locks, i, lock) {
		double wait = json_number_at(lock, "wait_ns.total");

		*all += wait;
		if (wait > most) {
			most = wait;
			worst = lock;
		}
	}
	return worst;
}

/* The same setting with the most CPUs below, or NULL. */
static const json_t *point_before(const json_t *points, const json_t *point)
{
	double cpus = point_setting(point, "cpus");
	const json_t *before = NULL;
	json_t *it;
	size_t i;

	json_array_foreach((json_t *)points, i, it)
		if (point_measured(it) && points_same_series(it, point, "cpus")
		    && point_setting(it, "cpus") < cpus &&
		    (!before || point_setting(it, "cpus") >
		     point_setting(before, "cpus")))
			before = it;
	return before;
}

static double per_op(const json_t *point, double sum)
{
	double ops = point_nr_ops(point);

	return ops > 0 ? sum / ops : 0;
}

static void say_name(char **text, const struct onset *onset)
{
	double all;
	const json_t *lock = onset->cause == CAUSE_LOCKS ?
		worst_lock(onset->point, &all) : NULL;

	if (lock)
		text_append(text, "waiting for the lock %s", json_string_value(
			json_object_get(lock, "class")));
	else
		text_append(text, "%s", cause_names[onset->cause]);
}

static void say_evidence(char **text, const struct onset *onset)
{
	const json_t *point = onset->point;
	double spent = json_number_at(point, cause_paths[onset->cause]), all;
	const json_t *lock = worst_lock(point, &all);
	char ns[32];

	text_append(text, ", %s an operation",
		    format_ns(per_op(point, spent), ns, sizeof(ns)));
	if (onset->cause == CAUSE_LOCKS && lock)
		text_append(text, ", contended %.0f times in %.0f operations "
			    "(%.0f %% of the lock waiting)",
			    json_number_at(lock, "contended"),
			    point_nr_ops(point), 100 *
			    json_number_at(lock, "wait_ns.total") / all);
	if (onset->cause == CAUSE_ACKS)
		text_append(text, ", %.0f interrupts sent in %.0f calls",
			    json_number_at(point, "ipi.sent"),
			    json_number_at(point, "ipi.calls"));
	if (onset->cause == CAUSE_ACKS &&
	    json_number_at(point, "ipi.ack_ns.mean") > 0)
		text_append(text, ", %s to an acknowledgement", format_ns(
			    json_number_at(point, "ipi.ack_ns.mean"), ns,
			    sizeof(ns)));
	if (onset->cause == CAUSE_ZEROING &&
	    json_is_true(json_object_get(json_object_get(point, "time_in"),
					 "zeroing_sampled")))
		text_append(text, " (sampled)");
}

static void say_onset(char **text, const json_t *points,
		      const struct onset *onset)
{
	const json_t *before = point_before(points, onset->point);
	char *label = point_label(points, onset->point, "cpus seed repeat");

	say_name(text, onset);
	text_append(text, ", from %.0f CPU%s on%s%s%s: %.0f %% of the CPUs' "
		    "time", onset->cpus, onset->cpus == 1 ? "" : "s",
		    label && *label ? " (" : "", label ? label : "",
		    label && *label ? ")" : "", 100 * onset->share);
	say_evidence(text, onset);
	if (before)
		text_append(text, "; with %.0f CPU%s it was %.1f %%",
			    point_setting(before, "cpus"),
			    point_setting(before, "cpus") == 1 ? "" : "s",
			    100 * share_of(before, onset->cause));
	text_append(text, ".");
	free(label);
}

static void say_none(char **text, const struct onset *onsets, double cpus)
{
	text_append(text, "No bottleneck up to %.0f CPU%s: of the CPUs' time "
		    "no more than", cpus, cpus == 1 ? "" : "s");
	for (int i = 0; i < NR_CAUSES; i++)
		text_append(text, "%s %.1f %% %s", i ? "," : "",
			    100 * onsets[i].most, cause_names[onsets[i].cause]);
	text_append(text, ".");
}

static void say_bottlenecks(char **text, const json_t *points)
{
	struct onset onsets[NR_CAUSES] = {
		{ .cause = CAUSE_LOCKS }, { .cause = CAUSE_ACKS },
		{ .cause = CAUSE_ZEROING },
	};
	double cpus = 0;
	json_t *point;
	size_t i;

	json_array_foreach((json_t *)points, i, point) {
		if (!point_measured(point) ||
		    json_number_at(point, "time_in.total_ns") <= 0)
			continue;
		for (int cause = 0; cause < NR_CAUSES; cause++)
			consider(&onsets[cause], point);
		if (point_setting(point, "cpus") > cpus)
			cpus = point_setting(point, "cpus");
	}
	if (!cpus) {
		text_append(text, "No finding: no point measured anything.");
		return;
	}
	qsort(onsets, NR_CAUSES, sizeof(onsets[0]), compare_onsets);
	if (!onsets[0].point) {
		say_none(text, onsets, cpus);
		return;
	}
	for (int k = 0; k < NR_CAUSES && onsets[k].point; k++) {
		text_append(text, k ? " Then " : "First bottleneck: ");
		say_onset(text, points, &onsets[k]);
	}
}

char *finding_text(const json_t *points)
{
	char *text = NULL, *crossover = finding_crossover(points);

	say_bottlenecks(&text, points);
	if (crossover && *crossover)
		text_append(&text, " %s", crossover);
	free(crossover);
	return text;
}
