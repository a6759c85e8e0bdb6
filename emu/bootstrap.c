/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Resampling: see bootstrap.h. */
#include "emu/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/rng.h"

#define SEED			1
/* Of normal values 0.6745 of the standard deviation is the median absolute
 * deviation. */
#define MAD_TO_SIGMA		0.6745
#define OUTLIER_Z		3.5

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of_sorted(const double *values, size_t nr)
{
	return (values[(nr - 1) / 2] + values[nr / 2]) / 2;
}

static double mean_of(const double *values, size_t nr)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[i];
	return sum / (double)nr;
}

/* scratch: nr values. */
static size_t count_outliers(const double *values, size_t nr, double *scratch)
{
	double median, deviation;
	size_t outliers = 0;

	memcpy(scratch, values, nr * sizeof(*values));
	qsort(scratch, nr, sizeof(*scratch), compare);
	median = median_of_sorted(scratch, nr);
	for (size_t i = 0; i < nr; i++)
		scratch[i] = fabs(values[i] - median);
	qsort(scratch, nr, sizeof(*scratch), compare);
	deviation = median_of_sorted(scratch, nr);
	for (size_t i = 0; i < nr; i++)
		outliers += MAD_TO_SIGMA * fabs(values[i] - median) >
			OUTLIER_Z * deviation;
	return deviation > 0 ? outliers : 0;
}

static double resample(const double *values, size_t nr, struct rng *rng)
{
	double sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += values[rng_below(rng, nr)];
	return sum / (double)nr;
}

void bootstrap_mean(const double *values, size_t nr, struct bootstrap *out)
{
	size_t cut = BOOTSTRAP_RESAMPLES / 40;		/* 2.5 % */
	double *scratch;
	struct rng rng;

	*out = (struct bootstrap){ .mean = mean_of(values, nr) };
	if (nr < BOOTSTRAP_MIN)
		return;
	scratch = calloc(nr > BOOTSTRAP_RESAMPLES ? nr : BOOTSTRAP_RESAMPLES,
			 sizeof(*scratch));
	if (!scratch)
		return;
	out->outliers = count_outliers(values, nr, scratch);
	rng_seed(&rng, SEED);
	for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++)
		scratch[i] = resample(values, nr, &rng);
	qsort(scratch, BOOTSTRAP_RESAMPLES, sizeof(*scratch), compare);
	out->low = scratch[cut];
	out->high = scratch[BOOTSTRAP_RESAMPLES - 1 - cut];
	out->interval = true;
	free(scratch);
}
