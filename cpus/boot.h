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

/* Bytes of arena this machine can have at most. */
size_t machine_arena_limit(void);

/* What the engine's heartbeat thread (native) or hook (sim) calls about four
 * times a second of host time, with progress since the last. NULL: nothing. */
void machine_set_heartbeat(void (*beat)(void));

struct machine_stat {
	u64	events;		/* sim: instrumented accesses; native: 0 */
	u64	switches;	/* between CPUs (sim), tasks (native) */
	u64	host_ns;	/* of machine_run so far */
};

void machine_stat_read(struct machine_stat *out);

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
/* "sim: all CPUs wait: CPU 0 ... for ..." as text, when a run is stuck. */
void machine_print_waits(void);

/* ---- planted faults: -DWITH_FAULTS builds; else -ENOENT / nothing ----- */
int fault_set(const char *name, bool on);
void fault_for_each(void (*visit)(void *arg, const char *name, const char *id,
				  const char *text), void *arg);

#endif
