/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys that mean the same in every workload that has them: which flags, which
 * node, what alignment, how many at once. `think` is the harness's
 * (workload.h).
 */
#ifndef WORKLOADS_KEYS_H
#define WORKLOADS_KEYS_H

#include "mm/page_alloc.h"
#include "workloads/workload.h"

/*
 * "gfp", an entry of keys[]: for calls that take any flags, or for vmalloc,
 * which in 6.12 takes flags that may sleep only (mm/vmalloc.c,
 * __vmalloc_node_range). Read by gfp_choice().
 */
#define GFP_KEY \
	{ "gfp", KEY_ENUM, "GFP_KERNEL", 0, 0, gfp_choices, \
	  "flags of the allocations" }
#define GFP_SLEEPING_KEY \
	{ "gfp", KEY_ENUM, "GFP_KERNEL", 0, 0, gfp_sleeping_choices, \
	  "flags of the allocations" }
extern const char *const gfp_choices[], *const gfp_sleeping_choices[];
/* The flags behind a value of either; sleeping ones come first in both. */
gfp_t gfp_choice(u64 value);

/* "node": where memory is wanted, NULL for the CPU's own. Read by
 * node_choice(). */
#define NODE_KEY(preset) \
	{ "node", KEY_NID, preset, 0, MAX_NUMNODES - 1, NULL, \
	  "node that memory is wanted from (unset: the CPU's own)" }
/* NUMA_NO_NODE where the user has not set it. */
int node_choice(u64 value);

#define ALIGN_KEY(preset) \
	{ "align", KEY_POWER, preset, 1, 1UL << 30, NULL, \
	  "alignment of vmalloc's areas, a power of 2" }

#define DEPTH_KEY \
	{ "depth", KEY_UINT, "1", 1, 1 << 20, NULL, \
	  "live objects of each CPU, lowered to fit memory" }

/* Bytes that a host is asked to back for the sake of depth. */
#define LIVE_LIMIT	(512UL << 20)

/*
 * For setup: NULL, or "memory" if bytes are more than limit. The result then
 * has both, and in words what the limit is, a literal: "free are" (12M).
 */
const char *memory_fits(struct run *run, u64 bytes, u64 limit,
			const char *what);
/* The same for pages that must be free, with an eighth for what else there is
 * to allocate: tables, records. */
const char *pages_are_free(struct run *run, u64 pages);

/*
 * For setup, where every CPU holds `depth` objects of `each` bytes at once:
 * lowers it to what fits a quarter of memory, and the limit above, and sets
 * run->depth_used. NULL, or "memory" when not even one fits.
 */
const char *depth_fits(struct run *run, u64 depth, u64 each);

#endif
