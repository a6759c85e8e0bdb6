/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/planned.h"

#include <string.h>

static const struct {
	const char	*setting;
	const char	*values;	/* divided by blanks */
} planned[] = {
	{ "kernel", "2.6.27 2.6.28 5.2" },
	{ "architecture", "x86_64-5l arm32-240m arm64-4k-48 arm64-4k-39 "
	  "arm64-16k-47 arm64-64k-52 rv-sv39 rv-sv48 rv-sv57 tiny" },
	{ "vmap", "list rbtree" },
	{ "lock", "tas ttas mcs" },
	{ "flush", "broadcast" },
};

static bool has_word(const char *words, const char *word, size_t length)
{
	while (*words) {
		size_t one = strcspn(words, " ");

		if (one == length && !strncmp(words, word, length))
			return true;
		words += one;
		words += strspn(words, " ");
	}
	return false;
}

bool is_planned(const char *setting, const char *value, size_t length)
{
	for (size_t i = 0; i < sizeof(planned) / sizeof(planned[0]); i++)
		if (!strcmp(planned[i].setting, setting))
			return has_word(planned[i].values, value, length);
	return false;
}
