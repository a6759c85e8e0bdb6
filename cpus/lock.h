/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spinlocks: one interface, a family of algorithms (cpus/lock_*.c), lock
 * classes, statistics, and the order check.
 *
 * Contentions and waiting time are always counted, on the slow path;
 * acquisitions and hold times only with lock_stat_enable(). With checks on,
 * each acquisition is held against the ranks of the classes: a lock whose rank
 * is not above that of every lock held in this context is reported at once.
 */
#ifndef CPUS_LOCK_H
#define CPUS_LOCK_H

#include "cpus/compiler.h"

typedef struct lock_type("spinlock") spinlock {
	u32	word;		/* the algorithm's */
	u16	class;		/* index of a lock class */
	u16	pad;
} spinlock_t;

static_assert(sizeof(spinlock_t) == 8, "the same on both machines");

/*
 * A class: all locks of one kind. Ranks grow inwards: a lock may be taken while
 * locks of smaller rank only are held. Names are lock_stat's.
 */
struct lock_class {
	const char	*name;
	u16		rank;
};

/* Classes of the machine itself; the kernel's own start at LOCK_CLASS_KERNEL
 * and are registered by lock_classes_register() (mm/lockclass.h). */
enum {
	LOCK_CLASS_NONE,	/* no class: neither ranked nor named */
	LOCK_CLASS_POOL,	/* worker_pool.lock */
	LOCK_CLASS_WAIT,	/* wait_lock of mutex, rwsem, completion */
	LOCK_CLASS_KERNEL = 8,
	LOCK_CLASS_MAX = 64,
};

/* classes[i] describes class LOCK_CLASS_KERNEL + i. Once, at boot. */
void lock_classes_register(const struct lock_class *classes, unsigned nr);
const struct lock_class *lock_class(unsigned class);	/* NULL if unused */

struct address_name;	/* cpus/address.h */

/*
 * One algorithm. trylock is the whole fast path; when it fails, *seen is the
 * word that it has found. wait is entered after that, need not look again, and
 * returns holding the lock, having called cpu_relax() in its loop.
 */
struct lock_ops {
	const char	*name;
	const char	*summary;
	bool		(*trylock)(spinlock_t *lock, u32 *seen);
	void		(*wait)(spinlock_t *lock, u32 seen);
	void		(*unlock)(spinlock_t *lock);
	bool		(*is_locked)(const spinlock_t *lock);
	/* Optional: the field of the policy's own per-CPU variable that lies at
	 * ptr, a per-CPU pointer. */
	void		(*name_percpu)(const void *ptr,
				       struct address_name *name);
};

extern const struct lock_ops lock_ticket, lock_qspinlock;
/* Chosen before the first lock is taken, never changed after. */
extern const struct lock_ops *lock_ops;

/* Taking and dropping: cpus/spinlock.h. */
void spin_lock_init(spinlock_t *lock, unsigned class);
bool spin_is_locked(const spinlock_t *lock);

/* True if the current task or interrupt holds it; without checks, always. */
bool lock_held(const void *lock);
/* The name of the class of a spinlock that the current context holds, the
 * innermost; NULL: none, or the order check is off. */
const char *lock_held_spinning(void);
/*
 * The order check on or off, at quiescence; on at boot where checks are
 * compiled in, and without effect elsewhere. The first report silences the
 * later ones, as debug_locks does; this arms it again.
 */
void lock_checks_enable(bool on);

/* ---- statistics, summed over CPUs by the reader at quiescence --------- */
struct lock_stat {
	u64	contended;
	u64	wait_ns_total, wait_ns_max, wait_ns_min;
	/* With lock_stat_enable(): */
	u64	acquired;
	u64	hold_ns_total, hold_ns_max, hold_ns_min;
	/* From another CPU's hands; for con_bounces it had to be waited for. */
	u64	acq_bounces, con_bounces;
};

/* At quiescence: no lock is held. */
void lock_stat_enable(void);
bool lock_stat_enabled(void);
void lock_stat_reset(void);
void lock_stat_read(unsigned class, struct lock_stat *out);

/*
 * For sleeping locks (mutex.c, rwsem.c): the same order check and statistics.
 * wanted checks the order before the lock is waited for (not for a trylock);
 * waiting says that it is not free, contended adds the wait of ns then;
 * acquired/released bracket a hold. class may be marked LOCK_READ for a shared
 * hold.
 */
#define LOCK_READ	0x8000u
void lock_note_wanted(const void *lock, unsigned class, unsigned long ip);
void lock_note_waiting(const void *lock, unsigned class, unsigned long ip);
void lock_note_acquired(const void *lock, unsigned class, unsigned long ip);
void lock_note_released(const void *lock, unsigned class);
void lock_note_contended(unsigned class, u64 wait_ns);

#endif
