/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lock order check: each lock that is waited for is held against the ranks
 * of the locks held in the same context (task, softirq, hardirq, NMI). A
 * rank must grow inwards, and nothing that sleeps is taken under a spinlock.
 * Trylocks are not checked, but count as held. Texts are lockdep's
 * (vmalloc-tlb-ipi spec 8); the first report silences the later ones.
 *
 * A task's stack of held locks is touched by its CPU alone, interrupts of the
 * task included: they push and pop in pairs.
 */
#include "cpus/lock_order.h"

unsigned lock_debug = (CHECKS_BUILT ? LOCK_DEBUG_ORDER : 0) | LOCK_DEBUG_CALL;

enum { CONTEXT_TASK, CONTEXT_SOFTIRQ, CONTEXT_HARDIRQ, CONTEXT_NMI };

/* Wait types without PROVE_RAW_LOCK_NESTING (spec 8.3). */
#define LD_WAIT_CONFIG	2
#define LD_WAIT_SLEEP	3
#define LD_WAIT_MAX	4

/* Usage bits of a class (spec 8.2), by state (hardirq 0, softirq 4). */
#define USED_IN		1u
#define USED_IN_READ	2u
#define ENABLED		4u
#define ENABLED_READ	8u

static u32 class_usage[LOCK_CLASS_MAX];	/* atomics: bits only come */
static u32 reported;			/* atomics: lockdep's !debug_locks */
static u32 overflowed;			/* atomics: some held lock is missing */

void lock_checks_enable(bool on)
{
	WRITE_ONCE(reported, 0);
	if (on && CHECKS_ON)
		lock_debug |= LOCK_DEBUG_ORDER;
	else
		lock_debug &= ~LOCK_DEBUG_ORDER;
}

static unsigned current_context(void)
{
	if (in_nmi())
		return CONTEXT_NMI;
	if (in_hardirq())
		return CONTEXT_HARDIRQ;
	return preempt_count() & SOFTIRQ_OFFSET ? CONTEXT_SOFTIRQ :
						  CONTEXT_TASK;
}

/* ---- what is printed ---------------------------------------------------- */
static const char rule_equal[] =
	"======================================================";
static const char rule_dash[] =
	"------------------------------------------------------";

/* Between a line of = and one of -, as long as the headline. */
static void print_headline(const char *headline, int length)
{
	printk("%.*s", length, rule_equal);
	kernel_bug("%s", headline);
	printk("%.*s", length, rule_dash);
}

#define PRINT_HEADLINE(s)	print_headline(s, (int)sizeof(s) - 1)

static const char *class_name(unsigned class)
{
	const struct lock_class *known = lock_class(class);

	return known ? known->name : "lock";
}

static char usage_char(u32 usage, unsigned used_in)
{
	if (usage & used_in << 2)
		return usage & used_in ? '?' : '+';
	return usage & used_in ? '-' : '.';
}

static void print_lock(const char *before, const struct lock_held *held)
{
	u32 usage = READ_ONCE(class_usage[held->class]);
	int wait_type = held->sleeps ? LD_WAIT_SLEEP : LD_WAIT_CONFIG;
	char at[KSYM_SYMBOL_LEN];

	printk("%s%lx (%s){%c%c%c%c}-{%d:%d}, at: %s", before,
	       machine_print_any(held->lock), class_name(held->class),
	       usage_char(usage, USED_IN), usage_char(usage, USED_IN_READ),
	       usage_char(usage, USED_IN << 4),
	       usage_char(usage, USED_IN_READ << 4), wait_type, wait_type,
	       symbol_print(at, held->ip));
}

static void print_held_locks(const struct task_struct *task)
{
	/* " #%d: " for up to MAX_LOCK_DEPTH locks. */
	char before[] = " #00: ";

	if (!task->nr_held) {
		printk("no locks held by %s/%d.", task->comm, task->pid);
		return;
	}
	printk("%u lock%s held by %s/%d:", task->nr_held,
	       task->nr_held > 1 ? "s" : "", task->comm, task->pid);
	for (unsigned i = 0; i < task->nr_held; i++) {
		if (i < 10) {
			machine_memcpy(before, " #0: ", 6);
			before[2] = (char)('0' + i);
		} else {
			machine_memcpy(before, " #00: ", 7);
			before[2] = (char)('0' + i / 10);
			before[3] = (char)('0' + i % 10);
		}
		print_lock(before, &task->held[i]);
	}
}

/* What ends every report. */
static void print_tail(const struct task_struct *task)
{
	print_held_locks(task);
	printk(" ");
	printk("stack backtrace:");
	dump_stack();
}

static void print_wanted(const struct task_struct *task, const char *what,
			 const struct lock_held *wanted)
{
	printk("%s/%d is trying to %s:", task->comm, task->pid, what);
	print_lock("", wanted);
}

static void print_holding(const struct lock_held *held)
{
	printk(" ");
	printk("but task is already holding lock:");
	print_lock("", held);
}

static void report_recursive(const struct task_struct *task,
			     const struct lock_held *wanted,
			     const struct lock_held *held)
{
	const char *name = class_name(wanted->class);

	PRINT_HEADLINE("WARNING: possible recursive locking detected");
	print_wanted(task, "acquire lock", wanted);
	print_holding(held);
	printk(" ");
	printk("other info that might help us debug this:");
	printk(" Possible unsafe locking scenario:");
	printk(" ");
	printk("       CPU0");
	printk("       ----");
	printk("  lock(%s);", name);
	printk("  lock(%s);", name);
	printk(" ");
	printk(" *** DEADLOCK ***");
	printk(" ");
	printk(" May be due to missing lock nesting notation");
	print_tail(task);
}

static void report_circular(const struct task_struct *task,
			    const struct lock_held *wanted,
			    const struct lock_held *held)
{
	const char *inner = class_name(held->class);
	const char *outer = class_name(wanted->class);

	PRINT_HEADLINE("WARNING: possible circular locking dependency "
		       "detected");
	print_wanted(task, "acquire lock", wanted);
	print_holding(held);
	printk(" ");
	printk("which lock already depends on the new lock.");
	printk("(ranks: %s %u, %s %u)", outer, lock_class(wanted->class)->rank,
	       inner, lock_class(held->class)->rank);
	printk(" ");
	printk("other info that might help us debug this:");
	printk(" Possible unsafe locking scenario:");
	printk(" ");
	printk("       CPU0                    CPU1");
	printk("       ----                    ----");
	printk("  lock(%s);", inner);
	printk("                               lock(%s);", outer);
	printk("                               lock(%s);", inner);
	printk("  lock(%s);", outer);
	printk(" ");
	printk(" *** DEADLOCK ***");
	print_tail(task);
}

static void report_wait_context(const struct task_struct *task,
				const struct lock_held *wanted)
{
	int context = wanted->context == CONTEXT_TASK ? LD_WAIT_MAX :
							LD_WAIT_CONFIG;

	PRINT_HEADLINE("[ BUG: Invalid wait context ]");
	print_wanted(task, "lock", wanted);
	printk("other info that might help us debug this:");
	printk("context-{%d:%d}", context, context);
	print_tail(task);
}

static void report_recursion(const struct task_struct *task,
			     const struct lock_held *wanted)
{
	kernel_bug("BUG: spinlock recursion on CPU#%u, %s/%d",
		   smp_processor_id(), task->comm, task->pid);
	printk(" lock: %lx (%s), .owner: %s/%d, .owner_cpu: %u",
	       machine_print_any(wanted->lock), class_name(wanted->class),
	       task->comm, task->pid, smp_processor_id());
	print_tail(task);
}

static void report_unbalance(const struct task_struct *task,
			     const struct lock_held *dropped)
{
	char at[KSYM_SYMBOL_LEN];

	PRINT_HEADLINE("WARNING: bad unlock balance detected!");
	printk("%s/%d is trying to release lock (%s) at:", task->comm,
	       task->pid, class_name(dropped->class));
	printk("[<%lx>] %s", machine_print_any(dropped->lock),
	       symbol_print(at, dropped->ip));
	printk("but there are no more locks to release!");
	print_tail(task);
}

/* True for the first report only. */
static bool report_once(void)
{
	return READ_ONCE(reported) == 0 && xchg(&reported, 1) == 0;
}

/* ---- the check ---------------------------------------------------------- */
/* Held by the current task, in any of its contexts; the innermost. */
static struct lock_held *find_lock(struct task_struct *task, const void *lock)
{
	for (unsigned i = task->nr_held; i-- > 0;)
		if (task->held[i].lock == lock)
			return &task->held[i];
	return NULL;
}

static bool wait_context_is_valid(const struct task_struct *task,
				  const struct lock_held *wanted)
{
	if (!wanted->sleeps)
		return true;
	if (wanted->context != CONTEXT_TASK)
		return false;
	for (unsigned i = 0; i < task->nr_held; i++)
		if (task->held[i].context == wanted->context &&
		    !task->held[i].sleeps)
			return false;
	return true;
}

/* The innermost lock of this context that wanted may not be taken under. */
static const struct lock_held *find_outranked(const struct task_struct *task,
					      const struct lock_held *wanted)
{
	const struct lock_class *class = lock_class(wanted->class);

	for (unsigned i = task->nr_held; i-- > 0;) {
		const struct lock_held *held = &task->held[i];
		const struct lock_class *other = lock_class(held->class);

		if (held->context != wanted->context)
			continue;
		if (held->lock == wanted->lock)
			return held;
		if (class && other && other->rank >= class->rank)
			return held;
	}
	return NULL;
}

/* In lockdep's order (spec 8.3): wait context, same class, cycle. */
static void check_wanted(const struct task_struct *task,
			 const struct lock_held *wanted,
			 const struct lock_held *same)
{
	const struct lock_held *held = find_outranked(task, wanted);

	if (!wait_context_is_valid(task, wanted)) {
		if (report_once())
			report_wait_context(task, wanted);
	} else if (same && (!held || wanted->class == LOCK_CLASS_NONE)) {
		if (report_once())
			report_recursion(task, wanted);
	} else if (held && held->class == wanted->class) {
		if (report_once())
			report_recursive(task, wanted, held);
	} else if (held && report_once()) {
		report_circular(task, wanted, held);
	}
}

static void mark_usage(unsigned class, bool read, unsigned context)
{
	u32 bits = 0;

	if (context == CONTEXT_HARDIRQ)
		bits |= USED_IN;
	if (context == CONTEXT_SOFTIRQ)
		bits |= USED_IN << 4;
	if (!irqs_disabled()) {
		bits |= ENABLED;
		if (!in_softirq())
			bits |= ENABLED << 4;
	}
	if (read)
		bits <<= 1;
	if ((READ_ONCE(class_usage[class]) & bits) != bits)
		__atomic_fetch_or(&class_usage[class], bits, __ATOMIC_RELAXED);
}

bool lock_order_wanted(const void *lock, unsigned class, bool sleeps,
		       unsigned long ip)
{
	struct task_struct *task;
	struct lock_held wanted = {
		.lock		= lock,
		.class		= (u16)(class & ~LOCK_READ),
		.sleeps		= sleeps,
		.ip		= ip,
	};
	const struct lock_held *same = NULL;

	if (!(lock_debug & LOCK_DEBUG_ORDER))
		return false;
	machine_quiet_begin();
	task = current;
	wanted.context = (u16)current_context();
	mark_usage(wanted.class, class & LOCK_READ, wanted.context);
	if (task && task->nr_held) {
		same = find_lock(task, lock);
		check_wanted(task, &wanted, same);
	}
	machine_quiet_end();
	return same && !sleeps;
}

void lock_order_push(const void *lock, unsigned class, bool sleeps,
		     unsigned long ip)
{
	struct task_struct *task;

	machine_quiet_begin();
	task = current;
	if (!task)
		goto out;
	if (task->nr_held >= MAX_LOCK_DEPTH) {
		WRITE_ONCE(overflowed, 1);
		if (report_once()) {
			kernel_bug("BUG: MAX_LOCK_DEPTH too low!");
			printk("turning off the locking correctness "
			       "validator.");
		}
		goto out;
	}
	task->held[task->nr_held++] = (struct lock_held){
		.lock		= lock,
		.since_ns	= lock_debug & LOCK_DEBUG_STAT ?
				  sched_clock() : 0,
		.class		= (u16)(class & ~LOCK_READ),
		.context	= (u16)current_context(),
		.sleeps		= sleeps,
		.ip		= ip,
	};
out:
	machine_quiet_end();
}

static void remove_held(struct task_struct *task, unsigned i)
{
	for (task->nr_held--; i < task->nr_held; i++)
		task->held[i] = task->held[i + 1];
}

static enum lock_popped pop_unheld(struct task_struct *task, const void *lock,
				   unsigned class, unsigned long ip)
{
	struct lock_held dropped = {
		.lock	= lock,
		.class	= (u16)(class & ~LOCK_READ),
		.ip	= ip,
	};

	/* Without the order check: taken before statistics were on. */
	if (!(lock_debug & LOCK_DEBUG_ORDER) || READ_ONCE(overflowed))
		return LOCK_POPPED;
	if (report_once())
		report_unbalance(task, &dropped);
	return LOCK_NOT_HELD;
}

enum lock_popped lock_order_pop(const void *lock, unsigned class, u64 *held_ns,
				unsigned long ip)
{
	enum lock_popped popped = LOCK_POPPED;
	struct task_struct *task;
	unsigned context;
	unsigned i;

	machine_quiet_begin();
	*held_ns = 0;
	task = current;
	if (!task)
		goto out;
	context = current_context();
	for (i = task->nr_held; i-- > 0;)
		if (task->held[i].lock == lock &&
		    task->held[i].context == context)
			break;
	if (i == UINT_MAX) {
		popped = pop_unheld(task, lock, class, ip);
		goto out;
	}
	if (lock_debug & LOCK_DEBUG_STAT)
		*held_ns = sched_clock() - task->held[i].since_ns;
	remove_held(task, i);
	if (find_lock(task, lock))
		popped = LOCK_POPPED_STILL_HELD;
out:
	machine_quiet_end();
	return popped;
}

const char *lock_held_spinning(void)
{
	const char *name = NULL;

	machine_quiet_begin();
	if ((lock_debug & LOCK_DEBUG_ORDER) && current)
		for (unsigned i = current->nr_held; i-- > 0 && !name;) {
			const struct lock_held *held = &current->held[i];

			if (held->context == current_context() && !held->sleeps)
				name = class_name(held->class);
		}
	machine_quiet_end();
	return name;
}

bool lock_held(const void *lock)
{
	bool held = true;

	machine_quiet_begin();
	if (lock_debug & LOCK_DEBUG_ORDER)
		held = current && find_lock(current, lock);
	machine_quiet_end();
	return held;
}
