/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations that fail on purpose (lib/fault-inject.c, mm/failslab.c,
 * mm/fail_page_alloc.c, 6.12). What a run does then is its own affair: it must
 * end in failures that its callers see, and leave nothing behind.
 */
#ifndef MM_FAULT_INJECT_H
#define MM_FAULT_INJECT_H

#include "mm/gfp.h"

struct kmem_cache;

/* As on the kernel's command line, failslab=INTERVAL,PROBABILITY,SPACE,TIMES,
 * and in debugfs. */
struct fault_attr {
	unsigned long	interval;	/* one in so many that could fail */
	unsigned long	probability;	/* per cent; 0: off */
	int		space;		/* atomics: bytes or pages first */
	int		times;		/* atomics: at most; -1: any number */
	unsigned	verbose;	/* 0: silent, 1: says so, 2: where */
};

struct failslab {
	struct fault_attr	attr;
	bool	ignore_gfp_wait;	/* those that may reclaim do not fail */
	bool	cache_filter;		/* SLAB_FAILSLAB caches only */
};

struct fail_page_alloc {
	struct fault_attr	attr;
	bool			ignore_gfp_wait;
	bool			ignore_gfp_highmem;
	unsigned		min_order;
};

/* The kernel's: nothing fails, what may reclaim would not, nor single pages. */
#define FAULT_ATTR_INITIALIZER \
	{ .interval = 1, .times = 1, .verbose = 2 }
#define FAILSLAB_INITIALIZER \
	{ .attr = FAULT_ATTR_INITIALIZER, .ignore_gfp_wait = true }
#define FAIL_PAGE_ALLOC_INITIALIZER \
	{ .attr = FAULT_ATTR_INITIALIZER, .ignore_gfp_wait = true, \
	  .ignore_gfp_highmem = true, .min_order = 1 }

extern struct failslab failslab;
extern struct fail_page_alloc fail_page_alloc;

/*
 * "I,P,S,T" into attr; -EINVAL, and attr as it was, for anything else. Blanks
 * and signs as sscanf's %lu,%lu,%d,%d.
 */
int setup_fault_attr(struct fault_attr *attr, const char *text) must_check;

/* From now on allocations fail as set up above, counted from here; or no more.
 * At quiescence. */
void injection_start(void);
void injection_stop(void);

/* Of all orders: the first that is not allocated by the shortest way. Fixed
 * while CPUs run; read by machine_option(). */
extern unsigned long page_alloc_odd_order;
/* Likewise of sizes of kmalloc, less 1; and whether anything may fail. */
extern unsigned long kmalloc_odd_size;
extern unsigned long injection_on;

/* Whether this allocation is to fail; then it is counted, and said. Any
 * context but NMI. */
bool should_failslab(const struct kmem_cache *s, gfp_t gfp);
bool should_fail_alloc_page(gfp_t gfp, unsigned order);

#endif
