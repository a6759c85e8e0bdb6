/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sets of CPUs. Words beyond the booted CPUs are never touched, so that a set
 * costs what the machine's size demands. Bits are set and cleared atomically
 * (one set may be changed by many CPUs); a walk reads each word when it gets
 * there and is no snapshot.
 */
#include "cpus/machine.h"

void cpumask_clear(struct cpumask *mask)
{
	machine_memset(mask->bits, 0, cpumask_size_words() * sizeof(long));
}

void cpumask_setall(struct cpumask *mask)
{
	unsigned words = cpumask_size_words();
	unsigned odd = nr_cpu_ids % BITS_PER_LONG;

	machine_memset(mask->bits, 0xff, words * sizeof(long));
	if (odd)
		WRITE_ONCE(mask->bits[words - 1], BIT(odd) - 1);
}

void cpumask_set_cpu(unsigned cpu, struct cpumask *mask)
{
	__atomic_fetch_or(&mask->bits[cpu / BITS_PER_LONG],
			  BIT(cpu % BITS_PER_LONG), __ATOMIC_RELAXED);
}

void cpumask_clear_cpu(unsigned cpu, struct cpumask *mask)
{
	__atomic_fetch_and(&mask->bits[cpu / BITS_PER_LONG],
			   ~BIT(cpu % BITS_PER_LONG), __ATOMIC_RELAXED);
}

bool cpumask_test_cpu(unsigned cpu, const struct cpumask *mask)
{
	return READ_ONCE(mask->bits[cpu / BITS_PER_LONG]) &
	       BIT(cpu % BITS_PER_LONG);
}

unsigned cpumask_weight(const struct cpumask *mask)
{
	unsigned weight = 0;

	for (unsigned i = 0; i < cpumask_size_words(); i++) {
		unsigned long bits = READ_ONCE(mask->bits[i]);

		for (; bits; bits &= bits - 1)
			weight++;
	}
	return weight;
}

unsigned cpumask_next(unsigned from, const struct cpumask *mask)
{
	unsigned word = from / BITS_PER_LONG;
	unsigned long bits;
	unsigned cpu;

	if (from >= nr_cpu_ids)
		return nr_cpu_ids;
	bits = READ_ONCE(mask->bits[word]) & (~0UL << from % BITS_PER_LONG);
	while (!bits) {
		if (++word == cpumask_size_words())
			return nr_cpu_ids;
		bits = READ_ONCE(mask->bits[word]);
	}
	cpu = word * BITS_PER_LONG + (unsigned)__builtin_ctzl(bits);
	return min(cpu, nr_cpu_ids);
}
