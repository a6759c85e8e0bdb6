/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/compose.h"

#include <string.h>

#include "mm/fault_inject.h"
#include "mm/pcp.h"
#include "mm/slab_def.h"
#include "mm/tlbflush.h"
#include "mm/vmap.h"
#include "mm/watermark.h"

const struct workload *const compose_workloads[] = {
	&workload_kmalloc_vs_vmalloc,
	&workload_fix_size_alloc,
	&workload_full_fit_alloc,
	&workload_long_busy_list_alloc,
	&workload_random_size_alloc,
	&workload_fix_align_alloc,
	&workload_random_size_align_alloc,
	&workload_align_shift_alloc,
	&workload_kvfree_rcu,
	&workload_vm_map_ram,
	&workload_page_alloc,
	&workload_fragmentation,
	&workload_page_torture,
	&workload_irq_atomic,
	&workload_slab_remote_free,
	&workload_slab_bulk,
	&workload_slab_errors,
	&workload_dma_exhaust,
	&workload_lockhammer,
	&workload_tlb_storm,
	NULL,
};

static const void *const vmaps[] = { &vmap_nodes, &vmap_augmented, NULL };
static const void *const slabs[] = { &slab_slub, &slab_layered, &slab_sheaves,
				      NULL };
static const void *const pcps[] = { &pcp_tuned, &pcp_fixed, NULL };
static const void *const locks[] = { &lock_qspinlock, &lock_ticket, NULL };
static const void *const flushes[] = { &tlbflush_ipi, NULL };

static void choose_vmap(struct mm_config *config, const void *member)
{
	config->vmap = member;
}

static void choose_slab(struct mm_config *config, const void *member)
{
	slab_ops = member;
}

static void choose_pcp(struct mm_config *config, const void *member)
{
	pcp_ops = member;
}

static void choose_lock(struct mm_config *config, const void *member)
{
	lock_ops = member;
}

static void choose_flush(struct mm_config *config, const void *member)
{
	config->flush = member;
}

const struct family compose_families[] = {
	{ "vmap", "how areas of the vmalloc space are found", vmaps,
	  choose_vmap },
	{ "slab", "how objects are cached", slabs, choose_slab },
	{ "pcp", "how many pages move at once to and from a CPU's lists", pcps,
	  choose_pcp },
	{ "lock", "how a spinlock waits", locks, choose_lock },
	{ "flush", "how a flush reaches the other CPUs", flushes,
	  choose_flush },
	{ 0 },
};

static void set_pcp_batch(struct mm_config *config, u64 value)
{
	config->pcp_batch = value;
}

/* Less would leave the buddy lists too little: the sysctl refuses it, too. */
static void set_pcp_high_fraction(struct mm_config *config, u64 value)
{
	percpu_pagelist_high_fraction = (unsigned)value;
}

static void set_tlb_ceiling(struct mm_config *config, u64 value)
{
	config->tlb_ceiling = value;
	config->tlb_ceiling_set = true;
}

static void set_lazy_max(struct mm_config *config, u64 value)
{
	config->lazy_max_pages = value;
}

static void set_nr_cpus(struct mm_config *config, u64 value)
{
	config->nr_cpus = (unsigned)value;
}

static void set_vmap_nodes(struct mm_config *config, u64 value)
{
	config->vmap_nodes = value;
}

static void set_nomerge(struct mm_config *config, u64 value)
{
	config->slab_nomerge = value;
}

static void set_memcg(struct mm_config *config, u64 value)
{
	config->no_memcg = !value;
}

static void set_natural_align(struct mm_config *config, u64 value)
{
	config->no_natural_align = !value;
}

static void set_random_kmalloc(struct mm_config *config, u64 value)
{
	config->random_kmalloc = value;
}

static void set_usercopy(struct mm_config *config, u64 value)
{
	config->no_hardened_usercopy = !value;
}

static void set_freelist_random(struct mm_config *config, u64 value)
{
	config->slab_freelist_random = value;
}

static void set_freelist_hardened(struct mm_config *config, u64 value)
{
	config->slab_freelist_hardened = value;
}

static void set_slab_debug(struct mm_config *config, const char *text)
{
	config->slab_debug = text;
}

/* The request has looked at the text. */
static void set_failslab(struct mm_config *config, const char *text)
{
	must(!setup_fault_attr(&failslab.attr, text));
}

static void set_failslab_wait(struct mm_config *config, u64 value)
{
	failslab.ignore_gfp_wait = value;
}

static void set_failslab_filter(struct mm_config *config, u64 value)
{
	failslab.cache_filter = value;
}

static void set_failslab_verbose(struct mm_config *config, u64 value)
{
	failslab.attr.verbose = (unsigned)value;
}

static void set_fail_page(struct mm_config *config, const char *text)
{
	must(!setup_fault_attr(&fail_page_alloc.attr, text));
}

static void set_fail_page_wait(struct mm_config *config, u64 value)
{
	fail_page_alloc.ignore_gfp_wait = value;
}

static void set_fail_page_highmem(struct mm_config *config, u64 value)
{
	fail_page_alloc.ignore_gfp_highmem = value;
}

static void set_fail_page_order(struct mm_config *config, u64 value)
{
	fail_page_alloc.min_order = (unsigned)value;
}

static void set_fail_page_verbose(struct mm_config *config, u64 value)
{
	fail_page_alloc.attr.verbose = (unsigned)value;
}

const struct tunable compose_tunables[] = {
	{ { "pcp.batch", KEY_UINT, NULL, 1, 1024, NULL,
	    "pages moved at once between per-CPU lists and buddy" },
	  set_pcp_batch },
	{ { "pcp.high_fraction", KEY_UINT, NULL,
	    MIN_PERCPU_PAGELIST_HIGH_FRACTION, 1 << 20, NULL,
	    "vm.percpu_pagelist_high_fraction: a CPU's lists hold that part of "
	    "a zone, and do not tune themselves" },
	  set_pcp_high_fraction },
	{ { "tlb.ceiling", KEY_UINT, NULL, 0, 1 << 20, NULL,
	    "a flush of more pages is a full one; 0: always" },
	  set_tlb_ceiling },
	{ { "lazy_max_pages", KEY_UINT, NULL, 1, 1UL << 32, NULL,
	    "pages of freed areas that start a purge" },
	  set_lazy_max },
	{ { "nr_cpus", KEY_UINT, NULL, 1, 1 << 20, NULL,
	    "CONFIG_NR_CPUS: above 2048 blocks of vm_map_ram are smaller" },
	  set_nr_cpus },
	{ { "vmap.nodes", KEY_UINT, NULL, 1, 128, NULL,
	    "vmap nodes, at most the CPUs" },
	  set_vmap_nodes },
	{ { "slab_nomerge", KEY_BOOL, NULL, 0, 0, NULL,
	    "1: no cache is folded into another like it" },
	  set_nomerge },
	{ { "memcg", KEY_BOOL, NULL, 0, 0, NULL,
	    "CONFIG_MEMCG, on: __GFP_ACCOUNT has the kmalloc-cg caches" },
	  set_memcg },
	{ { "kmalloc_natural_align", KEY_BOOL, NULL, 0, 0, NULL,
	    "0: kmalloc-96 and -192 are aligned to 8 bytes, as before 6.11" },
	  set_natural_align },
	{ { "random_kmalloc_caches", KEY_BOOL, NULL, 0, 0, NULL,
	    "CONFIG_RANDOM_KMALLOC_CACHES, off: 16 caches a class, by caller" },
	  set_random_kmalloc },
	{ { "hardened_usercopy", KEY_BOOL, NULL, 0, 0, NULL,
	    "CONFIG_HARDENED_USERCOPY, on: no kmalloc cache is folded" },
	  set_usercopy },
	{ { "slab_freelist_random", KEY_BOOL, NULL, 0, 0, NULL,
	    "CONFIG_SLAB_FREELIST_RANDOM, off: slabs begin in random order" },
	  set_freelist_random },
	{ { "slab_freelist_hardened", KEY_BOOL, NULL, 0, 0, NULL,
	    "CONFIG_SLAB_FREELIST_HARDENED, off: links are encoded, a double "
	    "free of a list's head is a BUG" },
	  set_freelist_hardened },
	{ { "slab_debug", KEY_SLAB_DEBUG, NULL, 0, 0, NULL,
	    "debugging of slab caches, as the kernel's slab_debug=: F checks, "
	    "Z red zones, P poison, U who, T trace, O not if slabs grow, - "
	    "none; FZPU,kmalloc-64,dentry* for some caches; a ; between "
	    "blocks" },
	  .set_text = set_slab_debug },
	{ { "failslab", KEY_FAULT_ATTR, NULL, 0, 0, NULL,
	    "INTERVAL,PROBABILITY,SPACE,TIMES, as the kernel's failslab=: slab "
	    "objects are refused, one in INTERVAL of those not spared with so "
	    "many per cent, after SPACE bytes, TIMES at most (-1: any)" },
	  .set_text = set_failslab },
	{ { "failslab.ignore-gfp-wait", KEY_BOOL, NULL, 0, 0, NULL,
	    "on, unless said: callers that may reclaim are spared" },
	  set_failslab_wait },
	{ { "failslab.cache-filter", KEY_BOOL, NULL, 0, 0, NULL,
	    "only caches that slab_debug=A marks" },
	  set_failslab_filter },
	{ { "failslab.verbose", KEY_UINT, NULL, 0, 2, NULL,
	    "0: silent, 1: a report each, 2, unless said: and where" },
	  set_failslab_verbose },
	{ { "fail_page_alloc", KEY_FAULT_ATTR, NULL, 0, 0, NULL,
	    "the same of pages, of which SPACE counts" },
	  .set_text = set_fail_page },
	{ { "fail_page_alloc.ignore-gfp-wait", KEY_BOOL, NULL, 0, 0, NULL,
	    "on, unless said: callers that may reclaim are spared" },
	  set_fail_page_wait },
	{ { "fail_page_alloc.ignore-gfp-highmem", KEY_BOOL, NULL, 0, 0, NULL,
	    "on, unless said: callers that may get highmem are spared" },
	  set_fail_page_highmem },
	{ { "fail_page_alloc.min-order", KEY_UINT, NULL, 0, 10, NULL,
	    "1, unless said: smaller blocks are spared" },
	  set_fail_page_order },
	{ { "fail_page_alloc.verbose", KEY_UINT, NULL, 0, 2, NULL,
	    "as failslab.verbose" },
	  set_fail_page_verbose },
	{ { 0 }, NULL },
};

/*
 * What a generation is: the members and constants below, and how the version's
 * text views look (mm_since()). Everything else is as in 6.12, and a run of
 * another generation says so.
 */
const struct generation compose_generations[] = {
	{ "6.1", KERNEL_VERSION(6, 1),
	  "one tree of vmap areas, page lists of fixed length, no random "
	  "kmalloc caches",
	  "slabs of a CPU's partial list are not frozen, page lists have no "
	  "free_factor, vm_map_ram() and kvfree_rcu() are those of 6.12",
	  { { "vmap", "augmented" }, { "slab", "slub" }, { "pcp", "fixed" },
	    { "lock", "qspinlock" }, { "flush", "ipi" },
	    { "kmalloc_natural_align", "0" } },
	  { "random_kmalloc_caches" } },
	{ COMPOSE_KERNEL, KERNEL_VERSION(6, 12),
	  "SLUB with CPU slabs, vmap nodes, tuned page lists", NULL,
	  { { "vmap", "nodes" }, { "slab", "slub" }, { "pcp", "tuned" },
	    { "lock", "qspinlock" }, { "flush", "ipi" },
	    { "kmalloc_natural_align", "1" } }, { NULL } },
	{ "6.18", KERNEL_VERSION(6, 18),
	  "sheaves above CPU slabs in caches that ask for them",
	  "maple_node and vm_area_struct, which ask for sheaves, are not "
	  "there; all but slabs and zoneinfo is that of 6.12",
	  { { "vmap", "nodes" }, { "slab", "layered" }, { "pcp", "tuned" },
	    { "lock", "qspinlock" }, { "flush", "ipi" },
	    { "kmalloc_natural_align", "1" } }, { NULL } },
	{ "7.0", KERNEL_VERSION(7, 0),
	  "sheaves and node barns instead of CPU slabs",
	  "all but slabs and zoneinfo is that of 6.12",
	  { { "vmap", "nodes" }, { "slab", "sheaves" }, { "pcp", "tuned" },
	    { "lock", "qspinlock" }, { "flush", "ipi" },
	    { "kmalloc_natural_align", "1" } }, { NULL } },
	{ 0 },
};

const struct arch *const compose_archs[] = { &arch_x86_64_4l, NULL };

const struct workload *compose_workload(const char *name)
{
	for (unsigned i = 0; compose_workloads[i]; i++)
		if (!strcmp(compose_workloads[i]->name, name))
			return compose_workloads[i];
	return NULL;
}

const struct generation *compose_generation(const char *name)
{
	for (unsigned i = 0; compose_generations[i].name; i++)
		if (!strcmp(compose_generations[i].name, name))
			return &compose_generations[i];
	return NULL;
}

const struct arch *compose_arch(const char *name)
{
	for (unsigned i = 0; compose_archs[i]; i++)
		if (!strcmp(compose_archs[i]->name, name))
			return compose_archs[i];
	return NULL;
}

const struct family *compose_family(const char *name)
{
	for (unsigned i = 0; compose_families[i].name; i++)
		if (!strcmp(compose_families[i].name, name))
			return &compose_families[i];
	return NULL;
}

const void *compose_member(const struct family *family, const char *name)
{
	for (unsigned i = 0; family->members[i]; i++) {
		const struct named *member = family->members[i];

		if (!strcmp(member->name, name))
			return member;
	}
	return NULL;
}

const struct tunable *compose_tunable(const char *name)
{
	for (unsigned i = 0; compose_tunables[i].key.name; i++)
		if (!strcmp(compose_tunables[i].key.name, name))
			return &compose_tunables[i];
	return NULL;
}

const char *compose_choice(const struct generation *generation,
			   const char *family)
{
	for (unsigned i = 0; i < ARRAY_SIZE(generation->choices); i++)
		if (generation->choices[i][0] &&
		    !strcmp(generation->choices[i][0], family))
			return generation->choices[i][1];
	return NULL;
}
