/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in front of the emulated L1: a direct-mapped array of finished
 * translations, so that a hit costs a compare and an add on the host. It holds
 * nothing that the L1 does not hold too, so it changes no result: a hit here is
 * an L1 hit. Only global translations; none at all while stale uses are being
 * watched, as those look at the page tables on each use.
 *
 * A tag is a page number with the generation above it. A full flush takes the
 * next generation: O(1). The CPU's own: no other CPU touches it.
 */
#ifndef CPUS_TLB_FRONT_H
#define CPUS_TLB_FRONT_H

#include "cpus/arch.h"

#define TLB_FRONT_ENTRIES	256
#define TLB_FRONT_SHIFT		52	/* bits of a page number */


/* By page; apart from each other, as a page that is not there costs no line of
 * the host but its tag's. */
struct tlb_front {
	u64	generation;			/* 1 ..., shifted */
	u64	hits;
	u64	load_tag[TLB_FRONT_ENTRIES];	/* 0: nothing */
	u64	store_tag[TLB_FRONT_ENTRIES];	/* the same, or 0: read-only */
	u64	addend[TLB_FRONT_ENTRIES];	/* host address less address */
};

static always_inline u64 tlb_front_slot(u64 addr)
{
	return (addr >> PAGE_SHIFT) % TLB_FRONT_ENTRIES;
}

static always_inline u64 tlb_front_tag(const struct tlb_front *front, u64 addr)
{
	return (addr >> PAGE_SHIFT) | front->generation;
}

#endif
