/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Zones: watermarks, protections, per-CPU limits (slub spec 5.4, 5.6 - 5.8). */
#include <stdio.h>
#include <string.h>

#include "emu/conform_def.h"

#define MANAGED_MAX	(1ull << 40)	/* pages: sums cannot overflow */

/* The order of zones that all kernels have; those above hold no reserve. */
static const char *const zone_names[] = { "DMA", "DMA32", "Normal", "Movable",
					  "Device" };
#define IDX_MOVABLE	3

static unsigned zone_idx(const struct dump_zone *zone)
{
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(zone_names); i++)
		if (!strcmp(zone->name, zone_names[i]))
			break;
	return i;
}

static struct conform_place place_of(const struct dump_zone *zone)
{
	return (struct conform_place){ DUMP_ZONEINFO, zone->line, zone->name };
}

/* ---- zones without memory ---- */
/* Before 6.6 a zone Movable was like any other. (The specification does not say
 * it; stable series may have either.) */
static void empty_marks(const struct conform *c, const struct dump_zone *zone,
			u64 mark[NR_WMARK])
{
	bool movable = zone_idx(zone) == IDX_MOVABLE;

	if (movable && (conform_since(c, 6, 6) || zone->min))
		calculate_movable_watermarks(0, 1, 0, mark);
	else
		calculate_watermarks(0, 1, 0, mark);
}

static void compare_marks(struct conform *c, const struct dump_zone *zone,
			  const u64 mark[NR_WMARK], bool inferred,
			  const char *inputs)
{
	const struct conform_place at = place_of(zone);

	conform_compare(c, CLASS_MIN, &at, zone->min, zone->boost +
			mark[WMARK_MIN], inferred, "%s", inputs);
	conform_compare(c, CLASS_LOW, &at, zone->low, zone->boost +
			mark[WMARK_LOW], inferred, "%s", inputs);
	conform_compare(c, CLASS_HIGH, &at, zone->high, zone->boost +
			mark[WMARK_HIGH], inferred, "%s", inputs);
	if (zone->has_promo)
		conform_compare(c, CLASS_PROMO, &at, zone->promo,
				zone->boost + mark[WMARK_PROMO], inferred,
				"%s", inputs);
}

static void compare_empty(struct conform *c, const struct dump_zone *zone)
{
	const struct conform_place at = place_of(zone);
	u64 mark[NR_WMARK];

	empty_marks(c, zone, mark);
	compare_marks(c, zone, mark, false, "no pages");
	for (size_t j = 0; j < zone->nr_protection; j++)
		conform_compare(c, CLASS_PROTECTION, &at,
				zone->protection[j], zone_lowmem_reserve(
					zone_idx(zone), 0, 0), false,
				"no pages");
}

/* ---- bounds on a zone's pages at boot, one value each ---- */
struct bound {
	const struct conform	*c;
	const struct dump_zone	*zone;
	const struct dump_pageset *set;
	unsigned		nr_cpus;
};

/* Each grows with the pages. */
static u64 batch_of(const struct bound *b, u64 managed)
{
	(void)b;
	return zone_batchsize(managed);
}

static u64 threshold_of(const struct bound *b, u64 managed)
{
	return calculate_normal_threshold(managed, b->c->nr_cpus);
}

static u64 high_max_of(const struct bound *b, u64 managed)
{
	return zone_highsize(managed, 0, (unsigned)b->set->batch, b->nr_cpus,
			     MIN_PERCPU_PAGELIST_HIGH_FRACTION);
}

/* Of the printed min. */
static u64 low_of(const struct bound *b, u64 managed)
{
	u64 mark[NR_WMARK];

	calculate_watermarks(max(managed, (u64)1), max(managed, (u64)1),
			    without_boost(b->zone, b->zone->min), mark);
	return mark[WMARK_LOW];
}

/* The least pages up to hi + 1 of which the value is more than `value`. */
static u64 first_over(const struct bound *b,
		      u64 (*of)(const struct bound *, u64), u64 value, u64 hi)
{
	u64 lo = 0, end = hi + 1;

	while (lo < end) {
		u64 middle = lo + (end - lo) / 2;

		if (of(b, middle) > value)
			end = middle;
		else
			lo = middle + 1;
	}
	return lo;
}

/* A value that no pages give bounds nothing: it is wrong anyway. */
static void narrow(struct boot_zone *zone, const struct bound *b,
		   u64 (*of)(const struct bound *, u64), u64 printed)
{
	u64 lo = printed ? first_over(b, of, printed - 1, zone->hi) : 0;
	u64 hi = first_over(b, of, printed, zone->hi);

	if (hi <= lo || hi <= zone->lo || lo > zone->hi)
		return;
	zone->lo = max(zone->lo, lo);
	zone->hi = min(zone->hi, hi - 1);
}

static void bound_zone(const struct conform *c, struct boot_zone *zone,
		       unsigned nr_cpus)
{
	const struct dump_zone *printed = zone->zone;
	struct bound b = { c, printed, printed->pagesets, nr_cpus };

	narrow(zone, &b, low_of, without_boost(printed, printed->low));
	if (!printed->nr_pagesets)
		return;
	narrow(zone, &b, batch_of, b.set->batch);
	narrow(zone, &b, threshold_of, b.set->threshold);
	if (b.set->has_limits)
		narrow(zone, &b, high_max_of, b.set->high_max);
}

/* ---- zones with memory ---- */
/* What explains the values: set, the marks and per-CPU limits; then, the
 * protections and thresholds. Both are of the boot, but for sysctls. */
struct setting {
	struct boot	set, then;
	unsigned	wrong;		/* values that it does not give */
};

static void count_wrong(struct setting *s)
{
	s->wrong = 0;
	for (unsigned i = 0; i < s->set.nr_zones; i++) {
		const struct dump_zone *zone = s->set.zones[i].zone;
		u64 mark[NR_WMARK];

		boot_marks(&s->set, i, mark);
		s->wrong += zone->min != zone->boost + mark[WMARK_MIN];
		s->wrong += zone->low != zone->boost + mark[WMARK_LOW];
		s->wrong += zone->high != zone->boost + mark[WMARK_HIGH];
		for (unsigned j = 0; j < zone->nr_protection; j++)
			s->wrong += zone->protection[j] !=
				boot_reserve(&s->then, i, j);
	}
}

/* Keeps the better of two. */
static void consider(const struct boot *set, const struct boot *then,
		     struct setting *best)
{
	static struct setting try;

	try.set = *set;
	try.then = *then;
	count_wrong(&try);
	if (try.wrong < best->wrong)
		*best = try;
}

static void consider_without(const struct boot *boot, int zone,
			     int protection, struct setting *best)
{
	struct boot try = *boot;

	try.skip_zone = zone;
	try.skip_protection = protection;
	boot_solve(&try);
	consider(&try, &try, best);
}

/* Transparent huge pages raise the reserve: they may be off. */
static void consider_small(const struct boot *boot, struct setting *best)
{
	struct boot try = *boot;

	try.thp = false;
	boot_solve(&try);
	consider(&try, &try, best);
}

/* Are the pages of now what the per-CPU values allow? */
static bool is_within(const struct boot *now, const struct boot *bounds)
{
	for (unsigned i = 0; i < now->nr_zones; i++)
		if (now->zones[i].managed < bounds->zones[i].lo ||
		    now->zones[i].managed > bounds->zones[i].hi)
			return false;
	return true;
}

/*
 * The choice that explains most. One value that is wrong must not make all of
 * them wrong: if nothing explains all, each is left out in turn.
 */
static void infer_boot(const struct boot *now, const struct boot *bounds,
		       struct setting *best)
{
	if (is_within(now, bounds))
		consider(now, now, best);
	if (best->wrong)
		consider_without(bounds, -1, -1, best);
	if (best->wrong)
		consider_small(bounds, best);
	for (int i = 0; best->wrong && i < (int)bounds->nr_zones; i++)
		for (int j = -1; best->wrong && j <
		     (int)bounds->zones[i].zone->nr_protection; j++)
			consider_without(bounds, i, j, best);
}

/* Marks or protections, or both, of sysctls, which count with the pages of
 * now; what was not set is of the boot. */
static void consider_sysctls(const struct boot *now, const struct boot *bounds,
			     const struct boot *thresholds,
			     struct setting *best)
{
	struct boot marks = *now, ratios = *now, then = *thresholds;
	struct boot booted = *bounds;
	bool own_marks = sysctl_marks(&marks);
	bool own_ratios = sysctl_ratios(&ratios);

	booted.no_protections = true;
	boot_solve(&booted);
	if (own_marks && boot_solve_protections(&then))
		consider(&marks, &then, best);
	if (own_ratios)
		consider(&booted, &ratios, best);
	if (own_marks && own_ratios)
		consider(&marks, &ratios, best);
}

static void compare_protections(struct conform *c, const struct boot *now,
				const struct boot *then, unsigned i)
{
	const struct dump_zone *zone = then->zones[i].zone;
	const struct conform_place at = place_of(zone);

	for (unsigned j = 0; j < zone->nr_protection; j++)
		conform_compare(c, CLASS_PROTECTION, &at,
				zone->protection[j], boot_reserve(then, i, j),
				boot_reserve(then, i, j) !=
				boot_reserve(now, i, j),
				"of zone %u: %lu pages above", j,
				boot_above(then, i, j));
}

static void compare_populated(struct conform *c, const struct boot *now,
			      const struct setting *s, unsigned i,
			      unsigned nr_cpus)
{
	const struct boot_zone *zone = &s->set.zones[i];
	struct set_inputs in_now, in_then;
	u64 late[NR_WMARK], early[NR_WMARK];
	char inputs[160];

	snprintf(inputs, sizeof(inputs), "%lu of %lu pages, min_free_kbytes "
		 "%lu, watermark_scale_factor %u, boost %lu", zone->managed,
		 s->set.lowmem, s->set.pages_min << (PAGE_SHIFT - 10),
		 s->set.scale, zone->zone->boost);
	boot_marks(now, i, late);
	boot_marks(&s->set, i, early);
	compare_marks(c, zone->zone, early, memcmp(early, late, sizeof(late)),
		      inputs);
	compare_protections(c, now, &s->then, i);
	in_then = (struct set_inputs){
		.managed = zone->managed, .low = early[WMARK_LOW],
		.booted = s->then.zones[i].managed, .nr_cpus = nr_cpus,
		.inferred_cpus = conform_infers_cpus(c, zone->zone->node),
	};
	in_now = in_then;
	in_now.managed = in_now.booted = zone->zone->managed;
	in_now.most = zone->managed > in_now.managed ? zone->zone->present :
		in_now.managed;
	in_now.low = late[WMARK_LOW];
	for (size_t k = 0; k < zone->zone->nr_pagesets; k++)
		conform_pageset(c, &zone->zone->pagesets[k], &in_now,
				&in_then, zone->zone->name);
}

static void report_inferred(struct conform *c, const struct setting *s,
			    const unsigned *nr_cpus)
{
	const struct boot *boot = &s->then;
	bool first;

	for (unsigned i = 0; i < boot->nr_zones; i++) {
		const struct boot_zone *zone = &boot->zones[i];

		if (zone->managed != zone->zone->managed)
			conform_infer(c, "pages of node %lu, zone %s when the "
				      "kernel set its limits: %lu (%lu now: "
				      "%s)", zone->zone->node,
				      zone->zone->name, zone->managed,
				      zone->zone->managed, zone->managed <
				      zone->zone->managed ? "what only "
				      "booting needs was freed" : "some were "
				      "taken away since");
		first = !i || zone[-1].zone->node != zone->zone->node;
		if (first && conform_needs_cpus(c, zone->zone))
			conform_infer(c, "CPUs of node %lu: %u",
				      zone->zone->node, nr_cpus[i]);
	}
	if (!boot->thp)
		conform_infer(c, "transparent huge pages: off");
	sysctl_report(c, &s->set, &s->then);
}

static struct boot_zone zone_of(const struct conform *c,
				const struct dump_zone *zone, unsigned pos)
{
	unsigned idx = zone_idx(zone);

	return (struct boot_zone){
		.zone = zone, .idx = idx, .pos = pos,
		.reserve = idx != IDX_MOVABLE,
		.movable = idx == IDX_MOVABLE && conform_since(c, 6, 6),
		.min = without_boost(zone, zone->min),
		.hi = zone->managed, .managed = zone->managed,
	};
}

/* False if these are no zones of a machine. */
static bool collect(const struct conform *c, struct boot *boot)
{
	unsigned pos = 0;

	for (size_t i = 0; i < c->dump->nr_zones; i++, pos++) {
		const struct dump_zone *zone = &c->dump->zones[i];

		if (i && zone[-1].node != zone->node)
			pos = 0;
		if (zone->managed > MANAGED_MAX || zone->min > MANAGED_MAX ||
		    boot->nr_zones == CONFORM_ZONES_MAX)
			return false;
		if (zone->managed)
			boot->zones[boot->nr_zones++] = zone_of(c, zone, pos);
	}
	return true;
}

/* The pages of a zone that its other values allow. */
static void bound_zones(const struct conform *c, struct boot *boot,
			const unsigned *nr_cpus, bool present)
{
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		struct boot_zone *zone = &boot->zones[i];

		if (present)
			zone->hi = max(zone->hi, zone->zone->present);
		if (zone->movable)
			zone->lo = zone->hi = zone->zone->managed;
		bound_zone(c, zone, nr_cpus[i]);
	}
}

/* The same by what no sysctl changes. */
static void bound_by_thresholds(const struct conform *c, struct boot *boot)
{
	for (unsigned i = 0; i < boot->nr_zones; i++) {
		struct boot_zone *zone = &boot->zones[i];
		struct bound b = { c, zone->zone, zone->zone->pagesets, 1 };

		if (zone->zone->nr_pagesets)
			narrow(zone, &b, threshold_of, b.set->threshold);
	}
}

/*
 * More than one value is wrong: memory may have been taken away since, by a
 * balloon or by unplugging, or somebody has set a sysctl. It must explain more
 * than what a wrong value or two would.
 */
static void infer_changes(const struct conform *c, const struct boot *now,
			  const unsigned *nr_cpus, struct setting *best)
{
	static struct boot bounds, thresholds;
	static struct setting other;

	other = *best;
	bounds = *now;
	bound_zones(c, &bounds, nr_cpus, true);
	if (!c->live)
		consider_without(&bounds, -1, -1, &other);
	if (other.wrong) {
		thresholds = *now;
		bound_by_thresholds(c, &thresholds);
		bounds = *now;
		bound_zones(c, &bounds, nr_cpus, c->live);
		consider_sysctls(now, &bounds, &thresholds, &other);
	}
	if (other.wrong + 1 < best->wrong)
		*best = other;
}

void conform_zones(struct conform *c)
{
	static struct boot now, bounds;
	static struct setting setting;
	unsigned nr_cpus[CONFORM_ZONES_MAX];

	now = (struct boot){ .skip_zone = -1, .skip_protection = -1,
			     .thp = true, .scale = watermark_scale_factor };
	if (!collect(c, &now)) {
		c->err->line = c->dump->lines[DUMP_ZONEINFO];
		snprintf(c->err->text, sizeof(c->err->text),
			 "more than %d zones, or one of more than 4 PiB",
			 CONFORM_ZONES_MAX);
		return;
	}
	for (unsigned i = 0; i < now.nr_zones; i++)
		nr_cpus[i] = conform_node_cpus(c, now.zones[i].zone->node);
	boot_sum(&now);
	bounds = now;
	bound_zones(c, &bounds, nr_cpus, c->live);
	setting.wrong = ~0u;
	infer_boot(&now, &bounds, &setting);
	if (setting.wrong > 1)
		infer_changes(c, &now, nr_cpus, &setting);
	for (size_t i = 0; i < c->dump->nr_zones; i++)
		if (!c->dump->zones[i].managed)
			compare_empty(c, &c->dump->zones[i]);
	for (unsigned i = 0; i < now.nr_zones; i++)
		compare_populated(c, &now, &setting, i, nr_cpus[i]);
	report_inferred(c, &setting, nr_cpus);
}
