/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the CPU with the lowest clock. A CPU keeps its place in the tree while
 * it runs; it looks at the tree again only when its clock has reached limit:
 * the second-best key, the next interrupt on its way to it, or the time to look
 * at the host's clock, whichever is first. The switch goes from fiber to fiber,
 * with no scheduler between.
 *
 * A CPU that waits stands in the tree with the clock at which it wakes by
 * itself: a deadline, or an interrupt on its way; or parked. Others move it
 * forward (sim_wake). When all are parked nothing can happen any more: that is
 * a deadlock, and is reported.
 */
#include "cpus/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

struct sim sim = {
	.self = &sim.host,
	.host = { .inert = 1, .limit = NEVER, .slack = NEVER,
		  .window = NEVER,
		  .irq_at = NEVER },
};

static struct sim_tree tree;

void sim_tree_create(struct sim_tree *t, unsigned nr_cpus)
{
	unsigned i;

	t->nr_leaves = 1;
	while (t->nr_leaves < nr_cpus)
		t->nr_leaves *= 2;
	t->keys = malloc(2 * t->nr_leaves * sizeof(*t->keys));
	must(t->keys);
	for (i = 0; i < 2 * t->nr_leaves; i++)
		t->keys[i] = SIM_KEY_PARKED;
}

u64 sim_tree_set(struct sim_tree *t, unsigned cpu, u64 key)
{
	unsigned i = t->nr_leaves + cpu;
	u64 others = SIM_KEY_PARKED;

	for (t->keys[i] = key; i > 1; i /= 2) {
		u64 sibling = t->keys[i ^ 1];

		others = min(others, sibling);
		key = min(key, sibling);
		t->keys[i / 2] = key;
	}
	return others;
}

void sim_schedule_create(unsigned nr_cpus)
{
	sim_tree_create(&tree, nr_cpus);
}

u64 sim_trace_hash(void)
{
	return sim.hash;
}

static struct fiber *fiber_of(const struct sim_cpu *cpu)
{
	return cpu->cpu->own.current_task->fiber;
}

/* The deadlock report; does not return. */
static void nothing_can_run(void)
{
	fprintf(stderr, "sim: deadlock: no CPU can run\n");
	machine_die();
}

static void switch_to(struct sim_cpu *me, u64 key)
{
	struct sim_cpu *next;

	if (key == SIM_KEY_PARKED)
		nothing_can_run();
	next = &sim.cpus[key & (NR_CPUS_MAX - 1)];
	sim.switches++;
	/* FNV-1a's multiplier, on whole keys. */
	sim.hash = (sim.hash ^ key) * 0x100000001b3UL;
	sim.self = next;
	fiber_switch(fiber_of(me), fiber_of(next));
}

/* If the next is a CPU whose line is free, no fiber need run to say whose it
 * is now. */
static bool grant_due(u64 key)
{
	struct sim_cpu *next = &sim.cpus[key & (NR_CPUS_MAX - 1)];

	if (key == SIM_KEY_PARKED || !next->leads)
		return false;
	sim_grant(next);
	return true;
}

/* Runs others until this CPU's key is the lowest; returns the second. */
static u64 be_lowest(struct sim_cpu *me, u64 key)
{
	u64 others;

	while ((others = sim_tree_set(&tree, me->id, key)) < key ||
	       key == SIM_KEY_PARKED) {
		if (!grant_due(others))
			switch_to(me, others);
		/* Whoever woke this CPU has moved its key. */
		key = sim_tree_key(&tree, me->id);
	}
	return others;
}

/* The first clock at which a CPU may no longer run on, given the second key. */
static u64 clock_limit(const struct sim_cpu *me, u64 second)
{
	u64 clock = second >> SIM_CPU_BITS;

	return clock + (me->id < (second & (NR_CPUS_MAX - 1)));
}

bool sim_rcu_quiescent(const struct sim_cpu *me)
{
	const struct cpu_own *own = &me->cpu->own;

	return !own->irqs_off && own->preempt_count == 0 && own->rcu_depth == 0;
}

/* What cpu_poll_slow() would take now. */
static u32 deliverable(const struct sim_cpu *me)
{
	u32 pending = me->cpu->seen.pending;

	if (likely(!pending) || me->cpu->own.irqs_off)
		return 0;
	return sim_rcu_quiescent(me) ? pending : pending & ~CPU_IRQ_RCU;
}

static void set_limits(struct sim_cpu *me, u64 second)
{
	/* While something is due that may not be taken yet, all events look. */
	if (me->cpu->seen.pending || me->rcu_work)
		me->window = 0;
	else
		me->window = min(me->irq_at, me->beat_at);
	me->limit = clock_limit(me, second);
	me->slack = min(me->window, me->limit + SLACK);
	me->limit = min(me->window, me->limit);
}

/* Interrupts that have arrived become pending. */
static void collect(struct sim_cpu *me)
{
	unsigned i;

	if (likely(me->irq_at > me->clock))
		return;
	me->irq_at = NEVER;
	for (i = 0; i < NR_IRQ_BITS; i++) {
		if (me->due[i] <= me->clock) {
			me->due[i] = NEVER;
			me->cpu->seen.pending |= 1u << i;
			me->irq_owed = true;
		}
		me->irq_at = min(me->irq_at, me->due[i]);
	}
}

/* Code that ran between a loop's reads and its cpu_relax() has spoilt the list
 * of lines: the loop looks once more before it sleeps. */
static void take_interrupts(struct sim_cpu *me)
{
	me->clock += sim.cost.irq_entry;
	me->irq_owed = false;
	cpu_poll_slow();
	me->clock += sim.cost.irq_exit;
	sim_watch_reset(me, false);
}

/* What is due at this point of this CPU; true if that took time. */
static bool take_due(struct sim_cpu *me)
{
	collect(me);
	if (deliverable(me)) {
		take_interrupts(me);
		return true;
	}
	if (me->irq_owed && !me->cpu->seen.pending) {
		/* A safe point in machine code took them. */
		me->irq_owed = false;
		me->clock += sim.cost.irq_entry + sim.cost.irq_exit;
	}
	if (me->rcu_work && sim_rcu_quiescent(me)) {
		me->rcu_work = false;
		rcu_quiescent_point();
		sim_watch_reset(me, false);
		return true;
	}
	if (me->clock >= me->beat_at) {
		me->beat_at = me->clock + BEAT_TICKS;
		sim_beat();
	}
	return false;
}

void sim_pass(struct sim_cpu *me)
{
	u64 second;

	do {
		second = be_lowest(me, sim_key(me->clock, me->id));
	} while (take_due(me));
	set_limits(me, second);
}

void sim_yield(struct sim_cpu *me)
{
	set_limits(me, be_lowest(me, sim_key(me->clock, me->id)));
}

void sim_window(struct sim_cpu *me)
{
	u64 second;

	while (take_due(me))
		;
	second = sim_tree_set(&tree, me->id, sim_key(me->clock, me->id));
	set_limits(me, second);
}

void sim_sleep(struct sim_cpu *me, u64 until)
{
	u64 wake = until;
	u64 second;

	collect(me);
	if (deliverable(me))
		return;
	me->irq_wakes = !me->cpu->own.irqs_off;
	if (me->irq_wakes)
		wake = min(wake, me->irq_at);
	me->asleep = true;
	wake = max(wake, me->clock);
	second = be_lowest(me, wake >= NEVER ? SIM_KEY_PARKED :
			   sim_key(wake, me->id));
	me->asleep = false;
	me->clock = sim_tree_key(&tree, me->id) >> SIM_CPU_BITS;
	collect(me);
	set_limits(me, second);
}

void sim_wake(struct sim_cpu *target, u64 at)
{
	u64 key = sim_key(max(at, target->clock), target->id);

	if (key >= sim_tree_key(&tree, target->id))
		return;
	sim_tree_set(&tree, target->id, key);
	sim.self->limit = min(sim.self->limit, key >> SIM_CPU_BITS);
	sim.self->slack = min(sim.self->slack,
			      (key >> SIM_CPU_BITS) + SLACK);
}

void sim_set_key(const struct sim_cpu *cpu, u64 at)
{
	sim_tree_set(&tree, cpu->id, at >= NEVER ? SIM_KEY_PARKED :
		     sim_key(at, cpu->id));
}

void sim_wait_granted(struct sim_cpu *me)
{
	u64 second;

	for (;;) {
		second = be_lowest(me, sim_tree_key(&tree, me->id));
		if (!me->waits)
			break;
		sim_grant(me);
	}
	set_limits(me, second);
}

void sim_post(struct sim_cpu *target, enum cpu_irq why, u64 at)
{
	unsigned bit = (unsigned)__builtin_ctz(why);

	/* Already there and not yet taken: one interrupt. */
	if (target->cpu->seen.pending & why)
		return;
	target->due[bit] = min(target->due[bit], at);
	target->irq_at = min(target->irq_at, at);
	if (target == sim.self) {
		target->window = min(target->window, at);
		target->slack = min(target->slack, at);
		target->limit = min(target->limit, at);
	} else if (target->asleep && target->irq_wakes) {
		sim_wake(target, at);
	}
}

void sim_enter(void)
{
	unsigned i;

	for (i = 0; i < nr_cpu_ids; i++)
		sim_tree_set(&tree, i, sim_key(0, i));
	sim.self = &sim.cpus[0];
	fiber_switch(sim.host_fiber, fiber_of(sim.self));
}

void sim_leave(void)
{
	struct sim_cpu *me = sim.self;

	sim.self = &sim.host;
	fiber_switch(fiber_of(me), sim.host_fiber);
	must(!"a machine that has ended runs on");
	machine_die();
}
