/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/utf8.h"

#include <stdint.h>

/* Bytes of the character that first begins, and its bits; 0: none. */
static unsigned lead_length(uint8_t first, uint32_t *bits)
{
	if (first < 0x80) {
		*bits = first;
		return 1;
	}
	if (first >= 0xc2 && first < 0xe0) {
		*bits = first & 0x1f;
		return 2;
	}
	if (first >= 0xe0 && first < 0xf0) {
		*bits = first & 0xf;
		return 3;
	}
	*bits = first & 7;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

static unsigned character_length(const uint8_t *at, size_t left)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t bits;
	unsigned length = lead_length(*at, &bits);

	if (!length || length > left)
		return 0;
	for (unsigned i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		bits = bits << 6 | (at[i] & 0x3f);
	}
	if (bits < least[length] || bits > 0x10ffff ||
	    (bits >= 0xd800 && bits < 0xe000))
		return 0;
	return length;
}

size_t utf8_first_bad(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size) {
		unsigned length = character_length((const uint8_t *)text + at,
						   size - at);

		if (!length)
			break;
		at += length;
	}
	return at;
}
