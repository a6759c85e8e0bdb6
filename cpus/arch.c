/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The architecture in use, and its default. */
#include "cpus/arch.h"

const struct arch *arch = &arch_x86_64_4l;
