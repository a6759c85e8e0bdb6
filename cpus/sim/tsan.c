/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entry points that gcc 12 and clang 14 call under -fsanitize=thread: every
 * load, store and atomic operation of the emulated kernel is an event. Plain
 * accesses are announced before the compiler's own instruction makes them;
 * atomic operations are performed here. All CPUs share one host thread, so
 * plain C performs them atomically. Memory is sequentially consistent: the
 * order arguments matter for cost only.
 *
 * An atomic store wakes watchers only if it changed the value: code that polls
 * cannot tell otherwise, and a test-and-set lock's waiters would wake each
 * other for ever.
 */
#include "cpus/sim/sim.h"

typedef u8 a8;
typedef u16 a16;
typedef u32 a32;
typedef u64 a64;
#ifdef __SIZEOF_INT128__
typedef unsigned __int128 a128;
#endif

/* The compiler knows these names and, under other sanitizers, gcc has built-in
 * prototypes for them; nobody includes any. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* ---- plain and volatile accesses ---- */
/* A misaligned access may touch two lines; the second is watched too. */
static always_inline void unaligned(uintptr_t addr, unsigned size,
				    unsigned kind)
{
	struct sim_cpu *me = sim.self;
	uintptr_t last = addr + size - 1;

	sim_access(addr, kind);
	if (likely((addr ^ last) >> SIM_LINE_SHIFT == 0) || me->inert)
		return;
	if (kind & SIM_READ)
		sim_note_read(me, last);
	if (kind & SIM_WRITE)
		sim_note_write(me, last);
}

#define DEFINE_PLAIN(size) \
void __tsan_read##size(void *p) \
{ \
	sim_access((uintptr_t)p, SIM_READ); \
} \
void __tsan_write##size(void *p) \
{ \
	sim_access((uintptr_t)p, SIM_WRITE); \
} \
void __tsan_read_write##size(void *p) \
{ \
	sim_access((uintptr_t)p, SIM_READ | SIM_WRITE); \
} \
void __tsan_volatile_read##size(void *p) \
{ \
	sim_access((uintptr_t)p, SIM_READ); \
} \
void __tsan_volatile_write##size(void *p) \
{ \
	sim_access((uintptr_t)p, SIM_WRITE); \
}

DEFINE_PLAIN(1)
DEFINE_PLAIN(2)
DEFINE_PLAIN(4)
DEFINE_PLAIN(8)
DEFINE_PLAIN(16)

#define DEFINE_UNALIGNED(size) \
void __tsan_unaligned_read##size(void *p) \
{ \
	unaligned((uintptr_t)p, size, SIM_READ); \
} \
void __tsan_unaligned_write##size(void *p) \
{ \
	unaligned((uintptr_t)p, size, SIM_WRITE); \
} \
void __tsan_unaligned_read_write##size(void *p) \
{ \
	unaligned((uintptr_t)p, size, SIM_READ | SIM_WRITE); \
} \
void __tsan_unaligned_volatile_read##size(void *p) \
{ \
	unaligned((uintptr_t)p, size, SIM_READ); \
} \
void __tsan_unaligned_volatile_write##size(void *p) \
{ \
	unaligned((uintptr_t)p, size, SIM_WRITE); \
}

DEFINE_UNALIGNED(2)
DEFINE_UNALIGNED(4)
DEFINE_UNALIGNED(8)
DEFINE_UNALIGNED(16)

void __tsan_read_range(void *p, long size)
{
	sim.self->miss_ip = _RET_IP_;
	sim_range(p, (size_t)size, false);
}

void __tsan_write_range(void *p, long size)
{
	sim.self->miss_ip = _RET_IP_;
	sim_range(p, (size_t)size, true);
}

/* ---- atomic operations ---- */
static always_inline void atomic_event(const volatile void *p, unsigned kind)
{
	sim_access((uintptr_t)p, kind | SIM_ATOMIC);
}

static always_inline void changed(const volatile void *p)
{
	if (unlikely(sim.nr_watches) && !sim.self->inert)
		sim_wrote_line(sim.self, (uintptr_t)p >> SIM_LINE_SHIFT);
}

static always_inline void rmw_event(const volatile void *p)
{
	atomic_event(p, SIM_READ | SIM_WRITE | SIM_LOCKED);
	if (unlikely((uintptr_t)p - sim.count_from < sim.count_size) &&
	    !sim.self->inert)
		sim.nr_counted++;
}

/* A seq_cst store is an exchange on x86. */
static always_inline unsigned store_kind(int order)
{
	return order == __ATOMIC_SEQ_CST ? SIM_WRITE | SIM_LOCKED : SIM_WRITE;
}

#define DEFINE_LOAD_STORE(bits) \
a##bits __tsan_atomic##bits##_load(const volatile void *p, int order) \
{ \
	atomic_event(p, SIM_READ); \
	return *(const volatile a##bits *)p; \
} \
void __tsan_atomic##bits##_store(volatile void *at, a##bits v, int order) \
{ \
	volatile a##bits *p = at; \
	a##bits old; \
\
	atomic_event(p, store_kind(order)); \
	old = *p; \
	*p = v; \
	if (old != v) \
		changed(p); \
}

#define DEFINE_RMW(bits, name, result) \
a##bits __tsan_atomic##bits##_##name(volatile void *at, a##bits v, \
				     int order) \
{ \
	volatile a##bits *p = at; \
	a##bits old, new; \
\
	rmw_event(p); \
	old = *p; \
	new = (a##bits)(result); \
	*p = new; \
	if (old != new) \
		changed(p); \
	return old; \
}

#define DEFINE_COMPARE_EXCHANGE(bits) \
static always_inline a##bits compare_exchange##bits(volatile void *at, \
	a##bits expected, a##bits v) \
{ \
	volatile a##bits *p = at; \
	a##bits old; \
\
	rmw_event(p); \
	old = *p; \
	if (old == expected) { \
		*p = v; \
		if (bits == 128 && !sim.self->inert) \
			sim.locked_exchanges++; \
		if (old != v) \
			changed(p); \
	} else { \
		/* A loop may retry with old though nobody writes again. */ \
		sim.self->retries |= !sim.self->inert; \
	} \
	return old; \
} \
static always_inline bool try_exchange##bits(volatile void *p, \
	void *expected, a##bits v) \
{ \
	a##bits wanted = *(a##bits *)expected; \
	a##bits old = compare_exchange##bits(p, wanted, v); \
\
	if (old == wanted) \
		return true; \
	*(a##bits *)expected = old; \
	return false; \
} \
a##bits __tsan_atomic##bits##_compare_exchange_val(volatile void *p, \
	a##bits expected, a##bits v, int order, int fail_order) \
{ \
	return compare_exchange##bits(p, expected, v); \
} \
bool __tsan_atomic##bits##_compare_exchange_strong(volatile void *p, \
	void *expected, a##bits v, int order, int fail_order) \
{ \
	return try_exchange##bits(p, expected, v); \
} \
bool __tsan_atomic##bits##_compare_exchange_weak(volatile void *p, \
	void *expected, a##bits v, int order, int fail_order) \
{ \
	return try_exchange##bits(p, expected, v); \
}

#define DEFINE_ATOMICS(bits) \
	DEFINE_LOAD_STORE(bits) \
	DEFINE_RMW(bits, exchange, v) \
	DEFINE_RMW(bits, fetch_add, old + v) \
	DEFINE_RMW(bits, fetch_sub, old - v) \
	DEFINE_RMW(bits, fetch_and, old & v) \
	DEFINE_RMW(bits, fetch_or, old | v) \
	DEFINE_RMW(bits, fetch_xor, old ^ v) \
	DEFINE_RMW(bits, fetch_nand, ~(old & v)) \
	DEFINE_COMPARE_EXCHANGE(bits)

DEFINE_ATOMICS(8)
DEFINE_ATOMICS(16)
DEFINE_ATOMICS(32)
DEFINE_ATOMICS(64)
#ifdef __SIZEOF_INT128__
DEFINE_ATOMICS(128)
#endif

/* Only a full fence is an instruction on x86, where others order nothing that
 * the hardware would not. */
void __tsan_atomic_thread_fence(int order)
{
	struct sim_cpu *me = sim.self;

	if (me->inert || order != __ATOMIC_SEQ_CST)
		return;
	me->events++;
	me->clock = max(me->clock, me->drained);
	sim_order(me);
	me->clock += sim.cost.fence;
}

void __tsan_atomic_signal_fence(int order)
{
}

/* ---- computation ---- */
/* At the head of each basic block, in builds with -fsanitize-coverage=trace-pc
 * (--enable-blocks). */
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	struct sim_cpu *me = sim.self;

	if (!me->inert)
		sim_charge_private(me, sim.cost.block);
}

/* ---- the rest of the interface ---- */
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller)
{
}

void __tsan_func_exit(void *caller)
{
}

void __tsan_ignore_thread_begin(void)
{
}

void __tsan_ignore_thread_end(void)
{
}

void __tsan_vptr_update(void *p, void *value)
{
	sim_access((uintptr_t)p, SIM_WRITE);
}

void __tsan_vptr_read(void **p)
{
	sim_access((uintptr_t)p, SIM_READ);
}
