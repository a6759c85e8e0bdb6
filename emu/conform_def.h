/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of conform share: see conform.h. */
#ifndef EMU_CONFORM_DEF_H
#define EMU_CONFORM_DEF_H

#include "emu/conform.h"
#include "mm/slab_def.h"
#include "mm/watermark.h"

enum conform_class {
	CLASS_OBJECT_SIZE, CLASS_SIZE, CLASS_ALIGN, CLASS_ORDER, CLASS_PAGES,
	CLASS_OBJECTS, CLASS_CPU_PARTIAL, CLASS_MIN_PARTIAL, CLASS_FOLDER,
	CLASS_MERGE, CLASS_ALIASES, CLASS_MIN, CLASS_LOW, CLASS_HIGH,
	CLASS_PROMO, CLASS_PROTECTION, CLASS_BATCH, CLASS_PCP_HIGH,
	CLASS_HIGH_MIN, CLASS_HIGH_MAX, CLASS_THRESHOLD, CLASS_CEILING,
	NR_CLASSES
};

/* Where a value was printed. */
struct conform_place {
	enum dump_section	section;
	unsigned		line;
	const char		*name;
};

struct conform_count {
	u64	equal, inferred, excluded, wrong;
};

struct conform {
	const struct kernel_dump *dump;
	bool			live;
	unsigned		nr_cpus;
	struct conform_count	counts[NR_CLASSES];
	/* Caches of which something was inferred: where free pointers are. */
	unsigned		nr_behind, nr_left;
	json_t			*mismatches, *excluded, *inferred, *notes;
	struct dump_error	*err;	/* text set: no report */
};

/* Is the kernel of this version or later? */
bool conform_since(const struct conform *c, unsigned major, unsigned minor);
/* Does the command line of the kernel have the parameter (without '=')? */
bool conform_has_parameter(const struct conform *c, const char *name);

/*
 * Counts a value. inferred: an input of computed had to be inferred. format:
 * the inputs, for people.
 */
__attribute__((format(printf, 7, 8)))
void conform_compare(struct conform *c, enum conform_class class,
		     const struct conform_place *at, u64 printed, u64 computed,
		     bool inferred, const char *format, ...);
/* Counts nr values that cannot be computed for want of `input`. */
void conform_exclude(struct conform *c, enum conform_class class, u64 nr,
		     const char *input);
/* An input that was inferred, for the report. */
__attribute__((format(printf, 2, 3)))
void conform_infer(struct conform *c, const char *format, ...);
/* Anything else that the reader should know. */
__attribute__((format(printf, 2, 3)))
void conform_note(struct conform *c, const char *format, ...);

/* The halves: caches, the names they share, zones. */
void conform_caches(struct conform *c);
void conform_aliases(struct conform *c);
void conform_zones(struct conform *c);

/* ---- conform_pcp.c: per-CPU limits ---- */
/* What they follow from. */
struct set_inputs {
	u64		managed, low;
	u64		booted;		/* managed, of the threshold */
	u64		most;		/* managed that there ever was */
	unsigned	nr_cpus;	/* of the node */
	bool		inferred_cpus;
};

/* Has the machine more than one node? */
bool conform_many_nodes(const struct conform *c);
/* Are the CPUs of the node inferred? */
bool conform_infers_cpus(const struct conform *c, u64 node);
/* Do values of the zone follow from the CPUs of one of several nodes? */
bool conform_needs_cpus(const struct conform *c, const struct dump_zone *zone);
/* CPUs of a node; of one of several no view says it: those that explain most
 * limits. */
unsigned conform_node_cpus(const struct conform *c, u64 node);
/* now: what the zone has now; then: what it had when the limits were set. */
void conform_pageset(struct conform *c, const struct dump_pageset *set,
		     const struct set_inputs *now,
		     const struct set_inputs *then, const char *zone);

/* A mark as set: what is printed has the boost of the moment on top. */
static inline u64 without_boost(const struct dump_zone *zone, u64 mark)
{
	return mark - min(mark, zone->boost);
}

/* ---- conform_boot.c: what zones had when the kernel set their limits ---- */
#define CONFORM_ZONES_MAX	64

struct boot_zone {
	const struct dump_zone	*zone;
	unsigned		idx;		/* enum zone_type, or above */
	unsigned		pos;		/* among the zones of a node */
	bool			reserve;	/* counts for min_free_kbytes */
	bool			movable;	/* no share of the reserve */
	u64			min;		/* without the boost */
	u64			lo, hi;		/* what other values allow */
	u64			managed;	/* the solution */
};

struct boot {
	struct boot_zone	zones[CONFORM_ZONES_MAX];	/* populated */
	unsigned		nr_zones;
	bool			thp;
	u64			lowmem, pages_min;	/* the solution's */
	/* What to leave out: a protection or a min; -1: nothing. */
	int			skip_zone, skip_protection;
	bool			no_protections;	/* leave out all of them */
	/* What somebody may have set, and where they have: */
	bool			own_min;	/* pages_min, up to */
	u64			most_pages_min;
	unsigned		scale;		/* watermark_scale_factor */
	bool			own_ratio[MAX_NR_ZONES];
	u64			ratio[MAX_NR_ZONES];	/* 0: no reserve */
};

/*
 * Finds zones[].managed, nearest to hi, so that our formulas give the printed
 * protections and min watermarks; narrows lo and hi. False if no such pages
 * exist; then managed is as printed.
 */
bool boot_solve(struct boot *boot);
/* The same for protections alone; lowmem and pages_min stay. */
bool boot_solve_protections(struct boot *boot);
/* lowmem and pages_min of zones[].managed. */
void boot_sum(struct boot *boot);
/* The zones between zone i (not included) and protection j of it. */
u64 boot_above(const struct boot *boot, unsigned i, unsigned j);
/* Protection j of zone i. */
u64 boot_reserve(const struct boot *boot, unsigned i, unsigned j);
/* The marks of a zone, without its boost. */
void boot_marks(const struct boot *boot, unsigned i, u64 mark[NR_WMARK]);

/* ---- conform_sysctl.c: what somebody has set since ---- */
/*
 * Both begin with the pages of now, which count when a sysctl is written. True
 * and own values that explain all marks, or all protections, if there are any.
 */
bool sysctl_marks(struct boot *boot);
bool sysctl_ratios(struct boot *boot);
/* Names what was set. */
void sysctl_report(struct conform *c, const struct boot *set,
		   const struct boot *then);

#endif
