/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of SLUB's reports (slub spec 2.6; mm/slub.c object_err(),
 * slab_err(), print_trailer(), lib/hexdump.c, lib/vsprintf.c %pGp, 6.12). The
 * report is free in virtual time. Memory is shown as it is: pointers in it are
 * the emulator's own.
 */
#include "mm/mmzone.h"
#include "mm/slub_debug.h"

#define VMEMMAP_PRINT_BASE	0xffffea0000000000UL
#define DUMP_ROW		16
#define PREFIX_SIZE		128

/* The kernel's numbers of our flags, and of node and zone above them: a 6.12
 * with NODES_SHIFT=10 and five zones, without automatic NUMA balancing. */
#define KERNEL_PG_active	(1ul << 8)	/* from the reserves */
#define KERNEL_PG_head		(1ul << 6)
#define KERNEL_PG_workingset	(1ul << 9)	/* on a node's list */
#define KERNEL_ZONES_SHIFT	51
#define KERNEL_NODES_SHIFT	54

unsigned long slub_print_pointer(const void *p)
{
	u64 offset = (u64)p - (u64)machine_direct_map;

	if (p && offset < max_pfn << PAGE_SHIFT)
		return machine_print_address(p);
	return (unsigned long)p;
}

/* ---- the header ---- */
static void append(char prefix[PREFIX_SIZE], const char *text)
{
	size_t at = 0;

	while (prefix[at])
		at++;
	while (*text && at + 1 < PREFIX_SIZE)
		prefix[at++] = *text++;
	prefix[at] = '\0';
}

static void slab_bug(const struct kmem_cache *s, const char *fmt, va_list args)
	printf_like(2, 0);

static void slab_bug(const struct kmem_cache *s, const char *fmt, va_list args)
{
	char prefix[PREFIX_SIZE] = "";

	kernel_report_begins();
	append(prefix, "BUG ");
	append(prefix, s->name);
	append(prefix, " (");
	append(prefix, print_tainted());
	append(prefix, "): ");
	printk("============================================================="
	       "================");
	kernel_vbug(prefix, fmt, args);
	kernel_report_taints(TAINT_BAD_PAGE);
	printk("-------------------------------------------------------------"
	       "----------------");
	printk("%s", "");
}

/* ---- hex dumps ---- */
static char *put_hex(char *at, u8 byte)
{
	*at++ = "0123456789abcdef"[byte >> 4];
	*at++ = "0123456789abcdef"[byte & 15];
	return at;
}

/* "6b 6b ...  kkkk": the text in the same column however short the row. */
static void print_row(const char *text, const u8 *row, size_t size)
{
	char line[DUMP_ROW * 4 + 2], *at = line;

	for (size_t i = 0; i < size; i++) {
		at = put_hex(at, row[i]);
		*at++ = ' ';
	}
	while (at < line + DUMP_ROW * 3 + 1)
		*at++ = ' ';
	for (size_t i = 0; i < size; i++)
		*at++ = row[i] >= 0x20 && row[i] < 0x7f ? (char)row[i] : '.';
	*at = '\0';
	printk("%s%016lx: %s", text, machine_print_address(row), line);
}

void print_section(const char *text, const void *addr, size_t size)
{
	for (size_t done = 0; done < size; done += DUMP_ROW)
		print_row(text, (const u8 *)addr + done,
			  min_t(size_t, size - done, DUMP_ROW));
}

/* ---- the slab and the object ---- */
static void print_slab_info(const struct slab *slab)
{
	union slab_counters counters = slab_counters(slab);
	struct page *page = slab_page(slab);
	u32 flags = page->flags;
	unsigned zone = page_zone(page)->idx;
	unsigned long value = (unsigned long)slab_nid(slab) <<
		KERNEL_NODES_SHIFT | (unsigned long)zone << KERNEL_ZONES_SHIFT;

	if (flags & PG_pfmemalloc)
		value |= KERNEL_PG_active;
	if (flags & PG_slab_partial)
		value |= KERNEL_PG_workingset;
	if (flags & PG_head)
		value |= KERNEL_PG_head;
	printk("Slab 0x%016lx objects=%u used=%u fp=0x%016lx flags=0x%lx"
	       "(%s%s%snode=%d|zone=%u)",
	       VMEMMAP_PRINT_BASE + page_to_pfn(page) * sizeof(struct page),
	       counters.objects, counters.inuse,
	       slub_print_pointer(slab->freelist), value,
	       flags & PG_pfmemalloc ? "active|" : "",
	       flags & PG_slab_partial ? "workingset|" : "",
	       flags & PG_head ? "head|" : "", slab_nid(slab),
	       zone);
}

/* All that is known of an object that lies where objects do. */
static void print_trailer(const struct kmem_cache *s, const struct slab *slab,
			  const char *object)
{
	unsigned end = s->lay.size - s->lay.red_left_pad;
	unsigned info_end = slub_info_end(s);
	const char *base = slab_address(slab);

	print_tracking(s, object);
	print_slab_info(slab);
	printk("Object 0x%016lx @offset=%td fp=0x%016lx",
	       machine_print_address(object), object - base,
	       slub_print_pointer(get_freepointer(s, object)));
	printk("%s", "");
	if (s->flags & SLAB_RED_ZONE)
		print_section("Redzone  ", object - s->lay.red_left_pad,
			      s->lay.red_left_pad);
	else if (object > base + 16)
		print_section("Bytes b4 ", object - 16, 16);
	print_section("Object   ", object,
		      min_t(size_t, slab_object_size(s), PAGE_SIZE));
	if (s->flags & SLAB_RED_ZONE)
		print_section("Redzone  ", object + slab_object_size(s),
			      slab_inuse(s) - slab_object_size(s));
	if (info_end != end)
		print_section("Padding  ", object + info_end, end - info_end);
	dump_stack();
}

static void slab_bug_words(const struct kmem_cache *s, const char *fmt, ...)
	printf_like(2, 3);

static void slab_bug_words(const struct kmem_cache *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	slab_bug(s, fmt, args);
	va_end(args);
}

/* ---- reports ---- */
void object_err(const struct kmem_cache *s, const struct slab *slab,
		const void *object, const char *reason)
{
	machine_quiet_begin();
	slab_bug_words(s, "%s", reason);
	if (object && check_valid_pointer(s, slab, object)) {
		print_trailer(s, slab, object);
	} else {
		print_slab_info(slab);
		printk("Invalid pointer 0x%016lx", slub_print_pointer(object));
		dump_stack();
	}
	machine_quiet_end();
}

void slab_err(const struct kmem_cache *s, const struct slab *slab,
	      const char *fmt, ...)
{
	va_list args;

	machine_quiet_begin();
	va_start(args, fmt);
	slab_bug(s, fmt, args);
	va_end(args);
	print_slab_info(slab);
	dump_stack();
	machine_quiet_end();
}

void slub_report_overwritten(const struct slab *slab, const char *what,
			     const u8 *from, const u8 *to, u8 value)
{
	machine_quiet_begin();
	printk("[%s overwritten] 0x%016lx-0x%016lx @offset=%td. First byte "
	       "0x%x instead of 0x%x", what, machine_print_address(from),
	       machine_print_address(to - 1),
	       (const char *)from - slab_address(slab), *from, value);
	machine_quiet_end();
}

void slab_fix(const struct kmem_cache *s, const char *fmt, ...)
{
	char prefix[PREFIX_SIZE] = "";
	va_list args;

	machine_quiet_begin();
	append(prefix, "FIX ");
	append(prefix, s->name);
	append(prefix, ": ");
	va_start(args, fmt);
	kernel_vprintk(prefix, fmt, args);
	va_end(args);
	machine_quiet_end();
}

/* ---- what is left in a cache that goes ---- */
static bool is_free(const struct kmem_cache *s, const struct slab *slab,
		    const void *object)
{
	const void *free = slab->freelist;

	while (free && free != object)
		free = get_freepointer(s, free);
	return free;
}

static void list_slab_objects(const struct kmem_cache *s,
			      const struct slab *slab)
{
	const char *object = slab_first_object(s, slab);
	unsigned objects = slab_counters(slab).objects;

	slab_err(s, slab, "Objects remaining in %s on "
		 "__kmem_cache_shutdown()", s->name);
	for (; objects--; object += s->lay.size) {
		if (is_free(s, slab, object))
			continue;
		printk("Object 0x%016lx @offset=%td",
		       machine_print_address(object),
		       object - slab_address(slab));
		print_tracking(s, object);
	}
}

void slub_report_remaining(const struct kmem_cache *s,
			   struct kmem_cache_node *n)
{
	const struct slab *slab;

	check(lock_held(&n->list_lock));
	machine_quiet_begin();
	list_for_each_entry(slab, &n->partial, slab_list)
		if (slab_counters(slab).inuse)
			list_slab_objects(s, slab);
	machine_quiet_end();
}
