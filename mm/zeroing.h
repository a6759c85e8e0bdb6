/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef MM_ZEROING_H
#define MM_ZEROING_H

#include "cpus/machine.h"

/*
 * Zeroes size bytes of the direct map and accounts the time it takes
 * (CPU_TIME_ZEROING): exactly in virtual time, natively by a sample. Any
 * context.
 */
void zero_memory(void *p, size_t size);

#endif
