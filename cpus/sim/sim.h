/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine's own state; private to cpus/sim/. All CPUs are fibers
 * of one host thread, so machine code is atomic by itself, and nothing in this
 * folder needs an atomic access.
 *
 * An event is an instrumented access (tsan.c) or a machine call. It first pays
 * its cost on its CPU's clock, then lets CPUs that are behind run, then takes
 * interrupts that have arrived, then happens. Shared accesses of all CPUs are
 * therefore performed in the order of (clock, cpu).
 */
#ifndef CPUS_SIM_SIM_H
#define CPUS_SIM_SIM_H

#include "cpus/sim/schedule.h"
#include "cpus/twin.h"

/* Clocks count ticks of 0.1 ns. A scheduler key is clock << 12 | cpu: 125 h. */
#define TICKS_PER_NS	10
#define NEVER		(~0UL >> SIM_CPU_BITS)

/*
 * Flat costs in ticks, until there is a coherence model. Loads, stores and
 * locked operations: a line owned by the CPU on a current x86
 * (published/host-anchors.md 2). Interrupts and TLB instructions: assumed, in
 * the range that design/sim.md 8 collects; not measured on any one machine.
 */
enum sim_cost {
	COST_PRIVATE	= 3,	/* own stack, own per-CPU state, host memory */
	COST_PLAIN	= 10,	/* plain load or store */
	COST_ATOMIC	= 10,	/* atomic load or store */
	COST_RMW	= 50,	/* locked read-modify-write, seq_cst store */
	COST_FENCE	= 50,	/* seq_cst; weaker ones are no instruction */
	COST_LOCAL_ADD	= 10,	/* add to memory without lock prefix */
	COST_PAUSE	= 175,	/* PAUSE */
	COST_POLL	= 1000,	/* a spin that reads too much to be watched */
	COST_CLOCK	= 100,	/* RDTSC */
	COST_IPI_SEND	= 1000,	/* ICR write, on the sender; assumed */
	COST_IPI_DELIVER = 7000, /* until the target sees it; assumed */
	COST_IRQ	= 3000,	/* entry and exit, on the target; assumed */
	COST_INVLPG	= 1200,	/* assumed */
	COST_TLB_FLUSH	= 2500,	/* CR3 write or INVPCID of all; assumed */
	COST_CALL_RCU	= 200,	/* enqueueing; assumed */
	BYTES_PER_NS	= 10,	/* bulk memory, beyond COST_PLAIN a line */
};

/* A spin in one place that lasts longer is reported as a hang. */
#define SPIN_LIMIT	(10UL * 1000 * 1000 * 1000 * TICKS_PER_NS)
/* A waiter that looks at the clock wakes this often to see it advance. */
#define CLOCK_POLL	(10UL * 1000 * TICKS_PER_NS)
/* A CPU looks at the host's clock (heartbeat) at least this often. */
#define BEAT_TICKS	(100UL * 1000 * TICKS_PER_NS)

#define SIM_LINE_SHIFT	6
#define SIM_WATCH_MAX	8	/* lines one CPU watches */
#define NR_IRQ_BITS	5	/* of enum cpu_irq */

/* A line some CPU has read since its last cpu_relax(): in a hash chain. */
struct watch {
	uintptr_t	line;
	struct watch	*next;
	struct watch	**link;		/* what points here */
};

/* Hot fields first; read by every event. */
struct sim_cpu {
	unsigned	inert;		/* events only perform the operation */
	unsigned	nr_watched;	/* > SIM_WATCH_MAX: gave up */
	u64		clock;
	u64		limit;		/* of shared events: sim_pass() */
	u64		window;		/* of private ones: sim_window() */
	u64		events;
	u64		rng;		/* xorshift, of the jitter */
	struct cpu	*cpu;
	u64		stack_switches;	/* own.nr_switches when this was: */
	uintptr_t	stack_low;
	uintptr_t	stack_size;

	unsigned	id;
	/* Interrupts on their way to this CPU: */
	u64		irq_at;		/* the earliest of due[], or NEVER */
	u64		due[NR_IRQ_BITS];
	bool		irq_owed;	/* arrived, COST_IRQ not yet charged */
	bool		irq_wakes;	/* asleep with interrupts on */
	bool		asleep;
	bool		spins;		/* asleep in cpu_relax() */
	/* Spinning: */
	bool		watch_hit;	/* a watched line was written */
	bool		polled;		/* the last cpu_relax() only paused */
	bool		clock_seen;	/* sched_clock() since cpu_relax() */
	const struct task_struct *watch_task;
	unsigned long	spin_ip;
	u64		spin_start;
	u64		spin_events;
	struct watch	watches[SIM_WATCH_MAX];
	bool		rcu_work;	/* must pass a quiescent point soon */
	u64		beat_at;
} cacheline_aligned;

struct sim {
	struct sim_cpu	*self;		/* the running CPU; &host at first */
	uintptr_t	globals_low;	/* .data and .bss: shared memory */
	uintptr_t	globals_size;
	u64		jitter;		/* ticks: 0..jitter - 1 are added */
	unsigned	nr_watches;	/* registered, of all CPUs */
	u64		switches;
	u64		hash;		/* of the schedule */
	struct sim_cpu	*cpus;		/* nr_cpu_ids of them */
	struct sim_cpu	host;		/* stands for no CPU: inert */
	struct fiber	*host_fiber;
	u64		start_host_ns;	/* machine_run() */
	u64		end_host_ns;
	u64		seed;
};

extern struct sim sim;
/* The linker's: first byte of .data, end of .bss. */
extern char __data_start[], _end[];

/* ---- schedule.c ---- */
void sim_schedule_create(unsigned nr_cpus);
/* What a shared event does whose clock has reached the limit. */
void sim_pass(struct sim_cpu *me);
/* The same for a private one: takes interrupts, lets nobody else run. */
void sim_window(struct sim_cpu *me);
/* Lets those behind run, but takes no interrupt. */
void sim_yield(struct sim_cpu *me);
/* Lets others run until the clock says until, a watched line is written or, if
 * interrupts are on, one is pending. Delivers none. */
void sim_sleep(struct sim_cpu *me, u64 until);
/* A sleeping CPU runs at the given clock at the latest. */
void sim_wake(struct sim_cpu *target, u64 at);
/* Posts an interrupt that arrives at the given clock of the target. */
void sim_post(struct sim_cpu *target, enum cpu_irq why, u64 at);
/* To the fiber of CPU 0 and back to the host. */
void sim_enter(void);
void sim_leave(void) __attribute__((noreturn));

/* True outside of readers, with preemption and interrupts on. */
bool sim_rcu_quiescent(const struct sim_cpu *me);

/* ---- watch.c ---- */
void sim_watch_line(struct sim_cpu *me, uintptr_t line);
/* No line is watched; on: lines read from now on are. */
void sim_watch_reset(struct sim_cpu *me, bool on);
/* Someone writes: CPUs that watch the line wake. */
void sim_wrote_line(struct sim_cpu *me, uintptr_t line);
void sim_watch_print(const struct sim_cpu *cpu);

/* ---- cpu.c ---- */
u64 sim_host_ns(void);
void sim_refresh_stack(struct sim_cpu *me);
/* ---- memory.c, boot.c ---- */
/* One event over [p, p + size). */
void sim_range(const void *p, size_t size, bool write);
u64 sim_range_cost(const void *p, size_t size);
void sim_note_range(struct sim_cpu *me, const void *p, size_t size,
		    bool write);
/* Calls the heartbeat if it is time on the host. */
void sim_beat(void);

enum sim_kind {
	SIM_READ	= 1,
	SIM_WRITE	= 2,
	SIM_ATOMIC	= 4,
};

/* The arena lies in [2^45, 2^46); see machine_reserve_arena(). */
static always_inline bool sim_is_shared(uintptr_t addr)
{
	return addr >> 45 == 1 || addr - sim.globals_low < sim.globals_size;
}

static always_inline bool sim_on_stack(struct sim_cpu *me, uintptr_t addr)
{
	if (unlikely(me->cpu->own.nr_switches != me->stack_switches))
		sim_refresh_stack(me);
	return addr - me->stack_low < me->stack_size;
}

/* Cost and jitter of a shared event, and whoever is behind goes first. */
static always_inline void sim_charge(struct sim_cpu *me, u64 cost)
{
	u64 x = me->rng;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	me->rng = x;
	me->clock += cost + (((x >> 40) * sim.jitter) >> 24);
	if (unlikely(me->clock >= me->limit))
		sim_pass(me);
}

static always_inline void sim_charge_private(struct sim_cpu *me, u64 cost)
{
	me->clock += cost;
	if (unlikely(me->clock >= me->window))
		sim_window(me);
}

static always_inline void sim_note_read(struct sim_cpu *me, uintptr_t addr)
{
	if (unlikely(me->nr_watched <= SIM_WATCH_MAX))
		sim_watch_line(me, addr >> SIM_LINE_SHIFT);
}

static always_inline void sim_note_write(struct sim_cpu *me, uintptr_t addr)
{
	if (unlikely(sim.nr_watches))
		sim_wrote_line(me, addr >> SIM_LINE_SHIFT);
}

/*
 * The event of an access of at most 16 bytes. Private are plain accesses to the
 * CPU's own stack and to host memory, and any to its own struct cpu. Atomic
 * accesses to a stack are shared: another CPU may poll it.
 */
static always_inline void sim_access(uintptr_t addr, u64 cost, unsigned kind)
{
	struct sim_cpu *me = sim.self;
	bool shared = sim_is_shared(addr);

	if (unlikely(me->inert))
		return;
	me->events++;
	if (!shared) {
		if (addr - (uintptr_t)me->cpu < sizeof(*me->cpu) ||
		    (!(kind & SIM_ATOMIC) && sim_on_stack(me, addr))) {
			sim_charge_private(me, COST_PRIVATE);
			return;
		}
		if (!(kind & SIM_ATOMIC)) {
			sim_charge_private(me, COST_PRIVATE);
			/* Constants lie below the globals. */
			if (addr < sim.globals_low)
				return;
			goto note;
		}
	}
	sim_charge(me, cost);
note:
	if (kind & SIM_READ)
		sim_note_read(me, addr);
	/* An atomic write says so itself, if it changed something. */
	if ((kind & (SIM_WRITE | SIM_ATOMIC)) == SIM_WRITE)
		sim_note_write(me, addr);
}

#endif
