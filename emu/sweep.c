/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The product of axes: see sweep.h. */
#include "emu/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sweep_add(struct sweep *sweep, const struct axis *axis)
{
	struct axis *axes;

	axes = realloc(sweep->axes, (sweep->nr_axes + 1) * sizeof(*axes));
	if (!axes) {
		struct value_list values = axis->values;

		value_list_exit(&values);
		return -ENOMEM;
	}
	sweep->axes = axes;
	axes[sweep->nr_axes++] = *axis;
	return 0;
}

void sweep_exit(struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->nr_axes; i++)
		value_list_exit(&sweep->axes[i].values);
	free(sweep->axes);
	*sweep = (struct sweep){ 0 };
}

const struct axis *sweep_find(const struct sweep *sweep,
			      enum axis_group group, const char *name)
{
	for (size_t i = 0; i < sweep->nr_axes; i++)
		if (sweep->axes[i].group == group &&
		    !strcmp(sweep->axes[i].name, name))
			return &sweep->axes[i];
	return NULL;
}

/* Points of one repetition. */
static size_t product(const struct sweep *sweep)
{
	size_t nr = 1;

	for (size_t i = 0; i < sweep->nr_axes && nr <= SWEEP_POINTS_MAX; i++)
		nr *= sweep->axes[i].values.nr;
	return nr;
}

size_t sweep_points(const struct sweep *sweep)
{
	size_t nr = product(sweep);

	if (nr > SWEEP_POINTS_MAX ||
	    sweep->nr_repeats > SWEEP_POINTS_MAX / nr)
		return SWEEP_POINTS_MAX + 1;
	return nr * sweep->nr_repeats;
}

size_t sweep_repeat(const struct sweep *sweep, size_t point)
{
	return point / product(sweep);
}

const struct value *sweep_value(const struct sweep *sweep, size_t point,
				const struct axis *axis)
{
	size_t index = point % product(sweep);

	for (size_t i = sweep->nr_axes; i-- > 0;) {
		const struct axis *it = &sweep->axes[i];

		if (it == axis)
			return &it->values.items[index % it->values.nr];
		index /= it->values.nr;
	}
	return NULL;
}

const struct value *sweep_option(const struct sweep *sweep, size_t point,
				 const char *name)
{
	const struct axis *axis = sweep_find(sweep, AXIS_OPTION, name);

	return axis ? sweep_value(sweep, point, axis) : NULL;
}
