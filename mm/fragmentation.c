/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/fragmentation.h"

void fill_contig_page_info(const struct zone *zone, unsigned order,
			   struct contig_page_info *info)
{
	unsigned o;

	for (o = 0; o < NR_PAGE_ORDERS; o++) {
		u64 blocks = READ_ONCE(zone->free_area[o].nr_free);

		info->free_blocks_total += blocks;
		info->free_pages += blocks << o;
		if (o >= order)
			info->free_blocks_suitable += blocks << (o - order);
	}
}

struct contig_page_info contig_page_info_of_all(unsigned order)
{
	struct contig_page_info info = { .free_pages = 0 };
	struct zone *zone;
	unsigned i;

	for_each_populated_zone(zone, i)
		fill_contig_page_info(zone, order, &info);
	return info;
}

int unusable_free_index(unsigned order, const struct contig_page_info *info)
{
	if (!info->free_pages)
		return 1000;
	return (int)((info->free_pages -
		      (info->free_blocks_suitable << order)) * 1000 /
		     info->free_pages);
}

int fragmentation_index(unsigned order, const struct contig_page_info *info)
{
	u64 requested = 1UL << order;

	if (!info->free_blocks_total)
		return 0;
	if (info->free_blocks_suitable)
		return -1000;
	return 1000 - (int)((1000 + info->free_pages * 1000 / requested) /
			    info->free_blocks_total);
}

int extfrag_for_order(unsigned order, const struct contig_page_info *info)
{
	if (!info->free_pages)
		return 0;
	return (int)((info->free_pages -
		      (info->free_blocks_suitable << order)) * 100 /
		     info->free_pages);
}
