/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cross-CPU calls and sets of CPUs. */
#include "tests/test.h"

#include "cpus/histogram.h"

static unsigned nr_cpus(unsigned simulated)
{
	return machine_is_virtual() ? simulated : 2;
}

static unsigned nr_seeds(void)
{
	return machine_is_virtual() ? 100 : 1;
}

/* ---- sets --------------------------------------------------------------- */
static void step_mask(struct cpumask *mask, bool *model, struct rng *rng)
{
	unsigned cpu = (unsigned)rng_below(rng, nr_cpu_ids);
	unsigned weight = 0;
	unsigned walked = 0;
	unsigned other;

	if (rng_chance(rng, 60)) {
		cpumask_set_cpu(cpu, mask);
		model[cpu] = true;
	} else {
		cpumask_clear_cpu(cpu, mask);
		model[cpu] = false;
	}
	for (other = 0; other < nr_cpu_ids; other++) {
		must(cpumask_test_cpu(other, mask) == model[other]);
		weight += model[other];
	}
	must(cpumask_weight(mask) == weight);
	for_each_cpu(other, mask) {
		must(other < nr_cpu_ids && model[other]);
		walked++;
	}
	must(walked == weight);
}

static void masks(void *arg)
{
	static struct cpumask mask;
	static bool model[NR_CPUS_MAX];
	struct rng rng;

	rng_seed(&rng, test_seed());
	for (unsigned i = 0; i < 300; i++)
		step_mask(&mask, model, &rng);
	cpumask_setall(&mask);
	must(cpumask_weight(&mask) == nr_cpu_ids);
	must(cpumask_weight(cpu_online_mask) == nr_cpu_ids);
	must(cpumask_next(nr_cpu_ids - 1, &mask) == nr_cpu_ids - 1);
	must(cpumask_next(nr_cpu_ids, &mask) == nr_cpu_ids);
	cpumask_clear(&mask);
	must(cpumask_weight(&mask) == 0);
	must(cpumask_next(0, &mask) == nr_cpu_ids);
}

static void set_agrees_with_model(void **state)
{
	static const unsigned sizes[] = { 1, 2, 63, 64, 65, 200 };

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++)
		emulate(&(struct emulation){ .cpus = nr_cpus(sizes[i]) },
			masks, NULL);
}

/* ---- rules that do not hold --------------------------------------------- */
static void tell(const char *id, const char *what, u64 is, u64 should)
{
	printk("smp_audit: %s: %s: %lu, should be %lu", id, what, is, should);
}

/* ---- many callers, many targets ----------------------------------------- */
#define NR_CALLS	30

/* One request: what each target must have done when the caller goes on. */
struct request {
	unsigned	caller;
	u32		ran[NR_CPUS_MAX];	/* written by the target */
	u64		before;		/* written by the caller before */
};

static struct request requests[64];
static u32 nr_async[64];		/* atomics: callbacks run, by caller */

static void answer(void *info)
{
	struct request *request = info;
	unsigned self = smp_processor_id();

	must(irqs_disabled());
	must(self == request->caller || in_hardirq());
	must(request->before == 42);
	if (machine_is_virtual())
		ndelay(self * 10);
	request->ran[self]++;
}

static void answer_async(void *info)
{
	__atomic_fetch_add((u32 *)info, 1, __ATOMIC_RELAXED);
}

static bool even_cpus(unsigned cpu, void *info)
{
	return cpu % 2 == 0;
}

static void check_answers(struct request *request, const struct cpumask *mask)
{
	unsigned cpu;

	for_each_online_cpu(cpu) {
		must(request->ran[cpu] == cpumask_test_cpu(cpu, mask));
		request->ran[cpu] = 0;
	}
	request->before = 0;
}

static void random_call(struct request *request, struct rng *rng)
{
	unsigned self = request->caller;
	unsigned target = (unsigned)rng_below(rng, nr_cpu_ids);
	struct cpumask mask;
	unsigned cpu;

	cpumask_clear(&mask);
	request->before = 42;
	switch (rng_below(rng, 4)) {
	case 0:
		cpumask_set_cpu(target, &mask);
		must(!smp_call_function_single(target, answer, request, true));
		break;
	case 1:
		for_each_online_cpu(cpu)
			if (rng_chance(rng, 50))
				cpumask_set_cpu(cpu, &mask);
		preempt_disable();
		smp_call_function_many(&mask, answer, request, true);
		preempt_enable();
		cpumask_clear_cpu(self, &mask);
		break;
	case 2:
		cpumask_setall(&mask);
		on_each_cpu(answer, request, true);
		break;
	default:
		for_each_online_cpu(cpu)
			if (even_cpus(cpu, NULL))
				cpumask_set_cpu(cpu, &mask);
		on_each_cpu_cond(even_cpus, answer, request, true);
	}
	check_answers(request, &mask);
}

static void call_often(void *arg, unsigned cpu)
{
	struct rng rng;
	unsigned calls = 0;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	requests[cpu].caller = cpu;
	for (unsigned i = 0; i < NR_CALLS; i++) {
		random_call(&requests[cpu], &rng);
		if (rng_chance(&rng, 50)) {
			must(!smp_call_function_single(
				(unsigned)rng_below(&rng, nr_cpu_ids),
				answer_async, &nr_async[cpu], false));
			calls++;
		}
		if (rng_chance(&rng, 30)) {
			preempt_disable();
			smp_call_function_many(cpu_online_mask, answer_async,
					       &nr_async[cpu], false);
			preempt_enable();
			calls += nr_cpu_ids - 1;
		}
	}
	while (READ_ONCE(nr_async[cpu]) != calls)
		cpu_relax();
}

/* All caller's CPUs have answered all they were sent: the queues are empty. */
static void settle(void *info)
{
}

static void all_call(void *arg)
{
	static struct histogram histogram;
	struct smp_stat stat;

	on_all_cpus(call_often, NULL);
	on_each_cpu(settle, NULL, true);
	must(smp_audit(tell) == 0);
	must(preempt_count() == 0);
	smp_stat_read(&stat);
	must(stat.targets == stat.ipis_sent + stat.coalesced);
	must(stat.handled == stat.targets && stat.acks <= stat.handled);
	must(stat.ack_wait_ns_max <= stat.ack_wait_ns_total);
	smp_stat_ack_histogram(&histogram);
	must(histogram.sum == stat.ack_wait_ns_total);
	smp_stat_reset();
	smp_stat_read(&stat);
	must(stat.targets == 0);
}

static void each_target_answers_once(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(5), .seeds = nr_seeds() },
		all_call, NULL);
	emulate(&(struct emulation){ .cpus = 1 }, all_call, NULL);
}

static void count_self(void *info)
{
	((u32 *)info)[smp_processor_id()]++;
}

static void call_all_from_far(void *arg)
{
	static u32 ran[NR_CPUS_MAX];
	unsigned cpu;

	for (unsigned i = 1; i <= 3; i++) {
		on_each_cpu(count_self, ran, true);
		for_each_online_cpu(cpu)
			must(ran[cpu] == i);
	}
	must(smp_audit(tell) == 0);
}

static void many_cpus_answer(void **state)
{
	emulate(&(struct emulation){ .cpus = nr_cpus(300) },
		call_all_from_far, NULL);
}

/* ---- queues ------------------------------------------------------------- */
static u32 nr_blocked;			/* atomics */
static u32 go_on;			/* atomics */
static unsigned order[8];		/* by the target alone */
static unsigned nr_order;

static void note(void *info)
{
	order[nr_order++] = (unsigned)(uintptr_t)info;
}

/* With interrupts off until told: what is sent meanwhile stays queued. */
static void block(void *info)
{
	__atomic_fetch_add(&nr_blocked, 1, __ATOMIC_SEQ_CST);
	while (!READ_ONCE(go_on))
		cpu_relax();
}

static void wait_blocked(unsigned nr)
{
	while (READ_ONCE(nr_blocked) != nr)
		cpu_relax();
}

static void release_later(void *arg)
{
	/* A host may be slow to run CPU 0. */
	ndelay(machine_is_virtual() ? 100000 : 50000000);
	WRITE_ONCE(go_on, 1);
}

static void queue_while_blocked(void *arg)
{
	call_single_data_t own[2] = {
		{ .func = note, .info = (void *)1 },
		{ .func = note, .info = (void *)2 },
	};
	call_single_data_t blocker = { .func = block };
	struct smp_stat stat;

	must(!smp_call_function_single_async(1, &blocker));
	wait_blocked(1);
	must(!smp_call_function_single_async(1, &own[0]));
	must(!smp_call_function_single_async(1, &own[1]));
	must(smp_call_function_single_async(1, &own[0]) == -EBUSY);
	WRITE_ONCE(go_on, 1);
	while (smp_load_acquire(&own[1].flags) & CSD_FLAG_LOCK)
		cpu_relax();
	must(!smp_call_function_single(1, settle, NULL, true));
	must(nr_order == 2 && order[0] == 1 && order[1] == 2);
	/* Of the two the queue was empty for the first only. */
	smp_stat_read(&stat);
	must(stat.targets == 4);
	must(stat.ipis_sent == 3 && stat.coalesced == 1);
	must(smp_audit(tell) == 0);
}

static void interrupts_are_coalesced(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = nr_seeds() / 5 + 1 },
		queue_while_blocked, NULL);
}

/* What is under way goes on, and is seen by the audit. */
static void reset_while_blocked(void *arg)
{
	call_single_data_t blocker = { .func = block };
	struct smp_stat stat;

	must(!smp_call_function_single_async(1, &blocker));
	wait_blocked(1);
	smp_stat_reset();
	WRITE_ONCE(go_on, 1);
	for (unsigned i = 0; i < 3; i++)
		must(!smp_call_function_single(1, settle, NULL, true));
	smp_stat_read(&stat);
	must(stat.targets == 3 && stat.acks == 3);
	must(smp_audit(tell) == 0);
}

static void a_reset_loses_no_call(void **state)
{
	emulate(&(struct emulation){ .cpus = 2 }, reset_while_blocked, NULL);
}

static void sync_first(void *arg)
{
	call_single_data_t blocker = { .func = block };
	struct task_struct *task;

	must(!smp_call_function_single_async(1, &blocker));
	wait_blocked(1);
	must(!smp_call_function_single(1, note, (void *)1, false));
	task = task_create(2, "release", release_later, NULL);
	must(!smp_call_function_single(1, note, (void *)2, true));
	/* The asynchronous call was queued first, and runs last. */
	must(!smp_call_function_single(1, settle, NULL, true));
	must(nr_order == 2 && order[0] == 2 && order[1] == 1);
	task_join(task);
}

static void synchronous_calls_go_first(void **state)
{
	emulate(&(struct emulation){ .cpus = 3,
		.seeds = machine_is_virtual() ? 20 : 1 }, sync_first, NULL);
}

static void call_nobody(void *arg)
{
	struct smp_stat stat;
	u32 ran[1] = { 0 };

	must(smp_call_function_single(nr_cpu_ids, count_self, ran, true) ==
	     -ENXIO);
	must(smp_call_function_single(nr_cpu_ids, count_self, ran, false) ==
	     -ENXIO);
	must(ran[0] == 0);
	/* Oneself: at once, without the queue. */
	must(!smp_call_function_single(0, count_self, ran, false));
	must(ran[0] == 1 && !irqs_disabled());
	smp_stat_read(&stat);
	must(stat.targets == 0 && stat.calls == 0);
	must(smp_audit(tell) == 0);
}

static void offline_cpus_are_refused(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, call_nobody, NULL);
}

/* ---- what is forbidden -------------------------------------------------- */
static void call_with_interrupts_off(void *arg)
{
	local_irq_disable();
	smp_call_function_single(1, settle, NULL, false);
	local_irq_enable();
}

static void many_with_interrupts_off(void *arg)
{
	local_irq_disable();
	smp_call_function_many(cpu_online_mask, settle, NULL, false);
	local_irq_enable();
}

static void many_with_preemption_on(void *arg)
{
	smp_call_function_many(cpu_online_mask, settle, NULL, true);
}

static void call_everybody(void *info)
{
	on_each_cpu(settle, NULL, false);
}

static void call_from_interrupt(void *arg)
{
	must(!smp_call_function_single(1, call_everybody, NULL, true));
}

static void wrong_contexts_are_reported(void **state)
{
	static const struct {
		void		(*fn)(void *arg);
		const char	*text;
	} cases[] = {
		{ call_with_interrupts_off, "smp_call_function_single" },
		{ many_with_interrupts_off, "smp_call_function_many_cond" },
		{ many_with_preemption_on, "smp_call_function_many_cond" },
		{ call_from_interrupt, "smp_call_function_many_cond" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++)
		emulate(&(struct emulation){ .cpus = 2, .expect_exit = 6,
			.expect_text = cases[i].text }, cases[i].fn, NULL);
}

/* ---- a target that does not answer -------------------------------------- */
static void wait_for_slow(void *arg)
{
	call_single_data_t blocker = { .func = block };
	struct task_struct *task;

	csd_lock_timeout_ns = 20000;
	must(!smp_call_function_single_async(1, &blocker));
	wait_blocked(1);
	task = task_create(2, "release", release_later, NULL);
	must(!smp_call_function_single(1, settle, NULL, true));
	task_join(task);
	must(smp_audit(tell) == 0);
	must(nr_kernel_bugs() == 0);
}

static void slow_targets_are_named(void **state)
{
	static const char *const texts[] = {
		"smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, "
		"waiting ",
		"smp: csd: CSD lock (#1) got unstuck on CPU#00, CPU#01 "
		"released the lock.",
	};

	for (unsigned i = 0; i < ARRAY_SIZE(texts); i++)
		emulate(&(struct emulation){ .cpus = 3,
			.expect_text = texts[i] }, wait_for_slow, NULL);
}

/* ---- planted faults ----------------------------------------------------- */
static void call_and_wait(void *arg, unsigned cpu)
{
	struct rng rng;

	rng_seed(&rng, test_seed() * 4096 + cpu);
	requests[cpu].caller = cpu;
	for (unsigned i = 0; i < 50 * NR_CALLS; i++)
		random_call(&requests[cpu], &rng);
}

static void all_call_and_wait(void *arg)
{
	on_all_cpus(call_and_wait, NULL);
}

static void call_and_check(void *arg)
{
	for (unsigned i = 0; i < 20; i++)
		all_call(NULL);
}

/* Only waits, so that each lost interrupt is missed, and sent again. */
static void wait_and_audit(void *arg)
{
	csd_lock_timeout_ns = machine_is_virtual() ? 1000000 : 50000000;
	for (unsigned i = 0; i < 20; i++)
		must(!smp_call_function_single(1, settle, NULL, true));
	must(smp_audit(tell) == 0);
}

static void linger(void *info)
{
	ndelay(smp_processor_id() == nr_cpu_ids - 1 ? 500000 : 20000);
}

static void call_all_and_audit(void *arg)
{
	for (unsigned i = 0; i < 20; i++)
		on_each_cpu(linger, NULL, true);
	/* What a fault has left under way. */
	for (unsigned cpu = 1; cpu < nr_cpu_ids; cpu++)
		must(!smp_call_function_single(cpu, settle, NULL, true));
	must(smp_audit(tell) == 0);
}

/* Two wait while CPU 1 is busy with a third. */
static void queue_two_and_audit(void *arg)
{
	call_single_data_t blocker = { .func = block };
	call_single_data_t two[2] = { { .func = settle }, { .func = settle } };
	struct task_struct *task;

	must(!smp_call_function_single_async(1, &blocker));
	wait_blocked(1);
	must(!smp_call_function_single_async(1, &two[0]));
	must(!smp_call_function_single_async(1, &two[1]));
	task = task_create(2, "release", release_later, NULL);
	task_join(task);
	/* A synchronous call would be served before them. */
	for (unsigned i = 0; i < ARRAY_SIZE(two); i++)
		while (smp_load_acquire(&two[i].flags) & CSD_FLAG_LOCK)
			cpu_relax();
	must(!smp_call_function_single(1, settle, NULL, true));
	must(smp_audit(tell) == 0);
}

static void planted_call_faults_are_caught(void **state)
{
	static const struct {
		void		(*fn)(void *arg);
		const char	*fault, *text;
	} planted[] = {
		{ call_all_and_audit, "csd_early_ack",
		  "smp_audit: INV-I2: acks before the function had returned" },
		{ queue_two_and_audit, "calls_last_first",
		  "smp_audit: INV-I5: queues not served first come, first "
		  "served: 1, should be 0" },
		{ call_all_and_audit, "handler_irqs_on",
		  "smp_audit: INV-I5: handlers nested or with interrupts on" },
		{ call_all_and_audit, "self_skipped",
		  "smp_audit: INV-I7: calls of a CPU to itself run: 0, should "
		  "be 20" },
		{ call_all_and_audit, "last_ack_ignored",
		  "smp_audit: INV-I8: functions that outlasted the wait for "
		  "them" },
		{ call_and_check, "csd_reused", "!csd_locked(csd)" },
		{ all_call_and_wait, "csd_early_ack", "request->ran" },
		{ all_call_and_wait, "target_skipped", "request->ran" },
		{ wait_and_audit, "ipi_dropped",
		  "smp_audit: INV-I4: interrupts lost: 2, should be 0" },
		{ wait_and_audit, "ipi_dropped",
		  "Re-sending CSD lock (#1) IPI from CPU#00 to CPU#01" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(planted); i++)
		emulate(&(struct emulation){ .cpus = max(nr_cpus(5), 3u),
			.seeds = 3, .fault = planted[i].fault,
			.expect_exit = 70, .expect_text = planted[i].text },
			planted[i].fn, NULL);
	emulate(&(struct emulation){ .cpus = 3 }, queue_two_and_audit, NULL);
	emulate(&(struct emulation){ .cpus = 3 }, call_all_and_audit, NULL);
	/* INV-I6, told where it happens. */
	emulate(&(struct emulation){ .cpus = 3, .fault = "csd_wait_irqs_off",
		.expect_exit = 6, .expect_text = "csd_lock_wait_part" },
		call_all_and_audit, NULL);
}

TEST_MAIN(
	cmocka_unit_test(set_agrees_with_model),
	cmocka_unit_test(each_target_answers_once),
	cmocka_unit_test(many_cpus_answer),
	cmocka_unit_test(interrupts_are_coalesced),
	cmocka_unit_test(a_reset_loses_no_call),
	cmocka_unit_test(synchronous_calls_go_first),
	cmocka_unit_test(offline_cpus_are_refused),
	cmocka_unit_test(wrong_contexts_are_reported),
	cmocka_unit_test(slow_targets_are_named),
	cmocka_unit_test(planted_call_faults_are_caught),
)
