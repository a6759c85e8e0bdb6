/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinning costs nothing to simulate: a CPU in cpu_relax() sleeps until another
 * CPU writes one of the lines it has read since its previous cpu_relax().
 *
 * The watch begins with the read, not with the sleep: accesses are schedule
 * points, so the line may be written between the two, and then the CPU must
 * not sleep (watch_hit). A CPU watches from its first cpu_relax() on, until it
 * has read more than SIM_WATCH_MAX lines, which code that does not spin soon
 * has; so such code pays one comparison a read. A line stays in its chain while
 * the loop goes round: reading it again makes it count again.
 *
 * Registered lines are in a hash table by host address. Lines are compared
 * exactly, and when a watcher wakes depends on nobody else's: neither the hash
 * nor the order in a chain is visible in virtual time.
 */
#include "cpus/sim/sim.h"

#include <stdio.h>

#define NR_CHAINS	4096

static struct watch *chains[NR_CHAINS];

static struct watch **chain_of(uintptr_t line)
{
	return &chains[(line * 0x9e3779b97f4a7c15UL) >> 52];
}

static_assert(NR_CHAINS == 1 << (64 - 52), "the hash's bits");

static struct sim_cpu *owner_of(struct watch *watch)
{
	uintptr_t offset = (uintptr_t)watch - (uintptr_t)sim.cpus;

	return &sim.cpus[offset / sizeof(struct sim_cpu)];
}

static void link_watch(struct watch *watch, uintptr_t line)
{
	struct watch **chain = chain_of(line);

	watch->line = line;
	watch->since_relax = true;
	watch->next = *chain;
	watch->link = chain;
	if (watch->next)
		watch->next->link = &watch->next;
	*chain = watch;
}

static void unlink_watch(struct watch *watch)
{
	*watch->link = watch->next;
	if (watch->next)
		watch->next->link = watch->link;
}

static void forget_all(struct sim_cpu *me)
{
	unsigned i;

	for (i = 0; i < me->nr_linked; i++)
		unlink_watch(&me->watches[i]);
	sim.nr_watches -= me->nr_linked;
	me->nr_linked = 0;
}

void sim_watch_stop(struct sim_cpu *me)
{
	forget_all(me);
	me->nr_watched = SIM_WATCH_MAX + 1;
	me->watch_hit = false;
}

void sim_watch_restart(struct sim_cpu *me)
{
	unsigned i;

	for (i = 0; i < me->nr_linked; i++)
		me->watches[i].since_relax = false;
	me->nr_watched = 0;
	me->watch_hit = false;
}

/* One for another line: new, or of a line that the loop has left behind. */
static struct watch *spare_watch(struct sim_cpu *me)
{
	unsigned i;

	if (me->nr_linked < SIM_WATCH_MAX) {
		sim.nr_watches++;
		return &me->watches[me->nr_linked++];
	}
	for (i = 0; i < SIM_WATCH_MAX; i++)
		if (!me->watches[i].since_relax) {
			unlink_watch(&me->watches[i]);
			return &me->watches[i];
		}
	return NULL;
}

void sim_watch_line(struct sim_cpu *me, uintptr_t line)
{
	struct watch *watch;
	unsigned i;

	for (i = 0; i < me->nr_linked; i++) {
		if (me->watches[i].line != line)
			continue;
		me->nr_watched += !me->watches[i].since_relax;
		me->watches[i].since_relax = true;
		return;
	}
	watch = spare_watch(me);
	if (!watch) {
		sim_watch_stop(me);
		return;
	}
	link_watch(watch, line);
	me->nr_watched++;
}

/* The write comes at some moment of a PAUSE. */
static void notice(struct sim_cpu *cpu, u64 now)
{
	cpu->leaving = sim.cost.mispredict;
	sim_wake(cpu, now + sim_rng(cpu) % (sim.cost.pause + 1));
}

void sim_wrote_line(struct sim_cpu *me, uintptr_t line)
{
	struct watch *watch;

	for (watch = *chain_of(line); watch; watch = watch->next) {
		struct sim_cpu *owner = owner_of(watch);

		if (watch->line != line || !watch->since_relax ||
		    owner->watch_hit || owner == me)
			continue;
		owner->watch_hit = true;
		if (owner->asleep && owner->spins)
			notice(owner, me->clock);
	}
}

/* Addresses as people know them: of the direct map, or in the globals. */
static void print_line(uintptr_t line)
{
	uintptr_t addr = line << SIM_LINE_SHIFT;

	if (addr >> 45 == 1)
		fprintf(stderr, " 0x%lx", machine_print_address(addr));
	else if (sim_is_shared(addr))
		fprintf(stderr, " globals+0x%lx", addr - sim.globals_low);
	else
		fprintf(stderr, " stack");
}

void sim_watch_print(const struct sim_cpu *cpu)
{
	unsigned i;

	if (cpu->nr_watched > SIM_WATCH_MAX)
		return;
	for (i = 0; i < cpu->nr_linked; i++)
		if (cpu->watches[i].since_relax)
			print_line(cpu->watches[i].line);
}
