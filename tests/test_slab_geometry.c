/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cache geometry against the specification's table (slub spec 2.3, computed
 * there, its 2-CPU column seen live) and against what stock 6.12 kernels print,
 * where their dumps are at hand (beside the source tree).
 */
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "mm/slab_def.h"
#include "tests/test.h"

/* ---- the specification's table ---- */
/* CPUs at which each column begins, and one past the last. */
static const unsigned column_cpus[] = { 1, 2, 4, 8, 16, 32, 64, 128, 512 };

#define NR_COLUMNS	8
#define SAME(o, n, s) \
	{ { o, n, s }, { o, n, s }, { o, n, s }, { o, n, s }, { o, n, s }, \
	  { o, n, s }, { o, n, s }, { o, n, s } }

struct cell {
	unsigned	order, objects, cpu_partial_slabs;
};

static const struct {
	unsigned	size;
	struct cell	cells[NR_COLUMNS];
} table[] = {
	{ 8, SAME(0, 512, 1) },
	{ 16, SAME(0, 256, 1) },
	{ 32, SAME(0, 128, 2) },
	{ 64, SAME(0, 64, 4) },
	{ 96, SAME(0, 42, 6) },
	{ 128, { { 0, 32, 8 }, { 0, 32, 8 }, { 0, 32, 8 }, { 0, 32, 8 },
		 { 0, 32, 8 }, { 0, 32, 8 }, { 0, 32, 8 }, { 1, 64, 4 } } },
	{ 192, { { 0, 21, 12 }, { 0, 21, 12 }, { 0, 21, 12 }, { 0, 21, 12 },
		 { 1, 42, 6 }, { 1, 42, 6 }, { 1, 42, 6 }, { 1, 42, 6 } } },
	{ 256, { { 0, 16, 7 }, { 0, 16, 7 }, { 0, 16, 7 }, { 1, 32, 4 },
		 { 1, 32, 4 }, { 1, 32, 4 }, { 1, 32, 4 }, { 2, 64, 2 } } },
	{ 512, { { 0, 8, 13 }, { 1, 16, 7 }, { 1, 16, 7 }, { 2, 32, 4 },
		 { 2, 32, 4 }, { 2, 32, 4 }, { 2, 32, 4 }, { 3, 64, 2 } } },
	{ 1024, { { 1, 8, 6 }, { 2, 16, 3 }, { 2, 16, 3 }, { 3, 32, 2 },
		  { 3, 32, 2 }, { 3, 32, 2 }, { 3, 32, 2 }, { 3, 32, 2 } } },
	{ 2048, { { 2, 8, 6 }, { 3, 16, 3 }, { 3, 16, 3 }, { 3, 16, 3 },
		  { 3, 16, 3 }, { 3, 16, 3 }, { 3, 16, 3 }, { 3, 16, 3 } } },
	{ 4096, SAME(3, 8, 2) },
	{ 8192, SAME(3, 4, 3) },
};

static struct slab_layout layout(unsigned size, unsigned align, u32 flags,
				 bool has_ctor, unsigned nr_cpus)
{
	struct slab_layout lay;

	assert_int_equal(slab_calculate_layout(&lay, size, align, flags,
					       has_ctor, nr_cpus), 0);
	return lay;
}

static void kmalloc_classes_are_as_in_the_table(void **state)
{
	for (size_t row = 0; row < ARRAY_SIZE(table); row++) {
		unsigned size = table[row].size, column = 0;

		for (unsigned n = 1; n < column_cpus[NR_COLUMNS]; n++) {
			const struct cell *cell;
			struct slab_layout lay;

			if (n == column_cpus[column + 1])
				column++;
			cell = &table[row].cells[column];
			lay = layout(size, size & -size, 0, false, n);
			assert_int_equal(lay.size, size);
			assert_int_equal(lay.oo.order, cell->order);
			assert_int_equal(lay.oo.objects, cell->objects);
			assert_int_equal(lay.cpu_partial_slabs,
					 cell->cpu_partial_slabs);
		}
	}
}

static void min_objects_grow_with_the_cpus(void **state)
{
	static const struct { unsigned nr_cpus, objects; } want[] = {
		{ 1, 8 }, { 2, 12 }, { 3, 12 }, { 4, 16 }, { 7, 16 },
		{ 8, 20 }, { 15, 20 }, { 16, 24 }, { 32, 28 }, { 64, 32 },
		{ 128, 36 }, { 255, 36 }, { 256, 40 }, { 511, 40 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++)
		assert_int_equal(slab_min_objects(want[i].nr_cpus),
				 want[i].objects);
}

/* ---- alignment and layout, spec 2.1, 2.2, 2.4 ---- */
static void alignment_follows_the_line_downwards(void **state)
{
	assert_int_equal(slab_alignment(0, 0, 100), 8);
	assert_int_equal(slab_alignment(0, 12, 100), 16);
	assert_int_equal(slab_alignment(0, 64, 100), 64);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 100), 64);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 33), 64);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 32), 32);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 17), 32);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 16), 16);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 0, 1), 8);
	assert_int_equal(slab_alignment(SLAB_HWCACHE_ALIGN, 128, 1), 128);
}

static void the_free_pointer_is_in_the_middle(void **state)
{
	struct slab_layout lay;

	lay = layout(1, 0, 0, false, 2);
	assert_int_equal(lay.size, 8);
	assert_int_equal(lay.offset, 0);
	lay = layout(100, 0, 0, false, 2);
	assert_int_equal(lay.size, 104);
	assert_int_equal(lay.inuse, 104);
	assert_int_equal(lay.offset, 48);
	lay = layout(64, 64, 0, false, 2);
	assert_int_equal(lay.offset, 32);
}

static void a_constructor_puts_the_free_pointer_behind(void **state)
{
	struct slab_layout lay = layout(100, 0, 0, true, 2);

	assert_int_equal(lay.inuse, 104);
	assert_int_equal(lay.offset, 104);
	assert_int_equal(lay.size, 112);
	assert_int_equal(layout(64, 64, 0, true, 2).size, 128);
}

static void page_flags_follow_the_cache(void **state)
{
	assert_int_equal(layout(64, 0, 0, false, 2).allocflags, __GFP_COMP);
	assert_int_equal(layout(64, 0, SLAB_CACHE_DMA, false, 2).allocflags,
			 __GFP_COMP | GFP_DMA);
	assert_int_equal(layout(64, 0, SLAB_RECLAIM_ACCOUNT, false,
				2).allocflags, __GFP_COMP | __GFP_RECLAIMABLE);
}

static void impossible_sizes_are_refused(void **state)
{
	struct slab_layout lay;

	assert_int_equal(slab_calculate_layout(&lay, 0, 0, 0, false, 2),
			 -EINVAL);
	assert_int_equal(slab_calculate_layout(&lay, (4u << 20) + 1, 0, 0,
					       false, 2), -EINVAL);
	assert_int_equal(slab_calculate_layout(&lay, UINT_MAX, 0, 0, false, 2),
			 -EINVAL);
	assert_int_equal(layout(4u << 20, 0, 0, false, 2).oo.order, 10);
}

/*
 * Spec 2.2 by hand. With all of Z, P and U an object of 56 bytes has a right
 * red zone (64), a pointer behind (72), two tracks (136), a last red zone (144)
 * and one in front (8: 152). Of a kmalloc cache its size, too (for 64: 72, 80,
 * 144, 152, 160), and the zone in front is as the alignment (64: 224), to which
 * all is rounded (256). Red zones alone leave the pointer inside, but for
 * objects smaller than it.
 */
static void debugging_surrounds_the_object(void **state)
{
	static const u32 z = SLAB_RED_ZONE, p = SLAB_POISON;
	static const u32 u = SLAB_STORE_USER, k = SLAB_KMALLOC;
	const struct {
		unsigned	object_size, align;
		u32		flags;
		bool		ctor;
		unsigned	inuse, offset, pad, size;
	} cases[] = {
		{ 56, 0, z | p | u, false, 64, 64, 8, 152 },
		{ 64, 64, z | p | u | k, false, 72, 72, 64, 256 },
		{ 8, 8, z | p | u | k, false, 16, 16, 8, 112 },
		{ 4096, 4096, z | p | u | k, false, 4104, 4104, 4096, 12288 },
		{ 6, 0, z, false, 8, 8, 8, 32 },
		{ 100, 0, z, false, 104, 48, 8, 120 },
		{ 16, 0, z, true, 24, 24, 8, 48 },
		{ 100, 0, p, false, 104, 104, 0, 112 },
		{ 100, 0, u, false, 104, 48, 0, 168 },
		{ 96, 32, u | k, false, 96, 48, 0, 192 },
		{ 96, 32, z | u | k, false, 104, 104, 32, 224 },
		{ 100, 0, SLAB_CONSISTENCY_CHECKS, false, 104, 48, 0, 104 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct slab_layout lay = layout(cases[i].object_size,
						cases[i].align, cases[i].flags,
						cases[i].ctor, 1);

		assert_int_equal(lay.inuse, cases[i].inuse);
		assert_int_equal(lay.offset, cases[i].offset);
		assert_int_equal(lay.red_left_pad, cases[i].pad);
		assert_int_equal(lay.size, cases[i].size);
		assert_int_equal(lay.cpu_partial, 0);
		assert_int_equal(lay.cpu_partial_slabs, 0);
	}
}

static void partial_limits_follow_the_size(void **state)
{
	static const struct { unsigned size, min, cpu; } want[] = {
		{ 8, 5, 120 }, { 255, 5, 120 }, { 256, 5, 52 }, { 1023, 5, 52 },
		{ 1024, 5, 24 }, { 4095, 5, 24 }, { 4096, 6, 6 },
		{ 16383, 6, 6 }, { 16384, 7, 6 }, { 1u << 22, 10, 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_int_equal(slab_min_partial(want[i].size), want[i].min);
		assert_int_equal(slab_cpu_partial(want[i].size), want[i].cpu);
	}
}

/* ---- merging (spec 2.5) ---- */
static void some_caches_are_always_their_own(void **state)
{
	static const u32 own[] = {
		SLAB_RED_ZONE, SLAB_POISON, SLAB_STORE_USER, SLAB_TRACE,
		SLAB_TYPESAFE_BY_RCU, SLAB_NOLEAKTRACE, SLAB_FAILSLAB,
		SLAB_NO_MERGE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		assert_true(slab_unmergeable(own[i], false, 0));
	assert_true(slab_unmergeable(0, true, 0));
	assert_true(slab_unmergeable(0, false, 8));
	assert_false(slab_unmergeable(SLAB_HWCACHE_ALIGN | SLAB_PANIC |
				      SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT |
				      SLAB_CACHE_DMA | SLAB_CACHE_DMA32 |
				      SLAB_CONSISTENCY_CHECKS, false, 0));
}

static void caches_of_one_stride_merge(void **state)
{
	static const struct {
		unsigned	size, align;
		u32		flags;
		unsigned	stride;
		u32		stride_flags;
		bool		merge;
	} cases[] = {
		{ 192, 0, 0, 192, 0, true },
		{ 185, 0, 0, 192, 0, true },
		{ 184, 0, 0, 192, 0, false },	/* 8 bytes lost */
		{ 193, 0, 0, 192, 0, false },
		{ 184, 64, 0, 192, 0, true },	/* 192 by its alignment */
		{ 184, 0, SLAB_HWCACHE_ALIGN, 192, 0, true },
		{ 100, 0, SLAB_HWCACHE_ALIGN, 104, 0, false },	/* 128 */
		{ 20, 0, SLAB_HWCACHE_ALIGN, 32, 0, true },
		{ 192, 128, 0, 192, 0, false },
		{ 96, 0, SLAB_ACCOUNT, 96, SLAB_ACCOUNT, true },
		{ 96, 0, SLAB_ACCOUNT, 96, 0, false },
		{ 96, 0, SLAB_RECLAIM_ACCOUNT, 96, 0, false },
		{ 96, 0, SLAB_CACHE_DMA, 96, 0, false },
		{ 96, 0, 0, 96, SLAB_CACHE_DMA32, false },
		{ 96, 0, SLAB_PANIC, 96, SLAB_HWCACHE_ALIGN, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(slab_can_merge(cases[i].size, cases[i].align,
			cases[i].flags, cases[i].stride,
			cases[i].stride_flags), cases[i].merge);
}

static void folders_of_mergeable_caches_have_names(void **state)
{
	char id[SLAB_ID_SIZE];

	assert_string_equal(slab_unique_id(id, 0, 64), ":0000064");
	assert_string_equal(slab_unique_id(id, SLAB_ACCOUNT | SLAB_PANIC, 192),
			    ":A-0000192");
	assert_string_equal(slab_unique_id(id, SLAB_ACCOUNT |
					   SLAB_RECLAIM_ACCOUNT, 32),
			    ":aA-0000032");
	assert_string_equal(slab_unique_id(id, SLAB_ACCOUNT | SLAB_CACHE_DMA |
					   SLAB_CACHE_DMA32 |
					   SLAB_RECLAIM_ACCOUNT |
					   SLAB_CONSISTENCY_CHECKS, 123456789),
			    ":dDaFA-123456789");
}

/* ---- what stock kernels print ---- */
static unsigned nr_rows;

static void compare(const char *row, unsigned nr_cpus, unsigned size,
		    unsigned order, unsigned objects)
{
	int ours = slab_calculate_order(size, nr_cpus);

	if (ours != (int)order || (PAGE_SIZE << order) / size != objects)
		fail_msg("order %d, not %u: %s", ours, order, row);
	nr_rows++;
}

/* name object_size slab_size align order objs cpu_partial min_partial ... */
static void compare_sysfs(const char *row, unsigned nr_cpus)
{
	unsigned size, order, objects, cpu_partial, min_partial;

	if (sscanf(row, "%*s %*u %u %*u %u %u %u %u", &size, &order, &objects,
		   &cpu_partial, &min_partial) != 5)
		fail_msg("not a row of sysfs-slab: %s", row);
	compare(row, nr_cpus, size, order, objects);
	if (slab_cpu_partial(size) != cpu_partial ||
	    slab_min_partial(size) != min_partial)
		fail_msg("%u and %u: %s", slab_cpu_partial(size),
			 slab_min_partial(size), row);
}

/* name active num objsize objperslab pagesperslab ... */
static void compare_slabinfo(const char *row, unsigned nr_cpus)
{
	unsigned size, objects, pages;

	if (!strncmp(row, "slabinfo", 8) || row[0] == '#')
		return;
	if (sscanf(row, "%*s %*u %*u %u %u %u", &size, &objects, &pages) != 3)
		fail_msg("not a row of slabinfo: %s", row);
	compare(row, nr_cpus, size, ilog2(pages), objects);
}

static void compare_dump(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[512], view[32] = "";
	unsigned nr_cpus;

	assert_non_null(file);
	assert_int_equal(sscanf(strstr(path, "cpus"), "cpus%u", &nr_cpus), 1);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "@@@ %31s", view) == 1)
			continue;
		if (!strcmp(view, "sysfs-slab"))
			compare_sysfs(line, nr_cpus);
		else if (!strcmp(view, "slabinfo"))
			compare_slabinfo(line, nr_cpus);
	}
	fclose(file);
}

static void caches_of_stock_kernels_have_our_geometry(void **state)
{
	const char *source = getenv("abs_top_srcdir");
	char pattern[4096];
	glob_t found;

	snprintf(pattern, sizeof(pattern),
		 "%s/../shared/reference/kernels/linux-6.12-*.txt",
		 source ? source : ".");
	if (glob(pattern, 0, NULL, &found)) {
		test_skip("no dumps of stock kernels here");
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		compare_dump(found.gl_pathv[i]);
	globfree(&found);
	assert_true(nr_rows > 100);
}

TEST_MAIN(cmocka_unit_test(kmalloc_classes_are_as_in_the_table),
	  cmocka_unit_test(min_objects_grow_with_the_cpus),
	  cmocka_unit_test(alignment_follows_the_line_downwards),
	  cmocka_unit_test(the_free_pointer_is_in_the_middle),
	  cmocka_unit_test(a_constructor_puts_the_free_pointer_behind),
	  cmocka_unit_test(page_flags_follow_the_cache),
	  cmocka_unit_test(impossible_sizes_are_refused),
	  cmocka_unit_test(debugging_surrounds_the_object),
	  cmocka_unit_test(partial_limits_follow_the_size),
	  cmocka_unit_test(some_caches_are_always_their_own),
	  cmocka_unit_test(caches_of_one_stride_merge),
	  cmocka_unit_test(folders_of_mergeable_caches_have_names),
	  cmocka_unit_test(caches_of_stock_kernels_have_our_geometry))
