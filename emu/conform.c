/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The classes of values, their counts and the report: see conform.h. */
#include "emu/conform_def.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Where a class is defined, and its formula in words. */
static const struct {
	const char	*name, *formula;
} classes[NR_CLASSES] = {
[CLASS_OBJECT_SIZE]	= { "object_size", "a kmalloc class is named by it" },
[CLASS_SIZE]		= { "slab_size", "object_size and the free pointer, "
			    "aligned" },
[CLASS_ALIGN]		= { "align", "kmalloc: the largest power of two in "
			    "the size; else by SLAB_HWCACHE_ALIGN" },
[CLASS_ORDER]		= { "order", "least waste for min_objects, which "
			    "follow from the CPUs" },
[CLASS_PAGES]		= { "pagesperslab", "the same, of slabinfo" },
[CLASS_OBJECTS]		= { "objs_per_slab", "the slab divided by "
			    "slab_size" },
[CLASS_CPU_PARTIAL]	= { "cpu_partial", "120, 52, 24 or 6 by slab_size" },
[CLASS_MIN_PARTIAL]	= { "min_partial", "half of log2(slab_size), 5 to "
			    "10" },
[CLASS_FOLDER]		= { "folder", ":flags-size of mergeable caches" },
[CLASS_MERGE]		= { "merged", "caches that could be one are" },
[CLASS_ALIASES]		= { "aliases", "names of a folder, but one" },
[CLASS_MIN]		= { "min", "the zone's share of min_free_kbytes" },
[CLASS_LOW]		= { "low", "min and a quarter of it, or 0.1 % of the "
			    "zone" },
[CLASS_HIGH]		= { "high", "min and twice that" },
[CLASS_PROMO]		= { "promo", "min and three times that" },
[CLASS_PROTECTION]	= { "protection", "1/256 or 1/32 of the zones above" },
[CLASS_BATCH]		= { "pcp.batch", "1/4096 of the zone, at most 63" },
[CLASS_PCP_HIGH]	= { "pcp.high", "before 6.7: the low watermark "
			    "divided by the node's CPUs" },
[CLASS_HIGH_MIN]	= { "pcp.high_min", "the low watermark divided by "
			    "the node's CPUs" },
[CLASS_HIGH_MAX]	= { "pcp.high_max", "1/8 of the zone divided by the "
			    "node's CPUs" },
[CLASS_THRESHOLD]	= { "vmstat_threshold", "logarithms of the CPUs and "
			    "of the zone" },
[CLASS_CEILING]		= { "tlb_ceiling", "33 pages" },
};

bool conform_since(const struct conform *c, unsigned major, unsigned minor)
{
	return c->dump->major > major ||
		(c->dump->major == major && c->dump->minor >= minor);
}

bool conform_has_parameter(const struct conform *c, const char *name)
{
	size_t length = strlen(name);
	const char *at = c->dump->cmdline ? c->dump->cmdline : "";

	while (*at) {
		size_t word = strcspn(at, " ");

		if (word >= length && !memcmp(at, name, length) &&
		    (word == length || at[length] == '=' || at[length] == ','))
			return true;
		at += word + (at[word] == ' ');
	}
	return false;
}

/* ---- counting ---- */
void conform_compare(struct conform *c, enum conform_class class,
		     const struct conform_place *at, u64 printed, u64 computed,
		     bool inferred, const char *format, ...)
{
	struct conform_count *count = &c->counts[class];
	char inputs[256];
	va_list args;

	if (printed == computed) {
		++*(inferred ? &count->inferred : &count->equal);
		return;
	}
	count->wrong++;
	va_start(args, format);
	vsnprintf(inputs, sizeof(inputs), format, args);
	va_end(args);
	json_array_append_new(c->mismatches,
		json_pack("{s:s, s:s, s:i, s:s, s:I, s:I, s:s}", "class",
			  classes[class].name, "section",
			  dump_section_names[at->section], "line",
			  (int)at->line, "name", at->name, "printed",
			  (json_int_t)printed, "computed",
			  (json_int_t)computed, "inputs", inputs));
}

void conform_exclude(struct conform *c, enum conform_class class, u64 nr,
		     const char *input)
{
	json_t *item;
	size_t i;

	c->counts[class].excluded += nr;
	json_array_foreach(c->excluded, i, item) {
		json_t *values = json_object_get(item, "values");

		if (strcmp(json_string_value(json_object_get(item, "input")),
			   input) ||
		    strcmp(json_string_value(json_object_get(item, "class")),
			   classes[class].name))
			continue;
		json_integer_set(values, json_integer_value(values) +
				 (json_int_t)nr);
		return;
	}
	if (nr)
		json_array_append_new(c->excluded,
			json_pack("{s:s, s:I, s:s}", "class",
				  classes[class].name, "values",
				  (json_int_t)nr, "input", input));
}

void conform_infer(struct conform *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(c->inferred, json_string(text));
}

void conform_note(struct conform *c, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_array_append_new(c->notes, json_string(text));
}

/* ---- the report ---- */
static json_t *class_counts(const struct conform *c)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < NR_CLASSES; i++) {
		const struct conform_count *n = &c->counts[i];

		json_array_append_new(array,
			json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}",
				  "name", classes[i].name, "formula",
				  classes[i].formula, "values",
				  (json_int_t)(n->equal + n->inferred +
					       n->excluded + n->wrong),
				  "equal", (json_int_t)n->equal, "inferred",
				  (json_int_t)n->inferred, "excluded",
				  (json_int_t)n->excluded, "wrong",
				  (json_int_t)n->wrong));
	}
	return array;
}

static json_t *kernel_json(const struct conform *c)
{
	const struct kernel_dump *dump = c->dump;
	u64 managed = 0, nodes = 0;
	char version[40];

	for (size_t i = 0; i < dump->nr_zones; i++) {
		managed += dump->zones[i].managed;
		nodes = max(nodes, dump->zones[i].node + 1);
	}
	snprintf(version, sizeof(version), "%u.%u", dump->major, dump->minor);
	return json_pack("{s:s, s:s, s:i, s:I, s:I}", "release", dump->release,
			 "version", version, "cpus", (int)c->nr_cpus, "nodes",
			 (json_int_t)nodes, "managed_pages",
			 (json_int_t)managed);
}

#define NOT_SPECIFIED	"(general knowledge of these kernels: the " \
			"specification does not say it)"

/* What differs between generations and is used here. */
static void note_generation(struct conform *c)
{
	if (!c->dump->x86_64)
		conform_note(c, "uname does not say x86_64: compared with what "
			     "pages of 4K and cache lines of 64 bytes give");
	if (!conform_since(c, 6, 1))
		conform_note(c, "a kernel before 6.1: compared with what 6.1 "
			     "does");
	if (conform_since(c, 7, 1))
		conform_note(c, "a kernel after 7.0: compared with what 7.0 "
			     "does");
	if (!conform_since(c, 6, 7))
		conform_note(c, "before 6.7 the high of a CPU's lists is "
			     "fixed");
	if (!conform_since(c, 6, 11))
		conform_note(c, "before 6.11 only kmalloc sizes that are "
			     "powers of two have an alignment of their own "
			     NOT_SPECIFIED);
	if (!conform_since(c, 6, 6))
		conform_note(c, "before 6.6 an empty zone Movable may have a "
			     "min of 0, as any other " NOT_SPECIFIED);
	if (conform_since(c, 7, 0))
		conform_note(c, "since 7.0 caches have no CPU slabs: "
			     "cpu_partial is 0");
}

/* Sections that hold states, and those nobody knows. */
static void note_not_compared(struct conform *c)
{
	for (size_t i = 0; i < c->dump->nr_unknown; i++)
		conform_note(c, "section %s: a state without a formula, not "
			     "compared", c->dump->unknown[i]);
	for (unsigned i = 0; i < DUMP_NR_SECTIONS; i++)
		if ((CONFORM_SECTIONS & DUMP_BIT(i)) && !c->dump->lines[i])
			conform_note(c, "the dump has no section %s",
				     dump_section_names[i]);
}

static void conform_ceiling(struct conform *c)
{
	const struct conform_place at = { DUMP_CEILING,
		c->dump->lines[DUMP_CEILING], "tlb_single_page_flush_ceiling" };

	if (at.line)
		conform_compare(c, CLASS_CEILING, &at, c->dump->ceiling,
				arch_x86_64_4l.flush_ceiling_pages, false,
				"the default of x86");
}

static json_t *compare_all(struct conform *c)
{
	json_t *report;

	c->nr_cpus = (unsigned)c->dump->cpus;
	c->mismatches = json_array();
	c->excluded = json_array();
	c->inferred = json_array();
	c->notes = json_array();
	note_generation(c);
	conform_caches(c);
	conform_aliases(c);
	conform_zones(c);
	conform_ceiling(c);
	note_not_compared(c);
	report = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "kernel",
			   kernel_json(c), "classes", class_counts(c),
			   "mismatches", c->mismatches, "excluded",
			   c->excluded, "inferred", c->inferred, "notes",
			   c->notes);
	if (!*c->err->text)
		return report;
	json_decref(report);
	return NULL;
}

json_t *conform_dump(const struct kernel_dump *dump, bool live,
		     struct dump_error *err)
{
	struct conform c = { .dump = dump, .live = live, .err = err };

	*err = (struct dump_error){ 0 };
	err->line = dump->lines[DUMP_BOOT];
	if (!err->line)
		snprintf(err->text, sizeof(err->text), "no section BOOT: the "
			 "kernel's version and CPUs are not known");
	else if (dump->cpus > NR_CPUS_MAX)
		snprintf(err->text, sizeof(err->text), "more than %d CPUs",
			 NR_CPUS_MAX);
	return *err->text ? NULL : compare_all(&c);
}

static json_t *error_json(const struct dump_error *err)
{
	return json_pack("{s:{s:i, s:i, s:i, s:s}}", "error", "line",
			 (int)err->line, "column", err->column, "length",
			 err->length, "text", err->text);
}

json_t *conform_text(const char *text, size_t size, bool live)
{
	struct kernel_dump *dump;
	struct dump_error err;
	json_t *report = NULL;

	if (!kernel_dump_parse(&dump, text, size,
				CONFORM_SECTIONS | CONFORM_EXTRAS, &err))
		report = conform_dump(dump, live, &err);
	kernel_dump_destroy(dump);
	return report ? report : error_json(&err);
}
