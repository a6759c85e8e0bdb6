/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the zones had when the kernel set their limits (slub spec 5.6, 5.7).
 * zoneinfo does not have it: the initrd and what only booting needs are freed
 * later and are in "managed", but not in the limits. So there is one unknown
 * count a zone; the printed protections and min watermarks, more values than
 * there are unknowns, must all follow from one choice of them.
 *
 * For a total of all zones each printed value bounds the pages of one zone or
 * of neighbours: a system of difference constraints between the sums of the
 * first i zones, which relaxation decides (Bellman-Ford). Totals are tried
 * from the printed one downwards.
 */
#include "emu/conform_def.h"

/* No more than 256 MiB are freed after boot. */
#define TOTALS_MAX	(1u << 16)
#define EDGES_MAX	(CONFORM_ZONES_MAX * (2 * DUMP_PROTECTION_MAX + 4))

/* S[to] <= S[from] + most. */
struct edge {
	unsigned	from, to;
	s64		most;
};

struct system {
	unsigned	nr_edges;
	struct edge	edges[EDGES_MAX];
	s64		sums[CONFORM_ZONES_MAX + 1];
};

/* lo <= S[to] - S[from] <= hi. */
static void constrain(struct system *system, unsigned from, unsigned to,
		      u64 lo, u64 hi)
{
	must(system->nr_edges + 2 <= EDGES_MAX);
	system->edges[system->nr_edges++] = (struct edge){ from, to,
							   (s64)hi };
	system->edges[system->nr_edges++] = (struct edge){ to, from,
							   -(s64)lo };
}

/* Lowers sums, from what they are, until all constraints hold. */
static bool relax(struct system *system, unsigned nr_zones)
{
	bool changed = true;

	for (unsigned round = 0; changed && round <= nr_zones + 1; round++) {
		changed = false;
		for (unsigned i = 0; i < system->nr_edges; i++) {
			const struct edge *e = &system->edges[i];
			s64 most = system->sums[e->from] + e->most;

			if (system->sums[e->to] <= most)
				continue;
			system->sums[e->to] = most;
			changed = true;
		}
	}
	return !changed;
}

/* ---- protections ---- */
/* The zones i + 1 .. *end - 1 are those below protection j of zone i. */
static void zones_above(const struct boot *boot, unsigned i, unsigned j,
			unsigned *end)
{
	for (*end = i + 1; *end < boot->nr_zones &&
	     boot->zones[*end].zone->node == boot->zones[i].zone->node &&
	     boot->zones[*end].pos <= j; )
		++*end;
}

u64 boot_above(const struct boot *boot, unsigned i, unsigned j)
{
	unsigned end;
	u64 sum = 0;

	zones_above(boot, i, j, &end);
	for (unsigned k = i + 1; k < end; k++)
		sum += boot->zones[k].managed;
	return sum;
}

u64 boot_reserve(const struct boot *boot, unsigned i, unsigned j)
{
	const struct boot_zone *zone = &boot->zones[i];
	u64 above = boot_above(boot, i, j);

	if (j <= zone->pos)
		return 0;
	if (zone->idx >= MAX_NR_ZONES || !boot->own_ratio[zone->idx])
		return zone_lowmem_reserve(zone->idx, zone->managed, above);
	return boot->ratio[zone->idx] ? above / boot->ratio[zone->idx] : 0;
}

/* The least sum of pages that gives more than `reserve`. */
static u64 first_above(unsigned idx, u64 reserve, u64 most)
{
	u64 lo = 0, hi = most + 1;

	while (lo < hi) {
		u64 middle = lo + (hi - lo) / 2;

		if (zone_lowmem_reserve(idx, 1, middle) > reserve)
			hi = middle;
		else
			lo = middle + 1;
	}
	return lo;
}

/* What protection j of zone i says of the zones i + 1 .. *end - 1: false if
 * nothing, or if it is left out. */
static bool protection_bounds(const struct boot *boot, unsigned i, unsigned j,
			      unsigned *end, u64 *lo, u64 *hi)
{
	const struct boot_zone *zone = &boot->zones[i];
	u64 printed = zone->zone->protection[j], most = 0;

	zones_above(boot, i, j, end);
	if (*end == i + 1 || zone->idx >= MAX_NR_ZONES ||
	    boot->no_protections ||
	    ((int)i == boot->skip_zone && (int)j == boot->skip_protection))
		return false;
	for (unsigned k = i + 1; k < *end; k++)
		most += boot->zones[k].hi;
	*lo = printed ? first_above(zone->idx, printed - 1, most) : 0;
	*hi = first_above(zone->idx, printed, most) - 1;
	return true;
}

static void add_protections(struct system *system, const struct boot *boot,
			    unsigned i)
{
	const struct boot_zone *zone = &boot->zones[i];

	for (unsigned j = zone->pos + 1; j < zone->zone->nr_protection; j++) {
		unsigned end;
		u64 lo, hi;

		if (protection_bounds(boot, i, j, &end, &lo, &hi))
			constrain(system, i + 1, end, lo, hi);
	}
}

/* Of a single zone they are bounds that need no system: fewer totals. */
static bool narrow_by_protections(struct boot *boot, unsigned i)
{
	const struct boot_zone *zone = &boot->zones[i];
	struct boot_zone *above = &boot->zones[i + 1];

	for (unsigned j = zone->pos + 1; j < zone->zone->nr_protection; j++) {
		unsigned end;
		u64 lo, hi;

		if (!protection_bounds(boot, i, j, &end, &lo, &hi) ||
		    end != i + 2)
			continue;
		if (lo > above->hi || hi < above->lo)
			return false;
		above->lo = max(above->lo, lo);
		above->hi = min(above->hi, hi);
	}
	return true;
}

/* ---- min watermarks ---- */
/* A zone Movable has no share, a value that is left out says nothing. */
static bool leaves_min_out(const struct boot *boot, unsigned i)
{
	return boot->zones[i].movable || ((int)i == boot->skip_zone &&
					  boot->skip_protection < 0);
}

/* What a zone of this min has of all, if the kernel divides pages_min. */
static void min_bounds(const struct boot *boot, unsigned i, u64 total,
		       u64 pages_min, u64 *lo, u64 *hi)
{
	const struct boot_zone *zone = &boot->zones[i];
	u64 min = zone->min;

	*lo = zone->lo;
	*hi = zone->hi;
	if (leaves_min_out(boot, i))
		return;
	*lo = max(*lo, DIV_ROUND_UP(min * total, pages_min));
	*hi = min(*hi, DIV_ROUND_UP((min + 1) * total, pages_min) - 1);
}

/* The steps between the marks of a zone Movable are a part of the total. */
static bool fits_movable(const struct boot *boot, u64 total, u64 pages_min)
{
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		const struct boot_zone *zone = &boot->zones[i];
		u64 mark[NR_WMARK];

		if (!zone->movable || (int)i == boot->skip_zone)
			continue;
		calculate_movable_watermarks(zone->hi, max(total, (u64)1),
					     pages_min, mark);
		if (mark[WMARK_LOW] != without_boost(zone->zone,
						     zone->zone->low))
			return false;
	}
	return true;
}

static bool try_total(struct boot *boot, u64 total, u64 pages_min)
{
	static struct system system;
	u64 lows = 0, highs = 0, movable = 0;

	system = (struct system){ .nr_edges = 0 };
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		u64 lo, hi;

		min_bounds(boot, i, total, pages_min, &lo, &hi);
		if (lo > hi)
			return false;
		lows += lo;
		highs += hi;
		if (boot->zones[i].movable)
			movable += boot->zones[i].hi;
		constrain(&system, i, i + 1, lo, hi);
	}
	if (lows > total + movable || highs < total + movable ||
	    !fits_movable(boot, total, pages_min))
		return false;
	for (unsigned i = 0; i < boot->nr_zones; i++)
		add_protections(&system, boot, i);
	constrain(&system, 0, boot->nr_zones, total + movable,
		  total + movable);
	if (!relax(&system, boot->nr_zones))
		return false;
	for (unsigned i = 0; i < boot->nr_zones; i++)
		boot->zones[i].managed = (u64)(system.sums[i + 1] -
					       system.sums[i]);
	return true;
}

/* ---- totals ---- */
void boot_sum(struct boot *boot)
{
	u64 managed[CONFORM_ZONES_MAX];
	unsigned nr = 0;

	boot->lowmem = 0;
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		if (boot->zones[i].reserve)
			managed[nr++] = boot->zones[i].managed;
		if (!boot->zones[i].movable)
			boot->lowmem += boot->zones[i].managed;
	}
	boot->pages_min = default_min_free_kbytes(managed, nr, boot->thp) >>
			  (PAGE_SHIFT - 10);
	boot->lowmem = max(boot->lowmem, (u64)1);
}

/* pages_min if the total is this and all zones have shrunk alike. */
static u64 pages_min_of(const struct boot *boot, u64 total, u64 highs)
{
	u64 managed[CONFORM_ZONES_MAX];
	unsigned nr = 0;

	for (unsigned i = 0; i < boot->nr_zones; i++)
		if (boot->zones[i].reserve)
			managed[nr++] = (u64)((double)boot->zones[i].hi *
					      (double)total / (double)highs);
	return default_min_free_kbytes(managed, nr, boot->thp) >>
	       (PAGE_SHIFT - 10);
}

/* pages_min depends a little on how the total is divided. */
static bool try_near(struct boot *boot, u64 total, u64 pages_min)
{
	for (int off = 0; off <= 2; off++) {
		u64 guess = pages_min + (off == 1) - (off == 2);

		if (!try_total(boot, total, guess))
			continue;
		boot_sum(boot);
		if (boot->pages_min == guess)
			return true;
	}
	return false;
}

/* Each min watermark bounds the total by its zone's share. */
static void bound_totals(const struct boot *boot, u64 *lows, u64 *highs)
{
	const u64 all = *highs, most = pages_min_of(boot, all, all) + 1;
	u64 least;

	for (unsigned i = 0; i < boot->nr_zones; i++)
		if (!leaves_min_out(boot, i) && boot->zones[i].min)
			*highs = min(*highs, most * boot->zones[i].hi /
					     boot->zones[i].min);
	if (*highs > TOTALS_MAX)
		*lows = max(*lows, *highs - TOTALS_MAX);
	least = pages_min_of(boot, *lows, all);
	for (unsigned i = 0; i < boot->nr_zones; i++)
		if (!leaves_min_out(boot, i))
			*lows = max(*lows, (least - 1) * boot->zones[i].lo /
					   (boot->zones[i].min + 1));
}

static bool find_total(struct boot *boot)
{
	u64 lows = 0, highs = 0, total, all, least, most;

	for (unsigned i = 0; i < boot->nr_zones; i++)
		if (!boot->zones[i].movable) {
			lows += boot->zones[i].lo;
			highs += boot->zones[i].hi;
		}
	all = highs;
	if (!all)
		return false;
	bound_totals(boot, &lows, &highs);
	least = pages_min_of(boot, lows, all);
	most = pages_min_of(boot, highs, all);
	for (total = highs; total && total >= lows; total--)
		if (try_near(boot, total, least == most ? least :
			     pages_min_of(boot, total, all)))
			return true;
	return false;
}

static bool solve(struct boot *boot)
{
	for (unsigned i = 0; i < boot->nr_zones; i++)
		if (!narrow_by_protections(boot, i))
			return false;
	return find_total(boot);
}

void boot_marks(const struct boot *boot, unsigned i, u64 mark[NR_WMARK])
{
	const struct boot_zone *zone = &boot->zones[i];

	watermark_scale_factor = boot->scale;
	if (zone->movable)
		calculate_movable_watermarks(zone->managed, boot->lowmem,
					     boot->pages_min, mark);
	else
		calculate_watermarks(zone->managed, boot->lowmem,
				     boot->pages_min, mark);
}

bool boot_solve_protections(struct boot *boot)
{
	static struct system system;
	s64 sum = 0;

	system = (struct system){ .nr_edges = 0 };
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		system.sums[i + 1] = sum += (s64)boot->zones[i].hi;
		constrain(&system, i, i + 1, boot->zones[i].lo,
			  boot->zones[i].hi);
		add_protections(&system, boot, i);
	}
	if (!relax(&system, boot->nr_zones))
		return false;
	for (unsigned i = 0; i < boot->nr_zones; i++)
		boot->zones[i].managed = (u64)(system.sums[i + 1] -
					       system.sums[i]);
	return true;
}

bool boot_solve(struct boot *boot)
{
	if (solve(boot))
		return true;
	for (unsigned i = 0; i < boot->nr_zones; i++)
		boot->zones[i].managed = boot->zones[i].zone->managed;
	boot_sum(boot);
	return false;
}
