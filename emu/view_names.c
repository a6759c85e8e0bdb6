/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/view_names.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "emu/suggest.h"

#define ALL_VIEWS	((1u << NR_VIEWS) - 1)

const struct view_name view_names[NR_VIEWS] = {
	[VIEW_LOCK_STAT]	= { "lock_stat", "/proc/lock_stat",
				    "--lockstat" },
	[VIEW_SLABINFO]		= { "slabinfo", "/proc/slabinfo" },
	[VIEW_SLAB]		= { "slab", "/sys/kernel/slab/CACHE/*" },
	[VIEW_BUDDYINFO]	= { "buddyinfo", "/proc/buddyinfo" },
	[VIEW_ZONEINFO]		= { "zoneinfo", "/proc/zoneinfo" },
	[VIEW_PAGETYPEINFO]	= { "pagetypeinfo", "/proc/pagetypeinfo" },
	[VIEW_EXTFRAG_INDEX]	= { "extfrag_index",
				    "/sys/kernel/debug/extfrag/extfrag_index" },
	[VIEW_UNUSABLE_INDEX]	= { "unusable_index",
				    "/sys/kernel/debug/extfrag/"
				    "unusable_index" },
	[VIEW_VMSTAT]		= { "vmstat", "/proc/vmstat" },
	[VIEW_VMALLOCINFO]	= { "vmallocinfo", "/proc/vmallocinfo" },
	[VIEW_INTERRUPTS]	= { "interrupts", "/proc/interrupts" },
};

const char *view_word(enum view_id id)
{
	return id == VIEW_SLAB ? "slab:CACHE" : view_names[id].name;
}

static int id_of(const char *name, size_t length)
{
	for (int id = 0; id < NR_VIEWS; id++)
		if (strlen(view_names[id].name) == length &&
		    !strncmp(view_names[id].name, name, length))
			return id;
	return -1;
}

static int refuse(const char *text, const char *word, size_t length,
		  struct parse_error *err)
{
	static const char *const others[] = { "small", "all", "none" };
	struct suggestion suggestion;

	err->column = (int)(word - text);
	err->length = length ? (int)length : 1;
	snprintf(err->text, sizeof(err->text), "no view is called '%.*s'",
		 (int)length, word);
	suggest_init(&suggestion, word, length);
	for (int id = 0; id < NR_VIEWS; id++)
		suggest_offer(&suggestion, view_names[id].name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		suggest_offer(&suggestion, others[i]);
	if (suggestion.best)
		suggest_hint(&suggestion, err->hint, sizeof(err->hint));
	else
		snprintf(err->hint, sizeof(err->hint), "small, all, none, or "
			 "names of `shootdown show --help`");
	return -EINVAL;
}

int view_choice_parse(const char *text, struct view_choice *out,
		      struct parse_error *err)
{
	const char *word = text;

	*out = (struct view_choice){ 0 };
	out->small = !strcmp(text, "small");
	if (out->small || !strcmp(text, "all"))
		out->ids = ALL_VIEWS;
	if (out->ids || !strcmp(text, "none"))
		return 0;
	for (;;) {
		size_t length = strcspn(word, ",");
		int id = id_of(word, length);

		if (id < 0)
			return refuse(text, word, length, err);
		out->ids |= 1u << id;
		if (!word[length])
			return 0;
		word += length + 1;
	}
}
