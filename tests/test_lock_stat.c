/* SPDX-License-Identifier: GPL-2.0-or-later */
/* /proc/lock_stat: who waited for whom. */
#include "mm/lockclass.h"
#include "tests/kernel.h"
#include "tests/view.h"

/* ---- locks -------------------------------------------------------------- */
static u32 locked;

static noinline void hold_for_long(spinlock_t *lock)
{
	spin_lock(lock);
	smp_store_release(&locked, 1);
	/* It is written quietly: nobody is woken. */
	while (!READ_ONCE(cpus[0]->own.nr_spinning))
		ndelay(100);
	ndelay(20000);
	spin_unlock(lock);
}

static noinline void wait_for_it(spinlock_t *lock)
{
	spin_lock(lock);
	spin_unlock(lock);
}

static void contend(void *arg, unsigned cpu)
{
	spinlock_t *lock = arg;

	if (cpu == 1) {
		hold_for_long(lock);
	} else {
		while (!smp_load_acquire(&locked))
			cpu_relax();
		wait_for_it(lock);
	}
}

/* The numbers of a line of lock_stat, after its name. */
struct lock_line {
	u64	con_bounces, contentions, acq_bounces, acquisitions;
	double	wait[4], hold[4];
};

static struct lock_line read_lock_line(const char *text, const char *name)
{
	struct lock_line l;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "%40s:", name);
	text = line_of(text, prefix);
	must(text && sscanf(text, "%lu %lu %lf %lf %lf %lf %lu %lu %lf %lf "
			    "%lf %lf\n", &l.con_bounces, &l.contentions,
			    &l.wait[0], &l.wait[1], &l.wait[2], &l.wait[3],
			    &l.acq_bounces, &l.acquisitions, &l.hold[0],
			    &l.hold[1], &l.hold[2], &l.hold[3]) == 12);
	return l;
}

static void count_contention(void *arg)
{
	spinlock_t lock;
	struct lock_line l;
	struct seq_file m;

	locked = 0;
	spin_lock_init(&lock, LOCK_WORKLOAD);
	lock_stat_enable();
	lock_stat_reset();
	on_all_cpus(contend, &lock);
	m = view(lock_stat_show);
	l = read_lock_line(seq_text(&m), "workload");
	must(l.con_bounces == 1 && l.contentions == 1);
	must(l.acq_bounces == 1 && l.acquisitions == 2);
	/* Of one wait all four are the same. */
	must(l.wait[0] >= 19 && l.wait[0] == l.wait[1] &&
	     l.wait[1] == l.wait[2] && l.wait[2] == l.wait[3]);
	must(l.hold[1] >= 20 && l.hold[2] >= l.hold[1]);
	/* The other hold is of no time, on a host that has any left. */
	must(!machine_is_virtual() || (l.hold[0] < 1 && l.hold[3] < 11));
	must(strstr(seq_text(&m), "workload              1 "));
	must(strstr(seq_text(&m), "] wait_for_it+0x"));
	must(strstr(seq_text(&m), "] hold_for_long+0x") >
	     strstr(seq_text(&m), "] wait_for_it+0x"));
	seq_release(&m);
	/* As many lines as classes that were taken. */
	lock_stat_reset();
	m = view(lock_stat_show);
	must(!strstr(seq_text(&m), "workload"));
	seq_release(&m);
}

static void lock_stat_tells_who_waited_for_whom(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1, .seeds = 10 },
		count_contention, NULL);
}

static void count_shared(void *arg)
{
	struct rw_semaphore sem;
	struct seq_file m;

	init_rwsem(&sem, LOCK_WORKLOAD);
	lock_stat_enable();
	lock_stat_reset();
	for (unsigned i = 0; i < 3; i++) {
		down_read(&sem);
		up_read(&sem);
	}
	m = view(lock_stat_show);
	must(!line_of(seq_text(&m),
		      "                                workload:"));
	must(read_lock_line(seq_text(&m), "workload-R").acquisitions == 3);
	seq_release(&m);
	down_write(&sem);
	up_write(&sem);
	m = view(lock_stat_show);
	must(read_lock_line(seq_text(&m), "workload-R").acquisitions == 3);
	must(read_lock_line(seq_text(&m), "workload-W").acquisitions == 1);
	seq_release(&m);
}

static void lock_stat_tells_readers_from_writers(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, count_shared, NULL);
}

TEST_MAIN(cmocka_unit_test(lock_stat_tells_who_waited_for_whom),
	  cmocka_unit_test(lock_stat_tells_readers_from_writers))
