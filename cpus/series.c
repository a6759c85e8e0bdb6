/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows that double: see series.h. */
#include "cpus/series.h"

static_assert(SERIES_WINDOWS % 2 == 0, "windows are joined in pairs");

void series_init(struct series *s)
{
	s->nr = 0;
	s->filled = 0;
	s->per_window = 1;
}

static void join_pairs(struct series *s)
{
	for (unsigned i = 0; i < SERIES_WINDOWS / 2; i++)
		s->sums[i] = s->sums[2 * i] + s->sums[2 * i + 1];
	s->nr = SERIES_WINDOWS / 2;
	s->per_window *= 2;
	s->filled = s->per_window;
}

void series_add(struct series *s, u64 value)
{
	if (s->nr == SERIES_WINDOWS && s->filled == s->per_window)
		join_pairs(s);
	if (!s->nr || s->filled == s->per_window) {
		s->sums[s->nr++] = 0;
		s->filled = 0;
	}
	s->sums[s->nr - 1] += value;
	s->filled++;
}

unsigned series_nr_full(const struct series *s)
{
	return s->nr - (s->nr && s->filled < s->per_window);
}

double series_mean(const struct series *s, unsigned window)
{
	return (double)s->sums[window] / s->per_window;
}
