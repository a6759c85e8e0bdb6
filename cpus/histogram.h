/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Log-linear histogram of 64-bit values: 32 buckets for each power of two, so
 * that a bucket is at most 3.2 % wide. Fixed size, no allocation, mergeable.
 */
#ifndef CPUS_HISTOGRAM_H
#define CPUS_HISTOGRAM_H

#include "cpus/compiler.h"

#define HISTOGRAM_SUB_BITS	5
#define HISTOGRAM_BUCKETS	((64 - HISTOGRAM_SUB_BITS + 1) << \
				 HISTOGRAM_SUB_BITS)

struct histogram {
	u64	count, sum, min, max;
	u32	buckets[HISTOGRAM_BUCKETS];
};

void histogram_init(struct histogram *h);
void histogram_add(struct histogram *h, u64 value);
void histogram_merge(struct histogram *into, const struct histogram *from);
/* The smallest value v such that a share q (0..1) is <= v, to bucket width;
 * 0 when empty. Exact min and max at q = 0 and 1. */
u64 histogram_quantile(const struct histogram *h, double q);
/* Lowest value of bucket i. */
u64 histogram_bucket_low(unsigned i);

#endif
