/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the CPU with the lowest clock. The order is a winner tree, and beside it
 * one key that moves too often for a tree (aside). A CPU that runs keeps its
 * place in the tree, or has none if it was granted a line (run_first()); it
 * looks at the order again only when its clock has reached limit: the
 * second-best key, the next interrupt on its way to it, or the time to look at
 * the host's clock, whichever is first. The switch goes from fiber to fiber,
 * with no scheduler between.
 *
 * A CPU that waits stands in the tree with the clock at which it wakes by
 * itself: a deadline, or an interrupt on its way; or parked. Others move it
 * forward (sim_wake). When all are parked nothing can happen any more: that is
 * a deadlock, and is reported.
 */
#include "cpus/sim/grant.h"

#include <stdio.h>
#include <stdlib.h>

struct sim sim = {
	.self = &sim.host,
	.host = { .inert = 1, .limit = NEVER, .slack = NEVER,
		  .window = NEVER,
		  .irq_at = NEVER },
};

static struct sim_tree tree;

/* Beside the tree stands who is moved again and again while nobody else is: of
 * a line that all want, the queue. */
static struct {
	u64		key;
	struct sim_cpu	*cpu;
	struct sim_cpu	*moved;		/* last, by sim_set_key() */
} aside = { .key = SIM_KEY_PARKED };

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

/* Returns the lowest of the others. */
static always_inline u64 place(struct sim_cpu *cpu, u64 key)
{
	cpu->placed = key != SIM_KEY_PARKED;
	return min(sim_tree_set(&tree, cpu->id, key), aside.key);
}

/* Without asking for the lowest of the others. */
static always_inline void put(struct sim_cpu *cpu, u64 key)
{
	unsigned i = tree.nr_leaves + cpu->id;
	u64 *keys = tree.keys;

	cpu->placed = key != SIM_KEY_PARKED;
	for (keys[i] = key; i > 1; i /= 2) {
		key = min(key, keys[i ^ 1]);
		keys[i / 2] = key;
	}
}

static always_inline u64 lowest(void)
{
	u64 key = tree.keys[1];

	if (rarely(key < aside.key))
		return key;
	return aside.key;
}

void sim_schedule_create(unsigned nr_cpus)
{
	sim_tree_create(&tree, nr_cpus);
}

u64 sim_trace_hash(void)
{
	return sim.hash;
}

/* The deadlock report; does not return. */
static void nothing_can_run(void)
{
	char busy[64], why[128];

	cpus_print_busy(busy, sizeof(busy));
	fprintf(stderr, "sim: deadlock: no CPU can run\n");
	snprintf(why, sizeof(why), "sim: deadlock: no CPU can run; not idle: "
		 "%s", busy);
	machine_die(why);
}

static always_inline void switch_to(struct sim_cpu *me, struct sim_cpu *next,
				    u64 key)
{
	char frame;

	me->frame = (uintptr_t)&frame;
	/* Thousands of CPUs may take long for the time to a CPU's own beat. */
	if (unlikely(!(++sim.switches % BEAT_SWITCHES)))
		sim_beat();
	/* FNV-1a's multiplier, on whole keys. */
	sim.hash = (sim.hash ^ key) * 0x100000001b3UL;
	sim.self = next;
	fiber_switch(me->fiber, next->fiber);
}

/*
 * Lets go who is first. If that is a line's queue, no fiber need run to say
 * whose the line is now; who got it runs at once if nobody is before it, and
 * then has no place in the tree.
 */
static always_inline void run_first(struct sim_cpu *me)
{
	u64 key = lowest();
	struct sim_cpu *cpu;

	if (unlikely(key == SIM_KEY_PARKED))
		nothing_can_run();
	cpu = &sim.cpus[sim_key_cpu(key)];
	if (cpu->stands_for) {
		cpu = sim_grant(cpu->stands_for);
		key = sim_key(cpu->clock, cpu->id);
		if (key >= lowest()) {
			put(cpu, key);
			return;
		}
	}
	if (cpu != me)
		switch_to(me, cpu, key);
}

/* Runs others until this CPU's key is the lowest; returns the second. */
static u64 be_lowest(struct sim_cpu *me, u64 key)
{
	u64 others;

	while ((others = place(me, key)) < key ||
	       key == SIM_KEY_PARKED) {
		run_first(me);
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

static always_inline void set_limits(struct sim_cpu *me, u64 second)
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
	sim_watch_stop(me);
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
		sim_watch_stop(me);
		return true;
	}
	if (me->clock >= me->beat_at) {
		me->beat_at = me->clock + BEAT_TICKS;
		sim_beat();
		sim_check_lockup(me);
	}
	return false;
}

/* The fiber of who is next will run soon: without this a switch among thousands
 * of CPUs waits for its stack first. */
static always_inline void expect(u64 key)
{
	const struct sim_cpu *next;

	if (key == SIM_KEY_PARKED)
		return;
	next = &sim.cpus[sim_key_cpu(key)];
	__builtin_prefetch(&next->clock);
	__builtin_prefetch(&next->arrived);
	sim_prefetch_fiber(next);
}

void sim_pass(struct sim_cpu *me)
{
	u64 second;

	do {
		second = be_lowest(me, sim_key(me->clock, me->id));
	} while (take_due(me));
	expect(second);
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
	second = place(me, sim_key(me->clock, me->id));
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
	put(target, key);
	sim.self->limit = min(sim.self->limit, key >> SIM_CPU_BITS);
	sim.self->slack = min(sim.self->slack,
			      (key >> SIM_CPU_BITS) + SLACK);
}

static void put_aside(struct sim_cpu *cpu, u64 key)
{
	if (aside.cpu)
		put(aside.cpu, aside.key);
	put(cpu, SIM_KEY_PARKED);
	aside.cpu = cpu;
	aside.key = key;
}

void sim_set_key(struct sim_cpu *cpu, u64 at)
{
	u64 key = sim_key(at, cpu->id);

	if (cpu == aside.cpu) {
		aside.key = key;
	} else if (cpu == aside.moved) {
		put_aside(cpu, key);
	} else {
		aside.moved = cpu;
		put(cpu, key);
	}
}

void sim_clear_key(struct sim_cpu *cpu)
{
	if (cpu == aside.cpu) {
		aside.cpu = NULL;
		aside.key = SIM_KEY_PARKED;
	} else {
		put(cpu, SIM_KEY_PARKED);
	}
}

void sim_wait_granted(struct sim_cpu *me)
{
	u64 second;

	if (me->placed && !me->stands_for)
		put(me, SIM_KEY_PARKED);
	while (me->waits)
		run_first(me);
	if (me->placed)
		second = place(me, sim_tree_key(&tree, me->id));
	else
		second = lowest();
	if (second != aside.key)
		expect(second);
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
		put(&sim.cpus[i], sim_key(0, i));
	sim.self = &sim.cpus[0];
	fiber_switch(sim.host_fiber, sim.self->fiber);
}

void sim_leave(void)
{
	struct sim_cpu *me = sim.self;

	sim.self = &sim.host;
	fiber_switch(me->fiber, sim.host_fiber);
	must(!"a machine that has ended runs on");
	machine_die("");
}
