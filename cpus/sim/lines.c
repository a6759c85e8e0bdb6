/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where cache lines move: for each line that has, how often and from how far
 * it came, who has read and written it, from where in the code, and the time
 * that this took. Host memory only; decides nothing.
 *
 * Time is what the access was charged, with its wait for the line. A store
 * that retires before its line has come is charged little, and what a later
 * fence or locked operation waits for it is not told here.
 *
 * What a spinlock's functions do is put to who called them, as in
 * /proc/lock_stat and `perf lock contention`: that some slow path has waited
 * says nothing.
 */
#include "cpus/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#define MAX_LINES	(1u << 16)	/* some 100 MiB of host memory */
#define NR_SLOTS	(4 * MAX_LINES)
#define NR_WORDS	(CACHELINE / 8)

struct user {
	unsigned long	ip;
	uintptr_t	addr;
	bool		write;
	u64		moves, ticks;
	u64		*cpus;		/* a bitmap */
};

struct moved_line {
	uintptr_t	line;		/* address >> SIM_LINE_SHIFT */
	u64		ticks, waits;
	u64		moves[NR_SIM_DISTANCES];
	u64		*readers, *writers;
	u16		owner[NR_WORDS];	/* CPU + 1 of each 8 bytes */
	bool		shares_word;		/* two CPUs have one */
	unsigned	nr_users;
	struct user	users[MACHINE_LINE_USERS];
};

static_assert(MACHINE_WAYS == NR_SIM_DISTANCES, "the same classes");

static struct moved_line **slots;	/* open addressing */
static struct moved_line **all;		/* in the order of their first move */
static unsigned nr_lines;
static u64 nr_unknown;

static void *zeroed(size_t nr, size_t size)
{
	void *p = calloc(nr, size);

	must(p);
	return p;
}

static u64 *cpu_bitmap(void)
{
	return zeroed(DIV_ROUND_UP(nr_cpu_ids, 64), sizeof(u64));
}

static void mark(u64 *bitmap, unsigned cpu)
{
	bitmap[cpu / 64] |= BIT(cpu % 64);
}

/* The line's record, made at its first move; NULL: no room. */
static struct moved_line *record_of(uintptr_t line)
{
	size_t i = (line * 0x9e3779b97f4a7c15UL) >> 46;
	struct moved_line *m;

	static_assert(NR_SLOTS == 1u << (64 - 46), "the hash's bits");
	while ((m = slots[i]) && m->line != line)
		i = (i + 1) % NR_SLOTS;
	if (m || nr_lines == MAX_LINES)
		return m;
	m = zeroed(1, sizeof(*m));
	m->line = line;
	m->readers = cpu_bitmap();
	m->writers = cpu_bitmap();
	slots[i] = all[nr_lines++] = m;
	return m;
}

static unsigned long call_site(unsigned long ip)
{
	unsigned long caller = 0;

	if (in_lock_functions(ip))
		caller = stack_trace_lock_caller();
	return caller ? caller : ip;
}

/* The last entry takes all for which there is none. */
static struct user *user_of(struct moved_line *m, const struct sim_cpu *me,
			    bool write)
{
	unsigned long ip = call_site(me->miss_ip);
	struct user *user;
	unsigned i;

	for (i = 0; i < m->nr_users; i++) {
		user = &m->users[i];
		if (!user->ip || (user->ip == ip &&
				  user->addr == me->miss_addr &&
				  user->write == write))
			return user;
	}
	user = &m->users[m->nr_users++];
	user->cpus = cpu_bitmap();
	user->addr = me->miss_addr;
	user->write = write;
	if (m->nr_users < MACHINE_LINE_USERS)
		user->ip = ip;
	return user;
}

void sim_line_moved(struct sim_cpu *me, unsigned kind, u64 ticks)
{
	bool write = kind & SIM_WRITE;
	struct moved_line *m;
	struct user *user;
	u16 *owner;

	if (!me->miss_addr)
		return;
	m = record_of(me->miss_addr >> SIM_LINE_SHIFT);
	if (!m) {
		nr_unknown++;
		return;
	}
	user = user_of(m, me, write);
	mark(write ? m->writers : m->readers, me->id);
	mark(user->cpus, me->id);
	owner = &m->owner[me->miss_addr % CACHELINE / 8];
	m->shares_word |= *owner && *owner != me->id + 1;
	*owner = (u16)(me->id + 1);
	if (me->miss_way < NR_SIM_DISTANCES)
		m->moves[me->miss_way]++;
	m->waits += me->miss_waited;
	m->ticks += ticks;
	user->moves++;
	user->ticks += ticks;
}

/* A miss that has begun before is none of these: nobody has noted its line. */
static void forget_begun(void)
{
	unsigned cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		sim.cpus[cpu].miss_addr = 0;
}

void machine_lines_count(bool on)
{
	if (on)
		forget_begun();
	if (on && !slots) {
		slots = zeroed(NR_SLOTS, sizeof(struct moved_line *));
		all = zeroed(MAX_LINES, sizeof(struct moved_line *));
	}
	sim.count_lines = on;
}

/* ---- reading ---- */
static int dearest_first(const void *left, const void *right)
{
	const struct moved_line *a = *(struct moved_line *const *)left;
	const struct moved_line *b = *(struct moved_line *const *)right;

	if (a->ticks != b->ticks)
		return a->ticks > b->ticks ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int dearest_user_first(const void *left, const void *right)
{
	const struct user *a = left, *b = right;

	if (a->ticks != b->ticks)
		return a->ticks > b->ticks ? -1 : 1;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->ip < b->ip ? -1 : a->ip > b->ip;
}

static unsigned nr_of(const u64 *bitmap)
{
	unsigned i, nr = 0;

	for (i = 0; i < DIV_ROUND_UP(nr_cpu_ids, 64); i++)
		nr += (unsigned)__builtin_popcountl(bitmap[i]);
	return nr;
}

/* More than one CPU, and none of the line's words is of two. */
static bool shares_falsely(const struct moved_line *m)
{
	unsigned i, nr = 0;

	for (i = 0; i < DIV_ROUND_UP(nr_cpu_ids, 64); i++)
		nr += (unsigned)__builtin_popcountl(m->readers[i] |
						    m->writers[i]);
	return nr > 1 && !m->shares_word;
}

static const void *address_of(const struct moved_line *m)
{
	return (const void *)(m->line << SIM_LINE_SHIFT);
}

static void tell(struct moved_line *m, struct machine_line *out)
{
	unsigned i;

	qsort(m->users, m->nr_users, sizeof(m->users[0]), dearest_user_first);
	*out = (struct machine_line){
		.addr = address_of(m),
		.lost_ns = m->ticks / TICKS_PER_NS,
		.waits = m->waits,
		.readers = m->readers, .writers = m->writers,
		.false_sharing = shares_falsely(m),
		.nr_users = m->nr_users,
	};
	memcpy(out->moves, m->moves, sizeof(out->moves));
	for (i = 0; i < m->nr_users; i++)
		out->users[i] = (struct machine_line_user){
			.ip = m->users[i].ip,
			.addr = (const void *)m->users[i].addr,
			.write = m->users[i].write,
			.moves = m->users[i].moves,
			.lost_ns = m->users[i].ticks / TICKS_PER_NS,
			.nr_cpus = nr_of(m->users[i].cpus),
		};
}

unsigned machine_lines_read(struct machine_lines *sum,
			    struct machine_line *lines, unsigned nr,
			    machine_line_choice_t leave_out, const void *arg)
{
	u64 ticks = 0, left_out = 0;
	unsigned i, told = 0;

	*sum = (struct machine_lines){ .unknown = nr_unknown };
	if (nr_lines)
		qsort(all, nr_lines, sizeof(struct moved_line *),
		      dearest_first);
	for (i = 0; i < nr_lines; i++) {
		if (leave_out && leave_out(arg, address_of(all[i]))) {
			sum->nr_left_out++;
			left_out += all[i]->ticks;
			continue;
		}
		sum->nr_lines++;
		ticks += all[i]->ticks;
		if (told < nr)
			tell(all[i], &lines[told++]);
	}
	sum->lost_ns = ticks / TICKS_PER_NS;
	sum->left_out_ns = left_out / TICKS_PER_NS;
	return told;
}
