/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a real kernel printed against what our formulas give for its version,
 * CPUs, nodes and managed pages. Every printed value of a class is counted
 * once: equal, equal with an input that had to be inferred, without its
 * inputs, or wrong.
 */
#ifndef EMU_CONFORM_H
#define EMU_CONFORM_H

#include <jansson.h>

#include "emu/kernel_dump.h"

/* The sections that have formulas. */
#define CONFORM_SECTIONS \
	(DUMP_BIT(DUMP_BOOT) | DUMP_BIT(DUMP_SLABINFO) | \
	 DUMP_BIT(DUMP_SYSFS_SLAB) | DUMP_BIT(DUMP_ZONEINFO) | \
	 DUMP_BIT(DUMP_CEILING))

/* Of which a dump may lack some: their values are inferred or excluded. */
#define CONFORM_EXTRAS	(DUMP_BIT(DUMP_SLAB_FLAGS) | DUMP_BIT(DUMP_CPUS))

/*
 * The report, a new object (doc/engine-protocol.md); or NULL, *err saying what
 * the dump must have and does not. live: it is of the running kernel, whose
 * zones may have shrunk since it booted.
 */
json_t *conform_dump(const struct kernel_dump *dump, bool live,
		     struct dump_error *err);

/* The same of a dump's text; a mistake is a report {"error": {...}}. */
json_t *conform_text(const char *text, size_t size, bool live);

#endif
