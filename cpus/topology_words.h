/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lexical half of the synthetic-string parser: words, numbers, sizes and
 * index lists, each reported with its column. Used by topology_synthetic.c.
 */
#ifndef CPUS_TOPOLOGY_WORDS_H
#define CPUS_TOPOLOGY_WORDS_H

#include <stdint.h>
#include <stdio.h>

#include "cpus/topology_parts.h"

#define LEVELS_MAX	64

/* In the order in which they may contain each other. */
enum word_kind {
	WORD_MACHINE, WORD_PACKAGE, WORD_DIE, WORD_GROUP, WORD_NUMA, WORD_CACHE,
	WORD_CORE, WORD_PU, WORD_UNTYPED,
};

struct word {
	enum word_kind	kind;
	unsigned	cache_depth;	/* 1..5, 0: no cache */
	char		cache_type;	/* u, d, i */
	const char	*at;		/* in the user's string */
	int		length;
};

struct words {
	const char		*spec;
	const char		*at;
	FILE			*out;
	struct topology_error	*err;
	struct word		levels[LEVELS_MAX];
	unsigned		nr_levels;
	uint64_t		total;		/* objects of the last level */
	const char		*attached;	/* the first [numa], or NULL */
	bool			memory_assumed;
};

/* Where in the user's string, from 0. */
static inline int column(const struct words *p, const char *at)
{
	return (int)(at - p->spec);
}

void words_skip_blanks(struct words *p);

/*
 * Writes "did you mean ..." for the nearest of names[], or else `otherwise`.
 */
void words_suggest(char *hint, size_t size, const char *word, size_t length,
		  const char *const *names, size_t nr_names,
		  const char *otherwise);

/* An object type at p->at: as in hwloc, two letters of it are enough. */
int words_type(struct words *p, struct word *word) must_check;

/* A plain decimal number; `what` names it in the message. */
int words_number(struct words *p, uint64_t *value,
		 const char *what) must_check;

/* A size: K M G T and KiB.. are binary, KB.. decimal as hwloc has it. */
int words_bytes(struct words *p, uint64_t *bytes) must_check;

/*
 * Checks the value of indexes= for the last level, in hwloc's three forms: a
 * list, loops (step*count:...), types. hwloc itself ignores what does not fit.
 */
int words_indexes(struct words *p) must_check;

#endif
