/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/audit.h"
#include "mm/pagetable.h"
#include "mm/tlbflush.h"

const struct tlbflush_ops *tlbflush_ops;
unsigned tlb_single_page_flush_ceiling;

/* INV-T7 looks at all of a TLB: at a CPU's first flushes, then now and then. */
#define T7_FIRST	32
#define T7_EVERY	32

DEFINE_FAULT(flush_in_flush, "INV-I9", "a flush begins another one");

static DEFINE_PER_CPU(struct flush_stat, flush_stats);
static DEFINE_PER_CPU(u64, flushes_done);
static DEFINE_PER_CPU(unsigned, flushes_under_way);

/* INV-I9, and the half of INV-C1 that concerns all flushes. */
static void flush_begins(void)
{
	const char *lock = lock_held_spinning();

	if (this_cpu_var(flushes_under_way)++)
		audit_violated("INV-I9", "CPU %u begins a flush within another",
			       smp_processor_id());
	if (lock)
		audit_violated("INV-C1", "a flush waits under %s", lock);
}

static void flush_ends(void)
{
	this_cpu_var(flushes_under_way)--;
}

void flush_tlb_kernel_range(u64 start, u64 end)
{
	if_checked(flush_begins());
	if (FAULT(flush_in_flush))
		flush_tlb_all();
	tlbflush_ops->kernel_range(start, end);
	if_checked(flush_ends());
}

void flush_tlb_all(void)
{
	if_checked(flush_begins());
	this_cpu_field_add(this_cpu_ptr(&flush_stats)->all, 1);
	tlbflush_ops->all();
	if_checked(flush_ends());
}

static bool above_ceiling(u64 start, u64 end)
{
	return end == TLB_FLUSH_ALL ||
		end - start > (u64)tlb_single_page_flush_ceiling << PAGE_SHIFT;
}

static void check_ceiling(u64 start, u64 end, bool full)
{
	if (full != above_ceiling(start, end))
		audit_violated("INV-T8", "0x%lx-0x%lx was flushed %s, the "
			       "ceiling is %u pages", start, end,
			       full ? "in full" : "page by page",
			       tlb_single_page_flush_ceiling);
}

void flush_note_request(u64 start, u64 end, bool full)
{
	struct flush_stat *stat = this_cpu_ptr(&flush_stats);

	if (full) {
		this_cpu_field_add(stat->full, 1);
	} else {
		this_cpu_field_add(stat->ranged, 1);
		this_cpu_field_add(stat->pages,
				   DIV_ROUND_UP(end - start, PAGE_SIZE));
	}
	if_checked(check_ceiling(start, end, full));
}

struct flushed_range {
	u64	start, end;
};

/* An entry that has outlived a flush of its range must be a present one's. */
static void check_survivor(void *arg, u64 addr, u64 pfn)
{
	const struct flushed_range *range = arg;
	u64 now;

	if (addr < range->start || addr >= range->end)
		return;
	if (!kernel_lookup_address(addr, &now) || now != pfn)
		audit_violated("INV-T7", "CPU %u still translates 0x%lx after "
			       "the flush of 0x%lx-0x%lx", smp_processor_id(),
			       addr, range->start, range->end);
}

void flush_note_done(u64 start, u64 end, u64 nr_single)
{
	struct flushed_range range = { start, end };
	u64 nth = this_cpu_var(flushes_done)++;

	if (end != TLB_FLUSH_ALL &&
	    nr_single != DIV_ROUND_UP(end - start, PAGE_SIZE))
		audit_violated("INV-T9", "%lu invalidations for 0x%lx-0x%lx",
			       nr_single, start, end);
	if (nth < T7_FIRST || nth % T7_EVERY == 0)
		tlb_for_each(smp_processor_id(), check_survivor, &range);
}

void flush_stat_read(struct flush_stat *out)
{
	unsigned cpu;

	*out = (struct flush_stat){ 0 };
	for_each_possible_cpu(cpu) {
		const struct flush_stat *s = per_cpu_ptr(&flush_stats, cpu);

		out->full += READ_ONCE(s->full);
		out->ranged += READ_ONCE(s->ranged);
		out->pages += READ_ONCE(s->pages);
		out->all += READ_ONCE(s->all);
	}
}
