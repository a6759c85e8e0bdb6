/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a machine and running something on it: for emu/ and tests/, never
 * for the kernel. One machine a process; it is not torn down but exits.
 */
#ifndef CPUS_BOOT_H
#define CPUS_BOOT_H

#include "cpus/compiler.h"
#include "cpus/profile.h"
#include "cpus/topology.h"

struct machine_config {
	const struct topology	*topology;	/* kept, not copied */
	const unsigned		*pu_of_cpu;	/* nr_cpus entries; copied */
	unsigned		nr_cpus;	/* booted (online) */
	u64			memory_bytes;	/* emulated, split over nodes in
						 * the topology's proportions */
	u64			seed;
	u64			jitter_ns;	/* sim: at most, per event;
						 * 0: the profile's */
	bool			oversubscribe;	/* native: waits yield */
	const struct cost_profile *profile;	/* sim; NULL: flat. Copied */
};

/*
 * Reserves the arena, makes CPUs and their idle tasks. 0; -EINVAL with error
 * for what the user asked wrongly; -ENOSPC with error for what this host
 * cannot do.
 */
int machine_create(const struct machine_config *config, char *error,
		   size_t error_size);
/*
 * Runs fn(arg) as the first task of CPU 0 ("swapper" boot; interrupts on) and
 * every other task made meanwhile, until fn returns. Calls smp_init() and
 * workqueue_init() on CPU 0 first.
 */
void machine_run(void (*fn)(void *arg), void *arg);

/* Emulated memory of each node that has any: at least, and a multiple. */
#define MACHINE_NODE_BYTES	(16UL << 20)

/* Bytes of arena this machine can have at most; of them, what is memory where
 * its page structures are there, too (arena.c). */
size_t machine_arena_limit(void);
u64 machine_memory_limit(void);

/* What the engine's heartbeat thread (native) or hook (sim) calls about four
 * times a second of host time, with progress since the last. NULL: nothing. */
void machine_set_heartbeat(void (*beat)(void));

/* A CPU that neither waits nor gives any sign for so long is named, in the
 * kernel's words. On native, 10 s; it is left alone. On sim, where it stops
 * virtual time, 3 s of the host's processor time without an event; after twice
 * as long the machine dies. Tests make it shorter, before machine_run(). */
extern u64 soft_lockup_ns;

struct machine_stat {
	u64	events;		/* sim: instrumented accesses; native: 0 */
	u64	switches;	/* between CPUs (sim), tasks (native) */
	u64	host_ns;	/* of machine_run so far */
	/* sim: 16 bytes at once, stored; this CPU's own, and locked */
	u64	local_exchanges, locked_exchanges;
	u64	rmws_counted;	/* atomics; see machine_count_atomics() */
};

void machine_stat_read(struct machine_stat *out);
/* sim, for tests: rmws_counted begins at 0, of [from, from + size). */
void machine_count_atomics(const void *from, size_t size);

/*
 * What the host did to the CPUs' threads, summed since they were made. Reads
 * files: some 50 us for each CPU. On sim nothing is known, nor matters.
 */
struct machine_noise {
	bool	known;
	u64	run_delay_ns;	/* ready to run, and not running */
	u64	steal_ns;	/* a hypervisor's, of the PUs in use */
	u64	preemptions;	/* involuntary context switches */
	u64	migrations;	/* to another PU of the host */
};

void machine_noise_read(struct machine_noise *out);

/*
 * Where cache lines move: what sim saw while it counted. A line moves when an
 * access gets it from another CPU's caches (a first copy from memory is no
 * move), takes copies away from others, or waits because it is busy.
 */
#define MACHINE_WAYS		4	/* smt, l3, package, cross */
#define MACHINE_LINE_USERS	16

/* A place in the code that accesses one address of a line. */
struct machine_line_user {
	unsigned long	ip;	/* symbol_print(); 0: all that found no room */
	const void	*addr;
	bool		write;	/* or changes it */
	u64		moves;
	u64		lost_ns;	/* virtual time that they took CPUs */
	unsigned	nr_cpus;	/* different ones */
};

struct machine_line {
	const void	*addr;
	u64		lost_ns;
	u64		moves[MACHINE_WAYS];
	u64		waits;		/* moves that waited for their turn */
	/* Bit i of word i / 64: CPU i. The machine's. */
	const u64	*readers, *writers;
	/* Of several CPUs, and no 8 bytes of it are of two. */
	bool		false_sharing;
	unsigned	nr_users;	/* those that lost most first */
	struct machine_line_user users[MACHINE_LINE_USERS];
};

struct machine_lines {
	u64	nr_lines;	/* that moved */
	u64	lost_ns;	/* on all of them */
	u64	unknown;	/* moves of lines for which there was no room */
	u64	nr_left_out, left_out_ns;	/* in none of the above */
};

/* Counts from now on, or no more. Costs no virtual time. On native nothing is
 * known of lines. */
void machine_lines_count(bool on);
typedef bool (*machine_line_choice_t)(const void *arg, const void *line);
/* The sum, and in lines[] the nr that cost most time; returns how many. Without
 * those that leave_out(arg, line), if not NULL, says true of. */
unsigned machine_lines_read(struct machine_lines *sum,
			    struct machine_line *lines, unsigned nr,
			    machine_line_choice_t leave_out, const void *arg);
/* Memory, and where it was last allocated. */
struct machine_alloc {
	const void	*start;
	size_t		bytes;
	unsigned long	ip;		/* symbol_print() */
};

/* Notes them from now on, in host memory. Costs no virtual time. On native
 * nothing is known. */
void machine_allocs_note(void);
/* Of the byte at p, which may have been freed since; of a per-CPU one, its
 * per-CPU pointer. False: it is not known. */
bool machine_alloc_find(const void *p, struct machine_alloc *out);
/* "sim: all CPUs wait: CPU 0 ... for ..." as text, when a run is stuck. */
void machine_print_waits(void);

/* ---- planted faults: -DWITH_FAULTS builds; else -ENOENT / nothing ----- */
int fault_set(const char *name, bool on);
void fault_for_each(void (*visit)(void *arg, const char *name, const char *id,
				  const char *text), void *arg);

#endif
