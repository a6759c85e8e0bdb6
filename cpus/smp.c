/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cross-CPU function calls (vmalloc-tlb-ipi spec 5; kernel/smp.c, 6.12).
 *
 * A call is a csd: pushed on the target's call_single_queue by the initiator,
 * taken by the target's interrupt handler. Its LOCK bit says whose it is:
 *
 *	initiator	waits until LOCK is clear (an earlier call, no wait),
 *			sets it, fills the csd, pushes it, interrupts the target
 *			if the queue was empty (else an interrupt is on its way)
 *	target		takes the whole queue, oldest first; synchronous calls:
 *			runs func, then clears LOCK: that is the ack; after all
 *			of them the asynchronous: clears LOCK, then runs func
 *	initiator	if it waits: until LOCK is clear, target by target
 *
 * (A) LOCK cleared by store-release; (A') read by load-acquire: what func did
 * is seen by who waited, and the csd may be filled again. (B) the push is a
 * full barrier; (B') so is the taking: what the initiator did before the call
 * is seen by func.
 *
 * Waiting with interrupts on is what makes crossing calls end: each waiter
 * serves the other in cpu_relax(). With interrupts off neither would.
 */
#define CREATE_TRACE_POINTS
#include "cpus/histogram.h"
#include "cpus/smp_csd.h"
#include "cpus/trace_smp.h"

DEFINE_FAULT(csd_reused, "I-02", "a csd is filled again while still queued");
DEFINE_FAULT(csd_early_ack, "I-03", "the ack is sent before the function ran");
DEFINE_FAULT(ipi_dropped, "INV-I4", "every eighth interrupt is not sent");
DEFINE_FAULT(calls_last_first, "INV-I5", "the newest call is served first");
DEFINE_FAULT(handler_irqs_on, "INV-I5",
	     "interrupts are on while calls are served");
DEFINE_FAULT(self_skipped, "INV-I7", "on_each_cpu() leaves its own CPU out");
DEFINE_FAULT(last_ack_ignored, "INV-I8", "the last target is not waited for");
DEFINE_FAULT(csd_wait_irqs_off, "INV-I6",
	     "interrupts are off while targets are waited for");
DEFINE_FAULT(target_skipped, "INV-I1", "the last target of a set is left out");

/* What one CPU needs to call many: written by that CPU alone. */
struct call_function_data {
	struct cpumask	cpumask;	/* targets of the call */
	struct cpumask	cpumask_ipi;	/* those to be interrupted */
};

static DEFINE_PER_CPU_ALIGNED(struct call_function_data, cfd_data);
/* For smp_call_function_single() without wait. */
static DEFINE_PER_CPU_ALIGNED(call_single_data_t, csd_data);
/* Pushed by anybody, taken by its CPU. */
static DEFINE_PER_CPU_ALIGNED(struct llist_head, call_single_queue);

DEFINE_PER_CPU_ALIGNED(struct smp_counters, smp_counters);

/* Fixed at boot. */
static struct cpumask online;
struct cpumask *cpu_online_mask = &online;

/*
 * The csds of one initiator, one for each target, lie in the targets' per-CPU
 * areas, as alloc_percpu() puts them: csd_rows[initiator], per-CPU pointer.
 * The rows are the first part of each unit's free room. It is zeroed memory
 * that nobody touches before the first call, so that N x N csds cost the host
 * only what is used.
 */
static call_single_data_t *csd_rows;

static call_single_data_t *csd_of(unsigned initiator, unsigned target)
{
	return per_cpu_ptr(&csd_rows[initiator], target);
}

/* ---- the csd lock ------------------------------------------------------- */
static bool csd_locked(const call_single_data_t *csd)
{
	return smp_load_acquire(&csd->flags) & CSD_FLAG_LOCK;	/* (A') */
}

static void csd_lock_wait(call_single_data_t *csd)
{
	if (csd_locked(csd))
		csd_lock_wait_slow(csd);
}

static void csd_lock(call_single_data_t *csd)
{
	if (!FAULT(csd_reused))
		csd_lock_wait(csd);
	/* INV-I3: the initiator sets LOCK, and never when it is set. */
	check(!csd_locked(csd));
	WRITE_ONCE(csd->flags, CSD_FLAG_LOCK);
	/* The lock before what it covers. */
	smp_wmb();
}

static void csd_unlock(call_single_data_t *csd)
{
	unsigned src = csd->src;

	check(csd_locked(csd));
	smp_store_release(&csd->flags, 0);			/* (A) */
	machine_wake_waiter(src);
}

static void csd_fill(call_single_data_t *csd, unsigned dst,
		     smp_call_func_t func, void *info, unsigned type)
{
	csd->func = func;
	csd->info = info;
	csd->src = (u16)smp_processor_id();
	csd->dst = (u16)dst;
	if (type)
		WRITE_ONCE(csd->flags, CSD_FLAG_LOCK | type);
}

/* ---- sending ------------------------------------------------------------ */
static void send_ipi(unsigned cpu)
{
	bool drop;

	machine_quiet_begin();
	drop = FAULT(ipi_dropped) &&
	       ++this_cpu_var(smp_counters).live.nr_sends % 8 == 0;
	smp_count(stat.ipis_sent, !drop);
	machine_quiet_end();
	if (!drop)
		machine_kick(cpu, CPU_IRQ_CALL);
}

static void send_single_ipi(unsigned cpu, unsigned long callsite)
{
	trace_ipi_send_cpu(cpu, callsite, generic_smp_call_function_interrupt);
	send_ipi(cpu);
}

/* True if the target must be interrupted. */
static bool queue_csd(unsigned cpu, call_single_data_t *csd,
		      unsigned long callsite)
{
	bool sync = (READ_ONCE(csd->flags) & CSD_TYPE_MASK) == CSD_TYPE_SYNC;
	bool first;

	trace_csd_queue_cpu(cpu, callsite, csd->func, csd);
	first = llist_add(&csd->node,
			  per_cpu_ptr(&call_single_queue, cpu)); /* (B) */
	/* The csd is the target's now. */
	machine_quiet_begin();
	smp_count(stat.targets, 1);
	smp_count(stat.coalesced, !first);
	smp_count(nr_sync, sync);
	machine_quiet_end();
	return first;
}

bool csd_queue_is_empty(unsigned cpu)
{
	return llist_empty(per_cpu_ptr(&call_single_queue, cpu));
}

static void csd_do_func(smp_call_func_t func, void *info,
			const call_single_data_t *csd)
{
	trace_csd_function_entry(func, csd);
	func(info);
	trace_csd_function_exit(func, csd);
}

static void run_locally(smp_call_func_t func, void *info)
{
	bool flags;

	if (FAULT(self_skipped))
		return;
	local_irq_save(flags);
	if_checked(smp_check_self_run());
	csd_do_func(func, info, NULL);
	local_irq_restore(flags);
}

/* ---- receiving ---------------------------------------------------------- */
/* What this CPU is running, for those whose call it does not answer. */
static void csd_begin(const call_single_data_t *csd)
{
	struct smp_live *live;

	if_checked(smp_check_served(csd));
	machine_quiet_begin();
	smp_count(stat.handled, 1);
	live = &this_cpu_var(smp_counters).live;
	WRITE_ONCE(live->cur_func, csd->func);
	WRITE_ONCE(live->cur_csd, csd);
	machine_quiet_end();
}

static void csd_end(bool ack)
{
	machine_quiet_begin();
	smp_count(stat.acks, ack);
	WRITE_ONCE(this_cpu_var(smp_counters).live.cur_csd, NULL);
	machine_quiet_end();
}

static void run_sync(call_single_data_t *csd)
{
	smp_call_func_t func = csd->func;
	void *info = csd->info;

	csd_begin(csd);
	if_checked(smp_check_runs(csd));
	if (FAULT(csd_early_ack))
		csd_unlock(csd);
	csd_do_func(func, info, csd);
	if_checked(smp_check_ran());
	/* Counted before the ack: who has it may read the counters. */
	csd_end(true);
	if (!FAULT(csd_early_ack))
		csd_unlock(csd);
}

static void run_async(call_single_data_t *csd)
{
	smp_call_func_t func = csd->func;
	void *info = csd->info;

	csd_begin(csd);
	csd_unlock(csd);
	csd_do_func(func, info, csd);
	csd_end(false);
}

static call_single_data_t *csd_entry(struct llist_node *node)
{
	return list_entry(node, call_single_data_t, node);
}

/* People wait for the synchronous ones. Returns the others, in order. */
static struct llist_node *run_all_sync(struct llist_node *node)
{
	struct llist_node *async = NULL;
	struct llist_node **tail = &async;

	while (node) {
		call_single_data_t *csd = csd_entry(node);
		/* Before the unlock: afterwards the csd is not ours. */
		struct llist_node *next = READ_ONCE(node->next);
		u32 flags = READ_ONCE(csd->flags);

		if ((flags & CSD_TYPE_MASK) == CSD_TYPE_SYNC) {
			run_sync(csd);
		} else {
			WRITE_ONCE(*tail, node);
			tail = &node->next;
			WRITE_ONCE(node->next, NULL);
		}
		node = next;
	}
	return async;
}

void generic_smp_call_function_interrupt(void)
{
	struct llist_node *newest, *node;

	SMP_WARN_ON_ONCE(!irqs_disabled());
	if_checked(smp_check_handler_begins());
	if (FAULT(handler_irqs_on))
		local_irq_enable();
	/* (B') Finding it empty is legal: served on the way by another. */
	newest = llist_del_all(this_cpu_ptr(&call_single_queue));
	if_checked(smp_check_taken(newest));
	node = FAULT(calls_last_first) ? newest : llist_reverse_order(newest);
	node = run_all_sync(node);
	while (node) {
		struct llist_node *next = READ_ONCE(node->next);

		run_async(csd_entry(node));
		node = next;
	}
	if (FAULT(handler_irqs_on))
		local_irq_disable();
	if_checked(smp_check_handler_ends());
}

/* ---- one CPU ------------------------------------------------------------ */
/* Fills nothing: csd is locked and filled. */
static noinline int exec_single(unsigned cpu, call_single_data_t *csd)
{
	if (cpu == smp_processor_id()) {
		smp_call_func_t func = csd->func;
		void *info = csd->info;

		/* We can unlock early even for a synchronous call, as nobody
		 * else waits for it. */
		csd_unlock(csd);
		if_checked(smp_check_self_wanted());
		run_locally(func, info);
		return 0;
	}
	if (cpu >= nr_cpu_ids || !cpumask_test_cpu(cpu, cpu_online_mask)) {
		csd_unlock(csd);
		return -ENXIO;
	}
	smp_count_call();
	if (queue_csd(cpu, csd, _RET_IP_))
		send_single_ipi(cpu, _RET_IP_);
	return 0;
}

int smp_call_function_single(unsigned cpu, smp_call_func_t func, void *info,
			     bool wait)
{
	call_single_data_t on_stack = { .flags = CSD_FLAG_LOCK };
	call_single_data_t *csd = &on_stack;
	bool remote = cpu != smp_processor_id();
	u64 start = 0;
	int err;

	preempt_disable();
	/* With interrupts off two crossing calls would wait for ever; from an
	 * interrupt, for what it interrupted (between push and send). */
	SMP_WARN_ON_ONCE(irqs_disabled());
	SMP_WARN_ON_ONCE(!in_task());
	if (!wait) {
		csd = this_cpu_ptr(&csd_data);
		csd_lock(csd);
	} else if (remote) {
		start = smp_clock();
	}
	csd_fill(csd, cpu, func, info, wait ? CSD_TYPE_SYNC : CSD_TYPE_ASYNC);
	if_checked(smp_check_phase());
	err = exec_single(cpu, csd);
	if (wait && remote && !err) {
		u64 waited_from = smp_clock();

		csd_lock_wait(csd);
		if_checked(smp_check_acked(csd));
		smp_count_acks(start, waited_from);
	}
	if_checked(smp_check_phase());
	preempt_enable();
	return err;
}

int smp_call_function_single_async(unsigned cpu, call_single_data_t *csd)
{
	int err;

	preempt_disable();
	if (csd_locked(csd)) {
		err = -EBUSY;
		goto out;
	}
	WRITE_ONCE(csd->flags, CSD_FLAG_LOCK);
	smp_wmb();
	csd->src = (u16)smp_processor_id();
	csd->dst = (u16)cpu;
	err = exec_single(cpu, csd);
out:
	preempt_enable();
	return err;
}

/* ---- many CPUs ---------------------------------------------------------- */
struct call_request {
	const struct cpumask	*mask;
	smp_call_func_t		func;
	void			*info;
	bool			(*cond)(unsigned cpu, void *info);
	bool			wait;
	bool			run_local;
};

/* Not atomic: for sets of this CPU's own. */
static void own_mask_set(struct cpumask *mask, unsigned cpu)
{
	mask->bits[cpu / BITS_PER_LONG] |= BIT(cpu % BITS_PER_LONG);
}

static void own_mask_clear(struct cpumask *mask, unsigned cpu)
{
	mask->bits[cpu / BITS_PER_LONG] &= ~BIT(cpu % BITS_PER_LONG);
}

/* targets = mask and online, without self. True if there are any. */
static bool find_targets(const struct cpumask *mask, struct cpumask *targets)
{
	unsigned long any = 0;
	unsigned cpu;

	for (unsigned i = 0; i < cpumask_size_words(); i++)
		targets->bits[i] = READ_ONCE(mask->bits[i]) & online.bits[i];
	own_mask_clear(targets, smp_processor_id());
	if (FAULT(target_skipped))
		for (cpu = nr_cpu_ids; cpu-- > 0;)
			if (cpumask_test_cpu(cpu, targets)) {
				own_mask_clear(targets, cpu);
				break;
			}
	for (unsigned i = 0; i < cpumask_size_words(); i++)
		any |= targets->bits[i];
	return any != 0;
}

static void call_remote(const struct call_request *request,
			struct call_function_data *cfd, unsigned long callsite)
{
	unsigned self = smp_processor_id();
	unsigned nr_ipis = 0;
	unsigned last = 0;
	unsigned cpu;

	cpumask_clear(&cfd->cpumask_ipi);
	for_each_cpu(cpu, &cfd->cpumask) {
		call_single_data_t *csd = csd_of(self, cpu);

		if (request->cond && !request->cond(cpu, request->info)) {
			own_mask_clear(&cfd->cpumask, cpu);
			continue;
		}
		csd_lock(csd);
		csd_fill(csd, cpu, request->func, request->info,
			 request->wait ? CSD_TYPE_SYNC : CSD_TYPE_ASYNC);
		if (queue_csd(cpu, csd, callsite)) {
			own_mask_set(&cfd->cpumask_ipi, cpu);
			nr_ipis++;
			last = cpu;
		}
	}
	/* One is interrupted alone, several by their mask. */
	if (nr_ipis == 1) {
		send_single_ipi(last, callsite);
	} else if (nr_ipis) {
		trace_ipi_send_cpumask(&cfd->cpumask_ipi, callsite,
				       generic_smp_call_function_interrupt);
		for_each_cpu(cpu, &cfd->cpumask_ipi)
			send_ipi(cpu);
	}
}

static void wait_for_all(const struct call_function_data *cfd)
{
	unsigned self = smp_processor_id(), cpu;

	for_each_cpu(cpu, &cfd->cpumask) {
		if (FAULT(last_ack_ignored) &&
		    cpumask_next(cpu + 1, &cfd->cpumask) >= nr_cpu_ids)
			break;
		csd_lock_wait(csd_of(self, cpu));
		if_checked(smp_check_acked(csd_of(self, cpu)));
	}
}

static noinline void
smp_call_function_many_cond(const struct call_request *request)
{
	struct call_function_data *cfd = this_cpu_ptr(&cfd_data);
	unsigned self = smp_processor_id();
	bool run_remote;
	u64 start = 0;

	SMP_WARN_ON_ONCE(preemptible());
	/* Two crossing calls with interrupts off would wait for ever. */
	SMP_WARN_ON_ONCE(irqs_disabled());
	/* An interrupt may have come between a push and its send. */
	SMP_WARN_ON_ONCE(!in_task());

	run_remote = find_targets(request->mask, &cfd->cpumask);
	if (run_remote) {
		start = smp_clock();
		smp_count_call();
		if_checked(smp_check_phase());
		call_remote(request, cfd, _RET_IP_);
	}
	/* While the others are on their way. */
	if (request->run_local && cpumask_test_cpu(self, request->mask) &&
	    (!request->cond || request->cond(self, request->info))) {
		if_checked(smp_check_self_wanted());
		run_locally(request->func, request->info);
	}
	if (run_remote && request->wait) {
		u64 waited_from = smp_clock();

		if (FAULT(csd_wait_irqs_off))
			local_irq_disable();
		wait_for_all(cfd);
		if (FAULT(csd_wait_irqs_off))
			local_irq_enable();
		smp_count_acks(start, waited_from);
		if_checked(smp_check_phase());
	}
}

void smp_call_function_many(const struct cpumask *mask, smp_call_func_t func,
			    void *info, bool wait)
{
	smp_call_function_many_cond(&(struct call_request){
		.mask	= mask,
		.func	= func,
		.info	= info,
		.wait	= wait,
	});
}

void on_each_cpu_cond(bool (*cond)(unsigned cpu, void *info),
		      smp_call_func_t func, void *info, bool wait)
{
	preempt_disable();
	smp_call_function_many_cond(&(struct call_request){
		.mask		= cpu_online_mask,
		.func		= func,
		.info		= info,
		.cond		= cond,
		.wait		= wait,
		.run_local	= true,
	});
	preempt_enable();
}

void on_each_cpu(smp_call_func_t func, void *info, bool wait)
{
	on_each_cpu_cond(NULL, func, info, wait);
}

/* ---- boot and quiescence ------------------------------------------------ */
static_assert(sizeof(call_single_data_t) == 32, "as in the kernel");

void smp_init(void)
{
	size_t size = ALIGN(nr_cpu_ids * sizeof(call_single_data_t),
			    (size_t)CACHELINE);
	unsigned cpu;

	must(machine_percpu_static_size + size <= machine_percpu_unit_size);
	csd_rows = (call_single_data_t *)(machine_percpu_base +
					  machine_percpu_static_size);
	machine_percpu_static_size += size;
	cpumask_setall(&online);
	for_each_possible_cpu(cpu)
		histogram_init(&per_cpu(smp_counters, cpu).ack_latency);
}

/* csds of a CPU's own calls that are still locked. */
unsigned csd_nr_locked(unsigned cpu)
{
	unsigned nr = csd_locked(per_cpu_ptr(&csd_data, cpu));
	unsigned target;

	if (per_cpu(smp_counters, cpu).stat.calls)
		for_each_possible_cpu(target)
			nr += csd_locked(csd_of(cpu, target));
	return nr;
}
