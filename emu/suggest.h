/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean": the candidate nearest to a mistyped word by the optimal
 * string alignment distance (insert, delete, replace, swap of neighbours,
 * each 1), ignoring case; none if more than a third of the word is different.
 */
#ifndef EMU_SUGGEST_H
#define EMU_SUGGEST_H

#include <stddef.h>

struct suggestion {
	const char	*word;		/* what the user typed; not owned */
	size_t		length;
	const char	*best;		/* the nearest so far, or NULL */
	unsigned	distance;
};

void suggest_init(struct suggestion *s, const char *word, size_t length);

/* Considers one candidate, which must outlive s. */
void suggest_offer(struct suggestion *s, const char *candidate);

/* Writes "did you mean 'x'?" or "" to hint. */
void suggest_hint(const struct suggestion *s, char *hint, size_t size);

/* The distance of two words, at most `limit` (an early end). */
unsigned suggest_distance(const char *a, size_t a_length, const char *b,
			  unsigned limit);

#endif
