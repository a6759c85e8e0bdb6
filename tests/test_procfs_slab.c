/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views of caches and areas. */
#include "mm/slab_def.h"
#include "mm/vmalloc.h"
#include "mm/vmap.h"
#include "mm/vmap_block.h"
#include "tests/kernel.h"
#include "tests/view.h"

#define NR_OBJECTS	200
#define NR_FREED	(3 * 16)	/* of three slabs, each third */

/* ---- caches ------------------------------------------------------------- */
struct slab_row {
	u64	active, objects, size, per_slab, pages, slabs;
};

static struct slab_row read_row(const char *cache)
{
	struct seq_file m = view(slabinfo_show);
	struct slab_row row;
	char prefix[64];
	const char *line;

	snprintf(prefix, sizeof(prefix), "%-17s ", cache);
	line = line_of(seq_text(&m), prefix);
	must(line);
	must(sscanf(line, "%lu %lu %lu %lu %lu : tunables 0 0 0 : slabdata "
		    "%lu", &row.active, &row.objects, &row.size, &row.per_slab,
		    &row.pages, &row.slabs) == 6);
	seq_release(&m);
	return row;
}

static void fill_and_free(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("mine", 250, 0, 0, NULL);
	void *objects[NR_OBJECTS];
	u64 live = NR_OBJECTS, slabs;
	struct slab_row row;
	struct seq_file m;

	must(s);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		objects[i] = kmem_cache_alloc(s, GFP_KERNEL);
	row = read_row("mine");
	slabs = DIV_ROUND_UP(NR_OBJECTS, row.per_slab);
	must(row.size == 256 && row.per_slab == 16 && row.slabs == slabs);
	must(row.objects == slabs * row.per_slab);
	/* What the CPU slab has not given out yet counts as active. */
	must(row.active == row.objects);

	for (unsigned i = 0; i < NR_FREED; i += 3, live--)
		kmem_cache_free(s, objects[i]);
	/* Slabs on this CPU's chain, too ... */
	must(value_of_file("mine", "cpu_slabs") == 1 + 3);
	must(read_row("mine").active == row.objects);
	/* ... but not those on a node's list. */
	must(kmem_cache_shrink(s) == 1);
	must(read_row("mine").active == live);

	m = sysfs("mine");
	must(value_of(&m, "objects") == live);
	must(value_of(&m, "total_objects") == row.objects);
	must(value_of(&m, "slabs") == slabs);
	must(value_of(&m, "object_size") == 250);
	must(value_of(&m, "slab_size") == 256);
	must(value_of(&m, "cpu_slabs") == 0);
	/* The three, and the last, which was never full. */
	must(value_of(&m, "partial") == 3 + 1);
	must(value_of(&m, "objects_partial") ==
	     live - (slabs - 4) * row.per_slab);
	must(value_of(&m, "alloc_fastpath") + value_of(&m, "alloc_slowpath") ==
	     NR_OBJECTS);
	must(value_of(&m, "alloc_slab") == slabs);
	must(line_of(seq_text(&m), "alloc_slab:") &&
	     strstr(line_of(seq_text(&m), "alloc_slab:"), " C0="));
	seq_release(&m);
	for (unsigned i = 0; i < NR_OBJECTS; i++)
		if (i % 3 || i >= NR_FREED)
			kmem_cache_free(s, objects[i]);
	kmem_cache_destroy(s);
}

static void slabinfo_and_sysfs_hold_a_caches_objects(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1 }, fill_and_free,
		NULL);
}

/* The files of slub spec 4.1 and 4.3, by the kernels that have them. */
static const char *const of_all[] = {
	"alloc_fastpath", "alloc_slowpath", "free_fastpath", "free_slowpath",
	"free_add_partial", "free_remove_partial", "alloc_slab",
	"alloc_node_mismatch", "free_slab", "order_fallback",
	"cmpxchg_double_fail", NULL,
};
static const char *const of_cpu_slabs[] = {
	"free_frozen", "alloc_from_partial", "alloc_refill", "cpuslab_flush",
	"deactivate_full", "deactivate_empty", "deactivate_to_head",
	"deactivate_to_tail", "deactivate_remote_frees", "deactivate_bypass",
	"cmpxchg_double_cpu_fail", "cpu_partial_alloc", "cpu_partial_free",
	"cpu_partial_node", "cpu_partial_drain", NULL,
};
static const char *const of_layers[] = { "alloc_pcs", "free_pcs", NULL };
static const char *const of_sheaves[] = {
	"free_rcu_sheaf", "free_rcu_sheaf_fail", "sheaf_flush", "sheaf_refill",
	"sheaf_alloc", "sheaf_free", "barn_get", "barn_get_fail", "barn_put",
	"barn_put_fail", "sheaf_prefill_fast", "sheaf_prefill_slow",
	"sheaf_prefill_oversize", "sheaf_return_fast", "sheaf_return_slow",
	"sheaf_capacity", NULL,
};

static unsigned count_files(const struct seq_file *m, const char *const *names)
{
	unsigned nr = 0;
	char prefix[40];

	for (; *names; names++) {
		snprintf(prefix, sizeof(prefix), "%s:", *names);
		nr += line_of(seq_text(m), prefix) != NULL;
	}
	return nr;
}

static void count_files_of(const char *cache)
{
	struct seq_file m = sysfs(cache);

	must(count_files(&m, of_all) == ARRAY_SIZE(of_all) - 1);
	must(count_files(&m, of_cpu_slabs) == (slab_ops == &slab_sheaves ? 0 :
	     ARRAY_SIZE(of_cpu_slabs) - 1));
	must(count_files(&m, of_layers) == (slab_ops == &slab_layered ?
	     ARRAY_SIZE(of_layers) - 1 : 0));
	must(count_files(&m, of_sheaves) == (slab_ops == &slab_slub ? 0 :
	     ARRAY_SIZE(of_sheaves) - 1));
	seq_release(&m);
}

static void show_statistics(void *arg)
{
	const struct kmem_cache_args asks = { .sheaf_capacity = 12 };

	must(__kmem_cache_create_args("asks", 250, &asks, 0));
	must(kmem_cache_create("plain", 250, 0, 0, NULL));
	must(kmem_cache_create("debugged", 250, 0, SLAB_POISON, NULL));
	count_files_of("asks");
	count_files_of("plain");
	count_files_of("debugged");
}

static void statistics_are_the_generations(void **state)
{
	static const struct slab_ops *const engines[] = {
		&slab_layered, &slab_sheaves, &slab_slub,
	};

	for (size_t i = 0; i < ARRAY_SIZE(engines); i++) {
		slab_ops = engines[i];
		emulate(&(struct emulation){ .kernel = 1 }, show_statistics,
			NULL);
	}
}

static void look_for_name(void *arg, const char *name)
{
	u32 *found = arg;

	if (!strcmp(name, "one"))
		*found |= 1;
	if (!strcmp(name, "other"))
		*found |= 2;
}

static void look_at_names(void *arg, const struct kmem_cache *s)
{
	u32 found = 0, *both = arg;

	slab_for_each_name(s, look_for_name, &found);
	*both |= found == 3;
}

static void merge(void *arg)
{
	struct kmem_cache *one = kmem_cache_create("one", 328, 0, 0, NULL);
	struct kmem_cache *other = kmem_cache_create("other", 328, 0, 0, NULL);
	u32 both = 0;

	must(one && one == other);
	must(value_of_file("one", "aliases") == 1);
	show_begin();
	slab_for_each_cache(look_at_names, &both);
	show_end();
	must(both);
	kmem_cache_destroy(other);
	must(value_of_file("one", "aliases") == 0);
	kmem_cache_destroy(one);
}

static void a_merged_cache_has_all_its_names(void **state)
{
	kernel_config = (struct mm_config){ 0 };
	emulate(&(struct emulation){ .kernel = 1 }, merge, NULL);
	kernel_config = (struct mm_config){ .slab_nomerge = true };
}

/* Above 10000, where not every slab is looked at any more. */
#define LONG_LIST	10400

static void make_long_list(void *arg)
{
	struct kmem_cache *s = kmem_cache_create("long", 512, 0, 0, NULL);
	u64 per_slab = value_of_file("long", "objs_per_slab");
	u64 nr = LONG_LIST * per_slab;
	vaddr_t objects = vmalloc(nr * sizeof(u64));
	struct slab_row row;

	must(s && objects);
	for (u64 i = 0; i < nr; i++)
		vm_store(objects + i * 8, 8,
			 (u64)kmem_cache_alloc(s, GFP_KERNEL));
	for (u64 i = 0; i < nr; i += per_slab)
		kmem_cache_free(s, (void *)vm_load(objects + i * 8, 8));
	must(kmem_cache_shrink(s) == 1);
	row = read_row("long");
	must(row.slabs == LONG_LIST);
	/* Each has one hole, so that the estimate is exact. */
	must(row.active == nr - LONG_LIST);
	for (u64 i = 0; i < nr; i++)
		if (i % per_slab)
			kmem_cache_free(s, (void *)vm_load(objects + i * 8,
							   8));
	vfree(objects);
	kmem_cache_destroy(s);
}

static void long_partial_lists_are_estimated_from_both_ends(void **state)
{
	emulate(&(struct emulation){ .kernel = 1, .memory_bytes = 256 << 20 },
		make_long_list, NULL);
}

/* ---- areas -------------------------------------------------------------- */
/* The line of the area that begins at addr, or NULL. */
static const char *area_line(const struct seq_file *m, vaddr_t addr, u64 size)
{
	char prefix[96];

	snprintf(prefix, sizeof(prefix), "0x%016lx-0x%016lx %7lu ", addr,
		 addr + size, size);
	return line_of(seq_text(m), prefix);
}

static bool says(const char *line, const char *text)
{
	const char *found = line ? strstr(line, text) : NULL;

	return found && found < strchr(line, '\n');
}

static noinline vaddr_t take_area(u64 size)
{
	vaddr_t area = vmalloc(size);

	barrier();	/* no tail call: vmalloc's caller is this function */
	return area;
}

static void show_areas(void *arg)
{
	vaddr_t small = take_area(3 * PAGE_SIZE - 5);
	vaddr_t large = take_area(600 * PAGE_SIZE), gone = take_area(100);
	struct page *pages[2] = { alloc_pages(GFP_KERNEL, 0),
				  alloc_pages(GFP_KERNEL, 0) };
	vaddr_t mapped = vmap(pages, 2, VM_MAP, PAGE_KERNEL);
	struct seq_file m;
	const char *line;

	vfree(gone);
	m = view(vmallocinfo_show);
	line = area_line(&m, small, 4 * PAGE_SIZE);
	must(line && !strncmp(line, "take_area+0x", 12));
	must(says(line, " pages=3 vmalloc N0=3"));
	line = area_line(&m, large, 601 * PAGE_SIZE);
	must(says(line, " pages=600 vmalloc vpages N0=600"));
	line = area_line(&m, mapped, 3 * PAGE_SIZE);
	must(says(line, "show_areas+0x") && says(line, " vmap") &&
	     !says(line, "pages="));
	line = area_line(&m, gone, 2 * PAGE_SIZE);
	must(line && !strncmp(line, "unpurged vm_area\n", 17));
	seq_release(&m);

	vm_unmap_aliases();
	m = view(vmallocinfo_show);
	must(!strstr(seq_text(&m), "unpurged"));
	seq_release(&m);
	vfree(small);
	vfree(large);
	vunmap(mapped);
	__free_pages(pages[0], 0);
	__free_pages(pages[1], 0);
}

static void vmallocinfo_lists_areas_with_their_callers(void **state)
{
	static const struct vmap_ops *const members[] = {
		&vmap_augmented, &vmap_nodes,
	};

	for (unsigned i = 0; i < ARRAY_SIZE(members); i++) {
		kernel_config.vmap = members[i];
		emulate(&(struct emulation){ .cpus = 2, .kernel = 1 },
			show_areas, NULL);
	}
	kernel_config.vmap = NULL;
}

static void show_ram(void *arg)
{
	struct page *pages[70];
	struct seq_file m;
	vaddr_t addr;

	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		pages[i] = alloc_pages(GFP_KERNEL, 0);
	/* Above VMAP_MAX_ALLOC: an area of its own, without a guard page. */
	addr = vm_map_ram(pages, ARRAY_SIZE(pages), 0);
	must(addr);
	m = view(vmallocinfo_show);
	must(says(area_line(&m, addr, ARRAY_SIZE(pages) * PAGE_SIZE),
		  "vm_map_ram"));
	seq_release(&m);
	vm_unmap_ram(addr, ARRAY_SIZE(pages));
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++)
		__free_pages(pages[i], 0);
}

static void vmallocinfo_lists_vm_map_ram_areas(void **state)
{
	emulate(&(struct emulation){ .cpus = 2, .kernel = 1 }, show_ram, NULL);
}

TEST_MAIN(cmocka_unit_test(slabinfo_and_sysfs_hold_a_caches_objects),
	  cmocka_unit_test(statistics_are_the_generations),
	  cmocka_unit_test(a_merged_cache_has_all_its_names),
	  cmocka_unit_test(long_partial_lists_are_estimated_from_both_ends),
	  cmocka_unit_test(vmallocinfo_lists_areas_with_their_callers),
	  cmocka_unit_test(vmallocinfo_lists_vm_map_ram_areas))
