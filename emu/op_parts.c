/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/op_parts.h"

#include <string.h>

#include "emu/json_set.h"

static const char *const part_names[] = {
	[OP_REST] = "rest",
	[OP_IPI_WAIT] = "ipi_wait",
	[OP_PAGE_TABLES] = "page_tables",
	[OP_ZEROING] = "zeroing",
	[OP_PAGE_ALLOC] = "page_allocator",
	[OP_LOCK_WAIT] = "lock_wait",
};

static json_t *part_json(unsigned part, const struct op_time *time)
{
	const char *name = part_names[min_t(unsigned, part, OP_LOCK_WAIT)];
	const struct lock_class *class = NULL;
	json_t *json = json_pack("{s:s}", "part", name);

	if (part >= OP_LOCK_WAIT)
		class = lock_class(part - OP_LOCK_WAIT);
	if (class)
		json_object_set_new(json, "class", json_string(class->name));
	set_real(json, "ns", (double)time->ns[part] /
			     (double)time->operations);
	set_u64(json, "total_ns", time->ns[part]);
	return json;
}

static json_t *parts_json(const struct op_time *time)
{
	json_t *parts = json_array();

	for (unsigned part = 0; part < NR_OP_PARTS; part++)
		if (time->ns[part])
			json_array_append_new(parts, part_json(part, time));
	return parts;
}

static void sum_cpus(const struct run *run, unsigned op, struct op_time *sum)
{
	memset(sum, 0, sizeof(*sum));
	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct op_time *time = run->workers[cpu].ops[op].time;

		for (unsigned part = 0; part < NR_OP_PARTS; part++)
			sum->ns[part] += time->ns[part];
		sum->operations += time->operations;
		sum->whole_ns += time->whole_ns;
		sum->readings += time->readings;
	}
}

json_t *op_parts_json(const struct run *run, unsigned op)
{
	struct op_time sum;
	double readings;
	json_t *json;

	sum_cpus(run, op, &sum);
	if (!sum.operations)
		return NULL;
	/* Natively the parts contain what it took to tell them apart. */
	readings = (double)sum.readings / (double)sum.operations;
	json = json_object();
	set_u64(json, "operations", sum.operations);
	set_u64(json, "total_ns", sum.whole_ns);
	set_real(json, "overhead_ns",
		 readings * (double)run->clock_ps / 1000);
	json_object_set_new(json, "parts", parts_json(&sum));
	return json;
}
