/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is counted of each class of locks, and how /proc/lock_stat shows it
 * (vmalloc-tlb-ipi spec 8.5; kernel/locking/lockdep_proc.c, 6.12).
 *
 * Who had a lock last, and from where, is kept in a table by the lock's
 * address instead of in the lock: one atomic word says both which lock it is
 * of and what. Where two locks meet in one place the older one is forgotten;
 * what then is not known is not counted, as with a lock's first holder.
 */
#include "cpus/lock_stat.h"
#include "cpus/procfs.h"

#include <stdio.h>
#include <string.h>

#define NR_POINTS	4	/* call sites a class; further ones are lost */
#define LAST_BITS	12
#define LAST_SHIFT	3	/* locks are apart by 8 bytes at least */

struct class_stats {
	struct lock_stat	of[LOCK_CLASS_MAX], reads[LOCK_CLASS_MAX];
};

/* CPU i's own; summed by lock_stat_read(). */
static DEFINE_PER_CPU_ALIGNED(struct class_stats, lock_stats);

/* Call sites in the order in which they came. Atomics. */
struct points {
	unsigned long	ip[NR_POINTS];
	u64		count[NR_POINTS];
};

static struct {
	struct points	contention;	/* of those who wait */
	struct points	contending;	/* of who had it then */
} class_points[LOCK_CLASS_MAX];

/* Upper half: the lock's address without what is the index. Atomics. */
static struct {
	u64	cpu;		/* + 1 */
	u64	site;		/* from lock_stat_acquired() on; wraps */
} last[1u << LAST_BITS];

void lock_stat_enable(void)
{
	lock_debug |= LOCK_DEBUG_STAT;
}

bool lock_stat_enabled(void)
{
	return lock_debug & LOCK_DEBUG_STAT;
}

void lock_stat_reset(void)
{
	unsigned cpu;

	machine_quiet_begin();
	for_each_possible_cpu(cpu)
		machine_memset(&per_cpu(lock_stats, cpu), 0,
			       sizeof(lock_stats));
	machine_memset(class_points, 0, sizeof(class_points));
	machine_quiet_end();
}

/* ---- who had it last ---------------------------------------------------- */
static unsigned last_index(const void *lock)
{
	return (uintptr_t)lock >> LAST_SHIFT & ((1u << LAST_BITS) - 1);
}

static u64 tagged(const void *lock, u32 value)
{
	return (u64)((uintptr_t)lock >> (LAST_SHIFT + LAST_BITS)) << 32 |
		value;
}

/* False if the word is another lock's. */
static bool untag(const void *lock, u64 word, u32 *value)
{
	*value = (u32)word;
	return word == tagged(lock, *value);
}

static struct lock_stat *stat_of(unsigned class)
{
	struct class_stats *mine = &this_cpu_var(lock_stats);

	return class & LOCK_READ ? &mine->reads[class & ~LOCK_READ] :
				   &mine->of[class];
}

/* True if another CPU had it last. */
static bool bounces(const void *lock)
{
	u32 cpu;

	return untag(lock, READ_ONCE(last[last_index(lock)].cpu), &cpu) &&
		cpu && cpu != smp_processor_id() + 1;
}

static void count_point(struct points *points, unsigned long ip)
{
	for (unsigned i = 0; i < NR_POINTS; i++) {
		unsigned long was = 0;

		if (READ_ONCE(points->ip[i]) != ip &&
		    !try_cmpxchg(&points->ip[i], &was, ip) && was != ip)
			continue;
		__atomic_fetch_add(&points->count[i], 1, __ATOMIC_RELAXED);
		return;
	}
}

#define ANCHOR	((unsigned long)(uintptr_t)lock_stat_acquired)

void lock_stat_contended(const void *lock, unsigned class, unsigned long ip)
{
	unsigned i = class & ~LOCK_READ;
	u32 site;

	machine_quiet_begin();
	stat_of(class)->con_bounces += bounces(lock);
	count_point(&class_points[i].contention, ip);
	if (untag(lock, READ_ONCE(last[last_index(lock)].site), &site) && site)
		count_point(&class_points[i].contending,
			    ANCHOR + (unsigned long)(long)(s32)site);
	machine_quiet_end();
}

void lock_stat_acquired(const void *lock, unsigned class, unsigned long ip)
{
	unsigned i = last_index(lock);

	machine_quiet_begin();
	stat_of(class)->acq_bounces += bounces(lock);
	WRITE_ONCE(last[i].cpu, tagged(lock, smp_processor_id() + 1));
	WRITE_ONCE(last[i].site, tagged(lock, (u32)(ip - ANCHOR)));
	machine_quiet_end();
}

/* ---- counting ----------------------------------------------------------- */
/* Minima are over what is not 0. */
static u64 min_known(u64 a, u64 b)
{
	return a && b ? min(a, b) : a + b;
}

/* A wait of 0 ns counts as contended. */
void lock_note_contended(unsigned class, u64 wait_ns)
{
	struct lock_stat *stat;

	machine_quiet_begin();
	stat = stat_of(class);
	stat->contended++;
	stat->wait_ns_total += wait_ns;
	stat->wait_ns_max = max(stat->wait_ns_max, wait_ns);
	stat->wait_ns_min = min_known(stat->wait_ns_min, wait_ns);
	machine_quiet_end();
}

void lock_stat_released(unsigned class, u64 held_ns)
{
	struct lock_stat *stat;

	if (!lock_stat_enabled())
		return;
	stat = stat_of(class);
	stat->acquired++;
	stat->hold_ns_total += held_ns;
	stat->hold_ns_max = max(stat->hold_ns_max, held_ns);
	stat->hold_ns_min = min_known(stat->hold_ns_min, held_ns);
}

static void add_stat(struct lock_stat *sum, const struct lock_stat *part)
{
	sum->acquired += part->acquired;
	sum->acq_bounces += part->acq_bounces;
	sum->contended += part->contended;
	sum->con_bounces += part->con_bounces;
	sum->wait_ns_total += part->wait_ns_total;
	sum->wait_ns_max = max(sum->wait_ns_max, part->wait_ns_max);
	sum->wait_ns_min = min_known(sum->wait_ns_min, part->wait_ns_min);
	sum->hold_ns_total += part->hold_ns_total;
	sum->hold_ns_max = max(sum->hold_ns_max, part->hold_ns_max);
	sum->hold_ns_min = min_known(sum->hold_ns_min, part->hold_ns_min);
}

/* Exclusive and shared holds apart. */
struct both {
	struct lock_stat	writes, reads;
};

static void read_both(unsigned class, struct both *out)
{
	unsigned cpu;

	*out = (struct both){ .writes = { 0 } };
	for_each_possible_cpu(cpu) {
		const struct class_stats *s = &per_cpu(lock_stats, cpu);

		add_stat(&out->writes, &s->of[class]);
		add_stat(&out->reads, &s->reads[class]);
	}
}

void lock_stat_read(unsigned class, struct lock_stat *out)
{
	struct both both;

	must(class < LOCK_CLASS_MAX);
	machine_quiet_begin();
	read_both(class, &both);
	add_stat(&both.writes, &both.reads);
	*out = both.writes;
	machine_quiet_end();
}

/* ---- /proc/lock_stat ---------------------------------------------------- */
#define NAME_COLUMNS	40
#define LINE_COLUMNS	(NAME_COLUMNS + 1 + 12 * (14 + 1))

static void show_rule(struct seq_file *m, char c, unsigned offset,
		      unsigned length)
{
	for (unsigned i = 0; i < offset; i++)
		seq_putc(m, ' ');
	for (unsigned i = 0; i < length; i++)
		seq_putc(m, c);
	seq_putc(m, '\n');
}

static void show_header(struct seq_file *m)
{
	static const char *const columns[] = {
		"con-bounces", "contentions", "waittime-min", "waittime-max",
		"waittime-total", "waittime-avg", "acq-bounces",
		"acquisitions", "holdtime-min", "holdtime-max",
		"holdtime-total", "holdtime-avg",
	};

	seq_puts(m, "lock_stat version 0.4\n");
	show_rule(m, '-', 0, LINE_COLUMNS);
	seq_printf(m, "%*s", NAME_COLUMNS, "class name");
	for (unsigned i = 0; i < ARRAY_SIZE(columns); i++)
		seq_printf(m, " %14s", columns[i]);
	seq_putc(m, '\n');
	show_rule(m, '-', 0, LINE_COLUMNS);
	seq_putc(m, '\n');
}

/* Microseconds with two digits behind the point. */
static void show_us(struct seq_file *m, u64 ns)
{
	char text[32];
	u64 rounded = ns + 5;

	snprintf(text, sizeof(text), "%lu.%02lu", rounded / 1000,
		 rounded % 1000 / 10);
	seq_printf(m, " %14s", text);
}

static void show_times(struct seq_file *m, u64 least, u64 most, u64 total,
		       u64 nr)
{
	show_us(m, least);
	show_us(m, most);
	show_us(m, total);
	show_us(m, nr ? total / nr : 0);
}

static void show_line(struct seq_file *m, const char *name, const char *kind,
		      const struct lock_stat *s)
{
	seq_printf(m, "%*.37s%s:", kind[0] ? NAME_COLUMNS - 2 : NAME_COLUMNS,
		   name, kind);
	seq_printf(m, "%14lu %14lu", s->con_bounces, s->contended);
	show_times(m, s->wait_ns_min, s->wait_ns_max, s->wait_ns_total,
		   s->contended);
	seq_printf(m, " %14lu %14lu", s->acq_bounces, s->acquired);
	show_times(m, s->hold_ns_min, s->hold_ns_max, s->hold_ns_total,
		   s->acquired);
	seq_putc(m, '\n');
}

/* The line above them is as long as the name. */
static void show_points(struct seq_file *m, const char *name, unsigned length,
			const struct points *points)
{
	char symbol[KSYM_SYMBOL_LEN], address[32];

	for (unsigned i = 0; i < NR_POINTS && points->ip[i]; i++) {
		if (!i)
			show_rule(m, '-', NAME_COLUMNS - length, length);
		snprintf(address, sizeof(address), "[<%016lx>]",
			 symbol_address(points->ip[i]));
		seq_printf(m, "%*.37s %14lu %29s %s\n", NAME_COLUMNS, name,
			   points->count[i], address,
			   symbol_print(symbol, points->ip[i]));
	}
}

static void show_class(struct seq_file *m, unsigned class,
		       const struct both *both)
{
	const char *name = lock_class(class)->name;
	unsigned length = min_t(unsigned, (unsigned)strlen(name), 37);
	bool reads = both->reads.acquired;

	if (both->writes.acquired)
		show_line(m, name, reads ? "-W" : "", &both->writes);
	if (reads)
		show_line(m, name, "-R", &both->reads);
	if (!both->writes.contended && !both->reads.contended)
		return;
	if (reads)
		length += 2;
	show_points(m, name, length, &class_points[class].contention);
	show_points(m, name, length, &class_points[class].contending);
	if (!class_points[class].contention.ip[0])
		return;
	seq_putc(m, '\n');
	show_rule(m, '.', 0, LINE_COLUMNS);
	seq_putc(m, '\n');
}

void lock_stat_show(struct seq_file *m)
{
	static struct both all[LOCK_CLASS_MAX];
	unsigned order[LOCK_CLASS_MAX], nr = 0;

	show_header(m);
	for (unsigned i = 0; i < LOCK_CLASS_MAX; i++) {
		unsigned at = nr;
		u64 contended;

		if (!lock_class(i))
			continue;
		read_both(i, &all[i]);
		contended = all[i].writes.contended +
			    all[i].reads.contended;
		for (; at && all[order[at - 1]].writes.contended +
		     all[order[at - 1]].reads.contended < contended; at--)
			order[at] = order[at - 1];
		order[at] = i;
		nr++;
	}
	for (unsigned i = 0; i < nr; i++)
		show_class(m, order[i], &all[order[i]]);
}
