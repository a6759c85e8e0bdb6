/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bucket i < 32 holds the value i alone. Above, a value with its highest bit
 * at position p is in the p-th group of 32 by the five bits that follow.
 */
#include "cpus/histogram.h"

#define SUB_BUCKETS	(1u << HISTOGRAM_SUB_BITS)

static unsigned bucket_of(u64 value)
{
	unsigned shift;

	if (value < SUB_BUCKETS)
		return (unsigned)value;
	shift = ilog2(value) - HISTOGRAM_SUB_BITS;
	return ((shift + 1) << HISTOGRAM_SUB_BITS) +
	       (unsigned)(value >> shift) - SUB_BUCKETS;
}

u64 histogram_bucket_low(unsigned i)
{
	unsigned shift;

	if (i < SUB_BUCKETS)
		return i;
	shift = (i >> HISTOGRAM_SUB_BITS) - 1;
	return (u64)(SUB_BUCKETS + i % SUB_BUCKETS) << shift;
}

void histogram_init(struct histogram *h)
{
	unsigned i;

	h->count = 0;
	h->sum = 0;
	h->min = ~0UL;
	h->max = 0;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->buckets[i] = 0;
}

void histogram_add(struct histogram *h, u64 value)
{
	h->count++;
	h->sum += value;
	h->min = min(h->min, value);
	h->max = max(h->max, value);
	h->buckets[bucket_of(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	unsigned i;

	into->count += from->count;
	into->sum += from->sum;
	into->min = min(into->min, from->min);
	into->max = max(into->max, from->max);
	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->buckets[i] += from->buckets[i];
}

u64 histogram_quantile(const struct histogram *h, double q)
{
	u64 rank, seen = 0;
	unsigned i;

	if (!h->count)
		return 0;
	if (q <= 0)
		return h->min;
	if (q >= 1)
		return h->max;
	/* The rank-th smallest value, from 1: at least a share q is <= it. */
	rank = (u64)(q * (double)h->count);
	if ((double)rank < q * (double)h->count)
		rank++;
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += h->buckets[i];
		if (seen >= rank)
			break;
	}
	return clamp_t(u64, histogram_bucket_low(i), h->min, h->max);
}
