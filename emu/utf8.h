/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a result can hold: its JSON is UTF-8. */
#ifndef EMU_UTF8_H
#define EMU_UTF8_H

#include <stddef.h>

/* Offset of the first byte that begins no well-formed character (RFC 3629: no
 * surrogates, nothing longer than needed), or size. */
size_t utf8_first_bad(const char *text, size_t size);

#endif
