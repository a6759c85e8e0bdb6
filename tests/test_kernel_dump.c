/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views of kernels, right and wrong, and those of real kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "emu/kernel_dump.h"

#define NR(array)	(sizeof(array) / sizeof((array)[0]))

#define SLABINFO_HEAD \
	"@@@ slabinfo\nslabinfo - version: 2.1\n" \
	"# name            <active_objs> <num_objs> <objsize> <objperslab> " \
	"<pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : " \
	"slabdata <active_slabs> <num_slabs> <sharedavail>\n"

#define ZONE_HEAD \
	"@@@ zoneinfo\nNode 1, zone   Normal\n  pages free     7\n" \
	"        boost    0\n        min      1\n        low      2\n" \
	"        high     3\n"
#define ZONE_SPAN \
	"        spanned  9\n        present  8\n        managed  7\n" \
	"        cma      0\n"
#define ZONE_SETS \
	"        protection: (0, 0)\n      nr_mlock     4\n  pagesets\n" \
	"    cpu: 3\n"
#define ZONE_TAIL \
	"  vm stats threshold: 24\n  node_unreclaimable:  5\n" \
	"  start_pfn:           6\n"

static struct kernel_dump *parse(const char *text)
{
	struct dump_error err;
	struct kernel_dump *dump;

	if (kernel_dump_parse(&dump, text, strlen(text), DUMP_ALL, &err))
		fail_msg("line %u, column %d: %s", err.line, err.column,
			 err.text);
	return dump;
}

static void what_a_kernel_is_stands_in_boot(void **state)
{
	struct kernel_dump *dump = parse("noise\n@@@ BOOT\nLinux h "
		"6.1.0-25-amd64 #1 SMP x86_64\n[    1.5] random: init done\n"
		"24\nquiet slab_nomerge\n[    2.25][    T1] late\n"
		"@@@ ceiling 33\n@@@ vmstat\nnr_free_pages 1\n@@@ END\n"
		"@@@ BOOT\n");

	(void)state;
	assert_string_equal(dump->release, "6.1.0-25-amd64");
	assert_int_equal(dump->major, 6);
	assert_int_equal(dump->minor, 1);
	assert_int_equal(dump->cpus, 24);
	assert_string_equal(dump->cmdline, "quiet slab_nomerge");
	assert_int_equal(dump->lines[DUMP_BOOT], 2);
	assert_int_equal(dump->ceiling, 33);
	assert_int_equal(dump->nr_unknown, 1);
	assert_string_equal(dump->unknown[0], "vmstat");
	kernel_dump_destroy(dump);
}

static void a_row_of_slabinfo_has_its_columns(void **state)
{
	struct kernel_dump *dump = parse(SLABINFO_HEAD
		"ip6-frags              3     44    184   22    1 : tunables"
		"    0    0    0 : slabdata      2      2      0\n");

	(void)state;
	assert_int_equal(dump->nr_slabinfo, 1);
	assert_string_equal(dump->slabinfo[0].name, "ip6-frags");
	assert_int_equal(dump->slabinfo[0].active_objs, 3);
	assert_int_equal(dump->slabinfo[0].num_objs, 44);
	assert_int_equal(dump->slabinfo[0].objsize, 184);
	assert_int_equal(dump->slabinfo[0].objperslab, 22);
	assert_int_equal(dump->slabinfo[0].pagesperslab, 1);
	assert_int_equal(dump->slabinfo[0].num_slabs, 2);
	assert_int_equal(dump->slabinfo[0].line, 4);
	kernel_dump_destroy(dump);
}

static void zones_of_all_generations_are_read(void **state)
{
	static const char *const texts[] = {
		ZONE_HEAD ZONE_SPAN ZONE_SETS
		"              count: 1\n              high:  20\n"
		"              batch: 3\n" ZONE_TAIL,
		ZONE_HEAD "        promo    4\n" ZONE_SPAN ZONE_SETS
		"              count: 1\n              high:  20\n"
		"              batch: 3\n" ZONE_TAIL,
		ZONE_HEAD "        promo    4\n" ZONE_SPAN ZONE_SETS
		"              count:    1\n              high:     20\n"
		"              batch:    3\n              high_min: 8\n"
		"              high_max: 30\n" ZONE_TAIL,
	};

	(void)state;
	for (size_t i = 0; i < NR(texts); i++) {
		struct kernel_dump *dump = parse(texts[i]);
		struct dump_zone *zone = &dump->zones[0];

		assert_int_equal(dump->nr_zones, 1);
		assert_int_equal(zone->node, 1);
		assert_string_equal(zone->name, "Normal");
		assert_int_equal(zone->high, 3);
		assert_int_equal(zone->has_promo, i > 0);
		assert_int_equal(zone->managed, 7);
		assert_int_equal(zone->nr_protection, 2);
		assert_int_equal(zone->nr_stats, 1);
		assert_int_equal(zone->stats[0].value, 4);
		assert_int_equal(zone->nr_pagesets, 1);
		assert_int_equal(zone->pagesets[0].cpu, 3);
		assert_int_equal(zone->pagesets[0].high, 20);
		assert_int_equal(zone->pagesets[0].has_limits, i == 2);
		assert_int_equal(zone->pagesets[0].high_max, i == 2 ? 30 : 0);
		assert_int_equal(zone->pagesets[0].threshold, 24);
		assert_int_equal(zone->start_pfn, 6);
		kernel_dump_destroy(dump);
	}
}

static void areas_have_callers_and_pages(void **state)
{
	struct kernel_dump *dump = parse("@@@ vmallocinfo\n"
		"0x000000000261c218-0x00000000cc73bbaf   12288 f+0x1/0x2 [m] "
		"pages=2 vmalloc vpages N0=1 N1=1\n"
		"0x00000000d8306105-0x00000000acbf70b7   12288 unpurged "
		"vm_area\n");

	(void)state;
	assert_int_equal(dump->nr_vmalloc, 2);
	assert_string_equal(dump->vmalloc[0].caller, "f+0x1/0x2 [m]");
	assert_int_equal(dump->vmalloc[0].start, 0x261c218);
	assert_int_equal(dump->vmalloc[0].pages, 2);
	assert_true(dump->vmalloc[1].unpurged);
	kernel_dump_destroy(dump);
}

static void the_place_of_a_mistake_is_named(void **state)
{
	static const struct {
		const char	*text;
		unsigned	line;
		int		column;
		const char	*says;
	} cases[] = {
		{ "", 0, 0, "no line '@@@ name'" },
		{ "@@@ BOOT\nFreeBSD h 14.1\n", 2, 0, "Linux" },
		{ "@@@ BOOT\nLinux h six\n4\n", 2, 8, "release" },
		{ "@@@ BOOT\nLinux h 6.1\n0\n", 3, 1, "no CPU" },
		{ "@@@ BOOT\nLinux h 6.1\n", 2, 0, "the number of CPUs" },
		{ "@@@ ceiling\n", 1, 11, "expected ' '" },
		{ "@@@ ceiling 1\n@@@ ceiling 2\n", 2, 4, "in line 1" },
		{ "@@@ sysfs-slab\na 8 8 8 0 512 120 5\n", 2, 19, "' '" },
		{ "@@@ sysfs-slab\na 8 8 8 0 512 120 5 0 0\n", 2, 21, "more" },
		{ "@@@ sysfs-slab\na 8 08 8 0 512 120 5 0\n", 2, 4, "with 0" },
		{ "@@@ sysfs-slab\na 8 -8 8 0 512 120 5 0\n", 2, 4,
		  "a number" },
		{ "@@@ slabinfo\nslabinfo - version: 2.0\n", 2, 22, "'1'" },
		{ SLABINFO_HEAD "x  3     44    184   22    1 : tunables\n",
		  4, 0, "17 wide" },
		{ SLABINFO_HEAD "ip6-frags             3     44\n", 4, 18,
		  "6 wide" },
		{ "@@@ buddyinfo\nNode 0, zone      DMA      0     0 \n",
		  2, 29, "6 wide" },
		{ ZONE_HEAD "        spanned 9\n", 8, 16, "' '" },
		{ ZONE_HEAD ZONE_SPAN "        protection: (0, 0\n", 12, 25,
		  "')'" },
		{ "@@@ vmallocinfo\n0x261c218-0x0    4096 vmalloc\n", 2, 2,
		  "16 wide" },
		{ "@@@ vmallocinfo\n0x0000000000000000-0x0000000000001000    "
		  "4096 vmap vmalloc\n", 2, 51, "unexpected" },
		{ "@@@ interrupts\n           CPU0\nnothing\n", 3, 0,
		  "NAME:" },
	};

	(void)state;
	for (size_t i = 0; i < NR(cases); i++) {
		struct kernel_dump *dump;
		struct dump_error err;

		print_message("# %s\n", cases[i].says);
		assert_int_equal(kernel_dump_parse(&dump, cases[i].text,
			strlen(cases[i].text), DUMP_ALL, &err), -EINVAL);
		assert_null(dump);
		print_message("# %s\n", err.text);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_int_equal(err.line, cases[i].line);
		assert_int_equal(err.column, cases[i].column);
	}
}

static void a_section_not_asked_for_is_not_read(void **state)
{
	static const char text[] = "@@@ ceiling 5\n@@@ sysfs-slab\nwrong\n";
	struct kernel_dump *dump;
	struct dump_error err;

	(void)state;
	assert_int_equal(kernel_dump_parse(&dump, text, sizeof(text) - 1,
					   DUMP_BIT(DUMP_CEILING), &err), 0);
	assert_int_equal(dump->ceiling, 5);
	assert_string_equal(dump->unknown[0], "sysfs-slab");
	kernel_dump_destroy(dump);
}

static char *read_file(const char *folder, const char *name)
{
	char path[4096], *text = calloc(1, 1 << 20);
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_in_range(fread(text, 1, (1 << 20) - 1, file), 1, (1 << 20) - 2);
	fclose(file);
	return text;
}

/* The folder of what real kernels printed, which is no part of the tree. */
static const char *real_kernels(void)
{
	static char folder[4096];
	const char *srcdir = getenv("abs_top_srcdir");

	snprintf(folder, sizeof(folder), "%s/../shared/reference/kernels",
		 srcdir ? srcdir : ".");
	return folder;
}

static void real_kernels_are_read(void **state)
{
	DIR *dir = opendir(real_kernels());
	struct dirent *entry;

	(void)state;
	while (dir && (entry = readdir(dir))) {
		struct kernel_dump *dump;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		text = read_file(real_kernels(), entry->d_name);
		print_message("# %s\n", entry->d_name);
		dump = parse(text);
		for (unsigned i = 0; i < DUMP_NR_SECTIONS; i++)
			/* Only our own dumps have these. */
			assert_int_equal(!dump->lines[i],
					 i == DUMP_SLAB_FLAGS ||
					 i == DUMP_CPUS);
		assert_int_equal(dump->nr_unknown, 0);
		kernel_dump_destroy(dump);
		free(text);
	}
	if (dir)
		closedir(dir);
}

int main(void)
{
	struct CMUnitTest tests[] = {
		cmocka_unit_test(real_kernels_are_read),
		cmocka_unit_test(what_a_kernel_is_stands_in_boot),
		cmocka_unit_test(a_row_of_slabinfo_has_its_columns),
		cmocka_unit_test(zones_of_all_generations_are_read),
		cmocka_unit_test(areas_have_callers_and_pages),
		cmocka_unit_test(the_place_of_a_mistake_is_named),
		cmocka_unit_test(a_section_not_asked_for_is_not_read),
	};

	if (access(real_kernels(), R_OK))
		tests[0].name = "real_kernels_are_read # SKIP no ../shared";
	return cmocka_run_group_tests(tests, NULL, NULL);
}
