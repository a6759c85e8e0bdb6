/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How values changed over a run whose length is not known before: sums over
 * windows of equally many values. There are at most SERIES_WINDOWS; when they
 * are full, neighbours are joined and a window takes twice as many from then
 * on, so that 8 to 16 windows always cover the whole run. Of one CPU.
 */
#ifndef CPUS_SERIES_H
#define CPUS_SERIES_H

#include "cpus/compiler.h"

#define SERIES_WINDOWS		16

struct series {
	u32	nr;			/* windows begun */
	u32	filled;			/* values in the last one */
	u32	per_window;
	u64	sums[SERIES_WINDOWS];
};

void series_init(struct series *s);
void series_add(struct series *s, u64 value);
/* Windows that are full: only those can be compared. */
unsigned series_nr_full(const struct series *s);
/* Mean of a full window. */
double series_mean(const struct series *s, unsigned window);

#endif
