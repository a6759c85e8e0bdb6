/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated machine performs the kernel's atomic operations itself: each
 * width and operation, on random operands, against plain C; outside of a
 * machine, where the hooks do nothing else, and on contending CPUs.
 */
#include "cpus/boot.h"
#include "tests/test.h"

#define NR_ROUNDS	300

static struct rng rng;

/* Small values, all ones and anything: so that comparisons succeed, too. */
static u64 operand(void)
{
	switch (rng_below(&rng, 4)) {
	case 0:
		return rng_below(&rng, 3);
	case 1:
		return ~0UL;
	default:
		return rng_next(&rng);
	}
}

/*
 * memory is between two guards that no operation may touch. Each operation is
 * made on memory and, in plain C, on model; both must then be equal, and what
 * the operation returns the model's value before.
 */
#define DEFINE_CHECK(type) \
static type type##_memory[3]; \
static type type##_model; \
\
static void type##_agrees(type returned, type before) \
{ \
	must(returned == before); \
	must(type##_memory[1] == type##_model); \
	must(type##_memory[0] == (type)0x5a5a5a5a5a5a5a5a); \
	must(type##_memory[2] == (type)0xa5a5a5a5a5a5a5a5); \
} \
\
static void type##_fetch(type *p, type v) \
{ \
	type old = type##_model; \
\
	type##_model = (type)(old + v); \
	type##_agrees(__atomic_fetch_add(p, v, __ATOMIC_RELAXED), old); \
	old = type##_model; \
	type##_model = (type)(old - v); \
	type##_agrees(__atomic_fetch_sub(p, v, __ATOMIC_ACQUIRE), old); \
	old = type##_model; \
	type##_model = old ^ v; \
	type##_agrees(__atomic_fetch_xor(p, v, __ATOMIC_RELEASE), old); \
	old = type##_model; \
	type##_model = old | (type)(v >> 1); \
	type##_agrees(__atomic_fetch_or(p, (type)(v >> 1), __ATOMIC_SEQ_CST), \
		      old); \
	old = type##_model; \
	type##_model = (type)~(old & v); \
	type##_agrees(__atomic_fetch_nand(p, v, __ATOMIC_ACQ_REL), old); \
	old = type##_model; \
	type##_model = old & v; \
	type##_agrees(__atomic_fetch_and(p, v, __ATOMIC_RELAXED), old); \
} \
\
static void type##_swap(type *p, type v, type w) \
{ \
	type old = type##_model, expected = w; \
	bool weak = rng_chance(&rng, 50), stored; \
\
	type##_model = v; \
	type##_agrees(__atomic_exchange_n(p, v, __ATOMIC_SEQ_CST), old); \
	if (rng_chance(&rng, 50)) \
		expected = v; \
	if (weak) \
		stored = __atomic_compare_exchange_n(p, &expected, w, true, \
				__ATOMIC_ACQUIRE, __ATOMIC_RELAXED); \
	else \
		stored = __atomic_compare_exchange_n(p, &expected, w, false, \
				__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	must(stored == (expected == v) || !stored); \
	must(expected == v || stored); \
	if (stored) \
		type##_model = w; \
	type##_agrees(__atomic_load_n(p, __ATOMIC_ACQUIRE), type##_model); \
	type##_model = w; \
	__atomic_store_n(p, w, __ATOMIC_RELEASE); \
	type##_agrees(__atomic_load_n(p, __ATOMIC_RELAXED), w); \
	type##_model = v; \
	__atomic_store_n(p, v, __ATOMIC_SEQ_CST); \
	type##_agrees(__atomic_load_n(p, __ATOMIC_SEQ_CST), v); \
} \
\
static void check_##type(void) \
{ \
	unsigned i; \
\
	type##_memory[0] = (type)0x5a5a5a5a5a5a5a5a; \
	type##_memory[2] = (type)0xa5a5a5a5a5a5a5a5; \
	for (i = 0; i < NR_ROUNDS; i++) { \
		type##_fetch(&type##_memory[1], (type)operand()); \
		type##_swap(&type##_memory[1], (type)operand(), \
			    (type)operand()); \
	} \
}

DEFINE_CHECK(u8)
DEFINE_CHECK(u16)
DEFINE_CHECK(u32)
DEFINE_CHECK(u64)

/* ---- 16 bytes ---- */
static u64 pair[4] __attribute__((aligned(16)));

static void check_pairs(bool (*swap_pair)(void *p, u64 o1, u64 o2, u64 n1,
					  u64 n2))
{
	u64 model[2] = { 0, 0 };
	unsigned i;

	pair[0] = pair[1] = 0;
	pair[2] = pair[3] = 7;
	for (i = 0; i < NR_ROUNDS; i++) {
		u64 o1 = rng_chance(&rng, 70) ? model[0] : operand();
		u64 o2 = rng_chance(&rng, 70) ? model[1] : operand();
		u64 n1 = operand(), n2 = operand();
		bool same = o1 == model[0] && o2 == model[1];

		must(swap_pair(pair, o1, o2, n1, n2) == same);
		if (same) {
			model[0] = n1;
			model[1] = n2;
		}
		must(pair[0] == model[0] && pair[1] == model[1]);
		must(pair[2] == 7 && pair[3] == 7);
	}
}

static bool swap_shared(void *p, u64 o1, u64 o2, u64 n1, u64 n2)
{
	return cmpxchg_double(p, o1, o2, n1, n2);
}

static bool swap_own(void *p, u64 o1, u64 o2, u64 n1, u64 n2)
{
	return this_cpu_cmpxchg_double(p, o1, o2, n1, n2);
}

static void check_all(void *arg)
{
	u64 own = 5;

	rng_seed(&rng, 1 + test_seed());
	check_u8();
	check_u16();
	check_u32();
	check_u64();
	check_pairs(swap_shared);
	check_pairs(swap_own);
	this_cpu_field_add(own, -7L);
	must(own == (u64)-2);
}

static void operations_agree_with_plain_c(void **state)
{
	check_all(NULL);
	emulate(&(struct emulation){ .cpus = 1, .seeds = 3 }, check_all, NULL);
}

/* ---- contended ---- */
#define NR_ADDS	300

static u8 narrow;
static u16 short_sum;
static u64 sum, pair_sum[2] __attribute__((aligned(16)));

/* A cmpxchg loop loses nothing; nor does a 16-byte one tear. */
static void add(void *arg, unsigned cpu)
{
	unsigned i;

	for (i = 0; i < NR_ADDS; i++) {
		u64 old = READ_ONCE(sum), a, b;

		while (!try_cmpxchg(&sum, &old, old + cpu + 1))
			cpu_relax();
		__atomic_fetch_add(&narrow, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&short_sum, 3, __ATOMIC_RELAXED);
		do {
			a = READ_ONCE(pair_sum[0]);
			b = READ_ONCE(pair_sum[1]);
		} while (!cmpxchg_double(pair_sum, a, b, a + 1, b + 2));
		must(b == 2 * a);
	}
}

static void add_on_all(void *arg)
{
	unsigned nr = num_online_cpus();

	on_all_cpus(add, NULL);
	must(sum == NR_ADDS * nr * (nr + 1) / 2);
	must(narrow == (u8)(NR_ADDS * nr));
	must(short_sum == (u16)(3 * NR_ADDS * nr));
	must(pair_sum[0] == NR_ADDS * nr && pair_sum[1] == 2 * NR_ADDS * nr);
}

static void contended_operations_lose_nothing(void **state)
{
	emulate(&(struct emulation){ .cpus = 7, .seeds = 20 }, add_on_all,
		NULL);
}

TEST_MAIN(cmocka_unit_test(operations_agree_with_plain_c),
	  cmocka_unit_test(contended_operations_lose_nothing))
