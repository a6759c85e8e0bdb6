/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording: see trace.h. Never instrumented. */
#include <stdlib.h>
#include <string.h>

#include "cpus/trace_buffer.h"
#include "cpus/trace_ring.h"
#include "cpus/twin.h"

#define BUFFER_MIN	4096	/* holds the longest record */

struct trace_ring *trace_rings;
static u64 ring_mask;		/* words of a ring, less one */

int trace_create(size_t buffer_bytes)
{
	u64 nr_words = 1UL << ilog2(max_t(size_t, buffer_bytes, BUFFER_MIN) /
				    sizeof(u64));
	size_t size = nr_cpu_ids * sizeof(*trace_rings);
	u64 *words = calloc(nr_cpu_ids * nr_words, sizeof(u64));

	trace_rings = aligned_alloc(CACHELINE, size);
	if (!words || !trace_rings)
		return -ENOMEM;
	memset(trace_rings, 0, size);
	ring_mask = nr_words - 1;
	for (unsigned cpu = 0; cpu < nr_cpu_ids; cpu++)
		trace_rings[cpu].words = words + cpu * nr_words;
	return 0;
}

void trace_set(bool on)
{
	unsigned cpu;

	for_each_possible_cpu(cpu)
		WRITE_ONCE(cpus[cpu]->own.traced, on && trace_rings);
}

u64 trace_address(const void *p)
{
	u64 offset = (u64)((const char *)p - machine_direct_map);

	if ((u64)p < 4096)
		return (u64)p;
	return offset < arena_size() ? DIRECT_MAP_PRINT_BASE + offset : ~0UL;
}

size_t trace_text_size(const char *text)
{
	return strlen(text);
}

/* ---- one record ---- */
static u8 context_of(const struct cpu *cpu)
{
	unsigned count = (unsigned)cpu->own.preempt_count;
	unsigned depth = min_t(unsigned, count & PREEMPT_MASK, TRACE_DEPTH_MAX);
	unsigned bh = count & SOFTIRQ_MASK;

	return (u8)(depth << TRACE_DEPTH_SHIFT |
		    (cpu->own.irqs_off ? TRACE_IRQS_OFF : 0) |
		    (bh >= SOFTIRQ_DISABLE_OFFSET ? TRACE_BH_OFF : 0) |
		    (count & HARDIRQ_MASK ? TRACE_HARDIRQ : 0) |
		    (bh & SOFTIRQ_OFFSET ? TRACE_SOFTIRQ : 0));
}

void trace_read_words(const struct trace_ring *ring, u64 at, void *to,
		      unsigned nr)
{
	u64 *words = to;

	for (unsigned i = 0; i < nr; i++)
		words[i] = ring->words[(at + i) & ring_mask];
}

static void put_words(struct trace_ring *ring, const void *from, size_t size)
{
	u64 word;

	for (size_t done = 0; done < size; done += sizeof(word)) {
		word = 0;
		memcpy(&word, (const char *)from + done,
		       min(size - done, sizeof(word)));
		ring->words[ring->head++ & ring_mask] = word;
	}
}

static void drop_oldest(struct trace_ring *ring)
{
	struct trace_entry oldest;

	trace_read_words(ring, ring->tail, &oldest, TRACE_ENTRY_WORDS);
	ring->tail += trace_nr_words(&oldest);
	ring->entries--;
	ring->lost++;
}

void trace_record(const struct trace_event *event, const void *data,
		  size_t data_size, unsigned nr, ...)
{
	const struct cpu *cpu = this_cpu();
	struct trace_ring *ring = &trace_rings[cpu->own.id];
	struct trace_entry entry = {
		.time_ns	= sched_clock(),
		.event		= event,
		.pid		= cpu->own.current_task->pid,
		.data_size	= (u16)data_size,
		.nr_values	= (u8)nr,
		.context	= context_of(cpu),
	};
	va_list values;

	while (ring->head + trace_nr_words(&entry) - ring->tail > ring_mask + 1)
		drop_oldest(ring);
	put_words(ring, &entry, sizeof(entry));
	va_start(values, nr);
	for (unsigned i = 0; i < nr; i++) {
		u64 value = va_arg(values, u64);

		put_words(ring, &value, sizeof(value));
	}
	va_end(values);
	put_words(ring, data, data_size);
	ring->entries++;
}

/* ---- for readers ---- */
void trace_stat_read(struct trace_stat *out)
{
	unsigned cpu;

	*out = (struct trace_stat){ 0 };
	if (!trace_rings)
		return;
	for_each_possible_cpu(cpu) {
		out->entries += trace_rings[cpu].entries;
		out->lost += trace_rings[cpu].lost;
	}
}
