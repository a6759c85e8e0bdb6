/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Freelists that are hard to guess (slub spec 2.7; CONFIG_SLAB_FREELIST_RANDOM
 * and _HARDENED; mm/slub.c, 6.12): the order of a new slab's objects, and links
 * that do not show what they lead to. All random numbers follow from the seed.
 */
#include "mm/mm.h"
#include "mm/slab_def.h"

DEFINE_FAULT(freelist_slot_skipped, "I13", "a shuffled slab lacks an object");

/* ---- random numbers ---- */
static DEFINE_PER_CPU(u64, nr_drawn);

/* splitmix64 of the seed, the CPU and how many it has drawn. */
static u64 get_random_u64(void)
{
	u64 n = this_cpu_var(nr_drawn)++;
	u64 z = machine_seed() * 0xd1342543de82ef95ull +
		((u64)smp_processor_id() << 40) + n + 1;

	z *= 0x9e3779b97f4a7c15ull;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* As even as a 32nd part of the numbers can be. */
static unsigned get_random_u32_below(unsigned n)
{
	return (unsigned)((get_random_u64() >> 32) * n >> 32);
}

/* ---- order ---- */
/* Caches have kmalloc to lean on: set once, at the end of boot. */
static bool slab_is_up;

int slab_init_random_seq(struct kmem_cache *s)
{
	unsigned count = s->lay.oo.objects;
	u32 *seq;

	if (!mm_config.slab_freelist_random || !slab_is_up || s->random_seq ||
	    count < 2)
		return 0;
	seq = kmalloc_array(count, sizeof(*seq), GFP_KERNEL);
	if (!seq) {
		printk("SLUB: Unable to initialize free list for %s", s->name);
		return -ENOMEM;
	}
	for (unsigned i = 0; i < count; i++)
		seq[i] = i;
	/* Fisher-Yates */
	for (unsigned i = count - 1; i > 0; i--)
		swap(seq[i], seq[get_random_u32_below(i + 1)]);
	s->random_seq = seq;
	return 0;
}

void slab_init_freelist_randomization(void)
{
	struct kmem_cache *s;

	slab_is_up = true;
	list_for_each_entry(s, &slab_caches, list)
		must(slab_init_random_seq(s) == 0);
}

unsigned slab_first_pos(const struct kmem_cache *s)
{
	return s->random_seq ? get_random_u32_below(s->lay.oo.objects) : 0;
}

unsigned slab_next_slot(const struct kmem_cache *s, unsigned objects,
			unsigned *pos)
{
	unsigned slot;

	if (!s->random_seq)
		return (*pos)++;
	/* A slab of less than the usual order lacks some. */
	do {
		slot = s->random_seq[*pos];
		if (++*pos == s->lay.oo.objects)
			*pos = 0;
	} while (slot >= objects);
	return FAULT(freelist_slot_skipped) && slot == 1 ? 0 : slot;
}

/* ---- links ---- */
void slab_init_links(struct kmem_cache *s)
{
	s->link = s->lay.offset;
	if (!mm_config.slab_freelist_hardened)
		return;
	s->link |= LINK_ENCODED;
	s->random = get_random_u64();
}

/* Naive detection of double free or corruption. */
noinline void slab_link_bug(void)
{
	kernel_bug_at(__FILE__, __LINE__);
}
