/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slab_debug=, in the kernel's syntax (Documentation/mm/slab.rst and
 * mm/slub.c setup_slub_debug(), 6.12): blocks between semicolons, each letters
 * and then, after a comma, the caches they are for, between commas, a name or
 * its beginning and an asterisk. The first block that names a cache decides. A
 * block without caches is for all others; where there is none, they have no
 * debugging.
 *
 *	F consistency checks	Z red zones	P poison	U tracks
 *	T trace			A failslab	- nothing
 *	O no metadata where it would raise the order a slab needs at least
 *
 * No letters: F, Z, P and U.
 */
#include "mm/slub_debug.h"

static u32 slub_debug;			/* of caches that no block names */
static const char *slub_debug_string;	/* blocks with caches, or NULL */
static u64 patterns_used;		/* a bit each, of the first 64 */
bool disable_higher_order_debug;

static size_t length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

/* What a letter stands for; 0: none. Either case. */
static u32 flag_of_letter(char c)
{
	static const struct { char letter; u32 flag; } letters[] = {
		{ 'f', SLAB_CONSISTENCY_CHECKS }, { 'z', SLAB_RED_ZONE },
		{ 'p', SLAB_POISON }, { 'u', SLAB_STORE_USER },
		{ 't', SLAB_TRACE }, { 'a', SLAB_FAILSLAB },
	};

	for (size_t i = 0; i < ARRAY_SIZE(letters); i++)
		if ((c | 0x20) == letters[i].letter)
			return letters[i].flag;
	return 0;
}

struct block {
	u32		flags;
	bool		no_higher_order;
	const char	*slabs;		/* up to ; or the end, or NULL */
	char		unknown;	/* a letter that is none, or 0 */
};

static void read_letter(struct block *block, char c)
{
	u32 flag = flag_of_letter(c);

	if (c == '-')
		block->flags = 0;
	else if ((c | 0x20) == 'o')
		block->no_higher_order = true;
	else if (flag)
		block->flags |= flag;
	else
		block->unknown = c;
}

/* The first block of str; what follows it, or NULL. */
static const char *read_block(const char *str, struct block *block)
{
	*block = (struct block){ .flags = 0 };
	while (*str == ';')
		str++;
	if (*str == ',')
		block->flags = DEBUG_DEFAULT_FLAGS;
	for (; *str && *str != ',' && *str != ';'; str++)
		read_letter(block, *str);
	if (*str == ',')
		block->slabs = ++str;
	while (*str && *str != ';')
		str++;
	while (*str == ';')
		str++;
	return *str ? str : NULL;
}

void slab_debug_setup(const char *options)
{
	bool all_changed = false, named = false;
	struct block block;

	slub_debug = *options ? 0 : DEBUG_DEFAULT_FLAGS;
	for (const char *str = options; str && *str;) {
		str = read_block(str, &block);
		if (block.unknown)
			printk("slab_debug option '%c' unknown. skipped",
			       block.unknown);
		if (block.no_higher_order)
			disable_higher_order_debug = true;
		if (block.slabs) {
			named = true;
		} else {
			slub_debug = block.flags;
			all_changed = true;
		}
	}
	slub_debug_string = named ? options : NULL;
	patterns_used = 0;
	if (named && !all_changed)
		slub_debug = 0;
}

/* One of a block's caches, of n characters, against a name. */
static bool cache_matches(const char *pattern, size_t n, const char *name)
{
	size_t len = length(name);

	for (size_t i = 0; i < n; i++) {
		if (pattern[i] == '*')
			return true;
		if (i >= len || pattern[i] != name[i])
			return false;
	}
	return n == len;
}

static size_t pattern_length(const char *pattern)
{
	size_t n = 0;

	while (pattern[n] && pattern[n] != ',' && pattern[n] != ';')
		n++;
	return n;
}

/* *nr counts patterns. */
static bool block_names(const char *slabs, const char *name, unsigned *nr)
{
	for (; *slabs && *slabs != ';'; slabs += *slabs == ',') {
		size_t n = pattern_length(slabs);

		if (cache_matches(slabs, n, name)) {
			patterns_used |= 1ull << *nr % 64;
			return true;
		}
		++*nr;
		slabs += n;
	}
	return false;
}

const char *slab_debug_unused(size_t *n)
{
	struct block block;
	unsigned nr = 0;

	for (const char *str = slub_debug_string; str && *str;) {
		str = read_block(str, &block);
		for (const char *p = block.slabs; p && *p && *p != ';';
		     p += *p == ',', nr++) {
			*n = pattern_length(p);
			if (nr < 64 && !(patterns_used >> nr & 1))
				return p;
			p += *n;
		}
	}
	return NULL;
}

u32 kmem_cache_flags(u32 flags, const char *name)
{
	struct block block;
	unsigned nr = 0;

	for (const char *str = slub_debug_string; str && *str;) {
		str = read_block(str, &block);
		if (block.slabs && block_names(block.slabs, name, &nr))
			return flags | block.flags;
	}
	/* Not for caches of debugging itself, unless they are named. */
	return flags | (flags & SLAB_NOLEAKTRACE ?
			slub_debug & ~SLAB_STORE_USER : slub_debug);
}
