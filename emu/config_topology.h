/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_CONFIG_TOPOLOGY_H
#define EMU_CONFIG_TOPOLOGY_H

#include "emu/config.h"

/*
 * Loads what -t names. XML on standard input is spooled, since the engine has
 * to read it too. STATUS_DONE, or a message and another status: a wrong word
 * with its place, or a foreign topology for the native machine.
 */
enum status config_topology(struct config *config);

/*
 * Reads every placement of --place against the topology, and sets place_pus.
 * STATUS_DONE, or STATUS_USAGE after the message.
 */
enum status config_place(struct config *config);

#endif
