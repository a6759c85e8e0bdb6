/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types, compiler hints, ordered accesses and assertions under the kernel's
 * names. Nothing here knows which machine is compiled. All shared accesses are
 * __atomic built-ins, so that the instrumented build sees them (traps.md).
 */
#ifndef CPUS_COMPILER_H
#define CPUS_COMPILER_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define static_assert		_Static_assert
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
/* True, and seldom: a branch that the host predicts, and not the choice of a
 * value that waits for the condition. */
#define rarely(x)		(unlikely(x) && ({ __asm__ volatile(""); 1; }))
#define must_check		__attribute__((warn_unused_result))
#define noinline		__attribute__((noinline))
/* Stays one function: clang makes no specialised copies of a noinline one. */
#ifdef __clang__
#define noclone			noinline
#else
#define noclone			__attribute__((__noinline__, __noclone__))
#endif
/* Spinlocks' own: see in_lock_functions(). */
#define __lockfunc		__attribute__((section("lock_text")))
#define always_inline		inline __attribute__((always_inline))
#define printf_like(fmt, args)	__attribute__((format(printf, fmt, args)))
#define barrier()		__atomic_signal_fence(__ATOMIC_SEQ_CST)
#define _RET_IP_		((unsigned long)__builtin_return_address(0))

#define CACHELINE		64
#define cacheline_aligned	__attribute__((aligned(CACHELINE)))

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define __join(a, b)		a##b
#define __unique(name, n)	__join(name, n)
#define __pick(a, op, b, x, y) ({ __typeof__(a) x = (a); \
	__typeof__(b) y = (b); x op y ? x : y; })
#define min(a, b) \
	__pick(a, <, b, __unique(_x, __COUNTER__), __unique(_y, __COUNTER__))
#define max(a, b) \
	__pick(a, >, b, __unique(_x, __COUNTER__), __unique(_y, __COUNTER__))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp_t(type, v, lo, hi) min_t(type, max_t(type, v, lo), hi)
#define swap(a, b) do { __typeof__(a) *_a = &(a), *_b = &(b), _t = *_a; \
	*_a = *_b; *_b = _t; } while (0)
#define ALIGN(x, a)		(((x) + ((__typeof__(x))(a) - 1)) & \
				 ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define BIT(n)			(1UL << (n))
#define BITS_PER_LONG		64

/* 1-based index of the highest set bit; 0 for 0. */
static inline unsigned fls64(u64 x)
{
	return x ? 64 - (unsigned)__builtin_clzll(x) : 0;
}
#define fls(x)			fls64((u32)(x))
/* floor(log2(x)), x > 0. */
#define ilog2(x)		(fls64(x) - 1)

/* ---- ordered accesses ------------------------------------------------- */
#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define xchg(p, v)		__atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
/* Returns what was there before. */
#define cmpxchg(p, old, new) ({ __typeof__(*(p)) _old = (old); \
	__atomic_compare_exchange_n((p), &_old, (new), false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED); \
	_old; })
/* True when it stored; else *oldp is what was there. */
#define try_cmpxchg(p, oldp, new) \
	__atomic_compare_exchange_n((p), (oldp), (new), false, \
				    __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)
#define try_cmpxchg_acquire(p, oldp, new) \
	__atomic_compare_exchange_n((p), (oldp), (new), false, \
				    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;

#define ATOMIC_INIT(v)		{ (v) }
#define atomic_read(a)		READ_ONCE((a)->counter)
#define atomic_set(a, v)	WRITE_ONCE((a)->counter, (v))
#define atomic_inc(a)		((void)__atomic_fetch_add(&(a)->counter, 1, \
							  __ATOMIC_RELAXED))
#define atomic_dec(a)		((void)__atomic_fetch_sub(&(a)->counter, 1, \
							  __ATOMIC_RELAXED))
#define atomic_add(v, a)	((void)__atomic_fetch_add(&(a)->counter, (v), \
							  __ATOMIC_RELAXED))
#define atomic_sub(v, a)	((void)__atomic_fetch_sub(&(a)->counter, (v), \
							  __ATOMIC_RELAXED))
#define atomic_add_return(v, a)	__atomic_add_fetch(&(a)->counter, (v), \
						   __ATOMIC_SEQ_CST)
#define atomic_sub_return(v, a)	__atomic_sub_fetch(&(a)->counter, (v), \
						   __ATOMIC_SEQ_CST)
#define atomic_inc_return(a)	atomic_add_return(1, a)
#define atomic_dec_return(a)	atomic_sub_return(1, a)
#define atomic_dec_and_test(a)	(atomic_sub_return(1, a) == 0)
#define atomic_long_read(a)		atomic_read(a)
#define atomic_long_set(a, v)		atomic_set(a, v)
#define atomic_long_inc(a)		atomic_inc(a)
#define atomic_long_dec(a)		atomic_dec(a)
#define atomic_long_add(v, a)		atomic_add(v, a)
#define atomic_long_sub(v, a)		atomic_sub(v, a)
#define atomic_long_add_return(v, a)	atomic_add_return(v, a)
#define atomic_long_sub_return(v, a)	atomic_sub_return(v, a)

/* ---- what must hold --------------------------------------------------- */
/* Of ourselves, always compiled. Prints the condition, CPU and time; aborts. */
#define must(cond) \
	((void)(likely(cond) || \
		(machine_must_failed(#cond, __FILE__, __LINE__), 0)))
void machine_must_failed(const char *cond, const char *file, int line)
	__attribute__((noreturn, cold));

/*
 * Where it is dear: built into checked builds only, and without cost in virtual
 * time. Always parsed, so that it cannot rot. No effects inside but on what
 * only checks read.
 *
 * A program that is linked with --defsym=checks_off=1 (configure's
 * --disable-checks, sim) has them and makes none. What the compiler may keep
 * in registers ends at each, made or not, so that the kernel's accesses are the
 * same in both programs: built without, it would be another kernel.
 */
extern const char checks_off[] __attribute__((weak));
#ifdef WITH_CHECKS
#define CHECKS_BUILT 1
#define CHECKS_ON ({ __asm__ volatile("" ::: "memory"); !checks_off; })
#else
#define CHECKS_BUILT 0
#define CHECKS_ON 0
#endif
#ifdef WITH_BLOCKS
/* Not even the block that asks is charged. */
#define if_checked(call) do { \
		machine_quiet_begin(); \
		if (CHECKS_ON) \
			call; \
		machine_quiet_end(); \
	} while (0)
#else
#define if_checked(call) do { \
		if (CHECKS_ON) { \
			machine_quiet_begin(); \
			call; \
			machine_quiet_end(); \
		} \
	} while (0)
#endif
#define check(cond) if_checked(must(cond))
/* What cond says, which may be quiet itself; true where nobody asks. */
#define checked_ok(cond) ({ bool _ok = true; \
	if_checked(_ok = (cond)); \
	_ok; })

/*
 * Planted faults exist in -DWITH_FAULTS builds only. DEFINE_FAULT(name, id,
 * text) in the file that holds the site; FAULT(name) is true when a test has
 * switched it on. id is the invariant (or mutant) that must catch it.
 */
struct fault { const char *name, *id, *text; int on; };

#ifdef WITH_FAULTS
#define DEFINE_FAULT(n, i, t) \
	struct fault fault_##n __attribute__((section("faults"), used, \
		aligned(8))) = { #n, i, t, 0 }
#define FAULT(n) unlikely(fault_##n.on)
#else
#define DEFINE_FAULT(n, i, t) struct fault_is_not_compiled_##n
#define FAULT(n) 0
#endif

/* ---- clang's thread-safety analysis ----------------------------------- */
#ifdef __clang__
#define lock_type(name)	__attribute__((capability(name)))
#define must_hold(l)	__attribute__((requires_capability(l)))
#define takes(l)	__attribute__((acquire_capability(l)))
#define takes_if(v, l)	__attribute__((try_acquire_capability(v, l)))
#define drops(l)	__attribute__((release_capability(l)))
#define unanalysed	__attribute__((no_thread_safety_analysis))
#else
#define lock_type(name)
#define must_hold(l)
#define takes(l)
#define takes_if(v, l)
#define drops(l)
#define unanalysed
#endif

#endif
