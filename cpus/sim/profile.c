/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A cost profile in the machine's units, and the flat one. */
#include "cpus/sim/sim.h"

/*
 * Every access costs the same: a line owned by the CPU on a current x86
 * (published/host-anchors.md 2). The null policy, for tests of other things.
 */
static const struct sim_costs flat = {
	.plain = 3, .l1 = 10, .rmw = 50, .fence = 50, .pause = 175,
	.clock = 100, .ipi_send = 1000, .ipi_deliver = { 7000, 7000 },
	.irq_entry = 3000, .invlpg = 1200, .flush = 2500, .stream = { 64, 64 },
	.streak = 1, .misses = 1,
};

static const struct cost_profile *profile;

static u32 ticks(enum profile_constant c)
{
	return (u32)((profile->of[c].value * TICKS_PER_NS + 500) / 1000);
}

static u32 count(enum profile_constant c)
{
	return (u32)profile->of[c].value;
}

/* Of a line at so many MB/s. */
static u32 line_ticks(enum profile_constant c)
{
	return (u32)(CACHELINE * 1000UL * TICKS_PER_NS / profile->of[c].value);
}

static void set_memory(struct sim_costs *cost)
{
	cost->plain = ticks(PROFILE_plain_ns);
	cost->block = ticks(PROFILE_block_ns);
	cost->l1 = ticks(PROFILE_l1_ns);
	cost->l2 = ticks(PROFILE_l2_ns);
	cost->l3 = ticks(PROFILE_l3_ns);
	cost->dram[0] = ticks(PROFILE_dram_local_ns);
	cost->dram[1] = ticks(PROFILE_dram_remote_ns);
	cost->c2c[SIM_SMT] = ticks(PROFILE_c2c_smt_ns);
	cost->c2c[SIM_L3] = ticks(PROFILE_c2c_l3_ns);
	cost->c2c[SIM_PACKAGE] = ticks(PROFILE_c2c_package_ns);
	cost->c2c[SIM_CROSS] = ticks(PROFILE_c2c_cross_ns);
	cost->fill = ticks(PROFILE_fill_ns);
	cost->ack = ticks(PROFILE_ack_ns);
	cost->hold = ticks(PROFILE_hold_ns);
	cost->home = count(PROFILE_home_nr);
	cost->streak = count(PROFILE_streak_nr);
	cost->misses = count(PROFILE_misses_nr);
	cost->stream[0] = line_ticks(PROFILE_stream_mbps);
	cost->stream[1] = line_ticks(PROFILE_stream_remote_mbps);
}

static void set_instructions(struct sim_costs *cost)
{
	cost->rmw = ticks(PROFILE_rmw_ns);
	cost->fence = ticks(PROFILE_fence_ns);
	cost->pause = ticks(PROFILE_pause_ns);
	cost->mispredict = ticks(PROFILE_mispredict_ns);
	cost->clock = ticks(PROFILE_clock_ns);
	cost->ipi_send = ticks(PROFILE_ipi_send_ns);
	cost->ipi_deliver[0] = ticks(PROFILE_ipi_deliver_ns);
	cost->ipi_deliver[1] = ticks(PROFILE_ipi_deliver_cross_ns);
	cost->irq_entry = ticks(PROFILE_irq_entry_ns);
	cost->irq_exit = ticks(PROFILE_irq_exit_ns);
	cost->idle_wake = ticks(PROFILE_idle_wake_ns);
	cost->invlpg = ticks(PROFILE_invlpg_ns);
	cost->flush = ticks(PROFILE_flush_ns);
}

void sim_profile_set(const struct cost_profile *chosen)
{
	sim.cost = flat;
	if (!chosen || chosen->flat)
		return;
	profile = chosen;
	set_memory(&sim.cost);
	set_instructions(&sim.cost);
}
