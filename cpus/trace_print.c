/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was recorded as the text of the kernel's trace file (kernel/trace/
 * trace.c and trace_output.c, 6.12): the CPUs' rings merged by time, of equal
 * times the lower CPU first. What a ring has lost is said before its first
 * event, as trace_pipe does.
 */
#include <stdlib.h>
#include <string.h>

#include "cpus/trace_buffer.h"
#include "cpus/trace_ring.h"
#include "cpus/twin.h"

#define VALUES_MAX	9
#define DATA_MAX	(NR_CPUS_MAX / 8)
#define LINES_PER_BEAT	65536

struct record {
	struct trace_entry	entry;
	u64			values[VALUES_MAX];
	char			data[DATA_MAX];
};

static void read_record(struct record *record, const struct trace_ring *ring)
{
	u64 at = ring->tail + TRACE_ENTRY_WORDS;

	trace_read_words(ring, ring->tail, &record->entry, TRACE_ENTRY_WORDS);
	trace_read_words(ring, at, record->values, record->entry.nr_values);
	trace_read_words(ring, at + record->entry.nr_values, record->data,
			 DIV_ROUND_UP(record->entry.data_size, sizeof(u64)));
}

/* ---- names of tasks ---- */
static const char **comms;	/* by pid */
static int nr_comms;

static void note_comm(void *arg, const struct task_struct *task)
{
	const char **grown;

	if (task->pid >= nr_comms) {
		int nr = max(2 * nr_comms, task->pid + 1);

		grown = realloc(comms, (size_t)nr * sizeof(*comms));
		if (!grown)
			return;
		memset(grown + nr_comms, 0,
		       (size_t)(nr - nr_comms) * sizeof(*comms));
		comms = grown;
		nr_comms = nr;
	}
	comms[task->pid] = task->pid ? task->comm : "<idle>";
}

static const char *comm_of(int pid)
{
	return pid < nr_comms && comms[pid] ? comms[pid] : "<...>";
}

/* ---- a line ---- */
static void print_mask(FILE *file, const struct record *record)
{
	const u32 *words = (const u32 *)record->data;
	unsigned i = record->entry.data_size / sizeof(u32);

	while (i--)
		fprintf(file, "%08x%s", words[i], i ? "," : "");
}

static void print_symbol(FILE *file, unsigned long ip, bool offset)
{
	char text[KSYM_SYMBOL_LEN];
	size_t length = strlen(symbol_print(text, ip));

	if (!offset)
		length = strcspn(text, "+");
	fwrite(text, 1, length, file);
}

static void print_flags(FILE *file, const struct record *record, u64 flags)
{
	char text[256];

	fputs(flags ? record->entry.event->flags_text((u32)flags, text,
						      sizeof(text)) : "none",
	      file);
}

static bool begins(const char **at, const char *with)
{
	size_t length = strlen(with);

	if (strncmp(*at, with, length))
		return false;
	*at += length;
	return true;
}

/* What at, behind the %, says; of data, if it does, else of the value. True
 * if the value was used. */
static bool print_one(FILE *file, const struct record *record,
		      const char **at, u64 value)
{
	bool of_data = true;

	if (begins(at, "*pb"))
		print_mask(file, record);
	else if (begins(at, "s"))
		fprintf(file, "%.*s", record->entry.data_size, record->data);
	else
		of_data = false;
	if (of_data)
		return false;
	if (begins(at, "pGg"))
		print_flags(file, record, value);
	else if (begins(at, "pS"))
		print_symbol(file, value, true);
	else if (begins(at, "ps"))
		print_symbol(file, value, false);
	else if (begins(at, "p"))
		fprintf(file, "%016lx", value);
	else if (begins(at, "lx"))
		fprintf(file, "%lx", value);
	else if (begins(at, "lu"))
		fprintf(file, "%lu", value);
	else if (begins(at, "ld"))
		fprintf(file, "%ld", (long)value);
	else if (begins(at, "u"))
		fprintf(file, "%u", (unsigned)value);
	else if (begins(at, "d"))
		fprintf(file, "%d", (int)value);
	else
		must(begins(at, "B") && fputs(value ? "true" : "false", file));
	return true;
}

static void print_fields(FILE *file, const struct record *record)
{
	const char *at = record->entry.event->text;
	unsigned next = 0;

	for (;;) {
		size_t length = strcspn(at, "%");

		fwrite(at, 1, length, file);
		if (!at[length])
			break;
		at += length + 1;
		next += print_one(file, record, &at,
				  record->values[min(next, VALUES_MAX - 1u)]);
	}
	must(next == record->entry.nr_values);
	fputc('\n', file);
}

/* irqs-off, need-resched (none is ever due), interrupt context, depth of
 * preempt_disable(), of migrate_disable() (tasks never migrate). */
static void print_context(FILE *file, unsigned context)
{
	unsigned off = context & (TRACE_IRQS_OFF | TRACE_BH_OFF);
	unsigned irq = context & (TRACE_HARDIRQ | TRACE_SOFTIRQ);
	unsigned depth = context >> TRACE_DEPTH_SHIFT;

	fprintf(file, "%c.%c%c.", ".dbD"[off], ".hsH"[irq / TRACE_HARDIRQ],
		".123456789abcdef"[depth]);
}

static void print_line(FILE *file, unsigned cpu, struct trace_ring *ring)
{
	struct record record = { .entry.time_ns = 0 };
	const struct trace_entry *entry = &record.entry;
	u64 us;

	read_record(&record, ring);
	us = (entry->time_ns + 500) / 1000;
	if (ring->lost) {
		fprintf(file, "CPU:%u [LOST %lu EVENTS]\n", cpu, ring->lost);
		ring->lost = 0;
	}
	fprintf(file, "%16s-%-7d [%03u] ", comm_of(entry->pid), entry->pid,
		cpu);
	print_context(file, entry->context);
	fprintf(file, " %5lu.%06lu: %s: ", us / 1000000, us % 1000000,
		entry->event->name);
	print_fields(file, &record);
	ring->tail += trace_nr_words(entry);
}

static void print_header(FILE *file)
{
	struct trace_stat stat;

	trace_stat_read(&stat);
	fprintf(file, "# tracer: nop\n#\n"
		"# entries-in-buffer/entries-written: %lu/%lu   #P:%u\n#\n",
		stat.entries, stat.entries + stat.lost, nr_cpu_ids);
	fputs("#                                _-----=> irqs-off/BH-disabled\n"
	      "#                               / _----=> need-resched\n"
	      "#                              | / _---=> hardirq/softirq\n"
	      "#                              || / _--=> preempt-depth\n"
	      "#                              ||| / _-=> migrate-disable\n"
	      "#                              |||| /     delay\n"
	      "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
	      "#              | |         |   |||||     |         |\n", file);
}

/* ---- merging: a heap of the CPUs that have records left ---- */
struct source {
	u64		time_ns;	/* of its oldest record */
	unsigned	cpu;
};

static bool comes_before(const struct source *a, const struct source *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	return a->cpu < b->cpu;
}

static void sift_down(struct source *heap, unsigned nr, unsigned at)
{
	for (;;) {
		unsigned first = at, child = 2 * at + 1;

		for (unsigned i = child; i < child + 2 && i < nr; i++)
			if (comes_before(&heap[i], &heap[first]))
				first = i;
		if (first == at)
			return;
		swap(heap[at], heap[first]);
		at = first;
	}
}

/* False: it has no record any more. */
static bool source_next(struct source *source)
{
	const struct trace_ring *ring = &trace_rings[source->cpu];

	if (ring->tail == ring->head)
		return false;
	/* The time is an entry's first word. */
	trace_read_words(ring, ring->tail, &source->time_ns, 1);
	return true;
}

static void print_merged(FILE *file, struct source *heap, void (*beat)(void))
{
	unsigned cpu, nr = 0;
	u64 lines = 0;

	for_each_possible_cpu(cpu) {
		heap[nr].cpu = cpu;
		nr += source_next(&heap[nr]);
	}
	for (unsigned i = nr / 2; i-- > 0;)
		sift_down(heap, nr, i);
	while (nr && !ferror(file)) {
		print_line(file, heap->cpu, &trace_rings[heap->cpu]);
		if (!source_next(heap))
			*heap = heap[--nr];
		sift_down(heap, nr, 0);
		if (++lines % LINES_PER_BEAT == 0)
			beat();
	}
}

int trace_print(FILE *file, void (*beat)(void))
{
	struct source *heap = calloc(nr_cpu_ids, sizeof(*heap));

	if (!heap)
		return -ENOMEM;
	task_for_each(note_comm, NULL);
	print_header(file);
	print_merged(file, heap, beat);
	free(heap);
	free(comms);
	comms = NULL;
	nr_comms = 0;
	errno = 0;
	if (fflush(file) || ferror(file))
		return errno ? -errno : -EIO;
	return 0;
}
