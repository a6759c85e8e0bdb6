/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Views of kernels: refused with a place inside of the text, or whole. */
#include <errno.h>
#include <string.h>

#include "emu/kernel_dump.h"
#include "tests/fuzz/fuzz.h"

/* The line exists, and has the column. */
static void check_place(const struct dump_error *err, const char *text,
			size_t size)
{
	const char *line = text, *end = text + size;
	size_t length;

	fuzz_must(err->text[0] && memchr(err->text, '\0', sizeof(err->text)));
	for (unsigned i = 1; i < err->line && line < end; i++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		line = next ? next + 1 : end;
	}
	/* An empty text has no line. */
	fuzz_must(line < end || err->column == 0);
	length = (size_t)(end - line);
	if (memchr(line, '\n', length))
		length = (size_t)((char *)memchr(line, '\n', length) - line);
	fuzz_must(err->column >= 0 && (size_t)err->column <= length);
	fuzz_must(err->length >= 0 &&
		  (size_t)err->column + (size_t)err->length <= length + 1);
}

static void check_stats(const struct dump_stat *stats, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		fuzz_must(stats[i].name && *stats[i].name);
}

static void check_rows(const struct kernel_dump *dump)
{
	for (size_t i = 0; i < dump->nr_slabinfo; i++)
		fuzz_must(*dump->slabinfo[i].name);
	for (size_t i = 0; i < dump->nr_sysfs_slab; i++)
		fuzz_must(*dump->sysfs_slab[i].name);
	for (size_t i = 0; i < dump->nr_zones; i++) {
		const struct dump_zone *zone = &dump->zones[i];

		fuzz_must(*zone->name);
		fuzz_must(zone->nr_protection <= DUMP_PROTECTION_MAX);
		fuzz_must(zone->populated || !zone->nr_pagesets);
		check_stats(zone->stats, zone->nr_stats);
		check_stats(zone->node_stats, zone->nr_node_stats);
	}
	for (size_t i = 0; i < dump->nr_pageblocks; i++)
		fuzz_must(dump->pageblocks[i].nr_types <= DUMP_TYPES_MAX);
	for (size_t i = 0; i < dump->nr_vmalloc; i++)
		fuzz_must(strlen(dump->vmalloc[i].text) < 1 << 20);
	for (size_t i = 0; i < dump->nr_interrupts; i++)
		fuzz_must(dump->interrupts[i].nr_counts <=
			  dump->nr_interrupt_cpus);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dump_error err = { .line = 99 };
	struct kernel_dump *dump;
	int ret;

	ret = kernel_dump_parse(&dump, (const char *)data, size, DUMP_ALL,
				&err);
	if (ret) {
		fuzz_must(ret == -EINVAL && !dump);
		check_place(&err, (const char *)data, size);
		return 0;
	}
	fuzz_must(dump->nr_words <= 2 * (size + 1));
	check_rows(dump);
	kernel_dump_destroy(dump);
	return 0;
}
