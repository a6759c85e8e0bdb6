/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where memory was allocated: of each address that an allocation began at, the
 * last one. A table of the host's that grows; frees are not told. Decides
 * nothing.
 */
#include "cpus/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#define NR_FIRST	(1UL << 16)	/* entries, at first */
#define STEP		8UL		/* allocations begin at multiples */
#define SMALL_MAX	(2 * PAGE_SIZE)	/* larger ones begin with a page */
#define LARGE_MAX	(4UL << 20)	/* of one allocation */

struct note {
	uintptr_t	start;		/* 0: none */
	size_t		bytes;
	unsigned long	ip;
	u64		serial;		/* of two the later one */
};

static struct note *notes;		/* open addressing */
static size_t nr_slots, nr_notes;
static u64 serial;

bool sim_notes_allocs(void)
{
	return notes;
}

/* The note of start, or the slot where it would be. */
static struct note *note_of(uintptr_t start)
{
	size_t i = (start / STEP * 0x9e3779b97f4a7c15UL) >> 32;

	while (notes[i & (nr_slots - 1)].start &&
	       notes[i & (nr_slots - 1)].start != start)
		i++;
	return &notes[i & (nr_slots - 1)];
}

static void grow(size_t nr)
{
	struct note *old = notes;
	size_t nr_old = nr_slots;

	notes = calloc(nr, sizeof(*notes));
	must(notes);
	nr_slots = nr;
	for (size_t i = 0; i < nr_old; i++)
		if (old[i].start)
			*note_of(old[i].start) = old[i];
	free(old);
}

void machine_allocs_note(void)
{
	grow(NR_FIRST);
}

void sim_note_alloc(const void *p, size_t bytes, unsigned long ip)
{
	struct note *note;

	if (!notes || !p)
		return;
	if (nr_notes * 4 > nr_slots * 3)
		grow(2 * nr_slots);
	note = note_of((uintptr_t)p);
	nr_notes += !note->start;
	*note = (struct note){ (uintptr_t)p, bytes, ip, ++serial };
}

/* Of those that begin at start - step, ... start - most the latest that holds
 * p, if it is later than best. */
static const struct note *later(const struct note *best, uintptr_t p,
				uintptr_t start, size_t step, size_t most)
{
	for (size_t back = 0; back <= min(most, start); back += step) {
		const struct note *note = note_of(start - back);

		if (note->start && p - note->start < note->bytes &&
		    (!best || note->serial > best->serial))
			best = note;
	}
	return best;
}

bool machine_alloc_find(const void *p, struct machine_alloc *out)
{
	uintptr_t at = (uintptr_t)p;
	const struct note *note;

	if (!notes)
		return false;
	note = later(NULL, at, at & -STEP, STEP, SMALL_MAX);
	note = later(note, at, at & -PAGE_SIZE, PAGE_SIZE, LARGE_MAX);
	if (note)
		*out = (struct machine_alloc){ (const void *)note->start,
			note->bytes, note->ip };
	return note;
}
