/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel printed: its text views in one file, each behind a line
 * `@@@ name`. Read strictly: every row must have the columns that the kernel
 * prints (slub spec 4.2, 5.19, vmalloc spec 3.11), so what is read is what
 * was meant. Numbers are as printed; pages unless a name says otherwise.
 *
 *	BOOT		uname -a, number of CPUs, command line; a line each
 *	slabinfo	/proc/slabinfo
 *	sysfs-slab	a line a folder or link of /sys/kernel/slab: name
 *			object_size slab_size align order objs_per_slab
 *			cpu_partial min_partial aliases
 *	sysfs-slab-flags	a line a folder or link, for what follows from
 *			flags: name hwcache_align destroy_by_rcu ctor (0 or 1)
 *			sanity_checks trace red_zone poison store_user
 *	cpus		"possible N": nr_cpu_ids; "node N N": a node and how
 *			many CPUs of it are online; a line each
 *	buddyinfo zoneinfo pagetypeinfo vmallocinfo interrupts
 *			/proc/ of the same name
 *	ceiling N	debugfs x86/tlb_single_page_flush_ceiling
 *
 * Sections are optional and in any order. Those of other names are skipped
 * but named in unknown[]; so is what stands before the first one and behind
 * `@@@ END`: consoles say more than was asked for. A line of the kernel's log
 * ("[   36.937306] reboot: ...") is no line of a view.
 */
#ifndef EMU_KERNEL_DUMP_H
#define EMU_KERNEL_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DUMP_NR_ORDERS		11
#define DUMP_TYPES_MAX		8
#define DUMP_PROTECTION_MAX	8
#define DUMP_UNKNOWN_MAX	16

enum dump_section {
	DUMP_BOOT, DUMP_SLABINFO, DUMP_SYSFS_SLAB, DUMP_SLAB_FLAGS,
	DUMP_CPUS, DUMP_BUDDYINFO, DUMP_ZONEINFO, DUMP_PAGETYPEINFO,
	DUMP_VMALLOCINFO, DUMP_INTERRUPTS, DUMP_CEILING, DUMP_NR_SECTIONS
};

extern const char *const dump_section_names[DUMP_NR_SECTIONS];

/* A wrong place: the line (from 1) and, in it, the column (from 0). */
struct dump_error {
	unsigned	line;		/* 0: no place, of the whole */
	int		column;
	int		length;		/* characters to underline */
	char		text[160];
};

struct dump_slabinfo {
	unsigned	line;
	const char	*name;
	uint64_t	active_objs, num_objs;
	uint64_t	objsize;		/* bytes: the stride */
	uint64_t	objperslab, pagesperslab;
	uint64_t	limit, batchcount, sharedfactor;
	uint64_t	active_slabs, num_slabs, sharedavail;
};

struct dump_sysfs_slab {
	unsigned	line;
	const char	*name;
	uint64_t	object_size, size, align;	/* bytes */
	uint64_t	order, objects;			/* of a slab */
	uint64_t	cpu_partial;			/* objects */
	uint64_t	min_partial;			/* slabs */
	uint64_t	aliases;
};

/* Each 0 or 1. */
struct dump_slab_flags {
	unsigned	line;
	const char	*name;
	uint64_t	hwcache_align, destroy_by_rcu, ctor;
	uint64_t	sanity_checks, trace, red_zone, poison, store_user;
};

struct dump_node {
	unsigned	line;
	uint64_t	node, cpus;
};

struct dump_buddyinfo {
	unsigned	line;
	uint64_t	node;
	const char	*zone;
	uint64_t	nr_free[DUMP_NR_ORDERS];	/* blocks */
};

struct dump_stat {
	const char	*name;
	uint64_t	value;
};

struct dump_pageset {
	unsigned	line;
	uint64_t	cpu, count, high, batch;
	bool		has_limits;	/* 6.18 prints the next two */
	uint64_t	high_min, high_max;
	uint64_t	threshold;	/* vm stats */
};

struct dump_zone {
	unsigned		line;
	uint64_t		node;
	const char		*name;
	struct dump_stat	*node_stats;	/* of the node's first zone */
	size_t			nr_node_stats;
	uint64_t		free, boost, min, low, high, promo;
	bool			has_promo;	/* 6.1 does not print it */
	uint64_t		spanned, present, managed, cma;
	uint64_t		protection[DUMP_PROTECTION_MAX];
	size_t			nr_protection;
	bool			populated;	/* the rest is printed */
	struct dump_stat	*stats;		/* NUMA events among them */
	size_t			nr_stats;
	struct dump_pageset	*pagesets;
	size_t			nr_pagesets;
	uint64_t		node_unreclaimable, start_pfn;
};

/* Free blocks of one type; capped[order]: there are more. */
struct dump_pagetype {
	unsigned	line;
	uint64_t	node;
	const char	*zone, *type;
	uint64_t	nr_free[DUMP_NR_ORDERS];
	bool		capped[DUMP_NR_ORDERS];
};

/* Page blocks by type, as the head of the rows names them. */
struct dump_pageblocks {
	unsigned	line;
	uint64_t	node;
	const char	*zone;
	size_t		nr_types;
	const char	*types[DUMP_TYPES_MAX];
	uint64_t	blocks[DUMP_TYPES_MAX];
};

struct dump_vmalloc {
	unsigned	line;
	uint64_t	start, end;	/* hashed by most kernels */
	uint64_t	size;		/* bytes, with the guard page */
	const char	*text;		/* all behind the size */
	const char	*caller;	/* NULL: none */
	uint64_t	pages;		/* 0: none */
	bool		unpurged, vm_map_ram;
};

struct dump_interrupt {
	unsigned	line;
	const char	*name;		/* without the colon */
	uint64_t	*counts;	/* one a CPU; ERR and MIS have one */
	size_t		nr_counts;
	const char	*text;
};

struct kernel_dump {
	unsigned		lines[DUMP_NR_SECTIONS];	/* 0: absent */
	const char		*unknown[DUMP_UNKNOWN_MAX];
	size_t			nr_unknown;

	/* BOOT */
	const char		*release;	/* "6.12.107+deb12-amd64" */
	unsigned		major, minor;
	bool			x86_64;		/* uname says so */
	uint64_t		cpus;
	const char		*cmdline;

	struct dump_slabinfo	*slabinfo;
	size_t			nr_slabinfo;
	struct dump_sysfs_slab	*sysfs_slab;
	size_t			nr_sysfs_slab;
	struct dump_slab_flags	*slab_flags;
	size_t			nr_slab_flags;
	uint64_t		possible;	/* CPUs; 0: not said */
	struct dump_node	*nodes;
	size_t			nr_nodes;
	struct dump_buddyinfo	*buddyinfo;
	size_t			nr_buddyinfo;
	struct dump_zone	*zones;
	size_t			nr_zones;
	uint64_t		pageblock_order, pages_per_block;
	struct dump_pagetype	*pagetypes;
	size_t			nr_pagetypes;
	struct dump_pageblocks	*pageblocks;
	size_t			nr_pageblocks;
	struct dump_vmalloc	*vmalloc;
	size_t			nr_vmalloc;
	size_t			nr_interrupt_cpus;
	struct dump_interrupt	*interrupts;
	size_t			nr_interrupts;
	uint64_t		ceiling;	/* pages */

	char			*words;		/* all that is named above */
	size_t			nr_words;	/* bytes of it */
};

#define DUMP_BIT(section)	(1u << (section))
#define DUMP_ALL		(DUMP_BIT(DUMP_NR_SECTIONS) - 1)

/*
 * Reads size bytes; of the sections those in the mask of DUMP_BIT()s, the
 * others are taken for unknown ones. 0 and *out (free with
 * kernel_dump_destroy), -EINVAL with *err filled, or -ENOMEM. A text without
 * any section is -EINVAL.
 */
int kernel_dump_parse(struct kernel_dump **out, const char *text, size_t size,
		      unsigned sections, struct dump_error *err);
void kernel_dump_destroy(struct kernel_dump *dump);

#endif
