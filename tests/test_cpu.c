/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One CPU: contexts, the interrupt flag, the doorbell, reports, its account of
 * time. */
#include "cpus/boot.h"
#include "tests/test.h"

/* ---- contexts ---- */
/* The layout of vmalloc-tlb-ipi spec 6, and its table of predicates. */
static_assert(PREEMPT_MASK == 0xff && SOFTIRQ_MASK == 0xff00 &&
	      HARDIRQ_MASK == 0xf0000 && NMI_MASK == 0xf00000, "spec 6");

static u32 nr_interrupts;
static bool handler_was_wrong;

static void handler(void)
{
	if (preempt_count() != 0x10000 || !in_hardirq() || !in_interrupt() ||
	    in_task() || in_softirq() || !irqs_disabled() || preemptible())
		WRITE_ONCE(handler_was_wrong, true);
	__atomic_fetch_add(&nr_interrupts, 1, __ATOMIC_RELEASE);
}

static void wait_for_interrupts(u32 nr)
{
	while (smp_load_acquire(&nr_interrupts) < nr)
		cpu_relax();
}

static void check_contexts(void *arg)
{
	must(preempt_count() == 0 && in_task() && preemptible());
	preempt_disable();
	preempt_disable();
	must(preempt_count() == 2 && in_atomic() && in_task());
	preempt_enable();
	preempt_enable();
	local_bh_disable();
	must(preempt_count() == 0x200 && in_softirq() && in_interrupt() &&
	     in_task());
	local_bh_enable();
	machine_set_device_handler(handler);
	machine_kick(0, CPU_IRQ_DEVICE);
	wait_for_interrupts(1);
	must(!READ_ONCE(handler_was_wrong));
	must(preempt_count() == 0 && !irqs_disabled());
}

static void contexts_are_the_kernels(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .seeds = 10 }, check_contexts,
		NULL);
}

/* ---- the interrupt flag ---- */
static void check_flag(void *arg)
{
	bool outer, inner;
	unsigned i;

	machine_set_device_handler(handler);
	local_irq_save(outer);
	local_irq_save(inner);
	must(!outer && inner && irqs_disabled());
	for (i = 0; i < 10; i++)
		machine_kick(0, CPU_IRQ_DEVICE);
	ndelay(50000);
	cpu_relax();
	cpu_poll();
	cpu_poll_slow();
	must(READ_ONCE(nr_interrupts) == 0);
	local_irq_restore(inner);
	must(irqs_disabled() && READ_ONCE(nr_interrupts) == 0);
	local_irq_restore(outer);
	/* Pended ones are taken at once, and at most one a vector pends. */
	must(!irqs_disabled() && READ_ONCE(nr_interrupts) == 1);
	ndelay(50000);
	must(READ_ONCE(nr_interrupts) == 1);
}

static void interrupts_off_means_later(void **state)
{
	emulate(&(struct emulation){ .cpus = 1, .seeds = 10 }, check_flag,
		NULL);
}

/* ---- the doorbell ---- */
static void wake_idle_cpus(void *arg)
{
	unsigned cpu, round;
	u32 nr = 0;

	machine_set_device_handler(handler);
	for (round = 0; round < 20; round++) {
		/* Long enough to be asleep, and short enough not to be. */
		schedule_timeout_ns(round % 2 ? 300000 : 1000);
		for_each_online_cpu(cpu) {
			if (cpu == smp_processor_id())
				continue;
			machine_kick(cpu, CPU_IRQ_DEVICE);
			wait_for_interrupts(++nr);
		}
	}
	must(!READ_ONCE(handler_was_wrong));
}

static void a_kick_wakes_an_idle_cpu(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 10 }, wake_idle_cpus,
		NULL);
	emulate(&(struct emulation){ .cpus = 5, .seeds = 3 }, wake_idle_cpus,
		NULL);
}

static u32 released;

static void spin(void *arg)
{
	while (!smp_load_acquire(&released))
		cpu_relax();
}

static void kick_spinning_cpu(void *arg)
{
	struct task_struct *task = task_create(1, "spin", spin, NULL);
	u32 nr;

	machine_set_device_handler(handler);
	for (nr = 1; nr <= 100; nr++) {
		machine_kick(1, CPU_IRQ_DEVICE);
		wait_for_interrupts(nr);
	}
	smp_store_release(&released, 1);
	task_join(task);
}

static void a_waiting_cpu_takes_interrupts(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .seeds = 10 },
		kick_spinning_cpu, NULL);
}

/* ---- may it sleep? ---- */
static void sleep_legally(void *arg)
{
	must(__might_sleep("a.c", 1));
	local_bh_disable();
	local_bh_enable();
	rcu_read_lock();
	rcu_read_unlock();
	must(__might_sleep("a.c", 2));
}

static void sleep_with_preemption_off(void *arg)
{
	preempt_disable();
	must(!__might_sleep("mm/vmalloc.c", 1234));
	must(!__might_sleep("mm/vmalloc.c", 1234));
	preempt_enable();
	must(nr_kernel_bugs() == 1);		/* one a second */
	must(kernel_bug_text(0) && !kernel_bug_text(1));
}

static void sleep_with_interrupts_off(void *arg)
{
	local_irq_disable();
	must(!__might_sleep("f.c", 5));
	local_irq_enable();
}

static void sleep_in_non_block(void *arg)
{
	non_block_start();
	must(!__might_sleep("f.c", 7));
	non_block_end();
	must(__might_sleep("f.c", 8));
}

static void sleep_in_reader(void *arg)
{
	rcu_read_lock();
	rcu_read_lock();
	must(!__might_sleep("f.c", 6));
	rcu_read_unlock();
	rcu_read_unlock();
}

/* Line by line as vmalloc-tlb-ipi spec 6 gives it. */
static void sleeping_in_atomic_context_is_reported(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, sleep_legally, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "BUG: sleeping function called from invalid "
			       "context at mm/vmalloc.c:1234\n" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "in_atomic(): 1, irqs_disabled(): 0, "
			       "non_block: 0, pid: 1, name: swapper/0\n" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "preempt_count: 1, expected: 0\n" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "in_atomic(): 0, irqs_disabled(): 1, " },
		sleep_with_interrupts_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "RCU nest depth: 2, expected: 0\n" },
		sleep_in_reader, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "no locks held by swapper/0/1.\n" },
		sleep_in_reader, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "Preemption disabled at:\n" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "[<0000000000000000>] "
			       "sleep_with_preemption_off+0x" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "Call Trace:\n" },
		sleep_with_preemption_off, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "non_block: 1, pid: 1, name: swapper/0\n" },
		sleep_in_non_block, NULL);
}

/* ---- who called whom ---- */
static noinline void innermost(void)
{
	dump_stack();
	barrier();
}

static noinline void middle(void)
{
	innermost();
	barrier();
}

static void dump_in_task(void *arg)
{
	middle();
	barrier();
}

static void dump_in_interrupt(void)
{
	middle();
	__atomic_fetch_add(&nr_interrupts, 1, __ATOMIC_RELEASE);
}

static void take_dumping_interrupt(void *arg)
{
	machine_set_device_handler(dump_in_interrupt);
	machine_kick(0, CPU_IRQ_DEVICE);
	wait_for_interrupts(1);
}

static u32 dumping;

static void dump_at_once(void *arg, unsigned cpu)
{
	char text[KSYM_SYMBOL_LEN];

	/* All read the symbols at once. */
	__atomic_fetch_add(&dumping, 1, __ATOMIC_RELAXED);
	while (READ_ONCE(dumping) < nr_cpu_ids)
		cpu_relax();
	symbol_print(text, (unsigned long)middle);
	must(text[0] == 'm' && text[1] == 'i' && text[6] == '+' &&
	     text[7] == '0' && text[8] == 'x' && text[9] == '0' &&
	     text[10] == '/');
}

static void dump_on_all(void *arg)
{
	on_all_cpus(dump_at_once, NULL);
}

static void stacks_are_named(void **state)
{
	static const char *const in_task[] = { "Call Trace:\n", "]  <TASK>\n",
		"]  innermost+0x", "]  middle+0x", "]  dump_in_task+0x",
		"]  </TASK>\n",
		"CPU: 0 UID: 0 PID: 1 Comm: swapper/0 Not tainted\n" };
	static const char *const in_irq[] = { "]  <IRQ>\n", "]  handle_irqs+0x",
		"]  </IRQ>\n", "]  <TASK>\n", "]  cpu_poll_slow+0x",
		"]  take_dumping_interrupt+0x", "]  </TASK>\n" };

	for (unsigned i = 0; i < ARRAY_SIZE(in_task); i++)
		emulate(&(struct emulation){ .cpus = 1, .seeds = 1,
			.expect_text = in_task[i] }, dump_in_task, NULL);
	for (unsigned i = 0; i < ARRAY_SIZE(in_irq); i++)
		emulate(&(struct emulation){ .cpus = 1, .seeds = 1,
			.expect_text = in_irq[i] }, take_dumping_interrupt,
			NULL);
	emulate(&(struct emulation){ .cpus = 3, .seeds = 3 }, dump_on_all,
		NULL);
}

/* ---- the log, and what ends a run ---- */
static void speak(void *arg)
{
	printk("hello %d", 42);
}

static void report_bug(void *arg)
{
	kernel_bug("BUG: %s", "first");
	kernel_bug("BUG: %s", "second");
	must(nr_kernel_bugs() == 2);
	must(kernel_bug_text(1)[5] == 's' && !kernel_bug_text(2));
}

static void break_promise(void *arg)
{
	must(1 + 1 == 3);
}

static void reports_reach_the_user(void **state)
{
	emulate(&(struct emulation){ .cpus = 1,
		.expect_text = "] hello 42\n" }, speak, NULL);
	emulate(&(struct emulation){ .cpus = 1, .expect_exit = 6,
		.expect_text = "] BUG: second\n" }, report_bug, NULL);
	emulate(&(struct emulation){ .cpus = 2, .expect_exit = 70,
		.expect_text = "must hold: 1 + 1 == 3 (task swapper/0/1" },
		break_promise, NULL);
	assert_int_equal(fault_set("no_such_fault", true), -ENOENT);
}

/* ---- time ---- */
static void look_at_clock(void *arg)
{
	u64 last = sched_clock(), start = last, now;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		now = sched_clock();
		must(now >= last);
		last = now;
	}
	ndelay(200000);
	must(sched_clock() - start >= 200000);
	cpu_account(CPU_TIME_ACK_WAIT, 5);
	cpu_account(CPU_TIME_ACK_WAIT, 7);
	must(this_cpu()->own.time_ns[CPU_TIME_ACK_WAIT] == 12);
	must(this_cpu()->own.time_ns[CPU_TIME_LOCK_WAIT] == 0);
}

static void time_passes(void **state)
{
	emulate(&(struct emulation){ .cpus = 1 }, look_at_clock, NULL);
}

/* A mutex is held for 1 ms: who of CPU 0 waits is on its account. */
static struct mutex mutex;

static void hold_for_a_ms(void *arg)
{
	mutex_lock(&mutex);
	complete(arg);
	ndelay(1000000);
	mutex_unlock(&mutex);
}

static void lock_and_unlock(void *arg)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
}

static void wait_in_a_task(void)
{
	lock_and_unlock(NULL);
}

static void wait_in_two_tasks(void)
{
	struct task_struct *other = task_create(0, "other", lock_and_unlock,
						NULL);

	lock_and_unlock(NULL);
	task_join(other);
}

static void lock_at_work(struct work_struct *work)
{
	lock_and_unlock(NULL);
}

static void wait_in_a_worker(void)
{
	struct work_struct item;

	INIT_WORK(&item, lock_at_work);
	schedule_work(&item);
	flush_work(&item);
}

static u64 waited_behind_a_holder(void (*wait)(void))
{
	struct task_struct *holder;
	struct completion held;
	u64 *account = &this_cpu()->own.time_ns[CPU_TIME_LOCK_WAIT];
	u64 before = *account;

	init_completion(&held);
	holder = task_create(1, "holder", hold_for_a_ms, &held);
	wait_for_completion(&held);
	wait();
	task_join(holder);
	return *account - before;
}

static void account_waits(void *arg)
{
	u64 waited;

	mutex_init(&mutex, LOCK_CLASS_KERNEL);
	waited = waited_behind_a_holder(wait_in_a_task);
	must(waited > 900000 && waited < 1100000);
	waited = waited_behind_a_holder(wait_in_two_tasks);
	must(waited > 900000 && waited < 1100000);
	must(waited_behind_a_holder(wait_in_a_worker) < 10000);
}

static void a_task_s_wait_is_its_cpu_s(void **state)
{
	if (!machine_is_virtual()) {
		test_skip("needs times that are exact");
		return;
	}
	emulate(&(struct emulation){ .cpus = 2 }, account_waits, NULL);
}

TEST_MAIN(cmocka_unit_test(contexts_are_the_kernels),
	  cmocka_unit_test(interrupts_off_means_later),
	  cmocka_unit_test(a_kick_wakes_an_idle_cpu),
	  cmocka_unit_test(a_waiting_cpu_takes_interrupts),
	  cmocka_unit_test(sleeping_in_atomic_context_is_reported),
	  cmocka_unit_test(stacks_are_named),
	  cmocka_unit_test(reports_reach_the_user),
	  cmocka_unit_test(time_passes),
	  cmocka_unit_test(a_task_s_wait_is_its_cpu_s))
