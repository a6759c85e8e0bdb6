/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's full_fit_alloc_test (lib/test_vmalloc.c, 6.12;
 * vmalloc-tlb-ipi spec 7, bit 2): each CPU makes holes of exactly one area,
 * then takes and gives back areas that fit them exactly.
 */
#include "mm/page_alloc.h"
#include "workloads/vmalloc_ops.h"

enum { KEY_HOLES = NR_VMALLOC_KEYS };

/* J of the spec: as many as pages may be lazily free. */
static u64 nr_holes(const struct run *run)
{
	u64 holes = run_key(run, KEY_HOLES);

	return holes ? holes : fls(num_online_cpus()) *
			       ((32UL << 20) >> PAGE_SHIFT);
}

/* Each CPU keeps a page and its holes had one: twice, and tables, records. */
static const char *setup(struct run *run)
{
	u64 pages = 2 * nr_holes(run) * run->nr_cpus;

	return pages_are_free(run, pages);
}

static void prepare(struct worker *w)
{
	u64 nr = nr_holes(w->run);
	vaddr_t kept = vmalloc(nr * sizeof(vaddr_t));
	vaddr_t junk = vmalloc(nr * sizeof(vaddr_t));

	if (!kept || !junk) {
		vfree(kept);
		vfree(junk);
		return;
	}
	for (u64 i = 0; i < nr; i++) {
		vm_store(kept + i * 8, 8, vmalloc(PAGE_SIZE));
		vm_store(junk + i * 8, 8, vmalloc(PAGE_SIZE));
	}
	drop_areas(junk, nr);
	w->data = (void *)kept;
}

static bool loop(struct worker *w)
{
	vaddr_t area;

	if (!w->data) {
		op_failed(w, OP_VMALLOC);
		return false;
	}
	area = take_area(w, 1);
	if (!area)
		return false;
	vm_store(area, 1, 1);
	give_area(w, area);
	return true;
}

static void finish(struct worker *w)
{
	drop_areas((vaddr_t)w->data, nr_holes(w->run));
}

static const struct workload_key keys[] = {
	VMALLOC_KEYS(NULL),
	[KEY_HOLES] = { "holes", KEY_UINT, "0", 0, 1 << 22, NULL,
			"holes each CPU makes; 0: as in the module,\n"
			"fls(online) * 32 MiB of pages" },
	{ 0 },
};

const struct workload workload_full_fit_alloc = {
	.name		= "full_fit_alloc",
	.summary	= "areas that fit holes exactly (test_vmalloc, bit 2)",
	.keys		= keys,
	.ops		= VMALLOC_OPS,
	.phases		= VMALLOC_PHASES(loop),
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare,
	.finish		= finish,
};
