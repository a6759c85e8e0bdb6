/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A native CPU: its doorbell, its waits, its clock.
 *
 * The doorbell is the word seen.pending. A CPU that runs polls it at safe
 * points; one that idles polls it for a while, then sleeps on it (futex).
 * machine_kick() sets the bit, then looks at sleeping (A); sleep_for_bell()
 * sets sleeping, then looks at the bits (B): both full barriers, so one of the
 * two sees the other's. Kick to answer, at best, on 2 CPUs of a Zen 5 guest:
 * 271 ns spinning, 411 ns idle and polling; asleep it takes what the host's
 * scheduler takes.
 */
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

#include "cpus/native/native.h"

/* An idle CPU polls that long before it sleeps: a wake-up from sleep costs
 * the waker a system call of about 1 us and the CPU some 10 us. */
#define IDLE_POLL_NS		20000
/* A wait gives the processor away each time it has looked so often:
 * oversubscribed, and (some 50 us) when nobody but other processes can be in
 * the way. */
#define RELAX_PER_YIELD		16
#define RELAX_PER_YIELD_ALONE	2048
/* Oversubscribed: who has yielded and got the processor back only after
 * YIELD_SLOW_NS shares it with somebody who computes. For CROWDED_NS its waits
 * then sleep, PARK_NS at most: a sleeper is let in at once when it wakes. */
#define YIELD_SLOW_NS		200000
#define CROWDED_NS		20000000
#define PARK_NS			100000
/* Length of the calibration of the TSC. Two clock readings of 50 ns each
 * make an error of at most 1e-5. */
#define CALIBRATE_NS		10000000

__thread struct cpu *native_self __attribute__((tls_model("local-exec")));
__thread uintptr_t native_percpu_offset
	__attribute__((tls_model("local-exec")));
struct native_cpu *native_cpus;
bool native_oversubscribed;
/* Fixed before any CPU runs. */
static u64 relax_mask = RELAX_PER_YIELD_ALONE - 1;

static_assert(!(RELAX_PER_YIELD & (RELAX_PER_YIELD - 1)), "a mask");
static_assert(!(RELAX_PER_YIELD_ALONE & (RELAX_PER_YIELD_ALONE - 1)), "a mask");

void native_set_oversubscribed(bool oversubscribed)
{
	native_oversubscribed = oversubscribed;
	relax_mask = (oversubscribed ? RELAX_PER_YIELD :
				       RELAX_PER_YIELD_ALONE) - 1;
}

void machine_switch_fiber(struct fiber *from, struct fiber *to)
{
	fiber_switch(from, to);
}

/* ---- time ---- */
static u64 host_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

/* Fixed before any CPU runs. */
static struct {
	u64	tsc_start, start_ns;
	u64	ns_per_tsc;		/* times 2^32; 0: no usable TSC */
} native_clock;

#ifdef __x86_64__
static u64 read_tsc(void)
{
	return __rdtsc();
}

/* "Invariant TSC": CPUID 80000007H, EDX bit 8. */
static bool tsc_is_constant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & BIT(8));
}
#else
static u64 read_tsc(void)
{
	return 0;
}

static bool tsc_is_constant(void)
{
	return false;
}
#endif

void native_clock_init(void)
{
	u64 tsc, ns;

	native_clock.start_ns = host_clock();
	if (!tsc_is_constant())
		return;
	native_clock.tsc_start = read_tsc();
	do {
		ns = host_clock() - native_clock.start_ns;
	} while (ns < CALIBRATE_NS);
	tsc = read_tsc() - native_clock.tsc_start;
	native_clock.ns_per_tsc = (u64)(((unsigned __int128)ns << 32) / tsc);
}

u64 sched_clock(void)
{
	u64 tsc;

	if (unlikely(!native_clock.ns_per_tsc))
		return host_clock() - native_clock.start_ns;
	tsc = read_tsc() - native_clock.tsc_start;
	return (u64)(((unsigned __int128)tsc * native_clock.ns_per_tsc) >> 32);
}

u64 sched_clock_ordered(void)
{
	u64 now;

#ifdef __x86_64__
	__builtin_ia32_lfence();
#endif
	now = sched_clock();
#ifdef __x86_64__
	__builtin_ia32_lfence();
#endif
	return now;
}

u64 machine_clock_any(void)
{
	return native_clock.start_ns ? sched_clock() : 0;
}

bool machine_is_virtual(void)
{
	return false;
}

void ndelay(u64 ns)
{
	u64 end = sched_clock() + ns;

	do {
		machine_device_poll();
		cpu_poll();
	} while (sched_clock() < end);
}

/* ---- the device ---- */
void machine_device_timer(u64 at_ns)
{
	native_this()->device_at = at_ns;
}

static noinline void device_is_due(struct native_cpu *self)
{
	if (sched_clock() < self->device_at)
		return;
	self->device_at = 0;
	__atomic_fetch_or(&native_self->seen.pending, CPU_IRQ_DEVICE,
			  __ATOMIC_RELAXED);
	cpu_poll();
}

void machine_device_poll(void)
{
	struct native_cpu *self = native_this();

	if (self->device_at)
		device_is_due(self);
}

/* ---- waiting ---- */
static inline void pause_hint(void)
{
#ifdef __x86_64__
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

void native_futex_wait(const u32 *word, u32 expected, u64 timeout_ns)
{
	struct timespec timeout = {
		.tv_sec = (time_t)(timeout_ns / 1000000000),
		.tv_nsec = (long)(timeout_ns % 1000000000),
	};

	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected,
		timeout_ns == ~0UL ? NULL : &timeout, NULL, 0);
}

void native_futex_wake(const u32 *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Until the bell rings, the machine stops, or so late. */
static void sleep_for_bell(struct cpu_seen *seen, u64 until)
{
	u64 now;

	__atomic_store_n(&seen->sleeping, 1, __ATOMIC_SEQ_CST);
	/* (B) */
	while (!__atomic_load_n(&seen->pending, __ATOMIC_SEQ_CST) &&
	       !machine_stopping()) {
		now = sched_clock();
		if (now >= until)
			break;
		native_futex_wait(&seen->pending, 0,
				  until == ~0UL ? until : until - now);
	}
	WRITE_ONCE(seen->sleeping, 0);
}

/*
 * Oversubscribed, the one we wait for may need this very processor: a wait
 * that only polled would last until the host's next scheduler tick. On a host
 * that others use it may wait for one of them, who waits for this processor.
 */
static noinline void give_processor_away(struct native_cpu *self)
{
	struct cpu_seen *seen = &native_self->seen;
	u64 before, after;

	if (!native_oversubscribed) {
		sched_yield();
		return;
	}
	before = sched_clock();
	/* What is pending and cannot be taken now would end the sleep. */
	if (before < self->crowded_until && !READ_ONCE(seen->pending)) {
		sleep_for_bell(seen, before + PARK_NS);
		return;
	}
	sched_yield();
	after = sched_clock();
	if (after - before > YIELD_SLOW_NS)
		self->crowded_until = after + CROWDED_NS;
}

void cpu_relax(void)
{
	struct native_cpu *self = native_this();
	u64 n = self->nr_relaxed + 1;

	WRITE_ONCE(self->nr_relaxed, n);
	if (unlikely(!(n & relax_mask)))
		give_processor_away(self);
	else
		pause_hint();
	machine_device_poll();
	cpu_poll();
}

void cpu_relax_until(u64 deadline_ns)
{
	cpu_relax();
}

void machine_kick(unsigned cpu, enum cpu_irq why)
{
	struct cpu_seen *seen = &cpus[cpu]->seen;
	u32 old = __atomic_fetch_or(&seen->pending, why, __ATOMIC_SEQ_CST);

	/* (A): whoever set the first bit wakes. */
	if (!old && __atomic_load_n(&seen->sleeping, __ATOMIC_SEQ_CST))
		native_futex_wake(&seen->pending);
}

void native_wake_waiter(unsigned cpu)
{
	machine_kick(cpu, CPU_IRQ_WAKE);
}

static void idle_poll(const struct cpu_seen *seen, u64 until)
{
	while (!READ_ONCE(seen->pending) && sched_clock() < until)
		pause_hint();
}

void machine_idle(void)
{
	struct cpu_seen *seen = &native_self->seen;
	u64 timer = task_next_timer();

	if (native_this()->device_at)
		timer = min(timer, native_this()->device_at);
	if (!native_rcu_idle_enter())
		return;
	if (!native_oversubscribed)
		idle_poll(seen, min(timer, sched_clock() + IDLE_POLL_NS));
	if (!READ_ONCE(seen->pending))
		sleep_for_bell(seen, timer);
	native_rcu_idle_exit();
	machine_device_poll();
}

/* ---- what only a simulator charges ---- */
u64 machine_hw_load(const u64 *entry)
{
	/* The mate of the kernel's store of the entry. */
	return smp_load_acquire(entry);
}

void machine_hw_access(const void *p, size_t size, bool write)
{
}

void machine_hw_tlb_op(bool full)
{
}
