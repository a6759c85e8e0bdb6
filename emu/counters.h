/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Everything the emulated kernel and machine count, as one value that can be
 * taken, subtracted and added. Taken with all CPUs at rest.
 */
#ifndef EMU_COUNTERS_H
#define EMU_COUNTERS_H

#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/tlbflush.h"
#include "mm/vmap.h"

struct counters {
	struct smp_stat		smp;
	struct tlb_stat		tlb;
	struct flush_stat	flush;
	struct vmap_stat	vmap;
	struct lock_stat	locks[LOCK_CLASS_MAX];
	u64			slub[NR_SLUB_STAT_ITEMS];
	u64			events[NR_VM_EVENTS];
	u64			time_ns[NR_CPU_TIMES];
};

void counters_take(struct counters *out);
/* into += after - before, for all that is a count; maxima are after's. */
void counters_add_difference(struct counters *into,
			     const struct counters *before,
			     const struct counters *after);

#endif
