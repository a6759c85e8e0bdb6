/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verbs, one file each. A verb gets the whole command line. */
#ifndef EMU_CMD_H
#define EMU_CMD_H

#include "emu/options.h"

enum status cmd_run(const struct options *options, int argc, char **argv);
enum status cmd_list(const struct options *options, int argc, char **argv);
enum status cmd_show(const struct options *options, int argc, char **argv);
enum status cmd_conform(const struct options *options, int argc, char **argv);
enum status cmd_doctor(const struct options *options, int argc, char **argv);
enum status cmd_topo(const struct options *options, int argc, char **argv);

/* For verbs without words or keys: refuses them. STATUS_DONE or _USAGE. */
enum status cmd_no_words(const struct options *options);

/* Whether the text written to file may be coloured (--color, NO_COLOR). */
bool cmd_color(const struct options *options, int fd);

#endif
