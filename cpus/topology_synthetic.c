/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a synthetic topology string.
 *
 * hwloc's own parser (2.9) is not for users: it says EINVAL for most mistakes,
 * ignores others (indexes that do not fit, a memory= where none belongs, a
 * second order of caches) and aborts on some ("memcache:2 pu:1"). So the
 * string is parsed here first, strictly, and written anew for hwloc:
 *
 *	string	= { level | attached }
 *	level	= type ":" count [ attrs ]  |  count	(all or none typed)
 *	attached = "[" numa [ attrs ] "]"
 *	attrs	= "(" name "=" value { " " name "=" value } ")"
 *
 * What we add: sizes may end in K, M, G, T (binary) as everywhere in this
 * program; KB, MB.. are hwloc's decimal and KiB, MiB.. its binary units.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cpus/topology_words.h"

/* hwloc's, for a node without memory= */
#define MEMORY_DEFAULT	(1UL << 30)

struct attrs {
	bool		has_memory;
	uint64_t	memory;
	bool		has_size;
	uint64_t	size;
	const char	*indexes;		/* or NULL */
	int		indexes_length;
};

/* ---- attributes ---------------------------------------------------------- */

static int unknown_attr(struct words *p, const char *name, int length)
{
	static const char *const names[] = { "memory", "size", "indexes" };
	char hint[128];

	words_suggest(hint, sizeof(hint), name, (size_t)length, names,
		     ARRAY_SIZE(names), "attributes: memory size indexes");
	return topology_fail(p->err, column(p, name), hint,
			     "unknown attribute '%.*s'", length, name);
}

static int misplaced_attr(struct words *p, const char *name, int length,
			  const char *hint, const struct word *word)
{
	return topology_fail(p->err, column(p, name), hint,
			     "'%.*s' does not belong to '%.*s'", length, name,
			     word->length, word->at);
}

/* One name=value. */
static int parse_attr(struct words *p, const struct word *word,
		      struct attrs *attrs)
{
	const char *name = p->at;
	int length = (int)strcspn(name, "=) \t\r\n");

	p->at += length + (name[length] == '=');
	if (length == 6 && !strncmp(name, "memory", 6)) {
		if (word->kind != WORD_NUMA)
			return misplaced_attr(p, name, length,
					      "write [numa(memory=...)]", word);
		attrs->has_memory = true;
		return words_bytes(p, &attrs->memory);
	}
	if (length == 4 && !strncmp(name, "size", 4)) {
		if (word->kind != WORD_CACHE)
			return misplaced_attr(p, name, length,
					      "only caches have a size", word);
		attrs->has_size = true;
		return words_bytes(p, &attrs->size);
	}
	if (length == 7 && !strncmp(name, "indexes", 7)) {
		if (word->kind == WORD_CACHE || word->kind == WORD_GROUP)
			return misplaced_attr(p, name, length,
					      "they have no numbers",
					      word);
		attrs->indexes = p->at;
		attrs->indexes_length = (int)strcspn(p->at, ") \t\r\n");
		return words_indexes(p);
	}
	return unknown_attr(p, name, length);
}

/* "(...)", if there is one at p->at. */
static int parse_attrs(struct words *p, const struct word *word,
		       struct attrs *attrs)
{
	const char *open = p->at;
	int err;

	if (*open != '(')
		return 0;
	p->at++;
	for (words_skip_blanks(p); *p->at != ')'; words_skip_blanks(p)) {
		if (!*p->at)
			return topology_fail(p->err, column(p, open), NULL,
					     "'(' without ')'");
		err = parse_attr(p, word, attrs);
		if (err)
			return err;
	}
	p->at++;
	return 0;
}

/* ---- levels -------------------------------------------------------------- */

static void write_attrs(struct words *p, const struct attrs *attrs)
{
	const char *gap = "(";

	if (attrs->has_memory) {
		fprintf(p->out, "%smemory=%" PRIu64, gap, attrs->memory);
		gap = " ";
	}
	if (attrs->has_size) {
		fprintf(p->out, "%ssize=%" PRIu64, gap, attrs->size);
		gap = " ";
	}
	if (attrs->indexes) {
		fprintf(p->out, "%sindexes=%.*s", gap, attrs->indexes_length,
			attrs->indexes);
		gap = " ";
	}
	if (*gap == ' ')
		fputc(')', p->out);
}

static void default_memory(struct words *p, struct attrs *attrs)
{
	if (attrs->has_memory)
		return;
	attrs->has_memory = true;
	attrs->memory = MEMORY_DEFAULT;
	p->memory_assumed = true;
}

static int parse_attached(struct words *p)
{
	const char *open = p->at++;
	struct attrs attrs = { 0 };
	struct word word;
	int err;

	words_skip_blanks(p);
	err = words_type(p, &word);
	if (err)
		return err;
	if (word.kind != WORD_NUMA)
		return topology_fail(p->err, column(p, word.at), NULL,
				     "only numa stands in brackets");
	for (unsigned i = 0; i < p->nr_levels; i++)
		if (p->levels[i].kind == WORD_NUMA)
			return topology_fail(p->err, column(p, open),
					     "write all nodes in brackets",
					     "[numa] besides a numa level");
	if (*p->at == ':')
		return topology_fail(p->err, column(p, p->at),
				     "for two nodes write [numa] [numa]",
				     "a node in brackets has no count");
	err = parse_attrs(p, &word, &attrs);
	if (err)
		return err;
	words_skip_blanks(p);
	if (*p->at != ']')
		return topology_fail(p->err, column(p, open), NULL,
				     "'[' without ']'");
	p->at++;
	if (!p->attached)
		p->attached = open;
	default_memory(p, &attrs);
	fputs(" [numa", p->out);
	write_attrs(p, &attrs);
	fputc(']', p->out);
	return 0;
}

/* May `inner` stand below `outer`? Caches among themselves: larger outside. */
static bool may_contain(const struct word *outer, const struct word *inner)
{
	if (outer->kind == WORD_PU)
		return false;
	if (outer->kind == WORD_GROUP || inner->kind == WORD_GROUP ||
	    outer->kind == WORD_NUMA || inner->kind == WORD_NUMA)
		return outer->kind != inner->kind || inner->kind == WORD_GROUP;
	if (outer->kind == WORD_CACHE && inner->kind == WORD_CACHE)
		return outer->cache_depth > inner->cache_depth ||
		       (outer->cache_depth == inner->cache_depth &&
			outer->cache_type != inner->cache_type);
	if (outer->kind == WORD_CACHE || inner->kind == WORD_CACHE)
		return true;
	return outer->kind < inner->kind;
}

static int add_level(struct words *p, const struct word *word)
{
	const struct word *outer;

	if (p->nr_levels == LEVELS_MAX)
		return topology_fail(p->err, column(p, word->at), NULL,
				     "more than %d levels", LEVELS_MAX);
	if (word->kind == WORD_MACHINE)
		return topology_fail(p->err, column(p, word->at),
				     "leave it out: there is always one",
				     "the machine is no level");
	if (word->kind == WORD_NUMA && p->attached)
		return topology_fail(p->err, column(p, word->at),
				     "write all nodes in brackets",
				     "a numa level besides [numa]");
	for (outer = p->levels; outer < p->levels + p->nr_levels; outer++) {
		if ((outer->kind == WORD_UNTYPED) !=
		    (word->kind == WORD_UNTYPED))
			return topology_fail(p->err, column(p, word->at),
					     "give every level a type, or none",
					     "levels with and without a type");
		if (word->kind != WORD_UNTYPED && !may_contain(outer, word))
			return topology_fail(p->err, column(p, word->at),
					     "order: pack die l3 l2 l1 core pu",
					     "'%.*s' inside '%.*s'",
					     word->length, word->at,
					     outer->length, outer->at);
	}
	p->levels[p->nr_levels++] = *word;
	return 0;
}

static int parse_count(struct words *p, uint64_t *nr)
{
	const char *at = p->at;
	int err = words_number(p, nr, "a count");

	if (err)
		return err;
	if (*nr == 0)
		return topology_fail(p->err, column(p, at), NULL,
				     "a count is at least 1");
	if (*nr > TOPOLOGY_PUS_MAX || p->total * *nr > TOPOLOGY_PUS_MAX)
		return topology_fail(p->err, column(p, at), NULL,
				     "more than %d objects, the limit",
				     TOPOLOGY_PUS_MAX);
	p->total *= *nr;
	return 0;
}

/* A level's closing: nothing may stick to it. */
static int parse_level_end(struct words *p, const struct word *word)
{
	if (!*p->at || strchr(" \t\r\n[", *p->at))
		return 0;
	return topology_fail(p->err, column(p, p->at), NULL,
			     "unexpected '%c' after '%.*s'", *p->at,
			     (int)(p->at - word->at), word->at);
}

static int parse_colon(struct words *p, const struct word *word)
{
	char hint[128];

	words_skip_blanks(p);
	if (*p->at == ':') {
		p->at++;
		words_skip_blanks(p);
		return 0;
	}
	snprintf(hint, sizeof(hint), "write %.*s:COUNT", word->length,
		 word->at);
	return topology_fail(p->err, column(p, word->at), hint,
			     "no ':' and count after '%.*s'", word->length,
			     word->at);
}

static void write_level(struct words *p, const struct word *word, uint64_t nr,
			struct attrs *attrs)
{
	if (word->kind == WORD_UNTYPED) {
		fprintf(p->out, " %" PRIu64, nr);
		return;
	}
	if (word->kind == WORD_NUMA)
		default_memory(p, attrs);
	/* hwloc reads memory=0 of a level as "not said", but not in brackets */
	if (word->kind == WORD_NUMA && attrs->memory == 0) {
		fprintf(p->out, " group:%" PRIu64 " [numa", nr);
		write_attrs(p, attrs);
		fputc(']', p->out);
		return;
	}
	fprintf(p->out, " %.*s:%" PRIu64, word->length, word->at, nr);
	write_attrs(p, attrs);
}

static int parse_level(struct words *p)
{
	struct attrs attrs = { 0 };
	struct word word = { .kind = WORD_UNTYPED, .at = p->at };
	uint64_t nr;
	int err = 0;

	if (*p->at == '(')
		return topology_fail(p->err, column(p, p->at),
				     "write [numa(memory=...)]",
				     "attributes stand behind an object");
	if (!isdigit((unsigned char)*p->at)) {
		err = words_type(p, &word);
		if (!err)
			err = parse_colon(p, &word);
	}
	if (!err)
		err = add_level(p, &word);
	if (!err)
		err = parse_count(p, &nr);
	if (!err && word.kind != WORD_UNTYPED)
		err = parse_attrs(p, &word, &attrs);
	if (!err)
		err = parse_level_end(p, &word);
	if (!err)
		write_level(p, &word, nr, &attrs);
	return err;
}

static int parse_all(struct words *p)
{
	const struct word *last;
	bool has_numa = false;
	int err;

	for (words_skip_blanks(p); *p->at; words_skip_blanks(p)) {
		err = *p->at == '[' ? parse_attached(p) : parse_level(p);
		if (err)
			return err;
	}
	last = p->nr_levels ? &p->levels[p->nr_levels - 1] : NULL;
	if (!last || (last->kind != WORD_PU && last->kind != WORD_UNTYPED))
		return topology_fail(p->err, column(p, p->at),
				     "append pu:1",
				     "the last level must be pu");
	for (unsigned i = 0; i < p->nr_levels; i++)
		has_numa |= p->levels[i].kind == WORD_NUMA;
	if (!has_numa && !p->attached)
		p->memory_assumed = true;
	return 0;
}

int topology_parse_synthetic(const char *spec, struct topology_synthetic *out,
			     struct topology_error *err)
{
	struct words p = { .spec = spec, .at = spec, .err = err, .total = 1 };
	size_t size;
	int ret;

	out->words = NULL;
	p.out = open_memstream(&out->words, &size);
	if (!p.out)
		return -ENOMEM;
	ret = parse_all(&p);
	if (fclose(p.out) && !ret)
		ret = -ENOMEM;
	if (ret) {
		free(out->words);
		out->words = NULL;
		return ret;
	}
	out->nr_pus = (unsigned)p.total;
	out->memory_assumed = p.memory_assumed;
	return 0;
}
