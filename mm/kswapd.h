/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is left of kswapd where nothing can be reclaimed. Internal. */
#ifndef MM_KSWAPD_H
#define MM_KSWAPD_H

#include "mm/mmzone.h"

/* An allocation has found the zone below its low watermark: kswapd of its node
 * is woken, unless it runs, or has nothing or no hope to do. Any context but
 * NMI, no lock of a worker pool held. */
void wakeup_kswapd(struct zone *zone, unsigned order,
		   unsigned highest_zoneidx);
/* kswapd has failed so often that it is not woken any more. */
bool pgdat_hopeless(const struct pglist_data *pgdat);
/* Once for each boost of the zone's watermarks. Any context but NMI, no lock
 * of a worker pool held. */
void wake_for_boost(struct zone *zone);
/* Boot, when the nodes are known. */
void kswapd_init(void);

#endif
