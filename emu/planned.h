/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Values of the design that no engine has yet: they are not listed, and who
 * asks for one is told so instead of that nobody has heard of it.
 */
#ifndef EMU_PLANNED_H
#define EMU_PLANNED_H

#include <stdbool.h>
#include <stddef.h>

/* setting: what messages call it ("kernel", "vmap"). Only of use for a value
 * that is not known: what exists by now may still stand in the table. */
bool is_planned(const char *setting, const char *value, size_t length);

#endif
