/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits that somebody has set since the boot: vm.min_free_kbytes,
 * vm.watermark_scale_factor, vm.lowmem_reserve_ratio. No view prints them, but
 * all zones must agree about them.
 */
#include "emu/conform_def.h"

#define SCALE_MAX	3000	/* the kernel takes no more */

struct interval {
	u64	lo, hi;		/* both included */
};

static void narrow_to(struct interval *range, u64 lo, u64 hi)
{
	range->lo = max(range->lo, lo);
	range->hi = min(range->hi, hi);
}

/* share = pages * part / whole, rounded down: what may pages be? */
static void narrow_factor(struct interval *pages, u64 share, u64 part,
			  u64 whole)
{
	narrow_to(pages, DIV_ROUND_UP(share * whole, part),
		  DIV_ROUND_UP((share + 1) * whole, part) - 1);
}

/* ---- marks ---- */
static bool infer_min(struct boot *boot)
{
	struct interval pages = { 0, ~0ull };
	bool any = false;

	for (unsigned i = 0; i < boot->nr_zones; i++) {
		const struct boot_zone *zone = &boot->zones[i];

		if (zone->movable)
			continue;
		any = true;
		narrow_factor(&pages, zone->min, zone->managed, boot->lowmem);
	}
	if (!any || pages.lo > pages.hi)
		return false;
	/* The default is of the boot, when there was a little less. */
	boot->own_min = pages.lo > boot->pages_min ||
		pages.hi < boot->pages_min - boot->pages_min / 64;
	boot->pages_min = pages.lo;
	boot->most_pages_min = pages.hi;
	return true;
}

/* Between the marks lies a part of the zone, or if more a quarter of min. */
static bool infer_scale(struct boot *boot)
{
	struct interval scale = { 1, SCALE_MAX };

	for (unsigned i = 0; i < boot->nr_zones; i++) {
		const struct boot_zone *zone = &boot->zones[i];
		u64 step = zone->zone->low - zone->zone->min;

		if (zone->movable || zone->zone->low < zone->zone->min)
			continue;
		if (step > zone->min / 4)
			narrow_factor(&scale, step, zone->managed, 10000);
		else
			narrow_to(&scale, 0, DIV_ROUND_UP((step + 1) * 10000,
							  zone->managed) - 1);
	}
	if (scale.lo > scale.hi)
		return false;
	if (boot->scale < scale.lo || boot->scale > scale.hi)
		boot->scale = (unsigned)scale.lo;
	return true;
}

bool sysctl_marks(struct boot *boot)
{
	return infer_min(boot) && infer_scale(boot);
}

/* ---- protections ---- */
/* What protection j of zone i says of the ratio: false, there is none. */
static bool narrow_ratio(const struct boot *boot, unsigned i, unsigned j,
			 struct interval *ratio)
{
	u64 above = boot_above(boot, i, j);
	u64 printed = boot->zones[i].zone->protection[j];

	if (printed > above)
		narrow_to(ratio, 1, 0);
	else if (printed)
		narrow_to(ratio, above / (printed + 1) + 1, above / printed);
	else
		narrow_to(ratio, above + 1, ~0ull);
	return printed;
}

static bool infer_ratio(struct boot *boot, unsigned idx)
{
	struct interval ratio = { 1, ~0ull };
	bool any = false, fits = true;

	for (unsigned i = 0; i < boot->nr_zones; i++) {
		const struct dump_zone *zone = boot->zones[i].zone;

		if (boot->zones[i].idx != idx)
			continue;
		for (unsigned j = boot->zones[i].pos + 1;
		     j < zone->nr_protection; j++) {
			any |= narrow_ratio(boot, i, j, &ratio);
			fits &= zone->protection[j] == boot_reserve(boot, i, j);
		}
	}
	if (fits)
		return true;
	boot->own_ratio[idx] = true;
	boot->ratio[idx] = any ? ratio.lo : 0;
	return !any || ratio.lo <= ratio.hi;
}

bool sysctl_ratios(struct boot *boot)
{
	for (unsigned idx = 0; idx < MAX_NR_ZONES; idx++)
		if (!infer_ratio(boot, idx))
			return false;
	return true;
}

/* ---- the report ---- */
void sysctl_report(struct conform *c, const struct boot *set,
		   const struct boot *then)
{
	static const char *const names[] = { "DMA", "DMA32", "Normal" };

	if (set->own_min)
		conform_infer(c, "vm.min_free_kbytes, which somebody has set: "
			      "%lu to %lu", set->pages_min * 4,
			      set->most_pages_min * 4 + 3);
	if (set->scale != 10)
		conform_infer(c, "vm.watermark_scale_factor, which somebody "
			      "has set: %u", set->scale);
	for (unsigned idx = 0; idx < ARRAY_SIZE(names); idx++)
		if (then->own_ratio[idx])
			conform_infer(c, "vm.lowmem_reserve_ratio of zone %s, "
				      "which somebody has set: %lu",
				      names[idx], then->ratio[idx]);
}
