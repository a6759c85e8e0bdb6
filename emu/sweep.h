/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sweep: every setting of a run is an axis with one or more values; the
 * points are their product, the last axis varying fastest, and all of that
 * once for each repetition (interleaved, so that drift of the host hits every
 * point alike).
 */
#ifndef EMU_SWEEP_H
#define EMU_SWEEP_H

#include <stddef.h>

#include "emu/parse.h"

enum axis_group { AXIS_OPTION, AXIS_TUNABLE, AXIS_KEY };

struct axis {
	enum axis_group		group;
	const char		*name;
	const char		*from;	/* default|topology|option|key */
	const char		*text;	/* as typed, for messages; or NULL */
	struct value_list	values;	/* owned, not empty */
};

struct sweep {
	struct axis		*axes;
	size_t			nr_axes;
	size_t			nr_repeats;
};

/* More points than anybody waits for are a mistake. */
#define SWEEP_POINTS_MAX	1000000

/* Takes the axis' values over, also when it fails with -ENOMEM. */
int sweep_add(struct sweep *sweep, const struct axis *axis);
void sweep_exit(struct sweep *sweep);

/* The axis of that name, or NULL. */
const struct axis *sweep_find(const struct sweep *sweep,
			      enum axis_group group, const char *name);

/* Points of all repetitions; SWEEP_POINTS_MAX + 1 if there are more. */
size_t sweep_points(const struct sweep *sweep);

/* Which repetition a point belongs to, from 0. */
size_t sweep_repeat(const struct sweep *sweep, size_t point);

/* The value of an axis at a point. */
const struct value *sweep_value(const struct sweep *sweep, size_t point,
				const struct axis *axis);

/* The same by name, NULL if there is no such axis. */
const struct value *sweep_option(const struct sweep *sweep, size_t point,
				 const char *name);

#endif
