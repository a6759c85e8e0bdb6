/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking the kernel's text views for a result. */
#ifndef EMU_VIEWS_H
#define EMU_VIEWS_H

#include <jansson.h>

#include "emu/view_names.h"

struct views {
	json_t	*texts;		/* NAME: text; NULL before views_take() */
	json_t	*omitted;	/* NAME: bytes, of those that are too large */
};

/*
 * Takes the chosen views, outside of virtual time and of all counters that
 * the result has already. A task, interrupts on. views: fresh objects.
 */
void views_take(const struct view_choice *choice, struct views *views);

#endif
