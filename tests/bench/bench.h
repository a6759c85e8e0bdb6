/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `make bench`: the emulated kernel's fast paths next to what they are held
 * against, as ratios. Everything runs in one process on one emulated machine,
 * interleaved: a repetition measures each goal's two sides one after the other,
 * and the verdict is on the median of the ratios. Two-CPU goals have a
 * ping-pong of the same repetition beside them, because hosts change how far
 * apart two CPUs are without notice.
 *
 * A measurement runs on CPU 0's task and returns nanoseconds an operation, or
 * BENCH_MISSING when the host lacks what it needs (a library, a second PU).
 */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include "cpus/machine.h"

#define BENCH_MISSING	(-1.0)
#define BENCH_AGAINST	3

typedef double (*bench_fn)(unsigned long arg);

struct bench_side {
	const char	*name;
	bench_fn	ns;
	unsigned long	arg;
};

struct bench_goal {
	const char		*group;		/* of goals of one kind */
	const char		*what;
	struct bench_side	subject;
	struct bench_side	against[BENCH_AGAINST];	/* fastest counts */
	double			limit;		/* of the ratio; 0: shown */
	double			aim;		/* 0: none */
	bool			two_cpus;
};

/* Tables of goals, each ended by one without a name. */
extern const struct bench_goal bench_slab_goals[];
extern const struct bench_goal bench_mm_goals[];
extern const struct bench_goal bench_tlb_goals[];
extern const struct bench_goal bench_smp_goals[];
extern const struct bench_goal bench_cost_goals[];

/* Before the first measurement, on CPU 0. */
void bench_slab_setup(void);
void bench_tlb_setup(void);

/* ---- for measurements -------------------------------------------------- */
/* How much a block of operations should take: long next to a clock reading. */
#define BENCH_BLOCK_NS	200000

/* fn(arg, 0) here and fn(arg, 1) on CPU 1, begun together; the longer of the
 * two times, each in ns an operation as fn returns it. */
double bench_both(double (*fn)(unsigned long arg, unsigned cpu),
		  unsigned long arg);
/* The same, one after the other: what two CPUs take that do not meet. Which
 * slabs a CPU happens to hold makes a difference, and is in both. */
double bench_each(double (*fn)(unsigned long arg, unsigned cpu),
		  unsigned long arg);
/* The round trip of a line each way between CPU 0 and CPU 1. */
double bench_ping_pong(unsigned long unused);

/* Keeps a value that nobody reads. */
#define bench_keep(x)	__asm__ volatile("" : : "r"(x) : "memory")

#endif
