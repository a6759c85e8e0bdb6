/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Booting the emulated kernel. */
#ifndef MM_MM_H
#define MM_MM_H

#include "mm/gfp.h"

struct vmap_ops;
struct tlbflush_ops;

#define KERNEL_VERSION(major, minor)	((major) << 8 | (minor))

/* What a person may choose; zero means the generation's own value. */
struct mm_config {
	const struct vmap_ops		*vmap;
	const struct tlbflush_ops	*flush;
	unsigned	tlb_ceiling;		/* pages, if tlb_ceiling_set */
	bool		tlb_ceiling_set;
	unsigned	pcp_batch;		/* 0: spec 5.4's formula */
	u64		lazy_max_pages;		/* 0: fls(online) * 32 MiB */
	unsigned	vmap_nodes;		/* 0: clamp(possible, 1, 128) */
	const char	*slab_debug;		/* NULL: none; mm/slab.h */
	unsigned	nr_cpus;		/* CONFIG_NR_CPUS; 0: online */
	bool		slab_freelist_random;	/* _SLAB_FREELIST_RANDOM */
	bool		slab_freelist_hardened;	/* and _HARDENED */
	bool		slab_nomerge;		/* as on the command line */
	bool		no_memcg;		/* without CONFIG_MEMCG */
	bool		random_kmalloc;	/* _RANDOM_KMALLOC_CACHES */
	bool		no_hardened_usercopy;	/* _HARDENED_USERCOPY */
	bool		no_natural_align;	/* of odd kmalloc classes */
	unsigned	version;		/* 0: 6.12; of text views */
};

extern struct mm_config mm_config;

/* Whether text views have what that version has brought. */
static inline bool mm_since(unsigned version)
{
	return (mm_config.version ? mm_config.version :
		KERNEL_VERSION(6, 12)) >= version;
}

/*
 * Boots everything on CPU 0 in the kernel's order, then loads the page tables
 * on every other CPU. Task context. After it, all of mm/ works.
 */
void mm_init(const struct mm_config *config);

#endif
