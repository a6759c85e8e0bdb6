/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work items and the workers that run them (kernel/workqueue.c, 6.12: the
 * bound pool of system_wq).
 *
 * Each CPU has a pool: a queue of items, and workers of which one runs at a
 * time. A worker that sleeps on a lock says so (wq_worker_sleeping), and sees
 * to it that another is there to go on: an item may wait for an item behind
 * it. Without this a purge that waits for its helpers, one of them queued
 * behind a purge that waits for the lock, would never end. Idle workers stay.
 *
 * pending is claimed by who queues, marked when the item is in a worklist, and
 * cleared by the worker before it runs func; who finds it claimed queues
 * nothing, and by the order of the exchanges what it did before is seen by
 * func. An item
 * that still runs on another CPU is queued there: it never runs twice at once.
 * func may free its item, so nothing looks at it after func has begun.
 */
#include "cpus/machine.h"

#define NOT_QUEUED_YET	UINT_MAX

/* Bits of work_struct.pending. */
#define WORK_CLAIMED	1u
#define WORK_LISTED	2u	/* in the worklist of work->cpu's pool */

/* Waits for an item: queued with it, then with the worker that runs it. */
struct wq_flush {
	struct list_head	entry;		/* under the pool's lock */
	struct work_struct	*work;
	struct completion	done;
};

struct worker_pool {
	spinlock_t		lock;		/* LOCK_CLASS_POOL */
	/* Under lock: */
	struct list_head	worklist;
	struct list_head	flushes;	/* of items in worklist */
	struct list_head	busy;		/* workers that run an item */
	struct list_head	idle;
	unsigned		nr_running;	/* neither idle nor asleep */
	unsigned		nr_workers;
	unsigned		color;		/* of what is queued now */
	unsigned		nr_in_flight[2]; /* items by color */
	struct completion	*color_done;	/* in_flight[!color] is 0 */
};

struct worker {
	struct worker_pool	*pool;
	struct task_struct	*task;
	unsigned		cpu;
	/* Under the pool's lock: */
	struct list_head	entry;		/* in busy or idle */
	struct work_struct	*current_work;
	struct list_head	flushes;	/* that wait for this run */
	struct list_head	scheduled;	/* left to it by another */
};

static DEFINE_PER_CPU_ALIGNED(struct worker_pool, worker_pools);
static struct mutex flush_mutex;		/* of flush_all_workqueues() */

void INIT_WORK(struct work_struct *work, work_func_t func)
{
	work->pending = 0;
	work->cpu = NOT_QUEUED_YET;
	work->color = 0;
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
}

bool work_pending(const struct work_struct *work)
{
	return READ_ONCE(work->pending);
}

/* ---- workers ------------------------------------------------------------ */
static void wake_idle_locked(struct worker_pool *pool) must_hold(pool->lock);

static void wake_idle_locked(struct worker_pool *pool)
{
	check(lock_held(&pool->lock));
	if (!list_empty(&pool->idle))
		wake_up_process(list_first_entry(&pool->idle, struct worker,
						 entry)->task);
}

/* The worker that runs the item, or NULL. */
static struct worker *find_busy_locked(struct worker_pool *pool,
				       const struct work_struct *work)
	must_hold(pool->lock);

static struct worker *find_busy_locked(struct worker_pool *pool,
				       const struct work_struct *work)
{
	struct worker *worker;

	check(lock_held(&pool->lock));
	list_for_each_entry(worker, &pool->busy, entry)
		if (worker->current_work == work)
			return worker;
	return NULL;
}

static void finish_flushes(struct list_head *flushes)
{
	while (!list_empty(flushes)) {
		struct wq_flush *flush =
			list_first_entry(flushes, struct wq_flush, entry);

		list_del(&flush->entry);
		complete(&flush->done);		/* it may be gone now */
	}
}

/* Those who wait for this item wait for this worker now. */
static void adopt_flushes(struct worker *worker, struct work_struct *work)
{
	struct wq_flush *flush, *next;

	list_for_each_entry_safe(flush, next, &worker->pool->flushes, entry)
		if (flush->work == work)
			list_move_tail(&flush->entry, &worker->flushes);
}

/* Called, and returns, with the pool's lock held and interrupts off. */
static unanalysed void run_work(struct worker *worker,
				struct work_struct *work)
{
	struct worker_pool *pool = worker->pool;
	work_func_t func = work->func;
	unsigned color = work->color;

	list_del_init(&work->entry);
	worker->current_work = work;
	list_add_tail(&worker->entry, &pool->busy);
	adopt_flushes(worker, work);
	xchg(&work->pending, 0);
	spin_unlock_irq(&pool->lock);

	func(work);
	must(!preempt_count());
	cond_resched();

	spin_lock_irq(&pool->lock);
	list_del(&worker->entry);
	worker->current_work = NULL;
	finish_flushes(&worker->flushes);
	if (--pool->nr_in_flight[color] == 0 && color != pool->color &&
	    pool->color_done) {
		complete(pool->color_done);
		pool->color_done = NULL;
	}
}

static struct work_struct *first_work(struct list_head *list)
{
	return list_first_entry(list, struct work_struct, entry);
}

/*
 * The first item of the pool; if a worker that sleeps is in the middle of it,
 * it is left to that worker, which runs it again when it is done.
 */
static unanalysed void run_first(struct worker *worker)
{
	struct work_struct *work = first_work(&worker->pool->worklist);
	struct worker *other = find_busy_locked(worker->pool, work);

	if (other) {
		list_move_tail(&work->entry, &other->scheduled);
		return;
	}
	run_work(worker, work);
	while (!list_empty(&worker->scheduled))
		run_work(worker, first_work(&worker->scheduled));
}

static unanalysed void worker_thread(void *arg)
{
	/* On its own stack: a worker lives as long as the machine. */
	struct worker worker = {
		.pool	= arg,
		.task	= current,
		.cpu	= smp_processor_id(),
	};
	struct worker_pool *pool = worker.pool;

	INIT_LIST_HEAD(&worker.flushes);
	INIT_LIST_HEAD(&worker.scheduled);
	__atomic_fetch_or(&current->flags, PF_WQ_WORKER, __ATOMIC_RELAXED);
	spin_lock_irq(&pool->lock);
	for (;;) {
		pool->nr_running++;
		/* One at a time: who woke up from a lock goes first. */
		while (!list_empty(&pool->worklist) && pool->nr_running == 1)
			run_first(&worker);
		pool->nr_running--;
		list_add(&worker.entry, &pool->idle);
		set_current_state(TASK_UNINTERRUPTIBLE);
		spin_unlock_irq(&pool->lock);
		schedule();
		spin_lock_irq(&pool->lock);
		set_current_state(TASK_RUNNING);
		list_del(&worker.entry);
	}
}

static void create_worker(unsigned cpu)
{
	struct worker_pool *pool = per_cpu_ptr(&worker_pools, cpu);
	char name[TASK_COMM_LEN] = "kworker/";
	unsigned at = 8;
	unsigned digits = 1;

	/* kworker/CPU:N, as in the kernel. */
	for (unsigned n = cpu; n >= 10; n /= 10)
		digits++;
	for (unsigned i = 0, n = cpu; i < digits; i++, n /= 10)
		name[at + digits - 1 - i] = (char)('0' + n % 10);
	at += digits;
	name[at++] = ':';
	name[at++] = (char)('0' + pool->nr_workers % 10);
	name[at] = '\0';
	pool->nr_workers++;
	task_create(cpu, name, worker_thread, pool);
}

/*
 * The pool of the current worker, about to sleep, needs somebody who is ready
 * to go on. Making one needs task context, which queueing work lacks, so it
 * is made now.
 */
unanalysed void wq_worker_sleeping(void)
{
	struct worker_pool *pool = this_cpu_ptr(&worker_pools);
	bool flags, create;

	spin_lock_irqsave(&pool->lock, flags);
	pool->nr_running--;
	create = list_empty(&pool->idle) && pool->nr_running == 0;
	if (!list_empty(&pool->worklist) && pool->nr_running == 0)
		wake_idle_locked(pool);
	spin_unlock_irqrestore(&pool->lock, flags);
	if (create)
		create_worker(smp_processor_id());
}

unanalysed void wq_worker_running(void)
{
	struct worker_pool *pool = this_cpu_ptr(&worker_pools);
	bool flags;

	spin_lock_irqsave(&pool->lock, flags);
	pool->nr_running++;
	spin_unlock_irqrestore(&pool->lock, flags);
}

/* ---- queueing ----------------------------------------------------------- */
static unanalysed void insert_work(struct worker_pool *pool,
				   struct work_struct *work, unsigned cpu)
{
	check(lock_held(&pool->lock));
	WRITE_ONCE(work->cpu, cpu);
	work->color = pool->color;
	pool->nr_in_flight[pool->color]++;
	list_add_tail(&work->entry, &pool->worklist);
	/* Release: who sees it listed sees where. */
	__atomic_fetch_or(&work->pending, WORK_LISTED, __ATOMIC_RELEASE);
	if (pool->nr_running == 0)
		wake_idle_locked(pool);
}

/* If the item still runs on the CPU where it was queued last, there. */
static unanalysed bool queue_where_it_runs(struct work_struct *work)
{
	unsigned last = READ_ONCE(work->cpu);
	struct worker_pool *pool;
	bool runs;

	if (last == NOT_QUEUED_YET)
		return false;
	pool = per_cpu_ptr(&worker_pools, last);
	spin_lock(&pool->lock);
	runs = find_busy_locked(pool, work);
	if (runs)
		insert_work(pool, work, last);
	spin_unlock(&pool->lock);
	return runs;
}

unanalysed bool queue_work_on(unsigned cpu, struct work_struct *work)
{
	struct worker_pool *pool = per_cpu_ptr(&worker_pools, cpu);
	bool flags;

	must(cpu < nr_cpu_ids);
	if (__atomic_fetch_or(&work->pending, WORK_CLAIMED, __ATOMIC_SEQ_CST))
		return false;
	local_irq_save(flags);
	if (READ_ONCE(work->cpu) == cpu || !queue_where_it_runs(work)) {
		spin_lock(&pool->lock);
		insert_work(pool, work, cpu);
		spin_unlock(&pool->lock);
	}
	local_irq_restore(flags);
	return true;
}

bool schedule_work(struct work_struct *work)
{
	return queue_work_on(smp_processor_id(), work);
}

/* ---- flushing ----------------------------------------------------------- */
enum flush_start { FLUSH_NOTHING, FLUSH_AGAIN, FLUSH_WAIT };

/* The last of its instances: the queued one, else the running one. */
static enum flush_start start_flush_locked(struct worker_pool *pool,
					   struct wq_flush *flush, unsigned cpu)
	must_hold(pool->lock);

static enum flush_start start_flush_locked(struct worker_pool *pool,
					   struct wq_flush *flush, unsigned cpu)
{
	struct work_struct *work = flush->work;
	/* Acquire: see insert_work(). */
	u32 pending = smp_load_acquire(&work->pending);
	struct worker *worker;

	check(lock_held(&pool->lock));
	if (READ_ONCE(work->cpu) != cpu || pending == WORK_CLAIMED)
		return FLUSH_AGAIN;
	if (pending) {
		list_add_tail(&flush->entry, &pool->flushes);
		return FLUSH_WAIT;
	}
	worker = find_busy_locked(pool, work);
	if (!worker)
		return FLUSH_NOTHING;
	list_add_tail(&flush->entry, &worker->flushes);
	return FLUSH_WAIT;
}

unanalysed void flush_work(struct work_struct *work)
{
	struct wq_flush flush = { .work = work };
	enum flush_start start;

	might_sleep();
	init_completion(&flush.done);
	do {
		unsigned cpu = READ_ONCE(work->cpu);
		struct worker_pool *pool;

		if (cpu == NOT_QUEUED_YET) {
			if (!work_pending(work))
				return;
			cpu_relax();
			start = FLUSH_AGAIN;
			continue;
		}
		pool = per_cpu_ptr(&worker_pools, cpu);
		spin_lock_irq(&pool->lock);
		start = start_flush_locked(pool, &flush, cpu);
		spin_unlock_irq(&pool->lock);
		if (start == FLUSH_AGAIN)
			cpu_relax();
	} while (start == FLUSH_AGAIN);
	if (start == FLUSH_WAIT)
		wait_for_completion(&flush.done);
}

/* Items queued from now on have the other color. True: some of the old. */
static unanalysed bool turn_color(struct worker_pool *pool,
				  struct completion *done)
{
	unsigned old;

	spin_lock_irq(&pool->lock);
	old = pool->color;
	must(pool->nr_in_flight[!old] == 0);
	pool->color = !old;
	if (pool->nr_in_flight[old])
		pool->color_done = done;
	old = pool->nr_in_flight[old];
	spin_unlock_irq(&pool->lock);
	return old;
}

unanalysed void flush_all_workqueues(void)
{
	unsigned cpu;

	/* One at a time, so that two colors are enough. */
	mutex_lock(&flush_mutex);
	for_each_online_cpu(cpu) {
		struct completion done;

		init_completion(&done);
		if (turn_color(per_cpu_ptr(&worker_pools, cpu), &done))
			wait_for_completion(&done);
	}
	mutex_unlock(&flush_mutex);
}

void workqueue_init(void)
{
	unsigned cpu;

	mutex_init(&flush_mutex, LOCK_CLASS_NONE);
	for_each_possible_cpu(cpu) {
		struct worker_pool *pool = per_cpu_ptr(&worker_pools, cpu);

		spin_lock_init(&pool->lock, LOCK_CLASS_POOL);
		INIT_LIST_HEAD(&pool->worklist);
		INIT_LIST_HEAD(&pool->flushes);
		INIT_LIST_HEAD(&pool->busy);
		INIT_LIST_HEAD(&pool->idle);
		create_worker(cpu);
	}
}
