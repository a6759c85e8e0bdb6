/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words, numbers, sizes and index lists of a synthetic topology string.
 */
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cpus/topology_words.h"

#define OS_INDEX_MAX	65535	/* hwloc takes more, and makes bitmaps of it */
#define CACHE_DEPTH_MAX	5

/* ---- words --------------------------------------------------------------- */

static const struct type_name {
	const char	*name;
	enum word_kind	kind;
} type_names[] = {
	{ "machine", WORD_MACHINE }, { "package", WORD_PACKAGE },
	{ "socket", WORD_PACKAGE }, { "die", WORD_DIE },
	{ "group", WORD_GROUP }, { "numanode", WORD_NUMA },
	{ "node", WORD_NUMA }, { "core", WORD_CORE }, { "pu", WORD_PU },
};

void words_skip_blanks(struct words *p)
{
	p->at += strspn(p->at, " \t\r\n");
}

/* Levenshtein's distance, for words of up to 15 letters; longer: far away. */
static unsigned edit_distance(const char *a, size_t length, const char *b)
{
	size_t width = strlen(b), i, j;
	unsigned row[16], above, left, gap;

	if (length > 15 || width > 15)
		return UINT_MAX;
	for (j = 0; j <= width; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= length; i++) {
		left = row[0];
		row[0] = (unsigned)i;
		for (j = 1; j <= width; j++) {
			above = row[j];
			gap = min(above, row[j - 1]) + 1;
			left += tolower((unsigned char)a[i - 1]) != b[j - 1];
			row[j] = min(gap, left);
			left = above;
		}
	}
	return row[width];
}

void words_suggest(char *hint, size_t size, const char *word, size_t length,
		  const char *const *names, size_t nr_names,
		  const char *otherwise)
{
	const char *nearest = NULL;
	unsigned best = length > 3 ? 3 : 2, distance;

	for (size_t i = 0; i < nr_names; i++) {
		distance = edit_distance(word, length, names[i]);
		if (distance < best) {
			best = distance;
			nearest = names[i];
		}
	}
	if (nearest)
		snprintf(hint, size, "did you mean '%s'?", nearest);
	else
		snprintf(hint, size, "%s", otherwise);
}

/* l1..l5, with u, d or i, and hwloc's long form L2dCache. */
static bool cache_word(struct word *word)
{
	const char *at = word->at;
	const char *end = at + word->length;

	if (word->length < 2 || tolower((unsigned char)at[0]) != 'l' ||
	    at[1] < '1' || at[1] > '0' + CACHE_DEPTH_MAX)
		return false;
	word->cache_depth = (unsigned)(at[1] - '0');
	word->cache_type = 'u';
	at += 2;
	if (at < end && strchr("udi", tolower((unsigned char)*at)))
		word->cache_type = (char)tolower((unsigned char)*at++);
	if (word->cache_type == 'i' && word->cache_depth > 3)
		return false;
	word->kind = WORD_CACHE;
	return at == end || (end - at == 5 && !strncasecmp(at, "cache", 5));
}

static int unknown_type(struct words *p, const struct word *word)
{
	static const char *const names[] = {
		"pack", "package", "socket", "die", "group", "numa", "numanode",
		"node", "l5", "l4", "l3", "l2", "l1", "l1d", "l1i", "core",
		"pu",
	};
	char hint[128];

	words_suggest(hint, sizeof(hint), word->at, (size_t)word->length, names,
		     ARRAY_SIZE(names),
		     "types: pack die group numa l1..l5 core pu");
	return topology_fail(p->err, column(p, word->at), hint,
			     "unknown object type '%.*s'", word->length,
			     word->at);
}

/* A type's word: as hwloc, any beginning of two letters or more. */
int words_type(struct words *p, struct word *word)
{
	size_t letters, i;

	word->at = p->at;
	word->cache_depth = 0;
	word->length = (int)strcspn(p->at, ":()[] \t\r\n");
	p->at += word->length;
	letters = (size_t)word->length;
	if (word->length == 0)
		return topology_fail(p->err, column(p, word->at), NULL,
				     "unexpected '%c'", *word->at);
	if (cache_word(word))
		return 0;
	if (letters > 5 && !strncasecmp(word->at, "group", 5) &&
	    strspn(word->at + 5, "0123456789") == letters - 5)
		letters = 5;
	for (i = 0; i < ARRAY_SIZE(type_names); i++) {
		word->kind = type_names[i].kind;
		if (letters >= 2 && letters <= strlen(type_names[i].name) &&
		    !strncasecmp(word->at, type_names[i].name, letters))
			return 0;
	}
	return unknown_type(p, word);
}

/* ---- values -------------------------------------------------------------- */

int words_number(struct words *p, uint64_t *value, const char *what)
{
	const char *at = p->at;

	if (!isdigit((unsigned char)*at))
		return topology_fail(p->err, column(p, at), NULL,
				     "%s must be a number", what);
	for (*value = 0; isdigit((unsigned char)*p->at); p->at++)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, *p->at - '0', value))
			return topology_fail(p->err, column(p, at), NULL,
					     "%s is too large", what);
	return 0;
}

int words_bytes(struct words *p, uint64_t *bytes)
{
	static const char letters[] = "kmgt";
	const char *start = p->at, *letter;
	uint64_t unit = 1;
	size_t length;
	int err = words_number(p, bytes, "a size");

	if (err)
		return err;
	length = strcspn(p->at, ") \t\r\n");
	letter = length ? strchr(letters, tolower((unsigned char)*p->at)) :
			  NULL;
	for (const char *l = letters; letter && l <= letter; l++)
		unit *= length == 2 ? 1000 : 1024;
	if (length > 0 && !(letter && (length == 1 ||
	    (length == 2 && !strncasecmp(p->at + 1, "b", 1)) ||
	    (length == 3 && !strncasecmp(p->at + 1, "ib", 2)))))
		return topology_fail(p->err, column(p, p->at),
				     "units: K M G T, KiB.. or decimal KB..",
				     "unknown unit '%.*s'", (int)length, p->at);
	p->at += length;
	if (__builtin_mul_overflow(*bytes, unit, bytes))
		return topology_fail(p->err, column(p, start), NULL,
				     "a size is too large");
	return 0;
}

/* ---- indexes= ------------------------------------------------------------ */

/* "0,2,1,3": as many as there are objects, each once. */
static int check_index_list(struct words *p, const char *end)
{
	unsigned char seen[OS_INDEX_MAX / 8 + 1] = { 0 };
	const char *start = p->at, *at;
	uint64_t nr = 0, index;
	int err;

	do {
		p->at += nr > 0;
		at = p->at;
		err = words_number(p, &index, "an index");
		if (err)
			return err;
		if (index > OS_INDEX_MAX || (seen[index / 8] >> index % 8 & 1))
			return topology_fail(p->err, column(p, at), NULL,
					     "index %" PRIu64 " %s", index,
					     index > OS_INDEX_MAX ?
					     "is above 65535" : "comes twice");
		seen[index / 8] |= (unsigned char)(1 << index % 8);
		nr++;
	} while (p->at < end && *p->at == ',');
	if (p->at == end && nr != p->total)
		return topology_fail(p->err, column(p, start), NULL,
				     "%u indexes for %u objects",
				     (unsigned)nr, (unsigned)p->total);
	return 0;
}

struct index_loops {
	unsigned	nr;
	uint64_t	step[LEVELS_MAX];
	uint64_t	count[LEVELS_MAX];
};

/* Do the loops, the first the fastest, name each of 0..total-1 once? */
static bool loops_cover(const struct index_loops *loops, uint64_t total)
{
	unsigned char seen[TOPOLOGY_PUS_MAX] = { 0 };
	uint64_t i, rest, index;
	unsigned loop;

	for (i = 0; i < total; i++) {
		for (index = 0, rest = i, loop = 0; loop < loops->nr; loop++) {
			index += rest % loops->count[loop] * loops->step[loop];
			rest /= loops->count[loop];
		}
		if (rest || index >= total || seen[index])
			return false;
		seen[index] = 1;
	}
	return true;
}

/* "2*4:1*2": loops of step*count. */
static int check_index_loops(struct words *p, const char *end)
{
	struct index_loops loops = { 0 };
	const char *start = p->at;
	int err;

	do {
		p->at += loops.nr > 0;
		err = words_number(p, &loops.step[loops.nr], "a step");
		if (err)
			return err;
		if (*p->at != '*')
			return topology_fail(p->err, column(p, p->at), NULL,
					     "a loop is step*count");
		p->at++;
		err = words_number(p, &loops.count[loops.nr], "a count");
		if (err)
			return err;
		if (loops.count[loops.nr++] == 0)
			break;
	} while (p->at < end && *p->at == ':' && loops.nr < LEVELS_MAX);
	if (loops.count[loops.nr - 1] == 0 || !loops_cover(&loops, p->total))
		return topology_fail(p->err, column(p, start), NULL,
				     "the loops do not name %u objects once",
				     (unsigned)p->total);
	return 0;
}

/* "numa:core": types of levels that the string has above. */
static int check_index_types(struct words *p, const char *end)
{
	struct word word;
	unsigned i;
	int err;

	for (;;) {
		err = words_type(p, &word);
		if (err)
			return err;
		for (i = 0; i < p->nr_levels; i++)
			if (p->levels[i].kind == word.kind &&
			    p->levels[i].cache_depth == word.cache_depth)
				break;
		if (i == p->nr_levels &&
		    !(word.kind == WORD_NUMA && p->attached))
			return topology_fail(p->err, column(p, word.at), NULL,
					     "there is no level '%.*s' yet",
					     word.length, word.at);
		if (p->at >= end || *p->at != ':')
			return 0;
		p->at++;
	}
}

int words_indexes(struct words *p)
{
	size_t length = strcspn(p->at, ") \t\r\n");
	const char *end = p->at + length;
	int err;

	if (memchr(p->at, '*', length))
		err = check_index_loops(p, end);
	else if (length == 0 || isdigit((unsigned char)*p->at))
		err = check_index_list(p, end);
	else
		err = check_index_types(p, end);
	if (!err && p->at != end)
		err = topology_fail(p->err, column(p, p->at), NULL,
				    "unexpected '%c' in indexes=", *p->at);
	return err;
}
