/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mm/kvfree_rcu.h"
#include "mm/lockclass.h"
#include "mm/mm.h"
#include "mm/mmzone.h"
#include "mm/page_alloc.h"
#include "mm/pagetable.h"
#include "mm/percpu.h"
#include "mm/slab.h"
#include "mm/tlbflush.h"
#include "mm/vmalloc.h"
#include "mm/vmap.h"
#include "mm/xarray.h"

DEFINE_FAULT(boot_translates, "INV-T10",
	     "a CPU has used an address before its page tables are loaded");

struct mm_config mm_config;

static void load_page_tables(void *info)
{
	pagetable_load_on_cpu();
}

void mm_init(const struct mm_config *config)
{
	mm_config = *config;
	vmap_ops = config->vmap ? config->vmap : &vmap_nodes;
	tlbflush_ops = config->flush ? config->flush : &tlbflush_ipi;
	tlb_single_page_flush_ceiling = config->tlb_ceiling_set ?
		config->tlb_ceiling : arch->flush_ceiling_pages;
	lockclass_init();
	percpu_init();
	page_alloc_init();
	kvfree_rcu_init();
	if (config->slab_debug)
		slab_debug_setup(config->slab_debug);
	kmem_cache_init();
	pagetable_init();
	xarray_init();
	vmalloc_init();
	vmstat_init();
	if (FAULT(boot_translates)) {
		load_page_tables(NULL);
		vm_load(vmalloc(PAGE_SIZE), 1);
	}
	on_each_cpu(load_page_tables, NULL, true);
}
