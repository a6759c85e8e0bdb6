/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a few repetitions say about a mean. The interval is the bootstrap's by
 * percentiles (Efron, Tibshirani: An Introduction to the Bootstrap, 1993,
 * chapter 13): means of BOOTSTRAP_RESAMPLES samples drawn with replacement, of
 * which the middle 95 % are kept. For few repetitions it is too narrow (for
 * five about 85 % instead of 95 %), so that below BOOTSTRAP_MIN there is none.
 */
#ifndef EMU_BOOTSTRAP_H
#define EMU_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

#define BOOTSTRAP_RESAMPLES	2000
#define BOOTSTRAP_MIN		5

struct bootstrap {
	double	mean;
	double	low, high;	/* of the mean, 95 % */
	bool	interval;	/* there were enough values */
	size_t	outliers;
};

/*
 * Of nr > 0 values. The same values give the same interval: the generator is
 * seeded by a constant. Outliers have a modified z-score beyond 3.5 (Iglewicz,
 * Hoaglin: How to Detect and Handle Outliers, 1993); they are counted, not
 * left out.
 */
void bootstrap_mean(const double *values, size_t nr, struct bootstrap *out);

#endif
