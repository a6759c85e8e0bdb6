/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmalloc's size classes, families and edges (slub spec 1.1 to 1.4). */
#include "mm/page.h"
#include "mm/page_alloc.h"
#include "mm/slab.h"
#include "tests/kernel.h"
#include "tests/test.h"

/* The class by the rule itself: the least of the spec's list that holds it. */
static size_t class_of(size_t size)
{
	static const unsigned classes[] = {
		8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
	};
	unsigned i = 0;

	while (classes[i] < size)
		i++;
	return classes[i];
}

static void fill(void *object, size_t size, u8 byte)
{
	machine_memset(object, byte, size);
}

static void take_every_size(void *arg)
{
	for (size_t size = 1; size <= KMALLOC_MAX_CACHE_SIZE; size++) {
		size_t class = class_of(size);
		char *p = kmalloc(size, GFP_KERNEL);

		must(p && ksize(p) == class);
		must(kmalloc_size_roundup(size) == class);
		/* 96 and 192 are aligned to their power of two. */
		must(virt_to_pfn(p) < max_pfn);
		must(IS_ALIGNED(__pa(p), class & -class));
		fill(p, class, 0xff);
		kfree(p);
	}
}

static void each_size_takes_its_class(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, take_every_size, NULL);
}

static void take_edges(void *arg)
{
	void *zero = kmalloc(0, GFP_KERNEL);

	must(zero == (void *)16 && ksize(zero) == 0 && ksize(NULL) == 0);
	kfree(zero);
	kfree(NULL);
	must(kmalloc_size_roundup(0) == 0);
	must(kmalloc_size_roundup(8193) == 16384);
	must(kmalloc_size_roundup(3u << 20) == 4u << 20);
	must(kmalloc_size_roundup((4u << 20) + 1) == (4u << 20) + 1);
}

static void edges_are_as_specified(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, take_edges, NULL);
}

static void take_large(void *arg)
{
	u64 before = global_node_page_state(NR_LARGE_KMALLOC);

	for (size_t size = 8193; size <= KMALLOC_MAX_SIZE; size += size / 3) {
		u64 bytes = PAGE_SIZE << get_order(size);
		char *p = kmalloc(size, GFP_KERNEL);

		must(p && ksize(p) == bytes && IS_ALIGNED(__pa(p), bytes));
		must(virt_to_page(p)->type == PAGE_TYPE_LARGE_KMALLOC);
		must(global_node_page_state(NR_LARGE_KMALLOC) - before ==
		     bytes >> PAGE_SHIFT);
		fill(p, bytes, 0xff);
		kfree(p);
		must(virt_to_page(p)->type != PAGE_TYPE_LARGE_KMALLOC);
		must(global_node_page_state(NR_LARGE_KMALLOC) == before);
	}
	must(!kmalloc(KMALLOC_MAX_SIZE + 1, GFP_KERNEL | __GFP_NOWARN));
}

static void large_ones_are_blocks_of_pages(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, take_large, NULL);
}

static void take_dma(void *arg)
{
	char *p = kmalloc(100, GFP_KERNEL | GFP_DMA);
	char *q = kmalloc(20000, GFP_KERNEL | GFP_DMA);
	char *r = kmalloc(100, GFP_KERNEL);

	must(p && __pa(p) + 128 <= 16u << 20);
	must(q && __pa(q) + 32768 <= 16u << 20);
	/* Families do not share slabs. */
	must(virt_to_head_page(p) != virt_to_head_page(r));
	kfree(p);
	kfree(q);
	kfree(r);
}

static void the_dma_family_lies_below_16_mib(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, take_dma, NULL);
}

static bool is_all(const char *p, size_t size, char byte)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != byte)
			return false;
	return true;
}

static void take_zeroed(void *arg)
{
	for (size_t size = 1; size <= 65536; size = size * 2 + 1) {
		char *p = kmalloc(size, GFP_KERNEL);

		fill(p, ksize(p), 0xa5);
		kfree(p);
		p = kzalloc(size, GFP_KERNEL);
		/* All of the object, not only what was asked for. */
		must(is_all(p, ksize(p), 0));
		kfree(p);
	}
}

static void kzalloc_zeroes_the_whole_object(void **state)
{
	emulate(&(struct emulation){ .kernel = 1 }, take_zeroed, NULL);
}

static void take_on_nodes(void *arg)
{
	static const size_t sizes[] = { 8, 200, 4096, 8192, 20000 };

	for (unsigned i = 0; i < 5 * ARRAY_SIZE(sizes); i++) {
		int node = (int)(i * 7 % machine_nr_nodes);
		void *p = kmalloc_node(sizes[i % ARRAY_SIZE(sizes)],
				       GFP_KERNEL | __GFP_THISNODE, node);

		must(p && page_to_nid(virt_to_page(p)) == (unsigned)node);
		kfree(p);
		p = kmalloc_node(sizes[i % ARRAY_SIZE(sizes)], GFP_KERNEL,
				 node);
		must(p && page_to_nid(virt_to_page(p)) == (unsigned)node);
		kfree(p);
	}
}

static void kmalloc_node_prefers_the_node(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .cpus = 3, .nodes = 3 },
		take_on_nodes, NULL);
}

/* ---- what a caller does wrong ---- */
static void free_pages_with_kfree(void *arg)
{
	kfree(page_address(alloc_pages(GFP_KERNEL, 0)));
}

static void free_inside(void *arg)
{
	char *p = kmalloc(64, GFP_KERNEL);

	kfree(p + 8);
	kfree(p);
}

static void free_twice(void *arg)
{
	char *p = kmalloc(64, GFP_KERNEL), *q = kmalloc(64, GFP_KERNEL);

	kfree(p);
	kfree(q);
	kfree(p);
}

static void free_large_twice(void *arg)
{
	char *p = kmalloc(20000, GFP_KERNEL);

	kfree(p);
	kfree(p);
}

static void free_nonsense(void *arg)
{
	kfree((char *)page_address(pfn_to_page(max_pfn)) + (1ul << 40));
}

static void sleep_with_interrupts_off(void *arg)
{
	local_irq_disable();
	kfree(kmalloc(64, GFP_KERNEL));
	local_irq_enable();
}

static void a_misuse_is_reported_in_the_kernels_words(void **state)
{
	static const struct {
		void		(*fn)(void *arg);
		const char	*text;
		unsigned	version;
	} misuses[] = {
		{ free_pages_with_kfree, " free_large_kmalloc" },
		{ free_pages_with_kfree, "object pointer: 0xffff" },
		{ free_pages_with_kfree, "Not a kmalloc allocation",
		  KERNEL_VERSION(7, 0) },
		{ free_inside,
		  "BUG kmalloc-64 (Not tainted): Invalid object pointer" },
		{ free_twice,
		  "BUG kmalloc-64 (Not tainted): Object already free" },
		{ free_large_twice, "BUG: Bad page state" },
		{ free_large_twice, "Not a kmalloc allocation",
		  KERNEL_VERSION(7, 0) },
		{ free_nonsense, "BUG: unable to handle page fault" },
		{ sleep_with_interrupts_off,
		  "BUG: sleeping function called from invalid context" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(misuses); i++) {
		kernel_config.version = misuses[i].version;
		emulate(&(struct emulation){ .kernel = 1, .expect_exit = 6,
			.expect_text = misuses[i].text }, misuses[i].fn, NULL);
	}
	kernel_config.version = 0;
}

static void ask_for_high_memory(void *arg)
{
	char *p = kmalloc(8192, GFP_KERNEL | __GFP_DMA32 | __GFP_HIGHMEM);
	char *q = kmalloc(8193, GFP_KERNEL | __GFP_HIGHMEM);

	must(p && q);
	kfree(p);
	kfree(q);
}

static void impossible_zones_are_fixed_up(void **state)
{
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "Unexpected gfp: 0x6 (" }, ask_for_high_memory,
		NULL);
	emulate(&(struct emulation){ .kernel = 1,
		.expect_text = "Fix your code!" }, ask_for_high_memory, NULL);
}

TEST_MAIN(cmocka_unit_test(each_size_takes_its_class),
	  cmocka_unit_test(edges_are_as_specified),
	  cmocka_unit_test(large_ones_are_blocks_of_pages),
	  cmocka_unit_test(the_dma_family_lies_below_16_mib),
	  cmocka_unit_test(kzalloc_zeroes_the_whole_object),
	  cmocka_unit_test(kmalloc_node_prefers_the_node),
	  cmocka_unit_test(a_misuse_is_reported_in_the_kernels_words),
	  cmocka_unit_test(impossible_zones_are_fixed_up))
