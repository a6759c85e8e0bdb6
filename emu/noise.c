/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdict on a native run: see noise.h. */
#include "emu/noise.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "emu/json_set.h"

/* Of the CPUs' time; what a run may lose and still be repeatable to 1-2 %,
 * which is what is left of a quiet host's own ticks and interrupts. */
#define LOST_SHARE_MAX		0.01
/* Between the first and the last quarter of a run; and a window's mean against
 * the median of its series, for how many windows. */
#define DRIFT_MAX		0.05
#define OUTLIER_FACTOR		1.5
#define OUTLIER_SHARE_MAX	0.05
/* Of each series: fewer say nothing. */
#define WINDOWS_MIN		8
#define WINDOW_VALUES_MIN	4

/* All series of one operation. */
struct course {
	unsigned	nr_series, nr_drifting;
	unsigned	nr_windows, nr_outliers;
	double		drift_sum;	/* of last / first quarter - 1 */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(const double *values, unsigned nr)
{
	double sorted[SERIES_WINDOWS];

	for (unsigned i = 0; i < nr; i++)
		sorted[i] = values[i];
	qsort(sorted, nr, sizeof(*sorted), compare);
	return (sorted[(nr - 1) / 2] + sorted[nr / 2]) / 2;
}

/* The two quarters do not even overlap: this is no scatter. */
static bool are_apart(const double *means, unsigned nr)
{
	unsigned quarter = nr / 4, below = 0, above = 0;

	for (unsigned i = 0; i < quarter; i++)
		for (unsigned k = nr - quarter; k < nr; k++) {
			below += means[i] < means[k];
			above += means[i] > means[k];
		}
	return below == quarter * quarter || above == quarter * quarter;
}

static void add_series(struct course *course, const struct series *s)
{
	unsigned nr = series_nr_full(s), quarter = nr / 4;
	double means[SERIES_WINDOWS], all, drift;

	if (nr < WINDOWS_MIN || s->per_window < WINDOW_VALUES_MIN)
		return;
	for (unsigned i = 0; i < nr; i++)
		means[i] = series_mean(s, i);
	all = median(means, nr);
	for (unsigned i = 0; i < nr; i++)
		course->nr_outliers += means[i] > OUTLIER_FACTOR * all;
	drift = median(means + nr - quarter, quarter) /
		median(means, quarter) - 1;
	course->nr_windows += nr;
	course->nr_series++;
	course->drift_sum += drift;
	course->nr_drifting += are_apart(means, nr) &&
		(drift > DRIFT_MAX || drift < -DRIFT_MAX);
}

static struct course course_of(const struct run *run, unsigned op)
{
	struct course course = { 0 };

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		add_series(&course, run->workers[cpu].ops[op].series);
	return course;
}

__attribute__((format(printf, 2, 3)))
static void add_reason(json_t *reasons, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(reasons, json_string(text));
}

/* A short phase may lose more than it lasts. */
static void add_lost(json_t *reasons, const char *what, double share)
{
	if (share > 1)
		add_reason(reasons, "%s %.0f times what was measured", what,
			   share);
	else if (share > LOST_SHARE_MAX)
		add_reason(reasons, "%s %.1f %% of the time", what,
			   share * 100);
}

static void judge_host(json_t *reasons, const struct request *r,
		       const struct outcome *o, double total_ns)
{
	double delay = (double)o->noise.run_delay_ns / total_ns;
	double steal = (double)o->noise.steal_ns / total_ns;

	if (r->online > r->topology->nr_pus)
		add_reason(reasons, "%u CPUs share %u PUs", r->online,
			   r->topology->nr_pus);
	add_lost(reasons, "threads waited for the host's scheduler", delay);
	add_lost(reasons, "a hypervisor stole", steal);
	if (o->noise.migrations)
		add_reason(reasons, "the host moved threads %llu times",
			   (unsigned long long)o->noise.migrations);
}

static bool judge_op(json_t *reasons, const char *name,
		     const struct course *course)
{
	double drift;

	if (!course->nr_series)
		return false;
	drift = course->drift_sum / course->nr_series;
	if (2 * course->nr_drifting > course->nr_series)
		add_reason(reasons, "%s drifted by %+.0f %% over the run", name,
			   drift * 100);
	if (course->nr_outliers > 1 &&
	    course->nr_outliers > OUTLIER_SHARE_MAX * course->nr_windows)
		add_reason(reasons, "%s cost over %.1f times its median in "
			   "%.0f %% of the run", name, OUTLIER_FACTOR,
			   100.0 * course->nr_outliers / course->nr_windows);
	return true;
}

static void add_means(json_t *samples, const struct run *run, unsigned op)
{
	double clock_ns = (double)run->clock_ps / 1000;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct series *s = run->workers[cpu].ops[op].series;
		unsigned nr = series_nr_full(s);
		json_t *json, *means;

		if (!nr)
			continue;
		json = json_pack("{s:s, s:i, s:i, s:o}", "op",
				 run->workload->ops[op], "cpu", (int)cpu,
				 "window", (int)s->per_window, "mean_ns",
				 means = json_array());
		for (unsigned i = 0; i < nr; i++)
			json_array_append_new(means, rounded_real(
				max(series_mean(s, i) - clock_ns, 0.0)));
		json_array_append_new(samples, json);
	}
}

static double total_ns(const struct run *run)
{
	double sum = 1;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++)
		sum += (double)run->workers[cpu].time_ns;
	return sum;
}

void noise_write(json_t *point, const struct request *r,
		 const struct outcome *o)
{
	json_t *noise = json_object(), *reasons = json_array();
	json_t *samples = json_array();
	bool judged = false;

	judge_host(reasons, r, o, total_ns(&o->run));
	for (unsigned op = 0; o->run.workload->ops[op]; op++) {
		struct course course = course_of(&o->run, op);

		judged |= judge_op(reasons, o->run.workload->ops[op], &course);
		add_means(samples, &o->run, op);
	}
	json_object_set_new(noise, "verdict", json_string(
		json_array_size(reasons) ? "noisy" :
		judged && o->noise.known ? "quiet" : "unknown"));
	json_object_set_new(noise, "reasons", reasons);
	if (o->noise.known) {
		set_u64(noise, "run_delay_ns", o->noise.run_delay_ns);
		set_u64(noise, "steal_ns", o->noise.steal_ns);
		set_u64(noise, "preemptions", o->noise.preemptions);
		set_u64(noise, "migrations", o->noise.migrations);
	}
	json_object_set_new(point, "noise", noise);
	json_object_set_new(point, "samples", samples);
}
