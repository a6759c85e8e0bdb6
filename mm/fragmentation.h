/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fragmented free memory is (slub spec 5.17; mm/vmstat.c, 6.12). Indices
 * are in thousandths. Read without a lock: exact at quiescence.
 */
#ifndef MM_FRAGMENTATION_H
#define MM_FRAGMENTATION_H

#include "mm/mmzone.h"

struct contig_page_info {
	u64	free_pages;
	u64	free_blocks_total;
	u64	free_blocks_suitable;	/* in units of 2^order pages */
};

/* Adds the zone's free blocks to info, as a request of that order sees them. */
void fill_contig_page_info(const struct zone *zone, unsigned order,
			   struct contig_page_info *info);
/* The same of all zones. */
struct contig_page_info contig_page_info_of_all(unsigned order);
/* The part of free memory that lies in blocks too small: 0 none, 1000 all. */
int unusable_free_index(unsigned order, const struct contig_page_info *info);
/* Why a request fails: towards 0 for want of memory, towards 1000 for
 * fragmentation; -1000 when it would not. */
int fragmentation_index(unsigned order, const struct contig_page_info *info);
/* What proactive compaction goes by, in percent. */
int extfrag_for_order(unsigned order, const struct contig_page_info *info);

#endif
