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

/* In large pages, if the host has any: of the tags of thousands of cores each
 * access would wait for the host's own page walk first. */
static void *reserve(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		       MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "sim: no %zu MiB of address space for the "
			"state of cache lines\n", size >> 20);
		_exit(4);
	}
	madvise(p, size, MADV_HUGEPAGE);
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
/* A line's place: exact for any number of sets, as line and sets are below 2^40
 * and 2^24 (the error of the reciprocal, line * sets / 2^64, is below one). */
struct place {
	u64	set;
	u32	tag;
};

/* Unused sets behind each cache's, so that one set of all of them is spread
 * over the host's caches. */
#define SKEW		65
#define L2_WAYS		8
#define L3_WAYS		16
#define SETS_MAX	(1UL << 24)

struct sim_tags *sim_l2, *sim_l3;

static void size_tags(struct sim_tags *t, u64 bytes, unsigned ways)
{
	t->ways = ways;
	/* Of one set the reciprocal would not fit. */
	t->sets = bytes ? clamp_t(u64, bytes / CACHELINE / ways, 2, SETS_MAX) :
			  0;
	t->reciprocal = t->sets ? ~0UL / t->sets + 1 : 0;
}

static void allocate_tags(struct sim_tags *tags, unsigned nr)
{
	size_t sets = 0, entries = 0;
	unsigned i;
	u32 *tag;
	u8 *next;

	for (i = 0; i < nr; i++) {
		sets += tags[i].sets + SKEW;
		entries += (tags[i].sets + SKEW) * tags[i].ways;
	}
	tag = reserve(entries * sizeof(*tag));
	next = reserve(sets);
	for (i = 0; i < nr; i++) {
		tags[i].tag = tag;
		tags[i].next = next;
		tag += (tags[i].sets + SKEW) * tags[i].ways;
		next += tags[i].sets + SKEW;
	}
}

static struct sim_tags *create_tags(unsigned nr)
{
	struct sim_tags *tags = calloc(nr, sizeof(*tags));

	must(tags);
	return tags;
}

static void size_l1(const struct topology *topology)
{
	u64 lines = topology_cache(topology, 1, 0).simulated / CACHELINE;

	sim.l1_shift = ilog2(max(lines, 64UL));
	sim.l1_mask = (1u << sim.l1_shift) - 1;
}

static u64 bytes_of(const struct topology *topology, unsigned level,
		    const struct sim_cpu *at)
{
	return topology_cache(topology, level, at->cpu->own.pu).simulated;
}

/* Without an L2 a core keeps what is in its L1. */
static u64 private_bytes(const struct topology *topology,
			 const struct sim_cpu *at)
{
	return max(bytes_of(topology, 2, at), bytes_of(topology, 1, at));
}

void sim_caches_create(const struct topology *topology)
{
	unsigned nr_cores = 0, cpu;

	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		nr_cores = max(nr_cores, sim.cpus[cpu].core + 1u);
	sim_l2 = create_tags(nr_cores);
	sim_l3 = create_tags(sim.nr_l3s);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		const struct sim_cpu *at = &sim.cpus[cpu];

		if (!sim_l2[at->core].sets)
			size_tags(&sim_l2[at->core],
				  private_bytes(topology, at), L2_WAYS);
		if (!sim_l3[at->l3].sets)
			size_tags(&sim_l3[at->l3], bytes_of(topology, 3, at),
				  L3_WAYS);
	}
	allocate_tags(sim_l2, nr_cores);
	allocate_tags(sim_l3, sim.nr_l3s);
	size_l1(topology);
}

static struct place place_of(const struct sim_tags *t, u64 line)
{
	u64 above = (u64)((unsigned __int128)line * t->reciprocal >> 64);

	return (struct place){ line - above * t->sets, (u32)above + 1 };
}

static u32 *find(const struct sim_tags *t, struct place at)
{
	u32 *set = &t->tag[at.set * t->ways];
	unsigned way;

	for (way = 0; way < t->ways; way++)
		if (set[way] == at.tag)
			return &set[way];
	return NULL;
}

u64 sim_cache_fill_new(struct sim_tags *t, u64 line)
{
	struct place at = place_of(t, line);
	u32 *entry, old;

	if (!t->sets)
		return ~0UL;
	t->last = line + 1;
	if (find(t, at))
		return ~0UL;
	entry = &t->tag[at.set * t->ways + t->next[at.set]];
	t->next[at.set] = (u8)((t->next[at.set] + 1) % t->ways);
	old = *entry;
	*entry = at.tag;
	return old ? (old - 1UL) * t->sets + at.set : ~0UL;
}

static u32 *find_l3(unsigned cache, u64 line)
{
	const struct sim_tags *t = &sim_l3[cache];

	return t->sets ? find(t, place_of(t, line)) : NULL;
}

bool sim_cache_has_l3(unsigned cache, u64 line)
{
	return find_l3(cache, line) != NULL;
}

void sim_cache_drop_l3(unsigned cache, u64 line)
{
	u32 *tag = find_l3(cache, line);

	if (!tag)
		return;
	*tag = 0;
	sim_l3[cache].last = 0;
}
