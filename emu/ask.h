/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to an engine that need no run (doc/engine-protocol.md). */
#ifndef EMU_ASK_H
#define EMU_ASK_H

#include <jansson.h>

/*
 * The program of a machine ("native", "sim"): in $SHOOTDOWN_ENGINE_DIR, else
 * beside the driver's own file (a build tree), else where it was installed. A
 * path to free, whether it is there or not; NULL without memory.
 */
char *ask_find_engine(const char *machine);

/*
 * Starts `engine mode`, its standard input from the descriptor input (-1: as
 * ours), and reads the object that it prints. Owned by the caller; NULL after
 * the message.
 */
json_t *ask_engine(const char *engine, const char *mode, int input);

#endif
