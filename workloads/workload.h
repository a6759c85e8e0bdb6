/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a workload is: a description and a loop, in one file. doc/workloads.md
 * shows how to write one. The harness (workload.c) starts one task on each of
 * the run's CPUs, keeps time, and stops all together.
 */
#ifndef WORKLOADS_WORKLOAD_H
#define WORKLOADS_WORKLOAD_H

#include "cpus/machine.h"
#include "cpus/histogram.h"
#include "cpus/rng.h"
#include "cpus/series.h"

#define WORKLOAD_MAX_OPS	8
#define WORKLOAD_MAX_KEYS	12
#define WORKLOAD_MAX_PHASES	2
#define WORKLOAD_MAX_FIGURES	16

/* Kinds of keys; values reach the workload as u64: bytes, a count, 0 or 1,
 * nanoseconds, the index into values[], bytes that are a power of 2, or a node
 * of the topology. KEY_SLAB_DEBUG and KEY_FAULT_ATTR are text, of tunables. */
enum key_type { KEY_SIZE, KEY_UINT, KEY_BOOL, KEY_TIME, KEY_ENUM, KEY_POWER,
		KEY_NID, KEY_SLAB_DEBUG, KEY_FAULT_ATTR };

/* Of a key without a default that the user has not set. */
#define KEY_UNSET	(~0ul)

struct workload_key {
	const char		*name;
	enum key_type		type;
	const char		*value;		/* default, as typed; or NULL */
	u64			min, max;	/* max 0: unlimited */
	const char *const	*values;	/* KEY_ENUM; NULL ends */
	const char		*help;
};

struct worker;
struct run;

/* A measured part of the run: all CPUs begin and end it together. */
struct workload_phase {
	const char	*name;
	/* One loop on one CPU; false: a failure that ends this CPU's part. */
	bool		(*loop)(struct worker *w);
	u32		ops;		/* bits: which operations it does */
};

struct workload {
	const char			*name;
	const char			*summary;
	const struct workload_key	*keys;		/* name NULL ends */
	const char			*ops[WORKLOAD_MAX_OPS + 1];
	struct workload_phase		phases[WORKLOAD_MAX_PHASES + 1];
	u64				loops;		/* by default */
	/* Every loop ends with all CPUs at a barrier. */
	bool				lockstep;
	/* On CPU 0 before the workers start. NULL, or why it cannot run
	 * ("memory" for a point that cannot fit). */
	const char			*(*setup)(struct run *run);
	/* On each CPU, before and after all phases; not measured. */
	void				(*prepare)(struct worker *w);
	void				(*finish)(struct worker *w);
	/* On each CPU when all have done their loops, those that warm up or a
	 * phase's: stops what goes on by itself (a device), for now the kernel
	 * is looked at. The next loop starts it again. Not measured. */
	void				(*rest)(struct worker *w);
	/* On CPU 0, after the workers have ended. */
	void				(*teardown)(struct run *run);
};

/* What one CPU has recorded of one operation. */
struct op_record {
	u64			count;		/* done, when the phase ends */
	u64			failed;
	u32			countdown;	/* to the next sample */
	u32			armed;		/* what countdown began with */
	u32			interval;	/* natively 1 in so many */
	struct histogram	*samples;	/* ns, with one clock reading */
	struct series		*series;	/* the same; native only */
	u32			nr_timed;	/* samples and broken down */
	struct op_time		*time;		/* of those broken down */
};

struct worker {
	unsigned		cpu;		/* and index: 0..nr_cpus-1 */
	struct run		*run;
	struct rng		rng;
	struct rng		sampling;	/* the harness's own */
	struct op_record	ops[WORKLOAD_MAX_OPS];
	u64			time_ns;	/* in the measured phases */
	bool			failed;
	void			*data;		/* the workload's */
};

struct run {
	const struct workload	*workload;
	u64			values[WORKLOAD_MAX_KEYS];	/* of keys[] */
	unsigned		nr_cpus;	/* workers */
	u64			loops;		/* 0: until duration_ns */
	u64			duration_ns;	/* of all phases together */
	u64			warmup_ns;	/* of each phase before */
	u64			think_ns;	/* computed after each loop */
	bool			validate;	/* slab caches, after phases */
	u64			seed;
	u64			memory_bytes;	/* emulated */
	u64			depth_used;	/* 0: the workload has none */
	/* Of a point that cannot fit: what it asks for, the most there is, and
	 * what that is ("free are"); bytes 0: not known. */
	struct { u64 bytes, limit; const char *what; } needs;
	/* Kernel reports that the workload has provoked, and found right. */
	u64			bugs_expected;
	/* What the workload itself has to say; by run_figure(). */
	struct {
		const char	*name;
		u64		value;
		bool		is_milli;	/* value is in thousandths */
	} figures[WORKLOAD_MAX_FIGURES];
	unsigned		nr_figures;
	u64			clock_ps;	/* of one reading */
	struct worker		*workers;	/* nr_cpus */
	u64			phase_ns[WORKLOAD_MAX_PHASES];
	void			*data;		/* the workload's */
	/* The engine's; memory private to the run, zeroed, never freed. */
	void			*(*alloc)(size_t size);
	/* On CPU 0 with all CPUs at rest, before and after each phase. */
	void	(*phase_begins)(struct run *run, unsigned phase);
	void	(*phase_ended)(struct run *run, unsigned phase);
};

/* ---- for workloads ---------------------------------------------------- */
/* The value of a key, by its index in keys[]. */
#define run_key(run, index)	((run)->values[index])

/*
 * Brackets one operation:
 *	u64 t = op_begin(w, OP); ... op_end(w, OP, t);
 * Not every one is timed natively (reading a clock costs more than a kmalloc).
 */
/* The countdown is all that an operation costs that is not timed: count is
 * brought up to date by samples and at the end of the phase. */
u64 op_sample_begin(struct worker *w, unsigned op);
void op_sample_end(struct worker *w, unsigned op, u64 begun, u64 n);

static always_inline u64 op_begin(struct worker *w, unsigned op)
{
	struct op_record *record = &w->ops[op];

	if (likely(--record->countdown))
		return 0;
	return op_sample_begin(w, op);
}

/* n operations were done in one bracket: each gets its share of the time. */
static always_inline void op_end_many(struct worker *w, unsigned op, u64 begun,
				      u64 n)
{
	if (n != 1)
		w->ops[op].count += n - 1;
	if (unlikely(begun))
		op_sample_end(w, op, begun, n);
}

static always_inline void op_end(struct worker *w, unsigned op, u64 begun)
{
	op_end_many(w, op, begun, 1);
}

static inline void op_failed(struct worker *w, unsigned op)
{
	w->ops[op].failed++;
}

/* A number of the result, beside the operations, instead of an earlier one of
 * that very name (a literal); by one CPU at a time. */
void run_figure(struct run *run, const char *name, u64 value);
/* The same of thousandths: a number with a fraction. */
void run_figure_milli(struct run *run, const char *name, u64 thousandths);

/* Waits until every worker of the run is here; serves interrupts meanwhile. */
void run_barrier(struct run *run);

/* ---- for the engine --------------------------------------------------- */
/* What every workload has beside its own keys: the harness's, a value each in
 * struct run. name NULL ends. */
extern const struct workload_key workload_common_keys[];
enum { COMMON_THINK, COMMON_VALIDATE, NR_COMMON_KEYS };
/* Runs the whole thing from CPU 0's task. NULL, or setup's reason. */
const char *workload_run(struct run *run);
/* The cache line at p is the harness's: its barrier's, or of struct run. */
bool workload_harness_has(const struct run *run, const void *p);
/* Picoseconds that one pair of clock readings adds to a sample. */
u64 workload_measure_clock_ps(void);
/* Mean ns of one round of the harness's loop around nothing. */
u64 workload_measure_empty_loop_ps(struct run *run);

extern const struct workload workload_kmalloc_vs_vmalloc;
extern const struct workload workload_lockhammer;
extern const struct workload workload_page_alloc;
extern const struct workload workload_page_torture;
extern const struct workload workload_fragmentation;
extern const struct workload workload_irq_atomic;
extern const struct workload workload_slab_remote_free;
extern const struct workload workload_slab_bulk;
extern const struct workload workload_slab_errors;
extern const struct workload workload_dma_exhaust;
extern const struct workload workload_fix_size_alloc;
extern const struct workload workload_full_fit_alloc;
extern const struct workload workload_long_busy_list_alloc;
extern const struct workload workload_random_size_alloc;
extern const struct workload workload_fix_align_alloc;
extern const struct workload workload_random_size_align_alloc;
extern const struct workload workload_align_shift_alloc;
extern const struct workload workload_kvfree_rcu;
extern const struct workload workload_vm_map_ram;
extern const struct workload workload_tlb_storm;

#endif
