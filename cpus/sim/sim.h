/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine's own state; private to cpus/sim/. All CPUs are fibers
 * of one host thread, so machine code is atomic by itself, and nothing in this
 * folder needs an atomic access.
 *
 * An event is an instrumented access (tsan.c) or a machine call. It first pays
 * its cost on its CPU's clock, then lets CPUs that are behind run, then takes
 * interrupts that have arrived, then happens. Shared accesses of all CPUs are
 * therefore performed in the order of (clock, cpu), but for what a CPU does
 * while a store of its own waits for its line (coherence.c).
 */
#ifndef CPUS_SIM_SIM_H
#define CPUS_SIM_SIM_H

#include "cpus/sim/schedule.h"
#include "cpus/twin.h"

/* Clocks count ticks of 0.1 ns. A scheduler key is clock << 12 | cpu: 125 h. */
#define TICKS_PER_NS	10
#define NEVER		(~0UL >> SIM_CPU_BITS)

/* The distance between two CPUs, or a CPU and a node: of a line's way. */
enum sim_distance {
	SIM_SMT,	/* threads of one core */
	SIM_L3,		/* cores that share the last-level cache */
	SIM_PACKAGE,
	SIM_CROSS,
	NR_SIM_DISTANCES
};

/* The cost profile in ticks, and its counts. */
struct sim_costs {
	u32	plain, block, l1, l2, l3, rmw, fence, pause, clock, mispredict;
	u32	dram[2];		/* local, remote */
	u32	c2c[NR_SIM_DISTANCES];
	u32	fill, ack, hold;
	u32	home, streak, misses;
	u32	stream[2];		/* a line of bulk memory */
	u32	ipi_send, ipi_deliver[2];
	u32	irq_entry, irq_exit, idle_wake;
	u32	invlpg, flush;
};

enum {
	COST_POLL	= 1000,	/* a spin that reads too much to be watched */
	COST_CALL_RCU	= 200,	/* enqueueing; assumed */
	/* A CPU whose hits are on lines of its own runs on before CPUs that
	 * are this far behind. */
	SLACK		= 500,
};

/* A spin in one place is a hang when in so long no CPU's wait has ended, of
 * which it takes note when it has lasted for a while. */
#define SPIN_LIMIT	(10UL * 1000 * 1000 * 1000 * TICKS_PER_NS)
#define SPIN_NOTE	(SPIN_LIMIT / 10)
/* One that neither waits nor could let another task run for so long is locked
 * up: as with kernel.watchdog_thresh = 1, the least, because it takes more of
 * the host's time. */
#define LOCKUP_LIMIT	(2UL * 1000 * 1000 * 1000 * TICKS_PER_NS)
/* A waiter that looks at the clock wakes this often to see it advance. */
#define CLOCK_POLL	(10UL * 1000 * TICKS_PER_NS)
/* A CPU, and all of them together, look at the host's clock (heartbeat) at
 * least this often. */
#define BEAT_TICKS	(100UL * 1000 * TICKS_PER_NS)
#define BEAT_SWITCHES	(1UL << 16)

#define SIM_LINE_SHIFT	6
#define SIM_WATCH_MAX	8	/* lines one CPU watches */
#define NR_IRQ_BITS	5	/* of enum cpu_irq */
#define SIM_L1_MAX	(PROFILE_L1_BYTES_MAX / CACHELINE)
#define SIM_STORES_MAX	16	/* of misses_nr */

/* A line some CPU has read before or since its last cpu_relax(): in a hash
 * chain. */
struct watch {
	uintptr_t	line;
	bool		since_relax;	/* read since the last cpu_relax() */
	struct watch	*next;
	struct watch	**link;		/* what points here */
};

struct line_queue;

/* The first three lines are what an event touches: that of a hit, the rest of
 * what a CPU needs that runs, and a wait for a line. */
struct sim_cpu {
	u16		inert;		/* events only perform the operation */
	bool		rcu_work;	/* must pass a quiescent point soon */
	unsigned	nr_watched;	/* > SIM_WATCH_MAX: gave up */
	u64		clock;
	u64		limit;		/* of shared events: sim_pass() */
	u64		slack;		/* of hits on own lines */
	u64		window;		/* of private ones: sim_window() */
	u32		*l1;		/* tag << 1 | writable; coherence.c */
	u64		drained;	/* its last store is visible */
	u64		events;

	u64		rng;		/* xorshift, of the jitter */
	struct cpu	*cpu;
	struct fiber	*fiber;		/* of the task that it runs; its: */
	uintptr_t	stack_low;
	uintptr_t	frame;		/* where it waits on that stack */
	u64		irq_at;		/* the earliest of due[], or NEVER */
	u64		beat_at;
	u32		stack_size;
	u32		leaving;	/* ticks of the branch out of a spin */

	u64		arrived;	/* at the line it waits for; a key */
	struct sim_cpu	*wait_next, *wait_prev;
	struct line_queue *stands_for;	/* its key is that of their grant */
	u32		passed_by;	/* by others that came later */
	u32		granted;	/* ticks that the access takes */
	u64		place;		/* package, l3, core: for a distance */
	u16		id;
	u16		core, l3, package, node;
	u8		wait_kind;
	bool		waits;
	bool		placed;		/* it has a place in the tree */
	bool		took_from_core;	/* its last line to write */
	/* Of its last miss (lines.c): */
	bool		miss_waited;	/* for the line to be free */
	u8		miss_way;	/* from another CPU: enum sim_distance,
					 * else NR_SIM_DISTANCES */

	uintptr_t	miss_addr;	/* noted if sim.count_lines; else 0 */
	unsigned long	miss_ip;	/* what accesses */
	u64		stores[SIM_STORES_MAX];	/* when misses will be done */
	unsigned	nr_stores;
	u64		streamed;	/* the line it missed last */
	/* Interrupts: */
	u64		due[NR_IRQ_BITS];	/* on their way to this CPU */
	bool		irq_owed;	/* arrived, COST_IRQ not yet charged */
	bool		irq_wakes;	/* asleep with interrupts on */
	bool		asleep;
	bool		spins;		/* asleep in cpu_relax() */
	/* Spinning: */
	bool		watch_hit;	/* a watched line was written */
	bool		polled;		/* the last cpu_relax() only paused */
	bool		clock_seen;	/* sched_clock() since cpu_relax() */
	bool		retries;	/* a cmpxchg has failed since */
	const struct task_struct *watch_task;
	unsigned long	spin_ip;
	u64		spin_start;
	u64		spin_look;	/* when to look at all CPUs' waiting */
	u64		spin_waited;	/* as seen last; ~0: not yet */
	u64		spin_events;
	/* Schedule points, waits and idling; and at the last look: */
	u64		nr_got_on, seen_got_on;
	u64		got_on_at;	/* when they were found to be more */
	unsigned	nr_linked;	/* of these: */
	struct watch	watches[SIM_WATCH_MAX];
} cacheline_aligned;

struct sim {
	struct sim_cpu	*self;		/* the running CPU; &host at first */
	uintptr_t	globals_low;	/* .data and .bss: shared memory */
	uintptr_t	globals_size;
	u64		globals_line;	/* the index of their first line */
	u64		jitter;		/* ticks: 0..jitter - 1 are added */
	unsigned	nr_l3s;
	u32		l1_mask;	/* lines of L1, less one */
	unsigned	l1_shift;
	struct sim_costs cost;
	unsigned	nr_watches;	/* registered, of all CPUs */
	/* machine_count_atomics() */
	uintptr_t	count_from;
	size_t		count_size;
	u64		nr_counted;
	u64		local_exchanges, locked_exchanges;
	bool		count_lines;	/* machine_lines_count() */
	bool		nodes_count;	/* for what a line's way costs */
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
/* The clock at which a CPU that waits for a line acts for its queue. */
void sim_set_key(struct sim_cpu *cpu, u64 at);
void sim_clear_key(struct sim_cpu *cpu);
/* Lets others run until this CPU has been granted the line it waits for. */
void sim_wait_granted(struct sim_cpu *me);
/* Posts an interrupt that arrives at the given clock of the target. */
void sim_post(struct sim_cpu *target, enum cpu_irq why, u64 at);
/* To the fiber of CPU 0 and back to the host. */
void sim_enter(void);
void sim_leave(void) __attribute__((noreturn));

/* True outside of readers, with preemption and interrupts on. */
bool sim_rcu_quiescent(const struct sim_cpu *me);

/* ---- watch.c ---- */
void sim_watch_line(struct sim_cpu *me, uintptr_t line);
/* No line is watched, nor will be before the next cpu_relax(). */
void sim_watch_stop(struct sim_cpu *me);
/* Only lines read from now on are watched. */
void sim_watch_restart(struct sim_cpu *me);
/* Someone writes: CPUs that watch the line wake. */
void sim_wrote_line(struct sim_cpu *me, uintptr_t line);
void sim_watch_print(const struct sim_cpu *cpu);

/* ---- coherence.c ---- */
void sim_coherence_create(const struct machine_config *config);
/* An access that is no hit, or whose turn has not come: lets those behind go
 * first, waits for the line if it is busy, fetches it, and charges the CPU. */
void sim_slow_access(struct sim_cpu *me, u64 line, unsigned kind);
/* A store that hit is seen after those before it. */
void sim_store_follows(struct sim_cpu *me, u64 line);
/* The same for a line among many of one operation; never waits in a queue.
 * Returns the ticks; *missed: it was in none of the CPU's own caches. */
u64 sim_fetch(struct sim_cpu *me, u64 line, unsigned kind, bool *missed);
/* The line of an address outside of arena and globals. */
u64 sim_other_line(uintptr_t addr);

/* ---- distance.c ---- */
/* Ticks until a CPU sees an interrupt of another; it may be halted besides. */
u32 sim_ipi_delivery(const struct sim_cpu *from, const struct sim_cpu *to);

/* ---- lines.c ---- */
/* A line came from another CPU, or me waited for it in a queue: what
 * me->miss_* says, and what it cost me. Only if sim.count_lines. */
void sim_line_moved(struct sim_cpu *me, unsigned kind, u64 ticks);

/* ---- watchdog.c ---- */
/* Around the run. */
void sim_watchdog_start(void);
void sim_watchdog_stop(void);
/* Now and then, between events: has this CPU computed for too long? */
void sim_check_lockup(struct sim_cpu *me);

/* ---- profile.c ---- */
void sim_profile_set(const struct cost_profile *profile);

/* ---- cpu.c ---- */
u64 sim_host_ns(void);
/* Which fiber runs when it is this CPU's turn. */
void sim_set_fiber(struct sim_cpu *me, struct fiber *fiber);
/* When an interrupt sent now arrives. */
u64 sim_ipi_arrives(const struct sim_cpu *from, const struct sim_cpu *to);
/* ---- memory.c, boot.c ---- */
/* One event over [p, p + size). */
void sim_range(const void *p, size_t size, bool write);
/* An access by hardware: others may run, but no interrupt comes. */
void sim_hardware(const void *p, size_t size, bool write);
/* Calls the heartbeat if it is time on the host. */
void sim_beat(void);

enum sim_kind {
	SIM_READ	= 1,
	SIM_WRITE	= 2,
	SIM_ATOMIC	= 4,
	SIM_LOCKED	= 8,	/* a locked read-modify-write */
};

/* Of a machine's line, by address: arena, then globals. */
static always_inline u64 sim_line_of(uintptr_t addr)
{
	if (likely(addr >> 45 == 1))
		return (addr & ((1UL << 45) - 1)) >> SIM_LINE_SHIFT;
	return sim.globals_line +
	       ((addr - sim.globals_low) >> SIM_LINE_SHIFT);
}

/* The arena lies in [2^45, 2^46); see machine_reserve_arena(). */
static always_inline bool sim_is_shared(uintptr_t addr)
{
	return addr >> 45 == 1 || addr - sim.globals_low < sim.globals_size;
}

/* A sum, because the host could guess no branch. An L3 may be that of several
 * packages. */
static always_inline enum sim_distance sim_distance(const struct sim_cpu *a,
						    const struct sim_cpu *b)
{
	u64 core = a->place ^ b->place, l3 = core >> 16, package = core >> 32;

	return (core != 0) + (l3 != 0) + (package != 0);
}

static always_inline bool sim_on_stack(const struct sim_cpu *me,
				       uintptr_t addr)
{
	return addr - me->stack_low < me->stack_size;
}

/* Into the host's caches: the saved stack pointer, and the machine's frames
 * around where it was left. */
static always_inline void sim_prefetch_fiber(const struct sim_cpu *cpu)
{
	uintptr_t left = cpu->frame;

	__builtin_prefetch(cpu->fiber);
	__builtin_prefetch((const void *)(left - 2 * CACHELINE));
	__builtin_prefetch((const void *)(left - CACHELINE));
	__builtin_prefetch((const void *)left);
	__builtin_prefetch((const void *)(left + CACHELINE));
	__builtin_prefetch((const void *)(left + 2 * CACHELINE));
}

/* 24 bits. */
static always_inline u64 sim_rng(struct sim_cpu *me)
{
	u64 x = me->rng;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	me->rng = x;
	return x >> 40;
}

/* Up to sim.jitter ticks. */
static always_inline void sim_jitter(struct sim_cpu *me)
{
	me->clock += (sim_rng(me) * sim.jitter) >> 24;
}

/* Before an event that others may see: whoever is behind goes first. */
static always_inline void sim_order(struct sim_cpu *me)
{
	sim_jitter(me);
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

/* Is the line in this CPU's L1, writable if need be? */
static always_inline bool sim_hits(const struct sim_cpu *me, u64 line,
				   unsigned kind)
{
	u32 want = (u32)(line >> sim.l1_shift) << 1 | 1;
	u32 have = me->l1[line & sim.l1_mask];

	return (kind & SIM_WRITE ? have : have | 1) == want;
}

static always_inline void sim_charge_hit(struct sim_cpu *me, u64 line,
					 unsigned kind)
{
	me->clock += kind & SIM_LOCKED ? sim.cost.rmw : sim.cost.l1;
	if (kind & SIM_WRITE && unlikely(me->drained > me->clock))
		sim_store_follows(me, line);
}

/*
 * An access that others may see. It happens when this returns, at the clock
 * that it had before its own cost. Plain hits need not wait for CPUs that are
 * only a little behind: what these do to the line is ordered against them by
 * other accesses, or it is a race.
 */
static always_inline void sim_shared_access(struct sim_cpu *me, u64 line,
					    uintptr_t addr, unsigned kind)
{
	if (!(kind & SIM_ATOMIC) || kind == (SIM_READ | SIM_ATOMIC)) {
		unsigned state = kind & SIM_ATOMIC ? SIM_WRITE : kind;

		if (unlikely(me->clock >= me->slack))
			sim_pass(me);
		if (likely(sim_hits(me, line, state))) {
			me->clock += kind & SIM_LOCKED ? sim.cost.rmw :
				     sim.cost.l1;
			return;
		}
	}
	if (kind & SIM_ATOMIC) {
		if (kind & SIM_LOCKED && unlikely(me->drained > me->clock))
			me->clock = me->drained;
		sim_jitter(me);
	}
	if (unlikely(me->clock >= me->limit || !sim_hits(me, line, kind))) {
		if (unlikely(sim.count_lines)) {
			me->miss_addr = addr;
			me->miss_ip = _RET_IP_;
		}
		sim_slow_access(me, line, kind);
		return;
	}
	sim_charge_hit(me, line, kind);
}

/*
 * The event of an access of at most 16 bytes. Private are plain accesses to the
 * CPU's own stack and to host memory, and any to its own struct cpu. Atomic
 * accesses to a stack are shared: another CPU may poll it.
 */
static always_inline void sim_access(uintptr_t addr, unsigned kind)
{
	struct sim_cpu *me = sim.self;

	if (unlikely(me->inert))
		return;
	me->events++;
	if (likely(sim_is_shared(addr))) {
		sim_shared_access(me, sim_line_of(addr), addr, kind);
	} else if (addr - (uintptr_t)me->cpu < sizeof(*me->cpu) ||
		   (!(kind & SIM_ATOMIC) && sim_on_stack(me, addr))) {
		sim_charge_private(me, sim.cost.plain);
		return;
	} else if (!(kind & SIM_ATOMIC)) {
		sim_charge_private(me, sim.cost.plain);
		/* Constants lie below the globals. */
		if (addr < sim.globals_low)
			return;
	} else {
		sim_shared_access(me, sim_other_line(addr), addr, kind);
	}
	if (kind & SIM_READ)
		sim_note_read(me, addr);
	/* An atomic write says so itself, if it changed something. */
	if ((kind & (SIM_WRITE | SIM_ATOMIC)) == SIM_WRITE)
		sim_note_write(me, addr);
}

#endif
