/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "workloads/keys.h"

#define SLEEPING(X) \
	X(GFP_KERNEL) X(GFP_KERNEL_ACCOUNT) X(GFP_NOFS) X(GFP_NOIO) X(GFP_USER)
#define ANY(X) \
	SLEEPING(X) X(GFP_ATOMIC) X(GFP_NOWAIT) X(GFP_DMA)

#define NAME(gfp)	#gfp,
#define FLAGS(gfp)	gfp,

const char *const gfp_choices[] = { ANY(NAME) NULL };
const char *const gfp_sleeping_choices[] = { SLEEPING(NAME) NULL };

gfp_t gfp_choice(u64 value)
{
	static const gfp_t flags[] = { ANY(FLAGS) };

	return flags[value];
}

int node_choice(u64 value)
{
	return value == KEY_UNSET ? NUMA_NO_NODE : (int)value;
}

const char *memory_fits(struct run *run, u64 bytes, u64 limit,
			const char *what)
{
	if (bytes <= limit)
		return NULL;
	run->needs.bytes = bytes;
	run->needs.limit = limit;
	run->needs.what = what;
	return "memory";
}

const char *pages_are_free(struct run *run, u64 pages)
{
	return memory_fits(run, (pages + pages / 8) << PAGE_SHIFT,
			   nr_free_pages() << PAGE_SHIFT, "free are");
}

const char *depth_fits(struct run *run, u64 depth, u64 each)
{
	u64 limit = run->memory_bytes / 4, all = each * run->nr_cpus;
	const char *why = memory_fits(run, all, limit,
				      "a quarter of memory is");

	if (why)
		return why;
	run->depth_used = clamp_t(u64, min(limit, LIVE_LIMIT) / all, 1, depth);
	return NULL;
}
