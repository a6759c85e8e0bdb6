/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef EMU_CONFIG_KERNEL_H
#define EMU_CONFIG_KERNEL_H

#include "emu/config.h"

/*
 * Looks at every kernel of --kernel, the sweep being known: what it does not
 * model is warned of; a setting that it does not have is refused with its
 * place. STATUS_DONE, or STATUS_USAGE after the message.
 */
enum status config_kernel(struct config *config);

#endif
