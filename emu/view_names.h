/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text views of the emulated kernel by name, for the driver, which shows
 * them, and the engine, which takes them (views.c). A new view is a name here,
 * a line in view_names.c and one in views.c.
 */
#ifndef EMU_VIEW_NAMES_H
#define EMU_VIEW_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/parse.h"

enum view_id {
	/* First, for taking the others takes locks. */
	VIEW_LOCK_STAT,
	VIEW_SLABINFO, VIEW_SLAB, VIEW_BUDDYINFO, VIEW_ZONEINFO,
	VIEW_PAGETYPEINFO, VIEW_EXTFRAG_INDEX, VIEW_UNUSABLE_INDEX,
	VIEW_VMSTAT, VIEW_VMALLOCINFO, VIEW_INTERRUPTS, NR_VIEWS
};

struct view_name {
	const char	*name;		/* of VIEW_SLAB without ":CACHE" */
	const char	*file;		/* whose text it is */
	const char	*needs;		/* the option without which there is
					 * none; NULL: none */
};

extern const struct view_name view_names[NR_VIEWS];

/* How a person asks for it: the name, or slab:CACHE. */
const char *view_word(enum view_id id);

/* Larger views are taken when they are asked for only, by name or as `all`. */
#define VIEW_SMALL_BYTES	(128u << 10)

/* Which views a run takes. */
struct view_choice {
	uint32_t	ids;		/* a bit each, by enum view_id */
	bool		small;		/* of these the small ones only */
};

/* "small", "all", "none", or names with commas between. 0, or -EINVAL with
 * *err filled. */
int view_choice_parse(const char *text, struct view_choice *out,
		      struct parse_error *err);

#endif
