/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing by interrupts, as x86 does (vmalloc-tlb-ipi spec 4.1;
 * arch/x86/mm/tlb.c, 6.12): every online CPU, the caller among them, runs the
 * flush; the caller waits for all. Up to the ceiling page by page, above it
 * everything, global entries too.
 *
 * The order that makes it right: entries are cleared before the call; the
 * call's push is a release and the target's pop an acquire, so that a walk
 * after the target's flush sees them cleared; the target's acknowledgement is
 * a release and the caller's wait an acquire, so that what the caller then
 * does with the addresses comes after every flush.
 */
#include "mm/tlbflush.h"

DEFINE_FAULT(flush_skips_cpu, "INV-T7",
	     "the last CPU acknowledges kernel flushes without flushing");
DEFINE_FAULT(flush_truncated, "INV-T9",
	     "the last page of a ranged flush is left out");
DEFINE_FAULT(flush_ceiling_off_by_one, "INV-T8",
	     "a range of exactly the ceiling is flushed in full");

/*
 * The request that targets read: one a CPU, not on the stack, so that it is
 * warm in the cache of who sends many. Valid with preemption off; a flush
 * within a flush would overwrite it.
 */
struct flush_tlb_info {
	u64	start, end;
};

static DEFINE_PER_CPU_ALIGNED(struct flush_tlb_info, flush_tlb_info);
static DEFINE_PER_CPU(unsigned, flush_tlb_info_users);

static bool left_out(void)
{
	return FAULT(flush_skips_cpu) &&
		smp_processor_id() == num_online_cpus() - 1;
}

static void do_flush_tlb_all(void *info)
{
	if (!left_out())
		tlb_flush_all();
	if_checked(flush_note_done(0, TLB_FLUSH_ALL, 0));
}

static void do_kernel_range_flush(void *arg)
{
	const struct flush_tlb_info *info = arg;
	u64 end = info->end, nr = 0;

	if (FAULT(flush_truncated))
		end -= PAGE_SIZE;
	for (u64 addr = info->start; addr < end; addr += PAGE_SIZE) {
		if (!left_out())
			tlb_flush_one(addr);
		nr++;
	}
	if_checked(flush_note_done(info->start, info->end, nr));
}

static void ipi_all(void)
{
	flush_note_request(0, TLB_FLUSH_ALL, true);
	on_each_cpu(do_flush_tlb_all, NULL, true);
}

static void flush_page_by_page(u64 start, u64 end)
{
	struct flush_tlb_info *info;

	flush_note_request(start, end, false);
	preempt_disable();
	must(this_cpu_var(flush_tlb_info_users) == 0);
	this_cpu_var(flush_tlb_info_users)++;
	info = this_cpu_ptr(&flush_tlb_info);
	info->start = start;
	info->end = end;
	on_each_cpu(do_kernel_range_flush, info, true);
	this_cpu_var(flush_tlb_info_users)--;
	preempt_enable();
}

static void ipi_kernel_range(u64 start, u64 end)
{
	u64 ceiling = (u64)tlb_single_page_flush_ceiling << PAGE_SHIFT;

	if (FAULT(flush_ceiling_off_by_one))
		ceiling -= PAGE_SIZE;
	if (end == TLB_FLUSH_ALL || end - start > ceiling) {
		flush_note_request(start, end, true);
		on_each_cpu(do_flush_tlb_all, NULL, true);
	} else {
		flush_page_by_page(start, end);
	}
}

const struct tlbflush_ops tlbflush_ipi = {
	.name		= "ipi",
	.summary	= "an interrupt to every CPU, and a wait (x86)",
	.kernel_range	= ipi_kernel_range,
	.all		= ipi_all,
};
