/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLUB's statistics (slub spec 4.1; CONFIG_SLUB_STATS): counted by each CPU in
 * its own memory, summed at quiescence.
 */
#include "mm/slab_def.h"

const char *const slub_stat_names[NR_SLUB_STAT_ITEMS] = {
	[ALLOC_FASTPATH]		= "alloc_fastpath",
	[ALLOC_SLOWPATH]		= "alloc_slowpath",
	[FREE_FASTPATH]			= "free_fastpath",
	[FREE_SLOWPATH]			= "free_slowpath",
	[FREE_FROZEN]			= "free_frozen",
	[FREE_ADD_PARTIAL]		= "free_add_partial",
	[FREE_REMOVE_PARTIAL]		= "free_remove_partial",
	[ALLOC_FROM_PARTIAL]		= "alloc_from_partial",
	[ALLOC_SLAB]			= "alloc_slab",
	[ALLOC_REFILL]			= "alloc_refill",
	[ALLOC_NODE_MISMATCH]		= "alloc_node_mismatch",
	[FREE_SLAB]			= "free_slab",
	[CPUSLAB_FLUSH]			= "cpuslab_flush",
	[DEACTIVATE_FULL]		= "deactivate_full",
	[DEACTIVATE_EMPTY]		= "deactivate_empty",
	[DEACTIVATE_TO_HEAD]		= "deactivate_to_head",
	[DEACTIVATE_TO_TAIL]		= "deactivate_to_tail",
	[DEACTIVATE_REMOTE_FREES]	= "deactivate_remote_frees",
	[DEACTIVATE_BYPASS]		= "deactivate_bypass",
	[ORDER_FALLBACK]		= "order_fallback",
	[CMPXCHG_DOUBLE_CPU_FAIL]	= "cmpxchg_double_cpu_fail",
	[CMPXCHG_DOUBLE_FAIL]		= "cmpxchg_double_fail",
	[CPU_PARTIAL_ALLOC]		= "cpu_partial_alloc",
	[CPU_PARTIAL_FREE]		= "cpu_partial_free",
	[CPU_PARTIAL_NODE]		= "cpu_partial_node",
	[CPU_PARTIAL_DRAIN]		= "cpu_partial_drain",
	[ALLOC_PCS]		= "alloc_pcs",
	[FREE_PCS]		= "free_pcs",
	[FREE_RCU_SHEAF]	= "free_rcu_sheaf",
	[FREE_RCU_SHEAF_FAIL]	= "free_rcu_sheaf_fail",
	[SHEAF_FLUSH]		= "sheaf_flush",
	[SHEAF_REFILL]		= "sheaf_refill",
	[SHEAF_ALLOC]		= "sheaf_alloc",
	[SHEAF_FREE]		= "sheaf_free",
	[BARN_GET]		= "barn_get",
	[BARN_GET_FAIL]		= "barn_get_fail",
	[BARN_PUT]		= "barn_put",
	[BARN_PUT_FAIL]		= "barn_put_fail",
	[SHEAF_PREFILL_FAST]	= "sheaf_prefill_fast",
	[SHEAF_PREFILL_SLOW]	= "sheaf_prefill_slow",
	[SHEAF_PREFILL_OVERSIZE]	= "sheaf_prefill_oversize",
	[SHEAF_RETURN_FAST]	= "sheaf_return_fast",
	[SHEAF_RETURN_SLOW]	= "sheaf_return_slow",
};

/* Of caches that are gone. Under slab_mutex. */
static u64 retired[NR_SLUB_STAT_ITEMS];

u64 slub_stat_of(const struct kmem_cache *s, enum stat_item item)
{
	unsigned cpu;
	u64 sum = 0;

	for_each_online_cpu(cpu)
		sum += per_cpu_ptr(s->cpu_slab, cpu)->stat[item];
	return sum;
}

void slub_stat_retire(const struct kmem_cache *s)
{
	machine_quiet_begin();
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		retired[i] += slub_stat_of(s, (enum stat_item)i);
	machine_quiet_end();
}

void slub_stat_sum(u64 out[NR_SLUB_STAT_ITEMS])
{
	struct kmem_cache *s;

	machine_quiet_begin();
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++) {
		out[i] = retired[i];
		list_for_each_entry(s, &slab_caches, list)
			out[i] += slub_stat_of(s, (enum stat_item)i);
	}
	machine_quiet_end();
}

void slub_stat_reset(void)
{
	struct kmem_cache *s;
	unsigned cpu;

	machine_quiet_begin();
	list_for_each_entry(s, &slab_caches, list) {
		/* The slabs that exist stay accounted for (I21). */
		atomic_long_add((long)(slub_stat_of(s, ALLOC_SLAB) -
				       slub_stat_of(s, FREE_SLAB)),
				&s->nr_uncounted);
		for_each_online_cpu(cpu)
			for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
				per_cpu_ptr(s->cpu_slab, cpu)->stat[i] = 0;
	}
	for (unsigned i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		retired[i] = 0;
	machine_quiet_end();
}
