/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_CONFIG_WORDS_H
#define EMU_CONFIG_WORDS_H

#include "emu/config.h"

/*
 * Refuses a key that neither the workload (or, tunable, no policy) has, with
 * what it may have been: an option, the other kind of key, a near name.
 * STATUS_USAGE.
 */
enum status config_unknown_key(const struct config *config,
			       const struct option_word *word, bool tunable);

#endif
