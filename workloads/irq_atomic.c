/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network card's receive path near the watermarks. On each CPU a device
 * interrupts every irq_every and fills one slot of a ring of depth buffers with
 * kmalloc(size, GFP_ATOMIC); the CPU's task empties a full ring, and in between
 * allocates pages with GFP_KERNEL until pressure= says stop, then gives half of
 * them back. So the task runs into the min watermark, or stays above low, and
 * the interrupts live on what is reserved for them.
 *
 * violate=1: the first interrupts of each CPU use GFP_KERNEL and vmalloc as
 * well. The kernel must report each such call and give nothing.
 */
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/percpu.h"
#include "mm/slab.h"
#include "mm/vmalloc.h"
#include "workloads/workload.h"

enum { KEY_IRQ_EVERY, KEY_OBJECT_SIZE, KEY_DEPTH, KEY_PRESSURE, KEY_VIOLATE };
enum { OP_IRQ_ALLOC, OP_TASK_ALLOC, OP_KFREE };
enum { PRESSURE_NONE, PRESSURE_LOW, PRESSURE_MIN };

#define BURST		32	/* pages a loop asks for */
#define HELD_MAX	4096	/* pages a task holds at most */
#define VIOLATIONS	4	/* interrupts of each CPU that violate */

/* One CPU's device and its task. */
struct nic {
	struct worker		*w;		/* fixed before interrupts */
	void			**slots;	/* depth of them */
	/* With interrupts off, or in the interrupt: */
	u64			nr;		/* filled */
	u64			next_ns;	/* of the timer; 0: off */
	u64			nr_irqs, nr_full;
	u64			lowest_irq;	/* free_of_min() at a success */
	u64			made, reported;	/* violations */
	/* Of the task: */
	struct list_head	held;
	u64			nr_held;
	u64			lowest_task;
};

static DEFINE_PER_CPU(struct nic, nics);

/* What the pressure is kept by: blocks that nobody frees until the end. */
static struct list_head hog[NR_PAGE_ORDERS];
static u64 marks[NR_WMARK];	/* sums over the zones */

/* Without what lower zones keep from requests like ours. */
static u64 free_pages_now(void)
{
	struct zone *zone;
	u64 sum = 0;
	unsigned i;

	for_each_populated_zone(zone, i) {
		u64 kept = zone->lowmem_reserve[ZONE_NORMAL];

		sum += max(zone_free_pages(zone), kept) - kept;
	}
	return sum;
}

/* What a zone has for requests like ours, in thousandths of its min mark. */
static u64 free_of_min(const struct zone *zone)
{
	u64 kept = zone->lowmem_reserve[ZONE_NORMAL];

	return (max(zone_free_pages(zone), kept) - kept) * 1000 /
	       zone->watermark[WMARK_MIN];
}

/* A request was granted by the zone of p. Not ZONE_DMA: one refill of a per-CPU
 * list goes through all its marks. */
static void note_free(u64 *lowest, const void *p)
{
	const struct zone *zone = page_zone(virt_to_page(p));

	if (zone->idx != ZONE_DMA)
		*lowest = min(*lowest, free_of_min(zone));
}

/* ---- the interrupt ---- */
/* A call that must not be made here: reported once, and without a result. */
#define VIOLATE(nic, call) do { \
	u64 before_ = this_cpu()->own.nr_reports; \
	bool gave_ = (call) != 0; \
	(nic)->made++; \
	(nic)->reported += !gave_ && \
		this_cpu()->own.nr_reports == before_ + 1; \
} while (0)

static void violate(struct nic *nic)
{
	u64 size = run_key(nic->w->run, KEY_OBJECT_SIZE);

	VIOLATE(nic, kmalloc(size, GFP_KERNEL));
	VIOLATE(nic, vmalloc(size));
}

static void fill_slot(struct nic *nic)
{
	u64 t = op_begin(nic->w, OP_IRQ_ALLOC);
	void *p = kmalloc(run_key(nic->w->run, KEY_OBJECT_SIZE), GFP_ATOMIC);

	op_end(nic->w, OP_IRQ_ALLOC, t);
	if (!p) {
		op_failed(nic->w, OP_IRQ_ALLOC);
		return;
	}
	nic->slots[nic->nr++] = p;
	note_free(&nic->lowest_irq, p);
}

static void arm(struct nic *nic)
{
	u64 now = sched_clock();

	/* What could not be in time is lost, as with a real line. */
	nic->next_ns += run_key(nic->w->run, KEY_IRQ_EVERY);
	if (nic->next_ns <= now)
		nic->next_ns = now + run_key(nic->w->run, KEY_IRQ_EVERY);
	machine_device_timer(nic->next_ns);
}

static void device(void)
{
	struct nic *nic = this_cpu_ptr(&nics);

	if (!nic->next_ns)
		return;
	nic->nr_irqs++;
	if (run_key(nic->w->run, KEY_VIOLATE) && nic->made < 2 * VIOLATIONS)
		violate(nic);
	if (nic->nr < run_key(nic->w->run, KEY_DEPTH))
		fill_slot(nic);
	else
		nic->nr_full++;
	arm(nic);
}

/* ---- the task ---- */
static void empty_ring(struct worker *w, struct nic *nic)
{
	void *p;
	bool flags;
	u64 t;

	for (;;) {
		local_irq_save(flags);
		p = nic->nr ? nic->slots[--nic->nr] : NULL;
		local_irq_restore(flags);
		if (!p)
			break;
		t = op_begin(w, OP_KFREE);
		kfree(p);
		op_end(w, OP_KFREE, t);
		machine_device_poll();
	}
}

static void give_back(struct nic *nic, u64 nr)
{
	while (nr-- && nic->nr_held) {
		struct page *page = list_first_entry(&nic->held, struct page,
						     lru);

		list_del(&page->lru);
		__free_pages(page, 0);
		nic->nr_held--;
	}
}

static bool under_pressure(struct worker *w, struct nic *nic)
{
	u64 pressure = run_key(w->run, KEY_PRESSURE);

	return nic->nr_held >= HELD_MAX ||
	       (pressure == PRESSURE_LOW &&
		free_pages_now() <= marks[WMARK_LOW]);
}

/* One page more; false: no more for now. */
static bool hold_page(struct worker *w, struct nic *nic)
{
	struct page *page;
	u64 t;

	if (under_pressure(w, nic))
		return false;
	t = op_begin(w, OP_TASK_ALLOC);
	page = alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0);
	op_end(w, OP_TASK_ALLOC, t);
	if (!page) {
		op_failed(w, OP_TASK_ALLOC);
		return false;
	}
	list_add(&page->lru, &nic->held);
	nic->nr_held++;
	note_free(&nic->lowest_task, page_address(page));
	return true;
}

static void start_device(struct nic *nic)
{
	bool flags;

	local_irq_save(flags);
	nic->next_ns = sched_clock();
	arm(nic);
	local_irq_restore(flags);
}

static bool loop(struct worker *w)
{
	struct nic *nic = this_cpu_ptr(&nics);
	unsigned i;

	if (!nic->next_ns)
		start_device(nic);
	for (i = 0; i < BURST && hold_page(w, nic); i++)
		machine_device_poll();
	if (i < BURST)
		give_back(nic, nic->nr_held / 2);
	if (READ_ONCE(nic->nr) == run_key(w->run, KEY_DEPTH))
		empty_ring(w, nic);
	/* The time between two packets, in which the ring fills. */
	ndelay(run_key(w->run, KEY_IRQ_EVERY));
	return true;
}

/* ---- before and after ---- */
/* Takes all that a task can get, then leaves each CPU a part to play with. */
static void take_memory(struct run *run)
{
	u64 spare = run->nr_cpus * BURST * 4;
	struct page *page;

	for (unsigned order = NR_PAGE_ORDERS; order-- > 0; ) {
		INIT_LIST_HEAD(&hog[order]);
		if (run_key(run, KEY_PRESSURE) == PRESSURE_NONE)
			continue;
		while (free_pages_now() > marks[WMARK_LOW] + spare +
		       (1UL << order) &&
		       (page = alloc_pages(GFP_NOWAIT, order)))
			list_add(&page->lru, &hog[order]);
	}
}

static const char *setup(struct run *run)
{
	struct zone *zone;
	unsigned i;

	for (i = 0; i < NR_WMARK; i++)
		marks[i] = 0;
	for_each_populated_zone(zone, i)
		for (unsigned m = 0; m < NR_WMARK; m++)
			marks[m] += zone->watermark[m];
	take_memory(run);
	kernel_report_all(run_key(run, KEY_VIOLATE));
	machine_set_device_handler(device);
	return NULL;
}

static void prepare(struct worker *w)
{
	struct nic *nic = this_cpu_ptr(&nics);

	nic->w = w;
	nic->slots = w->run->alloc(run_key(w->run, KEY_DEPTH) *
				   sizeof(*nic->slots));
	INIT_LIST_HEAD(&nic->held);
	nic->lowest_irq = nic->lowest_task = ~0UL;
}

/* Until the next loop: under GFP_ATOMIC's fire from all CPUs nobody gets a lock
 * of a zone by trying, as those do who print the kernel's views. */
static void rest(struct worker *w)
{
	struct nic *nic = this_cpu_ptr(&nics);
	bool flags;

	(void)w;
	local_irq_save(flags);
	nic->next_ns = 0;
	machine_device_timer(0);
	local_irq_restore(flags);
}

static void finish(struct worker *w)
{
	struct nic *nic = this_cpu_ptr(&nics);

	empty_ring(w, nic);
	give_back(nic, nic->nr_held);
}

static void report(struct run *run)
{
	u64 irqs = 0, full = 0, irq = ~0UL, task = ~0UL, made = 0, told = 0;

	for (unsigned cpu = 0; cpu < run->nr_cpus; cpu++) {
		const struct nic *nic = per_cpu_ptr(&nics, cpu);

		irqs += nic->nr_irqs;
		full += nic->nr_full;
		irq = min(irq, nic->lowest_irq);
		task = min(task, nic->lowest_task);
		made += nic->made;
		told += nic->reported;
	}
	run_figure(run, "interrupts", irqs);
	run_figure(run, "ring_full", full);
	run_figure(run, "min_pages", marks[WMARK_MIN]);
	run_figure(run, "low_pages", marks[WMARK_LOW]);
	if (task != ~0UL)
		run_figure(run, "task_lowest_permille_of_min", task);
	if (irq != ~0UL)
		run_figure(run, "irq_lowest_permille_of_min", irq);
	run_figure(run, "reserve_allocs", sum_vm_event(ALLOC_RESERVE));
	run_figure(run, "highatomic_blocks",
		   sum_vm_event(HIGHATOMIC_RESERVED));
	if (!run_key(run, KEY_VIOLATE))
		return;
	run_figure(run, "violations_made", made);
	run_figure(run, "violations_reported", told);
	run->bugs_expected += told;
	if (made != told || !made)
		kernel_bug("irq_atomic: %lu of %lu violations were reported",
			   (unsigned long)told, (unsigned long)made);
}

static void teardown(struct run *run)
{
	machine_set_device_handler(NULL);
	kernel_report_all(false);
	report(run);
	for (unsigned order = 0; order < NR_PAGE_ORDERS; order++) {
		while (!list_empty(&hog[order])) {
			struct page *page = list_first_entry(&hog[order],
							     struct page, lru);

			list_del(&page->lru);
			__free_pages(page, order);
		}
	}
}

static const char *const pressures[] = { "none", "low", "min", NULL };

static const struct workload_key keys[] = {
	[KEY_IRQ_EVERY] = { "irq_every", KEY_TIME, "10us", 500, 1000000000,
			    NULL, "between two interrupts of a CPU" },
	[KEY_OBJECT_SIZE] = { "size", KEY_SIZE, "2048", 1, 4 << 20, NULL,
			      "bytes of a buffer" },
	[KEY_DEPTH] = { "depth", KEY_UINT, "256", 1, 1 << 16, NULL,
			"buffers in the ring of each CPU" },
	[KEY_PRESSURE] = { "pressure", KEY_ENUM, "min", 0, 0, pressures,
			   "free pages that tasks leave: none is taken, low "
			   "or min watermark" },
	[KEY_VIOLATE] = { "violate", KEY_BOOL, "0", 0, 1, NULL,
			  "interrupts use GFP_KERNEL and vmalloc, too" },
	{ 0 },
};

const struct workload workload_irq_atomic = {
	.name		= "irq_atomic",
	.summary	= "interrupts allocate with GFP_ATOMIC near the "
			  "watermarks",
	.keys		= keys,
	.ops		= { "irq_kmalloc", "task_alloc_pages", "kfree" },
	.phases		= { { "loop", loop, 7 } },
	.loops		= 2000,
	.setup		= setup,
	.prepare	= prepare,
	.finish		= finish,
	.rest		= rest,
	.teardown	= teardown,
};
