/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The limits of the per-CPU lists and counters (slub spec 5.4, 5.8). */
#include "emu/conform_def.h"

/* ---- CPUs of a node ---- */
/* The limit that follows from low and the CPUs; false if it is not printed. */
static bool printed_limit(const struct conform *c,
			  const struct dump_pageset *set, u64 *limit)
{
	*limit = set->has_limits ? set->high_min : set->high;
	return set->has_limits || !conform_since(c, 6, 7);
}

static unsigned wrong_limits(const struct conform *c,
			     const struct dump_zone *zone, unsigned nr_cpus)
{
	unsigned wrong = 0;
	u64 limit;

	for (size_t i = 0; i < zone->nr_pagesets; i++) {
		const struct dump_pageset *set = &zone->pagesets[i];

		wrong += printed_limit(c, set, &limit) &&
			limit != zone_highsize(zone->managed,
				without_boost(zone, zone->low),
				(unsigned)set->batch, nr_cpus, 0);
		/* Never more pages than now. */
		wrong += set->has_limits && set->high_max >
			zone_highsize(zone->managed, 0, (unsigned)set->batch,
				      nr_cpus,
				      MIN_PERCPU_PAGELIST_HIGH_FRACTION);
	}
	return wrong;
}

/* What the dump says of the node, or NULL. */
static const struct dump_node *node_of(const struct conform *c, u64 node)
{
	for (size_t i = 0; i < c->dump->nr_nodes; i++)
		if (c->dump->nodes[i].node == node)
			return &c->dump->nodes[i];
	return NULL;
}

bool conform_many_nodes(const struct conform *c)
{
	for (size_t i = 0; i < c->dump->nr_zones; i++)
		if (c->dump->zones[i].node)
			return true;
	return false;
}

unsigned conform_node_cpus(const struct conform *c, u64 node)
{
	unsigned best = c->nr_cpus, least = ~0u, wrong;
	const struct dump_node *known = node_of(c, node);

	/* A node without CPUs takes all of them. */
	if (known)
		return known->cpus && known->cpus < best ?
			(unsigned)known->cpus : best;
	for (unsigned n = c->nr_cpus; n && conform_many_nodes(c); n--) {
		wrong = 0;
		for (size_t i = 0; i < c->dump->nr_zones; i++)
			if (c->dump->zones[i].node == node)
				wrong += wrong_limits(c, &c->dump->zones[i],
						      n);
		if (wrong < least) {
			least = wrong;
			best = n;
		}
	}
	return best;
}

bool conform_infers_cpus(const struct conform *c, u64 node)
{
	return conform_many_nodes(c) && !node_of(c, node);
}

bool conform_needs_cpus(const struct conform *c, const struct dump_zone *zone)
{
	u64 limit;

	return conform_infers_cpus(c, zone->node) && zone->nr_pagesets &&
		printed_limit(c, zone->pagesets, &limit);
}

/* ---- per-CPU values ---- */
struct set_limits {
	u64	batch, threshold, high_min, high_max;
};

static struct set_limits limits_of(const struct conform *c,
				   const struct set_inputs *in)
{
	const unsigned batch = zone_batchsize(in->managed);

	return (struct set_limits){
		.batch = batch,
		.threshold = calculate_normal_threshold(in->booted,
							c->nr_cpus),
		.high_min = zone_highsize(in->managed, in->low, batch,
					  in->nr_cpus, 0),
		.high_max = zone_highsize(in->managed, in->low, batch,
			in->nr_cpus, MIN_PERCPU_PAGELIST_HIGH_FRACTION),
	};
}

/* Between its limits the high of 6.7 and later is a state. */
static void compare_moving_high(struct conform *c,
				const struct dump_pageset *set,
				const struct set_inputs *in,
				const struct conform_place *at)
{
	u64 most = set->has_limits ? set->high_max :
		zone_highsize(in->most, 0, (unsigned)set->batch,
			      in->inferred_cpus ? 1 : in->nr_cpus,
			      MIN_PERCPU_PAGELIST_HIGH_FRACTION);

	if (set->high > most)
		conform_compare(c, CLASS_PCP_HIGH, at, set->high, most, false,
				"high_max");
	else
		conform_exclude(c, CLASS_PCP_HIGH, 1, "none: from 6.7 on it "
				"moves between high_min and high_max");
}

/* Before 6.7 the high of a CPU is what is its least since. */
static void compare_high_min(struct conform *c, enum conform_class class,
			     u64 printed, const struct set_inputs *in,
			     const struct set_limits *want, bool inferred,
			     const struct conform_place *at)
{
	conform_compare(c, class, at, printed, want->high_min, inferred,
			"low %lu, batch %lu, %u CPUs", in->low, want->batch,
			in->nr_cpus);
}

void conform_pageset(struct conform *c, const struct dump_pageset *set,
		     const struct set_inputs *now,
		     const struct set_inputs *then, const char *zone)
{
	const struct conform_place at = { DUMP_ZONEINFO, set->line, zone };
	const struct set_limits early = limits_of(c, then);
	const struct set_limits late = limits_of(c, now);
	const bool inferred = then->inferred_cpus ||
		early.high_min != late.high_min;

	conform_compare(c, CLASS_BATCH, &at, set->batch, early.batch,
			early.batch != late.batch, "%lu pages",
			then->managed);
	conform_compare(c, CLASS_THRESHOLD, &at, set->threshold,
			early.threshold, early.threshold != late.threshold,
			"%lu pages, %u CPUs", then->booted, c->nr_cpus);
	if (conform_since(c, 6, 7))
		compare_moving_high(c, set, now, &at);
	else
		compare_high_min(c, CLASS_PCP_HIGH, set->high, then, &early,
				 inferred, &at);
	if (!set->has_limits)
		return;
	compare_high_min(c, CLASS_HIGH_MIN, set->high_min, then, &early,
			 inferred, &at);
	conform_compare(c, CLASS_HIGH_MAX, &at, set->high_max, early.high_max,
			then->inferred_cpus || early.high_max != late.high_max,
			"%lu pages, batch %lu, %u CPUs", then->managed,
			early.batch, then->nr_cpus);
}
