/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who shares a line, in little memory, and what fits into a cache: tags of
 * each core's L2 and of each L3, with sizes from the topology. The directory is
 * what decides; tags only say which line gives way, in order of arrival within
 * a set (a hit does not reorder it: hits never come here).
 */
#include "cpus/sim/coherence.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- sharers ---- */
#define SET_BITMAP	0x80000000u
#define SET_ALL		0xffffffffu
#define SLOT_BITS	13
#define SLOT_MASK	((1u << SLOT_BITS) - 1)
#define POOL_BYTES	(256UL << 20)	/* reserved, touched by use */

static_assert(NR_CPUS_MAX < 1 << SLOT_BITS, "a slot holds a CPU and one more");

static u64 *pool;
static unsigned set_words, nr_sets, sets_used;
static u32 free_set;		/* + 1; chained by their first word */

static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "sim: no %zu MiB of address space for the "
			"state of cache lines\n", size >> 20);
		_exit(4);
	}
	return p;
}

void sim_sharers_create(void)
{
	set_words = DIV_ROUND_UP(nr_cpu_ids, 64);
	nr_sets = (unsigned)(POOL_BYTES / (set_words * sizeof(u64)));
	pool = reserve(POOL_BYTES);
}

static u64 *words_of(u32 set)
{
	return &pool[(size_t)(set & ~SET_BITMAP) * set_words];
}

static u32 take_set(void)
{
	u32 set = free_set;
	unsigned i;

	if (set) {
		free_set = (u32)*words_of(set - 1);
		for (i = 0; i < set_words; i++)
			words_of(set - 1)[i] = 0;
		return (set - 1) | SET_BITMAP;
	}
	if (sets_used == nr_sets)
		return SET_ALL;
	return sets_used++ | SET_BITMAP;
}

static void give_set(u32 set)
{
	if (!(set & SET_BITMAP) || set == SET_ALL)
		return;
	*words_of(set) = free_set;
	free_set = (set & ~SET_BITMAP) + 1;
}

/* Of "everybody" nothing is known about one: it fetches the line again. */
bool sim_sharers_have(u32 set, unsigned cpu)
{
	if (!(set & SET_BITMAP))
		return (set & SLOT_MASK) == cpu + 1 ||
		       set >> SLOT_BITS == cpu + 1;
	return set != SET_ALL && (words_of(set)[cpu / 64] >> cpu % 64 & 1);
}

static void add_word(u32 set, unsigned cpu)
{
	words_of(set)[cpu / 64] |= BIT(cpu % 64);
}

u32 sim_sharers_add(u32 set, unsigned cpu)
{
	u32 big;

	if (set == SET_ALL || sim_sharers_have(set, cpu))
		return set;
	if (set & SET_BITMAP) {
		add_word(set, cpu);
		return set;
	}
	if (!(set & SLOT_MASK))
		return set | (cpu + 1);
	if (!(set >> SLOT_BITS))
		return set | (cpu + 1) << SLOT_BITS;
	big = take_set();
	if (big == SET_ALL)
		return big;
	add_word(big, (set & SLOT_MASK) - 1);
	add_word(big, (set >> SLOT_BITS) - 1);
	add_word(big, cpu);
	return big;
}

u32 sim_sharers_remove(u32 set, unsigned cpu)
{
	if (set == SET_ALL || !sim_sharers_have(set, cpu))
		return set;
	if (!(set & SET_BITMAP))
		return (set & SLOT_MASK) == cpu + 1 ?
		       set & ~SLOT_MASK : set & SLOT_MASK;
	words_of(set)[cpu / 64] &= ~BIT(cpu % 64);
	if (sim_sharers_next(set, ~0u) < nr_cpu_ids)
		return set;
	give_set(set);
	return 0;
}

unsigned sim_sharers_next(u32 set, unsigned from)
{
	unsigned cpu = from + 1, low, high;

	if (set == SET_ALL)
		return cpu;
	if (set & SET_BITMAP) {
		for (; cpu < nr_cpu_ids; cpu = (cpu | 63) + 1) {
			u64 word = words_of(set)[cpu / 64] >> cpu % 64;

			if (word)
				return cpu + (unsigned)__builtin_ctzl(word);
		}
		return nr_cpu_ids;
	}
	low = (set & SLOT_MASK) - 1;	/* ~0u: none */
	high = (set >> SLOT_BITS) - 1;
	if (low > high)
		swap(low, high);
	if (low < nr_cpu_ids && low >= cpu)
		return low;
	return high < nr_cpu_ids && high >= cpu ? high : nr_cpu_ids;
}

void sim_sharers_drain(u32 set, void (*visit)(void *arg, unsigned cpu),
		       void *arg)
{
	unsigned cpu = ~0u;

	while ((cpu = sim_sharers_next(set, cpu)) < nr_cpu_ids)
		visit(arg, cpu);
	give_set(set);
}

/* ---- tags ---- */
/* Unused sets behind each cache's, so that one set of all of them is spread
 * over the host's caches. */
#define SKEW		65
#define L2_WAYS		8
#define L3_WAYS		16

struct sim_tags sim_l2, sim_l3;

static void create_tags(struct sim_tags *t, unsigned nr, u64 bytes,
			unsigned ways)
{
	u64 sets = max(bytes / CACHELINE / ways, 1UL);

	t->ways = ways;
	t->set_bits = ilog2(sets);
	t->set_mask = BIT(t->set_bits) - 1;
	t->tag = reserve(nr * (BIT(t->set_bits) + SKEW) * ways * sizeof(u32));
	t->next = reserve(nr * (BIT(t->set_bits) + SKEW));
	t->last = reserve(nr * sizeof(*t->last));
}

void sim_caches_create(const struct topology *topology)
{
	unsigned nr_cores = 0, nr_l3s = 0, cpu;
	u64 l1 = topology_cache_bytes(topology, 1);
	u64 size;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		nr_cores = max(nr_cores, sim.cpus[cpu].core + 1u);
		nr_l3s = max(nr_l3s, sim.cpus[cpu].l3 + 1u);
	}
	l1 = (l1 ? l1 : PROFILE_L1_BYTES) / CACHELINE;
	sim.l1_shift = ilog2(clamp_t(u64, l1, 64, SIM_L1_MAX));
	sim.l1_mask = (1u << sim.l1_shift) - 1;
	size = topology_cache_bytes(topology, 2);
	create_tags(&sim_l2, nr_cores, size ? size : PROFILE_L2_BYTES, L2_WAYS);
	size = topology_cache_bytes(topology, 3);
	create_tags(&sim_l3, nr_l3s, size ? size : PROFILE_L3_CORE_BYTES *
		    DIV_ROUND_UP(nr_cores, nr_l3s), L3_WAYS);
}

static u32 *set_of(const struct sim_tags *t, unsigned cache, u64 line,
		   u64 *index)
{
	*index = cache * (BIT(t->set_bits) + SKEW) + (line & t->set_mask);
	return &t->tag[*index * t->ways];
}

static u32 *find(const struct sim_tags *t, unsigned cache, u64 line)
{
	u32 want = (u32)(line >> t->set_bits) + 1;
	u64 index;
	u32 *set = set_of(t, cache, line, &index);
	unsigned way;

	for (way = 0; way < t->ways; way++)
		if (set[way] == want)
			return &set[way];
	return NULL;
}

u64 sim_cache_fill_new(struct sim_tags *t, unsigned cache, u64 line)
{
	u64 index;
	u32 *set, *at, old;

	t->last[cache] = line + 1;
	if (find(t, cache, line))
		return ~0UL;
	set = set_of(t, cache, line, &index);
	at = &set[t->next[index]];
	t->next[index] = (u8)((t->next[index] + 1) % t->ways);
	old = *at;
	*at = (u32)(line >> t->set_bits) + 1;
	return old ? (u64)(old - 1) << t->set_bits | (line & t->set_mask) :
		     ~0UL;
}

bool sim_cache_has_l3(unsigned cache, u64 line)
{
	return find(&sim_l3, cache, line) != NULL;
}

void sim_cache_drop_l3(unsigned cache, u64 line)
{
	u32 *tag = find(&sim_l3, cache, line);

	if (!tag)
		return;
	*tag = 0;
	sim_l3.last[cache] = 0;
}
