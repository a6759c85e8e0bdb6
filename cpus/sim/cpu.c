/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a simulated CPU does at the kernel's word: wait, tell the time, ring
 * another CPU, move memory. Each call is one event.
 */
#include "cpus/sim/sim.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

u64 sim_host_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

struct cpu *sim_this_cpu(void)
{
	return sim.self->cpu;
}

struct op_time *sim_op_time(void)
{
	return sim.self->cpu->own.current_task->op_time;
}

unsigned long sim_option(const unsigned long *word)
{
	return *word;
}

bool sim_trace_is_on(void)
{
	return sim.self->cpu->own.traced;
}

void sim_set_fiber(struct sim_cpu *me, struct fiber *fiber)
{
	char *low, *high;

	fiber_stack_bounds(fiber, &low, &high);
	me->fiber = fiber;
	me->stack_low = (uintptr_t)low;
	me->stack_size = (u32)(high - low);
}

void machine_switch_fiber(struct fiber *from, struct fiber *to)
{
	sim_set_fiber(sim.self, to);
	fiber_switch(from, to);
}

void sim_note_schedule_point(void)
{
	sim.self->nr_got_on++;
}

void sim_quiet_begin(void)
{
	sim.self->inert++;
}

void sim_quiet_end(void)
{
	sim.self->inert--;
}

/* ---- time ---- */
bool machine_is_virtual(void)
{
	return true;
}

u64 machine_clock_any(void)
{
	return sim.self->clock / TICKS_PER_NS;
}

u64 sched_clock(void)
{
	struct sim_cpu *me = sim.self;

	if (!me->inert) {
		me->clock_seen = true;
		sim_charge_private(me, sim.cost.clock);
	}
	return me->clock / TICKS_PER_NS;
}

u64 sched_clock_ordered(void)
{
	return sched_clock();
}

/* Computation is cut by interrupts, whose time comes on top. */
void ndelay(u64 ns)
{
	struct sim_cpu *me = sim.self;
	u64 left = ns * TICKS_PER_NS;

	if (me->inert)
		return;
	while (left) {
		u64 start = me->clock;

		sim_sleep(me, start + left);
		left -= min(left, me->clock - start);
		sim_pass(me);
	}
}

/* ---- waiting ---- */
static void spin_too_long(struct sim_cpu *me)
{
	char why[128];

	snprintf(why, sizeof(why), "sim: CPU %u has spun for %lu ms of virtual "
		 "time", me->id,
		 (me->clock - me->spin_start) / TICKS_PER_NS / 1000000);
	fprintf(stderr, "%s\n", why);
	machine_die(why);
}

/* Of all CPUs; it grows where a wait for a lock or an interrupt's end ends. */
static u64 time_waited(void)
{
	u64 sum = 0;

	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += cpus[cpu]->own.time_ns[CPU_TIME_LOCK_WAIT] +
		       cpus[cpu]->own.time_ns[CPU_TIME_ACK_WAIT];
	return sum;
}

/* Of thousands of CPUs that take their turns the last may wait for long. */
static void long_spin(struct sim_cpu *me)
{
	u64 waited = time_waited();

	if (waited == me->spin_waited)
		spin_too_long(me);
	me->spin_waited = waited;
	me->spin_look = me->clock + SPIN_LIMIT;
}

/* A spin is a series of calls from one place with little between them. */
static void watch_the_spin(struct sim_cpu *me, unsigned long ip)
{
	bool same = me->spin_ip == ip && me->events - me->spin_events < 1000 &&
		    me->watch_task == current;

	me->spin_events = me->events;
	me->spin_ip = ip;
	if (!same) {
		me->spin_start = me->clock;
		me->spin_look = me->clock + SPIN_NOTE;
		me->spin_waited = ~0UL;
	} else if (me->clock > me->spin_look) {
		long_spin(me);
	}
}

/* The clock until which this CPU may sleep if nobody wakes it. */
static u64 relax_until(struct sim_cpu *me, bool has_deadline)
{
	if (me->watch_hit)
		return me->clock;
	if (!me->nr_watched || me->nr_watched > SIM_WATCH_MAX ||
	    me->watch_task != current) {
		u64 pause = me->polled ? COST_POLL : 0;

		me->polled = true;
		return me->clock + pause;
	}
	me->polled = false;
	if (me->retries || (me->clock_seen && !has_deadline))
		return me->clock + CLOCK_POLL;
	return NEVER;
}

static bool rcu_is_due(const struct sim_cpu *me)
{
	return me->rcu_work && sim_rcu_quiescent(me);
}

static void relax(u64 deadline, bool has_deadline, unsigned long ip)
{
	struct sim_cpu *me = sim.self;
	u64 until;

	must(!me->inert);
	me->nr_got_on++;
	watch_the_spin(me, ip);
	me->clock += sim.cost.pause;
	until = min(relax_until(me, has_deadline), deadline);
	if (until > me->clock && !rcu_is_due(me)) {
		me->spins = true;
		sim_sleep(me, until);
		me->spins = false;
	}
	if (me->clock >= me->limit)
		sim_pass(me);
	sim_watch_restart(me);
	me->watch_task = current;
	me->clock_seen = false;
	me->retries = false;
}

void cpu_relax(void)
{
	relax(NEVER, false, _RET_IP_);
}

void cpu_relax_until(u64 deadline_ns)
{
	u64 ticks = deadline_ns < NEVER / TICKS_PER_NS ?
		    deadline_ns * TICKS_PER_NS : NEVER;

	relax(ticks, true, _RET_IP_);
}

/* Interrupts are taken after the sleep only: between the caller's last look at
 * its queue and the sleep one could make a task runnable. */
void machine_idle(void)
{
	struct sim_cpu *me = sim.self;
	u64 timer = task_next_timer();

	me->nr_got_on++;
	timer = timer < NEVER / TICKS_PER_NS ? timer * TICKS_PER_NS : NEVER;
	if (!rcu_is_due(me))
		sim_sleep(me, timer);
	sim_pass(me);
}

/* ---- interrupting another CPU ---- */
/* On its way: by distance, and longer to a CPU that is halted. */
u64 sim_ipi_arrives(const struct sim_cpu *from, const struct sim_cpu *to)
{
	u64 at = from->clock + sim_ipi_delivery(from, to);

	return to->asleep && to->cpu->own.in_idle ? at + sim.cost.idle_wake :
						    at;
}

void machine_kick(unsigned cpu, enum cpu_irq why)
{
	struct sim_cpu *me = sim.self, *target = &sim.cpus[cpu];

	if (!me->inert)
		me->clock += sim.cost.ipi_send;
	sim_post(target, why, sim_ipi_arrives(me, target));
}

/* A write of TSC_DEADLINE, as dear as sending an IPI (both go to the APIC). */
void machine_device_timer(u64 at_ns)
{
	struct sim_cpu *me = sim.self;
	unsigned bit = (unsigned)__builtin_ctz(CPU_IRQ_DEVICE);

	if (!me->inert)
		me->clock += sim.cost.ipi_send;
	if (at_ns)
		sim_post(me, CPU_IRQ_DEVICE, at_ns * TICKS_PER_NS);
	else
		me->due[bit] = NEVER;
}

void machine_device_poll(void)
{
}

/* ---- one instruction on this CPU's own memory ---- */
/* cmpxchg16b costs the same with and without lock (host-anchors.md 2). */
bool sim_cmpxchg_double_local(void *p, u64 o1, u64 o2, u64 n1, u64 n2)
{
	u64 *word = p;

	sim_access((uintptr_t)p, SIM_READ | SIM_WRITE | SIM_LOCKED);
	if (word[0] != o1 || word[1] != o2)
		return false;
	word[0] = n1;
	word[1] = n2;
	sim.local_exchanges += !sim.self->inert;
	return true;
}

void sim_add_local(u64 *p, u64 n)
{
	sim_access((uintptr_t)p, SIM_READ | SIM_WRITE);
	*p += n;
}

/* ---- hardware ---- */
u64 machine_hw_load(const u64 *entry)
{
	sim.self->miss_ip = _RET_IP_;
	sim_hardware(entry, sizeof(*entry), false);
	return *entry;
}

void machine_hw_access(const void *p, size_t size, bool write)
{
	sim.self->miss_ip = _RET_IP_;
	sim_hardware(p, size, write);
}

void machine_hw_tlb_op(bool full)
{
	struct sim_cpu *me = sim.self;

	if (!me->inert)
		me->clock += full ? sim.cost.flush : sim.cost.invlpg;
}
