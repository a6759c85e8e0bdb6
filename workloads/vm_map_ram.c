/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * test_vmalloc's vm_map_ram_test (lib/test_vmalloc.c, 6.12; vmalloc-tlb-ipi
 * spec 7, bit 1024): each CPU maps the same pages again and again, and writes
 * a byte through each mapping. The module does not look whether it got one.
 */
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "mm/vmap_block.h"
#include "workloads/keys.h"

enum { KEY_NR_PAGES, KEY_NODE };
enum { OP_MAP, OP_UNMAP };

static struct vmap_block_stat before;

static u64 pages_of(const struct run *run)
{
	return max_t(u64, run_key(run, KEY_NR_PAGES), 1);
}

static int node_of(const struct run *run)
{
	return node_choice(run_key(run, KEY_NODE));
}

static const char *setup(struct run *run)
{
	u64 pages = pages_of(run) * run->nr_cpus;

	vmap_block_stat_read(&before);
	return pages_are_free(run, pages);
}

static void teardown(struct run *run)
{
	struct vmap_block_stat now;

	vmap_block_stat_read(&now);
	run_figure(run, "blocks_made", now.blocks_made - before.blocks_made);
	run_figure(run, "blocks_freed",
		   now.blocks_freed - before.blocks_freed);
	run_figure(run, "block_pages", vmap_block_pages());
}

/* Fills pages[0..nr): false when memory is short. */
static bool fill(struct page **pages, u64 nr, int node)
{
	u64 got = 0, n;

	for (;;) {
		n = alloc_pages_bulk_array_node(GFP_KERNEL, node, nr, pages);
		if (n == got || n == nr)
			return n == nr;
		got = n;
	}
}

static void drop(struct page **pages, u64 nr)
{
	for (u64 i = 0; i < nr && pages[i]; i++)
		__free_pages(pages[i], 0);
	kfree(pages);
}

static void prepare(struct worker *w)
{
	u64 nr = pages_of(w->run);
	struct page **pages = kcalloc(nr, sizeof(*pages), GFP_KERNEL);

	if (pages && !fill(pages, nr, node_of(w->run))) {
		drop(pages, nr);
		pages = NULL;
	}
	w->data = pages;
}

static bool loop(struct worker *w)
{
	unsigned nr = (unsigned)pages_of(w->run);
	int node = node_of(w->run);
	vaddr_t addr = 0;
	u64 t;

	t = op_begin(w, OP_MAP);
	if (likely(w->data))
		addr = vm_map_ram(w->data, nr, node);
	op_end(w, OP_MAP, t);
	if (unlikely(!addr)) {
		op_failed(w, OP_MAP);
		return false;
	}
	vm_store(addr, 1, 'a');
	t = op_begin(w, OP_UNMAP);
	vm_unmap_ram(addr, nr);
	op_end(w, OP_UNMAP, t);
	return true;
}

static void finish(struct worker *w)
{
	if (w->data)
		drop(w->data, pages_of(w->run));
}

static const struct workload_key keys[] = {
	[KEY_NR_PAGES] = { "nr_pages", KEY_UINT, "1", 0, 1 << 16, NULL,
			   "pages of a mapping, up to 64 from a block of the\n"
			   "CPU; 0 counts as 1" },
	[KEY_NODE] = NODE_KEY(NULL),
	{ 0 },
};

const struct workload workload_vm_map_ram = {
	.name		= "vm_map_ram",
	.summary	= "the same pages mapped anew (test_vmalloc, bit 1024)",
	.keys		= keys,
	.ops		= { "vm_map_ram", "vm_unmap_ram" },
	.phases		= { { "loop", loop, 3 } },
	.loops		= 1000,
	.setup		= setup,
	.prepare	= prepare,
	.finish		= finish,
	.teardown	= teardown,
};
