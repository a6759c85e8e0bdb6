/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs, one file each. A verb gets the whole command line. */
#ifndef EMU_CMD_H
#define EMU_CMD_H

#include "emu/options.h"

enum status cmd_run(const struct options *options, int argc, char **argv);
enum status cmd_list(const struct options *options, int argc, char **argv);

/* Whether the text written to file may be coloured (--color, NO_COLOR). */
bool cmd_color(const struct options *options, int fd);

#endif
