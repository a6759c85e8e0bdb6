/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Edit distance by three rolling rows; see suggest.h. */
#include "emu/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX	64	/* longer words have no suggestion */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;

	return ab < c ? ab : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

unsigned suggest_distance(const char *a, size_t a_length, const char *b,
			  unsigned limit)
{
	unsigned rows[3][WORD_MAX + 1];
	size_t b_length = strlen(b);

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return limit;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			bool equal = same(a[i - 1], b[j - 1]);

			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				      above[j - 1] + (equal ? 0 : 1));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) &&
			    rows[(i + 1) % 3][j - 2] + 1 < row[j])
				row[j] = rows[(i + 1) % 3][j - 2] + 1;
		}
	}
	return rows[a_length % 3][b_length] < limit ?
		rows[a_length % 3][b_length] : limit;
}

void suggest_init(struct suggestion *s, const char *word, size_t length)
{
	s->word = word;
	s->length = length;
	s->best = NULL;
	/* "szie" -> size, "cpu" -> cpus; but nothing for "x". */
	s->distance = (unsigned)(length + 2) / 3 + 1;
	if (length < 2)
		s->distance = 1;
}

/* Typed to its first half: "fix_size" for fix_size_alloc. */
static bool begins(const char *candidate, const char *word, size_t length)
{
	return length > 2 && !strncasecmp(candidate, word, length);
}

void suggest_offer(struct suggestion *s, const char *candidate)
{
	unsigned distance = suggest_distance(s->word, s->length, candidate,
					     s->distance);

	if (distance > 1 && begins(candidate, s->word, s->length))
		distance = 1;

	if (distance < s->distance) {
		s->distance = distance;
		s->best = candidate;
	}
}

void suggest_hint(const struct suggestion *s, char *hint, size_t size)
{
	if (s->best)
		snprintf(hint, size, "did you mean '%s'?", s->best);
	else
		*hint = '\0';
}
