/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for a csd with the kernel's diagnostics (CONFIG_CSD_LOCK_WAIT_DEBUG,
 * 6.12), statistics of cross-CPU calls, and their audit.
 */
#include "cpus/smp_csd.h"

u64 csd_lock_timeout_ns = 5000 * 1000 * 1000UL;

static u32 csd_bug_count;		/* atomics */

void smp_warn(const char *function, int line)
{
	machine_quiet_begin();
	kernel_bug("WARNING: CPU: %u PID: %d at cpus/smp.c:%d %s",
		   smp_processor_id(), current ? current->pid : 0, line,
		   function);
	dump_stack();
	machine_quiet_end();
}

/* ---- a wait that takes too long ----------------------------------------- */
struct csd_wait {
	call_single_data_t	*csd;
	smp_call_func_t		func;
	unsigned		cpu;		/* that should unlock it */
	u64			start;
	u64			deadline;	/* of the next complaint */
	u32			id;		/* of the report, 0: none yet */
	unsigned		messages;
};

/*
 * An interrupt is lost if the target runs no call, has calls queued and none
 * pending. Tells them apart from a target that is merely slow.
 */
static bool ipi_is_lost(unsigned cpu)
{
	return !READ_ONCE(per_cpu(smp_counters, cpu).live.cur_csd) &&
	       !csd_queue_is_empty(cpu) &&
	       !(READ_ONCE(cpus[cpu]->seen.pending) & CPU_IRQ_CALL);
}

static const char *csd_state(const struct csd_wait *wait,
			     const call_single_data_t *running)
{
	if (!running)
		return "unresponsive";
	return running == wait->csd ? "handling this request" :
				      "handling prior request";
}

/* 6.12: timeout * (messages + 1) * (ilog2(CPUs) / 2 + 1) between messages. */
static void csd_complain(struct csd_wait *wait, u64 now)
{
	struct smp_live *target = &per_cpu(smp_counters, wait->cpu).live;
	const call_single_data_t *running = READ_ONCE(target->cur_csd);
	char func[KSYM_SYMBOL_LEN];

	if (!wait->id)
		wait->id = __atomic_add_fetch(&csd_bug_count, 1,
					      __ATOMIC_RELAXED);
	printk("smp: csd: %s non-responsive CSD lock (#%u) on CPU#%u, "
	       "waiting %lld ns for CPU#%02u %s.",
	       wait->messages ? "Continued" : "Detected", wait->id,
	       smp_processor_id(), (long long)(now - wait->start), wait->cpu,
	       symbol_print(func, (unsigned long)wait->func));
	if (running && running != wait->csd)
		printk("smp: \tcsd: CSD lock (#%u) handling prior "
		       "%s request.", wait->id,
		       symbol_print(func, (unsigned long)
				    READ_ONCE(target->cur_func)));
	else
		printk("smp: \tcsd: CSD lock (#%u) %s.", wait->id,
		       csd_state(wait, running));
	smp_count(nr_lost, ipi_is_lost(wait->cpu));
	wait->messages++;
	wait->deadline = now + csd_lock_timeout_ns * (wait->messages + 1) *
			 (ilog2(nr_cpu_ids) / 2 + 1);
	if (running)
		return;
	printk("smp: csd: Re-sending CSD lock (#%u) IPI from CPU#%02u to "
	       "CPU#%02u", wait->id, smp_processor_id(), wait->cpu);
	machine_kick(wait->cpu, CPU_IRQ_CALL);
}

/* Now and then, as the clock is dear next to a look at the csd. */
#define LOOKS_PER_CLOCK	64

static void csd_wait_timed(struct csd_wait *wait)
{
	unsigned looks = 0;

	while (smp_load_acquire(&wait->csd->flags) & CSD_FLAG_LOCK) {
		u64 now;

		cpu_relax_until(wait->deadline);
		if (++looks % LOOKS_PER_CLOCK)
			continue;
		now = sched_clock();
		if (now >= wait->deadline)
			csd_complain(wait, now);
	}
	if (wait->id)
		printk("smp: csd: CSD lock (#%u) got unstuck on CPU#%02u, "
		       "CPU#%02u released the lock.", wait->id,
		       smp_processor_id(), wait->cpu);
}

static void csd_lock_wait_part(call_single_data_t *csd)
{
	struct csd_wait wait = { .csd = csd };

	/* INV-I6: the target may be waiting for us. */
	SMP_WARN_ON_ONCE(irqs_disabled());
	if (!csd_lock_timeout_ns) {
		/* Acquire: pairs with (A) in smp.c. */
		while (smp_load_acquire(&csd->flags) & CSD_FLAG_LOCK)
			cpu_relax();
		return;
	}
	machine_quiet_begin();
	wait.func = csd->func;
	wait.cpu = csd->dst;
	wait.start = sched_clock();
	wait.deadline = wait.start + csd_lock_timeout_ns;
	machine_quiet_end();
	csd_wait_timed(&wait);
}

void csd_lock_wait_slow(call_single_data_t *csd)
{
	unsigned was = op_part_enter(OP_IPI_WAIT);

	csd_lock_wait_part(csd);
	op_part_leave(was);
}

/* ---- statistics --------------------------------------------------------- */
void smp_count_call(void)
{
	machine_quiet_begin();
	smp_count(stat.calls, 1);
	machine_quiet_end();
}

u64 smp_clock(void)
{
	u64 now;

	machine_quiet_begin();
	now = sched_clock();
	machine_quiet_end();
	return now;
}

void smp_count_acks(u64 start, u64 waited_from)
{
	struct smp_counters *mine;
	u64 now, latency;

	machine_quiet_begin();
	now = sched_clock();
	latency = now - start;
	mine = &this_cpu_var(smp_counters);
	smp_count(stat.ack_wait_ns_total, latency);
	WRITE_ONCE(mine->stat.ack_wait_ns_max,
		   max(mine->stat.ack_wait_ns_max, latency));
	histogram_add(&mine->ack_latency, latency);
	cpu_account(CPU_TIME_ACK_WAIT, now - waited_from);
	machine_quiet_end();
}

#define ADD(field)	(sum->field += READ_ONCE(part->field))

static void smp_counters_sum(struct smp_counters *sum)
{
	unsigned cpu;

	machine_memset(sum, 0, offsetof(struct smp_counters, ack_latency));
	for_each_possible_cpu(cpu) {
		const struct smp_counters *part = &per_cpu(smp_counters, cpu);

		ADD(stat.calls);
		ADD(stat.targets);
		ADD(stat.ipis_sent);
		ADD(stat.coalesced);
		ADD(stat.acks);
		ADD(stat.handled);
		ADD(stat.ack_wait_ns_total);
		sum->stat.ack_wait_ns_max =
			max(sum->stat.ack_wait_ns_max,
			    READ_ONCE(part->stat.ack_wait_ns_max));
		ADD(nr_sync);
		ADD(nr_lost);
		ADD(nr_early_acks);
		ADD(nr_bad_handlers);
		ADD(nr_out_of_order);
		ADD(nr_self_wanted);
		ADD(nr_self_run);
		ADD(nr_late);
	}
}

static struct smp_counters sum;		/* of one reader at a time */
static struct smp_stat base;		/* at the last reset */

#define SINCE_RESET(field)	(out->field = sum.stat.field - base.field)

void smp_stat_read(struct smp_stat *out)
{
	machine_quiet_begin();
	smp_counters_sum(&sum);
	SINCE_RESET(calls);
	SINCE_RESET(targets);
	SINCE_RESET(ipis_sent);
	SINCE_RESET(coalesced);
	SINCE_RESET(acks);
	SINCE_RESET(handled);
	SINCE_RESET(ack_wait_ns_total);
	out->ack_wait_ns_max = sum.stat.ack_wait_ns_max;
	machine_quiet_end();
}

void smp_stat_ack_histogram(struct histogram *out)
{
	unsigned cpu;

	machine_quiet_begin();
	histogram_init(out);
	for_each_possible_cpu(cpu)
		histogram_merge(out, &per_cpu(smp_counters, cpu).ack_latency);
	machine_quiet_end();
}

void smp_stat_reset(void)
{
	unsigned cpu;

	machine_quiet_begin();
	smp_counters_sum(&sum);
	base = sum.stat;
	for_each_possible_cpu(cpu) {
		struct smp_counters *part = &per_cpu(smp_counters, cpu);

		WRITE_ONCE(part->stat.ack_wait_ns_max, 0);
		histogram_init(&part->ack_latency);
	}
	machine_quiet_end();
}

/* ---- audit -------------------------------------------------------------- */
struct smp_rule {
	const char	*id, *what;
	u64		is, should;
};

static unsigned audit_counts(smp_violated_t tell)
{
	const struct smp_rule rules[] = {
		{ "INV-I1", "acks of synchronous calls", sum.stat.acks,
		  sum.nr_sync },
		{ "INV-I1", "callbacks run, of those pushed", sum.stat.handled,
		  sum.stat.targets },
		{ "INV-I2", "acks before the function had returned",
		  sum.nr_early_acks, 0 },
		{ "INV-I4", "interrupts sent beyond what was pushed",
		  sum.stat.ipis_sent - min(sum.stat.ipis_sent,
					   sum.stat.targets), 0 },
		{ "INV-I4", "interrupts sent or on their way",
		  sum.stat.ipis_sent + sum.stat.coalesced, sum.stat.targets },
		{ "INV-I4", "interrupts lost", sum.nr_lost, 0 },
		{ "INV-I5", "handlers nested or with interrupts on",
		  sum.nr_bad_handlers, 0 },
		{ "INV-I5", "queues not served first come, first served",
		  sum.nr_out_of_order, 0 },
		{ "INV-I7", "calls of a CPU to itself run", sum.nr_self_run,
		  sum.nr_self_wanted },
		{ "INV-I8", "functions that outlasted the wait for them",
		  sum.nr_late, 0 },
	};
	unsigned bad = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct smp_rule *rule = &rules[i];

		if (rule->is == rule->should)
			continue;
		tell(rule->id, rule->what, rule->is, rule->should);
		bad++;
	}
	return bad;
}

unsigned smp_audit(smp_violated_t tell)
{
	unsigned bad, cpu;

	machine_quiet_begin();
	smp_counters_sum(&sum);
	bad = audit_counts(tell);
	for_each_possible_cpu(cpu) {
		unsigned locked = csd_nr_locked(cpu);

		if (locked)
			tell("INV-I3", "csds locked at rest", locked, 0);
		if (!csd_queue_is_empty(cpu))
			tell("INV-I4", "calls left in a queue", 1, 0);
		bad += !!locked + !csd_queue_is_empty(cpu);
	}
	machine_quiet_end();
	return bad;
}
