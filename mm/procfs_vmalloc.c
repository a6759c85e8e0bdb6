/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/vmallocinfo (vmalloc-tlb-ipi spec 3.11; mm/vmalloc.c, 6.12): areas in
 * use node by node, by address in each; then those that wait for a purge.
 * Addresses are real, where a kernel hashes them by default.
 */
#include "mm/procfs.h"
#include "mm/vm_area.h"
#include "mm/vmap.h"

/* Pages on each node; of areas that own theirs. */
static void show_numa_info(struct seq_file *m, const struct vm_struct *vm)
{
	unsigned counters[MAX_NUMNODES] = { 0 };

	for (u64 i = 0; i < vm->nr_pages; i++) {
		struct page *page = vm_area_peek_page(vm, i);

		if (page)
			counters[page_to_nid(page)]++;
	}
	for (unsigned nid = 0; nid < machine_nr_nodes; nid++)
		if (counters[nid])
			seq_printf(m, " N%u=%u", nid, counters[nid]);
}

static void show_descriptor(struct seq_file *m, const struct vm_struct *vm)
{
	char symbol[KSYM_SYMBOL_LEN];

	if (vm->caller)
		seq_printf(m, " %s", symbol_print(symbol, vm->caller));
	if (vm->nr_pages)
		seq_printf(m, " pages=%u", vm->nr_pages);
	if (vm->flags & VM_IOREMAP)
		seq_puts(m, " ioremap");
	if (vm->flags & VM_ALLOC)
		seq_puts(m, " vmalloc");
	if (vm->flags & VM_MAP)
		seq_puts(m, " vmap");
	if (vm->vpages)
		seq_puts(m, " vpages");
	show_numa_info(m, vm);
	seq_putc(m, '\n');
}

static void show_area(void *arg, const struct vmap_area *va,
		      enum vmap_where where)
{
	const struct vm_struct *vm = va->vm;
	struct seq_file *m = arg;
	bool lazy = where == VMAP_LAZY, ram = va->flags & VMAP_RAM;

	/* A descriptor says so until it is complete. */
	if (!lazy && !ram &&
	    (!vm || smp_load_acquire(&vm->flags) & VM_UNINITIALIZED))
		return;
	seq_printf(m, "0x%016lx-0x%016lx %7ld", va->va_start, va->va_end,
		   (long)(va->va_end - va->va_start));
	if (lazy)
		seq_puts(m, " unpurged vm_area\n");
	else if (ram)
		seq_puts(m, " vm_map_ram\n");
	else
		show_descriptor(m, vm);
}

void vmallocinfo_show(struct seq_file *m)
{
	vmap_ops->show(show_area, m);
}
